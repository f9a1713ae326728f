"""What a parameter of a feature or strategy may be: type, range, unit, one line of meaning."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Annotated, Any, get_args, get_origin, get_type_hints

Number = int | float
Value = int | float | str


@dataclass(frozen=True)
class Param:
    """Range, unit and meaning of a number, written beside its type.

    `fast: Annotated[int, Param(1, 1000, "bars", "window of the fast average")] = 20`

    Args:
        low, high: smallest and largest value, both allowed.
        unit: such as `bars`, `fraction`, `standard deviations`.
        meaning: one line.
    """

    low: Number
    high: Number
    unit: str
    meaning: str


@dataclass(frozen=True)
class Choice:
    """The words that a parameter may be, written beside its type.

    `rule: Annotated[str, Choice(("armstrong", "elapsed"), "what a decimal year means")] = …`
    """

    allowed: tuple[str, ...]
    meaning: str


@dataclass(frozen=True)
class Parameter:
    """A number of one feature or strategy, as read from its signature."""

    name: str
    type: type[int] | type[float]
    default: Number
    low: Number
    high: Number
    unit: str
    meaning: str

    @property
    def allowed(self) -> str:
        """The range in words."""
        return f"{self.low:g} … {self.high:g}"

    def check(self, value: object) -> Number:
        """The value in its type.

        Raises:
            ValueError: wrong type or outside the range.
        """
        number = _number(value)
        if number is not None:
            fits = self.type is float or number.is_integer()
            if fits and self.low <= number <= self.high:
                return self.type(number)
        kind = "a whole number" if self.type is int else "a number"
        raise ValueError(
            f"{self.name} = {value!r} is not {kind} "
            f"from {self.low} to {self.high} ({self.unit}; {self.meaning})"
        )


@dataclass(frozen=True)
class Word:
    """A word among a few, as read from a signature."""

    name: str
    default: str
    words: tuple[str, ...]
    meaning: str

    @property
    def type(self) -> type[str]:
        """Always text."""
        return str

    @property
    def unit(self) -> str:
        """Words have none."""
        return ""

    @property
    def allowed(self) -> str:
        """The words."""
        return ", ".join(self.words)

    def check(self, value: object) -> str:
        """The value, if it is one of the words.

        Raises:
            ValueError: it is not.
        """
        if isinstance(value, str) and value in self.words:
            return value
        raise ValueError(f"{self.name} = {value!r} is not one of: {self.allowed} ({self.meaning})")


def _number(value: object) -> float | None:
    """A number of Python or numpy as a float; None for anything else, truth values included."""
    truth = isinstance(value, bool)
    return float(value) if isinstance(value, Real) and not truth else None


def read_numbers(function: Callable[..., Any], n_inputs: int) -> Mapping[str, Parameter]:
    """Like `read_parameters`, for a function whose parameters are all numbers.

    Raises:
        ValueError: a parameter is not written as one.
    """
    parameters = {}
    for name, parameter in read_parameters(function, n_inputs).items():
        if isinstance(parameter, Word):
            raise ValueError(f"parameter {name!r} is a word; only numbers can be swept")
        parameters[name] = parameter
    return parameters


def read_parameters(function: Callable[..., Any], n_inputs: int) -> Mapping[str, Parameter | Word]:
    """The parameters of a function, in the order of its signature.

    Args:
        function: what is called with inputs first and parameters by name.
        n_inputs: leading arguments that are no parameters. One that is called `state` is
            none either: it is no choice of the caller.

    Raises:
        ValueError: a parameter without `Annotated[…, Param(…) or Choice(…)]` or default.
    """
    hints = get_type_hints(function, include_extras=True)
    entries = list(inspect.signature(function).parameters.values())[n_inputs:]
    return {
        entry.name: _read(entry, hints.get(entry.name))
        for entry in entries
        if entry.name != "state"
    }


def _read(entry: inspect.Parameter, hint: object) -> Parameter | Word:
    kind, *marks = get_args(hint) if get_origin(hint) is Annotated else (None,)
    default = entry.default
    for mark in marks:
        if default is entry.empty:
            break
        if isinstance(mark, Param) and kind in (int, float):
            number = Parameter(
                entry.name, kind, default, mark.low, mark.high, mark.unit, mark.meaning
            )
            number.check(default)
            return number
        if isinstance(mark, Choice) and kind is str:
            word = Word(entry.name, default, mark.allowed, mark.meaning)
            word.check(default)
            return word
    raise ValueError(
        f"parameter {entry.name!r} must be written as "
        f"`{entry.name}: Annotated[int or float, Param(low, high, unit, meaning)] = default`"
    )
