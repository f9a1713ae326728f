"""The one input of all tests: returns beside the VaR that was forecast for them.

Losses are positive numbers: a VaR of 0.02 is a loss of 2 %. Returns are simple returns as
fractions. A forecast stands on the bar that it is for, so it is compared with the return of
the same row.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.risk.measures.finite import first_not_finite
from peaklib.risk.measures.inputs import checked_array, tail_of
from peaklib.risk.measures.units import check_units

Floats = NDArray[np.float64]
Hits = NDArray[np.bool_]


@dataclass(frozen=True)
class Exceptions:
    """Days on which a VaR forecast can be judged; build it with `exceptions_of`.

    Args:
        returns: (n_days,), simple daily returns as fractions.
        var: (n_days,), VaR forecasts for these days; losses are positive numbers.
        hits: (n_days,), True where the loss was larger than the VaR.
        level: confidence of the VaR, such as 0.99.
        dropped: days before the first forecast, which were left out.
        shortfall: (n_days,), forecasts of expected shortfall as positive losses, or None.
        index: labels of the days, or None.
    """

    returns: Floats
    var: Floats
    hits: Hits
    level: float
    dropped: int = 0
    shortfall: Floats | None = None
    index: "pd.Index[Any] | None" = None

    @property
    def tail(self) -> float:
        """Probability with which a right VaR is exceeded: 0.01 for a level of 0.99."""
        return tail_of(self.level)

    @property
    def n_days(self) -> int:
        """Days that are judged."""
        return len(self.hits)

    @property
    def n_exceedances(self) -> int:
        """Days with a loss above the VaR."""
        return int(self.hits.sum())

    @property
    def losses(self) -> Floats:
        """(n_days,), returns with their sign turned: losses are positive numbers."""
        return -self.returns

    def last(self, n_days: int) -> "Exceptions":
        """The last `n_days` of them, or all if there are fewer."""
        if n_days < 1:
            raise DataError(f"last: {n_days} days asked for; it must be at least 1")
        part = slice(max(self.n_days - n_days, 0), None)
        return Exceptions(
            returns=self.returns[part],
            var=self.var[part],
            hits=self.hits[part],
            level=self.level,
            dropped=self.dropped,
            shortfall=None if self.shortfall is None else self.shortfall[part],
            index=None if self.index is None else self.index[part],
        )


def exceptions_of(
    returns: ArrayLike,
    var: ArrayLike,
    *,
    level: float,
    shortfall: ArrayLike | None = None,
) -> Exceptions:
    """Pair returns with the forecasts made for them.

    Days before the first forecast (NaN, a model's warm-up) are left out and counted. A gap
    later on is an error: without it, two days that were apart would become neighbours, and
    the tests of independence would read that as a fact.

    Args:
        returns: (n_days,), simple daily returns as fractions, oldest first.
        var: (n_days,), VaR for the same days, made before them; losses are positive numbers.
        level: confidence of the VaR, in (0.5, 1); 0.99 for a 99 % VaR.
        shortfall: (n_days,), expected shortfall for the same days, never below the VaR.

    Raises:
        DataError: something that is no numbers, lengths or indexes differ, numbers are missing
            or infinite, no day has a forecast, returns or VaRs that are percent or prices, most
            VaRs negative, a shortfall below its VaR, or `level` out of its range.
    """
    tail_of(level)
    outcome, forecast = _paired("var", returns, var)
    expected = None if shortfall is None else _paired("shortfall", returns, shortfall)[1]
    start = _warm_up(forecast if expected is None else forecast + expected)
    index = returns.index if isinstance(returns, pd.Series) else None
    named = {"returns": outcome, "var": forecast}
    if expected is not None:
        named["shortfall"] = expected
    for name, values in named.items():
        _check_finite(name, values, start, index)
    check_units(outcome, lambda row: f"return at row {row}")
    outcome, forecast = outcome[start:], forecast[start:]
    _check_size(forecast)
    if expected is not None:
        expected = expected[start:]
        _check_shortfall(forecast, expected, None if index is None else index[start:])
    return Exceptions(
        returns=outcome,
        var=forecast,
        hits=-outcome > forecast,
        level=level,
        dropped=start,
        shortfall=expected,
        index=None if index is None else index[start:],
    )


def exceedances(returns: ArrayLike, var: ArrayLike) -> Hits:
    """Days on which the loss was larger than the VaR; equal is no exceedance.

    Args:
        returns: (n_days,), simple returns as fractions.
        var: (n_days,), VaR for the same days; losses are positive numbers.

    Returns:
        (n_days,), True where `-returns > var`; False where the forecast is missing.

    Raises:
        DataError: lengths or indexes differ.
    """
    outcome, forecast = _paired("var", returns, var)
    return -outcome > forecast


def check_exceptions(exceptions: object) -> None:
    """Raise a `DataError` unless something is what `exceptions_of` returns."""
    if not isinstance(exceptions, Exceptions):
        raise DataError(
            f"exceptions: a {type(exceptions).__name__}; give exceptions_of(returns, var, "
            "level=...), which pairs returns with their forecasts"
        )


def _paired(name: str, returns: ArrayLike, forecasts: ArrayLike) -> tuple[Floats, Floats]:
    outcome, forecast = checked_array("returns", returns), checked_array(name, forecasts)
    if outcome.ndim != 1 or outcome.shape != forecast.shape:
        raise DataError(
            f"returns have the shape {outcome.shape}, {name} has {forecast.shape}; give one "
            "forecast a day, NaN where there was none"
        )
    if isinstance(returns, pd.Series) and isinstance(forecasts, pd.Series):
        days, others = returns.index, forecasts.index
        if not days.equals(others):
            row = int(np.argmax(np.asarray(days != others)))
            raise DataError(
                f"returns and {name} part ways at row {row}: {days[row]} against {others[row]}; "
                "put each forecast on the day that it is for"
            )
    return outcome, forecast


def _warm_up(forecasts: Floats) -> int:
    known = ~np.isnan(forecasts)
    if not known.any():
        raise DataError(f"none of {len(forecasts)} days has a forecast; there is nothing to test")
    return int(np.argmax(known))


def _check_finite(name: str, values: Floats, start: int, index: "pd.Index[Any] | None") -> None:
    bad = first_not_finite(values[start:])
    if bad is not None:
        row = start + bad[0]
        where = f"row {row}" if index is None else f"row {row} ({index[row]})"
        raise DataError(
            f"{name} is {values[row]} at {where}, after the first forecast; days that cannot be "
            "judged belong at the start, so cut the series where the gap ends"
        )


def _check_size(var: Floats) -> None:
    huge = int((var > 1).sum())
    if 2 * huge > len(var):
        raise DataError(
            f"VaR is above 1 on {huge} of {len(var)} days, a loss of more than all there is; give "
            "fractions, 0.02 for 2 %"
        )
    negative = int((var < 0).sum())
    if 2 * negative > len(var):
        raise DataError(
            f"VaR is negative on {negative} of {len(var)} days; losses are positive numbers "
            "here, so turn the sign of a quantile of returns"
        )


def _check_shortfall(var: Floats, shortfall: Floats, index: "pd.Index[Any] | None") -> None:
    # A flat tail has both equal, up to the last bits of a mean.
    bad = np.flatnonzero((shortfall < var * (1 - 1e-9)) | (shortfall <= 0))
    if bad.size:
        row = int(bad[0])
        where = f"day {row}" if index is None else f"{index[row]}"
        raise DataError(
            f"expected shortfall is {shortfall[row]:.6g} and VaR {var[row]:.6g} on {where}; the "
            "mean loss beyond the VaR is positive and not smaller than it: same level, same sign?"
        )
