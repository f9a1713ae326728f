"""What a sweep's file must mean, beyond the types of its keys.

The checks read the raw table, so that they speak up also where other keys are wrong:
one look at the file finds every mistake, and each of them once. A table of a wrong type
is left to the model.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from typing import Any, Final

from peaklib.backtest import Terms
from peaklib.config import unknown
from peaklib.data import load, validate_source
from peaklib.data.holdout import holdout_date
from peaklib.errors import ConfigError, DataError, NotebookError, StrategyError
from peaklib.evidence import Axes, Condition, home
from peaklib.runner import declared_parameters
from peaklib.strategies import Strategy, get, installed, wrappers
from peaklib.sweep.axes import check_period, split_grid

ROLES: Final = ("strategy", "primary", "benchmark")
"""Parameters of notebooks that name a strategy: checked, and pinned by its code."""
# An axis that the sweep itself understands and turns into a parameter of the notebook.
FILTER: Final = "filter"
_ROUTED: Final = {FILTER: "strategy"}
# With fewer bars on a side of a border nothing is selected and nothing is judged there.
_FEWEST: Final = 20


def problems_of(table: Mapping[str, Any]) -> Iterator[str]:
    """All mistakes of meaning in a sweep's table, one line each."""
    yield from _benchmark(table)
    yield from _notebooks(table)
    yield from _axes(table)
    yield from _values(table)
    yield from _scenarios(table)
    yield from _grids(table)
    yield from _borders(table)


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
        for problem in _strategy_problem(name):
            yield f"benchmark = {name!r}: {problem}"


def _notebooks(table: Mapping[str, Any]) -> Iterator[str]:
    report = _table(table, "report").get("notebook")
    for key, path in (("notebook", table.get("notebook")), ("report.notebook", report)):
        if isinstance(path, str) and not (home() / path).is_file():
            there = (p.relative_to(home()).as_posix() for p in home().glob("notebooks/*.ipynb"))
            yield f"{key} = {path!r}: {unknown('notebook', path, there)}"
    path = table.get("notebook")
    if isinstance(path, str):
        # Where the notebook's name is wrong, the likely one says which parameters there are.
        known = [p.relative_to(home()).as_posix() for p in home().glob("notebooks/*.ipynb")]
        for likely in get_close_matches(path, known, n=1):
            yield from _notebook_parameters(table, likely)


def _notebook_parameters(table: Mapping[str, Any], path: str) -> Iterator[str]:
    try:
        declared = set(declared_parameters(home() / path)) - {"run_dir"}
    except NotebookError as error:
        yield f"notebook = {path!r}: {error}"
        return
    allowed = declared | {name for name, target in _ROUTED.items() if target in declared}
    for part in ("fixed", "foreach"):
        for name in _table(table, part):
            if name not in allowed:
                yield f"{part}.{name}: {unknown(f'parameter of {path}', name, allowed)}"


def _axes(table: Mapping[str, Any]) -> Iterator[str]:
    fixed, foreach = _table(table, "fixed"), _table(table, "foreach")
    for name in sorted(set(fixed) & set(foreach)):
        yield f"fixed.{name}: stands under [foreach] too; keep one of the two"
    for name, values in foreach.items():
        if isinstance(values, list) and any(v in values[:k] for k, v in enumerate(values)):
            yield f"foreach.{name} = {values}: names a value twice; give each value once"


def _values(table: Mapping[str, Any]) -> Iterator[str]:
    """Values of the parameters that the sweep knows the meaning of."""
    checks = {
        "dataset": _data_problem,
        **dict.fromkeys(ROLES, _strategy_problem),
        FILTER: _filter_problem,
        "fill": lambda value: _term_problem("fill", value),
        "lag": lambda value: _term_problem("lag", value),
        "period": _period_problem,
    }
    for name, check in checks.items():
        for value in _axis(table, name):
            for problem in check(value):
                yield f"{_key(table, name)} = {value!r}: {problem}"


