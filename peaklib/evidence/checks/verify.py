"""Checking a pack: complete, unchanged, listed, anchored; what is wrong, file by file."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.checks.answers import (
    CallLines,
    answer_problems,
    answers_kept,
    is_redacted,
)
from peaklib.evidence.checks.claims import crate_problems, read_object, record_problems
from peaklib.evidence.checks.folder import PackFolder, look
from peaklib.evidence.copies import KeptCopy, kept_copies
from peaklib.evidence.files import SUMS, shown
from peaklib.evidence.pack import CRATE, RECORD

History = Callable[[Any], str | None]
"""Says what is wrong with a checkpoint of the ledger, as plain values; None if nothing is."""

_REQUIRED: Final = (RECORD, CRATE)
_LOAD_AGAIN: Final = "put the copy back from a backup, or from an export --with-data"


@dataclass(frozen=True)
class Check:
    """One question about a pack.

    Args:
        name: `complete`, `unchanged`, `listed`, `anchored` or `answers`.
        ok: the answer; None if it could not be asked, because of an earlier one.
        against: what was held against what, in a few words.
        details: what is wrong, one line each.
        remedy: the command that helps; empty when all is well.
    """

    name: str
    ok: bool | None
    against: str
    details: tuple[str, ...] = ()
    remedy: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "name": self.name,
            "ok": self.ok,
            "against": self.against,
            "details": list(self.details),
            "remedy": self.remedy or None,
        }


@dataclass(frozen=True)
class Report:
    """All that was found out about one pack.

    Args:
        run_id: of the run.
        folder: where the pack lies.
        root: its root hash as it lies there; None without a readable `SHA256SUMS`.
        checks: in the order in which they are to be read.
    """

    run_id: str
    folder: Path
    root: str | None
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether every question was asked and answered with yes."""
        return all(check.ok for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that were asked and not passed."""
        return tuple(check for check in self.checks if check.ok is False)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        checks = [check.to_json() for check in self.checks]
        return {"run_id": self.run_id, "ok": self.ok, "root": self.root, "checks": checks}


def verify_pack(
    folder: Path,
    *,
    root: str | None,
    run_id: str | None = None,
    history: History | None = None,
    data: Path | None = None,
    left_out: Collection[str] = (),
    calls: CallLines | None = None,
) -> Report:
    """Check the folder of a sealed run.

    Args:
        folder: the pack.
        root: its root hash by the ledger; None if the ledger has no line for it.
        run_id: of the run; by default the name of the folder.
        history: holds the ledger against the checkpoint that the pack carries; by default
            that is left out.
        data: folder of the copies of inputs that the run kept; by default they are not
            looked at.
        left_out: names of inputs whose copies may be missing.
        calls: the ledger's lines about models, for a pack that kept answers of some; by default
            these are not looked at. Nor are those of a run that the ledger does not know: one
            that was made by repeating another has the calls of that one.

    Returns:
        What was found; nothing is raised for a pack that is damaged, whatever the damage.
    """
    pack = look(folder, run_id or os.path.basename(os.path.abspath(folder)))
    record, trouble = _read(pack)
    copies = kept_copies(record, data, left_out)
    checks = (
        _complete(pack, copies),
        _unchanged(pack, record, copies),
        _listed(pack, record, trouble),
        _anchored(pack, root, record, history),
        *(_answers(pack, calls) if calls is not None and root is not None else ()),
    )
    return Report(pack.run_id, folder, pack.root, checks)


def refuse_altered(
    folder: Path,
    *,
    root: str | None,
    data: Path | None = None,
    left_out: Collection[str] = (),
) -> None:
    """Make sure that a pack is what was published, before something is built on it.

    Args:
        folder, root, data, left_out: see `verify_pack`.

    Raises:
        EvidenceError: it is not; the first problems are named.
    """
    report = verify_pack(folder, root=root, data=data, left_out=left_out)
    if not report.ok:
        problems = [line for check in report.failed for line in check.details]
        raise EvidenceError(
            f"run {report.run_id} is not what was published: {'; '.join(problems[:3])}; see "
            f"`peak evidence verify {report.run_id}`"
        )


def report_of_none(folder: Path, why: str, remedy: str) -> Report:
    """What is to be said of a run that is not there: why, and nothing of its files.

    Args:
        folder: where it would lie.
        why: one line.
        remedy: the command that helps.
    """
    missing = Check("complete", False, "the folder of the run", (why,), remedy)
    others = (Check(name, None, "not asked") for name in ("unchanged", "listed", "anchored"))
    return Report(folder.name, folder, None, (missing, *others))


def _read(pack: PackFolder) -> tuple[Mapping[str, Any] | None, str]:
    """The record, or why there is none."""
    if pack.kinds.get(RECORD) != "file":
        return None, f"{RECORD} is missing"
    try:
        return read_object(pack.folder / RECORD), ""
    except EvidenceError as error:
        return None, str(error)


def _complete(pack: PackFolder, copies: Collection[KeptCopy]) -> Check:
    against = f"{len(pack.sums)} files of {SUMS}"
    if copies:
        against += f", and {len(copies)} beside it"
    lost = [f"{copy.says} is missing" for copy in copies if copy.is_missing]
    missing = [*_missing(pack)]
    remedy = pack.command if missing else _LOAD_AGAIN
    return _check("complete", against, [*missing, *lost], remedy)


def _missing(pack: PackFolder) -> Iterator[str]:
    if "." in pack.unreadable:
        yield pack.unreadable["."]
    if SUMS not in pack.kinds:
        yield f"{SUMS} is missing"
    elif SUMS not in pack.digests:
        yield pack.unreadable.get(SUMS, f"{SUMS} is a {pack.kinds[SUMS]}, not a file")
    yield from (f"{SUMS} {problem}" for problem in pack.sums_problems)
    for name in sorted({*pack.sums, *_REQUIRED}):
        kind = pack.kinds.get(name)
        if kind is None:
            yield f"{shown(name)} is missing{_elsewhere(pack, name)}"
        elif kind != "file":
            yield f"{shown(name)} is a {kind}, not a file"
        elif name not in pack.sums and SUMS in pack.digests:
            yield f"{name} has no line in {SUMS}"


def _elsewhere(pack: PackFolder, name: str) -> str:
    """Under which name the bytes of a missing file lie now."""
    digest = pack.sums.get(name)
    others = [n for n, d in pack.digests.items() if d == digest and n not in pack.sums]
    return f"; its bytes lie in {shown(others[0])}: it was renamed" if others else ""


def _unchanged(
    pack: PackFolder, record: Mapping[str, Any] | None, copies: Collection[KeptCopy]
) -> Check:
    said = record.get("content") if record else None
    digest = said.get("digest") if isinstance(said, Mapping) else None
    against = f"SHA-256 of every file; content digest {str(digest)[:12]}"
    if not pack.sums:
        return Check("unchanged", None, against, (f"there is no {SUMS} to hold it against",))
    changed = [*_altered(pack)]
    # A file that is known to be damaged would only be reported a second time.
    whole = not changed and all(name in pack.digests for name in pack.sums)
    content = _content_problems(pack.folder, record) if record and whole else []
    own = [*changed, *content]
    others = [f"{copy.says} was changed" for copy in copies if copy.is_changed]
    return _check("unchanged", against, [*own, *others], pack.command if own else _LOAD_AGAIN)


def _altered(pack: PackFolder) -> Iterator[str]:
    for name, digest in pack.sums.items():
        if name in pack.unreadable:
            yield pack.unreadable[name]
        elif name in pack.digests and pack.digests[name] != digest:
            yield f"{shown(name)} was {digest[:12]}, is {pack.digests[name][:12]}"


def _content_problems(folder: Path, record: Mapping[str, Any]) -> Iterator[str]:
    from peaklib.evidence.content.digest import content_of

    try:
        found = content_of(folder)
    except (EvidenceError, OSError, ValueError) as error:
        yield f"the content digest cannot be computed: {error}"
        return
    said = record.get("content")
    if said == found:
        return
    digest = said.get("digest") if isinstance(said, Mapping) else None
    yield f"{RECORD} has the content digest {str(digest)[:12]}, computed {found['digest'][:12]}"


def _listed(pack: PackFolder, record: Mapping[str, Any] | None, trouble: str) -> Check:
    against = f"the folder, {SUMS}, {RECORD} and its crate name the same files"
    problems = [*_extra(pack)]
    problems += record_problems(record, pack.run_id, pack.known) if record else [trouble]
    if pack.kinds.get(CRATE) == "file":
        try:
            problems += crate_problems(read_object(pack.folder / CRATE), pack.known)
        except EvidenceError as error:
            problems.append(str(error))
    return _check("listed", against, problems, f"ls -lAR {quote(str(pack.folder))}")


def _extra(pack: PackFolder) -> Iterator[str]:
    for name, kind in pack.kinds.items():
        if name in pack.sums or name == SUMS:
            continue
        if kind == "file":
            yield f"{shown(name)} is not in {SUMS}"
        elif kind != "folder":
            yield f"{shown(name)} is a {kind}; a pack holds plain files only"
        elif not any(other.startswith(f"{name}/") for other in pack.kinds):
            yield f"{shown(name)}/ is an empty folder"


def _anchored(
    pack: PackFolder, root: str | None, record: Mapping[str, Any] | None, history: History | None
) -> Check:
    against = f"root hash {(pack.root or 'unknown')[:12]} against the ledger"
    if root is None:
        problem = f"the ledger has no line for run {pack.run_id}: nothing vouches for it"
        return Check("anchored", False, against, (problem,), "peak runs recover")
    if pack.root != root:
        problem = f"the ledger has {root[:12]}: {SUMS} is not the one that was published"
        remedy = f"peak ledger query --run {pack.run_id}"
        return Check("anchored", False, against, (problem,), remedy)
    checkpoint = record.get("anchor") if record else None
    later = history(checkpoint) if history and checkpoint is not None else None
    return _check("anchored", against, [later] if later else [], "peak ledger verify --packs")


def _answers(pack: PackFolder, calls: CallLines) -> Iterator[Check]:
    """Whether the ledger has the answers of models; nothing where no model answered."""
    remedy = f"peak llm why {pack.run_id}"
    try:
        kept = answers_kept(pack.folder)
        problems = [*answer_problems(kept, pack.run_id, calls)] if kept else []
    except EvidenceError as error:
        yield Check("answers", False, "calls of models in the ledger", (str(error),), remedy)
        return
    if kept:
        against = f"{len(kept)} call{'s' if len(kept) > 1 else ''} of models against the ledger"
        hidden = sum(map(is_redacted, kept))
        against += f", {hidden} without the text, which was redacted" if hidden else ""
        yield _check("answers", against, problems, remedy)


def _check(name: str, against: str, problems: Iterable[str], remedy: str) -> Check:
    details = tuple(problems)
    return Check(name, not details, against, details, remedy if details else "")
