"""Several sweeps side by side: what was asked, on which ground, and what came out best.

Numbers are held against each other only where data, costs and fill are the same, and over
the days that are measured in both. What two sweeps have in common else is refused, with the
reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence import open_run
from peaklib.evidence.trials.compare import Line, RunComparison, compare_runs
from peaklib.evidence.trials.ground import common_ground
from peaklib.evidence.trials.points import read_record
from peaklib.sweep.cell import CellData
from peaklib.sweep.compare_trials import Pair, Side, Study
from peaklib.sweep.results import SweepResults

if TYPE_CHECKING:
    import pandas as pd

_CONFIG: Final = "config."
Key = tuple[str, ...]
Places = Mapping[Key, Sequence[CellData]]


@dataclass(frozen=True)
class Match:
    """What several sweeps have on the same ground.

    Args:
        name: strategy and data set, or the data set alone for the best of all strategies.
        conventions: data, days and terms, of the side whose first day is the last.
        sides: two or more, over these days.
        pairs: of the sides.
        hold_sharpe: of the benchmark over these days.
        hold: equity of the benchmark; None if it cannot be computed any more.
    """

    name: str
    conventions: Mapping[str, Any]
    sides: tuple[Side, ...]
    pairs: tuple[Pair, ...]
    hold_sharpe: float
    hold: "pd.Series[float] | None"

    @property
    def trials(self) -> frozenset[tuple[int, str]]:
        """Which trials stand beside each other: number of the sweep, and `RUN:N`."""
        return frozenset((side.sweep, side.best.trial) for side in self.sides)


@dataclass(frozen=True)
class Refusal:
    """Two cells whose numbers must not be held against each other.

    Args:
        name: strategy and data set.
        one, other: numbers of the sweeps.
        reason: what is not the same, or what there is none of.
    """

    name: str
    one: int
    other: int
    reason: str


@dataclass(frozen=True)
class SweepComparison:
    """Sweeps side by side.

    Args:
        labels: what each is called.
        sweeps: their results.
        differing, equal: keys of their configurations.
        records: the comparison of their runs, which says what code and ground they share.
        matches: what can be compared.
        refusals: what must not be.
        alone: what only one sweep has: its number, and strategy and data set.
    """

    labels: tuple[str, ...]
    sweeps: tuple[SweepResults, ...]
    differing: tuple[Line, ...]
    equal: tuple[Line, ...]
    records: RunComparison
    matches: tuple[Match, ...]
    refusals: tuple[Refusal, ...]
    alone: tuple[tuple[int, str], ...]


def compare_sweeps(sweeps: Sequence[SweepResults], runs: Path | None = None) -> SweepComparison:
    """Compare published sweeps.

    Args:
        sweeps: two or more different ones, as `read_results` gives them.
        runs: folder of their packs; the project's by default.

    Raises:
        EvidenceError: fewer than two, one of them twice, one without a result, or a pack is
            missing.
    """
    records = compare_runs([_record(sweep, runs) for sweep in sweeps])
    labels = labels_of(sweeps)
    section = next(part for part in records.sections if part.name == "config")
    places = [_places(sweep) for sweep in sweeps]
    return SweepComparison(
        labels,
        tuple(sweeps),
        tuple(_keys(section.differing)),
        tuple(_keys(section.equal)),
        records,
        tuple(_matches(Study(sweeps, labels, runs), places)),
        tuple(_refusals(labels, places)),
        tuple(_alone(places)),
    )


def labels_of(sweeps: Sequence[SweepResults]) -> tuple[str, ...]:
    """Names of sweeps; with the end of the id, or the whole of it, where names are the same."""
    names = [sweep.name for sweep in sweeps]
    ends = [f"{sweep.name} {sweep.run_id.rpartition('_')[2]}" for sweep in sweeps]
    whole = [f"{sweep.name} {sweep.run_id}" for sweep in sweeps]
    return tuple(next(c for c in (names, ends, whole) if len(set(c)) == len(c) or c is whole))


def _record(sweep: SweepResults, runs: Path | None) -> dict[str, Any]:
    """The record of a sweep, standing on the ground of all of its cells."""
    if not sweep.run_id:
        raise EvidenceError(
            f"sweep {sweep.name!r} is a preview, which nothing recorded; `{sweep.command}` runs it"
        )
    if not sweep.cells:
        raise EvidenceError(
            f"sweep {sweep.name!r}, run {sweep.run_id}: no cell has a result, so there is nothing "
            f"to compare; `{sweep.command} --resume` computes what is missing"
        )
    used = [cell.conventions for cell in sweep.cells]
    inputs = [{"role": "data", "name": one["data"], "digest": one["digest"]} for one in used]
    record = read_record(open_run(sweep.run_id, runs=runs))
    return {**record, "inputs": inputs, "trials": [cell.trials.attrs for cell in sweep.cells]}


def _keys(lines: Sequence[Line]) -> Iterator[Line]:
    """Lines of the sweep's own file, by the keys in it."""
    for line in lines:
        if line.name.startswith(_CONFIG):
            yield replace(line, name=line.name.removeprefix(_CONFIG))


# ---- which cells stand beside each other ---------------------------------------------------


