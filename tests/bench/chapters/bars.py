"""What must hold, and whether it does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from chapters.table import table


@dataclass(frozen=True)
class Bar:
    """One requirement.

    Args:
        what: is required.
        required, measured: limit and value, as text.
        met: whether it holds.
    """

    what: str
    required: str
    measured: str
    met: bool


def failures(bars: Iterable[Bar]) -> list[str]:
    """The bars that are missed, a line each."""
    return [
        f"missed: {bar.what} is {bar.measured}, required {bar.required}"
        for bar in bars
        if not bar.met
    ]


def judged(bars: Iterable[Bar]) -> str:
    """All bars as a Markdown table."""
    rows = [[bar.what, bar.required, bar.measured, "yes" if bar.met else "**no**"] for bar in bars]
    return table(["what must hold", "required", "measured", "met"], rows)


def spread(values: Sequence[float], unit: str, digits: int) -> str:
    """Median, and lowest to highest, as text."""
    low, high = min(values), max(values)
    return f"{median(values):,.{digits}f}{unit} ({low:,.{digits}f}–{high:,.{digits}f})"
