"""Small series on which the libraries part: no loss, no spread, missing values, prices."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from metric_libraries import YEAR, Call, Measure, empyrical, quantstats

from peaklib import metrics
from peaklib.errors import DataError


@dataclass(frozen=True)
class Edge:
    """One small series, their answer and ours.

    Args:
        metric: name in METRICS, or of the function.
        series: as the page prints it.
        values: the series; returns, or a wealth curve where `series` says so.
        call: of the other library.
        ours: of the same returns.
        why: their rule, in words.
    """

    metric: str
    series: str
    values: tuple[float, ...]
    call: Call
    ours: Measure
    why: str

    @property
    def given(self) -> pd.Series:
        """The series as the other library gets it, on consecutive days."""
        days = pd.date_range("2024-01-01", periods=len(self.values), tz="UTC")
        return pd.Series(self.values, index=days, dtype=np.float64)


def answer(measure: Callable[[pd.Series], float], series: pd.Series) -> str:
    """What a function makes of a series, as the page prints it."""
    try:
        with np.errstate(divide="ignore"):  # some of theirs divide by 0
            value = measure(series)
    except (DataError, ZeroDivisionError) as error:
        return f"`{type(error).__name__}`"
    return "rounding noise, above 1e12" if 1e12 < value < np.inf else number(value)


def number(value: float) -> str:
    """Six significant digits, `NaN` and `inf` spelled out."""
    return "NaN" if np.isnan(value) else f"{value:.6g}".replace("-", "−")


def returns_of_wealth(wealth: pd.Series) -> pd.Series:
    """Simple returns of a curve that was 1.0 before its first value."""
    return wealth / wealth.shift(fill_value=1.0) - 1.0


def _sharpe(r: pd.Series) -> float:
    return metrics.sharpe(r, periods_per_year=YEAR)


RISES = ("0.1, 0.2, 0.05", (0.1, 0.2, 0.05))
CONSTANT = ("0.01, 300 times", (0.01,) * 300)

EDGES = (
    Edge("sharpe", *CONSTANT, empyrical("sharpe_ratio"), _sharpe, "mean over 0 is inf"),
    Edge("sharpe", *CONSTANT, quantstats("sharpe"), _sharpe, "the deviation is rounding noise"),
    Edge(
        "sortino",
        *RISES,
        empyrical("sortino_ratio"),
        lambda r: metrics.sortino(r, periods_per_year=YEAR),
        "mean over 0 is inf",
    ),
    Edge(
        "calmar",
        *RISES,
        quantstats("calmar"),
        lambda r: metrics.calmar(r, periods_per_year=YEAR),
        "no drawdown to divide by",
    ),
    Edge(
        "profit_factor",
        *RISES,
        quantstats("profit_factor"),
        lambda r: metrics.omega(r, periods_per_year=YEAR),
        "no loss is inf; ours is `omega`, the like of it on periods",
    ),
    Edge(
        "tail_ratio",
        "0, 0, 0, 1",
        (0.0, 0.0, 0.0, 1.0),
        empyrical("tail_ratio"),
        metrics.tail_ratio,
        "a 5th percentile of 0 gives inf",
    ),
    Edge(
        "cagr",
        "0.1, NaN, −0.05, 0.02",
        (0.1, np.nan, -0.05, 0.02),
        empyrical("cagr"),
        lambda r: metrics.cagr(r, periods_per_year=YEAR),
        "a missing day is skipped as a return and counted as time",
    ),
    Edge(
        "cagr",
        "0.1, NaN, −0.05, 0.02",
        (0.1, np.nan, -0.05, 0.02),
        quantstats("cagr"),
        lambda r: metrics.cagr(r, periods_per_year=YEAR),
        "a missing day is skipped as a return and as time",
    ),
    Edge(
        "cagr",
        "0.1, −1.5, 0",
        (0.1, -1.5, 0.0),
        quantstats("cagr"),
        lambda r: metrics.cagr(r, periods_per_year=YEAR),
        "wealth below 0 has no growth rate; ours says all is lost",
    ),
    Edge(
        "ulcer",
        "−0.1",
        (-0.1,),
        quantstats("ulcer_index"),
        metrics.ulcer_index,
        "n − 1 is 0",
    ),
    Edge(
        "max_dd",
        "wealth 0.5, 1.2, 0.9",
        (0.5, 1.2, 0.9),
        quantstats("max_drawdown"),
        lambda wealth: metrics.max_drawdown(returns_of_wealth(wealth)),
        "a curve of prices starts at its first value, so a first loss is not seen",
    ),
    Edge(
        "max_dd",
        "wealth 0.9, 0.8, 0.95, 0.7",
        (0.9, 0.8, 0.95, 0.7),
        quantstats("max_drawdown"),
        lambda wealth: metrics.max_drawdown(returns_of_wealth(wealth)),
        "a curve that stays below 1 is taken for returns",
    ),
    Edge(
        "max_dd",
        "0.5, 1.5, 0.2",
        (0.5, 1.5, 0.2),
        quantstats("max_drawdown"),
        metrics.max_drawdown,
        "returns without a loss and with one of 1 or more are taken for prices",
    ),
)
