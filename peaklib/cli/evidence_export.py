"""`peak evidence export`: one file to hand on."""

from pathlib import Path

import click

from peaklib.cli.show import console, emit_json, next_step


@click.command()
@click.argument("run", metavar="RUN")
@click.option(
    "--to", "target", type=click.Path(path_type=Path), help="The archive.  [default: RUN.zip]"
)
@click.option("--with-data", is_flag=True, help="Take along data without a licence on record too.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer for a script.")
def command(run: str, target: Path | None, with_data: bool, as_json: bool) -> None:
    """Write RUN, the runs it stands on, and their data into one zip archive.

    Whoever gets it can verify it and run it again, with no other file of this project.
    Data that ship with a dependency stay out; data of your own go in if a licence is on
    record, or if you say --with-data and so that you may pass them on.

    \b
    Examples:
      peak evidence export 20261121_0915
      peak evidence export 3f3c50 --to sma.zip --with-data
    """
    from peaklib.cli.project import find_project
    from peaklib.evidence import Registry, export_run

    find_project()
    registry = Registry()
    run_id = registry.find(run).run_id
    done = export_run(registry, run_id, target or Path(f"{run_id}.zip"), with_data=with_data)
    if as_json:
        emit_json(
            {
                "archive": str(done.path),
                "bytes": done.path.stat().st_size,
                "runs": list(done.runs),
                "data": list(done.data),
                "left_out": list(done.left_out),
            }
        )
        return
    console.print(
        f"{done.path}  {_counted(len(done.runs), 'run')}, "
        f"{_counted(len(done.data), 'copy', 'copies')} of data, "
        f"{done.path.stat().st_size / 1e3:,.0f} kB",
        soft_wrap=True,
    )
    for name in done.left_out:
        console.print(
            f"! data set {name!r} stays out: no licence is on record; --with-data takes it along",
            soft_wrap=True,
        )
    next_step(f"peak evidence verify {done.path}")


def _counted(count: int, one: str, several: str = "") -> str:
    return f"{count} {one if count == 1 else several or f'{one}s'}"
