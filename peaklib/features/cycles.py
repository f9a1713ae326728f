"""Armstrong's Economic Confidence Model: a calendar of waves of 8.6 years.

The model is folklore: nothing but its author's word says that markets follow it, and it is
here so that it can be tested. Its turning points are known decades ahead, so a feature made
of them looks at no later row.

A decimal year such as 2015.75 means a date by one of two rules:

- `armstrong`: the day of the year whose number is 365 times the fraction, truncated and
  at least 1, whether the year is a leap year or not; 2015.75 is day 273, 30 September.
- `elapsed`: that fraction of the real year has passed; 2015.75 is 1 October, 18:00.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# All in hundredths of a year, which are exact.
ANCHOR: Final = 198_995
"""The turning point from which all are counted: 1989.95, a high."""
WAVE: Final = 860
"""The whole wave, from high to high: 8.6 years."""
HALF: Final = 430
"""From high to low, or low to high."""
QUARTER: Final = 215

RULES: Final = ("armstrong", "elapsed")
"""What a decimal year may mean."""

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND


@dataclass(frozen=True)
class Place:
    """Where stamps lie between the turning points around them; each (n,).

    Args:
        number: of the last turning point, 0 for that of 1989.95, negative before.
        since: days from it, 0 at the turning point itself.
        until: days to the next one, above 0.
    """

    number: Ints
    since: Floats
    until: Floats

    @property
    def phase(self) -> Floats:
        """Share of the way from the last turning point to the next, 0 <= phase < 1."""
        return np.asarray(self.since / (self.since + self.until))


def turning_points(
    first_year: int, last_year: int, *, span: int = WAVE, rule: str = "armstrong"
) -> pd.DatetimeIndex:
    """Turning points whose decimal years lie in first_year <= year < last_year + 1.

    Args:
        first_year, last_year: calendar years.
        span: hundredths of a year between two: `WAVE`, `HALF` or `QUARTER`.
        rule: what a decimal year means, see above.

    Returns:
        UTC stamps; with `HALF` highs and lows alternate, and that of 1989.95 is a high.

    Raises:
        DataError: another rule.

    Source: Armstrong's published list of turning points, … 1989.95, 1998.55, 2007.15,
    2015.75, 2024.35, 2032.95 …
    """
    first = -((ANCHOR - first_year * 100) // span)
    last = (last_year * 100 + 99 - ANCHOR) // span
    moments = _moments(np.arange(first, last + 1), span, rule)
    return pd.DatetimeIndex(moments.astype("datetime64[us]")).tz_localize("UTC")


def locate(time: pd.DatetimeIndex, span: int = WAVE, rule: str = "armstrong") -> Place:
    """Where stamps lie between turning points.

    Args:
        time: (n,) stamps, UTC or without a zone.
        span: hundredths of a year between two turning points.
        rule: what a decimal year means.

    Raises:
        DataError: another rule.
    """
    stamps = np.asarray(time.as_unit("us").asi8, dtype=np.int64)
    years = np.asarray(time.year) if len(time) else np.array([ANCHOR // 100])
    # One year more at each end: a rule may put a point beyond its decimal year.
    first = (100 * (int(years.min()) - 1) - ANCHOR) // span
    last = (100 * (int(years.max()) + 2) - ANCHOR) // span + 1
    numbers = np.arange(first, last + 1)
    moments = _moments(numbers, span, rule)
    at = np.searchsorted(moments, stamps, side="right") - 1
    since, until = stamps - moments[at], moments[at + 1] - stamps
    return Place(numbers[at], since / _DAY, until / _DAY)


def rising(time: pd.DatetimeIndex, rule: str = "armstrong") -> NDArray[np.bool_]:
    """Whether the wave rises, (n,): from a low up to, and without, the next high.

    1989.95 and every 8.6 years before and after are highs; the lows lie 4.3 years behind.
    """
    return np.asarray(locate(time, HALF, rule).number % 2 == 1)


def _moments(numbers: Ints, span: int, rule: str) -> Ints:
    """Turning points in microseconds since 1970."""
    years, hundredths = np.divmod(ANCHOR + span * numbers, 100)
    starts, ends = _year_start(years), _year_start(years + 1)
    if rule == "armstrong":
        return np.asarray(starts + (np.maximum(365 * hundredths // 100, 1) - 1) * _DAY)
    if rule == "elapsed":
        return np.asarray(starts + hundredths * ((ends - starts) // 100))
    raise DataError(f"no rule {rule!r} for decimal years; there are: {', '.join(RULES)}")


def _year_start(years: Ints) -> Ints:
    dates = (years - 1970).astype("datetime64[Y]").astype("datetime64[us]")
    return np.asarray(dates.astype(np.int64))
