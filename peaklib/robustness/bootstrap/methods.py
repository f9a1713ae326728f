"""From draws to an interval: percentile, basic, studentized, BCa."""

from statistics import NormalDist
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled
from peaklib.robustness.bootstrap.draws import Question, values, values_and_errors
from peaklib.robustness.bootstrap.run_metrics import Prepared, metric_of_runs
from peaklib.robustness.bootstrap.standard_errors import error_of_series, is_linearised

Floats = NDArray[np.float64]
Method = Literal["percentile", "basic", "studentized", "bca"]

MOST_UNDEFINED: Final = 0.05
_NORMAL: Final = NormalDist()


def ends(question: Question, method: Method, level: float) -> tuple[float, float, int]:
    """Low and high end, and how many resamples were left out as undefined.

    Raises:
        DataError: another method, or an interval that the draws do not give.
    """
    tails = np.array([(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    if method == "studentized":
        return _studentized(question, tails)
    if method not in ("percentile", "basic", "bca"):
        raise DataError(f"method = {method!r}; give one of percentile, basic, studentized, bca")
    draws, undefined = defined(values(question))
    if method == "bca":
        tails = _corrected(question, draws, tails)
    low, high = np.quantile(draws, tails)
    if method == "basic":
        low, high = 2.0 * question.estimate - high, 2.0 * question.estimate - low
    return float(low), float(high), undefined


def defined(draws: Floats) -> tuple[Floats, int]:
    """Finite draws, and the number of others.

    Raises:
        DataError: more than 5 % are undefined.
    """
    kept = draws[np.isfinite(draws)]
    undefined = draws.size - kept.size
    if undefined > MOST_UNDEFINED * draws.size:
        raise DataError(
            f"the metric is undefined in {undefined} of {draws.size} resamples (such as a ratio "
            f"over no risk), more than {MOST_UNDEFINED:.0%}; take another metric or more bars"
        )
    return kept, undefined


def _studentized(question: Question, tails: Floats) -> tuple[float, float, int]:
    """Quantiles of (draw - estimate) / its own error, times the error of the estimate."""
    draws = values_and_errors(question)
    if is_linearised(question.series.code):
        error = error_of_series(
            question.series, question.minus, question.kind, question.block_length
        )
    else:
        error = float(np.std(defined(draws[:, 0])[0], ddof=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = (draws[:, 0] - question.estimate) / draws[:, 1]
    kept, undefined = defined(scaled)
    low, high = np.quantile(kept, tails)
    low, high = question.estimate - high * error, question.estimate - low * error
    if not (np.isfinite(low) and np.isfinite(high)):
        raise DataError(
            "a studentized interval needs a standard error, and the metric has none here; take "
            "method='percentile'"
        )
    return float(low), float(high), undefined


def _corrected(question: Question, draws: Floats, tails: Floats) -> Floats:
    """Shares of the draws between which a BCa interval lies.

    Source: Efron (1987), JASA 82(397), equation 2.3.
    """
    below = (np.sum(draws < question.estimate) + 0.5 * np.sum(draws == question.estimate)) / (
        draws.size
    )
    if not 0.0 < below < 1.0:
        raise DataError(
            f"BCa: all {draws.size} draws lie on one side of the estimate {question.estimate:g}; "
            "its bias cannot be told so; draw more resamples, or take method='percentile'"
        )
    bias, acceleration = _NORMAL.inv_cdf(float(below)), _acceleration(question)
    shares = []
    for tail in tails:
        moved = bias + _NORMAL.inv_cdf(float(tail))
        shares.append(_NORMAL.cdf(bias + moved / (1.0 - acceleration * moved)))
    return np.array(shares)


def _acceleration(question: Question) -> float:
    """Skewness of the metric's influence, by leaving one block out at a time."""
    n = question.series.returns.size
    size = min(max(1, round(question.block_length)), n // 2)
    without = np.empty(n // size)
    minus = question.minus or question.series
    _leave_out(question.series, minus, question.minus is not None, size, without)
    if not np.isfinite(without).all():
        raise DataError(
            "BCa: the metric is undefined once some block of bars is left out; take "
            "method='percentile'"
        )
    influence = without.mean() - without
    scale = float(np.sum(influence**2)) ** 1.5
    return float(np.sum(influence**3)) / (6.0 * scale) if scale > 0.0 else 0.0


@compiled
def _leave_out(series: Prepared, minus: Prepared, paired: bool, size: int, out: Floats) -> None:
    """Write the metric without each block of `size` bars; bars after the last block stay in.

    What is left are two runs, before and after the block.
    """
    n = series.returns.size
    starts, lengths = np.zeros(2, np.int32), np.zeros(2, np.int32)
    for k in range(out.size):
        before, after = k * size, (k + 1) * size
        count = 0
        if before > 0:
            starts[count], lengths[count] = 0, before
            count += 1
        if after < n:
            starts[count], lengths[count] = after, n - after
            count += 1
        out[k] = metric_of_runs(series, starts, lengths, count, n - size)
        if paired:
            out[k] -= metric_of_runs(minus, starts, lengths, count, n - size)
