"""`peak runs compare`: what differs between runs, and their numbers side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from peaklib.cli.show import console, emit_json, next_step
from peaklib.errors import EvidenceError

if TYPE_CHECKING:
    import pandas as pd

    from peaklib.cli.compare_text import TextRow
    from peaklib.evidence import SealedRun
    from peaklib.evidence.trials.compare import RunComparison
    from peaklib.sweep.curves import Curve

# Columns of a table: room for names, and between columns.
_NAME_WIDTH: Final = 18
_GAP: Final = 2

Named = tuple["SealedRun", dict[str, Any]]


@click.command("compare")
@click.argument("runs", metavar="RUN[:N] RUN[:N] …", nargs=-1, required=True)
@click.option("--all", "show_all", is_flag=True, help="Also what is equal.")
@click.option("--anyway", is_flag=True, help="Numbers of other data, days or costs as well.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison for a script.")
@click.option(
    "--html",
    "page",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write one HTML file with the equity curves.",
)
def command(
    runs: tuple[str, ...], show_all: bool, anyway: bool, as_json: bool, page: Path | None
) -> None:
    """Show what differs between RUNS, or between grid points (RUN:N) of them.

    What was asked comes first, then code and environment, and the metrics last. Numbers of
    other data or days, or under other costs, cannot be compared: metrics and curves are
    then refused, with the reason, unless --anyway is given.

    \b
    Examples:
      peak runs compare 102184 1bd55d
      peak runs compare 1bd55d:17 1bd55d:23 --html reports/compare.html

    Exit status: 0 compared, 1 the numbers cannot be compared, a run is not there, or
    its pack was altered.
    """
    from peaklib.cli.project import find_project
    from peaklib.evidence.trials.compare import compare_runs

    find_project()
    if page is not None and not page.absolute().parent.is_dir():
        raise click.UsageError(f"--html {page}: there is no folder {page.parent}; make it first")
    named = list(_named(runs))
    comparison = compare_runs([record for _, record in named])
    refused = bool(comparison.refusals) and not anyway
    if comparison.refusals and not refused and not as_json:
        console.print("\n".join(f"! {reason}" for reason in _reasons(comparison)))
    shown = replace(comparison, sections=comparison.sections[:-1]) if refused else comparison
    if as_json:
        emit_json(_answer(shown, refused, show_all))
    else:
        _print(shown, show_all)
    if refused:
        raise _refusal(comparison)
    missing = _write_page(page, comparison, named) if page is not None else []
    if not as_json:
        _print_end(comparison, page, missing)


def _named(texts: Sequence[str]) -> Iterator[Named]:
    """Each run with its record, or with that of the grid point."""
    from peaklib.evidence import open_run
    from peaklib.evidence.registry.registry import Registry
    from peaklib.evidence.trials.points import read_record
    from peaklib.evidence.trials.trusted import check_trusted

    registry = Registry()
    for text in texts:
        ref = registry.find(text)
        run = open_run(ref.run_id, runs=registry.runs)
        check_trusted(run, registry.row(ref.run_id).root)
        yield run, read_record(run, ref.point)


def _refusal(comparison: "RunComparison") -> EvidenceError:
    return EvidenceError(
        "metrics and curves are not compared, because they do not stand on the same ground:\n"
        + "".join(f"  {reason}\n" for reason in _reasons(comparison))
        + f"to see them all the same: {_command(comparison)}"
    )


def _reasons(comparison: "RunComparison") -> list[str]:
    labels = _labels(comparison)
    return [ground.refusal(labels) for ground in comparison.grounds if ground.same is False]


def _labels(comparison: "RunComparison") -> tuple[str, ...]:
    from peaklib.cli.compare_text import short_labels

    return short_labels(comparison.runs)


def _answer(comparison: "RunComparison", refused: bool, show_all: bool) -> dict[str, Any]:
    answer = {**comparison.to_json(), "refused": refused}
    if show_all:
        answer["equal_values"] = {
            section.name: {line.name: line.values[0] for line in section.equal}
            for section in comparison.sections
        }
    return answer


def _print(comparison: "RunComparison", show_all: bool) -> None:
    from peaklib.cli.compare_text import same_text, text_rows

    differing = text_rows(comparison)
    labels = _labels(comparison)
    if differing:
        _print_rows(labels, differing)
    else:
        console.print("nothing differs")
    if show_all:
        console.print("\nequal")
        _print_rows(("",), [_only_first(row) for row in text_rows(comparison, equal=True)])
    else:
        console.print(f"differing fields only; --all for {comparison.n_equal} equal")
    console.print(same_text(comparison))


def _only_first(row: "TextRow") -> "TextRow":
    return replace(row, cells=row.cells[:1], difference="")


def _print_rows(labels: Sequence[str], rows: Sequence["TextRow"]) -> None:
    """Print a table; of many runs one table below another, so that no number is cut."""
    # Parameters may fold, metrics never.
    widths = [
        max(len(label), *(len(row.cells[at]) for row in rows if row.is_metric), 0)
        for at, label in enumerate(labels)
    ]
    differences = max(len(row.difference) for row in rows) if rows else 0
    start = 0
    while start < len(labels):
        stop, room = start + 1, console.width - _NAME_WIDTH - differences - widths[start]
        while stop < len(labels) and room >= widths[stop] + _GAP:
            room -= widths[stop] + _GAP
            stop += 1
        _print_block(slice(start, stop), labels, widths, rows)
        start = stop


def _print_block(
    shown: slice, labels: Sequence[str], widths: Sequence[int], rows: Sequence["TextRow"]
) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, _GAP, 0, 0))
    table.add_column("", overflow="fold")
    for label, width in zip(labels[shown], widths[shown], strict=True):
        table.add_column(label, justify="right", overflow="fold", min_width=width)
    with_difference = any(row.difference for row in rows)
    if with_difference:
        table.add_column("a−b", justify="right", no_wrap=True)
    for row in rows:
        if any(row.cells[shown]) or len(labels) == 1:
            table.add_row(row.name, *row.cells[shown], *[row.difference] * with_difference)
    console.print(table)


def _write_page(page: Path, comparison: "RunComparison", named: Sequence[Named]) -> list[str]:
    """Write the page; returns one line for each run without a curve."""
    import pandas as pd

    from peaklib.cli.compare_text import same_text, text_rows
    from peaklib.evidence.registry.registry import Registry
    from peaklib.sweep.comparison import return_correlations, write_comparison
    from peaklib.sweep.curves import curve_of

    labels = _labels(comparison)
    curves = [curve_of(*one, label) for label, one in zip(labels, named, strict=True)]
    facts = [("compared", same_text(comparison))]
    registry = Registry(named[0][0].runs)
    for label, name, (run, _) in zip(labels, comparison.runs, named, strict=True):
        root = registry.root_of(run.run_id)
        facts.append((label, f"{name}   root {root or 'not in the ledger'}"))
    for (one, other), rho in return_correlations(curves).items():
        facts.append((f"return correlation {one}, {other}", f"{rho:.2f}"))
    rows = [(row.name, *row.cells) for row in text_rows(comparison)]
    write_comparison(
        page,
        title=f"{', '.join(labels)} compared",
        warnings=_reasons(comparison),
        facts=facts,
        differing=pd.DataFrame(rows, columns=["", *labels]),
        curves=curves,
        hold=_hold(named, curves),
        command=_command(comparison),
    )
    registry.record_page(page, list(dict.fromkeys(run.run_id for run, _ in named)))
    return [f"{curve.label}: no curve, {curve.reason}" for curve in curves if curve.reason]


def _hold(named: Sequence[Named], curves: Sequence["Curve"]) -> "pd.Series[float] | None":
    """The benchmark of the first grid point that has a curve."""
    from peaklib.sweep.curves import hold_of

    for (run, record), curve in zip(named, curves, strict=True):
        if curve.equity is not None and record.get("point"):
            return hold_of(run, record)
    return None


def _command(comparison: "RunComparison") -> str:
    anyway = " --anyway" if comparison.refusals else ""
    return f"peak runs compare {' '.join(_labels(comparison))}{anyway}"


def _print_end(comparison: "RunComparison", page: Path | None, missing: Sequence[str]) -> None:
    for line in missing:
        console.print(f"! {line}")
    if page is None:
        next_step(f"{_command(comparison)} --html reports/compare.html")
    else:
        console.print(f"page  {page}", soft_wrap=True)
        next_step(f"open {page} in a browser")
