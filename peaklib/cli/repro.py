"""`peak repro`: run a pack again and say whether it comes out the same."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import click

from peaklib.cli.show import console, emit_json, next_step

if TYPE_CHECKING:
    from peaklib.evidence import Registry, Reproduction, SealedRun
    from peaklib.evidence.content.difference import Comparison

# Differences of one run that are worth a line.
_SHOWN: Final = 5


@click.command()
@click.argument("target", metavar="RUN|EXPORT")
@click.option("--anyway", is_flag=True, help="Go on when data or code are not what the pack pins.")
@click.option(
    "--rtol",
    type=click.FloatRange(0, 1),
    default=1e-9,
    show_default=True,
    help="Relative difference up to which numbers are equivalent.",
)
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Keep the new run's folder under this name."
)
@click.option("--json", "as_json", is_flag=True, help="Print the answer for a script.")
def command(target: str, anyway: bool, rtol: float, keep: Path | None, as_json: bool) -> None:
    """Run TARGET again and compare: identical, equivalent, or different.

    TARGET is a run of this project (its id, or a part of it that is unique) or an export
    (`peak evidence export`). The new run is made in a folder of its own: it is no trial,
    and it is not published here. What comes out is noted in the ledger.

    \b
    Examples:
      peak repro 20261121_0915
      peak repro sma-sp500.zip --anyway

    Exit status: 0 identical or equivalent, 1 different or not possible.
    """
    if keep is not None and keep.exists():
        raise click.UsageError(f"--keep {keep}: exists already; name a new folder")
    with TemporaryDirectory(prefix="peak-repro-") as scratch:
        run, roots, registry = _open(target, Path(scratch))
        place = Path(scratch) / "again"
        with console.status(f"running {run.run_id} again") if not as_json else _Silent():
            done = _reproduced(run, roots, place, keep, rtol=rtol, despite_drift=anyway)
        if keep is not None:
            shutil.copytree(done.repeated.run.folder, keep)
        if registry is not None:
            registry.ledger.append("repro", done.event())
        if as_json:
            emit_json(_answer(done))
        else:
            _print(done, target)
    if done.word == "different":
        raise SystemExit(1)


class _Silent:
    """Stands where a spinner would be, for output that a script reads."""

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...


def _reproduced(
    run: "SealedRun", roots: Mapping[str, str], place: Path, keep: Path | None, **options: Any
) -> "Reproduction":
    """Run it again; what a notebook left that failed this time is kept if asked for."""
    from peaklib.errors import NotebookError
    from peaklib.evidence import reproduce

    try:
        return reproduce(run, roots, place, **options)
    except NotebookError:
        if keep is not None:
            shutil.copytree(place, keep)
        raise


def _open(target: str, scratch: Path) -> tuple["SealedRun", Mapping[str, str], "Registry | None"]:
    """The pack, root hashes by the ledger, and the store that notes the outcome.

    The ledger of an export is elsewhere: it brings a proved line instead.
    """
    if target.lower().endswith(".zip"):
        from peaklib.evidence import unpack

        export = unpack(Path(target), scratch / "export")
        return export.run, export.roots, None
    from peaklib.cli.project import find_project
    from peaklib.evidence import Registry, open_run

    find_project()
    registry = Registry()
    run = open_run(registry.find(target).run_id)
    return run, registry.roots(), registry


def _answer(done: "Reproduction") -> dict[str, Any]:
    said = {name: value for name, value in done.event().items() if name != "peaklib_sha256"}
    runs = [{"run_id": run_id, **found.to_json()} for run_id, found in done.comparisons]
    return {**said, "runs": runs}


def _print(done: "Reproduction", target: str) -> None:
    record = done.run.record()
    console.print(f"{done.run.run_id}  {record['kind']}  {record['family'] or ''}".rstrip())
    for line in done.drift:
        console.print(f"! {line}", soft_wrap=True)
    console.print(f"  recorded   {done.run.content}", soft_wrap=True)
    console.print(f"  run again  {done.repeated.run.content}", soft_wrap=True)
    if done.repeated.parts:
        count = len(done.repeated.parts)
        same = sum(found.word == "identical" for _, found in done.comparisons[:count])
        console.print(f"  its runs   {same} of {count} identical")
    for run_id, found in done.comparisons:
        _print_differences(run_id, found)
    if done.word != "identical":
        _print_environment(done)
    console.print(_verdict(done), soft_wrap=True)
    next_step(_next(done, target))


def _print_differences(run_id: str, found: "Comparison") -> None:
    if found.word == "different":
        for difference in found.differences[:_SHOWN]:
            console.print(f"✕ {run_id}  {difference.where}", soft_wrap=True)
            console.print(f"    recorded   {difference.left}", soft_wrap=True)
            console.print(f"    run again  {difference.right}", soft_wrap=True)
        if found.beyond > _SHOWN:
            console.print(f"    and {found.beyond - _SHOWN:,} more")


def _print_environment(done: "Reproduction") -> None:
    from peaklib.evidence.rerun import environment_changes

    changes = environment_changes(done.run)
    for line in changes[:_SHOWN]:
        console.print(f"! environment: {line}", soft_wrap=True)
    if len(changes) > _SHOWN:
        console.print(f"! environment: {len(changes) - _SHOWN} more differences")


def _verdict(done: "Reproduction") -> str:
    despite = ", in spite of other data or code" if done.drift else ""
    largest = done.largest
    apart = ""
    if largest is not None:
        run_id, found = largest
        apart = f"  largest relative difference {found.relative:.2g}, {run_id} {found.where}"
    return f"{done.word.upper()}{apart or '  in metrics, tables and figures'}{despite}"


def _next(done: "Reproduction", target: str) -> str:
    if done.word == "different":
        return f"peak repro {target} --keep FOLDER, and look at both"
    return f"peak evidence verify {target}"
