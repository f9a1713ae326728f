"""What is known about a series besides its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

import pandas as pd

Kind = Literal["tradable", "index", "rate"]
Calendar = Literal["weekdays", "24/7", "weekly", "monthly", "irregular"]


@dataclass(frozen=True)
class DatasetMeta:
    """Facts that a backtest or a report needs to read the numbers rightly.

    Attributes:
        interval: length of one bar; nominal (7 or 30 days) for weekly and monthly bars.
        calendar: on which days there are bars.
        timezone: zone in which a stamp's date is the date of its session.
        currency: quote currency (ISO 4217), None where it is unknown or there is none.
        adjusted: whether prices are adjusted for dividends and splits.
        kind: something that can be bought (`tradable`), a computed `index`, or a `rate`.
        source: where the numbers come from.
        licence: on which terms, as far as known.
        bars_per_year: used to annualise; a count, not necessarily whole.
        bars_per_year_basis: "given", or how it was derived.
        dropped: stamps of rows left out because a value was missing.
        notes: what a reader must know, one sentence each.
    """

    interval: pd.Timedelta
    calendar: Calendar
    timezone: str
    currency: str | None
    adjusted: bool
    kind: Kind
    source: str
    licence: str
    bars_per_year: float
    bars_per_year_basis: str
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """All fields as plain JSON values; the interval in ISO 8601 (``P1DT0H0M0S``)."""
        return {
            "interval": self.interval.isoformat(),
            "calendar": self.calendar,
            "timezone": self.timezone,
            "currency": self.currency,
            "adjusted": self.adjusted,
            "kind": self.kind,
            "source": self.source,
            "licence": self.licence,
            "bars_per_year": self.bars_per_year,
            "bars_per_year_basis": self.bars_per_year_basis,
            "dropped": list(self.dropped),
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "DatasetMeta":
        """What `to_json` wrote, possibly among other things."""
        known = {field.name: record[field.name] for field in fields(cls)}
        lists = {name: tuple(record[name]) for name in ("dropped", "notes")}
        return cls(**{**known, **lists, "interval": pd.Timedelta(record["interval"])})
