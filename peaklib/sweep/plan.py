"""From a configuration to the cells that have to be executed."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, Final

from peaklib.data import Dataset, load
from peaklib.errors import ConfigError
from peaklib.evidence import Axes, code, digest, home
from peaklib.robustness.verdict.thresholds import Thresholds, load_thresholds
from peaklib.runner import declared_parameters, source_digest
from peaklib.strategies import get, wrappers
from peaklib.sweep.axes import split_grid
from peaklib.sweep.checks import FILTER, ROLES
from peaklib.sweep.config import SweepConfig, load_config

THRESHOLDS: Final = "configs/robustness.toml"
WARMUP: Final = "warmup"


@dataclass(frozen=True)
class Cell:
    """One run of a sweep.

    Args:
        label: its values on the `foreach` axes, in order.
        parameters: of the notebook, all but `run_dir`.
        n_trials: combinations that it evaluates; 1 for a notebook without a grid.
        key: digest of all that decides its result: notebook, parameters, data, seed, code, and the
            libraries of the strategies.
        family: strategy and data set, the default family of its trials.
        sources: digests of the strategies' code, by role and name.
    """

    label: Mapping[str, str]
    parameters: Mapping[str, Any]
    n_trials: int
    key: str
    family: str | None
    sources: Mapping[str, str]

    @property
    def name(self) -> str:
        """The label in one line."""
        return " · ".join(self.label.values())


@dataclass(frozen=True)
class Plan:
    """A sweep that is ready to run.

    Args:
        name: of the sweep: its file's, with a suffix where keys were replaced.
        command: what a reader types to run it again.
        config: as read.
        notebook: absolute path of what each cell executes.
        cells: in the order of the axes, the last one fastest.
        thresholds: what the result will be judged by, fixed before the first cell runs.
    """

    name: str
    command: str
    config: SweepConfig
    notebook: Path
    cells: tuple[Cell, ...]
    thresholds: Thresholds

    @property
    def thresholds_digest(self) -> str:
        """What the runs of the cells say of the thresholds."""
        return digest(self.thresholds.model_dump())

    @property
    def datasets(self) -> tuple[str, ...]:
        """Sources of the data that the cells read."""
        used = [cell.parameters["dataset"] for cell in self.cells if "dataset" in cell.parameters]
        return tuple(dict.fromkeys(used))

    @property
    def n_trials(self) -> int:
        """Combinations of all cells together."""
        return sum(cell.n_trials for cell in self.cells)


def make_plan(path: Path, settings: Sequence[str] = ()) -> Plan:
    """Read a sweep's file and expand its axes.

    Args:
        path: of the TOML file; the sweep is called after it.
        settings: `KEY=VALUE` that replace keys of the file.

    Raises:
        ConfigError: lists every mistake of the file.
    """
    config = load_config(path, settings)
    # A variation has a page and a place in the record of its own.
    suffix = f"-{digest(list(settings))[:6]}" if settings else ""
    name, command = f"{path.stem}{suffix}", _command(path, settings)
    file = home() / THRESHOLDS
    thresholds = load_thresholds(file) if file.is_file() else Thresholds()
    return plan_of(
        config, home() / config.notebook, name=name, command=command, thresholds=thresholds
    )


def plan_of(
    config: SweepConfig, notebook: Path, *, name: str, command: str, thresholds: Thresholds
) -> Plan:
    """Expand the axes of a configuration that was read before.

    Args:
        config: as read.
        notebook: what each cell executes.
        name, command: of the sweep.
        thresholds: what the result will be judged by.

    Raises:
        ConfigError: the rules need more bars to warm up than a data set has.
    """
    declared = frozenset(declared_parameters(notebook))
    identity = Identity(source_digest(notebook), config.seed, {}, config.holdout_from)
    points = product(*config.foreach.values())
    drafts = [_draft(config, dict(zip(config.foreach, p, strict=True)), declared) for p in points]
    if WARMUP in declared and not any(WARMUP in draft.parameters for draft in drafts):
        warmup = _longest_warmup(drafts, identity, name)
        drafts = [replace(d, parameters={**d.parameters, WARMUP: warmup}) for d in drafts]
    cells = tuple(_cell(draft, identity) for draft in drafts)
    return Plan(name, command, config, notebook, cells, thresholds)


def _command(path: Path, settings: Sequence[str]) -> str:
    full = path.resolve()
    shown = full.relative_to(home()) if full.is_relative_to(home()) else Path(path.name)
    replaced = [part for setting in settings for part in ("--set", setting)]
    return shlex.join(["peak", "sweep", shown.as_posix(), *replaced])


@dataclass(frozen=True)
class Identity:
    """What cells have in common, and the data sets met so far.

    Args:
        notebook: digest of its source.
        seed: of all random numbers.
        data: by source, without the holdout.
        holdout_from: date from which on no row is read, None for all rows.
    """

    notebook: str
    seed: int
    data: dict[str, Dataset]
    holdout_from: str | None = None

    def of(self, parameters: Mapping[str, Any]) -> str:
        """Key of a cell."""
        sources = {n: self.load(parameters[n]).digest for n in ("dataset",) if n in parameters}
        return digest(
            {
                "notebook": self.notebook,
                "seed": self.seed,
                "parameters": parameters,
                "data": sources,
                "holdout_from": self.holdout_from,
                "strategies": rules_of(parameters),
                "libraries": _libraries_of(parameters),
                "code": code()["peaklib_sha256"],
            }
        )

    def family(self, parameters: Mapping[str, Any]) -> str | None:
        """Strategy and data; None leaves it to the trials, which name their strategies."""
        if "strategy" not in parameters:
            return None
        data = [self.load(parameters["dataset"]).name] if "dataset" in parameters else []
        return "/".join([str(parameters["strategy"]), *data])

    def load(self, source: str) -> Dataset:
        """A data set as the cells see it, read once for all of them."""
        if source not in self.data:
            self.data[source] = load(source, holdout_from=self.holdout_from)
        return self.data[source]


def rules_of(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Digests of version and code of the strategies that a cell uses, by role and name."""
    return {
        f"{role} {name}": digest([get(name).version, get(name).code_digest()])
        for role, name in _roles_in(parameters).items()
    }


