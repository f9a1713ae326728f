"""Reading values of unknown origin by their exact type, without running any code of theirs.

The gate trusts no subclass: a `float` whose comparison lies, a `dict` that answers differently
the second time, a `bool` that passes for 1. What is not exactly a plain type is described by
the name of its type and refused.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from fractions import Fraction
from math import isfinite
from types import MappingProxyType
from typing import Any, Final

LARGEST: Final = 1e15
"""No quantity, price or amount may be larger: products of two then stay far from overflow."""

SMALLEST: Final = 1e-12
"""No number that has to be positive may be smaller: it would be an error of units, or dust."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SHOWN: Final = 40
_NAME_OF_TYPE: Final = type.__dict__["__name__"].__get__


class Absent(Enum):
    """Stands where a field was not given; one object in every process."""

    MISSING = "missing"


MISSING: Final[Any] = Absent.MISSING


class Unusable:
    """Stands for a container that could not be copied.

    Args:
        reason: why, as the rest of a sentence.
    """

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


def kind_of(value: object) -> str:
    """Name of a value's type, asked of the type itself and of nothing that could lie."""
    if value is MISSING:
        return "missing"
    return str(_NAME_OF_TYPE(type(value)))


def shown(value: object) -> str:
    """A value for a sentence: short, ASCII, so that look-alikes of other scripts are seen."""
    if type(value) is str:
        text = ascii(value[: _SHOWN + 1])
        return text if len(value) <= _SHOWN else f"{text[:_SHOWN]}…"
    if type(value) is float or type(value) is bool or value is None:
        return repr(value)
    if type(value) is int:
        return repr(value) if abs(value) < 10**18 else f"an integer of {value.bit_length()} bits"
    if type(value) is Unusable:
        return value.reason
    return "missing" if value is MISSING else f"of type {kind_of(value)}"


def is_number(value: object) -> bool:
    """Whether it is exactly a float or an int, which `bool` and NumPy's scalars are not."""
    return type(value) is float or type(value) is int


def number_problem(
    name: str, value: object, low: float = -LARGEST, high: float = LARGEST
) -> str | None:
    """What is wrong with a number that has to lie in [low, high], if anything.

    NaN is in no interval, and infinities are beyond each.
    """
    if is_number(value):
        number: Any = value
        if low <= number <= high:
            return None
        return f"{name} is {shown(_as_float(number))}, {_allowed(low, high)}"
    if value is MISSING:
        return f"{name} is missing"
    return f"{name} is {shown(value)}, not a plain float or int"


def _allowed(low: float, high: float) -> str:
    if low == SMALLEST and high == LARGEST:
        return f"not a positive number ({SMALLEST:g} to {LARGEST:g})"
    return f"not a number from {low:g} to {high:g}"


def all_plain(values: Collection[object], low: float, high: float) -> bool:
    """Whether all are exactly floats in [low, high]: the quick answer for nearly every table."""
    if not values:
        return True
    if list(map(type, values)).count(float) < len(values):
        return False
    numbers: Any = values
    # Comparisons skip NaN, a sum does not.
    return isfinite(sum(numbers)) and low <= min(numbers) and max(numbers) <= high


def text_problem(name: str, value: object, allowed: Iterable[str]) -> str | None:
    """What is wrong with a text that has to be one of a few, if anything."""
    if type(value) is not str:
        return f"{name} is {shown(value)}" + ("" if value is MISSING else ", not a text")
    if value in tuple(allowed):
        return None
    return f"{name} is {shown(value)}, not one of {', '.join(allowed)}"


def time_problem(name: str, value: object) -> str | None:
    """What is wrong with a moment, if anything: exactly a `datetime`, at a fixed offset of UTC."""
    if type(value) is not datetime:
        return f"{name} is {shown(value)}" + ("" if value is MISSING else ", not a datetime")
    if value.tzinfo is None:
        return f"{name} has no time zone; give it in UTC"
    if type(value.tzinfo) is not timezone:
        return (
            f"{name} has a zone of type {kind_of(value.tzinfo)}; convert it with .astimezone(UTC)"
        )
    return None


def microseconds(moment: datetime) -> int:
    """Of a moment since 1970, exactly; negative before."""
    return (moment - _EPOCH) // _MICROSECOND


def exact(number: float) -> Fraction:
    """A number as it is printed: 0.1 is one tenth, not the nearest binary fraction."""
    return Fraction(repr(number))


def frozen(value: Any, depth: int) -> Any:
    """A copy that cannot be changed of a plain dict or list, and of those within it.

    Args:
        value: whatever was given for a field.
        depth: of mappings that are copied; what lies deeper is refused later.

    Returns:
        A read-only mapping, a tuple, the value itself if it is neither dict nor list, or
        `Unusable` for a mapping that cannot be read.
    """
    kind = type(value)
    if kind is list:
        return tuple(value)
    if kind is not dict and kind is not MappingProxyType:
        return value
    if not depth:
        return Unusable("a mapping where none belongs")
    try:
        plain = dict(value)
    except Exception as error:
        return Unusable(f"a mapping that cannot be read ({kind_of(error)})")
    for key in plain:
        if type(key) is not str:
            return Unusable(f"a mapping with a key of type {kind_of(key)}, not text")
    for key, item in plain.items():
        inner = type(item)
        if inner is list or inner is dict or inner is MappingProxyType:
            plain[key] = frozen(item, depth - 1)
    return MappingProxyType(plain)


def sorted_out(names: Iterable[str], fields: object) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A table as read from a file: what is known by name, and the rest.

    Returns:
        Value of every name, `MISSING` where there is none; and what is not known, described.
    """
    known = dict.fromkeys(names, MISSING)
    if type(fields) is not dict:
        return known, (f"a {kind_of(fields)} instead of a table",)
    strange = []
    for key, value in fields.items():
        if type(key) is str and key in known:
            known[key] = value
        else:
            strange.append(key if type(key) is str else f"a key {shown(key)}")
    return known, tuple(sorted(strange))


def outline(value: Any, depth: int = 0) -> Any:
    """What of a value goes into a digest: plain values by value, anything else by its type.

    Equal numbers are equal text (1 and 1.0, 0.0 and -0.0), equal moments too. A tuple is told
    with the plain values in it; what is nested in a tuple, or deeper than asked for, is told by
    its type alone: no field is so deep, and somebody could send a thousand levels.

    Args:
        value: whatever was given for a field.
        depth: of read-only mappings that are told, each of them made by `frozen`.
    """
    kind = type(value)
    if kind is tuple:
        return [_plain_outline(item) for item in value]
    if kind is MappingProxyType and depth:
        return {key: outline(item, depth - 1) for key, item in value.items()}
    return _plain_outline(value)


def _plain_outline(value: Any) -> Any:
    kind = type(value)
    if kind is float or kind is int:
        if -LARGEST <= value <= LARGEST:
            return float(value) + 0.0
        return {"number": shown(_as_float(value))}
    if kind is str or kind is bool or value is None:
        return value
    if kind is datetime and time_problem("", value) is None:
        return {"time": microseconds(value)}
    return {"other": shown(value)}


def _as_float(number: Any) -> Any:
    """The float that a number equals, so that 0, 0.0 and -0.0 are told alike; or the number."""
    try:
        same = float(number) + 0.0
    except OverflowError:
        return number
    return same if same == number else number
