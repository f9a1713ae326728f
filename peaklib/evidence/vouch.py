"""What a page, an export or a whole store stands on, checked down to the last file."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote
from typing import Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.checks.answers import CallLines
from peaklib.evidence.checks.claims import read_object
from peaklib.evidence.checks.verify import Check, Report, report_of_none, verify_pack
from peaklib.evidence.export import Export, unpack
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
        closing: what is checked besides the packs, after them.
        notes: what is no fault and should be known.
        pack: folder of the run that was asked for, if it is one.
        archive: the export that it lies in, if it does.
    """

    checks: tuple[Check, ...] = ()
    reports: Iterator[Report] = field(default_factory=lambda: iter(()))
    closing: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()
    pack: Path | None = None
    archive: Path | None = None


def verify_runs(registry: Registry, run_ids: Sequence[str]) -> Inquiry:
    """Check runs of a store, the runs that they stand on, and the ledger that vouches for all."""
    folders = [registry.runs / run_id for run_id in _standing_on(registry.runs, run_ids)]
    return _packs(registry, folders, folders[0] if len(run_ids) == 1 else None)


def verify_folder(registry: Registry, folder: Path) -> Inquiry:
    """Check a pack that lies anywhere, and the runs of the store that it stands on."""
    others = list(_standing_on(registry.runs, _inputs(folder)))
    folders = [registry.runs / name for name in others if name != _name(folder)]
    return _packs(registry, [folder, *folders], folder)


def verify_all(registry: Registry) -> Inquiry:
    """Check every run of a store that was not deleted, and every folder that looks like one."""
    deleted = {event.data["run_id"] for event in registry.ledger.events("delete")}
    there = {path.name for path in registry.runs.glob(_RUN_PATTERN)}
    run_ids = sorted({*registry.roots(), *there} - (deleted - there))
    found = _packs(registry, [registry.runs / run_id for run_id in run_ids], None)
    if run_ids:
        return found
    why = f"{registry.runs} holds no run"
    return replace(found, checks=(Check("runs", False, "nothing to verify", (why,), "peak -h"),))


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
    run_ids = _standing_on(registry.runs, shown, parents=True)
    folders = [registry.runs / run_id for run_id in run_ids]
    return replace(_packs(registry, folders, folders[0]), checks=(matches, *tables))


def verify_export(archive: Path, scratch: Path) -> Inquiry:
    """Check an export by the ledger lines that it carries.

    Args:
        archive: what `export_run` wrote.
        scratch: folder to unpack it in, which must not exist.
    """
    fresh = f"sha256sum {quote(str(archive))}, and ask the sender for theirs, or a fresh export"
    try:
        opened = unpack(archive, scratch)
    except EvidenceError as error:
        return Inquiry((Check("export", False, archive.name, (str(error),), fresh),))
    runs = opened.run.runs
    stands_on = _standing_on(runs, [opened.run.run_id])
    run_ids = {*opened.roots, *stands_on, *(path.name for path in runs.glob(_RUN_PATTERN))}
    reports = (_of_export(opened, run_id, fresh) for run_id in sorted(run_ids))
    lines = f"{len(opened.roots)} ledger line{'s' if len(opened.roots) > 1 else ''}"
    against = f"{lines}, proved by its checkpoint of {opened.checkpoint.size}"
    notes = tuple(
        f"{name!r} did not travel, the run cannot be repeated here without it"
        for name in opened.left_out
    )
    check = Check("export", True, against)
    return Inquiry((check,), reports, (), notes, opened.run.folder, archive)


def _of_export(opened: Export, run_id: str, fresh: str) -> Report:
    """The report on a run of an export; what to do is never in the folder it was unpacked to."""
    runs = opened.run.runs
    if not (runs / run_id).is_dir():
        return report_of_none(runs / run_id, "the run is not in the export", fresh)
    report = verify_pack(
        runs / run_id,
        root=opened.roots.get(run_id),
        data=runs / DATA,
        left_out=opened.left_out,
    )
    checks = (replace(check, remedy=check.remedy and fresh) for check in report.checks)
    return replace(report, checks=tuple(checks))


def _packs(registry: Registry, folders: Sequence[Path], asked: Path | None) -> Inquiry:
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
    calls = CallLines(registry.ledger)
    reports = (
        _explained(
            verify_pack(
                folder,
                root=roots.get(name),
                history=history,
                data=registry.runs / DATA,
                calls=calls,
            ),
            reasons,
        )
        for folder, name in zip(folders, names, strict=True)
    )
    return Inquiry((), reports, (ledger,), pack=asked)


def _explained(report: Report, reasons: Mapping[str, str]) -> Report:
    """Of a run whose folder is gone, whether it was deleted, and for what reason."""
    if report.folder.exists() or report.run_id not in reasons:
        return report
    remedy = f"peak ledger query --run {report.run_id}"
    return report_of_none(report.folder, f"deleted: {reasons[report.run_id]}", remedy)


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


def _inputs(folder: Path) -> list[str]:
    """The runs that a record names as input; it may be damaged, which its own check will say."""
    inputs = _record(folder).get("inputs")
    entries = [e for e in (inputs if isinstance(inputs, list) else []) if isinstance(e, dict)]
    return [str(entry.get("name")) for entry in entries if entry.get("role") == RUN_ROLE]


def _standing_on(runs: Path, shown: Sequence[str], *, parents: bool = False) -> Iterator[str]:
    """Runs, and every run that they or these name as input (or as parent), each once."""
    waiting, seen = [*shown], {*shown}
    while waiting:
        current = waiting.pop(0)
        yield current
        parent = _record(runs / current).get("parent") if parents else None
        for other in (parent, *_inputs(runs / current)):
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
