"""How empyrical-reloaded and quantstats are called, and what is known of their answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from math import ceil, sqrt
from typing import Any

import numpy as np
import pandas as pd

from peaklib import metrics
from peaklib.backtest import BacktestResult

YEAR = 252.0  # periods; what both libraries take by default

Measure = Callable[[pd.Series], float]


@dataclass(frozen=True)
class Call:
    """A function of another library, applied to returns.

    Args:
        library: module that holds it; it loads with the first call, which takes seconds.
        function: its name there.
        options: keyword arguments besides the returns.
    """

    library: str
    function: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The call as a person writes it."""
        options = "".join(f", {name}={value}" for name, value in self.options.items())
        return f"{self.library}.{self.function}(r{options})"

    def __call__(self, returns: pd.Series) -> float:
        """Call it; a copy is passed, because some of these functions change their argument."""
        function = getattr(import_module(self.library), self.function)
        return float(function(returns.copy(), **self.options))


def empyrical(function: str, **options: Any) -> Call:
    """A function of empyrical-reloaded."""
    return Call("empyrical", function, options)


def quantstats(function: str, **options: Any) -> Call:
    """A function of quantstats; its plots, which log missing fonts, are never called."""
    return Call("quantstats.stats", function, options)


@dataclass(frozen=True)
class Agreement:
    """Calls that give our number.

    Args:
        metric: name in METRICS, or of the function.
        options: keyword arguments of ours, as text.
        ours: of returns.
        calls: what gives the same.
    """

    metric: str
    options: str
    ours: Measure
    calls: tuple[Call, ...]


AGREEMENTS = (
    Agreement(
        "ret",
        "",
        metrics.total_return,
        (empyrical("cum_returns_final"), quantstats("comp")),
    ),
    Agreement(
        "cagr",
        "",
        lambda r: metrics.cagr(r, periods_per_year=YEAR),
        (empyrical("cagr"), quantstats("cagr")),
    ),
    Agreement(
        "vol",
        "",
        lambda r: metrics.volatility(r, periods_per_year=YEAR),
        (empyrical("annual_volatility"), quantstats("volatility")),
    ),
    Agreement(
        "sharpe",
        "",
        lambda r: metrics.sharpe(r, periods_per_year=YEAR),
        (empyrical("sharpe_ratio"), quantstats("sharpe")),
    ),
    Agreement(
        "sharpe",
        "rf=0.02",
        lambda r: metrics.sharpe(r, periods_per_year=YEAR, rf=0.02),
        (quantstats("sharpe", rf=0.02),),
    ),
    Agreement(
        "sortino",
        "",
        lambda r: metrics.sortino(r, periods_per_year=YEAR),
        (empyrical("sortino_ratio"), quantstats("sortino")),
    ),
    Agreement(
        "sortino",
        "mar=0.02",
        lambda r: metrics.sortino(r, periods_per_year=YEAR, mar=0.02),
        (quantstats("sortino", rf=0.02),),
    ),
    Agreement(
        "calmar",
        "",
        lambda r: metrics.calmar(r, periods_per_year=YEAR),
        (empyrical("calmar_ratio"), quantstats("calmar")),
    ),
    Agreement(
        "max_dd",
        "",
        metrics.max_drawdown,
        (empyrical("max_drawdown"), quantstats("max_drawdown")),
    ),
    Agreement(
        "omega",
        "",
        lambda r: metrics.omega(r, periods_per_year=YEAR),
        (empyrical("omega_ratio"), quantstats("omega")),
    ),
    Agreement(
        "omega",
        "mar=0.02",
        lambda r: metrics.omega(r, periods_per_year=YEAR, mar=0.02),
        (
            empyrical("omega_ratio", required_return=0.02),
            quantstats("omega", required_return=0.02),
            quantstats("omega", rf=0.02),
        ),
    ),
    Agreement(
        "tail_ratio",
        "",
        metrics.tail_ratio,
        (empyrical("tail_ratio"), quantstats("tail_ratio")),
    ),
)


@dataclass(frozen=True)
class Difference:
    """A call that gives another number than ours, and why.

    Args:
        metric: name in METRICS.
        call: of the other library.
        what: the difference, in words.
        ours: our number for a result.
        explained: our definition changed as `what` says; must equal their number.
    """

    metric: str
    call: Call
    what: str
    ours: Callable[[BacktestResult], float]
    explained: Measure


def stored(name: str) -> Callable[[BacktestResult], float]:
    """The number that a backtest stores under a name."""
    return lambda result: result.metrics[name]


