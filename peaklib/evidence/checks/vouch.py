"""What a page, an export or a whole store stands on, checked down to the last file."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote
from typing import Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.checks.claims import read_object
from peaklib.evidence.checks.verify import Check, Report, verify_pack
from peaklib.evidence.export import unpack
from peaklib.evidence.files import sha256_of
from peaklib.evidence.ledger.history import LedgerHistory
from peaklib.evidence.pack import RECORD
from peaklib.evidence.registry.query import Query
from peaklib.evidence.registry.registry import Registry
from peaklib.evidence.run import DATA, RUN_ROLE

_RUN_PATTERN: Final = "[0-9]*"


@dataclass(frozen=True)
class Inquiry:
    """The answers about what was asked for.

    Args:
        checks: what is checked besides the packs, before them.
        reports: one for each pack, made while they are read.
        count: number of packs.
        closing: what is checked besides the packs, after them.
        subject: the run or archive to run again next, if it is one.
    """

    checks: tuple[Check, ...] = ()
    reports: Iterator[Report] = field(default_factory=lambda: iter(()))
    count: int = 0
    closing: tuple[Check, ...] = ()
    subject: str | None = None


def verify_runs(registry: Registry, run_ids: Sequence[str]) -> Inquiry:
    """Check runs of a store, and the ledger that vouches for them."""
    folders = [registry.runs / run_id for run_id in run_ids]
    return _packs(registry, folders, run_ids[0] if len(run_ids) == 1 else None)


def verify_folder(registry: Registry, folder: Path) -> Inquiry:
    """Check a pack that lies anywhere against the ledger of a store."""
    return _packs(registry, [folder], _name(folder))


def verify_all(registry: Registry) -> Inquiry:
    """Check every run of a store that was not deleted, and every folder that looks like one."""
    deleted = {event.data["run_id"] for event in registry.ledger.events("delete")}
    there = {path.name for path in registry.runs.glob(_RUN_PATTERN)}
    run_ids = sorted({*registry.roots(), *there} - (deleted - there))
    return _packs(registry, [registry.runs / run_id for run_id in run_ids], None)


def verify_page(registry: Registry, page: Path) -> Inquiry:
    """Check a page by the digest that the ledger has of it, and the runs that it stands on.

    Tables that were written with the page are checked where they still lie beside it.

    Raises:
        EvidenceError: the page cannot be read.
    """
    try:
        digest = sha256_of(page)
    except OSError as error:
        raise EvidenceError(f"{page} cannot be read: {error.strerror}") from None
    events = [*registry.ledger.events("page")]
    found = next((event for event in reversed(events) if event.data["sha256"] == digest), None)
    if found is None:
        known = any(event.data["page"] == page.name for event in events)
        why = f"a page {page.name} has one, with another SHA-256: it was changed" if known else ""
        problem = "the ledger has no line for a page with this SHA-256"
        lines = (problem, why) if why else (problem,)
        remedy = "peak ledger query --event page"
        return Inquiry((Check("report", False, f"sha256 {digest[:12]}", lines, remedy),))
    matches = Check(
        "report", True, f"sha256 {digest[:12]} is in line {found.seq + 1} of the ledger"
    )
    shown: list[str] = found.data.get("runs") or [found.data["run_id"]]
    tables = _tables(page.parent, found.data)
    runs = verify_runs(registry, [*_standing_on(registry.runs, shown)])
    return replace(runs, checks=(matches, *tables), subject=shown[0])


def verify_export(archive: Path, scratch: Path) -> Inquiry:
    """Check an export by the ledger lines that it carries.

    Args:
        archive: what `export_run` wrote.
        scratch: folder to unpack it in, which must not exist.
    """
    try:
        opened = unpack(archive, scratch)
    except EvidenceError as error:
        remedy = f"sha256sum {quote(str(archive))}, and compare with the sender's"
        return Inquiry((Check("export", False, archive.name, (str(error),), remedy),))
    roots, runs = opened.roots, opened.run.runs
    run_ids = sorted({*roots, *(path.name for path in runs.glob(_RUN_PATTERN))})
    data = None if opened.left_out else runs / DATA
    reports = (verify_pack(runs / name, root=roots.get(name), data=data) for name in run_ids)
    lines = f"{len(roots)} ledger line{'s' if len(roots) > 1 else ''}"
    against = f"{lines}, proved by its checkpoint of {opened.checkpoint.size}"
    check = Check("export", True, against)
    return Inquiry((check,), reports, len(run_ids), (), str(archive))


def _packs(registry: Registry, folders: Sequence[Path], subject: str | None) -> Inquiry:
    # The youngest run was sealed beside nearly the whole ledger: it knows of later changes too.
    youngest = [registry.runs / row.run_id for row in registry.select(Query(limit=1))]
    history = LedgerHistory(registry.ledger, filter(None, map(_anchor, [*folders, *youngest])))
    report = history.report
    against = f"{report.size} lines: their chain, and the checkpoints in the packs"
    remedy = "peak ledger verify --packs" if report.problems else ""
    ledger = Check("ledger", not report.problems, against, report.problems, remedy)
    # One run is found quickly from the end of the ledger; for many, one pass is quicker.
    names = [_name(folder) for folder in folders]
    roots = registry.roots() if len(names) > 1 else {n: registry.root_of(n) for n in names}
    reasons = {e.data["run_id"]: e.data["reason"] for e in registry.ledger.events("delete")}
    reports = (
        _explained(
            verify_pack(folder, root=roots.get(name), history=history, data=registry.runs / DATA),
            reasons,
        )
        for folder, name in zip(folders, names, strict=True)
    )
    return Inquiry((), reports, len(folders), (ledger,), subject)


def _explained(report: Report, reasons: Mapping[str, str]) -> Report:
    """Of a run whose folder is gone, whether it was deleted, and for what reason."""
    if report.folder.exists() or report.run_id not in reasons:
        return report
    why = f"the run was deleted: {reasons[report.run_id]}"
    remedy = f"peak ledger query --run {report.run_id}"
    gone = replace(report.checks[0], details=(why,), remedy=remedy)
    return replace(report, checks=(gone, *report.checks[1:]))


def _name(folder: Path) -> str:
    return os.path.basename(os.path.abspath(folder))


def _anchor(folder: Path) -> Any:
    return _record(folder).get("anchor")


def _record(folder: Path) -> Mapping[str, Any]:
    """The record of a pack; nothing if it is damaged, which its own check will say."""
    try:
        return read_object(folder / RECORD)
    except EvidenceError:
        return {}


def _standing_on(runs: Path, shown: Sequence[str]) -> Iterator[str]:
    """Runs, their parents, and every run that they or these name as input, each once."""
    waiting, seen = [*shown], {*shown}
    while waiting:
        current = waiting.pop(0)
        yield current
        record = _record(runs / current)
        others = [e.get("name") for e in record.get("inputs", ()) if e.get("role") == RUN_ROLE]
        for other in (record.get("parent"), *others):
            if isinstance(other, str) and other not in seen and Path(other).name == other:
                seen.add(other)
                waiting.append(other)


def _tables(folder: Path, page: Mapping[str, Any]) -> Iterator[Check]:
    there = [table for table in page["tables"] if (folder / table["name"]).is_file()]
    changed = [t["name"] for t in there if sha256_of(folder / t["name"]) != t["sha256"]]
    if there:
        details = tuple(f"{name} is not what was written with the page" for name in changed)
        remedy = f"peak runs show {page['run_id']}" if changed else ""
        yield Check("tables", not changed, f"{len(there)} files beside the page", details, remedy)
