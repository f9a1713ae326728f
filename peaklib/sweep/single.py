"""One notebook by itself: a run of kind `notebook`, pinned and checked like a sweep's cell."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from peaklib.config import override
from peaklib.errors import ConfigError, EvidenceError
from peaklib.evidence import RunSpec, SealedRun, home, runs_folder, to_json
from peaklib.runner import (
    NotebookJob,
    Outcome,
    declared_parameters,
    run_notebook,
    source_digest,
    stop_kernels,
)
from peaklib.runner.notebook import check_parameters, read_notebook
from peaklib.sweep.checks import ROLES, problems_of
from peaklib.sweep.plan import Identity, rules_of

KIND: Final = "notebook"
RUN_DIR: Final = "run_dir"
SEED: Final = "seed"
# These decide what a run stands on, so they have to be what they are called.
_PINNED: Final = ("dataset", *ROLES)
# What a sweep knows the meaning of, if it has the type that goes with it: another notebook may
# call something else a period.
_MEANINGS: Final = {
    **dict.fromkeys(_PINNED, str),
    "fill": str,
    "lag": int,
    "period": str,
}
_TYPES: Final = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list, as in [1, 2]",
    "dict": "a table, as in {fees_bps = 5.0}",
}


def make_job(
    notebook: Path, settings: Sequence[str] = (), *, threads: int = 1, runs: Path | None = None
) -> NotebookJob:
    """Check a notebook's parameters and pin what decides its result; nothing is executed.

    Args:
        notebook: what to execute.
        settings: `NAME=VALUE` of its parameters, the value as TOML or else as plain text;
            `costs.fees_bps=3` replaces one key of a table. The others keep their defaults.
        threads: for numbers.
        runs: folder of runs; the project's by default.

    Returns:
        The job. Its record names given and default values alike, as far as these are literals.

    Raises:
        NotebookError: no such notebook, or no such parameter.
        ConfigError: a value is of another type or means nothing; lists every mistake.
        DataError: the data set cannot be loaded.
    """
    notebook = notebook.resolve()
    name = _shown(notebook)
    declared = declared_parameters(notebook)
    defaults = _defaults(declared)
    given = _given(settings, defaults)
    check_parameters(notebook, given)
    kinds = {known: _type_name(known, declared, defaults) for known in given}
    values = _fitted(given, kinds, settings)
    effective = {**defaults, **values}
    problems = [*_type_problems(values, kinds)] or [*_meaning_problems(effective)]
    if problems:
        raise ConfigError(name, problems)
    return NotebookJob(
        notebook, values, _spec(name, notebook, effective), runs or runs_folder(), threads
    )


def run_alone(job: NotebookJob) -> Outcome:
    """Execute a job in this process; call it in the main thread, where a Ctrl-C arrives.

    Raises:
        NotebookError: the notebook has changed since the job was made; no run is made.
        EvidenceError: the run cannot be written.
        KeyboardInterrupt: the run is recorded as interrupted and its kernel was stopped.
    """
    try:
        return run_notebook(job)
    except BaseException:
        stop_kernels()
        raise


def parameters_given(run: SealedRun) -> dict[str, Any]:
    """What a pack's notebook was given, in the types of then; the record has no 2.0 beside 2."""
    given = read_notebook(run.folder / "notebook.ipynb").metadata["papermill"]["parameters"]
    return {name: value for name, value in given.items() if name != RUN_DIR}


def _shown(notebook: Path) -> str:
    inside = notebook.is_relative_to(home())
    return notebook.relative_to(home()).as_posix() if inside else notebook.name


def _defaults(declared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Default values by name; one that is computed, or has no form in a record, is left out."""
    found = {}
    for name, parameter in declared.items():
        try:
            value = ast.literal_eval(parameter["default"])
            to_json(value)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, EvidenceError):
            continue
        if name != RUN_DIR:
            found[name] = value
    return found


def _given(settings: Sequence[str], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that settings name, read as TOML."""
    names = {setting.partition("=")[0].strip().partition(".")[0] for setting in settings}
    try:
        table = override(defaults, settings)
    except ConfigError as error:
        raise ConfigError("-p", error.problems) from None
    if RUN_DIR in names:
        raise ConfigError("-p", [f"{RUN_DIR}: is the folder of the run, and is chosen for it"])
    return {name: value for name, value in table.items() if name in names}


def _type_name(
    name: str, declared: Mapping[str, Mapping[str, Any]], defaults: Mapping[str, Any]
) -> str:
    """Type of a parameter by its annotation, else by its default value."""
    annotated = str(declared[name]["inferred_type_name"]).partition("[")[0].strip()
    return annotated if annotated in _TYPES else type(defaults.get(name)).__name__


def _fitted(
    given: Mapping[str, Any], kinds: Mapping[str, str], settings: Sequence[str]
) -> dict[str, Any]:
    """Given values as the notebook wants them: where it declares text, `2001` is text."""
    words = {key.strip(): text.strip() for key, _, text in (s.partition("=") for s in settings)}
    fitted: dict[str, Any] = {}
    for name, value in given.items():
        # TOML reads a date out of 2001-01-01; notebooks take plain values only.
        is_plain = isinstance(value, str | int | float | list | dict)
        wants_text = kinds[name] == "str" and not isinstance(value, str)
        if name in words and (wants_text or not is_plain):
            fitted[name] = words[name]
        else:
            is_whole = kinds[name] == "float" and type(value) is int
            fitted[name] = float(value) if is_whole else value
    return fitted


def _type_problems(values: Mapping[str, Any], kinds: Mapping[str, str]) -> Iterator[str]:
    for name, value in values.items():
        kind = kinds[name]
        if kind in _TYPES and type(value).__name__ != kind:
            yield f"{name} = {value!r}: the notebook wants {_TYPES[kind]} ({kind})"


def _meaning_problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Values that a sweep would refuse, too."""
    known = {
        name: parameters[name]
        for name, kind in _MEANINGS.items()
        if name in parameters and (name in _PINNED or isinstance(parameters[name], kind))
    }
    yield from (problem.removeprefix("fixed.") for problem in problems_of({"fixed": known}))


def _spec(name: str, notebook: Path, parameters: Mapping[str, Any]) -> RunSpec:
    seed = parameters.get(SEED)
    seed = seed if type(seed) is int else 0
    identity = Identity(source_digest(notebook), seed, {})
    try:
        config = {"notebook": name, "parameters": dict(parameters)}
        key = identity.of(parameters)
    except EvidenceError as error:
        raise ConfigError(name, [str(error)]) from None
    return RunSpec(
        KIND,
        config,
        seed,
        family=identity.family(parameters),
        key=key,
        sources=rules_of(parameters),
    )
