"""A table in canonical form, from Arrow, and its digest.

The hashed bytes are one line of canonical JSON (format, rows, name and logical type of each
index level and column), then for each of these, in this order, one byte a row for "missing"
and the values, little-endian (`peaklib.evidence.content.columns`). The order of columns and rows
counts, and so does a change of type: the integer 1 is not the number 1.0. An unnamed index
that counts the rows from 0 is no content, any other index is.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import to_json
from peaklib.evidence.content.columns import Column, column

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT: Final = "peak-table/1"


@dataclass(frozen=True, eq=False)
class Table:
    """What a table says.

    Args:
        rows: how many.
        index: levels of the index; none if it only counts the rows.
        columns: in their order, without the incidental ones.
    """

    rows: int
    index: tuple[Column, ...]
    columns: tuple[Column, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over what the table says, hexadecimal."""
        state = sha256(to_json(self._header()) + b"\n")
        for part in (*self.index, *self.columns):
            for array in (part.missing, *part.parts):
                state.update(array.astype(array.dtype.newbyteorder("<"), copy=False).data)
        return state.hexdigest()

    def _header(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "rows": self.rows,
            "index": [{"name": level.name, "type": level.kind} for level in self.index],
            "columns": [{"name": part.name, "type": part.kind} for part in self.columns],
        }


def table_of(stored: "pa.Table", incidental: Sequence[str] = ()) -> Table:
    """Bring a table of Arrow to canonical form.

    Args:
        stored: as read from Parquet or made from a frame; pandas' notes on the index are heeded.
        incidental: columns that are no content.

    Raises:
        EvidenceError: a column has no canonical form, or `incidental` names one that is not there.
    """
    levels = _noted_levels(stored)
    fields = {field for field, _, _ in levels}
    names = [name for name in stored.column_names if name not in fields]
    _check_names(names, incidental)
    index = tuple(column(name, values, "index level") for _, name, values in levels)
    columns = tuple(column(name, stored[name]) for name in names if name not in incidental)
    rows = len(index[0].values) if index else stored.num_rows
    return Table(rows, () if _counts_rows(index) else index, columns)


def _check_names(names: list[str], incidental: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise EvidenceError(f"the table has more than one column {twice!r}; rename or drop one")
    for name in incidental:
        if name not in names:
            raise EvidenceError(
                f"{name!r} is named as incidental and is no column of the table, which has "
                f"{', '.join(names)}"
            )


def _noted_levels(
    stored: "pa.Table",
) -> list[tuple[str | None, str | None, "pa.ChunkedArray"]]:
    try:
        return list(_levels(stored))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvidenceError(
            f"pandas' notes on the index cannot be read ({type(error).__name__}: {error}); the "
            "table was changed after pandas made it"
        ) from None


def _levels(stored: "pa.Table") -> Iterator[tuple[str | None, str | None, "pa.ChunkedArray"]]:
    """Field, name and values of each level of the index that pandas noted."""
    notes = json.loads((stored.schema.metadata or {}).get(b"pandas", b"{}"))
    names = {entry.get("field_name"): entry["name"] for entry in notes.get("columns", [])}
    for level in notes.get("index_columns", []):
        if isinstance(level, str):
            yield level, names[level], stored[level]
            continue
        counted = range(level["start"], level["stop"], level["step"])
        # Like pandas: a note that does not fit the rows any more is void.
        if len(counted) == stored.num_rows or not stored.column_names:
            yield None, level["name"], _counted(counted)


def _counted(numbers: range) -> "pa.ChunkedArray":
    import numpy as np
    import pyarrow as pa

    values = np.arange(numbers.start, numbers.stop, numbers.step, dtype="i8")
    return pa.chunked_array([pa.array(values)])


def _counts_rows(index: tuple[Column, ...]) -> bool:
    import numpy as np

    if len(index) != 1 or index[0].name is not None or index[0].kind != "integer":
        return False
    (values,) = index[0].parts
    return not index[0].missing.any() and bool((values == np.arange(len(values))).all())
