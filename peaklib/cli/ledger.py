"""`peak ledger`: is the history whole, what does it say, what is it now."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from peaklib.cli.project import find_project
from peaklib.cli.show import console, emit_json, next_step
from peaklib.cli.since import first_moment
from peaklib.errors import EvidenceError

if TYPE_CHECKING:
    from peaklib.evidence.ledger.check import LedgerReport
    from peaklib.evidence.ledger.checkpoint import Checkpoint
    from peaklib.evidence.ledger.ledger import Ledger
    from peaklib.evidence.ledger.line import Event

_AS_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
# What a row says of an event besides the run.
_TELLING: Final = ("kind", "status", "reason", "verdict", "page", "kept", "id")


@click.group()
def command() -> None:
    """The ledger of the project: every run, deletion and page, each line chained to the last."""


@command.command()
@click.option(
    "--checkpoint",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that was kept elsewhere; may be given several times.",
)
@click.option("--packs", is_flag=True, help="Hold it to the anchors of all published packs too.")
@_AS_JSON
def verify(files: tuple[Path, ...], packs: bool, as_json: bool) -> None:
    """Read every line; hold it to the chain and to checkpoints.

    Exit status: 0 all is well, 1 something is wrong.
    """
    ledger = _ledger()
    kept, problems = [_read(file) for file in files], list[str]()
    if packs:
        anchors, problems = _anchors(ledger.path.parent)
        kept += anchors
    report = ledger.verify(kept)
    problems = [*report.problems, *problems]
    if as_json:
        emit_json(
            {
                **report.checkpoint.to_json(),
                "checkpoints": len(kept),
                "ledger": str(ledger.path),
                "ok": not problems,
                "problems": problems,
            }
        )
    else:
        _show(ledger.path, report, len(kept), problems)
    if problems:
        raise SystemExit(1)


def _show(path: Path, report: "LedgerReport", kept: int, problems: list[str]) -> None:
    for problem in problems:
        console.print(f"✕ {problem}", soft_wrap=True)
    if not problems:
        console.print(f"✓ chain        {report.size} lines, each follows from the one before it")
        if kept:
            console.print(f"✓ checkpoints  {kept} given, the ledger agrees with all of them")
        else:
            console.print(
                "! checkpoints  none given: a cut tail or an edited last line is not seen"
            )
    root = report.checkpoint.to_json()["root"]
    for name, value in (
        ("ledger", path),
        ("origin", report.checkpoint.origin),
        ("size", report.size),
        ("root", root),
    ):
        console.print(f"{name:<8}{value}", soft_wrap=True)
    if problems:
        console.print(f"NOT VERIFIED  {len(problems)} wrong · exit 1")
        next_step("peak ledger tail")
    elif kept:
        next_step("peak ledger checkpoint --to FILE")
    else:
        next_step("peak ledger verify --packs")


@command.command()
@click.option("-n", "count", type=click.IntRange(1), default=10, show_default=True)
@_AS_JSON
def tail(count: int, as_json: bool) -> None:
    """The last events."""
    _list(_ledger().tail(count), as_json, "peak ledger verify --packs")


@command.command()
@click.option("--event", help="Only events of this name, such as publish or delete.")
@click.option("--run", help="Only events of this run.")
@click.option("--since", help="Only events since this date or time (ISO 8601; UTC).")
@_AS_JSON
def query(event: str | None, run: str | None, since: str | None, as_json: bool) -> None:
    """Events that match."""
    first = first_moment(since)
    run = _full_id(run) if run else None
    found = (
        item
        for item in _ledger().events(*([event] if event else []))
        if (run is None or item.data.get("run_id") == run)
        and (first is None or datetime.fromisoformat(item.time) >= first)
    )
    _list(found, as_json, f"peak runs show {run}" if run else "peak ledger tail")


def _full_id(run: str) -> str:
    """The id that a short one stands for; one that the index does not know stays as it is."""
    from peaklib.errors import EvidenceError
    from peaklib.evidence import Registry

    try:
        return Registry().find(run).run_id
    except EvidenceError:
        return run


@command.command()
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A new file for it; keep it where nobody who writes runs can change it.",
)
def checkpoint(target: Path | None) -> None:
    """What the ledger is now: origin, number of lines, Merkle root (C2SP tlog-checkpoint)."""
    made = _ledger().checkpoint()
    if target is None:
        # In a pipe the checkpoint alone, so that a file made of it is one.
        click.echo(made.text(), nl=False)
        if console.is_terminal:
            next_step("peak ledger checkpoint --to FILE")
        return
    try:
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(made.text())
    except FileExistsError:
        raise EvidenceError(
            f"{target} exists, and an old checkpoint is evidence; name another file"
        ) from None
    except OSError as error:
        raise EvidenceError(f"{target} cannot be written: {error.strerror}") from error
    console.print(f"✓ {target}  {made.size} lines", soft_wrap=True)
    next_step(f"peak ledger verify --checkpoint {target}")


def _ledger() -> "Ledger":
    from peaklib.evidence import runs_folder
    from peaklib.evidence.ledger.ledger import Ledger

    find_project()
    return Ledger(runs_folder() / "ledger.jsonl")


def _read(file: Path) -> "Checkpoint":
    from peaklib.evidence.ledger.checkpoint import Checkpoint

    try:
        return Checkpoint.parse(file.read_bytes().decode())
    except (EvidenceError, UnicodeDecodeError) as error:
        raise EvidenceError(f"{file}: {error}") from None


def _anchors(runs: Path) -> tuple[list["Checkpoint"], list[str]]:
    """Anchors of the published packs, and what is wrong with those that cannot be read."""
    from peaklib.evidence.ledger.checkpoint import Checkpoint

    anchors, problems = list[Checkpoint](), list[str]()
    for record in sorted(runs.glob("[!.]*/run.json")):
        try:
            content = json.loads(record.read_bytes())
            anchor = content.get("anchor") if isinstance(content, dict) else None
            if anchor is not None:
                anchors.append(Checkpoint.from_json(anchor))
        except (OSError, ValueError, EvidenceError) as error:
            problems.append(f"run {record.parent.name}: its anchor cannot be read: {error}")
    return anchors, problems


def _list(events: Iterable["Event"], as_json: bool, then: str) -> None:
    if as_json:
        emit_json([asdict(event) for event in events])
        return
    none = True
    for event in events:
        none = False
        console.print(
            "  ".join(_cells(event)).rstrip(),
            no_wrap=True,
            overflow="ellipsis",
            soft_wrap=not console.is_terminal,
        )
    if none:
        console.print("no events")
    next_step(then)


def _cells(event: "Event") -> Iterator[str]:
    data: dict[str, Any] = dict(event.data)
    yield f"{event.seq:>6}"
    yield event.time[:19].replace("T", " ")
    yield f"{event.event:<8}"
    if "run_id" in data:
        yield str(data["run_id"])
    yield " ".join(str(data[key]) for key in _TELLING if data.get(key))
