"""`peak runs show`: the record of one run, or of one grid point, in a readable form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

import click

from peaklib.cli.run_filters import plain
from peaklib.cli.show import console, emit_json, next_step
from peaklib.errors import EvidenceError

if TYPE_CHECKING:
    from peaklib.evidence import Ref, Registry, Row

_SIGNS: Final = {"completed": "✓", "failed": "✕", "interrupted": "–"}
_NAME_WIDTH: Final = 11
_NARROWEST: Final = 20
_GAP: Final = 3
Lines = Iterator[tuple[str, str]]


@click.command("show")
@click.argument("run", metavar="RUN[:N]")
@click.option("--json", "as_json", is_flag=True, help="Print the record for a script.")
def command(run: str, as_json: bool) -> None:
    """Show RUN: what was done, when, with what, and what came out; or its grid point N.

    \b
    Examples:
      peak runs show 5527bb
      peak runs show 5527bb:17
    """
    from peaklib.cli.project import find_project
    from peaklib.evidence import Registry

    find_project()
    registry = Registry()
    ref = registry.find(run)
    row = registry.row(ref.run_id)
    record = _record(registry, ref)
    altered = _altered(registry, row) if record else None
    if as_json:
        emit_json({"registry": plain(asdict(row)), "record": record, "altered": altered})
        return
    sign = _SIGNS.get(row.status, "?")
    console.print(f"{sign} {ref}  {row.kind}  {row.status}", soft_wrap=True)
    if altered:
        console.print(f"✕ {altered}", style="red", soft_wrap=True)
    for name, text in _lines(row, record):
        _print_line(name, text)
    _print_metrics(record["metrics"] if record else row.metrics)
    if record is None:
        next_step("peak runs recover" if row.deleted is None else "peak runs list")
    else:
        short = registry.short_ids([ref.run_id])[ref.run_id]
        next_step(f"peak evidence verify {short}")


def _record(registry: "Registry", ref: "Ref") -> dict[str, Any] | None:
    """The record from the pack; None if there is no pack, then the ledger has to do."""
    from peaklib.evidence import open_run
    from peaklib.evidence.trials.points import read_record

    if not (registry.runs / ref.run_id).is_dir():
        if ref.point is not None:
            raise EvidenceError(f"the pack of run {ref.run_id} is gone, and its points with it")
        return None
    return read_record(open_run(ref.run_id, runs=registry.runs), ref.point)


def _altered(registry: "Registry", row: "Row") -> str | None:
    """What says that the pack is not the one that was published, if anything does."""
    from peaklib.evidence import open_run
    from peaklib.evidence.trials.trusted import check_trusted

    try:
        check_trusted(open_run(row.run_id, runs=registry.runs), row.root)
    except EvidenceError as error:
        return str(error)
    return None


def _lines(row: "Row", record: Mapping[str, Any] | None) -> Lines:
    """What is said of a run, as (name, text); names may be empty for further lines."""
    if row.error:
        yield "error", row.error
    if row.deleted is not None:
        yield "deleted", row.deleted
    elif record is None:
        yield "pack", "gone; this is what the ledger knows"
    yield "when", _period(row)
    yield "family", row.family or "–"
    if row.parent:
        yield "parent", row.parent
    if record is None:
        for name, digest in row.datasets:
            yield "input", f"{name} {digest[:12]}"
    else:
        yield from _of_record(record)
    if row.n_trials:
        yield "trials", f"{row.n_trials:,}"
    yield "root", row.root


def _of_record(record: Mapping[str, Any]) -> Lines:
    point = record.get("point")
    if point:
        yield "strategy", f"{point['strategy']} v{point['version']}"
        yield "point", _listed(point["params"])
    yield from _first_named("config", [_listed(record["config"])])
    yield "seed", str(record["seed"])
    yield from _first_named("inputs", [_input(used) for used in record["inputs"]])
    code = record["code"]
    state = (
        f"{code['commit'][:12]}{' + changes' if code['dirty'] else ''}, " if code["commit"] else ""
    )
    yield "code", f"{state}peaklib {code['peaklib_sha256'][:12]}"
    machine = record["environment"]
    yield "machine", f"Python {machine['python']}, {machine['platform']}"
    if not point:
        yield from _first_named("grids", [_grid(grid) for grid in record["trials"]])
        yield from _first_named("notes", record["notes"])
        sizes = [file["bytes"] for file in record["files"]]
        yield "files", f"{len(sizes)}, {sum(sizes) / 1024:,.0f} KiB"
        yield "content", record["content"]["digest"]


def _period(row: "Row") -> str:
    from datetime import datetime

    start, end = datetime.fromisoformat(row.start), datetime.fromisoformat(row.end)
    return f"{start:%Y-%m-%d %H:%M:%S} UTC, {(end - start).total_seconds():.1f} s"


def _input(used: Mapping[str, Any]) -> str:
    kept = "  kept under runs/data" if used["kept"] else ""
    return f"{used['role']} {used['name']} {used['digest'][:12]}{kept}"


def _grid(grid: Mapping[str, Any]) -> str:
    axes = " × ".join(
        f"{name} {_values(grid['grid']['axes'][name])}" for name in grid["grid"]["order"]
    )
    where = f" where {grid['grid']['where']}" if grid["grid"]["where"] else ""
    fixed = f", {_listed(grid['fixed'])}" if grid["fixed"] else ""
    data = grid["conventions"]
    terms = _listed(data["terms"])
    return (
        f"{grid['strategy']} v{grid['version']}: {axes}{where}{fixed}; {grid['count']:,} points on "
        f"{data['data']} {data['start']} to {data['end']}, {terms}"
    )


def _values(values: Sequence[Any]) -> str:
    from peaklib.cli.compare_text import value_text

    return value_text(list(values))


def _listed(values: Mapping[str, Any]) -> str:
    """Nested values as `name value`; the last part of a dotted name, where that is clear."""
    from peaklib.cli.compare_text import value_text

    flat = {name: value_text(value) for name, value in _flat(values)}
    meanings: dict[str, set[str]] = {}
    for name, text in flat.items():
        meanings.setdefault(name.rpartition(".")[2], set()).add(text)
    said = {}
    for name, text in flat.items():
        last = name.rpartition(".")[2]
        said[last if len(meanings[last]) == 1 else name] = text
    return ", ".join(f"{name} {text}" for name, text in said.items())


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _first_named(name: str, texts: Sequence[str]) -> Lines:
    for number, text in enumerate(texts):
        yield ("" if number else name), text


def _print_line(name: str, text: str) -> None:
    """A name and its text, which goes on below itself."""
    lines = wrap(text, max(console.width - _NAME_WIDTH, _NARROWEST)) or [""]
    for number, line in enumerate(lines):
        console.print(f"{'' if number else name:<{_NAME_WIDTH}}{line}", soft_wrap=True)


def _print_metrics(metrics: Mapping[str, Any]) -> None:
    from peaklib.render import format_metric

    texts = {name: format_metric(name, _number(value)) for name, value in metrics.items()}
    wide, high = max(map(len, texts), default=0), max(map(len, texts.values()), default=0)
    cells = [f"{name:<{wide}} {text:>{high}}" for name, text in texts.items()]
    across = max(1, (console.width - _NAME_WIDTH + _GAP) // (wide + high + 1 + _GAP))
    rows = -(-len(cells) // across)
    for number in range(rows):
        line = (" " * _GAP).join(cells[number::rows])
        console.print(f"{'' if number else 'metrics':<{_NAME_WIDTH}}{line}", soft_wrap=True)


def _number(value: Any) -> Any:
    return float(value.replace("Infinity", "inf")) if isinstance(value, str) else value
