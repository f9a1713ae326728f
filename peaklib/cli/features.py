"""`peak features`: what can be computed from bars, and the cache of what was."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import click

from peaklib.cli.show import console, emit_json

if TYPE_CHECKING:
    from rich.table import Table

    from peaklib.features import Feature, FeatureCache
    from peaklib.features.cache import CacheStats

_FITTED: Final = "depends on what is fitted"


@click.group()
def command() -> None:
    """Features, those of installed plugins included, and the cache of computed ones."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the features for a script.")
def list_(as_json: bool) -> None:
    """Names, versions and what each is."""
    from peaklib.features import installed

    found = installed()
    if as_json:
        emit_json([_summary(feature) for feature in found.values()])
        return
    width = max(map(len, found), default=0)
    for name, feature in found.items():
        line = f"{name:<{width}}  v{feature.version}  {feature.summary}"
        # One line each: cut on a terminal, whole in a pipe.
        if console.is_terminal:
            console.print(line, no_wrap=True, overflow="ellipsis")
        else:
            console.print(line, soft_wrap=True)


@command.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the feature for a script.")
def show(name: str, as_json: bool) -> None:
    """Parameters, inputs, columns, warm-up and source of one feature."""
    from peaklib.features import get

    feature = get(name)
    package = _package(feature)
    if as_json:
        emit_json({**_summary(feature), "package": package, **_details(feature)})
        return
    console.print(f"{feature.name}  v{feature.version}  {package}", soft_wrap=True)
    console.print(feature.summary)
    console.print()
    console.print(_facts(feature))
    if feature.parameters:
        console.print()
        console.print(_parameters(feature))


def _summary(feature: "Feature") -> dict[str, Any]:
    return {
        "name": feature.name,
        "version": feature.version,
        "summary": feature.summary,
        "learns": feature.learn is not None,
    }


def _package(feature: "Feature") -> str:
    """Distribution that announces a feature."""
    from peaklib import plugins

    pairs = plugins.load(plugins.FEATURES)
    return next((plugin.package for plugin, item in pairs if item == feature), "unknown package")


def _warm_up(feature: "Feature") -> int | None:
    """Rows with the default parameters; None where it depends on what is fitted."""
    return None if feature.learn else feature.warm_up_rows(feature.resolve())


def _details(feature: "Feature") -> dict[str, Any]:
    return {
        "inputs": list(feature.inputs),
        "columns": list(feature.columns(feature.name)),
        "warm_up": _warm_up(feature),
        "source": feature.source or None,
        "parameters": [
            {
                "name": p.name,
                "type": p.type.__name__,
                "default": p.default,
                "allowed": p.allowed,
                "unit": p.unit or None,
                "meaning": p.meaning,
            }
            for p in feature.parameters.values()
        ],
    }


def _facts(feature: "Feature") -> "Table":
    from rich.table import Table

    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in _named(feature):
        table.add_row(name, text)
    return table


def _named(feature: "Feature") -> Iterator[tuple[str, str]]:
    yield "reads", ", ".join(feature.inputs)
    yield "columns", ", ".join(feature.columns(feature.name))
    rows = _warm_up(feature)
    is_bare = rows is None or not feature.parameters
    with_defaults = "" if is_bare else ", with the default parameters"
    yield "warm-up", _FITTED if rows is None else f"{rows:,} rows{with_defaults}"
    yield "learns", "from the rows that it is fitted on" if feature.learn else "nothing"
    if feature.source:
        yield "source", feature.source


def _parameters(feature: "Feature") -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("parameter", "type", "default"):
        table.add_column(name, no_wrap=True)
    for name in ("allowed", "unit", "meaning"):
        table.add_column(name, overflow="fold")
    for p in feature.parameters.values():
        default = p.default if isinstance(p.default, str) else f"{p.default:g}"
        table.add_row(p.name, p.type.__name__, default, p.allowed, p.unit, p.meaning)
    return table


@command.group()
def cache() -> None:
    """Columns that were computed before, kept under runs/cache/features."""


@cache.command()
@click.option("--json", "as_json", is_flag=True, help="Print the numbers for a script.")
def stats(as_json: bool) -> None:
    """How many columns are kept, how much room they take, when they were used."""
    from peaklib.cli.run_filters import plain

    kept = _project_cache()
    found = kept.stats()
    if as_json:
        emit_json(plain({"folder": _shown(kept), **_numbers(found)}))
    elif not found.entries:
        console.print(f"{_shown(kept)} holds nothing yet", soft_wrap=True)
    else:
        console.print(
            f"{_shown(kept)}  {found.entries:,} {_entries(found.entries)}, {_size(found.bytes)} "
            f"of {_size(found.max_bytes)}",
            soft_wrap=True,
        )
        console.print(_by_feature(found))
        console.print(f"used  {_used(found)}", soft_wrap=True)


@cache.command()
@click.option("--feature", metavar="NAME", help="Only what is kept of this feature.")
def clear(feature: str | None) -> None:
    """Remove what is kept; it is computed again when it is needed."""
    kept = _project_cache()
    removed = kept.clear(feature)
    of = f" of {feature}" if feature else ""
    console.print(
        f"removed {removed:,} {_entries(removed)}{of} from {_shown(kept)}", soft_wrap=True
    )


def _project_cache() -> "FeatureCache":
    from peaklib.cli.project import find_project
    from peaklib.features.places import project_cache

    find_project()
    kept = project_cache()
    if kept is None:
        raise click.UsageError("a run is being repeated here, and computes without a cache")
    return kept


def _shown(kept: "FeatureCache") -> str:
    from peaklib.evidence import home

    inside = kept.folder.is_relative_to(home())
    return kept.folder.relative_to(home()).as_posix() if inside else str(kept.folder)


def _numbers(found: "CacheStats") -> dict[str, Any]:
    return {
        "entries": found.entries,
        "bytes": found.bytes,
        "max_bytes": found.max_bytes,
        "by_feature": {
            name: {"entries": each.entries, "bytes": each.bytes}
            for name, each in found.by_feature.items()
        },
        "oldest_use": found.oldest_use and found.oldest_use.isoformat(),
        "newest_use": found.newest_use and found.newest_use.isoformat(),
    }


def _by_feature(found: "CacheStats") -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("feature", overflow="fold")
    for name in ("entries", "size"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, each in found.by_feature.items():
        table.add_row(name, f"{each.entries:,}", _size(each.bytes))
    return table


def _used(found: "CacheStats") -> str:
    times = (found.oldest_use, found.newest_use)
    return " … ".join(f"{time:%Y-%m-%d %H:%M}" for time in times if time) + " UTC"


def _entries(count: int) -> str:
    return "entry" if count == 1 else "entries"


def _size(count: int) -> str:
    """Bytes in the unit that leaves few digits."""
    size = float(count)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:,.0f} {unit}" if unit == "B" else f"{size:,.1f} {unit}"
        size /= 1024
    return f"{size:,.1f} GiB"
