"""The Basel traffic light: zones of exceedances and what they cost in capital."""

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from scipy.special import bdtr, bdtrc

from peaklib.errors import DataError
from peaklib.risk.var_tests.exceptions import Exceptions, check_exceptions
from peaklib.risk.var_tests.likelihood_ratio import check_counts, check_rate

Zone = Literal["green", "yellow", "red"]
Schedule = Literal["1996", "2019"]
BASEL_DAYS: Final = 250
BASEL_TAIL: Final = 0.01
_YELLOW_AT: Final = 0.95
_RED_AT: Final = 0.9999
# Multiplier without exceedances, and what is added for 5, 6, 7, 8, 9, and for 10 or more.
_SCHEDULES: Final[dict[str, tuple[float, tuple[float, ...]]]] = {
    "1996": (3.0, (0.40, 0.50, 0.65, 0.75, 0.85, 1.00)),
    "2019": (1.5, (0.20, 0.26, 0.33, 0.38, 0.42, 0.50)),
}


@dataclass(frozen=True)
class ZoneLimits:
    """Counts of exceedances at which the colour changes.

    Args:
        yellow: smallest count of the yellow zone.
        red: smallest count of the red zone.
    """

    yellow: int
    red: int

    def zone(self, n_exceedances: int) -> Zone:
        """Colour of a count."""
        if n_exceedances >= self.red:
            return "red"
        return "yellow" if n_exceedances >= self.yellow else "green"


@dataclass(frozen=True)
class TrafficLight:
    """Where a count of exceedances stands.

    Args:
        zone: green, yellow or red.
        n_exceedances: that were counted.
        n_days: in which they were counted.
        cumulative: probability of so many or fewer with a right VaR.
        p_value: probability of so many or more with a right VaR.
        multiplier: of the capital charge, or None where Basel names none: other than 250
            days or a tail of 1 %.
    """

    zone: Zone
    n_exceedances: int
    n_days: int
    cumulative: float
    p_value: float
    multiplier: float | None


def zone_limits(n_days: int = BASEL_DAYS, tail: float = BASEL_TAIL) -> ZoneLimits:
    """Where the yellow and the red zone begin.

    A zone begins at the smallest count of which "so many or fewer" has a probability of at
    least 95 % (yellow) or 99.99 % (red) with a right VaR.

    Args:
        n_days: length of the window, in trading days.
        tail: promised exceedance rate, in (0, 1).

    Raises:
        DataError: an argument outside its range.

    Source: Basel Committee (1996), Supervisory framework for the use of "backtesting".

    >>> zone_limits(250, 0.01)
    ZoneLimits(yellow=5, red=10)
    """
    check_rate(tail)
    check_counts(0, n_days)
    cumulative = bdtr(np.arange(n_days + 1), n_days, tail)
    return ZoneLimits(
        yellow=int(np.argmax(cumulative >= _YELLOW_AT)), red=int(np.argmax(cumulative >= _RED_AT))
    )


def traffic_light(
    n_exceedances: int,
    n_days: int = BASEL_DAYS,
    tail: float = BASEL_TAIL,
    *,
    schedule: Schedule = "1996",
) -> TrafficLight:
    """Basel zone of a count of exceedances, with the multiplier of the capital charge.

    One-sided: a VaR that is never exceeded is green, however much capital it wastes.

    Args:
        n_exceedances: days with loss > VaR.
        n_days: length of the window, in trading days.
        tail: promised exceedance rate, in (0, 1).
        schedule: `1996` (3.00 to 4.00) or `2019` (1.50 to 2.00, Basel III).

    Raises:
        DataError: an argument outside its range, or an unknown schedule.

    Source: Basel Committee (1996), Supervisory framework for the use of "backtesting", table
    2; Basel Committee (2019), Minimum capital requirements for market risk, MAR32.

    >>> traffic_light(6).zone, traffic_light(6).multiplier
    ('yellow', 3.5)
    """
    check_counts(n_exceedances, n_days)
    if schedule not in _SCHEDULES:
        raise DataError(f"schedule is {schedule!r}; it is one of {sorted(_SCHEDULES)}")
    limits = zone_limits(n_days, tail)
    return TrafficLight(
        zone=limits.zone(n_exceedances),
        n_exceedances=n_exceedances,
        n_days=n_days,
        cumulative=float(bdtr(n_exceedances, n_days, tail)),
        p_value=float(bdtrc(n_exceedances - 1, n_days, tail)) if n_exceedances else 1.0,
        multiplier=_multiplier(n_exceedances, schedule)
        if (n_days, tail) == (BASEL_DAYS, BASEL_TAIL)
        else None,
    )


def rolling_zones(
    exceptions: Exceptions, *, window: int = BASEL_DAYS, schedule: Schedule = "1996"
) -> pd.DataFrame:
    """Traffic light of every day over the `window` days that end with it.

    Args:
        exceptions: days with their hits.
        window: trading days that are counted.
        schedule: of the multiplier, see `traffic_light`.

    Returns:
        A row for each day from the `window`-th on, with the index of the days: `count`,
        `zone` and `multiplier` (NaN where Basel names none).

    Raises:
        DataError: fewer days than `window`, or an argument outside its range.
    """
    check_exceptions(exceptions)
    if not 1 <= window <= exceptions.n_days:
        raise DataError(
            f"a window of {window} days over {exceptions.n_days}; it is between 1 and the days"
        )
    counted = np.concatenate([[0], np.cumsum(exceptions.hits)])
    counts = counted[window:] - counted[:-window]
    lights = {
        count: traffic_light(count, window, exceptions.tail, schedule=schedule)
        for count in np.unique(counts).tolist()
    }
    index: pd.Index[Any] = (
        pd.RangeIndex(exceptions.n_days) if exceptions.index is None else exceptions.index
    )
    return pd.DataFrame(
        {
            "count": counts,
            "zone": [lights[count].zone for count in counts.tolist()],
            "multiplier": [_or_nan(lights[count].multiplier) for count in counts.tolist()],
        },
        index=index[window - 1 :],
    )


def _multiplier(n_exceedances: int, schedule: str) -> float:
    base, plus = _SCHEDULES[schedule]
    if n_exceedances < 5:
        return base
    return round(base + plus[min(n_exceedances - 5, len(plus) - 1)], 2)


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
