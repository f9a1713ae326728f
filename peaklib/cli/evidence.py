"""`peak evidence`: check what runs have left, with the ledger as the witness."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import click

from peaklib.cli.evidence_export import command as export
from peaklib.cli.show import console, emit_json, next_step
from peaklib.errors import EvidenceError, PluginError

if TYPE_CHECKING:
    from peaklib.evidence import Registry
    from peaklib.evidence.checks.verify import Check, Report
    from peaklib.evidence.vouch import Inquiry

# Lines of one check, and of one run among many, that are worth the screen.
_DETAILS: Final = 20
_FOLLOWING: Final = "peak ledger checkpoint --to FILE"
_SIGNS: Final = {True: "✓", False: "✕", None: "·"}


@click.group()
def command() -> None:
    """Check the evidence of runs, pages and exports."""


@command.command()
@click.argument("targets", metavar="TARGET...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every run of the project.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer for a script.")
def verify(targets: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Check runs, pages and exports against the ledger.

    A run must be complete, unchanged, list its files truly, and be anchored in the ledger,
    and so must the runs that it stands on. A TARGET is a run (its id, or a part of it that
    is unique), the folder of a pack, an export, or a page under reports/.

    \b
    Examples:
      peak evidence verify 20261121_0915
      peak evidence verify reports/quick.html
      peak evidence verify --all

    Exit status: 0 all is well, 1 something is not.
    """
    if everything == bool(targets):
        raise click.UsageError("name what to verify, or say --all")
    with TemporaryDirectory(prefix="peak-verify-") as scratch:
        asked = _inquiries(targets, Path(scratch))
        ok = _as_json(asked) if as_json else _as_text(asked)
    if not ok:
        raise SystemExit(1)


def _inquiries(targets: Sequence[str], scratch: Path) -> Iterator["Inquiry"]:
    """Begin to check what the targets stand for; no targets mean all runs."""
    from peaklib.evidence.checks.verify import Check
    from peaklib.evidence.vouch import Inquiry

    for number, target in enumerate(targets or [None]):
        try:
            yield _ask(target, scratch / str(number))
        except EvidenceError as error:
            check = Check("target", False, target or "all runs", (str(error),), "peak runs list")
            yield Inquiry((check,))


def _ask(target: str | None, scratch: Path) -> "Inquiry":
    from peaklib.evidence import vouch

    if target is None:
        return vouch.verify_all(_registry())
    path = Path(target)
    if path.is_dir():
        return vouch.verify_folder(_registry(path), path)
    if path.is_file() and path.suffix.lower() == ".zip":
        return vouch.verify_export(path, scratch)
    if path.is_file():
        return vouch.verify_page(_registry(path), path)
    if path.suffix or len(path.parts) > 1:
        return _no_such_file(path)
    registry = _registry()
    return vouch.verify_runs(registry, [registry.find(target).run_id])


def _no_such_file(path: Path) -> "Inquiry":
    from peaklib.evidence.checks.verify import Check
    from peaklib.evidence.vouch import Inquiry

    why = f"there is no file or folder {path}; a run is named by its id"
    return Inquiry((Check("target", False, str(path), (why,), f"ls -l {quote(str(path.parent))}"),))


def _registry(near: Path | None = None) -> "Registry":
    """The store that a pack lies in, or that of the project."""
    from peaklib.cli.project import find_project
    from peaklib.evidence import Registry

    if near is not None and (near.absolute().parent / "ledger.jsonl").is_file():
        return Registry(near.absolute().parent)
    find_project(near)
    return Registry()


def _as_json(asked: Iterable["Inquiry"]) -> bool:
    checks: list[Check] = []
    reports: list[Report] = []
    notes: list[str] = []
    for inquiry in asked:
        notes += inquiry.notes
        reports += inquiry.reports
        checks += [*inquiry.checks, *inquiry.closing]
    ok = all(check.ok for check in checks) and all(report.ok for report in reports)
    emit_json(
        {
            "verified": ok,
            "checks": [check.to_json() for check in checks],
            "runs": [report.to_json() for report in reports],
            "notes": notes,
        }
    )
    return ok


def _as_text(asked: Iterable["Inquiry"]) -> bool:
    """Print what is found while it is found, then the verdict and the next command."""
    verdict = _Verdict()
    following = _FOLLOWING
    for inquiry in asked:
        _print(inquiry, verdict)
        if not verdict.failed:
            following = _next(inquiry)
    remedies = [check.remedy for check in verdict.failed if check.remedy]
    if verdict.failed:
        console.print(f"NOT VERIFIED  {verdict.bad} of {verdict.count} failed", style="red")
        next_step(remedies[-1] if remedies else "peak ledger verify --packs")
    else:
        console.print(f"VERIFIED  {verdict.count} of {verdict.count}", style="green")
        next_step(following)
    return not verdict.failed


def _print(inquiry: "Inquiry", verdict: "_Verdict") -> None:
    """A run that was asked for check by check, each of many others in a line."""
    for check in inquiry.checks:
        verdict.check(check)
    for report in inquiry.reports:
        if report.folder == inquiry.pack and not inquiry.checks:
            console.print(report.run_id)
            for check in report.checks:
                verdict.check(check)
        else:
            verdict.report(report)
    for check in inquiry.closing:
        verdict.check(check)
    for note in inquiry.notes:
        console.print(f"{_SIGNS[None]} {'data':<10} {note}", soft_wrap=True)


def _next(inquiry: "Inquiry") -> str:
    """What to do with a run that is well: run it again if that can be, else look at it."""
    if inquiry.pack is None:
        return _FOLLOWING
    archive = quote(str(inquiry.archive)) if inquiry.archive else None
    if inquiry.notes:
        return "ask the sender for an export --with-data"
    if _is_repeatable(inquiry.pack):
        return f"peak repro {archive or inquiry.pack.name}"
    return f"unzip {archive} -d FOLDER" if archive else f"peak runs show {inquiry.pack.name}"


def _is_repeatable(pack: Path) -> bool:
    from peaklib.evidence import open_pack
    from peaklib.evidence.rerun import rerunner_of

    record = open_pack(pack).record()
    try:
        rerunner_of(record["kind"])
    except (EvidenceError, PluginError):
        return False
    return bool(record["status"] == "completed")


class _Verdict:
    """Prints answers and counts them: a check on its own, or a run among many, is one."""

    def __init__(self) -> None:
        self.count = 0
        self.bad = 0
        self.failed: list[Check] = []

    def check(self, check: "Check") -> None:
        """One line, and what is wrong below it."""
        self._line(check.ok, f"{check.name:<10} {check.against}")
        if check.ok is False:
            self._details(check)

    def report(self, report: "Report") -> None:
        """One line for a run, and the checks that it does not pass below it."""
        names = ", ".join(check.name for check in report.failed)
        root = f"root {report.root[:12]}" if report.root else "no root"
        self._line(report.ok, f"{report.run_id}  {f'not {names}' if names else root}")
        for check in report.failed:
            self._details(check)

    def _line(self, ok: bool | None, text: str) -> None:
        self.count += 1
        self.bad += ok is False
        style = "red" if ok is False else None
        console.print(f"{_SIGNS[ok]} {text}", style=style, soft_wrap=True)

    def _details(self, check: "Check") -> None:
        self.failed.append(check)
        for line in check.details[:_DETAILS]:
            console.print(f"    {line}", soft_wrap=True)
        if len(check.details) > _DETAILS:
            console.print(f"    and {len(check.details) - _DETAILS} more")


command.add_command(export, "export")