def _data_problem(value: object) -> Iterator[str]:
    if not isinstance(value, str):
        yield "is no name of a data set; write it in quotes"
        return
    try:
        validate_source(value)
    except DataError as error:
        yield str(error)


def _strategy_problem(value: object) -> Iterator[str]:
    if not isinstance(value, str):
        yield "is no name of a strategy; write it in quotes"
        return
    try:
        get(value)
    except StrategyError:
        yield unknown("strategy", value, [*installed(), *(f"{name}(…)" for name in wrappers())])


def _filter_problem(value: object) -> Iterator[str]:
    if value != "none" and value not in wrappers():
        yield unknown("filter", str(value), ["none", *wrappers()])


def _term_problem(name: str, value: object) -> Iterator[str]:
    terms: dict[str, Any] = {name: value}
    try:
        Terms(**terms)
    except DataError as error:
        yield str(error).partition("; ")[2]


def _period_problem(value: object) -> Iterator[str]:
    try:
        check_period(value)
    except ValueError as error:
        yield str(error)


def _scenarios(table: Mapping[str, Any]) -> Iterator[str]:
    # A table of costs by itself needs no name; the notebook's terms check its numbers.
    used = [name for name in _axis(table, "costs") if not isinstance(name, Mapping)]
    scenarios = _table(table, "costs")
    strange = [name for name in used if name not in scenarios]
    for name in strange:
        what = unknown("cost scenario", str(name), scenarios)
        yield f"{_key(table, 'costs')} = {name!r}: {what} (a [costs.<name>] table makes one)"
    # Where the axis itself is wrong, nobody can say what is used.
    if used and not strange:
        for name in scenarios:
            if name not in used:
                yield f"costs.{name}: no cell uses it; name it under foreach.costs or remove it"


def _grids(table: Mapping[str, Any]) -> Iterator[str]:
    """Grids by strategy: each belongs to a strategy of the sweep, or to a filter."""
    if not any("strategy" in _table(table, part) for part in ("fixed", "foreach")):
        yield from _plain_grid_problems(_table(table, "grid"))
        return
    names = [name for name in _axis(table, "strategy") if isinstance(name, str)]
    used = [*names, *(name for name in _axis(table, FILTER) if name in wrappers())]
    # Where an axis is wrong, nobody can say which grids are used.
    known = bool(names) and all(_rule(name) for name in names)
    for name, grid in _table(table, "grid").items():
        rule = _rule(name)
        if name not in used and known:
            yield f"grid.{name}: {unknown('strategy of this sweep', name, used)}"
        elif not isinstance(grid, Mapping):
            yield f"grid.{name} = {grid!r}: write a table, [grid.{name}]"
        elif rule is not None:
            yield from _grid_problems(f"grid.{name}", rule, grid)


def _rule(name: str) -> Strategy | None:
    """The strategy or filter of that name, with its parameters; None if there is none."""
    try:
        around = wrappers()
        return around[name].wrap(get("buy_and_hold")) if name in around else get(name)
    except StrategyError:
        return None


def _grid_problems(key: str, rule: Strategy, grid: Mapping[str, Any]) -> Iterator[str]:
    """Mistakes of one strategy's grid."""
    found = False
    for name, given in grid.items():
        for problem in _axis_problems(rule, name, given):
            found = True
            yield f"{key}.{name} {problem}"
    yield from _condition_problems(key, rule, grid, axes_are_right=not found)


def _axis_problems(rule: Strategy, name: str, given: object) -> Iterator[str]:
    if name == "where":
        return
    if name not in rule.parameters:
        yield f"= {given!r}: {unknown(f'parameter of {rule.name}', name, rule.parameters)}"
        return
    try:
        axes, _ = split_grid({name: given})
        for value in Axes(axes).values[name]:
            rule.check(name, value)
    except (ValueError, StrategyError) as error:
        yield f"= {given!r}: {error}"
    except ConfigError as error:
        yield f"= {given!r}: {error.problems[0]}"


def _plain_grid_problems(grid: Mapping[str, Any]) -> Iterator[str]:
    """Mistakes of a grid that a notebook evaluates itself."""
    try:
        Axes(*split_grid(dict(grid)))
    except ValueError as error:
        yield f"grid.{error}"
    except ConfigError as error:
        for problem in error.problems:
            yield f"grid: {problem}"