def wider(returns: pd.Series) -> float:
    """What dividing by n - 1 in place of n does to a root mean square."""
    return sqrt(len(returns) / (len(returns) - 1))


# A rate of 2 % a *day*, said as a rate a year.
DAILY_TWO_PERCENT = 1.02**YEAR - 1.0

DIFFERENCES = (
    Difference(
        "sharpe",
        empyrical("sharpe_ratio", risk_free=0.02),
        "`risk_free` is a rate a period: 2 % a day here; ours is a rate a year",
        lambda result: metrics.sharpe(result.returns, periods_per_year=YEAR, rf=0.02),
        lambda r: metrics.sharpe(r, periods_per_year=YEAR, rf=DAILY_TWO_PERCENT),
    ),
    Difference(
        "sharpe",
        quantstats("sharpe", rf=-0.01),
        "a negative rate is ignored",
        lambda result: metrics.sharpe(result.returns, periods_per_year=YEAR, rf=-0.01),
        lambda r: metrics.sharpe(r, periods_per_year=YEAR),
    ),
    Difference(
        "sortino",
        empyrical("sortino_ratio", required_return=0.02),
        "`required_return` is a rate a period; our `mar` is a rate a year",
        lambda result: metrics.sortino(result.returns, periods_per_year=YEAR, mar=0.02),
        lambda r: metrics.sortino(r, periods_per_year=YEAR, mar=DAILY_TWO_PERCENT),
    ),
    Difference(
        "sortino",
        quantstats("sortino", rf=-0.01),
        "a negative rate is ignored",
        lambda result: metrics.sortino(result.returns, periods_per_year=YEAR, mar=-0.01),
        lambda r: metrics.sortino(r, periods_per_year=YEAR),
    ),
    Difference(
        "ulcer",
        quantstats("ulcer_index"),
        "divides by n − 1",
        stored("ulcer"),
        lambda r: metrics.ulcer_index(r) * wider(r),
    ),
    Difference(
        "martin",
        quantstats("ulcer_performance_index"),
        "total return of the whole period in place of CAGR, and Ulcer by n − 1",
        stored("martin"),
        lambda r: metrics.total_return(r) / metrics.ulcer_index(r) / wider(r),
    ),
    Difference(
        "martin",
        quantstats("ulcer_performance_index", rf=0.02),
        "the same; one year's rate is taken off the total return of all years",
        lambda result: metrics.martin_ratio(result.returns, periods_per_year=YEAR, rf=0.02),
        lambda r: (metrics.total_return(r) - 0.02) / metrics.ulcer_index(r) / wider(r),
    ),
    Difference(
        "recovery",
        quantstats("recovery_factor"),
        "size of the plain sum of returns: not compounded, positive for losers",
        stored("recovery"),
        lambda r: abs(r.sum()) / -metrics.max_drawdown(r),
    ),
    Difference(
        "omega",
        empyrical("omega_ratio", risk_free=0.02),
        "`risk_free` is a rate a period, although `required_return` is one a year",
        lambda result: metrics.omega(result.returns, periods_per_year=YEAR, mar=0.02),
        lambda r: metrics.omega(r, periods_per_year=YEAR, mar=DAILY_TWO_PERCENT),
    ),
    Difference(
        "omega",
        quantstats("omega", rf=0.02, required_return=0.03),
        "both are taken off; ours has one target, 3 % here",
        lambda result: metrics.omega(result.returns, periods_per_year=YEAR, mar=0.03),
        lambda r: metrics.omega(r - (1.02 ** (1 / YEAR) - 1), periods_per_year=YEAR, mar=0.03),
    ),
    Difference(
        "exposure",
        quantstats("exposure"),
        "share of periods whose return is not 0, rounded up to a whole percent",
        stored("exposure"),
        lambda r: ceil(100 * np.mean(r != 0)) / 100,
    ),
    Difference(
        "hit_rate",
        quantstats("win_rate"),
        "share of up periods among those not flat; ours counts round trips",
        stored("hit_rate"),
        lambda r: (r > 0).sum() / (r != 0).sum(),
    ),
    Difference(
        "profit_factor",
        quantstats("profit_factor"),
        "of periods, so it is our `omega` at a target of 0; ours is of round trips",
        stored("profit_factor"),
        lambda r: metrics.omega(r, periods_per_year=YEAR),
    ),
    Difference(
        "avg_trade",
        quantstats("avg_return"),
        "mean return of the periods that are not flat; ours is of round trips",
        stored("avg_trade"),
        lambda r: r[r != 0].mean(),
    ),
)
