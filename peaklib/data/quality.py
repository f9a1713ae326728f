"""What a reader should know about the numbers of a series before trusting a result."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.data.meta import DatasetMeta

OUTLIER_SIGMAS: Final = 10.0
# Turns a median absolute deviation into the standard deviation of a normal sample.
MAD_TO_SIGMA: Final = 1.4826
# Feeds round an open differently from the close it was copied from.
SAME_PRICE: Final = 1e-4


@dataclass(frozen=True)
class Quality:
    """Gaps, oddities and fictions of a series; None where the series has no such column.

    Attributes:
        n_bars: number of bars.
        start: stamp of the first bar.
        end: stamp of the last bar.
        largest_gap: longest time between the starts of neighbouring bars.
        largest_gap_start: stamp of the bar before that gap; None for a single bar.
        weekdays_without_bar: Mondays to Fridays without a bar, public holidays included;
            None unless the calendar is "weekdays".
        missing_intervals: bars that a market without closing times should have; None
            unless the calendar is "24/7".
        dropped: stamps of rows left out for a missing value, within start and end.
        zero_volume: bars with a volume of zero.
        outliers: stamps of bars whose change from the bar before is out of the ordinary.
        outlier_rule: what counts as such, in words.
        open_equals_previous_close: share of bars, from the second on, that open within
            one basis point of the close before. Near 1 in daily bars it says that the
            opens were made up, so that "filled at the next open" is a fiction.
        open_equals_previous_close_by_year: the same by calendar year of the session.
    """

    n_bars: int
    start: pd.Timestamp
    end: pd.Timestamp
    largest_gap: pd.Timedelta
    largest_gap_start: pd.Timestamp | None
    weekdays_without_bar: int | None
    missing_intervals: int | None
    dropped: tuple[str, ...]
    zero_volume: int | None
    outliers: tuple[pd.Timestamp, ...]
    outlier_rule: str
    open_equals_previous_close: float | None
    open_equals_previous_close_by_year: dict[int, float] | None

    def to_frame(self) -> pd.DataFrame:
        """A table of two columns, ``check`` and ``found``, both text."""
        share, by_year = self.open_equals_previous_close, self.open_equals_previous_close_by_year
        rows = {
            "bars": f"{self.n_bars:,}",
            "first bar": _stamp(self.start),
            "last bar": _stamp(self.end),
            "largest gap": self._gap(),
            "weekdays without a bar (holidays included)": _count(self.weekdays_without_bar),
            "missing intervals": _count(self.missing_intervals),
            "rows dropped for a missing value": _listed(self.dropped),
            "bars with zero volume": _count(self.zero_volume),
            f"outliers: {self.outlier_rule}": _listed(tuple(map(_stamp, self.outliers))),
            "opens within 1 bp of the previous close": "-" if share is None else f"{share:.1%}",
            "the same by year": ", ".join(f"{y}: {s:.0%}" for y, s in (by_year or {}).items())
            or "-",
        }
        return pd.DataFrame({"check": list(rows), "found": list(rows.values())})

    def to_json(self) -> dict[str, Any]:
        """All fields as plain JSON values; stamps and durations in ISO 8601."""
        by_year, before = self.open_equals_previous_close_by_year, self.largest_gap_start
        return {
            "n_bars": self.n_bars,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "largest_gap": self.largest_gap.isoformat(),
            "largest_gap_start": None if before is None else before.isoformat(),
            "weekdays_without_bar": self.weekdays_without_bar,
            "missing_intervals": self.missing_intervals,
            "dropped": list(self.dropped),
            "zero_volume": self.zero_volume,
            "outliers": [stamp.isoformat() for stamp in self.outliers],
            "outlier_rule": self.outlier_rule,
            "open_equals_previous_close": self.open_equals_previous_close,
            "open_equals_previous_close_by_year": None
            if by_year is None
            else {str(year): share for year, share in by_year.items()},
        }

    def _gap(self) -> str:
        if self.largest_gap_start is None:
            return "-"
        length = str(self.largest_gap).removesuffix(" 00:00:00")
        return f"{length} after {_stamp(self.largest_gap_start)}"


def measure(frame: pd.DataFrame, meta: DatasetMeta) -> Quality:
    """Measure a checked series.

    Args:
        frame: bars as in `Dataset.frame`, at least one.
        meta: its facts; calendar, time zone, interval and dropped rows are read.
    """
    index = pd.DatetimeIndex(frame.index)
    gap, before = _largest_gap(index)
    changes, change = _changes(frame["close"].to_numpy())
    rule = f"|{change}| above {OUTLIER_SIGMAS:g} x {MAD_TO_SIGMA} x its median absolute value"
    same, by_year = _copied_opens(frame, index.tz_convert(meta.timezone))
    volume = frame.get("volume")
    return Quality(
        n_bars=len(frame),
        start=index[0],
        end=index[-1],
        largest_gap=gap,
        largest_gap_start=before,
        weekdays_without_bar=_weekdays_without_bar(index, meta),
        missing_intervals=_missing_intervals(index, meta),
        dropped=_dropped_within(index, meta.dropped),
        zero_volume=None if volume is None else int((volume == 0).sum()),
        outliers=tuple(index[1:][_is_outlier(changes)]),
        outlier_rule=rule,
        open_equals_previous_close=same,
        open_equals_previous_close_by_year=by_year,
    )


def _largest_gap(index: pd.DatetimeIndex) -> tuple[pd.Timedelta, pd.Timestamp | None]:
    if len(index) < 2:
        return pd.Timedelta(0), None
    gaps = index[1:] - index[:-1]
    place = int(gaps.argmax())
    return gaps[place], index[place]


def _weekdays_without_bar(index: pd.DatetimeIndex, meta: DatasetMeta) -> int | None:
    if meta.calendar != "weekdays":
        return None
    local = index.tz_convert(meta.timezone).tz_localize(None)
    days = np.unique(local.to_numpy().astype("datetime64[D]"))
    expected = np.busday_count(days[0], days[-1] + np.timedelta64(1, "D"))
    return int(expected - np.is_busday(days).sum())


def _missing_intervals(index: pd.DatetimeIndex, meta: DatasetMeta) -> int | None:
    if meta.calendar != "24/7":
        return None
    steps = np.rint(np.diff(index.asi8) / meta.interval.as_unit("ns").value)
    return int(np.maximum(steps - 1, 0).sum())


def _dropped_within(index: pd.DatetimeIndex, dropped: tuple[str, ...]) -> tuple[str, ...]:
    stamps = pd.to_datetime(list(dropped), utc=True, format="ISO8601")
    inside = (stamps >= index[0]) & (stamps <= index[-1])
    return tuple(text for text, keep in zip(dropped, inside, strict=True) if keep)


def _changes(close: NDArray[np.float64]) -> tuple[NDArray[np.float64], str]:
    # A rate may be zero or negative, where a logarithm means nothing.
    if close.min() > 0:
        return np.diff(np.log(close)), "log return"
    return np.diff(close), "change"


def _is_outlier(changes: NDArray[np.float64]) -> NDArray[np.bool_]:
    size = np.abs(changes)
    sigma = MAD_TO_SIGMA * np.median(size) if size.size else 0.0
    return (size > OUTLIER_SIGMAS * sigma) & (sigma > 0)


def _copied_opens(
    frame: pd.DataFrame, local: pd.DatetimeIndex
) -> tuple[float | None, dict[int, float] | None]:
    if "open" not in frame or len(frame) < 2:
        return None, None
    before = frame["close"].to_numpy()[:-1]
    same = np.abs(frame["open"].to_numpy()[1:] - before) <= SAME_PRICE * np.abs(before)
    years = np.asarray(local.year)[1:]
    shares = {int(year): float(same[years == year].mean()) for year in np.unique(years)}
    return float(same.mean()), shares


def _stamp(stamp: pd.Timestamp) -> str:
    return f"{stamp:%Y-%m-%d}" if stamp == stamp.normalize() else f"{stamp:%Y-%m-%d %H:%M}Z"


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _listed(items: tuple[str, ...]) -> str:
    if not items:
        return "0"
    shown = ", ".join(items[:6]) + (", ..." if len(items) > 6 else "")
    return f"{len(items):,}: {shown}"
