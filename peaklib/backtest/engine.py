"""`run_backtest`: one strategy or target, one account, everything about it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peaklib import metrics
from peaklib.backtest import account
from peaklib.backtest.guarding import Guard, Interventions
from peaklib.backtest.market import Market, market_of
from peaklib.backtest.result import BacktestResult, Conventions, DrawdownPeriod
from peaklib.backtest.simulation import NO_WINDOWS, Scratch, Simulation
from peaklib.backtest.terms import Fill, Terms
from peaklib.backtest.trades import trade_table
from peaklib.data import Dataset, Panel
from peaklib.errors import DataError, StrategyError
from peaklib.features import Bars
from peaklib.strategies import Strategy, get

Floats = NDArray[np.float64]


def run_backtest(
    strategy_or_target: str | Strategy | pd.Series | pd.DataFrame | ArrayLike,
    dataset: Dataset | Panel,
    params: Mapping[str, Any] | None = None,
    *,
    fill: Fill = "next_open",
    lag: int = 1,
    fees_bps: float = 0.0,
    slippage_bps: float = 0.0,
    borrow_bps: float = 0.0,
    cash_rate: float = 0.0,
    liquidate: bool = False,
    warmup: int = 0,
    guard: Guard | None = None,
) -> BacktestResult:
    """Simulate one account.

    Args:
        strategy_or_target: a strategy (or its name) for one asset; or target positions
            in [-1, 1]: (n_bars,) for a data set, (n_bars, n_assets) for a panel, as
            arrays or as a Series or frame with the data's own index and columns.
        dataset: bars of one asset, or a panel of several.
        params: parameters of the strategy; defaults fill what is missing.
        fill, lag, fees_bps, slippage_bps, borrow_bps, cash_rate, liquidate: fill
            convention and costs, see `Terms`.
        warmup: bars at the start that indicators see and the account does not: it opens after
            them, and the first decision that it follows is that of its own first bar.
        guard: called with the account (`AccountView`) and the target that is due, before the
            fill of every bar that a decision is due on, at that bar's fill prices; returns the
            target that may be traded to, or an `Answer` that also says what to keep and why.

    Returns:
        Equity, returns, positions, trades, metrics and the conventions behind them.

    Raises:
        StrategyError: a parameter or a target is outside what it may be.
        DataError: data and target do not fit together, or a price is missing.

    >>> from peaklib.data import load
    >>> result = run_backtest(
    ...     "sma_crossover", load("sp500"), {"fast": 20, "slow": 50}, fill="close", fees_bps=10
    ... )
    >>> round(result.metrics["sharpe"], 8)
    0.15287813
    """
    agreed = Terms(
        fill=fill,
        lag=lag,
        fees_bps=fees_bps,
        slippage_bps=slippage_bps,
        borrow_bps=borrow_bps,
        cash_rate=cash_rate,
        liquidate=liquidate,
    )
    market = market_of(dataset, agreed)
    target = _target(strategy_or_target, dataset, params, market)
    market, target = market.after(warmup), np.ascontiguousarray(target[warmup:])
    market.check_listed(target, agreed.delay)
    simulation, scratch = Simulation(market, agreed), Scratch(*target.shape)
    if guard is None:
        n_trips = simulation.run(target, NO_WINDOWS, scratch)
        return _result(target, market, agreed, scratch, n_trips)
    n_trips, found = simulation.run_guarded(target, guard, scratch)
    return _explained(_result(target, market, agreed, scratch, n_trips), found, scratch)


def _target(
    given: object, dataset: Dataset | Panel, params: Mapping[str, Any] | None, market: Market
) -> Floats:
    """Target positions as a checked (n_bars, n_assets) array."""
    if isinstance(given, str | Strategy):
        if not isinstance(dataset, Dataset):
            raise StrategyError(
                f"a strategy decides on one asset, and {dataset.name!r} is a panel of "
                f"{dataset.n_assets}: give target weights instead"
            )
        return get(given).targets(Bars.of(dataset), params).reshape(-1, 1)
    if params is not None:
        raise StrategyError("params belong to a strategy, but a target was given; leave one out")
    return _given_target(given, market)


def _given_target(given: object, market: Market) -> Floats:
    if isinstance(given, pd.Series | pd.DataFrame) and not given.index.equals(market.index):
        raise DataError(f"target: its index is not the index of {market.name!r}; reindex it first")
    if isinstance(given, pd.DataFrame) and [*map(str, given.columns)] != market.assets:
        raise DataError(
            f"target: columns {list(given.columns)} are not the assets of {market.name!r} "
            f"in their order: {market.assets}"
        )
    if callable(given):
        raise StrategyError(
            f"target: {getattr(given, '__name__', given)!r} is a function; make a strategy of it "
            "with @strategy(name, version, warm_up=...), or call it and give its result"
        )
    try:
        target = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"target: {error}; expected numbers from -1 to 1, one a bar") from None
    shape = (len(market.index), len(market.assets))
    if target.shape not in {shape, shape[:1] if shape[1] == 1 else shape}:
        raise DataError(f"target: shape {target.shape}, expected {shape} for {market.name!r}")
    target = target.reshape(shape)
    bad = np.argwhere(~(np.abs(target) <= 1.0))
    if bad.size:
        row, column = bad[0]
        raise StrategyError(
            f"target: {target[row, column]} at bar {row} ({market.index[row]:%Y-%m-%d}) for "
            f"{market.assets[column]!r}; a target is a share of equity from -1 to 1"
        )
    return target


def _result(
    target: Floats, market: Market, terms: Terms, scratch: Scratch, n_trips: int
) -> BacktestResult:
    drawdown = _drawdown(scratch.returns, market.index)
    numbers = dict(zip(metrics.METRIC_NAMES, scratch.metrics.tolist(), strict=True))
    numbers |= {"tail_ratio": metrics.tail_ratio(scratch.returns), "dd_days": float(drawdown.days)}
    return BacktestResult(
        equity=pd.Series(scratch.equity, index=market.index, name="equity"),
        returns=pd.Series(scratch.returns, index=market.index, name="returns"),
        positions=_positions(market, scratch),
        trades=trade_table(
            scratch.trips[:n_trips].copy(),
            market.index,
            market.assets,
            at_open=terms.fill == "next_open",
        ),
        metrics=numbers,
        drawdown=drawdown,
        conventions=Conventions.of(market, terms),
        unfilled=_last_unfilled(target, terms.delay),
    )


def _explained(result: BacktestResult, found: Interventions, scratch: Scratch) -> BacktestResult:
    """A guarded result, with why trades ended and what the guard did."""
    fills, trips = scratch.fills[: scratch.n_fills], scratch.trips[: len(result.trades)]
    index, assets = pd.DatetimeIndex(result.equity.index), [*map(str, result.positions.columns)]
    reasons = pd.Series(found.exit_reasons(fills, trips), dtype=object)
    return replace(
        result,
        trades=result.trades.assign(exit_reason=reasons),
        interventions=found.table(fills, index, assets),
    )


def _drawdown(returns: Floats, index: pd.DatetimeIndex) -> DrawdownPeriod:
    found = metrics.drawdown(returns)
    if found.trough < 0:
        return DrawdownPeriod(0.0, None, None, None, 0)
    peak = index[found.peak] if found.peak >= 0 else None
    recovery = index[found.recovery] if found.recovery >= 0 else None
    span = (recovery or index[-1]) - (peak or index[0])
    return DrawdownPeriod(found.depth, peak, index[found.trough], recovery, span.days)


def _positions(market: Market, scratch: Scratch) -> pd.DataFrame:
    """Quantities after each close, from the fills."""
    quantity = np.full((len(market.index), len(market.assets)), np.nan)
    quantity[0] = 0.0
    for fill in scratch.fills[: scratch.n_fills]:
        quantity[int(fill[account.BAR]), int(fill[account.ASSET])] = fill[account.AFTER]
    return pd.DataFrame(quantity, index=market.index, columns=market.assets).ffill()


def _last_unfilled(target: Floats, delay: int) -> bool:
    """Whether a decision of the last bars differs from the last one that was due."""
    if delay == 0:
        return False
    due = target[-delay - 1] if len(target) > delay else np.zeros(target.shape[1])
    return bool(np.any(target[-delay:] != due))
