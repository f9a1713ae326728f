"""A feature: a named, versioned function from columns to columns."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import DataError, FeatureError
from peaklib.features.missing import Column, compact, scatter
from peaklib.features.parameters import Parameter, Value, Word, read_parameters

Floats = NDArray[np.float64]
State = Mapping[str, Any]
Columns = Callable[..., Floats | tuple[Floats, ...]]
WarmUp = Callable[..., int]
Learn = Callable[..., State]

TIME: Final = "time"
"""The input that is the rows' stamps instead of a column."""


@dataclass(frozen=True, repr=False)
class Feature:
    """Rule from columns to columns with a name, a version and described parameters.

    A row on which an input is NaN is no row for a feature: windows reach over it, and it
    gets NaN. So a function never sees NaN, and features of features need no care.

    Args:
        name: unique among all that is installed.
        version: raise it whenever the same rows and parameters give other values.
        function: `(*inputs, **params) -> (n,) column or tuple of columns`, each row from
            rows up to it; NaN in all of a column's first rows while it warms up. One that
            learns gets `state=` as well.
        inputs: columns that it reads by default; `time` stands for the rows' stamps.
        outputs: suffixes of its columns; empty for a single column without one.
        parameters: by name, in the order of the signature.
        warm_up: `(**params) -> rows` at the start on which some column is NaN; one that
            learns gets `state=` as well.
        learn: `(*inputs, **params) -> plain values` from the rows that are fitted on.
        summary: first line of the function's docstring.
        source: where the formula comes from, as the docstring says.
    """

    name: str
    version: str
    function: Columns
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: Mapping[str, Parameter | Word]
    warm_up: WarmUp
    learn: Learn | None
    summary: str = field(compare=False)
    source: str = field(compare=False)

    def __repr__(self) -> str:
        defaults = ", ".join(f"{name}={p.default!r}" for name, p in self.parameters.items())
        return f"Feature({self.name!r}, version {self.version!r}: {defaults or 'no parameters'})"

    def resolve(self, params: Mapping[str, object] | None = None) -> dict[str, Value]:
        """All parameters with defaults filled in, checked.

        Raises:
            FeatureError: unknown name, wrong type or out of range.
        """
        given: dict[str, Value] = {}
        for name, value in (params or {}).items():
            if name not in self.parameters:
                allowed = ", ".join(self.parameters) or "none"
                raise FeatureError(
                    f"feature {self.name!r} has no parameter {name!r}; it has: {allowed}"
                )
            try:
                given[name] = self.parameters[name].check(value)
            except ValueError as error:
                raise FeatureError(f"feature {self.name!r}: {error}") from None
        return {name: given.get(name, p.default) for name, p in self.parameters.items()}

    def columns(self, label: str) -> tuple[str, ...]:
        """Names of its columns when it goes by a label."""
        return tuple(f"{label}_{suffix}" for suffix in self.outputs) or (label,)

    def warm_up_rows(self, params: Mapping[str, Value], state: State | None = None) -> int:
        """Rows at the start on which some column is NaN, with these (resolved) parameters."""
        return int(self.warm_up(**params, **self._learned(state)))

    def fit(self, inputs: Sequence[Column], params: Mapping[str, Value]) -> State:
        """What it learns from these rows; empty for a feature that learns nothing.

        Raises:
            DataError: the rows are too few or too much alike to learn from.
        """
        if self.learn is None:
            return {}
        rows, _ = compact(inputs)
        if not len(rows[0]):
            raise DataError(
                f"feature {self.name!r} has no row to learn from: on each, one of "
                f"{', '.join(self.inputs)} is missing; fit on at least one row with a value"
            )
        return dict(self.learn(*rows, **params))

    def compute(
        self, inputs: Sequence[Column], params: Mapping[str, Value], state: State | None = None
    ) -> tuple[Floats, ...]:
        """Its columns over these rows.

        Args:
            inputs: (n,) columns in the order of `inputs`.
            params: resolved parameters.
            state: what `fit` returned.

        Returns:
            One (n,) column for each of `columns`.

        Raises:
            FeatureError: the function returned something else.
        """
        rows, there = compact(inputs)
        if not len(rows[0]):
            return tuple(np.full(len(inputs[0]), np.nan) for _ in self.columns(self.name))
        found = self.function(*rows, **params, **self._learned(state))
        parts = self._checked(found if isinstance(found, tuple) else (found,), len(rows[0]))
        # A feature may hand back what it was given, which stays the caller's.
        parts = tuple(_own(part, rows) for part in parts)
        if there is None:
            return parts
        return tuple(scatter(part, there) for part in parts)

    def _learned(self, state: State | None) -> dict[str, State]:
        return {} if self.learn is None else {"state": state or {}}

    def _checked(self, parts: tuple[object, ...], n_rows: int) -> tuple[Floats, ...]:
        wanted = len(self.columns(self.name))
        arrays = [np.ascontiguousarray(part, dtype=np.float64) for part in parts]
        shapes = [array.shape for array in arrays]
        if any(np.isinf(array).any() for array in arrays):
            raise DataError(
                f"feature {self.name!r} is infinite on some row: {', '.join(self.inputs)} hold "
                "values that it is not defined for, such as a price of 0; mend or drop those rows"
            )
        if shapes != [(n_rows,)] * wanted:
            raise FeatureError(
                f"feature {self.name!r} returned {shapes}, expected {wanted} column(s) of shape "
                f"({n_rows},): one value for each row"
            )
        return tuple(arrays)


