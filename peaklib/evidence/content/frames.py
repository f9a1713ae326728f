"""Frames of pandas as tables of Arrow, without anything being turned into something else."""

from typing import TYPE_CHECKING, Any, Final

from peaklib.errors import EvidenceError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# What pyarrow raises for a column that it cannot hold; its own errors derive from these.
_FAILURES: Final = (TypeError, ValueError, OverflowError, NotImplementedError)
# Objects of these sorts become one type of Arrow and lose nothing.
_PURE: Final = ("string", "bytes", "integer", "floating", "mixed-integer-float", "boolean", "empty")


def arrow_of(frame: "pd.DataFrame") -> "pa.Table":
    """The frame as Arrow, with pandas' notes on its index and without its attributes.

    Raises:
        EvidenceError: a name is no text or used twice, or a column mixes types.
    """
    import pyarrow as pa
    from pandas.api.types import is_object_dtype

    _check_names(frame)
    for name, dtype in frame.dtypes.items():
        if is_object_dtype(dtype):
            _check_objects(f"column {name!r}", frame[name])
    for position, name in enumerate(frame.index.names):
        values = frame.index.get_level_values(position)
        if is_object_dtype(values.dtype):
            _check_objects(f"index level {name!r}", values)
    bare = frame.copy(deep=False)
    bare.attrs = {}
    try:
        return pa.Table.from_pandas(bare)
    except _FAILURES as error:
        raise EvidenceError(
            f"{_culprit(frame)} has no canonical form: {error}; convert it to one type, such as "
            "numbers or text"
        ) from None


def _culprit(frame: "pd.DataFrame") -> str:
    """Which column cannot be converted; the library does not always tell."""
    import pyarrow as pa

    for name in frame.columns:
        try:
            pa.array(frame[name], from_pandas=True)
        except _FAILURES:
            return f"column {name!r}"
    return "the index"


def _check_names(frame: "pd.DataFrame") -> None:
    names: list[Any] = list(frame.columns)
    levels: list[Any] = [name for name in frame.index.names if name is not None]
    odd = [name for name in (*names, *levels) if not isinstance(name, str)]
    if odd:
        raise EvidenceError(
            f"columns and index levels of a table are named by text, not by {odd[0]!r}; rename"
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise EvidenceError(f"the table has more than one column {twice!r}; rename or drop one")


def _check_objects(place: str, values: Any) -> None:
    """Refuse objects that Arrow would silently turn into others: dates from times, for example."""
    from datetime import datetime

    from pandas.api.types import infer_dtype

    found = infer_dtype(values, skipna=True)
    dates = found == "date" and not any(isinstance(value, datetime) for value in values)
    if found not in _PURE and not dates:
        raise EvidenceError(
            f"{place} holds objects of mixed or unknown type ({found}); convert it to one type, "
            "times by pandas.to_datetime"
        )
