"""Daily closes as all of this room reads them, and the rank of a value among others."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.data import Dataset
from peaklib.errors import DataError

Floats = NDArray[np.float64]


def check_daily(data: Dataset) -> None:
    """Refuse what has no daily bars.

    Raises:
        DataError: bars of another length.
    """
    if data.meta.interval != pd.Timedelta(days=1):
        raise DataError(
            f"{data.name}: bars of {data.meta.interval}, and an outlook counts trading days; give "
            "daily bars"
        )


def daily_closes(data: Dataset) -> Floats:
    """(n_days,) closes of a price or an index.

    Raises:
        DataError: bars of another length, or a rate, which has no returns.
    """
    check_daily(data)
    if data.meta.kind == "rate":
        raise DataError(
            f"{data.name} is a rate: it has no returns, so no volatility, drawdown or regime of "
            "them; give a price or an index, and keep rates for comparison"
        )
    return data.column("close")


def share_up_to(values: Floats, value: float) -> float:
    """Share of the values that are not above one value, 0 … 1; NaN are left out.

    Raises:
        DataError: no value is known.
    """
    known = values[~np.isnan(values)]
    if not known.size:
        raise DataError("there is no value to rank against; give more days")
    return float(np.mean(known <= value))
