"""`peak notebooks`: sync the pairs, execute the project's notebooks in place, record them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import click

# What a notebook declares that leaves evidence and can look at any data set.
_RECORDED: Final = {"run_dir", "dataset"}


@click.command()
@click.argument("notebooks", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--record",
    metavar="DATASETS",
    default="",
    help="Then keep a run of each notebook that has `run_dir` and `dataset`, for each of these "
    "data sets, as in sp500,nasdaq.",
)
def command(notebooks: tuple[Path, ...], record: str) -> None:
    """Execute NOTEBOOKS (all of notebooks/ by default) with their default parameters.

    Each notebook and its py:percent script are first brought to the newer of the two;
    then the outputs in the notebook are replaced. nbval compares exactly these.

    Exit status: 0 done, 1 one failed, 130 interrupted.
    """
    from peaklib.backtest.grid import process_cpus
    from peaklib.cli.project import find_project
    from peaklib.data import validate_source
    from peaklib.runner import execute_in_place, project_notebooks, sync_pairs

    root = find_project(notebooks[0] if notebooks else None)
    chosen = [path.resolve() for path in notebooks] or [*project_notebooks(root / "notebooks")]
    sources = _sources(record)
    for source in sources:
        validate_source(source)
    sync_pairs(chosen)
    for notebook in chosen:
        click.echo(f"… {notebook.name}", nl=False)
        execute_in_place(notebook, threads=process_cpus())
        click.echo(f"\r✓ {notebook.name}")
    if sources:
        _record(chosen, sources)


def _sources(text: str) -> list[str]:
    """Data sets of a list with commas; options of a synthetic one hold commas themselves."""
    found: list[str] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        if found and "=" in part:
            found[-1] += f",{part}"
        else:
            found.append(part)
    return found


def _record(notebooks: Iterable[Path], sources: Sequence[str]) -> None:
    """One run for each notebook and data set; all are tried."""
    from peaklib.runner import declared_parameters

    recorded = [path for path in notebooks if set(declared_parameters(path)) >= _RECORDED]
    tried = [(path, source, _run(path, source)) for path in recorded for source in sources]
    failed = [f"{path.name} on {source}" for path, source, done in tried if not done]
    if failed:
        click.echo(f"failed: {', '.join(failed)}", err=True)
        raise SystemExit(1)


def _run(notebook: Path, source: str) -> bool:
    """Keep a run and say which; whether it was completed."""
    from peaklib.backtest.grid import process_cpus
    from peaklib.errors import PeakError
    from peaklib.sweep import make_job, run_alone

    label = f"{notebook.name} on {source}"
    click.echo(f"… {label}", nl=False)
    try:
        job = make_job(notebook, [f"dataset={source}"], threads=process_cpus())
        outcome = run_alone(job)
    except PeakError as error:
        click.echo(f"\r✕ {label}  {error}")
        return False
    click.echo(f"\r{'✕' if outcome.error else '✓'} {label}  {outcome.run_id}")
    if outcome.error:
        click.echo(f"    {outcome.error}")
    return outcome.error is None
