"""From a configuration to the cells that have to be executed."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from peaklib.data import Dataset, load
from peaklib.evidence import Axes, code, digest, home
from peaklib.runner import declared_parameters, source_digest
from peaklib.strategies import get, wrappers
from peaklib.sweep.axes import split_grid
from peaklib.sweep.checks import FILTER, ROLES
from peaklib.sweep.config import SweepConfig, load_config


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
    """

    name: str
    command: str
    config: SweepConfig
    notebook: Path
    cells: tuple[Cell, ...]

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
    return plan_of(config, home() / config.notebook, name=name, command=command)


def plan_of(config: SweepConfig, notebook: Path, *, name: str, command: str) -> Plan:
    """Expand the axes of a configuration that was read before.

    Args:
        config: as read.
        notebook: what each cell executes.
        name, command: of the sweep.
    """
    declared = frozenset(declared_parameters(notebook))
    identity = Identity(source_digest(notebook), config.seed, {})
    points = product(*config.foreach.values())
    cells = tuple(
        _cell(config, dict(zip(config.foreach, point, strict=True)), declared, identity)
        for point in points
    )
    return Plan(name, command, config, notebook, cells)


def _command(path: Path, settings: Sequence[str]) -> str:
    full = path.resolve()
    shown = full.relative_to(home()) if full.is_relative_to(home()) else Path(path.name)
    replaced = [part for setting in settings for part in ("--set", setting)]
    return shlex.join(["peak", "sweep", shown.as_posix(), *replaced])


@dataclass(frozen=True)
class Identity:
    """What cells have in common, and digests of the data sets met so far."""

    notebook: str
    seed: int
    data: dict[str, Dataset]

    def of(self, parameters: Mapping[str, Any]) -> str:
        """Key of a cell."""
        sources = {n: self.load(parameters[n]).digest for n in ("dataset",) if n in parameters}
        return digest(
            {
                "notebook": self.notebook,
                "seed": self.seed,
                "parameters": parameters,
                "data": sources,
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
        """A data set, read once for all cells."""
        if source not in self.data:
            self.data[source] = load(source)
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


def _cell(
    config: SweepConfig, point: dict[str, Any], declared: frozenset[str], identity: Identity
) -> Cell:
    parameters: dict[str, Any] = {**config.fixed, **point}
    wrapper = parameters.pop(FILTER, None)
    if isinstance(parameters.get("costs"), str):
        parameters["costs"] = config.costs[parameters["costs"]].model_dump()
    shared = {"seed": config.seed, "benchmark": config.benchmark}
    parameters |= {name: value for name, value in shared.items() if name in declared}
    axes = _route_grid(config.grid, parameters, wrapper if wrapper in wrappers() else None)
    if "grid" in declared:
        parameters["grid"] = {name: list(values) for name, values in axes.values.items()}
        parameters["where"] = axes.where or ""
    return Cell(
        label={name: str(value) for name, value in point.items()},
        parameters=parameters,
        n_trials=len(axes),
        key=identity.of(parameters),
        family=identity.family(parameters),
        sources=rules_of(parameters),
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
