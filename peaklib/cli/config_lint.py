"""`peak config-lint`: every file under configs/ against the model that claims it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import click

from peaklib import plugins
from peaklib.config import ConfigCheck, ConfigKind, Finding
from peaklib.errors import ConfigError, PluginError

_MARKS: Final = {"error": "✕", "warning": "!"}


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--profile",
    type=click.Choice(["dev", "prod"]),
    default="dev",
    show_default=True,
    help="In prod only verified models that are still served may be named.",
)
def command(paths: tuple[Path, ...], profile: str) -> None:
    """Check configuration files below PATHS (configs/ of the project by default).

    All mistakes of all files are listed. A file that no room or plugin claims is a
    mistake too. Below the files stands what only shows when they are held together:
    errors (✕) such as a model without a price, and warnings (!) such as a model that is
    about to end. PATHS other than configs/ itself show the findings about their files.

    Exit status: 0 all good (there may be warnings), 1 errors between files, 2 mistakes in a file.
    """
    from peaklib.cli.project import find_project

    at_work = find_project(paths[0] / "any" if paths else None)
    project = _project_of(paths) or at_work
    root = project / "configs"
    kinds, checks = claims()
    files = sorted({file for path in paths or (root,) for file in _files(path)})
    if not files:
        raise click.UsageError(f"no file below {', '.join(map(str, paths or (root,)))}")
    mistakes = 0
    for file in files:
        problems = problems_of(file, kinds)
        mistakes += len(problems)
        click.echo(f"{'✕' if problems else '✓'} {_shown(file, project)}")
        for problem in problems:
            click.echo(f"    {problem}")
    found = findings(project, checks, profile, datetime.now(UTC).date())
    if not any(root.is_relative_to(path.resolve()) for path in paths or (root,)):
        names = {_shown(file, project).as_posix() for file in files}
        found = [finding for finding in found if finding.file in names]
    errors = _print(found)
    click.echo(_summary(len(files), mistakes, found))
    if mistakes or errors:
        raise SystemExit(2 if mistakes else 1)


def claims() -> tuple[list[ConfigKind], list[ConfigCheck]]:
    """Kinds of files, and checks over several of them, of installed rooms and plugins.

    Raises:
        PluginError: an entry point holds something else.
    """
    kinds, checks = list[ConfigKind](), list[ConfigCheck]()
    for plugin, item in plugins.load(plugins.CONFIG_MODELS):
        if isinstance(item, ConfigKind):
            kinds.append(item)
        elif isinstance(item, ConfigCheck):
            checks.append(item)
        else:
            raise PluginError(
                f"{plugin.package}: {plugin.target} is no ConfigKind and no ConfigCheck"
            )
    return kinds, checks


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


def findings(
    project: Path, checks: Sequence[ConfigCheck], profile: str, today: date
) -> list[Finding]:
    """What the checks find, errors first.

    Args:
        project: its root.
        checks: of all rooms.
        profile: `dev` or `prod`.
        today: the day that the checks go by.
    """
    found = {finding for check in checks for finding in check.check(project, profile, today)}
    return sorted(found, key=lambda f: (f.severity, f.file, f.key, f.text))


def _project_of(paths: Sequence[Path]) -> Path | None:
    """The project whose configs/ the first path is or lies in, whichever is at work."""
    for path in paths[:1]:
        for place in (path.resolve(), *path.resolve().parents):
            if place.name == "configs":
                return place.parent
    return None


def _print(found: Sequence[Finding]) -> int:
    for finding in found:
        place = f"{finding.file} {finding.key}".rstrip()
        click.echo(f"{_MARKS[finding.severity]} {place}\n    {finding.text}")
    return sum(finding.severity == "error" for finding in found)


def _summary(files: int, mistakes: int, found: Sequence[Finding]) -> str:
    parts = [_count(files, "file"), _count(mistakes, "mistake")]
    for severity in _MARKS:
        number = sum(finding.severity == severity for finding in found)
        if number:
            parts.append(_count(number, severity))
    return ", ".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [found for found in path.rglob("*") if found.is_file()]


def _shown(file: Path, project: Path) -> Path:
    full = file.resolve()
    return full.relative_to(project) if full.is_relative_to(project) else file
