"""Differences between two tables, column by column on whole arrays."""

from typing import TYPE_CHECKING, Any

from peaklib.evidence.canonical import LARGEST, duration_text
from peaklib.evidence.content.columns import Column
from peaklib.evidence.content.tables import Table
from peaklib.evidence.content.tally import MISSING, Difference, Tally

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def compare_tables(place: str, left: Table, right: Table, tally: Tally) -> None:
    """Compare shape, names and types, then the values, row by row.

    Args:
        place: how to call the table, such as `tables/trials`.
        left: the one table.
        right: the other.
        tally: takes the differences. If one table has more rows, those that both have are
            still compared.
    """
    old, new = _labelled(left), _labelled(right)
    if left.rows != right.rows:
        tally.add(Difference(f"{place} rows", left.rows, right.rows))
    _compare_order(place, [n for n in old if n in new], [n for n in new if n in old], tally)
    same = []
    for label in (*old, *(label for label in new if label not in old)):
        before, after = (side[label].kind if label in side else MISSING for side in (old, new))
        if before != after:
            aspect = "" if MISSING in (before, after) else " type"
            tally.add(Difference(f"{place} {label}{aspect}", before, after))
            continue
        if old[label].name != new[label].name:
            tally.add(Difference(f"{place} {label} name", old[label].name, new[label].name))
        same.append((label, old[label], new[label]))
    _compare_cells(place, same, min(left.rows, right.rows), tally)


def _labelled(table: Table) -> dict[str, Column]:
    levels = {f"index level {number}": level for number, level in enumerate(table.index)}
    return levels | {f"column {column.name}": column for column in table.columns}


def _compare_order(place: str, old: list[str], new: list[str], tally: Tally) -> None:
    pairs = (pair for pair in zip(old, new, strict=True) if pair[0] != pair[1])
    for before, after in pairs:
        tally.add(Difference(f"{place} order of columns", before, after))
        return


def _compare_cells(
    place: str, columns: list[tuple[str, Column, Column]], rows: int, tally: Tally
) -> None:
    """Note the differing cells in order of rows; only those that are kept become objects."""
    found: list[tuple[int, int, Difference]] = []
    count = 0
    for position, (label, old, new) in enumerate(columns):
        if old.kind == "number":
            at, relative = _numbers(old, new, rows)
            _see_largest(place, label, (old, new), at, relative, tally)
            beyond = relative > tally.rtol
            tally.within += len(at) - int(beyond.sum())
            at, relative = at[beyond], relative[beyond]
        else:
            at, relative = _others(old, new, rows), None
        count += len(at)
        for number, row in enumerate(at[: tally.room].tolist()):
            size = None if relative is None else float(relative[number])
            found.append((row, position, _cell(place, label, (old, new), row, size)))
    found.sort(key=lambda cell: cell[:2])
    kept = [difference for _, _, difference in found[: max(tally.room, 0)]]
    for difference in kept:
        tally.add(difference)
    tally.beyond += count - len(kept)


def _cell(
    place: str, label: str, pair: tuple[Column, Column], row: int, relative: float | None
) -> Difference:
    finite = None if relative is None or relative == float("inf") else relative
    left, right = (_shown(column, row) for column in pair)
    return Difference(f"{place} row {row} {label}", left, right, finite)


def _shown(column: Column, row: int) -> Any:
    """One value as JSON can hold it: times and large integers as text, bytes in hexadecimal."""
    import pyarrow as pa

    value = column.values[row]
    if not value.is_valid:
        return None
    if column.kind == "number":
        number = float(column.parts[0][row])
        return None if number != number else number
    if column.kind == "duration":
        seconds, rest = (int(part[row]) for part in column.parts)
        return duration_text(seconds * 10**9 + rest)
    if column.kind in ("instant", "local time", "date"):
        zone = "UTC" if column.kind == "instant" else None
        stored = value if zone is None else value.cast(pa.timestamp(value.type.unit, zone))
        return stored.cast(pa.string()).as_py()
    if column.kind == "bytes":
        return value.as_py().hex()
    plain = value.as_py()
    return str(plain) if isinstance(plain, int) and abs(plain) > LARGEST else plain


def _see_largest(
    place: str,
    label: str,
    pair: tuple[Column, Column],
    at: "Array",
    relative: "Array",
    tally: Tally,
) -> None:
    import numpy as np

    finite = np.flatnonzero(np.isfinite(relative))
    if len(finite):
        top = finite[int(np.argmax(relative[finite]))]
        tally.see(_cell(place, label, pair, int(at[top]), float(relative[top])))


def _numbers(old: Column, new: Column, rows: int) -> "tuple[Array, Array]":
    """Rows where two columns of numbers differ, and by how much; infinite where one has none."""
    import numpy as np

    left, right = old.parts[0][:rows], new.parts[0][:rows]
    at = np.flatnonzero((left != right) & ~(np.isnan(left) & np.isnan(right)))
    left, right = left[at], right[at]
    with np.errstate(all="ignore"):
        top = np.maximum(np.abs(left), np.abs(right))
        apart = np.abs(left - right)
        relative = np.where(np.isfinite(apart), apart / top, np.abs(left / top - right / top))
    return at, np.where(np.isfinite(relative), relative, np.inf)


def _others(old: Column, new: Column, rows: int) -> "Array":
    """Rows where two columns of any other type differ."""
    import numpy as np
    import pyarrow.compute as pc

    unequal = old.missing[:rows] != new.missing[:rows]
    if old.kind in ("text", "bytes"):
        apart = pc.not_equal(old.values.slice(0, rows), new.values.slice(0, rows))
        return np.flatnonzero(unequal | apart.fill_null(False).to_numpy(zero_copy_only=False))
    for left, right in zip(old.parts, new.parts, strict=True):
        unequal = unequal | (left[:rows] != right[:rows])
    return np.flatnonzero(unequal)
