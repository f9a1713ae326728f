"""Which column of a table is the time, the open, the close: the usual spellings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from peaklib.errors import DataError

BAR_COLUMNS: Final = ("open", "high", "low", "close", "volume")
TIME: Final = "time"
ADJUSTED: Final = "adjusted close"

_SPELLINGS: Final = {
    TIME: ("time", "date", "datetime", "timestamp", "opentime", "opendate", "starttime"),
    "open": ("open", "openprice"),
    "high": ("high", "highprice"),
    "low": ("low", "lowprice"),
    "close": ("close", "closeprice"),
    "volume": ("volume", "vol"),
    ADJUSTED: ("adjclose", "adjustedclose", "closeadj", "closeadjusted"),
}
_LETTERS: Final = {"o": "open", "h": "high", "l": "low", "c": "close", "v": "volume"}
_MEANINGS: Final = {text: name for name, texts in _SPELLINGS.items() for text in texts}


@dataclass(frozen=True)
class Layout:
    """Where the columns stand: canonical name to position, and what is left over.

    `time` and the numbers of `positions` count columns from 0.
    """

    headers: tuple[str, ...]
    time: int
    positions: dict[str, int]
    unused: tuple[str, ...]


def find_time(headers: Sequence[str], source: str) -> int:
    """The position of the time column; a first column without a name counts as time.

    Raises:
        DataError: there is none, or more than one.
    """
    found = [at for at, header in enumerate(headers) if _fold(header) in _SPELLINGS[TIME]]
    if len(found) > 1:
        names = " and ".join(repr(headers[at]) for at in found)
        raise DataError(f"{source}: both {names} could be the time of a bar; keep one of them")
    if found:
        return found[0]
    if headers and not headers[0].strip():
        return 0
    raise DataError(
        f"{source}: no time column among {_quoted(headers)}; name it 'time' or 'date', "
        "and separate columns by commas"
    )


def find_columns(headers: Sequence[str], *, adjusted: bool, source: str) -> Layout:
    """Recognise the columns of a table of bars, or of one value a day.

    Case, blanks, underscores, hyphens and dots in a header do not matter. The letters
    o, h, l, c count where all four are present.

    Args:
        headers: as they stand in the table.
        adjusted: whether the adjusted close is asked for.
        source: for messages.

    Raises:
        DataError: no time or price column, an incomplete or ambiguous set of columns.
    """
    time = find_time(headers, source)
    named = _meanings(headers, time, source)
    positions = _choose(named, headers, time, source)
    if adjusted and ADJUSTED not in named:
        raise DataError(
            f"{source}: no adjusted close among {_quoted(headers)}; load it with adjusted=False"
        )
    if adjusted:
        positions[ADJUSTED] = named[ADJUSTED]
    used = {time, *positions.values(), *([named[ADJUSTED]] if ADJUSTED in named else [])}
    unused = tuple(header for at, header in enumerate(headers) if at not in used)
    return Layout(tuple(headers), time, positions, unused)


def _choose(
    named: dict[str, int], headers: Sequence[str], time: int, source: str
) -> dict[str, int]:
    prices = [name for name in BAR_COLUMNS[:4] if name in named]
    if len(prices) == 4:
        return {name: named[name] for name in BAR_COLUMNS if name in named}
    if prices == ["close"]:
        return {"close": named["close"]}
    if prices:
        missing = [name for name in BAR_COLUMNS[:4] if name not in named]
        raise DataError(
            f"{source}: has {', '.join(prices)} but no {', '.join(missing)}; "
            "bars need all four prices, a series of one value needs only a close"
        )
    others = [at for at in range(len(headers)) if at != time]
    if others == [named.get(ADJUSTED)]:
        raise DataError(f"{source}: the only price is an adjusted close; name that column 'close'")
    if len(others) == 1 and not named:
        return {"close": others[0]}
    raise DataError(f"{source}: no price column among {_quoted(headers)}; name it 'close'")


def _meanings(headers: Sequence[str], time: int, source: str) -> dict[str, int]:
    folded = {at: _fold(header) for at, header in enumerate(headers) if at != time}
    letters = _LETTERS if {"o", "h", "l", "c"} <= set(folded.values()) else {}
    named: dict[str, int] = {}
    for at, text in folded.items():
        meaning = _MEANINGS.get(text) or letters.get(text)
        if meaning is None:
            continue
        if meaning in named:
            first = headers[named[meaning]]
            raise DataError(
                f"{source}: both {first!r} and {headers[at]!r} could be the {meaning}; "
                "keep one of them"
            )
        named[meaning] = at
    return named


def _fold(header: str) -> str:
    return re.sub(r"[\s_.\-]+", "", header).casefold()


def _quoted(headers: Sequence[str]) -> str:
    return ", ".join(repr(header) for header in headers) or "no columns at all"
