"""A sweep, examined: evidence, trials ever made, assessment, holdout, verdict."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from peaklib.errors import LookaheadError
from peaklib.evidence import Registry, digest, home, open_if_there, open_run
from peaklib.evidence.trials.count import FamilyCount
from peaklib.evidence.vouch import verify_runs
from peaklib.features import Bars
from peaklib.robustness import (
    Assessment,
    HoldoutLook,
    Judgement,
    Search,
    Thresholds,
    assess,
    judge,
    load_thresholds,
)
from peaklib.robustness.verdict.certainty import sharpe_difference
from peaklib.strategies import get
from peaklib.strategies.contract import is_causal
from peaklib.sweep.analysis import Best, best_of, data_of
from peaklib.sweep.holdout import Opening, openings
from peaklib.sweep.plan import THRESHOLDS
from peaklib.sweep.results import SweepResults
from peaklib.sweep.review.subject import (
    check_same,
    history_of,
    peers_of,
    search_of,
    seen_in_holdout,
    subject_of,
)


@dataclass(frozen=True)
class Review:
    """All that a report says about a sweep.

    Args:
        results: of the sweep.
        best: the trial that the verdict is about.
        thresholds: what it is judged by.
        fixed_before: whether the packs of all cells name these very thresholds, so that they
            were set before the sweep ran; None for a preview.
        families: trials ever made, by family; empty for a preview.
        search: the same in one number.
        assessment, judgement: see `peaklib.robustness`.
        openings: of this instrument's holdout, by anybody, oldest first.
        seen: trials of these families that were measured on the holdout's days by runs that kept
            none.
        look: what the opening for this very trial showed, None if there was none.
        problems: what does not verify.
    """

    results: SweepResults
    best: Best
    thresholds: Thresholds
    fixed_before: bool | None
    families: dict[str, FamilyCount]
    search: Search
    assessment: Assessment
    judgement: Judgement
    openings: tuple[Opening, ...]
    seen: int
    look: HoldoutLook | None
    problems: tuple[str, ...]

    @cached_property
    def where(self) -> str:
        """Data set and costs of the best trial, in words."""
        cell = self.best.cell
        others = (v for k, v in cell.label.items() if k not in ("strategy", "dataset"))
        return " · ".join([cell.conventions["data"], *others])


def review(
    results: SweepResults,
    *,
    runs: Path | None = None,
    as_of: int | None = None,
    threads: int | None = None,
) -> Review:
    """Examine a sweep.

    Args:
        results: of the sweep, or a preview.
        runs: folder of runs; the project's by default.
        as_of: number of ledger lines that are looked at, so that a report can be made again;
            all by default.
        threads: all processors by default.

    Raises:
        EvidenceError: no trial has a Sharpe, or a trial gives another number now.
    """
    best = best_of(results)
    found = _openings(results, best, runs, as_of)
    problems = _problems(results, best, found, runs)
    thresholds = thresholds_of(results)
    history = history_of(results, runs, as_of=as_of)
    search = search_of(results, best.cell, history)
    assessment = assess(
        subject_of(results, best.cell),
        thresholds,
        search=search,
        seed=results.config.seed,
        threads=threads,
    )
    if not problems:
        # Where a pack was altered, its numbers differ for that reason.
        check_same(peers_of(results, best.cell), assessment)
    fixed_before = _fixed_before(results, runs)
    look = _look(best, found, assessment, thresholds, results.config.seed, runs)
    judgement = judge(
        assessment, thresholds, holdout=look, bent=fixed_before is False, problems=problems
    )
    return Review(
        results=results,
        best=best,
        thresholds=thresholds,
        fixed_before=fixed_before,
        families=dict(history.families),
        search=search,
        assessment=assessment,
        judgement=judgement,
        openings=found,
        seen=seen_in_holdout(results, best.cell, history),
        look=look,
        problems=problems,
    )


def thresholds_of(results: SweepResults) -> Thresholds:
    """Thresholds that the sweep's run recorded; for a preview those of today."""
    if results.record is not None:
        return Thresholds.model_validate(results.record["config"]["thresholds"])
    file = home() / THRESHOLDS
    return load_thresholds(file) if file.is_file() else Thresholds()


def _fixed_before(results: SweepResults, runs: Path | None) -> bool | None:
    if results.record is None:
        return None
    # As recorded: a threshold that was added since has no place in the digest of then.
    wanted = digest(results.record["config"]["thresholds"])
    records = (open_run(cell.run_id, runs=runs).record() for cell in results.cells)
    return all(record["config"].get("thresholds") == wanted for record in records)


def _problems(
    results: SweepResults, best: Best, found: tuple[Opening, ...], runs: Path | None
) -> tuple[str, ...]:
    """What is wrong with the evidence: the ledger, the packs behind the answer, the rule itself."""
    lines = []
    try:
        is_causal(get(best.cell.trials.attrs["strategy"]), Bars.of(data_of(best.cell)), best.params)
    except LookaheadError as error:
        lines.append(str(error))
    if not results.run_id:
        return tuple(lines)
    opened = [o.run_id for o in found if o.run_id and open_if_there(o.run_id, runs=runs)]
    inquiry = verify_runs(Registry(runs), [results.run_id, *opened])
    for report in inquiry.reports:
        lines += [f"run {report.run_id}: not {c.name} ({c.against})" for c in report.failed]
    lines += [f"{check.name}: {check.details[0]}" for check in inquiry.closing if check.details]
    return tuple(lines)


def _openings(
    results: SweepResults, best: Best, runs: Path | None, as_of: int | None
) -> tuple[Opening, ...]:
    """Openings of the instrument's holdout whose days overlap with this sweep's."""
    first = results.config.holdout_from
    if first is None or not results.run_id:
        return ()
    found = openings(runs, best.cell.conventions["data"], start=first)
    return tuple(opening for opening in found if as_of is None or opening.seq < as_of)


def _look(
    best: Best,
    found: tuple[Opening, ...],
    assessment: Assessment,
    thresholds: Thresholds,
    seed: int,
    runs: Path | None,
) -> HoldoutLook | None:
    """What the last opening for this very rule showed, in whatever run of the sweep.

    Where others have used up the instrument's holdout, there is nothing left to be shown.
    """
    own = [opening for opening in found if is_of(opening, best)]
    if not own:
        used_up = len(found) >= thresholds.holdout.openings
        return HoldoutLook(None, len(found)) if used_up else None
    done = [opening for opening in own if opening.run_id and opening.status == "completed"]
    run = open_if_there(str(done[-1].run_id), runs=runs) if done else None
    if run is None:
        # Whoever looks and throws the result away has looked.
        return HoldoutLook(None, len(found))
    curves = pd.read_parquet(run.table("equity"))
    returns = curves.pct_change().iloc[1:]
    difference = sharpe_difference(
        returns.iloc[:, 0].to_numpy(),
        returns["hold"].to_numpy(),
        thresholds,
        year=assessment.subject.year,
        seed=seed,
    )
    return HoldoutLook(difference, len(found))


def is_of(opening: Opening, best: Best) -> bool:
    """Whether a holdout was opened for the same strategy with the same parameters."""
    attrs = best.cell.trials.attrs
    params = {**attrs["fixed"], **best.params}
    return opening.strategy == attrs["strategy"] and dict(opening.params) == params
