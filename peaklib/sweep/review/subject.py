"""From the runs of a sweep to what is examined: one data set, and all that was tried on it."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from peaklib.errors import EvidenceError
from peaklib.evidence import Registry
from peaklib.evidence.trials.count import FamilyCount, SharpeSpread, count_trials
from peaklib.robustness import Assessment, Candidate, Search, Subject
from peaklib.sweep.analysis import data_of, terms_of
from peaklib.sweep.cell import CellData
from peaklib.sweep.results import SweepResults

_TOLERANCE = 1e-9


def peers_of(results: SweepResults, cell: CellData) -> tuple[CellData, ...]:
    """Cells that share bars, terms and cost scenario with one of them, itself included."""
    used, costs = cell.conventions, cell.label.get("costs")
    same = ("digest", "start", "end", "terms")
    return tuple(
        other
        for other in results.cells
        if other.label.get("costs") == costs
        and all(other.conventions[key] == used[key] for key in same)
    )


def subject_of(results: SweepResults, cell: CellData) -> Subject:
    """What was searched beside a cell: its data and terms, and every strategy tried there."""
    return Subject(
        dataset=data_of(cell),
        candidates=tuple(candidate_of(peer) for peer in peers_of(results, cell)),
        benchmark=results.config.benchmark,
        terms=terms_of(cell),
    )


def candidate_of(cell: CellData) -> Candidate:
    """The strategy of a cell and its grid."""
    grid = cell.trials.attrs["grid"]
    return Candidate(
        cell.trials.attrs["strategy"],
        {name: grid["axes"][name] for name in grid["order"]},
        grid["where"] or None,
    )


def check_same(peers: Iterable[CellData], assessment: Assessment) -> None:
    """Make sure that what was computed again is what is on record.

    Raises:
        EvidenceError: a trial has another Sharpe now.
    """
    for cell, field in zip(peers, assessment.fields, strict=True):
        recorded = cell.trials["sharpe"].to_numpy()
        now = field.frame["sharpe"].to_numpy()
        same = np.isclose(now, recorded, rtol=0, atol=_TOLERANCE, equal_nan=True)
        if not same.all():
            number = int(np.argmin(same))
            raise EvidenceError(
                f"trial {cell.run_id or 'preview'}:{number} gives a Sharpe of "
                f"{now[number]:.12g} now and {recorded[number]:.12g} on record: data or code have "
                "changed since"
            )


def families_of(results: SweepResults) -> tuple[str, ...]:
    """Strategy and instrument of every cell."""
    return tuple(dict.fromkeys(map(_family_of, results.cells)))


def _family_of(cell: CellData) -> str:
    return f"{cell.trials.attrs['strategy']}/{cell.conventions['data']}"


@dataclass(frozen=True)
class History:
    """The trials ever made in the families of a sweep, by the ledger; nothing for a preview.

    Args:
        families: counts by family.
        ideas: the same, where other costs and further days of the same data make no new trial.
    """

    families: Mapping[str, FamilyCount]
    ideas: Mapping[str, FamilyCount]


def history_of(
    results: SweepResults, runs: Path | None = None, *, as_of: int | None = None
) -> History:
    """Count the trials ever made in the families of a sweep.

    Args:
        results: of the sweep.
        runs: folder of runs; the project's by default.
        as_of: only lines of the ledger before this number count; all by default.
    """
    lines = tuple(_publications(results, runs, as_of))
    return History(
        _own(results, count_trials(lines)),
        _own(results, count_trials(map(_as_ideas, lines))),
    )


def search_of(results: SweepResults, cell: CellData, history: History) -> Search:
    """How much was tried: by the ledger, or at least what the sweep itself holds.

    Args:
        results: of the sweep.
        cell: of the trial that is judged; trials of its strategies on its data are alike.
        history: of the sweep.
    """
    counted, ideas = history.families, history.ideas
    data = cell.conventions["data"]
    known = {_family_of(each): each for each in results.cells}
    alike = {name for name, each in known.items() if each.conventions["data"] == data}
    own_alike = sum(len(known[name].trials) for name in alike)
    own_others = sum(len(each.trials) for each in known.values()) - own_alike
    own_spread = _pooled(_own_spreads(results))
    if not counted:
        return Search(results.n_trials, own_spread, own_alike, own_others)
    spread = _pooled(family.sharpe for family in counted.values())
    return Search(
        max(_tried(counted), results.n_trials),
        own_spread if spread is None else spread,
        max(_tried({k: v for k, v in ideas.items() if k in alike}), own_alike),
        max(_tried({k: v for k, v in ideas.items() if k not in alike}), own_others),
    )


def seen_in_holdout(results: SweepResults, cell: CellData, history: History) -> int:
    """Trials of a sweep's families that were measured on days that it keeps as a holdout."""
    first, data = results.config.holdout_from, cell.conventions["data"]
    counted = history.families.values() if first else ()
    contexts = (context for family in counted for context in family.contexts)
    return sum(c.distinct for c in contexts if c.data == data and c.end >= str(first))


def _tried(counted: Mapping[str, FamilyCount]) -> int:
    return sum(family.distinct + family.failed for family in counted.values())


def _own(results: SweepResults, counted: Mapping[str, FamilyCount]) -> dict[str, FamilyCount]:
    return {name: counted[name] for name in families_of(results) if name in counted}


def _publications(
    results: SweepResults, runs: Path | None, as_of: int | None
) -> Iterator[Mapping[str, Any]]:
    if results.run_id:
        for event in Registry(runs).ledger.events("publish"):
            if as_of is None or event.seq < as_of:
                yield event.data


def _as_ideas(line: Mapping[str, Any]) -> Mapping[str, Any]:
    """A publish line whose trials do not differ by costs, or by how many days there were."""
    return {**line, "trials": [_as_idea(trials) for trials in line["trials"]]}


def _as_idea(trials: Mapping[str, Any]) -> Mapping[str, Any]:
    used = trials["conventions"]
    same = {"digest": used["data"], "start": "", "end": "", "terms": {}}
    return {**trials, "conventions": {**used, **same}}


def _own_spreads(results: SweepResults) -> list[SharpeSpread]:
    found = []
    for cell in results.cells:
        known: Any = cell.trials["sharpe"].dropna()
        variance = float(known.var(ddof=1)) if len(known) > 1 else None
        mean = float(known.mean()) if len(known) else None
        found.append(SharpeSpread(len(known), mean, variance, False))
    return found


def _pooled(spreads: Iterable[SharpeSpread]) -> float | None:
    """Sample variance of all Sharpe ratios together, from that of their parts."""
    parts = [s for s in spreads if s.count and s.mean is not None]
    count = sum(part.count for part in parts)
    if count < 2:
        return None
    mean = math.fsum(part.count * (part.mean or 0.0) for part in parts) / count
    within = math.fsum((part.count - 1) * (part.variance or 0.0) for part in parts)
    between = math.fsum(part.count * ((part.mean or 0.0) - mean) ** 2 for part in parts)
    return (within + between) / (count - 1)
