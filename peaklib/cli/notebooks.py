"""`peak notebooks`: sync the pairs and execute the project's notebooks in place."""

from pathlib import Path

import click


@click.command()
@click.argument("notebooks", nargs=-1, type=click.Path(exists=True, path_type=Path))
def command(notebooks: tuple[Path, ...]) -> None:
    """Execute NOTEBOOKS (all of notebooks/ by default) with their default parameters.

    Each notebook and its py:percent script are first brought to the newer of the two;
    then the outputs in the notebook are replaced. nbval compares exactly these.
    """
    from peaklib.backtest.grid import process_cpus
    from peaklib.cli.project import find_project
    from peaklib.runner import execute_in_place, project_notebooks, sync_pairs

    root = find_project(notebooks[0] if notebooks else None)
    chosen = [path.resolve() for path in notebooks] or [*project_notebooks(root / "notebooks")]
    sync_pairs(chosen)
    for notebook in chosen:
        click.echo(f"… {notebook.name}", nl=False)
        execute_in_place(notebook, threads=process_cpus())
        click.echo(f"\r✓ {notebook.name}")