def _condition_problems(
    key: str, rule: Strategy, grid: Mapping[str, Any], *, axes_are_right: bool
) -> Iterator[str]:
    """Mistakes of a condition; whether anything meets it is known only of right axes."""
    where = grid.get("where")
    if where is None:
        return
    if not isinstance(where, str):
        yield f"{key}.where = {where!r}: write a condition in quotes, as in 'fast < slow'"
        return
    swept = tuple(name for name in grid if name in rule.parameters)
    try:
        Condition(where, swept)
        if axes_are_right and not len(Axes(*split_grid(dict(grid)))):
            yield f"{key}.where = {where!r}: no combination meets it, nothing is left"
    except ConfigError as error:
        for problem in error.problems:
            yield f"{key}.where = {problem}"


def _borders(table: Mapping[str, Any]) -> Iterator[str]:
    """Where out-of-sample and holdout begin: in this order, each with bars before and after."""
    split, holdout = _date(table, "split", "at"), _date(table, "holdout", "from")
    if split and holdout and split >= holdout:
        yield (
            f"split.at = {split!r}: lies not before holdout.from = {holdout!r}; out-of-sample ends "
            "where the holdout begins"
        )
        return
    beyond = [value for value, _, end in _periods(table) if holdout and _reaches(end, holdout)]
    for value in beyond:
        yield (
            f"{_key(table, 'period')} = {value!r}: reaches into the holdout, "
            f"holdout.from = {holdout!r}; end it before"
        )
    if (split or holdout) and not beyond:
        for source in dict.fromkeys(_sources(table)):
            yield from _side_problems(table, source, split, holdout)


def _reaches(end: str | None, holdout: str) -> bool:
    # A month or year ends with its last day, which is not written; no day is above 99.
    return end is not None and f"{end}-99-99"[:10] >= holdout


def _date(table: Mapping[str, Any], part: str, name: str) -> str | None:
    """A date of the file; None where it is not given, or wrong, which the model says."""
    given = _table(table, part).get(name)
    try:
        return None if given is None else holdout_date(given)
    except DataError:
        return None


def _periods(table: Mapping[str, Any]) -> Iterator[tuple[str, str | None, str | None]]:
    """The periods of the sweep as they are written, with their ends; wrong ones are left out."""
    for value in _axis(table, "period") or [""]:
        try:
            ends = check_period(value)
        except ValueError:
            continue
        yield str(value), *(ends or (None, None))


def _sources(table: Mapping[str, Any]) -> Iterator[str]:
    for value in _axis(table, "dataset"):
        if isinstance(value, str) and not [*_data_problem(value)]:
            yield value


def _side_problems(
    table: Mapping[str, Any], source: str, split: str | None, holdout: str | None
) -> Iterator[str]:
    """A border that leaves too few bars of a data set on a side; the bars are only counted."""
    try:
        whole = load(source)
    except DataError as error:
        yield f"{_key(table, 'dataset')} = {source!r}: {error}"
        return
    kept = whole.bars_before(holdout) if holdout else len(whole)
    if holdout and min(kept, len(whole) - kept) < _FEWEST:
        yield f"holdout.from = {holdout!r}: {_few(source, kept, len(whole) - kept)}"
    elif split:
        for value, start, end in _periods(table):
            with suppress(DataError):  # a period without a bar is the cell's mistake
                part = whole.between(start, end)
                last = part.bars_before(holdout) if holdout else len(part)
                before = part.bars_before(split)
                if min(before, last - before) < _FEWEST:
                    where = f" in the period {value}" if value else ""
                    few = _few(source, before, last - before)
                    yield f'split.at = {split!r}: {few}{where}, or switch it off: split.at=""'


def _few(source: str, before: int, after: int) -> str:
    return (
        f"{source} has {before} bars before it and {after} from it on, and each side takes at "
        f"least {_FEWEST}; choose another day"
    )
