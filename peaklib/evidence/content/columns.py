"""One column of a table in canonical form: a logical type and plain arrays.

Storage does not count: any width of integer or number, any unit or zone of a time, any kind of
text, plain or as categories in whatever order, is the same column when the values are the same.

================  =====================================================================
number            float64; every missing value the same NaN, -0.0 as 0.0
integer           int64; uint64 (`unsigned integer`) if a value needs it
boolean, date     one byte; days since 1970 as int64
text, bytes       lengths in bytes as int64, then all the bytes; text as UTF-8
instant           time with a zone: seconds since 1970 UTC rounded down as int64, then
                  the nanoseconds above as int32
local time        time without a zone, in the same way
duration          in the same way
nothing           objects that are all missing; no bytes
================  =====================================================================
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from peaklib.errors import EvidenceError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Parts = tuple[np.ndarray[Any, Any], ...]

_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


@dataclass(frozen=True, eq=False)
class Column:
    """Values of one column.

    Args:
        name: its name; None for an index level without one.
        kind: logical type, such as `number` or `local time`.
        values: as Arrow holds them, one chunk, categories replaced by their values.
        missing: one byte a row, 1 where there is no value; empty for numbers, whose missing
            values are NaN, and for columns of nothing.
        parts: the values as arrays; 0 where missing.
    """

    name: str | None
    kind: str
    values: "pa.Array"
    missing: "np.ndarray[Any, Any]"
    parts: "Parts"


def column(name: str | None, values: "pa.ChunkedArray", place: str = "column") -> Column:
    """Bring a column of Arrow to canonical form.

    Args:
        name: of the column.
        values: any type that `kind_of` knows.
        place: how an error calls it.

    Raises:
        EvidenceError: its type has no canonical form; the message names the column.
    """
    import numpy as np
    import pyarrow as pa

    array = values.combine_chunks()
    kind = kind_of(array.type, f"{place} {name!r}")
    if _is_category(array.type):
        array = array.dictionary_decode()
    if kind in ("text", "bytes"):
        array = array.cast(pa.large_string() if kind == "text" else pa.large_binary())
    if kind == "integer" and _beyond_int64(array):
        kind = "unsigned integer"
    if kind in ("number", "nothing"):
        missing = np.empty(0, dtype="u1")
    else:
        missing = array.is_null().to_numpy(zero_copy_only=False).astype("u1")
    return Column(name, kind, array, missing, _PARTS[kind](array))


def kind_of(stored: "pa.DataType", place: str) -> str:
    """Logical type of a type of Arrow.

    Args:
        stored: the type.
        place: how an error calls the column.

    Raises:
        EvidenceError: it has none; the message names the place.
    """
    import pyarrow.types as types

    inner = stored.value_type if _is_category(stored) else stored
    for kind, tests in _KINDS.items():
        if any(getattr(types, f"is_{test}")(inner) for test in tests):
            if kind == "local time" and inner.tz is not None:
                return "instant"
            return kind
    raise EvidenceError(
        f"{place} holds {inner}, which has no canonical form; store numbers, text, bytes, "
        "true/false, dates, times or durations"
    )


_KINDS: Final = {
    "integer": ("integer",),
    "number": ("floating",),
    "boolean": ("boolean",),
    "text": ("string", "large_string", "string_view"),
    "bytes": ("binary", "large_binary", "fixed_size_binary", "binary_view"),
    "local time": ("timestamp",),
    "duration": ("duration",),
    "date": ("date",),
    "nothing": ("null",),
}


def _is_category(stored: "pa.DataType") -> bool:
    import pyarrow.types as types

    return bool(types.is_dictionary(stored))


def _beyond_int64(array: "pa.Array") -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    top = pc.max(array).as_py() if array.type == pa.uint64() else None
    return top is not None and top >= 2**63


def _numbers(array: "pa.Array") -> "Parts":
    import numpy as np

    plain = array.to_numpy(zero_copy_only=False).astype("f8")
    # Adding zero turns -0.0 into 0.0; `where` gives every NaN the same bits.
    return (np.where(np.isnan(plain), np.nan, plain + 0.0).astype("f8", copy=False),)


def _filled(array: "pa.Array", width: str) -> "np.ndarray[Any, Any]":
    import numpy as np

    whole = array.fill_null(0) if array.null_count else array
    return np.asarray(whole.to_numpy(zero_copy_only=False)).astype(width, copy=False)


def _integers(array: "pa.Array") -> "Parts":
    return (_filled(array, "i8"),)


def _unsigned(array: "pa.Array") -> "Parts":
    return (_filled(array, "u8"),)


def _booleans(array: "pa.Array") -> "Parts":
    import pyarrow as pa

    return (_filled(array.cast(pa.uint8()), "u1"),)


def _times(array: "pa.Array") -> "Parts":
    """Whole seconds since 1970 (or of the duration), rounded down, and the nanoseconds above."""
    import pyarrow as pa

    per_second = _PER_SECOND[array.type.unit]
    ticks = _filled(array.cast(pa.int64()), "i8")
    seconds = ticks // per_second
    rest = (ticks - seconds * per_second) * (10**9 // per_second)
    return seconds, rest.astype("i4")


def _dates(array: "pa.Array") -> "Parts":
    import pyarrow as pa

    return (_filled(array.cast(pa.date32()).cast(pa.int32()), "i8"),)


def _blobs(array: "pa.Array") -> "Parts":
    """Length of each value in bytes, and all bytes one after the other."""
    import numpy as np
    import pyarrow as pa

    whole = array.cast(pa.large_binary())
    whole = whole.fill_null(b"") if whole.null_count else whole
    _, offsets, data = whole.buffers()
    ends = np.frombuffer(offsets, "i8", len(whole) + 1, whole.offset * 8)
    start, stop = int(ends[0]), int(ends[-1])
    blob = np.frombuffer(data, "u1", stop - start, start) if stop > start else _no_bytes()
    return np.diff(ends), blob


def _no_bytes() -> "np.ndarray[Any, Any]":
    import numpy as np

    return np.empty(0, dtype="u1")


def _nothing(_: "pa.Array") -> "Parts":
    return ()


_PARTS: Final[dict[str, Callable[["pa.Array"], "Parts"]]] = {
    "integer": _integers,
    "unsigned integer": _unsigned,
    "number": _numbers,
    "boolean": _booleans,
    "text": _blobs,
    "bytes": _blobs,
    "instant": _times,
    "local time": _times,
    "duration": _times,
    "date": _dates,
    "nothing": _nothing,
}
