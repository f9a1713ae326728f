"""The trials really made, counted from the ledger's publish lines.

A trial is a distinct (strategy, version, all parameters, data digest, evaluation period,
terms of trading). A parameter counts the same on an axis and fixed, numbers count by value,
and the order of axes and values does not matter. Deleted runs still count, re-runs of
kind `repro` do not.
"""

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.trials.grids import Grid, comparable, grid_of
from peaklib.evidence.trials.union import count_points, grid_sizes

REPRO: Final = "repro"
COMPLETED: Final = "completed"


@dataclass(frozen=True)
class SharpeSpread:
    """How far the Sharpe ratios of trials lie apart, as the deflated Sharpe ratio needs it.

    It comes from the sums in the publish lines, one line per distinct grid of completed
    runs. The sums do not say which point has which Sharpe: where distinct grids share
    points, these weigh more than once, and `overlapping` says so.

    Args:
        count: Sharpe ratios in the sums; trials without one (a flat account) are left out.
        mean: their mean; None without any.
        variance: their sample variance (ddof 1); None for fewer than two.
        overlapping: whether some trials are in the sums more than once.
    """

    count: int
    mean: float | None
    variance: float | None
    overlapping: bool


@dataclass(frozen=True)
class ContextCount:
    """Trials that differ by their parameters only.

    Args:
        strategy, version: of the strategy.
        data, digest: name and content digest of the data.
        start, end: evaluation period.
        terms: fill convention, costs and financing.
        parameters: names of all parameters, fixed ones included.
        distinct, failed, repeats, runs, sharpe: as in `FamilyCount`.
    """

    strategy: str
    version: str
    data: str
    digest: str
    start: str
    end: str
    terms: Mapping[str, Any]
    parameters: tuple[str, ...]
    distinct: int
    failed: int
    repeats: int
    runs: int
    sharpe: SharpeSpread


@dataclass(frozen=True)
class FamilyCount:
    """The trials of one family.

    Each evaluation of a point is one of `distinct`, `failed` and `repeats`.

    Args:
        family: its name.
        distinct: trials of completed runs, each counted once.
        failed: trials that only failed or interrupted runs have evaluated.
        repeats: evaluations of trials that were evaluated before.
        runs: runs with trials of this family.
        failed_runs: failed or interrupted runs of this family without any trial.
        sharpe: spread over the trials of `distinct`.
        contexts: the same, apart for each strategy, data set, period and terms.
    """

    family: str
    distinct: int
    failed: int
    repeats: int
    runs: int
    failed_runs: int
    sharpe: SharpeSpread
    contexts: tuple[ContextCount, ...]


def count_trials(
    publications: Iterable[Mapping[str, Any]], family: str | None = None
) -> dict[str, FamilyCount]:
    """Count the trials of each family.

    A grid belongs to the family that it names, else to that of its run, else to
    `strategy/data`. Only distinct grids are kept in memory, never their points.

    Args:
        publications: `data` of the ledger's publish lines, in order; of several lines for
            one run the first counts. Delete lines play no part.
        family: count this one only.

    Returns:
        Counts by family, sorted by name; a family that nothing belongs to is missing.

    Raises:
        EvidenceError: a line lacks what its trials are counted by.
        ConfigError: a condition cannot be read.
    """
    families: dict[str, _Family] = {}
    seen: set[str] = set()
    for line in publications:
        if line["run_id"] in seen or line["kind"] == REPRO:
            continue
        seen.add(line["run_id"])
        try:
            _take(line, family, families)
        except (KeyError, TypeError, AttributeError) as error:
            raise EvidenceError(
                f"publish line of run {line['run_id']}: its trials cannot be counted "
                f"({type(error).__name__}: {error}); was it written by another version, or "
                "edited? `peak ledger verify` says"
            ) from error
    return {name: families[name].count(name) for name in sorted(families)}


@dataclass
class _Tried:
    """A distinct grid: how often it was evaluated, and the sums of its Sharpe ratios."""

    evaluations: int = 0
    completed: bool = False
    moments: tuple[int, float, float] = (0, 0.0, 0.0)


