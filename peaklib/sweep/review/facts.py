"""The second table of a report: what else a reviewer asks, with how to read it."""

import math
from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from peaklib.errors import DataError
from peaklib.render import format_metric
from peaklib.render.formats import MISSING
from peaklib.robustness import (
    Trial,
    break_even_cost,
    delay_sensitivity,
    haircut_sharpe,
    minimum_backtest_length,
    minimum_track_record_length,
    start_sensitivity,
)
from peaklib.robustness.search.max_sharpe import max_sharpe_test_of
from peaklib.robustness.verdict.subject import returns_of
from peaklib.sweep.review.examination import Review
from peaklib.sweep.review.matched import matched_hold
from peaklib.sweep.review.shown import number, percent, times, with_interval

# More trials than this take longer than a reader waits; the deflated Sharpe asks the same.
_MOST_TESTED: Final = 5_000


def facts_table(found: Review) -> pd.DataFrame:
    """What else a reviewer asks, below the figure: name, value, what it means."""
    rows = [*_effort(found), *_results(found), *_strength(found)]
    return pd.DataFrame(rows, columns=["what", "found", "how to read it"])


def facts_links(table: pd.DataFrame) -> dict[str, str]:
    """Rows of `facts_table` that have a definition."""
    keys = {
        "Trials in this sweep": "trial",
        "Trials ever made": "family",
        "Independent tries": "effective-trials",
        "Walk-forward": "walk-forward",
        "Walk-forward minus hold": "interval",
        "Best in sample": "sharpe",
        "Deflated Sharpe, every trial counted": "deflated-sharpe",
        "Haircut Sharpe": "haircut",
        "Same exposure, no timing": "matched",
        "Holdout": "holdout",
        "Best of all, tested": "reality-check",
        "Costs at which it dies": "break-even",
        "Track record needed": "track-record",
        "Years that luck needs": "backtest-length",
    }
    return {name: f"#def-{key}" for name, key in keys.items() if name in set(table["what"])}


Row = tuple[str, str, str]


def _effort(found: Review) -> Iterator[Row]:
    results, assessment = found.results, found.assessment
    yield (
        "Trials in this sweep",
        f"{results.n_trials:,}",
        f"{len(results.cells)} runs; every combination of parameters, data and costs is one",
    )
    families = len(found.families)
    yield (
        "Trials ever made",
        f"{found.search.trials:,}",
        f"by the ledger, in the {families} families of this sweep"
        if families
        else "a preview: the ledger was not asked",
    )
    clusters = assessment.effective.clusters.count
    yield (
        "Independent tries",
        f"{assessment.tries:.0f}",
        f"what these trials are worth: many make the same trades ({clusters} groups in a sample "
        f"of {assessment.effective.n_sampled})",
    )


def _results(found: Review) -> Iterator[Row]:
    assessment = found.assessment
    yield (
        "Best in sample",
        with_interval("sharpe", assessment.in_sample),
        f"Sharpe of {found.best.text}, where it was chosen: flattering by construction",
    )
    if assessment.out_of_sample is not None and assessment.out_of_sample_diff is not None:
        yield (
            "Walk-forward",
            with_interval("sharpe", assessment.out_of_sample),
            "Sharpe on bars that no choice had seen",
        )
        yield (
            "Walk-forward minus hold",
            with_interval("sharpe_diff", assessment.out_of_sample_diff),
            "both drawn from the same days, so that what they share cancels",
        )
    matched = matched_hold(found.assessment)
    if matched is not None:
        yield (
            "Same exposure, no timing",
            f"{format_metric('cagr', matched.cagr)} a year",
            f"hold, invested {percent(matched.exposure)} all the time, where walk-forward earned "
            f"{format_metric('cagr', matched.ours)}",
        )
    if found.results.config.holdout_from is not None:
        yield (
            "Holdout",
            f"opened {times(len(found.openings))}" if found.openings else "not opened",
            _holdout_words(found),
        )


def _holdout_words(found: Review) -> str:
    by = ", ".join(opening.run_id or f"event {opening.seq}" for opening in found.openings)
    data = found.best.cell.conventions["data"]
    opened = f"of {data}, by {by}" if by else f"nobody has opened that of {data}"
    seen = f"; {found.seen:,} trials of runs without a holdout were made on its days"
    return opened + (seen if found.seen else "")


