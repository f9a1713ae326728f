"""What a strategy parameter may be: type, range, unit and one line of meaning."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from peaklib.errors import StrategyError

Number = int | float


@dataclass(frozen=True)
class Param:
    """Range, unit and meaning of a parameter, written beside its type.

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
class Parameter:
    """A parameter of one strategy, as read from its signature."""

    name: str
    type: type[int] | type[float]
    default: Number
    low: Number
    high: Number
    unit: str
    meaning: str

    def check(self, value: object, strategy: str) -> Number:
        """The value in its type.

        Raises:
            StrategyError: wrong type or outside the range.
        """
        number = _number(value)
        if number is not None:
            fits = self.type is float or number.is_integer()
            if fits and self.low <= number <= self.high:
                return self.type(number)
        kind = "a whole number" if self.type is int else "a number"
        raise StrategyError(
            f"strategy {strategy!r}: {self.name} = {value!r} is not {kind} "
            f"from {self.low} to {self.high} ({self.unit}; {self.meaning})"
        )


def _number(value: object) -> float | None:
    """A number of Python or numpy as a float; None for anything else, truth values included."""
    truth = isinstance(value, bool)
    return float(value) if isinstance(value, Real) and not truth else None


def read_parameters(function: Callable[..., Any], strategy: str) -> Mapping[str, Parameter]:
    """The keyword parameters of a strategy function, in the order of its signature.

    Raises:
        StrategyError: a parameter without `Annotated[int | float, Param(…)]` or default.
    """
    hints = get_type_hints(function, include_extras=True)
    parameters = {}
    for name, entry in list(inspect.signature(function).parameters.items())[1:]:
        hint = hints.get(name)
        args = get_args(hint) if get_origin(hint) is Annotated else ()
        marks = [mark for mark in args[1:] if isinstance(mark, Param)]
        if not marks or args[0] not in (int, float) or entry.default is entry.empty:
            raise StrategyError(
                f"strategy {strategy!r}: parameter {name!r} must be written as "
                f"`{name}: Annotated[int or float, Param(low, high, unit, meaning)] = default`"
            )
        mark = marks[0]
        parameter = Parameter(
            name, args[0], entry.default, mark.low, mark.high, mark.unit, mark.meaning
        )
        parameter.check(entry.default, strategy)
        parameters[name] = parameter
    return parameters