@dataclass
class _Context:
    """Distinct grids that share all but their parameters' values."""

    first: Mapping[str, Any]
    grids: dict[Grid, _Tried] = field(default_factory=dict)
    runs: set[str] = field(default_factory=set)

    def count(self) -> ContextCount:
        """Count the points of the grids."""
        sizes = grid_sizes(self.grids)
        completed = [grid for grid, tried in self.grids.items() if tried.completed]
        distinct = _union(completed, sizes)
        everything = _union(list(self.grids), sizes)
        evaluations = sum(tried.evaluations * sizes[grid] for grid, tried in self.grids.items())
        used = self.first["conventions"]
        return ContextCount(
            strategy=self.first["strategy"],
            version=self.first["version"],
            data=used["data"],
            digest=used["digest"],
            start=used["start"],
            end=used["end"],
            terms=used["terms"],
            parameters=tuple(sorted({**self.first["fixed"], **self.first["grid"]["axes"]})),
            distinct=distinct,
            failed=everything - distinct,
            repeats=evaluations - everything,
            runs=len(self.runs),
            sharpe=_spread(
                [self.grids[grid].moments for grid in completed],
                overlapping=distinct < sum(sizes[grid] for grid in completed),
            ),
        )

    def moments(self) -> list[tuple[int, float, float]]:
        """Sums of the Sharpe ratios of each grid of completed runs."""
        return [tried.moments for tried in self.grids.values() if tried.completed]


@dataclass
class _Family:
    """What is known of a family while lines are read."""

    contexts: dict[Hashable, _Context] = field(default_factory=dict)
    runs: set[str] = field(default_factory=set)
    failed_runs: int = 0

    def add(self, line: Mapping[str, Any], trials: Mapping[str, Any]) -> None:
        """Take in one grid of a run."""
        context = self.contexts.setdefault(_context_of(trials), _Context(trials))
        tried = context.grids.setdefault(grid_of(trials), _Tried())
        completed = line["status"] == COMPLETED
        if not tried.evaluations or (completed and not tried.completed):
            tried.moments = _moments_of(trials)
        tried.evaluations += 1
        tried.completed = tried.completed or completed
        context.runs.add(line["run_id"])
        self.runs.add(line["run_id"])

    def count(self, name: str) -> FamilyCount:
        """Count the trials of all contexts."""
        counted = [context.count() for context in self.contexts.values()]
        moments = [sums for context in self.contexts.values() for sums in context.moments()]
        return FamilyCount(
            family=name,
            distinct=sum(context.distinct for context in counted),
            failed=sum(context.failed for context in counted),
            repeats=sum(context.repeats for context in counted),
            runs=len(self.runs),
            failed_runs=self.failed_runs,
            sharpe=_spread(moments, any(context.sharpe.overlapping for context in counted)),
            contexts=tuple(counted),
        )


def _take(line: Mapping[str, Any], wanted: str | None, families: dict[str, _Family]) -> None:
    for trials in line["trials"]:
        name = trials.get("family") or line["family"] or _default_family(trials)
        if wanted in (None, name):
            families.setdefault(name, _Family()).add(line, trials)
    name = line["family"]
    if name and not line["trials"] and line["status"] != COMPLETED and wanted in (None, name):
        families.setdefault(name, _Family()).failed_runs += 1


def _default_family(trials: Mapping[str, Any]) -> str:
    return f"{trials['strategy']}/{trials['conventions']['data']}"


def _context_of(trials: Mapping[str, Any]) -> Hashable:
    used = trials["conventions"]
    return (
        trials["strategy"],
        trials["version"],
        *(used[key] for key in ("digest", "start", "end")),
        comparable(used["terms"]),
        frozenset((*trials["fixed"], *trials["grid"]["axes"])),
    )


def _moments_of(trials: Mapping[str, Any]) -> tuple[int, float, float]:
    """Count, sum and sum of squares; an infinity is a word in JSON, an undefined sum is null."""
    total, squares = (
        math.nan if trials[key] is None else float(trials[key])
        for key in ("sharpe_sum", "sharpe_sumsq")
    )
    return trials["sharpe_count"], total, squares


def _union(grids: list[Grid], sizes: Mapping[Grid, int]) -> int:
    return sizes[grids[0]] if len(grids) == 1 else count_points(grids)


def _spread(moments: list[tuple[int, float, float]], overlapping: bool) -> SharpeSpread:
    count = sum(n for n, _, _ in moments)
    total = _total([total for _, total, _ in moments])
    squares = _total([squares for _, _, squares in moments])
    mean = _finite(total / count) if count else None
    variance = None
    if count > 1 and mean is not None:
        # Rounding can take the difference of nearly equal sums below zero.
        variance = _finite(max(squares - total * mean, 0.0) / (count - 1))
    return SharpeSpread(count, mean, variance, overlapping)


def _total(values: list[float]) -> float:
    return math.fsum(values) if all(map(math.isfinite, values)) else math.nan


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
