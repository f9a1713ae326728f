"""How often a series has a bar: interval, calendar and bars per year, from the stamps alone."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from peaklib.data.meta import Calendar
from peaklib.errors import DataError

SESSIONS_PER_YEAR: Final = 252
DAYS_PER_YEAR: Final = 365

_DAY: Final = pd.Timedelta(days=1)
# Share of the weekends' bars that are there: a market that never closes may miss some, a
# weekday market may open on Sunday evening or hold a rare Saturday session.
_OPEN_ON_WEEKENDS: Final = 0.75
_CLOSED_ON_WEEKENDS: Final = 0.10
# With two bars a session and a few half days, the usual step is a little under half of all.
_USUAL_STEP_SHARE: Final = 0.4


@dataclass(frozen=True)
class Rhythm:
    """The calendar of a series and how it was found."""

    interval: pd.Timedelta
    calendar: Calendar
    bars_per_year: float
    basis: str


@dataclass(frozen=True)
class _Guess:
    calendar: Calendar
    interval: pd.Timedelta
    bars_per_year: float | None
    reason: str


def find_rhythm(
    stamps: pd.DatetimeIndex, timezone: str, bars_per_year: float | None, source: str
) -> Rhythm:
    """Derive interval, calendar and bars per year; what was given wins and is said to be given.

    Weekday sessions count 252 to the year, a market that never closes 365 days, weeks 52,
    months 12. Anything else must be given.

    Args:
        stamps: UTC, strictly increasing, at least two.
        timezone: zone of the sessions.
        bars_per_year: given by the caller, or None.
        source: for messages.

    Raises:
        DataError: fewer than two stamps, a bad `bars_per_year`, or nothing can be derived.
    """
    if len(stamps) < 2:
        raise DataError(f"{source}: one bar has no interval; a series needs at least two")
    if bars_per_year is not None and not (math.isfinite(bars_per_year) and bars_per_year > 0):
        raise DataError(f"{source}: bars_per_year is {bars_per_year}; it must be above zero")
    guess = _guess(stamps.tz_convert(timezone).tz_localize(None))
    if bars_per_year is not None:
        return Rhythm(guess.interval, guess.calendar, float(bars_per_year), "given")
    if guess.bars_per_year is None:
        raise DataError(
            f"{source}: cannot derive the bars per year ({guess.reason}); pass bars_per_year="
        )
    return Rhythm(guess.interval, guess.calendar, guess.bars_per_year, f"derived: {guess.reason}")


def _guess(local: pd.DatetimeIndex) -> _Guess:
    steps = np.diff(local.to_numpy())
    lengths, counts = np.unique(steps, return_counts=True)
    usual = pd.Timedelta(lengths[counts.argmax()])
    if pd.Timedelta(days=28) <= pd.Timedelta(np.median(steps)) <= pd.Timedelta(days=31):
        return _Guess("monthly", pd.Timedelta(days=30), 12.0, "12 months a year, one bar each")
    if counts.max() < _USUAL_STEP_SHARE * len(steps):
        return _Guess("irregular", usual, None, "the bars have no usual interval")
    if usual == 7 * _DAY:
        return _Guess("weekly", usual, 52.0, "52 weeks a year, one bar each")
    if usual > _DAY:
        return _Guess("irregular", usual, None, f"one bar every {usual} is no known calendar")
    return _daily(local) if usual == _DAY else _intraday(local, usual)


def _daily(local: pd.DatetimeIndex) -> _Guess:
    weekends = _weekend_days(local)
    cover = _weekend_cover(local, weekends, 1.0)
    if cover <= _CLOSED_ON_WEEKENDS:
        reason = f"{SESSIONS_PER_YEAR} sessions a year, one bar each"
        return _Guess("weekdays", _DAY, float(SESSIONS_PER_YEAR), reason)
    if cover >= _OPEN_ON_WEEKENDS:
        reason = f"{DAYS_PER_YEAR} days a year, one bar each"
        return _Guess("24/7", _DAY, float(DAYS_PER_YEAR), reason)
    return _Guess("irregular", _DAY, None, _some_weekends(cover))


def _intraday(local: pd.DatetimeIndex, interval: pd.Timedelta) -> _Guess:
    counts = np.unique(local.normalize().to_numpy(), return_counts=True)[1]
    per_session = float(np.median(counts))
    weekends = _weekend_days(local)
    cover = _weekend_cover(local, weekends, per_session)
    length = _spell(interval)
    if cover >= _OPEN_ON_WEEKENDS:
        reason = f"{DAYS_PER_YEAR} days a year around the clock, one bar every {length}"
        return _Guess("24/7", interval, DAYS_PER_YEAR * (_DAY / interval), reason)
    if cover > _CLOSED_ON_WEEKENDS:
        return _Guess("irregular", interval, None, _some_weekends(cover))
    if weekends == 0 and per_session * interval >= pd.Timedelta(hours=23):
        reason = "bars around the clock, but no weekend in the data to tell weekdays from 24/7"
        return _Guess("irregular", interval, None, reason)
    reason = f"{SESSIONS_PER_YEAR} sessions a year, {per_session:g} bars of {length} each (median)"
    return _Guess("weekdays", interval, SESSIONS_PER_YEAR * per_session, reason)


def _weekend_days(local: pd.DatetimeIndex) -> int:
    """Saturdays and Sundays from the first to the last day of the data, with bars or not."""
    days = local.to_numpy().astype("datetime64[D]")
    first, after = days[0], days[-1] + np.timedelta64(1, "D")
    return int((after - first).astype(np.int64) - np.busday_count(first, after))


def _weekend_cover(local: pd.DatetimeIndex, weekends: int, per_session: float) -> float:
    """Share of the bars that weekends would hold if they were like other days."""
    bars = int((local.day_of_week >= 5).sum())
    return bars / (weekends * per_session) if weekends else 0.0


def _some_weekends(cover: float) -> str:
    return f"{cover:.0%} of the weekends' bars are there: neither weekdays nor every day"


def _spell(interval: pd.Timedelta) -> str:
    for unit, name in ((pd.Timedelta(hours=1), "h"), (pd.Timedelta(minutes=1), "min")):
        if interval % unit == pd.Timedelta(0):
            return f"{interval // unit} {name}"
    return f"{interval.total_seconds():g} s"