def _libraries_of(parameters: Mapping[str, Any]) -> dict[str, str]:
    # For keys alone: a run's sources are refused by `peak repro` where they differ, and another
    # version of a library is a reason for other numbers there, as it is for notebooks.
    rules = [get(name) for name in _roles_in(parameters).values()]
    return {name: version for rule in rules for name, version in rule.libraries().items()}


def _roles_in(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {role: parameters[role] for role in ROLES if role in parameters}


@dataclass(frozen=True)
class _Draft:
    """A cell before its inputs are known."""

    label: Mapping[str, str]
    parameters: Mapping[str, Any]
    axes: Axes


def _draft(config: SweepConfig, point: dict[str, Any], declared: frozenset[str]) -> _Draft:
    parameters: dict[str, Any] = {**config.fixed, **point}
    wrapper = parameters.pop(FILTER, None)
    if isinstance(parameters.get("costs"), str):
        parameters["costs"] = config.costs[parameters["costs"]].model_dump()
    shared = {"seed": config.seed, "benchmark": config.benchmark, "split": config.split_at or ""}
    parameters |= {name: value for name, value in shared.items() if name in declared}
    axes = _route_grid(config.grid, parameters, wrapper if wrapper in wrappers() else None)
    if "grid" in declared:
        parameters["grid"] = {name: list(values) for name, values in axes.values.items()}
        parameters["where"] = axes.where or ""
    return _Draft({name: str(value) for name, value in point.items()}, parameters, axes)


def _longest_warmup(drafts: Sequence[_Draft], identity: Identity, sweep: str) -> int:
    """Bars until every trial of every cell can decide: all are measured on the same days."""
    rules = {draft.parameters["strategy"] for draft in drafts if "strategy" in draft.parameters}
    sources = {str(d.parameters["dataset"]) for d in drafts if "dataset" in d.parameters}
    longest = max((_warmup_of(d) for d in drafts if "strategy" in d.parameters), default=0)
    for source in sorted(sources):
        n_bars = len(identity.load(source))
        if longest > n_bars - 2:
            raise ConfigError(
                sweep,
                [
                    f"grid: its longest look-back is {longest} bars ({', '.join(sorted(rules))}), "
                    f"and {source!r} has {n_bars}; shorten the windows, or set fixed.warmup"
                ],
            )
    return longest


def _warmup_of(draft: _Draft) -> int:
    rule = get(draft.parameters["strategy"])
    table = draft.axes.table()
    points = zip(*(values.tolist() for values in table.values()), strict=True)
    defaults = rule.resolve()
    given = ({**defaults, **dict(zip(table, point, strict=True))} for point in points)
    return max((int(rule.warm_up(**params)) for params in given), default=rule.warm_up_bars())


def _cell(draft: _Draft, identity: Identity) -> Cell:
    return Cell(
        label=draft.label,
        parameters=draft.parameters,
        n_trials=len(draft.axes),
        key=identity.of(draft.parameters),
        family=identity.family(draft.parameters),
        sources=rules_of(draft.parameters),
    )


def _route_grid(grid: Mapping[str, Any], parameters: dict[str, Any], wrapper: str | None) -> Axes:
    """The grid of one cell: its strategy's, and its filter's where there is one."""
    if "strategy" not in parameters:
        return Axes(*split_grid(dict(grid)))
    strategy = parameters["strategy"]
    tables = [dict(grid.get(strategy, {}))]
    if wrapper:
        parameters["strategy"] = f"{wrapper}({strategy})"
        tables.append(dict(grid.get(wrapper, {})))
    axes: dict[str, Sequence[int | float]] = {}
    conditions = []
    for table in tables:
        values, where = split_grid(table)
        axes |= values
        conditions += [where] if where else []
    if len(conditions) > 1:
        conditions = [f"({condition})" for condition in conditions]
    return Axes(axes, " and ".join(conditions) or None)
