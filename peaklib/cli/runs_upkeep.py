"""`peak runs recover`, `rebuild` and `delete`: keeping the folder of runs in order."""

from dataclasses import asdict
from time import perf_counter
from typing import TYPE_CHECKING

import click

from peaklib.cli.show import console, emit_json, next_step

if TYPE_CHECKING:
    from peaklib.evidence import Registry
    from peaklib.evidence.recovery import Recovery

_REMOVABLE = ("open", "deleted", "temporary")


@click.command()
@click.option("--clean", is_flag=True, help="Remove what no process owns and nobody can use.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found for a script.")
def recover(clean: bool, as_json: bool) -> None:
    """List what crashes left, and mend it.

    A complete pack that the ledger does not know is verified and gets its line. Runs that
    were never sealed, halves of deletions and temporary files are only listed; --clean
    removes them. What a living process is at work on is left alone.

    Exit status: 0 nothing is left behind, 1 something still is.
    """
    from peaklib.evidence import recover as mend

    done = mend(_registry(), clean=clean)
    if as_json:
        emit_json(
            [
                {
                    **asdict(one.leftover),
                    "path": str(one.leftover.path),
                    "settled": one.is_settled,
                    "outcome": one.says,
                }
                for one in done
            ]
        )
    else:
        _say(done, clean)
    if not all(one.is_settled for one in done):
        raise SystemExit(1)


def _say(done: "list[Recovery]", clean: bool) -> None:
    for one in done:
        _print(one)
    removable = [o for o in done if not o.is_settled and o.leftover.kind in _REMOVABLE]
    if not done:
        console.print("✓ nothing was left behind")
    if removable and not clean:
        next_step("peak runs recover --clean")
    else:
        next_step("peak evidence verify --all")


def _print(one: "Recovery") -> None:
    sign = "✓" if one.is_settled else "!"
    console.print(f"{sign} {one.leftover.name}  {one.leftover.says}", soft_wrap=True)
    console.print(f"  {one.says}", soft_wrap=True)


@click.command()
def rebuild() -> None:
    """Build the index of runs anew from the ledger.

    The index is disposable: it follows the ledger by itself, and is built anew by itself
    when it is missing or damaged.
    """
    registry = _registry()
    if not registry.ledger.path.exists():
        raise click.UsageError(f"there is no ledger in {registry.runs}, so there are no runs")
    started = perf_counter()
    count = registry.index.rebuild()
    runs = "1 run" if count == 1 else f"{count:,} runs"
    console.print(f"index built anew  {runs}  {perf_counter() - started:.1f} s")
    next_step("peak runs list")


@click.command()
@click.argument("run")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is kept in the ledger.")
def delete(run: str, reason: str) -> None:
    """Delete RUN: the ledger keeps that it was there, and why it is gone.

    Its trials go on counting, and its root hash stays known. What other runs took from it
    is not touched.
    """
    from peaklib.evidence import Query

    registry = _registry()
    ref = registry.find(run)
    if ref.point is not None:
        raise click.UsageError(f"{run} is a grid point; only whole runs can be deleted")
    registry.delete(ref.run_id, reason)
    console.print(f"deleted  {ref.run_id}  {reason}", soft_wrap=True)
    parts = registry.ids(Query(parent=ref.run_id))
    if parts:
        many = len(parts) > 1
        left = f"{len(parts)} runs that belong" if many else "1 run that belongs"
        console.print(f"! {left} to it {'are' if many else 'is'} still there")
    next_step(f"peak runs list --parent {ref.run_id}" if parts else "peak runs list --deleted")


def _registry() -> "Registry":
    from peaklib.cli.project import find_project
    from peaklib.evidence import Registry

    find_project()
    return Registry()
