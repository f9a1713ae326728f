"""`peak config-lint`: every file under configs/ against the model that claims it."""

from pathlib import Path

import click

from peaklib import plugins
from peaklib.config import ConfigKind
from peaklib.errors import ConfigError, PluginError


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
def command(paths: tuple[Path, ...]) -> None:
    """Check configuration files below PATHS (configs/ of the project by default).

    All mistakes of all files are listed. A file that no room or plugin claims is a
    mistake too. Exit status: 0 all good, 2 mistakes found.
    """
    from peaklib.cli.project import find_project

    root = find_project(paths[0] / "any" if paths else None) / "configs"
    kinds = claims()
    files = sorted({file for path in paths or (root,) for file in _files(path)})
    if not files:
        raise click.UsageError(f"no file below {', '.join(map(str, paths or (root,)))}")
    mistakes = 0
    for file in files:
        problems = problems_of(file, kinds)
        mistakes += len(problems)
        click.echo(f"{'✕' if problems else '✓'} {_shown(file, root.parent)}")
        for problem in problems:
            click.echo(f"    {problem}")
    click.echo(f"{_count(len(files), 'file')}, {_count(mistakes, 'mistake')}")
    if mistakes:
        raise SystemExit(2)


def claims() -> list[ConfigKind]:
    """The kinds of files that installed rooms and plugins claim.

    Raises:
        PluginError: an entry point holds something else.
    """
    kinds = []
    for plugin, item in plugins.load(plugins.CONFIG_MODELS):
        if not isinstance(item, ConfigKind):
            raise PluginError(f"{plugin.package}: {plugin.target} is no ConfigKind")
        kinds.append(item)
    return kinds


def problems_of(file: Path, kinds: list[ConfigKind]) -> tuple[str, ...]:
    """Mistakes of one file."""
    kind = next((kind for kind in kinds if file.match(kind.pattern)), None)
    if kind is None:
        known = ", ".join(kind.pattern for kind in kinds)
        return (f"nobody claims this file; under configs/ there may be: {known}",)
    try:
        kind.check(file)
    except ConfigError as error:
        return error.problems
    return ()


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [found for found in path.rglob("*") if found.is_file()]


def _shown(file: Path, project: Path) -> Path:
    full = file.resolve()
    return full.relative_to(project) if full.is_relative_to(project) else file
