"""How sure a trial's numbers are: intervals of its Sharpe by several ways, and of other metrics."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final, TypeVar, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib import metrics
from peaklib.errors import DataError
from peaklib.render import IntervalRow, format_metric, format_range
from peaklib.render.formats import MISSING
from peaklib.robustness import (
    Interval,
    interval,
    jobson_korkie,
    ledoit_wolf,
    paired_interval,
    sharpe_error,
)
from peaklib.robustness.bootstrap.methods import Method
from peaklib.robustness.bootstrap.run_metrics import RETURN_METRICS
from peaklib.robustness.sharpe.inference import Kind

Floats = NDArray[np.float64]
Answer = TypeVar("Answer")

_ALLOWS: Final[Mapping[str, str]] = {
    "percentile": "the draws as they are",
    "basic": "the draws, mirrored at the estimate",
    "studentized": "each draw by its own error; most exact for a Sharpe",
    "bca": "the draws, moved by their bias and skewness",
    "iid": "Lo 2002: independent normal returns",
    "non_normal": "Mertens 2002: fat tails and skewness",
    "hac": "Lo 2002: autocorrelation as well",
}

_SHAPES: Final[Mapping[str, str]] = {
    "iid": "normal",
    "non_normal": "fat tails",
    "hac": "autocorrelated",
}


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made.

    Args:
        year: bars in a year.
        level: coverage.
        resamples: drawn.
        block_length: mean length of a stretch in bars; None takes that of Politis and White.
        seed: of the draws.
    """

    year: float
    level: float
    resamples: int
    block_length: float | None
    seed: int

    @property
    def how(self) -> dict[str, Any]:
        """As keyword arguments of `interval` and `paired_interval`."""
        return {
            "periods_per_year": self.year,
            "level": self.level,
            "resamples": self.resamples,
            "block_length": self.block_length,
            "seed": self.seed,
        }


def known(answer: Callable[[], Answer]) -> Answer | None:
    """What a function says; None where the data cannot answer (`DataError`)."""
    try:
        return answer()
    except DataError:
        return None


def interval_of(
    returns: Floats, metric: str, how: Bootstrap, method: Method = "percentile"
) -> Interval | None:
    """An interval of a metric; None where it is undefined, or is in too many resamples."""
    return known(lambda: interval(returns, metric, method=method, **how.how))


def sharpe_table(returns: Floats, how: Bootstrap) -> pd.DataFrame:
    """The Sharpe ratio with its interval by four bootstraps and three standard errors.

    Args:
        returns: (n,) simple returns per bar, not constant.
        how: level, resamples and seed.

    Returns:
        `method`, `sharpe`, `sharpe_lo`, `sharpe_hi`, `allows_for`.
    """
    rows = []
    for method in get_args(Method):
        found = interval_of(returns, "sharpe", how, method)
        if found is not None:
            rows.append((method, found.estimate, found.low, found.high, _ALLOWS[method]))
    reach = NormalDist().inv_cdf((1.0 + how.level) / 2.0)
    estimate = metrics.sharpe(returns, periods_per_year=how.year)
    for kind in get_args(Kind):
        error = reach * sharpe_error(returns, periods_per_year=how.year, kind=kind)
        name = f"formula, {_SHAPES[kind]}"
        rows.append((name, estimate, estimate - error, estimate + error, _ALLOWS[kind]))
    return pd.DataFrame(rows, columns=["method", "sharpe", "sharpe_lo", "sharpe_hi", "allows_for"])


def sharpe_bars(table: pd.DataFrame) -> list[IntervalRow]:
    """The rows of `sharpe_table` for `render.interval_bars`; all are in sample."""
    return [
        IntervalRow(row["method"], "in_sample", row["sharpe_lo"], row["sharpe"], row["sharpe_hi"])
        for row in table.to_dict("records")
    ]


def metrics_table(returns: Floats, benchmark: Floats, how: Bootstrap) -> pd.DataFrame:
    """All metrics of returns with their intervals, and those of the benchmark.

    Returns:
        `metric`, `value`, `interval`, `hold`, `hold_interval` as texts with their units; a metric
        that is undefined, or in too many resamples, has a dash.
    """
    rows = []
    for metric in RETURN_METRICS:
        texts = [
            text
            for series in (returns, benchmark)
            for text in _texts(
                metric,
                interval_of(series, metric, how),
            )
        ]
        rows.append((metric, *texts))
    return pd.DataFrame(rows, columns=["metric", "value", "interval", "hold", "hold_interval"])


def difference_table(returns: Floats, benchmark: Floats, how: Bootstrap) -> pd.DataFrame:
    """Sharpe minus hold's by three ways; rows that the data cannot answer are left out.

    Returns:
        `method`, `sharpe_diff`, `sharpe_diff_lo`, `sharpe_diff_hi`, `p_value`.
    """
    columns = ["method", "sharpe_diff", "sharpe_diff_lo", "sharpe_diff_hi", "p_value"]
    return pd.DataFrame(list(_differences(returns, benchmark, how)), columns=columns)


def _differences(returns: Floats, benchmark: Floats, how: Bootstrap) -> Iterator[tuple[Any, ...]]:
    year, level = how.year, how.level
    classic = known(lambda: jobson_korkie(returns, benchmark, periods_per_year=year))
    if classic is not None and classic.error > 0:
        reach = NormalDist().inv_cdf((1.0 + level) / 2.0) * classic.error
        at = classic.difference
        yield "Jobson-Korkie-Memmel", at, at - reach, at + reach, classic.p_value
    block = None if how.block_length is None else max(1, round(how.block_length))
    robust = known(
        lambda: ledoit_wolf(
            returns,
            benchmark,
            periods_per_year=year,
            block_length=block,
            level=level,
            resamples=how.resamples,
            seed=how.seed,
        )
    )
    if robust is not None:
        yield "Ledoit-Wolf", robust.difference, robust.low, robust.high, robust.p_value
    drawn = difference_of(returns, benchmark, how)
    if drawn is not None:
        yield "paired bootstrap", drawn.estimate, drawn.low, drawn.high, float("nan")


def difference_of(returns: Floats, benchmark: Floats, how: Bootstrap) -> Interval | None:
    """Sharpe minus the benchmark's, both drawn by the same bars; None if that is undefined."""
    if np.array_equal(returns, benchmark):
        return None
    return known(lambda: paired_interval(returns, benchmark, "sharpe", **how.how))


def _texts(metric: str, found: Interval | None) -> tuple[str, str]:
    if found is None:
        return MISSING, MISSING
    return format_metric(metric, found.estimate), format_range(metric, found.low, found.high)
