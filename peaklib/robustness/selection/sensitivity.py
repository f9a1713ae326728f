"""One trial under other terms: dearer trading, a later fill, another first day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.backtest import BacktestResult, run_backtest
from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.features import Bars
from peaklib.strategies import Strategy, get

Floats = NDArray[np.float64]
Params = Mapping[str, int | float]

COSTS_BPS: Final = (0.0, 5.0, 10.0, 20.0, 50.0)
MOST_BPS: Final = 1_000.0
_COSTS: Final = ("fees_bps", "slippage_bps")


@dataclass(frozen=True)
class Trial:
    """A strategy with its parameters on its data, decided once for all terms.

    Args:
        strategy: the strategy or its name.
        dataset: bars of one asset.
        params: parameters; defaults fill what is missing.
        terms: fill convention, costs and `warmup`, as `run_backtest` takes them.
    """

    strategy: str | Strategy
    dataset: Dataset
    params: Params = field(default_factory=dict)
    terms: Mapping[str, Any] = field(default_factory=dict)

    def target(self) -> Floats:
        """(n_bars,) target positions."""
        return get(self.strategy).targets(Bars.of(self.dataset), self.params)


def cost_sensitivity(trial: Trial, costs_bps: Sequence[float] = COSTS_BPS) -> pd.DataFrame:
    """Metrics at several costs.

    Args:
        trial: what is traded.
        costs_bps: cost of traded notional in basis points a side, in place of the trial's own
            fees and slippage together.

    Returns:
        One row a cost (index `cost_bps`), all metrics of a result as columns.
    """
    target = trial.target()
    rows = [_at_cost(trial, target, cost).metrics for cost in costs_bps]
    return pd.DataFrame(rows, index=pd.Index([float(c) for c in costs_bps], name="cost_bps"))


def break_even_cost(
    trial: Trial,
    *,
    benchmark: float = 0.0,
    most: float = MOST_BPS,
    tolerance: float = 0.01,
) -> float:
    """Cost a side at which the trial's Sharpe ratio has come down to the benchmark's.

    Found by bisection: if the ratio crosses the benchmark several times, one of these.

    Args:
        trial: what is traded.
        benchmark: annual Sharpe ratio to be beaten.
        most: highest cost that is tried, basis points a side.
        tolerance: of the answer, basis points.

    Returns:
        Basis points a side: 0 if it does not beat the benchmark even for free, infinity if it
        still does at `most`; NaN if it never trades.

    Raises:
        DataError: `most` or `tolerance` is not above 0.
    """
    if not (0 < most < 10_000 and tolerance > 0):
        raise DataError(
            f"most = {most}, tolerance = {tolerance}; give basis points above 0, most below 10,000"
        )
    target = trial.target()

    def above(cost: float) -> float:
        return _at_cost(trial, target, cost).metrics["sharpe"] - benchmark

    free = above(0.0)
    if np.isnan(free):
        return np.nan
    if free <= 0:
        return 0.0
    if above(most) > 0:
        return np.inf
    low, high = 0.0, most
    while high - low > tolerance:
        middle = (low + high) / 2
        low, high = (middle, high) if above(middle) > 0 else (low, middle)
    return (low + high) / 2


def delay_sensitivity(trial: Trial, delays: Sequence[int] = (0, 1, 2, 5)) -> pd.DataFrame:
    """Metrics when every fill comes some bars later than agreed.

    Args:
        trial: what is traded.
        delays: bars on top of the trial's own lag.

    Returns:
        One row a delay (index `delay`), all metrics of a result as columns.
    """
    target, lag = trial.target(), int(trial.terms.get("lag", 1))
    rows = [
        run_backtest(target, trial.dataset, **{**trial.terms, "lag": lag + int(delay)}).metrics
        for delay in delays
    ]
    return pd.DataFrame(rows, index=pd.Index([int(d) for d in delays], name="delay"))


def start_sensitivity(trial: Trial, *, months: int = 1, n: int = 24) -> pd.DataFrame:
    """Metrics of accounts that open later and later; indicators keep all bars before.

    Args:
        trial: what is traded; its own `warmup` is where the first account opens.
        months: by which every account opens later than the one before.
        n: number of accounts; fewer if the data end before.

    Returns:
        One row an account (index `start`, the stamp of its first bar), all metrics as columns.

    Raises:
        DataError: `months` or `n` is below 1.
    """
    if months < 1 or n < 1:
        raise DataError(f"months = {months}, n = {n}; give 1 or more of each")
    index = pd.DatetimeIndex(trial.dataset.frame.index)
    first = int(trial.terms.get("warmup", 0))
    moved = [index[first] + pd.DateOffset(months=months * k) for k in range(n)]
    starts = [int(index.searchsorted(stamp)) for stamp in moved]
    # An account needs two bars.
    starts = sorted({start for start in starts if start <= len(index) - 2})
    target = trial.target()
    rows = [
        run_backtest(target, trial.dataset, **{**trial.terms, "warmup": start}).metrics
        for start in starts
    ]
    return pd.DataFrame(rows, index=pd.DatetimeIndex(index[starts], name="start"))


def _at_cost(trial: Trial, target: Floats, cost: float) -> BacktestResult:
    """The account at a cost a side, in place of the agreed fees and slippage."""
    terms = {name: value for name, value in trial.terms.items() if name not in _COSTS}
    return run_backtest(target, trial.dataset, **terms, fees_bps=float(cost))
