"""One series of bars with its facts and its digest."""

import datetime as dt
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.data.copies import write_copy
from peaklib.data.digest import frame_digest
from peaklib.data.holdout import OPTION, first_instant, note_of, nothing_before, reaches_into
from peaklib.data.meta import DatasetMeta
from peaklib.data.origin import Origin
from peaklib.data.quality import Quality, measure
from peaklib.errors import DataError

Bound = str | dt.date | pd.Timestamp | None

_DATE: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Dataset:
    """A checked series of bars; made by `load` or `from_frame`.

    Args:
        name: how people call it; not part of the digest.
        frame: float64 columns ``open high low close volume`` (``close`` alone for a series
            of one value a day, no ``volume`` where the source has none) over a strictly
            increasing UTC index ``time``. A stamp is the *start* of its bar; daily
            built-in series carry midnight UTC of the session's date.
        digest: SHA-256 of the content, see `frame_digest`.
        meta: interval, calendar, source and the like.
        origin: the call of `load` that made it.
    """

    name: str
    digest: str
    meta: DatasetMeta
    origin: Origin
    _frame: pd.DataFrame

    def __init__(
        self,
        name: str,
        frame: pd.DataFrame,
        digest: str,
        meta: DatasetMeta,
        origin: Origin | None = None,
    ) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "_frame", frame.copy(deep=False))
        object.__setattr__(self, "digest", digest)
        object.__setattr__(self, "meta", meta)
        object.__setattr__(self, "origin", origin or Origin())

    @property
    def frame(self) -> pd.DataFrame:
        """The bars, as a copy-on-write view: changing it leaves the data set as it was."""
        return self._frame.copy(deep=False)

    def __len__(self) -> int:
        return len(self._frame)

    def __repr__(self) -> str:
        first, last = self._frame.index[0], self._frame.index[-1]
        return (
            f"Dataset({self.name!r}, {len(self):,} bars, {first:%Y-%m-%d} to {last:%Y-%m-%d}, "
            f"digest {self.digest[:8]})"
        )

    def column(self, name: str) -> NDArray[np.float64]:
        """One column as a read-only, contiguous array, shape (n_bars,).

        Args:
            name: ``open``, ``high``, ``low``, ``close`` or ``volume``.

        Raises:
            DataError: the series has no such column.
        """
        if name not in self._frame.columns:
            raise DataError(self._no_column(name))
        values: NDArray[np.float64] = np.ascontiguousarray(self._frame[name].to_numpy())
        values = values.view()
        values.flags.writeable = False
        return values

    def between(self, start: Bound = None, end: Bound = None) -> "Dataset":
        """The bars that start within a period; same facts, new digest.

        Args:
            start: first stamp, None for the beginning. Without a time zone it is taken in
                ``meta.timezone``; a year, month or date stands for its first instant.
            end: last stamp (included), None for the end; a year, month or date stands for
                its last instant.

        Raises:
            DataError: a bound cannot be read, or lies in a holdout that was kept back, or no
                bar lies in the period.
        """
        index = self._frame.index
        first = index[0] if start is None else self._instant(start, last=False)
        final = index[-1] if end is None else self._instant(end, last=True)
        self._refuse_holdout((start, first), (end, final))
        part = self._frame.loc[(index >= first) & (index <= final)]
        if part.empty:
            raise DataError(
                f"{self.name}: no bar between {first} and {final}; "
                f"the data run from {index[0]} to {index[-1]}"
            )
        origin = self.origin if len(part) == len(self) else replace(self.origin, part=True)
        return Dataset(self.name, part, frame_digest(part), self.meta, origin)

    @property
    def holdout_from(self) -> str | None:
        """Date from which on rows were kept back, None if none were."""
        date: str | None = self.origin.options.get(OPTION)
        return date

    def bars_before(self, date: str) -> int:
        """Number of bars that start before a date, in the sessions' time zone.

        Args:
            date: as in `2016-01-01`.
        """
        return int(self._frame.index.searchsorted(first_instant(date, self.meta.timezone)))

    def without_holdout(self, date: str) -> "Dataset":
        """The bars that start before a date; facts, digest and notes know of no others.

        Only `bars_per_year` stays that of all bars, so that numbers of both parts are
        annualised alike.

        Args:
            date: first day of the holdout, as in `2016-01-01`.

        Raises:
            DataError: no bar is left.
        """
        part = self._frame.iloc[: self.bars_before(date)]
        if part.empty:
            raise nothing_before(self.name, f"{self._frame.index[0]:%Y-%m-%d}", date)
        stamps = pd.to_datetime(list(self.meta.dropped), utc=True, format="ISO8601")
        known = stamps < first_instant(date, self.meta.timezone)
        meta = replace(
            self.meta,
            dropped=tuple(d for d, keep in zip(self.meta.dropped, known, strict=True) if keep),
            notes=(*self.meta.notes, note_of(date)),
        )
        return Dataset(self.name, part, frame_digest(part), meta, self.origin)

    def quality(self) -> Quality:
        """What a reader should know about the numbers before trusting a result."""
        return measure(self._frame, self.meta)

    def describe(self) -> dict[str, Any]:
        """What a record of a run says about its data, as plain JSON values."""
        return {
            **self.meta.to_json(),
            "columns": list(self._frame.columns),
            "quality": self.quality().to_json(),
            "load": self.origin.to_json(),
        }

    def asked_for(self, origin: Origin) -> "Dataset":
        """The same data set, with the call that it came from."""
        return Dataset(self.name, self._frame, self.digest, self.meta, origin)

    def keep(self, folder: Path) -> bool:
        """Write a copy into a folder, unless every machine with the same packages has it.

        Returns:
            Whether there is a copy.
        """
        if self.origin.ships:
            return False
        write_copy(self._frame, self.digest, folder)
        return True

    def _refuse_holdout(self, *bounds: tuple[Bound, pd.Timestamp]) -> None:
        date = self.holdout_from
        if date is None:
            return
        limit = first_instant(date, self.meta.timezone)
        for given, instant in bounds:
            if given is not None and instant >= limit:
                raise reaches_into(self.name, given, date)

    def _no_column(self, name: str) -> str:
        present = list(self._frame.columns)
        if present == ["close"]:
            return (
                f"{self.name}: there is no {name!r}, this series has one value a day ('close'); "
                "use a data set with open, high and low, or ask for 'close' only"
            )
        return f"{self.name}: there is no column {name!r}; it has {', '.join(present)}"

    def _instant(self, bound: str | dt.date | pd.Timestamp, *, last: bool) -> pd.Timestamp:
        if isinstance(bound, dt.date) and not isinstance(bound, dt.datetime):
            bound = bound.isoformat()
        try:
            if isinstance(bound, str) and _DATE.fullmatch(bound):
                period = pd.Period(bound)
                stamp = period.end_time if last else period.start_time
            else:
                stamp = pd.Timestamp(bound)
            local = stamp.tz_localize(self.meta.timezone) if stamp.tz is None else stamp
            return local.tz_convert("UTC")
        except ValueError as error:
            raise DataError(
                f"{self.name}: {bound!r} is not a point in time ({error}); "
                "write a date such as '2005-12-31'"
            ) from error
