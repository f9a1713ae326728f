"""Tables in the house style: decimals by metric name, units in the header, long ones folded."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from peaklib.errors import DataError
from peaklib.render.formats import Style, format_value, style_of
from peaklib.render.html import Fragment, escape, linked

FOLD: Final = 12


_LINE_LENGTH: Final = 60


@dataclass(frozen=True, repr=False)
class Table(Fragment):
    """A formatted table; show it in a notebook or print it.

    Args:
        header: column names.
        units: unit of each column, empty where it has none.
        rows: cell texts.
        numeric: which columns are numbers (set right, sorted as numbers).
        caption: one line above the table.
        fold: rows shown before the rest is folded away.
        links: address by the whole text of a header or a cell.
    """

    header: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    caption: str = ""
    fold: int = field(default=FOLD)
    links: Mapping[str, str] = field(default_factory=dict)

    def html(self) -> str:
        """The table as HTML; a long one shows its first rows and a button for all."""
        # A fold that hides one or two rows costs the reader more than it saves.
        if len(self.rows) <= self.fold + 2:
            return f'<div class="peak-table">{self._table(self.rows)}</div>'
        count = len(self.rows)
        return (
            '<div class="peak-table peak-fold">'
            f"<details><summary>show all {count} rows</summary>{self._table(self.rows)}</details>"
            f'<div class="peak-preview">{self._table(self.rows[: self.fold])}</div></div>'
        )

    def _table(self, rows: tuple[tuple[str, ...], ...]) -> str:
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        head = "".join(
            f"<th{_align(number)} scope=col>{self._linked(name)}{escape(_unit(unit))}</th>"
            for name, unit, number in zip(self.header, self.units, self.numeric, strict=True)
        )
        body = "\n".join(
            "<tr>"
            + "".join(
                f"<td{_align(number) or _wraps(cell)}>{self._linked(cell)}</td>"
                for cell, number in zip(row, self.numeric, strict=True)
            )
            + "</tr>"
            for row in rows
        )
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>"

    def _linked(self, text: str) -> str:
        return linked(text, self.links.get(text, ""))

    def __repr__(self) -> str:
        grid = [
            [f"{name}{_unit(unit)}" for name, unit in zip(self.header, self.units, strict=True)],
            *self.rows,
        ]
        widths = [max(len(row[at]) for row in grid) for at in range(len(self.header))]
        lines = [
            "  ".join(
                cell.rjust(width) if number else cell.ljust(width)
                for cell, width, number in zip(row, widths, self.numeric, strict=True)
            ).rstrip()
            for row in grid
        ]
        return "\n".join([self.caption, *lines] if self.caption else lines)


def table(
    frame: pd.DataFrame,
    *,
    caption: str = "",
    units: Mapping[str, str] | None = None,
    fold: int = FOLD,
    links: Mapping[str, str] | None = None,
) -> Table:
    """Format a frame: one style per column, chosen by the column's name.

    Args:
        frame: one row per line; a named index becomes the first columns, an unnamed
            `RangeIndex` is left out. Percent metrics are stored as fractions.
        caption: one line above the table.
        units: unit by column name, where the name alone does not say it (`slow`: `days`).
        fold: rows to show before the rest is folded away.
        links: address by text, such as `{"dsr": "#def-dsr"}`: every header (without its unit)
            and every cell with exactly this text leads there.

    Raises:
        DataError: `units` names a column that the frame does not have, `links` a text that
            the table does not hold, or two columns share a name.
    """
    flat = _with_index(frame)
    names = [str(name) for name in flat.columns]
    given = dict(units or {})
    if unknown := sorted(set(given) - set(names)):
        raise DataError(f"table: units name {unknown}, the columns are {names}")
    if len(set(names)) != len(names):
        raise DataError(f"table: column names repeat in {names}; rename them first")
    columns = [flat.iloc[:, at] for at in range(len(names))]
    numeric = tuple(_is_number(column) for column in columns)
    styles = [
        _without_noise(style_of(name), column, number)
        for name, column, number in zip(names, columns, numeric, strict=True)
    ]
    cells = [
        [format_value(value, style) for value in column]
        for column, style in zip(columns, styles, strict=True)
    ]
    rows = tuple(zip(*cells, strict=True))
    addresses = dict(links or {})
    if unused := sorted(set(addresses).difference(names, *rows)):
        raise DataError(f"table: links name {unused}, which no header or cell holds: {names}")
    return Table(
        header=tuple(names),
        units=tuple(given.get(name, style.unit) for name, style in zip(names, styles, strict=True)),
        rows=rows,
        numeric=numeric,
        caption=caption,
        fold=fold,
        links=addresses,
    )


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    if isinstance(frame.index, pd.RangeIndex) and frame.index.name is None:
        return frame
    return frame.reset_index(names=[str(name or "") for name in frame.index.names])


def _is_number(column: "pd.Series[Any]") -> bool:
    return bool(is_numeric_dtype(column) and not is_bool_dtype(column))


def _without_noise(style: Style, column: "pd.Series[Any]", number: bool) -> Style:
    """A column of floats without a style of its own gets the same decimals in every row."""
    if not number or style.decimals is not None or style.flag:
        return style
    values = pd.to_numeric(column, errors="coerce").dropna()
    if values.empty or is_bool_dtype(column) or (values == values.round()).all():
        return replace(style, decimals=0) if len(values) else style
    largest = float(values.abs().max())
    return replace(style, decimals=2 if largest >= 1 else 4)


def _unit(unit: str) -> str:
    return f", {unit}" if unit else ""


def _wraps(cell: str) -> str:
    """A text that is longer than a line may break."""
    return ' class="w"' if len(cell) > _LINE_LENGTH else ""


def _align(number: bool) -> str:
    return ' class="n"' if number else ""
