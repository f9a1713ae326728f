"""`peak evidence`: check what runs have left, with the ledger as the witness."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import click

from peaklib.cli.evidence_export import command as export
from peaklib.cli.show import console, emit_json, next_step
from peaklib.errors import EvidenceError

if TYPE_CHECKING:
    from peaklib.evidence import Registry
    from peaklib.evidence.checks.verify import Check, Report
    from peaklib.evidence.checks.vouch import Inquiry

# Lines of one check, and of one run among many, that are worth the screen.
_DETAILS: Final = 20
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

    A run must be complete, unchanged, list its files truly, and be anchored in the ledger.
    A TARGET is a run (its id, or a part of it that is unique), the folder of a pack, an
    export, or a page under reports/ with all the runs that it stands on.

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
    from peaklib.evidence.checks.vouch import Inquiry

    for number, target in enumerate(targets or [None]):
        try:
            yield _ask(target, scratch / str(number))
        except EvidenceError as error:
            check = Check("target", False, target or "all runs", (str(error),), "peak runs list")
            yield Inquiry((check,))


def _ask(target: str | None, scratch: Path) -> "Inquiry":
    from peaklib.evidence.checks import vouch

    if target is None:
        return vouch.verify_all(_registry())
    path = Path(target)
    if path.is_dir():
        return vouch.verify_folder(_registry(path), path)
    if path.is_file() and path.suffix.lower() == ".zip":
        return vouch.verify_export(path, scratch)
    if path.is_file():
        return vouch.verify_page(_registry(path), path)
    registry = _registry()
    return vouch.verify_runs(registry, [registry.find(target).run_id])


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
    for inquiry in asked:
        reports += inquiry.reports
        checks += [*inquiry.checks, *inquiry.closing]
    ok = all(check.ok for check in checks) and all(report.ok for report in reports)
    emit_json(
        {
            "verified": ok,
            "checks": [check.to_json() for check in checks],
            "runs": [report.to_json() for report in reports],
        }
    )
    return ok


def _as_text(asked: Iterable["Inquiry"]) -> bool:
    """Print what is found while it is found, then the verdict and the next command."""
    verdict = _Verdict()
    subject = None
    for inquiry in asked:
        subject = inquiry.subject
        for check in inquiry.checks:
            verdict.check(check)
        for report in inquiry.reports:
            if inquiry.count == 1 and not inquiry.checks:
                console.print(report.run_id)
                for check in report.checks:
                    verdict.check(check)
            else:
                verdict.report(report)
        for check in inquiry.closing:
            verdict.check(check)
    remedies = [check.remedy for check in verdict.failed if check.remedy]
    if verdict.failed:
        console.print(f"NOT VERIFIED  {verdict.bad} of {verdict.count} failed", style="red")
        next_step(remedies[-1] if remedies else "peak ledger verify --packs")
    else:
        console.print(f"VERIFIED  {verdict.count} of {verdict.count}", style="green")
        next_step(f"peak repro {subject}" if subject else "peak ledger checkpoint --to FILE")
    return not verdict.failed


class _Verdict:
    """Prints answers and counts them: a check on its own, or a run among many, is one."""

    def __init__(self) -> None:
        self.count = 0
        self.bad = 0
        self.failed: list[Check] = []

    def check(self, check: "Check") -> None:
        """One line, and what is wrong below it."""
        self._line(check.ok, f"{check.name:<10} {check.against}")
        if not check.ok:
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
        self.bad += not ok
        console.print(f"{_SIGNS[ok]} {text}", style=None if ok else "red", soft_wrap=True)

    def _details(self, check: "Check") -> None:
        self.failed.append(check)
        for line in check.details[:_DETAILS]:
            console.print(f"    {line}", soft_wrap=True)
        if len(check.details) > _DETAILS:
            console.print(f"    and {len(check.details) - _DETAILS} more")


command.add_command(export, "export")
