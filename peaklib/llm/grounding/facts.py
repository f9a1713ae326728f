"""What a model may say: facts with a key, a value, a unit, and the block that shows them."""

import math
import numbers
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from peaklib.errors import DataError
from peaklib.evidence.canonical import to_json

UNITS: Final = ("%", "", "x", "days", "years", "USD", "EUR", "count", "date", "text")
"""Units that a fact may have. A `%` is kept as a fraction: 0.183 is written 18.3 %."""

WORDS: Final = ("date", "text")
"""Units whose value is no number."""

# Digits after the point where a fact does not say; of a plain number, see `_plain_decimals`.
_DECIMALS: Final = {"%": 1, "x": 2, "days": 0, "years": 1, "USD": 2, "EUR": 2, "count": 0}
_SIGNIFICANT: Final = 3
_KEY: Final = re.compile(r"[a-z0-9_.-]+", re.ASCII)
_FRAME: Final = re.compile(r"</?\s*evidence", re.IGNORECASE)
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Fact:
    """One number, date or word that a run has computed, and how it is written.

    Args:
        key: what a text cites, of a-z 0-9 `_` `.` `-`, such as `sp500.vol`.
        value: a finite number; ISO text for a date; anything printable for text.
        unit: one of `UNITS`; the value of a `%` is a fraction.
        decimals: digits after the point as written, in the unit as written; None takes
            0 for days and counts, 1 for percent and years, 2 for the rest, and for plain
            numbers as many as make three significant digits.
        period: what the value is about, such as `1999-2018` or `2018-12-31`.
        label: what it is, such as `volatility a year`.

    Raises:
        DataError: one of these is not what it may be; the message names the key.
    """

    key: str
    value: float | int | str
    unit: str
    decimals: int | None = None
    period: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        key: object = self.key
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise DataError(
                f"{self.key!r} is no key of a fact: write it with a-z, 0-9, '_', '.' and '-'"
            )
        if self.unit not in UNITS:
            raise self._wrong("unit", self.unit, f"one of {', '.join(map(repr, UNITS))}")
        object.__setattr__(self, "value", self._checked_value())
        decimals = self.decimals
        if decimals is not None and (type(decimals) is not int or not 0 <= decimals <= 12):
            raise self._wrong("decimals", decimals, "an integer from 0 to 12, or None")
        for name, text in (("period", self.period), ("label", self.label)):
            self._check_text(name, text)

    @property
    def is_number(self) -> bool:
        """Whether the value is a number, not a date or a word."""
        return self.unit not in WORDS

    @property
    def amount(self) -> Decimal:
        """The value in the unit as written, exactly: 18.3 for a `%` of 0.183."""
        value = Decimal(repr(self.value))
        return value.scaleb(2) if self.unit == "%" else value

    @property
    def places(self) -> int:
        """Digits after the point as written."""
        if self.decimals is not None:
            return self.decimals
        default = _DECIMALS.get(self.unit)
        return _plain_decimals(self.amount) if default is None else default

    @property
    def written(self) -> str:
        """How a text should write the value, such as `18.3 %`, `1,258 days`, `2012-09-14`."""
        if not self.is_number:
            return str(self.value)
        rounded = self.amount.quantize(Decimal(1).scaleb(-self.places), ROUND_HALF_UP)
        digits = f"{rounded if rounded else abs(rounded):,}"
        match self.unit:
            case "x":
                return f"{digits}x"
            case "" | "count":
                return digits
            case unit:
                return f"{digits} {unit}"

    def row(self) -> dict[str, Any]:
        """What the evidence block says about it."""
        return {
            "key": self.key,
            "label": self.label,
            "written": self.written,
            "unit": self.unit,
            "decimals": self.places if self.is_number else None,
            "period": self.period,
        }

    def _checked_value(self) -> float | int | str:
        value: object = self.value
        if not self.is_number:
            if not isinstance(value, str) or not value.strip():
                raise self._wrong("value", value, f"text, since its unit is {self.unit!r}")
            self._check_text("value", value)
            if self.unit == "date" and not _is_date(value):
                raise self._wrong("value", value, "a date such as 2012-09-14")
            return value
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise self._wrong("value", value, f"a number, since its unit is {self.unit!r}")
        if isinstance(value, numbers.Integral):
            return int(value)
        if not math.isfinite(value):
            raise self._wrong("value", value, "finite; leave out what is not known")
        return float(value)

    def _check_text(self, name: str, text: object) -> None:
        if not isinstance(text, str) or not text.isprintable():
            raise self._wrong(name, text, "printable text of one line")
        if _FRAME.search(text):
            raise self._wrong(name, text, "free of the tags that frame the evidence")

    def _wrong(self, name: str, found: object, allowed: str) -> DataError:
        return DataError(f"fact {self.key!r}: {name} is {found!r}, it has to be {allowed}")


class Evidence(Mapping[str, Fact]):
    """The facts of a run by key: all that a text may cite.

    Args:
        facts: with distinct keys.

    Raises:
        DataError: two facts have one key.
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts: dict[str, Fact] = {}
        for fact in facts:
            if fact.key in self._facts:
                raise DataError(
                    f"two facts have the key {fact.key!r}: {self._facts[fact.key].written!r} and "
                    f"{fact.written!r}; give each its own"
                )
            self._facts[fact.key] = fact

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]]) -> "Evidence":
        """Facts from plain rows with the names of the arguments of `Fact`.

        Raises:
            DataError: a row has a name that no fact has, or lacks key, value or unit.
        """
        return cls(_fact(place, row) for place, row in enumerate(rows))

    def __getitem__(self, key: str) -> Fact:
        return self._facts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __repr__(self) -> str:
        return f"Evidence({len(self)} facts)"

    def with_prefix(self, prefix: str) -> "Evidence":
        """The same facts under longer keys, to put the evidence of several runs together."""
        return Evidence(replace(fact, key=f"{prefix}{key}") for key, fact in self.items())

    def block(self) -> str:
        """The evidence block of a prompt: one line of canonical JSON per fact, sorted by key."""
        lines = [to_json(self[key].row()).decode() for key in sorted(self)]
        return "\n".join(["<evidence>", *lines, "</evidence>"])


def _fact(place: int, row: Mapping[str, Any]) -> Fact:
    known = ("key", "value", "unit", "decimals", "period", "label")
    if unknown := sorted(set(row) - set(known)):
        raise DataError(f"row {place} of the facts has {unknown}; a fact has {', '.join(known)}")
    if missing := [name for name in known[:3] if name not in row]:
        raise DataError(f"row {place} of the facts, {dict(row)!r}, lacks {', '.join(missing)}")
    return Fact(**row)


def _is_date(text: str) -> bool:
    if not _ISO.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _plain_decimals(amount: Decimal) -> int:
    """Decimals that show three significant digits, and none of a number that has more."""
    if amount == 0 or amount == amount.to_integral_value():
        return 0
    return min(12, max(0, _SIGNIFICANT - 1 - amount.adjusted()))
