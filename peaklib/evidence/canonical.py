"""One way to write JSON: RFC 8785, so that equal values are equal bytes.

What JSON has no word for is written by one rule each:

=========================================  ==============================================
NaN, NaT, pandas' NA                       null
infinities                                 "Infinity", "-Infinity"
-0.0                                       0
numbers of numpy                           by value: a float32 0.1 is 0.10000000149011612
integers beyond 2**53 - 1 either way       refused: readers of JSON would round them
time with a zone                           ISO 8601 in UTC; the zone's name is dropped
time without a zone, date                  ISO 8601
duration                                   ISO 8601 in seconds: "PT86400S", "PT0.5S"
tuple                                      list
keys that are not text; sets; the rest     refused, with the path of the value
=========================================  ==============================================
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import rfc8785

from peaklib.errors import EvidenceError

LARGEST: Final = 2**53 - 1
"""The largest integer that every reader of JSON keeps exactly."""

# By name: knowing them by identity would import pandas for every small record.
_MISSING: Final = ("NAType", "NaTType")


def to_json(value: Any) -> bytes:
    """Canonical bytes of a value.

    Args:
        value: mappings, lists and tuples of plain values, numbers of numpy, times, durations.

    Returns:
        RFC 8785 JSON; what JSON cannot say is written as the module's table tells.

    Raises:
        EvidenceError: a value has no canonical form; the message names its path.
    """
    try:
        return rfc8785.dumps(_plain(value))
    except _Refused as refused:
        raise EvidenceError(f"{refused.path()}: {refused.reason}") from None


def digest(value: Any) -> str:
    """SHA-256 of the canonical bytes, hexadecimal; see `to_json`."""
    return sha256(to_json(value)).hexdigest()


def duration_text(nanoseconds: int) -> str:
    """A length of time as ISO 8601 in seconds, without needless digits."""
    seconds, rest = divmod(abs(nanoseconds), 10**9)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{'-' if nanoseconds < 0 else ''}PT{seconds}{fraction}S"


def from_json(text: bytes | str) -> Any:
    """Read JSON so that `to_json` of the result gives the same canonical bytes again.

    Numbers above 2**53 are read as floats, which is what RFC 8785 writes them from.

    Raises:
        ValueError: the text is no JSON; NaN and infinities as bare words are none.
    """
    return json.loads(text, parse_int=_integer, parse_constant=_no_number)


def _integer(digits: str) -> int | float:
    value = int(digits)
    return value if abs(value) <= LARGEST else float(digits)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON; write null or a text")


class _Refused(Exception):
    """A value without a canonical form; the path grows on the way out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.steps: list[str] = []

    def path(self) -> str:
        return "".join(reversed(self.steps)).removeprefix(".") or "value"


def _plain(value: Any) -> Any:
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        return _text(value)
    if kind is float or kind is int:
        return _number(value)
    if isinstance(value, Mapping):
        return _members(value)
    if isinstance(value, list | tuple):
        return _elements(value)
    return _other(value)


def _members(value: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise _Refused(f"the key {key!r} is {type(key).__name__}, and JSON has text keys only")
        name = _text(key)
        try:
            plain[name] = _plain(item)
        except _Refused as refused:
            refused.steps.append(f".{key}")
            raise
    return plain


def _elements(value: Sequence[Any]) -> list[Any]:
    plain: list[Any] = []
    append = plain.append
    try:
        for item in value:
            append(_plain(item))
    except _Refused as refused:
        refused.steps.append(f"[{len(plain)}]")
        raise
    return plain


def _text(value: str) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _Refused(f"{value!a} is no valid Unicode text") from None
    return value


def _number(value: float) -> float | str | None:
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise _Refused(
                f"the integer {value} is beyond 2**53 - 1, readers of JSON would round it; "
                "keep it as text"
            )
        return value
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return None
    return "Infinity" if value > 0 else "-Infinity"


def _other(value: Any) -> Any:
    """Subclasses of plain types, numbers of numpy, times and durations."""
    if type(value).__name__ in _MISSING:
        return None
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _duration(value)
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        inner = _scalar(value)
        if type(inner) is not type(value):
            return _plain(inner)
    raise _Refused(
        f"{type(value).__name__} has no canonical form; convert it to numbers, text, lists "
        "or mappings"
    )


def _duration(value: timedelta) -> str:
    nanoseconds = (value.days * 86400 + value.seconds) * 10**9 + value.microseconds * 1000
    return duration_text(nanoseconds + getattr(value, "nanoseconds", 0))


def _scalar(value: Any) -> Any:
    """What a scalar of numpy holds; its own times would lose their nanoseconds by `item`."""
    kind = value.dtype.kind
    if kind not in "mM":
        return value.item()
    import pandas as pd

    try:
        return (pd.Timestamp if kind == "M" else pd.Timedelta)(value[()])
    except ValueError as error:
        raise _Refused(f"{value!r} is no exact length of time: {error}") from None