def _places(sweep: SweepResults) -> Places:
    """Cells by strategy, data set and whatever else tells them apart but costs.

    Of each, all cost scenarios, the sweep's first one first.
    """
    cells: dict[Key, list[CellData]] = {}
    for cell in sweep.base:
        cells.setdefault((cell.trials.attrs["strategy"], cell.conventions["data"]), []).append(cell)
    places = {}
    for key, several in cells.items():
        for cell in several:
            others = {name: value for name, value in cell.label.items() if name != "costs"}
            apart = (
                f"{name} {value}"
                for name, value in others.items()
                if len({one.label.get(name) for one in several}) > 1
            )
            places[*key, *apart] = [cell, *sweep.siblings(cell).values()]
    return places


def _ground(cell: CellData) -> tuple[Any, ...]:
    """What numbers must share to be compared.

    On the same data, the first day that is measured depends on the longest look-back of the
    grid alone; the days that both share are compared.
    """
    used = cell.conventions
    return (used["digest"], used["end"], tuple(sorted(used["terms"].items())))


def _name(key: Key) -> str:
    return " · ".join(key)


def _matches(study: Study, places: Sequence[Places]) -> Iterator[Match]:
    """Each strategy on each data set, then the best of all strategies where that is another."""
    keys = dict.fromkeys(key for place in places for key in place)
    seen = set()
    for key in keys:
        cells = [place.get(key, []) for place in places]
        for match in _on_shared_grounds(study, _name(key), cells):
            seen.add(match.trials)
            yield match
    for data in dict.fromkeys(key[1] for key in keys):
        cells = [_on_data(place, data) for place in places]
        for match in _on_shared_grounds(study, _all_on(data), cells):
            if match.trials not in seen:
                yield match


def _on_data(place: Places, data: str) -> list[CellData]:
    return [cell for key, several in place.items() if key[1] == data for cell in several]


def _all_on(data: str) -> str:
    return f"best of all strategies · {data}"


def _on_shared_grounds(
    study: Study, name: str, cells: Sequence[Sequence[CellData]]
) -> Iterator[Match]:
    """A match for the first ground that sweeps share, and more for sweeps that share another.

    Costs are an assumption: where two sweeps share several scenarios, the first one speaks.
    """
    grounds: dict[tuple[Any, ...], dict[int, list[CellData]]] = {}
    for number, several in enumerate(cells):
        for cell in several:
            grounds.setdefault(_ground(cell), {}).setdefault(number, []).append(cell)
    seen: set[tuple[int, int]] = set()
    for by_sweep in grounds.values():
        new = set(combinations(sorted(by_sweep), 2)) - seen
        seen |= new
        if new and (match := _match(study, name, by_sweep)) is not None:
            yield match


def _match(study: Study, name: str, by_sweep: Mapping[int, Sequence[CellData]]) -> Match | None:
    """Cells on one ground; None if fewer than two sweeps have a Sharpe there."""
    found = [study.side(number, by_sweep[number]) for number in sorted(by_sweep)]
    whole = [side for side in found if side is not None]
    if len(whole) < 2:
        return None
    last = min(whole, key=lambda side: side.best.cell.conventions["n_bars"])
    cell = last.best.cell
    sides = [study.over(side, cell.conventions["n_bars"]) for side in whole]
    return Match(
        name,
        cell.conventions,
        tuple(sides),
        tuple(study.pair(one, other) for one, other in combinations(sides, 2)),
        cell.hold["sharpe"],
        study.hold(last),
    )


def _refusals(labels: Sequence[str], places: Sequence[Places]) -> Iterator[Refusal]:
    """What two sweeps have in common on grounds that are not the same."""
    for (one, first), (other, second) in combinations(enumerate(places), 2):
        for name, here, there in _common(first, second):
            if not set(map(_ground, here)) & set(map(_ground, there)):
                reason = _reason((labels[one], labels[other]), here[0], there[0])
                yield Refusal(name, one, other, reason)


def _common(
    first: Places, second: Places
) -> Iterator[tuple[str, Sequence[CellData], Sequence[CellData]]]:
    """Strategies on one data set; else the data set; else the strategies; else all there is."""
    keys = [key for key in first if key in second]
    yield from ((_name(key), first[key], second[key]) for key in keys)
    names = [dict.fromkeys(key[1] for key in place) for place in (first, second)]
    shared = [data for data in names[0] if data in names[1]]
    for data in shared:
        if all(key[1] != data for key in keys):
            yield _all_on(data), _on_data(first, data), _on_data(second, data)
    if shared:
        return
    strategies = [name for name in dict.fromkeys(k[0] for k in first) if _of(second, name)]
    for name in strategies:
        yield name, _of(first, name), _of(second, name)
    if not strategies:
        everything = [[cell for cells in p.values() for cell in cells] for p in (first, second)]
        yield "best of all strategies", everything[0], everything[1]


def _of(place: Places, strategy: str) -> list[CellData]:
    return [cell for key, several in place.items() if key[0] == strategy for cell in several]


def _reason(names: Sequence[str], one: CellData, other: CellData) -> str:
    points = [{"point": True, "trials": [cell.trials.attrs]} for cell in (one, other)]
    grounds = common_ground(points)
    return "; ".join(ground.refusal(names) for ground in grounds if ground.same is False)


def _alone(places: Sequence[Places]) -> Iterator[tuple[int, str]]:
    for number, place in enumerate(places):
        others = {key for other, each in enumerate(places) if other != number for key in each}
        yield from ((number, _name(key)) for key in place if key not in others)
