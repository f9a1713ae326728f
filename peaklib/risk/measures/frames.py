"""What is asked of a table with named columns before it is calculated with."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.measures.units import check_units

Floats = NDArray[np.float64]


def check_frame(name: str, table: object, rows: str, columns: str) -> None:
    """Make sure that something is a frame, whose columns have names.

    Args:
        name: of the argument, for the message.
        table: that was given.
        rows, columns: what one of each stands for, such as `a bar` and `an asset`.

    Raises:
        DataError: it is no frame; says how to make one of it.
    """
    if isinstance(table, pd.DataFrame):
        return
    remedy = (
        f"; {name}.to_frame('NAME') makes one of a series" if isinstance(table, pd.Series) else ""
    )
    raise DataError(
        f"{name}: a {type(table).__name__}; give a pandas DataFrame with a row {rows} and a "
        f"column {columns}, by name{remedy}"
    )


def frame_values(name: str, table: pd.DataFrame) -> Floats:
    """The numbers of a frame, NaN where one is missing.

    Raises:
        DataError: a column holds something else; names it.
    """
    try:
        return table.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        pass
    for place, label in enumerate(table.columns):
        try:
            table.iloc[:, place].to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{name}, column {label!r}: not numbers ({error}); convert it or leave it out"
            ) from None
    raise DataError(f"{name}: its columns are not numbers; convert them")


def check_frame_units(name: str, table: pd.DataFrame, values: Floats) -> None:
    """Make sure that every column of a frame can be simple returns; see `check_units`.

    Args:
        name: of the frame, for the message.
        table: whose labels are told.
        values: its numbers, rows in order of time; NaN where there is none.

    Raises:
        DataError: a column cannot; names row and column.
    """
    for column, label in enumerate(table.columns):
        check_units(values[:, column], partial(_cell, name, table.index, label))


def _cell(name: str, index: "pd.Index[Any]", label: object, row: int) -> str:
    return f"{name}, row {row} ({index[row]!s}), column {label!r}"
