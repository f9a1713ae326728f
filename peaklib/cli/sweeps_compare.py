"""`peak sweeps compare`: what differs between sweeps, and their best trials side by side."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from peaklib.cli.show import console, emit_json, next_step
from peaklib.errors import EvidenceError

if TYPE_CHECKING:
    from peaklib.cli.compare_text import TextRow
    from peaklib.evidence import Registry
    from peaklib.evidence.trials.compare import Line
    from peaklib.sweep.compare_sweeps import Match, SweepComparison
    from peaklib.sweep.compare_trials import Pair, Side
    from peaklib.sweep.results import SweepResults


@click.command("compare")
@click.argument("sweeps", metavar="SWEEP SWEEP …", nargs=-1, required=True)
@click.option("--all", "show_all", is_flag=True, help="Also the keys that are equal.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison for a script.")
@click.option(
    "--html",
    "page",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write one HTML file with the equity curves.",
)
def command(sweeps: tuple[str, ...], show_all: bool, as_json: bool, page: Path | None) -> None:
    """Lay SWEEPs side by side: what was asked, on which ground, and what came out best.

    Each strategy is compared on each data set, and then the best of all strategies, under the
    first cost scenario that the sweeps share: best Sharpe with its 90 % interval, how much of
    its neighbourhood on the grid keeps 80 % of it, how far the grids agree on their top, and
    the difference of the best, bar by bar. Grids that look back further are measured later;
    what both measured is compared. Cells with other data, periods or costs are not compared,
    with the reason.

    \b
    Examples:
      peak sweeps compare sma-sp500 sma-wide
      peak sweeps compare 30190b 92ffd1 --html reports/compare.html

    Exit status: 0 compared, 1 some cells cannot be compared, a sweep is not there, or a pack
    was altered.
    """
    from peaklib.cli.project import find_project
    from peaklib.evidence import Registry
    from peaklib.sweep.compare_sweeps import compare_sweeps
    from peaklib.sweep.find import find_sweep, trusted_results

    find_project()
    if page is not None and not page.absolute().parent.is_dir():
        raise click.UsageError(f"--html {page}: there is no folder {page.parent}; make it first")
    registry = Registry()
    ids = [find_sweep(text, registry) for text in sweeps]
    if len(set(ids)) < max(2, len(ids)):
        raise EvidenceError(
            f"{', '.join(sweeps)}: that is {', '.join(ids)}; name two or more different sweeps"
        )
    found = compare_sweeps([trusted_results(id_, registry) for id_ in ids], registry.runs)
    said = f"peak sweeps compare {' '.join(registry.short_ids(ids)[id_] for id_ in ids)}"
    if as_json:
        emit_json(_answer(found, show_all))
    else:
        _print(found, show_all)
    if page is not None:
        _write_page(page, found, registry, said)
    if not as_json:
        _print_end(found, page, said)
    if found.refusals:
        raise _refusal(found)


def _refusal(found: "SweepComparison") -> EvidenceError:
    names = dict.fromkeys(one.name for one in found.refusals)
    return EvidenceError(
        f"not compared: {'; '.join(names)}; numbers of other data or days, or under other costs, "
        "cannot be held against each other"
    )


# ---- for scripts ---------------------------------------------------------------------------


def _answer(found: "SweepComparison", show_all: bool) -> dict[str, Any]:
    from peaklib.cli.run_filters import plain

    ids = [sweep.run_id for sweep in found.sweeps]
    answer: dict[str, Any] = {
        "sweeps": [
            {
                "label": label,
                "name": sweep.name,
                "run_id": sweep.run_id,
                "root": sweep.root,
                "cells": len(sweep.cells),
                "failed": len(sweep.failures),
                "n_trials": sweep.n_trials,
            }
            for label, sweep in zip(found.labels, found.sweeps, strict=True)
        ],
        "same": found.records.same,
        "differing": {line.name: _by_sweep(line, ids) for line in found.differing},
        "equal": len(found.equal),
        "matches": [_match_json(match, ids) for match in found.matches],
        "refused": bool(found.refusals),
        "refusals": [
            {"name": one.name, "sweeps": [ids[one.one], ids[one.other]], "reason": one.reason}
            for one in found.refusals
        ],
        "alone": [{"sweep": ids[number], "name": name} for number, name in found.alone],
    }
    if show_all:
        answer["equal_values"] = {line.name: line.values[0] for line in found.equal}
    plain_answer: dict[str, Any] = plain(answer)
    return plain_answer


def _by_sweep(line: "Line", ids: Sequence[str]) -> dict[str, Any]:
    from peaklib.evidence.trials.compare import ABSENT

    pairs = zip(ids, line.values, strict=True)
    return {id_: value for id_, value in pairs if value is not ABSENT}


def _match_json(match: "Match", ids: Sequence[str]) -> dict[str, Any]:
    return {
        "name": match.name,
        "conventions": dict(match.conventions),
        "hold_sharpe": match.hold_sharpe,
        "best": [_side_json(side, ids) for side in match.sides],
        "pairs": [_pair_json(pair, ids) for pair in match.pairs],
    }


def _side_json(side: "Side", ids: Sequence[str]) -> dict[str, Any]:
    from peaklib.cli.compare_text import interval_json

    best = side.best
    return {
        "sweep": ids[side.sweep],
        "trial": best.trial,
        "strategy": best.cell.trials.attrs["strategy"],
        "params": dict(best.params),
        "on_edge": list(best.on_edge),
        "n_trials": side.n_trials,
        "sharpe": side.sharpe,
        "recorded": {
            "sharpe": best.metrics["sharpe"],
            "start": best.cell.conventions["start"],
        },
        "interval": interval_json(side.interval),
        "plateau": side.plateau,
        "no_curve": side.curve.reason or None,
    }


def _pair_json(pair: "Pair", ids: Sequence[str]) -> dict[str, Any]:
    from dataclasses import asdict

    from peaklib.cli.compare_text import difference_json

    return {
        "sweeps": [ids[pair.one], ids[pair.other]],
        "overlap": None if pair.overlap is None else asdict(pair.overlap),
        "sharpe_difference": difference_json(pair.difference),
        "return_correlation": pair.correlation,
        "no_difference": pair.reason or None,
    }


# ---- for people ----------------------------------------------------------------------------


def _print(found: "SweepComparison", show_all: bool) -> None:
    from peaklib.cli.compare_text import same_text

    for label, sweep in zip(found.labels, found.sweeps, strict=True):
        failed = f"  {len(sweep.failures)} failed" if sweep.failures else ""
        console.print(f"{label}  {_size(sweep)}{failed}  run {sweep.run_id}")
    _print_config(found, show_all)
    console.print(same_text(found.records.same))
    for match in found.matches:
        _print_match(match, found.labels)
    for one in found.refusals:
        console.print(f"\n✕ {one.name} is not compared: {one.reason}")
    if found.alone:
        console.print()
    for number, name in found.alone:
        console.print(f"only in {found.labels[number]}  {name}")


def _print_config(found: "SweepComparison", show_all: bool) -> None:
    from peaklib.cli.compare_text import print_rows

    console.print()
    if found.differing:
        print_rows(found.labels, _rows(found.differing), whole_names=True)
    else:
        console.print("no key differs")
    if show_all:
        console.print("\nequal")
        print_rows(("",), _rows(found.equal, first_only=True), whole_names=True)
    else:
        console.print(f"differing keys only; --all for {len(found.equal)} equal")


def _rows(lines: Sequence["Line"], *, first_only: bool = False) -> list["TextRow"]:
    from peaklib.cli.compare_text import TextRow, value_text

    return [
        TextRow(line.name, tuple(map(value_text, line.values[: 1 if first_only else None])))
        for line in lines
    ]


def _print_match(match: "Match", labels: Sequence[str]) -> None:
    from peaklib.cli.compare_text import edge_text
    from peaklib.render import format_metric
    from peaklib.sweep.compare_page import chosen_on

    used = match.conventions
    console.print(f"\n{match.name}")
    console.print(
        f"{used['start']} to {used['end']}, {used['n_bars']:,} bars  "
        f"hold {format_metric('sharpe', match.hold_sharpe)}"
    )
    _print_best(match, labels)
    for side in match.sides:
        if text := chosen_on(side, match):
            console.print(f"! {labels[side.sweep]}: {text}")
        if side.curve.reason:
            console.print(f"! {labels[side.sweep]}: no curve, {side.curve.reason}")
        for name in side.best.on_edge:
            text = edge_text(name, side.best.params[name])
            console.print(f"! {labels[side.sweep]}: {text}")
    for pair in match.pairs:
        if len(match.pairs) > 1:
            console.print(f"a = {labels[pair.one]}  b = {labels[pair.other]}")
        for line in _pair_lines(pair):
            console.print(line)


def _print_best(match: "Match", labels: Sequence[str]) -> None:
    from rich.table import Table

    from peaklib.cli.compare_text import range_text
    from peaklib.render import format_metric

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("sweep", overflow="fold")
    table.add_column("best", overflow="fold")
    for name in ("sharpe", "90 %", "plateau", "trials"):
        table.add_column(name, justify="right", no_wrap=True)
    several = len({side.best.cell.trials.attrs["strategy"] for side in match.sides}) > 1
    for side in match.sides:
        best = side.best
        name = f"{best.cell.trials.attrs['strategy']} " if several else ""
        table.add_row(
            labels[side.sweep],
            f"{name}{best.text}",
            format_metric("sharpe", side.sharpe),
            "–" if side.interval is None else range_text(side.interval),
            format_metric("share", side.plateau),
            f"{side.n_trials:,}",
        )
    console.print(table)


def _pair_lines(pair: "Pair") -> Iterator[str]:
    from peaklib.cli.compare_text import difference_text
    from peaklib.render import format_metric

    if pair.difference is not None:
        yield difference_text(pair.difference, pair.correlation)
    else:
        yield f"! no interval of the difference: {pair.reason}"
    found = pair.overlap
    if found is not None:
        yield (
            f"top {found.top} of {found.common:,} shared points: {found.shared} in both, Jaccard "
            f"{found.jaccard:.2f} (by chance {found.by_chance:.2f})"
        )
        rho = format_metric("rho", found.rank_correlation)
        yield f"rank correlation of Sharpe {rho} over {found.common:,} shared points"


def _print_end(found: "SweepComparison", page: Path | None, said: str) -> None:
    from peaklib.sweep.compare_trials import KEEP
    from peaklib.sweep.curves import LEVEL, RESAMPLES, SEED

    if found.matches:
        console.print(f"\nplateau  neighbours on the grid that keep {100 * KEEP:g} % of the best")
        console.print(
            f"{100 * LEVEL:g} %     stationary bootstrap, {RESAMPLES:,} resamples, seed {SEED}"
        )
        console.print("! each best was chosen among its trials, in sample; no interval knows that")
    else:
        console.print("\nnothing that could be compared on the same ground")
    if page is None:
        next_step(f"{said} --html reports/compare.html")
    else:
        console.print(f"page  {page}", soft_wrap=True)
        next_step(f"open {page} in a browser")


def _write_page(page: Path, found: "SweepComparison", registry: "Registry", said: str) -> None:
    import pandas as pd

    from peaklib.cli.compare_text import same_text
    from peaklib.sweep.compare_page import write_sweep_comparison

    facts = [("compared", same_text(found.records.same))]
    for label, sweep in zip(found.labels, found.sweeps, strict=True):
        facts.append((label, f"{_size(sweep)}   run {sweep.run_id}   root {sweep.root}"))
    rows = [(row.name, *row.cells) for row in _rows(found.differing)]
    write_sweep_comparison(
        page,
        found,
        facts=facts,
        differing=pd.DataFrame(rows, columns=["", *found.labels]),
        command=said,
    )
    registry.record_page(page, [sweep.run_id for sweep in found.sweeps])


def _size(sweep: "SweepResults") -> str:
    cells = "1 cell" if len(sweep.cells) == 1 else f"{len(sweep.cells)} cells"
    return f"{cells}, {sweep.n_trials:,} trials"
