"""Methods of allocation against 1/N, walked forward over a panel with costs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.backtest import BacktestResult, run_backtest
from peaklib.data import Panel
from peaklib.errors import DataError
from peaklib.risk.allocation.allocate import allocate_as
from peaklib.risk.allocation.spec import AllocationSpec
from peaklib.risk.measures.inputs import checked_count

Floats = NDArray[np.float64]

BENCHMARK: Final = "equal_weight"
COLUMNS: Final = ("ret", "cagr", "vol", "sharpe", "max_dd", "turnover")


@dataclass(frozen=True)
class WalkForwardAllocation:
    """What methods of allocation did with the same bars of a panel.

    Args:
        table: a row per method: total and annual return, volatility, Sharpe ratio, largest
            drawdown and turnover a year as in `peaklib.metrics`, and the differences of
            ``cagr`` and ``sharpe`` to 1/N (``cagr_diff``, ``sharpe_diff``).
        returns: (n_bars, n_methods) simple returns of the accounts after costs; intervals of
            the differences are drawn from these.
        targets: by method, (n_bars of the panel, n_assets) weights aimed at, constant between
            rebalances.
        results: by method, the backtest with its conventions.
        notes: survivorship and other caveats, in sentences; they belong under any table.
    """

    table: pd.DataFrame
    returns: pd.DataFrame
    targets: Mapping[str, pd.DataFrame]
    results: Mapping[str, BacktestResult]
    notes: tuple[str, ...]


def walk_forward_allocation(
    panel: Panel,
    methods: Sequence[str] | Mapping[str, AllocationSpec],
    *,
    train_bars: int = 504,
    rebalance: int = 21,
    fees_bps: float = 5.0,
    slippage_bps: float = 5.0,
    **terms: Any,
) -> WalkForwardAllocation:
    """Trade methods of allocation through a panel, deciding from past closes only.

    Every `rebalance` bars the weights are decided at the close, from the `train_bars` returns
    that end there, among the assets listed at all of these closes, and filled at the close of
    the next bar; quantities are held in between. All accounts open with the first decision.
    1/N is always among them. Where a spec limits turnover, the weights before are the last
    target, moved by prices since the close after its decision; the first purchase is free of
    the limit.

    Args:
        panel: closes of the assets.
        methods: names, or specs by the name that the result is to show.
        train_bars: returns behind each decision, at least 2.
        rebalance: bars from one decision to the next.
        fees_bps, slippage_bps: of traded notional, basis points a side.
        **terms: further ones of `run_backtest`; ``fill="close", lag=2`` unless told otherwise.

    Returns:
        A table against 1/N, the returns behind it, and what to know about them.

    Raises:
        DataError: no panel, a term that `run_backtest` does not have, too few bars, an unknown
            method, or a decision that failed (the message names method and date).
        StrategyError: a weight that the account cannot take, because it is beyond 1 of equity.
    """
    specs = _specs(methods)
    _check_panel(panel, terms)
    _check_bars(panel, train_bars, rebalance)
    agreed: dict[str, Any] = {"fill": "close", "lag": 2, **terms}
    targets, results = {}, {}
    for name, spec in specs.items():
        targets[name] = target_weights(
            panel.close, spec, train_bars=train_bars, rebalance=rebalance, name=name
        )
        results[name] = run_backtest(
            targets[name],
            panel,
            fees_bps=fees_bps,
            slippage_bps=slippage_bps,
            warmup=train_bars,
            **agreed,
        )
    return WalkForwardAllocation(
        table=_table(results),
        returns=pd.DataFrame({name: result.returns for name, result in results.items()}),
        targets=targets,
        results=results,
        notes=_notes(panel, train_bars, rebalance),
    )


def target_weights(
    close: pd.DataFrame, spec: AllocationSpec, *, train_bars: int, rebalance: int, name: str = ""
) -> pd.DataFrame:
    """Weights aimed at on each bar, decided from the closes up to it.

    Args:
        close: (n_bars, n_assets) prices, NaN where an asset is not listed.
        spec: the method.
        train_bars: returns behind each decision.
        rebalance: bars between decisions.
        name: of the method, for messages.

    Returns:
        (n_bars, n_assets) fractions of equity: 0 before the first decision, which is that of
        bar `train_bars`, and constant between decisions.

    Raises:
        DataError: a decision failed; the message says when.
    """
    prices = close.to_numpy(np.float64)
    targets = np.zeros(prices.shape)
    for bar in range(train_bars, len(prices), rebalance):
        before = targets[bar - 1]
        try:
            row = _decision(close, bar, spec, train_bars, _drifted(before, prices, bar, rebalance))
        except DataError as problem:
            raise DataError(
                f"{name or spec.method}, decided at bar {bar} ({close.index[bar]:%Y-%m-%d}): "
                f"{problem}"
            ) from None
        targets[bar : bar + rebalance] = _as_news(row, before)
    return pd.DataFrame(targets, index=close.index, columns=close.columns)


def _decision(
    close: pd.DataFrame, bar: int, spec: AllocationSpec, train_bars: int, held: Floats
) -> Floats:
    """Weights of all assets, from the closes of the training bars up to `bar`."""
    window = close.iloc[bar - train_bars : bar + 1]
    listed = window.notna().all(axis=0).to_numpy()
    if not listed.any():
        raise DataError(
            f"no asset is listed at all of the {train_bars} bars before; give a shorter train_bars"
        )
    returns = window.loc[:, listed].pct_change(fill_method=None).iloc[1:]
    asked = spec.constraints
    if asked.max_turnover is not None:
        first = not held.any()
        previous = pd.Series(held, index=close.columns)[listed]
        spec = replace(
            spec,
            constraints=replace(
                asked,
                max_turnover=None if first else asked.max_turnover,
                previous=None if first else previous,
            ),
        )
    weights = np.zeros(close.shape[1])
    weights[listed] = allocate_as(returns, spec).weights.to_numpy(np.float64)
    return weights


def _drifted(target: Floats, prices: Floats, bar: int, rebalance: int) -> Floats:
    """What a target has become by `bar`, filled on the bar after its decision."""
    held = target != 0.0
    grown = np.zeros(target.size)
    if not held.any():
        return grown
    filled = min(bar - rebalance + 1, bar)
    grown[held] = target[held] * prices[bar, held] / prices[filled, held]
    grown = np.nan_to_num(grown)
    return np.asarray(grown / (1.0 - target.sum() + grown.sum()), dtype=np.float64)


def _as_news(row: Floats, before: Floats) -> Floats:
    """A target that the account trades to, also if it is the one before.

    The account re-balances when the target changes. Where the same weights are wanted again,
    as those of 1/N always are, one of them is moved to the next float, by 1e-17 or so.
    """
    if not np.array_equal(row, before) or not row.any():
        return row
    moved = row.copy()
    at = int(np.abs(row).argmax())
    moved[at] = np.nextafter(row[at], 0.0)
    return moved


def _specs(methods: Sequence[str] | Mapping[str, AllocationSpec]) -> dict[str, AllocationSpec]:
    if isinstance(methods, str) or not isinstance(methods, Iterable):
        raise DataError(f"methods = {methods!r}; give a list of names, or specs by name")
    given = (
        dict(methods)
        if isinstance(methods, Mapping)
        else {name: AllocationSpec(method=name) for name in methods}
    )
    for name, spec in given.items():
        if not isinstance(spec, AllocationSpec):
            raise DataError(
                f"methods: {name!r} is a {type(spec).__name__}; give AllocationSpec(method=...)"
            )
    benchmark = given.pop(BENCHMARK, AllocationSpec(method=BENCHMARK))
    if benchmark.method != BENCHMARK:
        raise DataError(
            f"methods: {BENCHMARK!r} is the benchmark's name, and its spec says "
            f"{benchmark.method!r}; call that something else"
        )
    return {BENCHMARK: benchmark, **given}


def _check_panel(panel: object, terms: Mapping[str, Any]) -> None:
    if not isinstance(panel, Panel):
        raise DataError(
            f"panel: a {type(panel).__name__}; give a panel of prices, as load_panel('stocks20') "
            "returns one"
        )
    known = signature(run_backtest).parameters
    for name in terms:
        if name not in known:
            raise DataError(
                f"walk_forward_allocation has no option {name!r}, and neither has run_backtest; "
                "what belongs to a method goes into its AllocationSpec"
            )


def _check_bars(panel: Panel, train_bars: int, rebalance: int) -> None:
    checked_count("train_bars", train_bars, 2)
    checked_count("rebalance", rebalance)
    if len(panel) < train_bars + 3:
        raise DataError(
            f"{panel.name!r}: {len(panel)} bars, and {train_bars} of them train the first weights; "
            "give a shorter train_bars or more bars"
        )


def _table(results: Mapping[str, BacktestResult]) -> pd.DataFrame:
    table = pd.DataFrame.from_dict(
        {name: {key: r.metrics[key] for key in COLUMNS} for name, r in results.items()},
        orient="index",
    )
    for key in ("cagr", "sharpe"):
        table[f"{key}_diff"] = table[key].to_numpy(np.float64) - results[BENCHMARK].metrics[key]
    return table.rename_axis("method")


def _notes(panel: Panel, train_bars: int, rebalance: int) -> tuple[str, ...]:
    caveats = tuple(note for note in panel.meta.notes if "survivor" in note)
    return (
        f"weights from the {train_bars} returns up to each decision, one every {rebalance} bars; "
        "all accounts open with the first decision",
        *caveats,
        "differences to 1/N on one history: draw intervals from `returns` before believing them",
    )
