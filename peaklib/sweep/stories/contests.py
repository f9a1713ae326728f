"""All trials at once against cash and against hold: is even the best of them better?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.robustness import (
    MaxSharpe,
    max_sharpe_test,
    model_confidence_set,
    reality_check,
    superior_predictive_ability,
)
from peaklib.robustness.search.superiority import Superiority
from peaklib.robustness.selection.overfitting import sample_trials
from peaklib.robustness.verdict.subject import sampled_returns
from peaklib.sweep.stories.examined import Examined

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Contests:
    """Tests that know of all sampled trials together.

    Args:
        n_sampled: different trials whose mean returns are tested, the examined one among them.
        n_searched: trials whose Sharpe ratios are tested, the examined one among them.
        n_trials: all that there were.
        block_length: bars in a block.
        cash, hold: best Sharpe of those searched against 0, and against the benchmark's.
        reality: p-value of White's reality check on mean returns against the benchmark.
        spa: p-values of Hansen's test on the same.
        n_kept: trials that cannot be told from the best by mean return.
        trial_kept, hold_kept: whether the examined trial and the benchmark are among them.
        level: of that set.
    """

    n_sampled: int
    n_searched: int
    n_trials: int
    block_length: float
    cash: MaxSharpe
    hold: MaxSharpe
    reality: float
    spa: Superiority
    n_kept: int
    trial_kept: bool
    hold_kept: bool
    level: float


def contests_of(
    found: Examined,
    *,
    sample: int,
    searched: int,
    block_length: float,
    resamples: int,
    seed: int,
    threads: int | None = None,
) -> Contests:
    """Hold a sample of the trials, and the examined one, against cash and the benchmark.

    Args:
        found: the trial and what was searched beside it.
        sample: trials at most whose mean returns are tested, spread evenly over all of them.
        searched: trials at most whose Sharpe ratios are tested, likewise. A p-value knows of no
            other trials: with fewer than all it is too small.
        block_length: mean length of the resampled stretches, in bars.
        resamples: of each test.
        seed: of the draws.
        threads: all processors by default.

    Raises:
        DataError: no sampled trial ever moves.
    """
    assessment, year = found.assessment, found.year
    returns, everything = _different(_sampled(found, sample)), _sampled(found, searched)
    held = found.hold.returns.to_numpy()
    how: dict[str, Any] = {"block_length": block_length, "resamples": resamples, "seed": seed}
    sharpes = {
        name: max_sharpe_test(
            everything, periods_per_year=year, benchmark=against, threads=threads, **how
        )
        for name, against in (("cash", None), ("hold", held))
    }
    level = found.thresholds.intervals.level
    # The examined trial is the first column; hold comes last unless a trial is the same.
    models = _different(np.column_stack([returns, held]))
    kept = model_confidence_set(models, level=level, **how).kept if models.shape[1] > 1 else [0]
    last = models.shape[1] - 1 if models.shape[1] > returns.shape[1] else _place(models, held)
    return Contests(
        returns.shape[1],
        everything.shape[1],
        assessment.trials,
        float(block_length),
        sharpes["cash"],
        sharpes["hold"],
        reality_check(returns, held, **how),
        superior_predictive_ability(returns, held, **how),
        sum(1 for at in kept if at < returns.shape[1]),
        0 in kept,
        last in kept,
        level,
    )


def contests_table(found: Contests) -> pd.DataFrame:
    """One row a test: `test`, `asks`, `p_value`, `says`."""
    rows = [
        (
            "Max-Sharpe test",
            "is the best Sharpe above 0?",
            found.cash.p_value,
        ),
        (
            "Max-Sharpe test against hold",
            "is the best Sharpe above hold's?",
            found.hold.p_value,
        ),
        (
            "Reality check",
            "is the best mean return above hold's?",
            found.reality,
        ),
        (
            "Superior predictive ability",
            "the same, hopeless trials left out",
            found.spa.consistent,
        ),
    ]
    return pd.DataFrame(
        [(*row, _says(row[2], found.level)) for row in rows],
        columns=["test", "asks", "p_value", "says"],
    )


def contests_words(found: Contests) -> str:
    """What cannot be told from the best, in one or two sentences."""
    ours = "is" if found.trial_kept else "is not"
    hold = (
        "and neither can holding: by mean return, none of them is shown to be better than it"
        if found.hold_kept
        else "while holding is clearly behind the best"
    )
    return (
        f"{found.n_kept} of {found.n_sampled} sampled trials cannot be told from the best by mean "
        f"return at {100 * found.level:g}\N{NO-BREAK SPACE}%, {hold}. This trial {ours} among them."
    )


def _says(p_value: float, level: float) -> str:
    return "yes" if p_value <= round(1.0 - level, 12) else "not shown"


def _sampled(found: Examined, sample: int) -> Floats:
    """(n_bars, n) returns of the sample, those of the examined trial first."""
    assessment = found.assessment
    rows = sample_trials(assessment.trials, sample)
    others = sampled_returns(assessment.subject, assessment.fields, sample)[:, rows != found.row]
    return np.column_stack([found.result.returns.to_numpy(), others])


def _different(returns: Floats) -> Floats:
    """Columns that are not the same as one before: two equal ones have no difference to test."""
    first: dict[bytes, int] = {}
    for column in range(returns.shape[1]):
        first.setdefault(returns[:, column].tobytes(), column)
    return np.ascontiguousarray(returns[:, list(first.values())])


def _place(models: Floats, column: Floats) -> int:
    return next(k for k in range(models.shape[1]) if np.array_equal(models[:, k], column))
