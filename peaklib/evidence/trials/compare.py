"""What differs between runs, by the parts of their records.

Ids, clocks and places of runs are never compared: they always differ.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.trials.grids import comparable
from peaklib.evidence.trials.ground import Ground, common_ground
from peaklib.evidence.trials.points import label_of

Record = Mapping[str, Any]


class Absent(Enum):
    """Stands where a run has no value, which is not the same as an undefined one."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
METRICS: Final = "metrics"


@dataclass(frozen=True)
class Line:
    """One thing that the runs say of themselves.

    Args:
        name: dotted, such as `parameters.costs.fees_bps`.
        values: one a run, `ABSENT` where the run has none.
    """

    name: str
    values: tuple[Any, ...]

    @property
    def is_equal(self) -> bool:
        """Whether all runs say the same; numbers are compared by value."""
        return len({comparable(value) for value in self.values}) == 1


@dataclass(frozen=True)
class Section:
    """One part of the records.

    Args:
        name: `run`, `trial`, `config`, `inputs`, `conventions`, `code`, `environment` or
            `metrics`.
        differing, equal: its lines, in the order of the records.
    """

    name: str
    differing: tuple[Line, ...]
    equal: tuple[Line, ...]


@dataclass(frozen=True)
class RunComparison:
    """What differs between runs.

    Args:
        runs: what each is called: its id, or `RUN:N` for a grid point.
        sections: all parts in a fixed order, metrics last.
        grounds: data, days and terms, which numbers stand on.
        same_code: whether peaklib and all sources that several runs pin are the same; a
            commit may differ while these are equal, and the other way round.
    """

    runs: tuple[str, ...]
    sections: tuple[Section, ...]
    grounds: tuple[Ground, ...]
    same_code: bool

    @property
    def same(self) -> dict[str, bool | None]:
        """Whether data, days, terms and code are the same; None where a run does not say."""
        return {**{ground.name: ground.same for ground in self.grounds}, "code": self.same_code}

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why the metrics must not be read side by side; empty if they may."""
        return tuple(g.refusal(self.runs) for g in self.grounds if g.same is False)

    @property
    def n_differing(self) -> int:
        """Lines that differ."""
        return sum(len(section.differing) for section in self.sections)

    @property
    def n_equal(self) -> int:
        """Lines that are equal."""
        return sum(len(section.equal) for section in self.sections)

    def to_json(self) -> dict[str, Any]:
        """Plain values; of a line that a run does not have, that run is left out."""
        return {
            "runs": list(self.runs),
            "same": self.same,
            "refusals": list(self.refusals),
            "equal": {section.name: len(section.equal) for section in self.sections},
            "differing": {
                section.name: {line.name: self._by_run(line) for line in section.differing}
                for section in self.sections
            },
        }

    def _by_run(self, line: Line) -> dict[str, Any]:
        pairs = zip(self.runs, line.values, strict=True)
        return {run: value for run, value in pairs if value is not ABSENT}


def compare_runs(records: Sequence[Record]) -> RunComparison:
    """Lay records side by side.

    Args:
        records: two or more, each as `run.json` holds it or as `points.read_record` made it.

    Raises:
        EvidenceError: fewer than two, or one of them twice.
    """
    runs = tuple(label_of(record) for record in records)
    if len(runs) < 2 or len(set(runs)) < len(runs):
        raise EvidenceError(
            f"{len(runs)} runs given ({', '.join(runs) or 'none'}); name two or more different ones"
        )
    sections = tuple(_section(name, part, records) for name, part in _PARTS.items())
    return RunComparison(
        runs, sections, common_ground(records), _same_code([record["code"] for record in records])
    )


def _section(name: str, part: Callable[[Record], Mapping[str, Any]], records: Any) -> Section:
    columns = [dict(_flat(part(record))) for record in records]
    names = dict.fromkeys(name for column in columns for name in column)
    lines = [Line(key, tuple(column.get(key, ABSENT) for column in columns)) for key in names]
    return Section(
        name,
        tuple(line for line in lines if not line.is_equal),
        tuple(line for line in lines if line.is_equal),
    )


def _flat(value: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Nested values by dotted names; an empty map is a value."""
    for name, item in value.items():
        if isinstance(item, Mapping) and item:
            yield from _flat(item, f"{before}{name}.")
        else:
            yield f"{before}{name}", item


def _run(record: Record) -> Mapping[str, Any]:
    return {name: record[name] for name in ("kind", "family", "status", "seed")}


def _trial(record: Record) -> Mapping[str, Any]:
    point = record.get("point")
    if not point:
        return {}
    return {**point["params"], "strategy": point["strategy"], "version": point["version"]}


def _inputs(record: Record) -> Mapping[str, Any]:
    """Names and digests by role; of several inputs of one role, lists."""
    roles: dict[str, list[Record]] = {}
    for entry in record["inputs"]:
        roles.setdefault(entry["role"], []).append(entry)
    return {
        role: {
            key: entries[0][key] if len(entries) == 1 else [entry[key] for entry in entries]
            for key in ("name", "digest")
        }
        for role, entries in roles.items()
    }


def _conventions(record: Record) -> Mapping[str, Any]:
    """Of the evaluated grids, if all were evaluated in the same way."""
    used = [trials["conventions"] for trials in record["trials"]]
    return used[0] if len({comparable(one) for one in used}) == 1 else {}


_PARTS: Final[Mapping[str, Callable[[Record], Mapping[str, Any]]]] = {
    "run": _run,
    "trial": _trial,
    "config": lambda record: record["config"],
    "inputs": _inputs,
    "conventions": _conventions,
    "code": lambda record: record["code"],
    "environment": lambda record: record["environment"],
    METRICS: lambda record: record["metrics"],
}


def _same_code(codes: Sequence[Mapping[str, Any]]) -> bool:
    pins: dict[str, set[str]] = {}
    for code in codes:
        for name, digest in {"peaklib": code["peaklib_sha256"], **code.get("sources", {})}.items():
            pins.setdefault(name, set()).add(digest)
    return all(len(digests) == 1 for digests in pins.values())
