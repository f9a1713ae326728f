"""What a value in a scenario's file may be, with its mistakes in words."""

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from peaklib.risk.measures.inputs import is_number

Check = Callable[[object], object]

LARGEST_MOVE: Final = 10.0
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
_LONGEST_NAME: Final = 40


def a_move(value: object) -> object:
    """A move of a price, as a simple return from -1 to `LARGEST_MOVE`.

    Raises:
        ValueError: it is none; percent are turned into what to write.
    """
    number = _number(value, "as in market = -0.2 for a fall by 20 %")
    if -1.0 <= number <= LARGEST_MOVE:
        return value
    if number < -1.0:
        likely = f"a fall by {-number:g} % is {number / 100:g}" if number >= -100.0 else ""
    else:
        likely = f"a rise by {number:g} % is {number / 100:g}"
    range_of = f"moves go from -1, where all is lost, to {LARGEST_MOVE:g}"
    raise ValueError(
        f"{number:g} is no simple return: {'; '.join(filter(None, [likely, range_of]))}"
    )


def a_number(low: float, high: float, meaning: str, *, open_below: bool = False) -> Check:
    """A check of a number between two others.

    Args:
        low, high: ends of the range.
        meaning: what the number says, with an example.
        open_below: whether `low` itself is outside.
    """
    lowest = f"more than {low:,g}" if open_below else f"at least {low:,g}"

    def check(value: object) -> object:
        number = _number(value, meaning)
        if not low <= number <= high or (open_below and number == low):
            raise ValueError(f"{number:g}: give {lowest} and at most {high:,g}, {meaning}")
        return value

    return check


def a_count(low: int, high: int, meaning: str) -> Check:
    """A check of a whole number from `low` to `high`; `meaning` as in `a_number`."""

    def check(value: object) -> object:
        number = _number(value, meaning)
        if not isinstance(value, int) or not low <= number <= high:
            raise ValueError(f"{number:g}: give a whole number from {low:,} to {high:,}, {meaning}")
        return value

    return check


def a_text(low: int, high: int, what: str) -> Check:
    """A check of text of `low` to `high` characters; `what` it is, such as `a sentence`."""

    def check(value: object) -> object:
        if not isinstance(value, str):
            raise ValueError(f"{_shown(value)} is no text; give {what} in quotes")
        if not low <= len(value) <= high:
            raise ValueError(
                f"{value[:20]!r} has {len(value)} characters; give {what} of {low} to {high}"
            )
        return value

    return check


def a_name(value: object) -> object:
    """A name of a scenario, which is that of its file.

    Raises:
        ValueError: other characters than names have, or too many.
    """
    if not isinstance(value, str) or not _NAME.fullmatch(value) or len(value) > _LONGEST_NAME:
        raise ValueError(
            f"{_shown(value)} is no name of a scenario; call the file by a-z, 0-9 and -, a letter "
            f"or digit first, {_LONGEST_NAME} characters at most"
        )
    return value


def a_day(value: object) -> object:
    """A date without a time.

    Raises:
        ValueError: something else.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError(f"{_shown(value)} is no day; write it as 2008-09-15, no quotes and no time")


def a_table(example: str) -> Check:
    """A check that a key is a table; `example` is a line of it."""

    def check(value: object) -> object:
        # What is no dict may be a model already, which stands for its table.
        if value is None or isinstance(value, str | int | float | list | date):
            raise ValueError(
                f"{_shown(value)} is no table; write its name in brackets and below it {example}"
            )
        if isinstance(value, dict) and "" in value:
            raise ValueError("a line without a name; give the name of what moves")
        return value

    return check


def _number(value: object, meaning: str) -> float:
    if not isinstance(value, int | float) or not is_number(value) or not math.isfinite(value):
        raise ValueError(f"{_shown(value)} is no number; give one, {meaning}")
    return float(value)


def _shown(value: object) -> str:
    """A value as a file of TOML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, date) else repr(value)
