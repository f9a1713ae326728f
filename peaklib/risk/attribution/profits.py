"""Profits of an account by bar and source: assets, costs, financing, in money."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.backtest import BacktestResult
from peaklib.backtest.market import Market, market_of
from peaklib.data import Dataset, Panel
from peaklib.errors import DataError
from peaklib.risk.measures.finite import first_not_finite
from peaklib.risk.measures.frames import check_frame, check_frame_units, frame_values

Floats = NDArray[np.float64]

COSTS: Final = "costs"
FINANCING: Final = "financing"

# A rebuilt equity may miss the account's own by this much, relative to the money that moved.
_ROUNDING: Final = 1e-9


def profits_of_backtest(result: BacktestResult, data: Dataset | Panel) -> pd.DataFrame:
    """Profits of a simulated account, rebuilt from its positions and the prices it saw.

    On each bar an asset earns what was held times the change of its close, and what was traded
    times the distance of the close from the price of the fill. Costs of trading and financing
    (interest on cash, fees for borrowed shares) are columns of their own.

    Args:
        result: of `run_backtest`.
        data: the data it ran on.

    Returns:
        (n_bars, n_assets + 2) in units of the starting wealth of 1.0: a column an asset, then
        `costs` (0 or negative) and `financing`. Cumulated and added to 1.0, a row's sum is the
        equity at its close.

    Raises:
        DataError: other data than the account ran on, an asset called `costs` or `financing`, or
            profits that do not add up to the equity.
    """
    _check_given(result, data)
    conventions = result.conventions
    if data.digest != conventions.digest:
        raise DataError(
            f"{data.name!r}: digest {data.digest[:8]}, but the account ran on "
            f"{conventions.data!r} with digest {conventions.digest[:8]}; give the data it ran on"
        )
    market = market_of(data, conventions.terms).after(conventions.warmup)
    taken = sorted({COSTS, FINANCING} & set(market.assets))
    if taken:
        raise DataError(f"{data.name!r}: an asset is called {taken[0]!r}; give it another name")
    held = result.positions.to_numpy(np.float64)
    equity = result.equity.to_numpy(np.float64)
    gross, costs = _trading(result, market, held)
    _settle(result, market, equity, gross, costs)
    table = np.column_stack([gross, -costs.sum(axis=1), _financing(result, market, held, equity)])
    _check_sum(table, equity, market)
    return pd.DataFrame(table, index=market.index, columns=[*market.assets, COSTS, FINANCING])


def profits_of_weights(weights: pd.DataFrame, returns: pd.DataFrame) -> pd.DataFrame:
    """Profits of a portfolio that is brought to given weights before every bar, without costs.

    Args:
        weights: (n_bars, n_assets) shares of wealth held over each bar, decided before it;
            NaN is no holding. What they lack to 1 is cash that earns nothing.
        returns: the same labels, simple returns over the bar as fractions; NaN only where
            nothing is held.

    Returns:
        (n_bars, n_assets) in units of the starting wealth of 1.0: wealth before the bar times
        weight times return.

    Raises:
        DataError: labels that are doubled or do not match, a number that is missing, or returns
            that are percent or prices (see `check_units`).
    """
    for name, table in (("weights", weights), ("returns", returns)):
        check_frame(name, table, "a bar", "an asset")
        if table.empty or not (table.columns.is_unique and table.index.is_unique):
            raise DataError(
                f"{name}: empty or with a doubled label; a label names one row or one column"
            )
    if not (weights.index.equals(returns.index) and weights.columns.equals(returns.columns)):
        raise DataError(
            f"returns: {returns.shape[0]} bars x {returns.shape[1]} assets whose labels are not "
            f"those of the weights ({weights.shape[0]} x {weights.shape[1]}); reindex one of them"
        )
    held = np.nan_to_num(frame_values("weights", weights), posinf=np.inf, neginf=-np.inf)
    given = frame_values("returns", returns)
    check_frame_units("returns", returns, given)
    moved = np.where(held == 0.0, 0.0, given)
    for name, values in (("weights", held), ("returns", moved)):
        bad = first_not_finite(values)
        if bad is not None:
            row, column = bad
            raise DataError(
                f"{name}: {values[row, column]} for {weights.columns[column]!r} in "
                f"{weights.index[row]}; give a finite number, or a weight of 0"
            )
    earned = held * moved
    growth = np.cumprod(1.0 + earned.sum(axis=1))
    before = np.concatenate([[1.0], growth[:-1]])
    return pd.DataFrame(
        earned * before[:, np.newaxis], index=weights.index, columns=weights.columns
    )


def _check_given(result: object, data: object) -> None:
    if not (isinstance(result, BacktestResult) and isinstance(data, Dataset | Panel)):
        raise DataError(
            f"result and data: a {type(result).__name__} and a {type(data).__name__}; give what "
            "run_backtest returned and the data set or panel that it ran on"
        )


def _trading(result: BacktestResult, market: Market, held: Floats) -> tuple[Floats, Floats]:
    """Profits before costs, and costs, (n_bars, n_assets); the fill comes before the close."""
    before = np.vstack([np.zeros(held.shape[1]), held[:-1]])
    traded = held - before
    moved = np.diff(market.marks, axis=0, prepend=market.marks[:1])
    gross = np.where(before == 0.0, 0.0, before * moved) + np.where(
        traded == 0.0, 0.0, traded * (market.marks - market.fill_prices)
    )
    notional = np.where(traded == 0.0, 0.0, np.abs(traded) * market.fill_prices)
    return gross, result.conventions.terms.cost_rate * notional


def _settle(
    result: BacktestResult, market: Market, equity: Floats, gross: Floats, costs: Floats
) -> None:
    """Correct the bar on which the account closed for good.

    There it may have traded twice, at the fill and at the close, and positions know the end of
    the bar only. The round trips know profits and costs of each asset over all bars: what other
    bars do not explain belongs to this one.
    """
    ruined = np.flatnonzero(equity <= 0.0)
    if not ruined.size and not result.conventions.terms.liquidate:
        return
    bar = int(ruined[0]) if ruined.size else equity.size - 1
    trips = result.trades.groupby("asset", sort=False)[["profit", "costs"]].sum()
    trips = trips.reindex(market.assets, fill_value=0.0)
    for table, total in (
        (gross, (trips["profit"] + trips["costs"]).to_numpy(np.float64)),
        (costs, trips["costs"].to_numpy(np.float64)),
    ):
        table[bar] = 0.0
        table[bar] = total - table.sum(axis=0)


def _financing(result: BacktestResult, market: Market, held: Floats, equity: Floats) -> Floats:
    """Interest and borrow fees, (n_bars,), on the bar after the close that they are due from."""
    terms, year = result.conventions.terms, market.bars_per_year
    values = np.where(held == 0.0, 0.0, held * market.marks)
    short = -np.minimum(values, 0.0).sum(axis=1)
    cash = equity - values.sum(axis=1)
    due = (cash - short) * terms.cash_rate / year - short * terms.borrow_bps / 10_000 / year
    due[equity <= 0.0] = 0.0
    return np.concatenate([[0.0], due[:-1]])


def _check_sum(table: Floats, equity: Floats, market: Market) -> None:
    changes = np.diff(equity, prepend=1.0)
    gap = np.abs(table.sum(axis=1) - changes)
    moved = 1.0 + np.abs(table).sum(axis=1) + np.abs(equity)
    bad = np.flatnonzero(~(gap <= _ROUNDING * moved))
    if bad.size:
        raise DataError(
            f"{market.name!r}: profits on {market.index[bad[0]]:%Y-%m-%d} sum to "
            f"{table[bad[0]].sum():.9g}, but equity changed by {changes[bad[0]]:.9g}; positions "
            "and equity of this result do not belong together: run the backtest again"
        )
