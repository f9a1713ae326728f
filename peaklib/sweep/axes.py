"""Reading axes and periods as they are written in a sweep's file."""

import re
from typing import Any, Final

import numpy as np

_DATE: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def axis_values(given: object) -> list[int | float]:
    """Values of a grid axis: a list, or `{start, stop, step}` with the stop included.

    Raises:
        ValueError: neither of the two.
    """
    if isinstance(given, list) and given and all(_is_number(value) for value in given):
        return given
    if isinstance(given, dict) and set(given) == {"start", "stop", "step"}:
        start, stop, step = (given[name] for name in ("start", "stop", "step"))
        if all(map(_is_number, (start, stop, step))) and step > 0 and stop >= start:
            count = int(np.floor((stop - start) / step + 1e-9)) + 1
            # Rounded, because 0.1 + 2 * 0.1 is not 0.3.
            return [round(start + k * step, 10) for k in range(count)]
    raise ValueError("write a list of numbers, or {start = 5, stop = 50, step = 5}, step above 0")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def split_grid(table: dict[str, Any]) -> tuple[dict[str, list[int | float]], str | None]:
    """A grid table as axes and its condition.

    Raises:
        ValueError: an axis cannot be read; starts with its name.
    """
    axes = {}
    for name, given in table.items():
        if name == "where":
            continue
        try:
            axes[name] = axis_values(given)
        except ValueError as error:
            raise ValueError(f"{name} = {given!r}: {error}") from None
    where = table.get("where")
    if where is not None and not isinstance(where, str):
        raise ValueError(f"where = {where!r}: write a condition in quotes, as in 'fast < slow'")
    return axes, where


def check_period(value: object) -> tuple[str, str] | None:
    """A period, `2001-01-01/2010-12-31`, as its two ends; None for an empty one.

    Raises:
        ValueError: it is none.
    """
    if value == "":
        return None
    parts = value.split("/") if isinstance(value, str) else []
    if len(parts) == 2:
        start, end = (part.strip() for part in parts)
        if _DATE.fullmatch(start) and _DATE.fullmatch(end) and start <= end:
            return start, end
    raise ValueError("write start and end, as in 2001-01-01/2010-12-31, or nothing")
