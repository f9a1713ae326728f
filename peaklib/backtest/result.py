"""What a backtest returns, with the conventions it was made under."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from peaklib.backtest.market import Market
from peaklib.backtest.terms import Terms


@dataclass(frozen=True)
class Conventions:
    """How the numbers of a result came about; shown wherever they are.

    Args:
        data, digest: name and content digest of the data.
        start, end: first and last bar that is measured, ISO dates.
        n_bars: number of these bars, flat ones included.
        bars_per_year: for annual numbers.
        terms: fill convention, costs and financing.
        risk_free: risk-free rate in ratios, always 0 here.
        warmup: bars before `start` that indicators saw and nothing was measured on.
    """

    data: str
    digest: str
    start: str
    end: str
    n_bars: int
    bars_per_year: float
    terms: Terms
    risk_free: float = 0.0
    warmup: int = 0

    @classmethod
    def of(cls, market: Market, terms: Terms) -> "Conventions":
        """The conventions of a simulation on a market."""
        first, last = market.index[0], market.index[-1]
        return cls(
            market.name,
            market.digest,
            f"{first:%Y-%m-%d}",
            f"{last:%Y-%m-%d}",
            len(market.index),
            market.bars_per_year,
            terms,
            warmup=market.warmup,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a record."""
        return asdict(self)

    def _after(self) -> str:
        return f", after {self.warmup} to warm up" if self.warmup else ""

    def describe(self) -> str:
        """One sentence."""
        return (
            f"{self.data} {self.start} to {self.end}, {self.n_bars} bars "
            f"({self.bars_per_year:g} a year{self._after()}), {self.terms.describe()}; "
            "risk-free rate 0 %"
        )


@dataclass(frozen=True)
class DrawdownPeriod:
    """The largest drawdown of an account, by date.

    Args:
        depth: 0 or negative, a fraction of the peak.
        peak: bar of the peak; None when it is the start, before the first bar.
        trough: bar of the lowest point; None when there was no drawdown.
        recovery: first bar at or above the peak again; None if there is none.
        days: from the peak to the recovery, or to the last bar.
    """

    depth: float
    peak: pd.Timestamp | None
    trough: pd.Timestamp | None
    recovery: pd.Timestamp | None
    days: int


@dataclass(frozen=True)
class BacktestResult:
    """One simulated account.

    Args:
        equity: (n_bars,) wealth at each close; it was 1.0 before the first bar.
        returns: (n_bars,) simple returns of the equity.
        positions: (n_bars, n_assets) quantity held after each close.
        trades: one row a round trip; `trades.trade_table` names the columns. With a guard
            there is one more, `exit_reason`: `target`, `guard: ...`, `ruin` or `end` (the sale
            at the last close), missing while the trip is open.
        metrics: by name, as `metrics.METRICS` and `RESULT_METRICS` describe them.
        drawdown: the largest one and its dates.
        conventions: how the numbers came about.
        unfilled: whether the last decision found no bar to be filled on.
        interventions: the fills that a guard caused, one row each, with quantity before and
            after, price, cost and reason (`guarding.Interventions.table`); None without a guard.
    """

    equity: pd.Series
    returns: pd.Series
    positions: pd.DataFrame
    trades: pd.DataFrame
    metrics: Mapping[str, float]
    drawdown: DrawdownPeriod
    conventions: Conventions
    unfilled: bool
    interventions: pd.DataFrame | None = None

    @property
    def curve(self) -> pd.Series:
        """The equity with the starting wealth of 1.0 one bar ahead, for drawing."""
        before = self.equity.index[0] - (self.equity.index[1:] - self.equity.index[:-1]).min()
        start = pd.Series([1.0], index=pd.DatetimeIndex([before]), name=self.equity.name)
        curve: pd.Series = pd.concat([start, self.equity])
        return curve

    @property
    def ruined(self) -> bool:
        """Whether equity fell to zero or below; the account then stops for good."""
        return self.metrics["ruined"] != 0

    def __repr__(self) -> str:
        shown = ("ret", "cagr", "sharpe", "max_dd", "n_trades")
        numbers = "  ".join(f"{name} {self.metrics[name]:.4g}" for name in shown)
        warnings = " RUINED" * self.ruined + " last decision unfilled" * self.unfilled
        return f"BacktestResult({numbers}{warnings})\n  {self.conventions.describe()}"
