"""Circuit breakers as text, with a checksum: a text that was changed is an error.

The checksum is no secret. It finds accidents and careless edits, such as a list of trips emptied by
hand; who computes it anew can write any state.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from peaklib.errors import DataError, PeakError
from peaklib.evidence import canonical
from peaklib.risk.breakers.state import BreakerState, Reset, Trip

SCHEMA: Final = "peaklib.breaker/2"

_CHECKSUM: Final = "sha256"

_NUMBERS: Final = frozenset({"equity", "peak", "day_start", "value", "limit"})
_TIMES: Final = frozenset({"time", "at"})


def breaker_to_json(state: BreakerState) -> str:
    """A breaker as canonical JSON (RFC 8785); equal states are equal texts.

    The field `sha256` is the SHA-256, hexadecimal, of the same text without it.
    """
    plain = vars(state) | {
        "schema": SCHEMA,
        "trips": [vars(trip) for trip in state.trips],
        "resets": [
            vars(reset) | {"trips": [vars(trip) for trip in reset.trips]} for reset in state.resets
        ],
    }
    return canonical.to_json(plain | {_CHECKSUM: canonical.digest(plain)}).decode()


def breaker_from_json(text: str | bytes) -> BreakerState:
    """The breaker that was written.

    Nothing is guessed or left out, and nothing that cannot be read is taken for a fresh breaker.

    Args:
        text: of `breaker_to_json`, unchanged to the byte.

    Raises:
        DataError: a text that `breaker_to_json` would not have written, its checksum included.
    """
    try:
        raw = text if isinstance(text, bytes) else text.encode()
        state = _state(canonical.from_json(raw))
        if breaker_to_json(state).encode() != raw:
            raise DataError("it is not in the form that it is written in")
    except (PeakError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"stored breaker: cannot be read: {error}; hold the account flat, and restore the "
            "text that was written last: a fresh breaker would forget that it had tripped"
        ) from None
    return state


def _state(table: Any) -> BreakerState:
    schema = table.get("schema") if isinstance(table, Mapping) else None
    if schema != SCHEMA:
        raise DataError(f"its schema is {schema!r}, and this reads {SCHEMA!r}")
    fields = _fields(table, ("schema", _CHECKSUM, *BreakerState.__dataclass_fields__), "state")
    real = canonical.digest({name: value for name, value in table.items() if name != _CHECKSUM})
    if fields.pop(_CHECKSUM) != real:
        raise DataError("its sha256 is not that of its content, which has been changed")
    del fields["schema"]
    fields["recent"] = tuple((_time(at), count) for at, count in fields["recent"])
    fields["trips"] = tuple(_trip(trip) for trip in fields["trips"])
    fields["resets"] = tuple(_reset(reset) for reset in fields["resets"])
    return BreakerState(**fields)


def _trip(table: Any) -> Trip:
    return Trip(**_fields(table, tuple(Trip.__dataclass_fields__), "trip"))


def _reset(table: Any) -> Reset:
    fields = _fields(table, tuple(Reset.__dataclass_fields__), "reset")
    fields["trips"] = tuple(_trip(trip) for trip in fields["trips"])
    return Reset(**fields)


def _fields(table: Any, names: tuple[str, ...], where: str) -> dict[str, Any]:
    """Exactly these fields, numbers as floats and times as times."""
    if not isinstance(table, Mapping) or set(table) != set(names):
        found = sorted(table) if isinstance(table, Mapping) else type(table).__name__
        raise DataError(f"{where}: has {found}, expected {sorted(names)}")
    return {name: _value(name, value) for name, value in table.items()}


def _value(name: str, value: Any) -> Any:
    if name in _TIMES and value is not None:
        return _time(value)
    if name in _NUMBERS and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