def feature(
    name: str,
    version: str,
    *,
    warm_up: WarmUp,
    outputs: tuple[str, ...] = (),
    learn: Learn | None = None,
) -> Callable[[Columns], Feature]:
    """Make a feature of a function; see `Feature` for what the arguments mean.

    The function's positional arguments name the columns that it reads (`close`, `volume`, or
    `time` for the stamps), its keyword-only ones are its parameters.
    """

    def decorate(function: Columns) -> Feature:
        text = inspect.getdoc(function) or ""
        if not text:
            raise FeatureError(f"feature {name!r} has no docstring; say in one line what it is")
        wrong = _wrong(version, warm_up, outputs)
        if wrong:
            raise FeatureError(f"feature {name!r}: {wrong}")
        inputs = _inputs(function)
        if not inputs:
            raise FeatureError(
                f"feature {name!r} reads nothing; name the columns that it reads as positional "
                "arguments, as in (close, volume, *, window=…)"
            )
        try:
            parameters = read_parameters(function, n_inputs=len(inputs))
        except ValueError as error:
            raise FeatureError(f"feature {name!r}: {error}") from None
        summary = text.partition("\n")[0]
        return Feature(
            name,
            version,
            function,
            inputs,
            outputs,
            parameters,
            warm_up,
            learn,
            summary,
            _source(text),
        )

    return decorate


def _own(part: Floats, rows: Sequence[Column]) -> Floats:
    """A column that shares no memory with the rows."""
    given = (row for row in rows if isinstance(row, np.ndarray))
    return part.copy() if any(np.may_share_memory(part, row) for row in given) else part


def _wrong(version: Any, warm_up: Any, outputs: Any) -> str:
    """What is wrong with the arguments of a decorator; empty if nothing."""
    if not (isinstance(version, str) and version):
        return f"version = {version!r} is no text; write '1'"
    if not callable(warm_up):
        return f"warm_up = {warm_up!r} is no function of the parameters; write lambda window: …"
    suffixes = outputs if isinstance(outputs, tuple) else None
    if suffixes is None or len({*suffixes}) < len(suffixes):
        return f"outputs = {outputs!r}; write a tuple of different suffixes, as in ('up', 'down')"
    return ""


def _inputs(function: Columns) -> tuple[str, ...]:
    entries = inspect.signature(function).parameters.values()
    return tuple(entry.name for entry in entries if entry.kind is entry.POSITIONAL_OR_KEYWORD)


def _source(text: str) -> str:
    """The paragraph of a docstring that begins with `Source:`, in one line."""
    for paragraph in text.split("\n\n"):
        if paragraph.startswith("Source:"):
            return " ".join(paragraph.removeprefix("Source:").split())
    return ""
