"""What a sweep's file must mean, beyond the types of its keys.

The checks read the raw table, so that they speak up also where other keys are wrong:
one look at the file finds every mistake. A value of a wrong type is left to the model.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from peaklib.config import unknown
from peaklib.data import validate_source
from peaklib.errors import ConfigError, DataError, NotebookError, StrategyError
from peaklib.evidence import Axes, home
from peaklib.runner import declared_parameters
from peaklib.strategies import Strategy, get, installed
from peaklib.strategies.catalog import WRAPPERS
from peaklib.sweep.axes import split_grid

# Axes that the sweep itself understands and turns into parameters of the notebook.
FILTER = "filter"
_ROUTED = {FILTER: "strategy"}


def problems_of(table: Mapping[str, Any]) -> Iterator[str]:
    """All mistakes of meaning in a sweep's table, one line each."""
    yield from _benchmark(table)
    yield from _notebook(table)
    yield from _data_sets(table)
    yield from _scenarios(table)
    yield from _filters(table)
    yield from _strategies(table)
    yield from _grids(table)


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = table.get(key, {})
    return found if isinstance(found, Mapping) else {}


def _axis(table: Mapping[str, Any], name: str) -> list[Any]:
    """Values of a notebook parameter, from `[foreach]` or `[fixed]`."""
    fixed = _table(table, "fixed")
    found = _table(table, "foreach").get(name, [fixed[name]] if name in fixed else [])
    return found if isinstance(found, list) else []


def _key(table: Mapping[str, Any], name: str) -> str:
    return f"foreach.{name}" if name in _table(table, "foreach") else f"fixed.{name}"


def _benchmark(table: Mapping[str, Any]) -> Iterator[str]:
    name = table.get("benchmark")
    if isinstance(name, str):
        yield from _strategy_problem("benchmark", name)


def _notebook(table: Mapping[str, Any]) -> Iterator[str]:
    report = _table(table, "report").get("notebook")
    for key, path in (("notebook", table.get("notebook")), ("report.notebook", report)):
        if isinstance(path, str) and not (home() / path).is_file():
            there = sorted(
                p.relative_to(home()).as_posix() for p in home().glob("notebooks/*.ipynb")
            )
            yield f"{key} = {path!r}: {unknown('notebook', path, there)}"
    path = table.get("notebook")
    if isinstance(path, str) and (home() / path).is_file():
        yield from _notebook_parameters(table, path)


def _notebook_parameters(table: Mapping[str, Any], path: str) -> Iterator[str]:
    try:
        declared = set(declared_parameters(home() / path)) - {"run_dir"}
    except NotebookError as error:
        yield f"notebook = {path!r}: {error}"
        return
    for part in ("fixed", "foreach"):
        for name in _table(table, part):
            if _ROUTED.get(name, name) not in declared:
                allowed = declared | {n for n, to in _ROUTED.items() if to in declared}
                yield f"{part}.{name}: {unknown(f'parameter of {path}', name, allowed)}"
    for name in sorted(set(_table(table, "fixed")) & set(_table(table, "foreach"))):
        yield f"fixed.{name}: stands under [foreach] too; keep one of the two"


def _data_sets(table: Mapping[str, Any]) -> Iterator[str]:
    for name in _axis(table, "dataset"):
        if isinstance(name, str):
            try:
                validate_source(name)
            except DataError as error:
                yield f"{_key(table, 'dataset')} = {name!r}: {error}"


def _scenarios(table: Mapping[str, Any]) -> Iterator[str]:
    scenarios, used = _table(table, "costs"), _axis(table, "costs")
    for name in used:
        if not isinstance(name, str) or name not in scenarios:
            what = unknown("cost scenario", str(name), scenarios)
            yield f"{_key(table, 'costs')} = {name!r}: {what} (a [costs.<name>] table makes one)"
    for name in scenarios:
        if name not in used:
            yield f"costs.{name}: no cell uses it; name it under foreach.costs or remove it"


def _filters(table: Mapping[str, Any]) -> Iterator[str]:
    for name in _axis(table, FILTER):
        if name != "none" and name not in WRAPPERS:
            what = unknown("filter", str(name), ["none", *WRAPPERS])
            yield f"{_key(table, FILTER)} = {name!r}: {what}"


def _strategy_problem(key: str, name: str) -> Iterator[str]:
    try:
        get(name)
    except StrategyError:
        allowed = [*installed(), *(f"{wrapper}(…)" for wrapper in WRAPPERS)]
        yield f"{key} = {name!r}: {unknown('strategy', name, allowed)}"


def _strategies(table: Mapping[str, Any]) -> Iterator[str]:
    for name in _axis(table, "strategy"):
        if isinstance(name, str):
            yield from _strategy_problem(_key(table, "strategy"), name)


def _grids(table: Mapping[str, Any]) -> Iterator[str]:
    """Grids by strategy: each belongs to a strategy of the sweep, or to a filter."""
    names = [name for name in _axis(table, "strategy") if isinstance(name, str)]
    filters = [name for name in _axis(table, FILTER) if name in WRAPPERS]
    if not names:
        return
    for name, grid in _table(table, "grid").items():
        if name not in names and name not in filters:
            yield f"grid.{name}: {unknown('strategy of this sweep', name, [*names, *filters])}"
        elif isinstance(grid, Mapping):
            rule = get("buy_and_hold") if name in filters else _strategy(name)
            wrapped = WRAPPERS[name](rule) if rule and name in filters else rule
            yield from _grid_problems(f"grid.{name}", wrapped, grid)
        else:
            yield f"grid.{name} = {grid!r}: write a table, [grid.{name}]"


def _strategy(name: str) -> Strategy | None:
    try:
        return get(name)
    except StrategyError:
        return None


def _grid_problems(key: str, rule: Strategy | None, grid: Mapping[str, Any]) -> Iterator[str]:
    """Mistakes of one strategy's grid."""
    if rule is None:
        return
    for name, given in grid.items():
        if name == "where":
            continue
        if name not in rule.parameters:
            yield f"{key}.{name}: {unknown(f'parameter of {rule.name}', name, rule.parameters)}"
            continue
        try:
            values, _ = split_grid({name: given})
            for value in values[name]:
                rule.parameters[name].check(value, rule.name)
        except (ValueError, StrategyError) as error:
            yield f"{key}.{name}: {error}"
    known = {name: [0] for name in grid if name != "where"}
    try:
        Axes(known, grid.get("where"))
    except (ConfigError, AttributeError) as error:
        found = error.problems[0] if isinstance(error, ConfigError) else "is no text"
        yield f"{key}.where: {found}"
