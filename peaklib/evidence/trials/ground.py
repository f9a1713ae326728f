"""Whether numbers of several runs may be read side by side: same data, same days, same terms."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peaklib.evidence.trials.grids import comparable

Record = Mapping[str, Any]
Said = Mapping[Hashable, str]


@dataclass(frozen=True)
class Ground:
    """One thing that numbers stand on.

    Args:
        name: `data`, `days` or `terms`.
        word: what it is called in a sentence.
        said: for each run, what it stands on, and how that is said; empty if it does not say.
    """

    name: str
    word: str
    said: tuple[Said, ...]

    @property
    def same(self) -> bool | None:
        """Whether all runs stand on the same; None if one does not say."""
        if not all(self.said):
            return None
        return len({frozenset(said) for said in self.said}) == 1

    def refusal(self, runs: Sequence[str]) -> str:
        """The reason why numbers are not compared, naming each run."""
        parts = (
            f"{run} {' and '.join(said.values())}"
            for run, said in zip(runs, self.said, strict=True)
        )
        return f"other {self.word}: {'; '.join(parts)}"


def common_ground(records: Sequence[Record]) -> tuple[Ground, ...]:
    """Data, days and terms of records, as `compare_runs` takes them."""
    terms = [[trials["conventions"]["terms"] for trials in r["trials"]] for r in records]
    differing = _differing([one for several in terms for one in several])
    return (
        Ground("data", "data", tuple(map(_data, records))),
        Ground("days", "days", tuple(map(_days, records))),
        Ground(
            "terms",
            "costs or fills",
            tuple(
                {comparable(one): _listed(one, differing) for one in several} for several in terms
            ),
        ),
    )


def _data(record: Record) -> Said:
    """What a grid point was evaluated on; of a run, all data that it reads."""
    if record.get("point"):
        used = record["trials"][0]["conventions"]
        return {used["digest"]: _named(used["data"], used["digest"])}
    data = (entry for entry in record["inputs"] if entry["role"] == "data")
    return {entry["digest"]: _named(entry["name"], entry["digest"]) for entry in data}


def _named(name: str, digest: str) -> str:
    return f"{name} {digest[:8]}"


def _days(record: Record) -> Said:
    used = [trials["conventions"] for trials in record["trials"]]
    return {
        (one["start"], one["end"], one["n_bars"]): (
            f"{one['start']} to {one['end']} ({one['n_bars']} bars)"
        )
        for one in used
    }


def _differing(terms: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of the terms that are not the same everywhere."""
    names = dict.fromkeys(name for one in terms for name in one)
    return [name for name in names if len({comparable(one.get(name)) for one in terms}) > 1]


def _listed(terms: Mapping[str, Any], names: Sequence[str]) -> str:
    return ", ".join(f"{name} {terms[name]}" for name in names if name in terms)
