"""The date from which rows are kept as a holdout; reads no data, needs no pandas by itself."""

import datetime as dt
import os
from typing import TYPE_CHECKING, Final

from peaklib.errors import DataError
from peaklib.evidence.places import HOLDOUT_VARIABLE

if TYPE_CHECKING:
    import pandas as pd

OPTION: Final = "holdout_from"
"""Option of `load` and `load_panel`, and its name in what a record says of an input."""


def holdout_date(given: object, what: str = OPTION) -> str:
    """A date as `2016-01-01`.

    Args:
        given: a date, or such a text.
        what: name of what was given, for the message.

    Raises:
        DataError: it is no date.
    """
    if isinstance(given, dt.date) and not isinstance(given, dt.datetime):
        return given.isoformat()
    try:
        # `fromisoformat` takes 20160101 and 2016-W01-1 too, which would not sort as texts.
        if isinstance(given, str) and dt.date.fromisoformat(given).isoformat() == given:
            return given
    except ValueError:
        pass
    raise DataError(f"{what} is {given!r}, which is no date; write one as in 2016-01-01")


def narrowest(*dates: str | None) -> str | None:
    """The earliest of some dates, None if there is none: no later one widens it."""
    return min((date for date in dates if date), default=None)


def in_force(given: str | dt.date | None = None) -> str | None:
    """From which date on no row may be read here.

    Args:
        given: what a caller asks for; it can only narrow what `PEAK_HOLDOUT_FROM` says,
            which the runner sets for the notebooks of a sweep with a holdout.

    Raises:
        DataError: one of the two is no date.
    """
    named = os.environ.get(HOLDOUT_VARIABLE)
    return narrowest(
        None if given is None else holdout_date(given),
        holdout_date(named, HOLDOUT_VARIABLE) if named else None,
    )


def first_instant(date: str, timezone: str) -> "pd.Timestamp":
    """The first moment of a date in a time zone, in UTC."""
    import pandas as pd

    # Some zones have no midnight, or two, on a day when their clocks change.
    local = pd.Timestamp(date).tz_localize(timezone, ambiguous=True, nonexistent="shift_forward")
    return local.tz_convert("UTC")


def note_of(date: str) -> str:
    """What a data set says of itself when rows were kept back."""
    return f"rows from {date} on are kept as a holdout"


def nothing_before(name: str, first: object, date: str) -> DataError:
    """The error for data that lie in the holdout as a whole."""
    return DataError(
        f"{name}: no bar before the holdout, which begins on {date}; the data begin on {first}. "
        "Let the holdout begin later, or use longer data"
    )


def reaches_into(name: str, bound: object, date: str) -> DataError:
    """The error for a period that asks for rows of the holdout."""
    return DataError(
        f"{name}: {bound} lies in the holdout, which begins on {date} and is kept from everything "
        "that selects; end the period before, or open the holdout for the one selected trial of a "
        "sweep: peak sweeps open-holdout SWEEP"
    )
