"""Where a bar stands in the week, month and year."""

from typing import Annotated

import numpy as np
import pandas as pd

from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param

_OUTPUTS = (
    *("weekday", "month", "day", "hour"),
    *("days_to_month_end", "turn_of_month", "year_sin", "year_cos"),
)


@feature("calendar", version="1", warm_up=lambda **_: 0, outputs=_OUTPUTS)
def calendar(
    time: pd.DatetimeIndex,
    *,
    turn_before: Annotated[int, Param(1, 10, "weekdays", "last ones of a month in its turn")] = 1,
    turn_after: Annotated[int, Param(1, 10, "weekdays", "first ones of a month in its turn")] = 3,
) -> tuple[Floats, ...]:
    """Weekday (0 Monday … 6), month (1 … 12), day, hour, and the bar's place in month and year.

    All from the bar's own stamp, the start of the bar in UTC, and from the calendar, never
    from which bars follow. `hour` is 0 for daily bars. `days_to_month_end` is 0 on a
    month's last day. `turn_of_month` is 1 on the last `turn_before` weekdays of a month and
    the first `turn_after` ones, and on weekends within that stretch; holidays of exchanges
    count as weekdays. `year_sin` and `year_cos` are those of the angle of the day in the
    year, 0 on 1 January.

    Source: turn of the month: Ariel (1987), J. of Financial Economics 18(1); Lakonishok and
    Smidt (1988), Review of Financial Studies 1(4).
    """
    moment = np.asarray(time.as_unit("us").asi8).astype("datetime64[us]")
    days, months = moment.astype("datetime64[D]"), moment.astype("datetime64[M]")
    year = moment.astype("datetime64[Y]")
    first, following = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]")
    gone = np.busday_count(first, days + 1)
    left = np.busday_count(days, following)
    turn = (gone <= turn_after) | (left <= turn_before)
    new_year, next_year = year.astype("datetime64[D]"), (year + 1).astype("datetime64[D]")
    angle = 2.0 * np.pi * ((days - new_year) / (next_year - new_year))
    # 1970 began on a Thursday.
    weekday = (days.astype(np.int64) + 3) % 7
    parts = (
        *(weekday, months.astype(np.int64) % 12 + 1, (days - first).astype(np.int64) + 1),
        *((moment - days).astype("timedelta64[h]").astype(np.int64),),
        *((following - days).astype(np.int64) - 1, turn, np.sin(angle), np.cos(angle)),
    )
    return tuple(np.asarray(part, dtype=np.float64) for part in parts)
