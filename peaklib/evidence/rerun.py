"""Running a pack again and comparing what comes out.

Whoever makes a kind of run announces, under the entry point group `peaklib.rerunners`,
how that kind is run again; this module finds it, refuses where data or code are not what
the pack pins, and compares.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from peaklib import plugins
from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import from_json
from peaklib.evidence.checks.verify import refuse_altered
from peaklib.evidence.content.difference import RTOL, Comparison, compare
from peaklib.evidence.content.tally import Difference
from peaklib.evidence.environment import code, environment
from peaklib.evidence.pack import SealedRun
from peaklib.evidence.standing import standing_on

Digests = Mapping[str, str]

_WORDS: Final = ("identical", "equivalent", "different")


@dataclass(frozen=True)
class Repeated:
    """A run that was made again.

    Args:
        run: the new one.
        parts: old and new runs that it consists of; they are compared first.
    """

    run: SealedRun
    parts: Sequence[tuple[SealedRun, SealedRun]] = ()


@dataclass(frozen=True)
class Rerunner:
    """How one kind of run is made again.

    Args:
        kind: of run.
        sources: digests, as they are today, of the code that `record["code"]["sources"]` pins.
        inputs: digests, as they are today, of what `record["inputs"]` pins, by
            `input_label`; what is gone is left out.
        rerun: makes the run again into another folder of runs.
    """

    kind: str
    sources: Callable[[SealedRun], Digests]
    inputs: Callable[[SealedRun], Digests]
    rerun: Callable[[SealedRun, Path], Repeated]


def environment_changes(run: SealedRun) -> tuple[str, ...]:
    """Interpreter, machine and packages that are not those of a run: a reason for differences."""
    path = run.folder / "inputs" / "environment.json"
    then, now = from_json(path.read_bytes()), environment()
    lines = [
        f"{name} {then[name]}, now {now[name]}"
        for name in ("python", "platform", "machine")
        if then[name] != now[name]
    ]
    before, today = then["packages"], now["packages"]
    return (
        *lines,
        *(
            f"{name} {before.get(name, 'none')}, now {today.get(name, 'none')}"
            for name in sorted({*before, *today})
            if before.get(name) != today.get(name)
        ),
    )


@dataclass(frozen=True)
class Reproduction:
    """What a run that was made again says about the first one.

    Args:
        run: the first run.
        repeated: the second.
        drift: what differs from the pack's pins; empty unless the caller went on in spite of it.
        comparisons: with the run's id, one for each part, then one for the run itself if the
            parts are identical.
    """

    run: SealedRun
    repeated: Repeated
    drift: tuple[str, ...]
    comparisons: tuple[tuple[str, Comparison], ...]

    @property
    def word(self) -> str:
        """`identical`, `equivalent` or `different`: the worst of all comparisons."""
        return max((comparison.word for _, comparison in self.comparisons), key=_WORDS.index)

    @property
    def largest(self) -> tuple[str, Difference] | None:
        """The largest relative difference of a number, and the run that it was found in."""
        found = [(run_id, c.largest) for run_id, c in self.comparisons if c.largest is not None]
        return max(found, key=lambda pair: pair[1].relative or 0.0, default=None)

    def event(self) -> dict[str, Any]:
        """Data of the ledger's `repro` line."""
        largest = self.largest
        return {
            "run_id": self.run.run_id,
            "verdict": self.word,
            "content": self.run.content,
            "content_now": self.repeated.run.content,
            "drift": list(self.drift),
            "largest": largest and {"run_id": largest[0], **asdict(largest[1])},
            "peaklib_sha256": code()["peaklib_sha256"],
        }


def rerunner_of(kind: str) -> Rerunner:
    """How a kind of run is made again.

    Raises:
        EvidenceError: nobody announces it.
    """
    known: dict[str, Rerunner] = {}
    for plugin, item in plugins.load(plugins.RERUNNERS):
        if not isinstance(item, Rerunner):
            raise EvidenceError(f"{plugin.package}: {plugin.target} is no Rerunner")
        known[item.kind] = item
    if kind not in known:
        reason = "it was made by hand" if kind == "interactive" else "nobody announces how"
        raise EvidenceError(
            f"a run of kind {kind!r} cannot be run again ({reason}); can be: "
            f"{', '.join(sorted(known))}"
        )
    return known[kind]


def drift_of(run: SealedRun, rerunner: Rerunner) -> tuple[str, ...]:
    """Data and code that are not what the pack pins, one line each."""
    record = run.record()
    pinned = {"peaklib": record["code"]["peaklib_sha256"], **record["code"]["sources"]}
    today = {"peaklib": code()["peaklib_sha256"], **rerunner.sources(run)}
    lines = [*_differing("code", pinned, today)]
    inputs = {input_label(entry): entry["digest"] for entry in record["inputs"]}
    return (*lines, *_differing("input", inputs, rerunner.inputs(run)))


def input_label(entry: Mapping[str, Any]) -> str:
    """Role and name of a recorded input: a run may use data and a part of them."""
    return f"{entry['role']} {entry['name']}"


def reproduce(
    run: SealedRun,
    roots: Mapping[str, str],
    place: Path,
    *,
    rtol: float = RTOL,
    despite_drift: bool = False,
) -> Reproduction:
    """Run a pack again and compare.

    Args:
        run: the pack; its inputs are found beside it.
        roots: root hashes by the ledger, of this run and of those that it stands on.
        place: folder of runs for the new one, so that it never counts as a trial here.
        rtol: relative difference up to which numbers are called equivalent.
        despite_drift: go on when data or code are not what the pack pins.

    Raises:
        EvidenceError: the pack or one that it stands on was altered, its kind cannot be run
            again, or data or code have changed.
    """
    for each in standing_on(run):
        refuse_altered(each.folder, root=roots.get(each.run_id))
    record = run.record()
    rerunner = rerunner_of(record["kind"])
    if record["status"] != "completed":
        raise EvidenceError(
            f"run {run.run_id} is {record['status']}, so it has no complete result to reproduce"
        )
    drift = drift_of(run, rerunner)
    if drift and not despite_drift:
        listed = "\n".join(f"  {line}" for line in drift)
        commit = record["code"]["commit"]
        is_code = any(line.startswith("code ") for line in drift)
        back = f"git checkout {commit[:12]}, or " if commit and is_code else ""
        raise EvidenceError(
            f"run {run.run_id} pins other data or code than there is now:\n{listed}\n"
            f"{back}go on in spite of it with --anyway"
        )
    repeated = rerunner.rerun(run, place)
    found = [_compared(old, new, rtol) for old, new in repeated.parts]
    if all(comparison.word == "identical" for _, comparison in found):
        # A run that consists of parts names their digests: it can be no more alike than they are.
        found.append(_compared(run, repeated.run, rtol))
    return Reproduction(run, repeated, drift, tuple(found))


def _compared(old: SealedRun, new: SealedRun, rtol: float) -> tuple[str, Comparison]:
    return old.run_id, compare(old.folder, new.folder, rtol=rtol)


def _differing(what: str, pinned: Mapping[str, Any], today: Digests) -> list[str]:
    return [
        f"{what} {name}: pinned {str(digest)[:12]}, now {today.get(name, 'missing')[:12]}"
        for name, digest in pinned.items()
        if today.get(name) != digest
    ]