def _strength(found: Review) -> Iterator[Row]:
    assessment = found.assessment
    raw, tries = assessment.deflated_raw, max(math.ceil(assessment.tries), 1)
    yield (
        "Deflated Sharpe, every trial counted",
        number("dsr", raw.dsr),
        f"{raw.n_trials:,.0f} tries, with the trials' own spread of {raw.spread:.2f}; the gate "
        f"takes {assessment.tries:.0f} tries, with {assessment.deflated.spread:.2f}",
    )
    haircut = haircut_sharpe(
        assessment.in_sample.estimate,
        len(assessment.selected.result.returns),
        n_trials=tries,
        method="bonferroni",
        periods_per_year=assessment.subject.year,
    )
    yield (
        "Haircut Sharpe",
        number("sharpe", haircut.adjusted),
        f"what {tries} tries leave of {number('sharpe', haircut.sharpe)} (Bonferroni)",
    )
    dies = break_even_cost(trial_of(found), benchmark=assessment.benchmark.metrics["sharpe"])
    yield from _reality_check(found)
    yield ("Costs at which it dies", _basis_points(dies), "a side, until it is no better than hold")
    yield _track_record(found)
    measured = assessment.in_sample.estimate
    years = minimum_backtest_length(tries, measured) if measured > 0 else math.nan
    yield (
        "Years that luck needs",
        MISSING if math.isnan(years) else f"{years:.1f}",
        "with fewer, so many tries bring such a Sharpe in sample by luck",
    )


def _reality_check(found: Review) -> Iterator[Row]:
    assessment = found.assessment
    if assessment.trials > _MOST_TESTED:
        return
    known = assessment.sampled.shape[1] == assessment.trials
    rows = np.arange(assessment.trials)
    tested = max_sharpe_test_of(
        assessment.sampled.T if known else returns_of(assessment.subject, assessment.fields, rows),
        periods_per_year=assessment.subject.year,
        block_length=max(assessment.in_sample_diff.block_length, 1.0),
        benchmark=assessment.benchmark.returns.to_numpy(),
        seed=found.results.config.seed,
    )
    yield (
        "Best of all, tested",
        number("p_value", tested.p_value),
        f"chance that the best of {tested.n_trials:,} rules without skill beats hold by as much",
    )


def _track_record(found: Review) -> Row:
    walked, year = found.assessment.walk_forward, found.assessment.subject.year
    name, words = "Track record needed", "unseen years until a Sharpe like this is above 0 at 95 %"
    if walked is None:
        return name, MISSING, words
    try:
        bars = minimum_track_record_length(
            walked.returns.to_numpy(), periods_per_year=year, level=0.95
        )
    except DataError:
        return name, MISSING, words
    have = f"there are {len(walked.returns) / year:.1f}"
    shown = f"{bars / year:.1f} years" if bars < 1e6 else "never"
    return name, shown, f"{words}; {have}"


def trial_of(found: Review) -> Trial:
    """The best trial on its data and terms."""
    assessment = found.assessment
    subject = assessment.subject
    candidate = subject.candidates[assessment.selected.candidate]
    return Trial(
        candidate.strategy, subject.dataset, dict(assessment.selected.params), subject.agreed
    )


def _basis_points(value: float) -> str:
    if math.isnan(value):
        return MISSING
    if value == 0:
        return "0 bp: not better even for free"
    return "above 1,000 bp" if math.isinf(value) else f"{value:.0f} bp"


def sensitivity_table(found: Review) -> pd.DataFrame:
    """The best trial filled later, and accounts that open later."""
    trial = trial_of(found)
    delays = delay_sensitivity(trial, (0, 1, 2))
    starts = start_sensitivity(trial, months=6, n=8)
    rows = [
        *zip(("as agreed", "fills 1 bar later", "fills 2 bars later"), _rows(delays), strict=True),
        *((f"starts {6 * k} months later", row) for k, row in enumerate(_rows(starts)) if k),
    ]
    hold = replace(trial, strategy=found.results.config.benchmark, params={})
    held = [
        *delay_sensitivity(hold, (0, 1, 2))["sharpe"],
        *start_sensitivity(hold, months=6, n=8)["sharpe"].iloc[1:],
    ]
    shown = ["sharpe", "cagr", "max_dd", "n_trades"]
    table = pd.DataFrame(
        [(name, *(row[metric] for metric in shown)) for name, row in rows],
        columns=["change", *shown],
    )
    table.insert(2, "hold_sharpe", held)
    return table


def choices_table(found: Review) -> pd.DataFrame:
    """What walk-forward chose when, where it was best, and what the account then did."""
    walked = found.assessment.walk_forward
    if walked is None:
        return pd.DataFrame()
    made = walked.choices
    words = [", ".join(f"{k} {v:g}" for k, v in (one or {}).items()) for one in made["params"]]
    return pd.DataFrame(
        {
            "from": pd.DatetimeIndex(made["start"]).strftime("%Y-%m-%d"),
            "strategy": made["strategy"].to_numpy(),
            "params": words,
            "is_sharpe": made["is_sharpe"].to_numpy(),
            "oos_sharpe": made["curve_sharpe"].to_numpy(),
        }
    )


def _rows(table: pd.DataFrame) -> list[dict[Hashable, Any]]:
    return table.to_dict("records")
