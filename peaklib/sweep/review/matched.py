"""Hold with the exposure of a strategy: what being in the market as much, without timing, earns."""

from dataclasses import dataclass

import numpy as np

from peaklib import metrics
from peaklib.backtest import run_backtest
from peaklib.robustness import Assessment
from peaklib.sweep.review.examination import Review


@dataclass(frozen=True)
class Matched:
    """A constant position as large as the strategy's was on average.

    Args:
        exposure: mean target of the walk-forward account, a share of equity.
        cagr, sharpe: of the constant position on the same days and terms.
        ours: CAGR of the walk-forward account.
    """

    exposure: float
    cagr: float
    sharpe: float
    ours: float


@dataclass(frozen=True)
class HeldBeside:
    """The benchmark over the days of the walk-forward, from a wealth of 1 before the first.

    Args:
        growth: final wealth.
        max_dd: largest loss from a peak, 0 or negative.
    """

    growth: float
    max_dd: float


def held_beside(found: Review) -> HeldBeside:
    """What holding did on the unseen days."""
    walked = found.assessment.walk_forward
    days = 0 if walked is None else len(walked.returns)
    held = found.assessment.benchmark.returns.to_numpy()[-days:]
    return HeldBeside(metrics.total_return(held) + 1.0, metrics.max_drawdown(held))


def matched_hold(assessment: Assessment) -> Matched | None:
    """The benchmark that a timing rule has to beat: its own mean position, held all the time.

    Returns:
        None where there was no walk-forward, or its account never held anything.
    """
    walked = assessment.walk_forward
    if walked is None:
        return None
    subject = assessment.subject
    value = walked.result.positions.iloc[:, 0].to_numpy() * _closes(assessment)
    exposure = float(np.mean(value / walked.result.equity.to_numpy()))
    if exposure == 0.0:
        return None
    n_before = len(subject.dataset) - len(walked.returns)
    constant = np.full(len(subject.dataset), np.clip(exposure, -1.0, 1.0))
    terms = {**subject.agreed, "warmup": n_before}
    found = run_backtest(constant, subject.dataset, **terms).metrics
    return Matched(exposure, found["cagr"], found["sharpe"], walked.result.metrics["cagr"])


def _closes(assessment: Assessment) -> np.ndarray:
    walked = assessment.walk_forward
    close = assessment.subject.dataset.frame["close"]
    return close.to_numpy()[len(close) - (0 if walked is None else len(walked.returns)) :]
