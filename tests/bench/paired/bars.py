"""What must hold, and whether it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from paired.measure import TOLERANCE, Measured, Sided

MIN_RATIO = 20.0
MAX_PEAK_MB = 400.0
MAX_GROWTH_MB = 50.0


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


def ratios(measured: Measured, clock: str) -> list[float]:
    """The peer's time over ours, of the warm grids that ran one after the other.

    Args:
        measured: a comparison.
        clock: `wall` or `cpu`.
    """
    pairs = zip(measured.ours.warm, measured.peer.warm, strict=True)
    return [peer[clock] / ours[clock] for ours, peer in pairs]


def highest_peak(side: Sided) -> float:
    """Peak memory of a side's processes over all its grids of the comparison, in MB."""
    return max(timing["peak"] for timing in [side.compiling, side.starting, *side.warm])


def spread(values: Sequence[float], unit: str, digits: int) -> str:
    """Median, and lowest to highest, as text."""
    low, high = min(values), max(values)
    return f"{median(values):.{digits}f}{unit} ({low:.{digits}f}–{high:.{digits}f})"


def judge(measured: Measured) -> list[Bar]:
    """All bars."""
    equal = [
        Bar(f"largest difference, {name}", f"≤ {TOLERANCE:.0e}", f"{gap:.1e}", gap <= TOLERANCE)
        for name, gap in measured.differences.items()
    ]
    faster = [
        Bar(
            f"times faster, warm, {meaning}",
            f"≥ {MIN_RATIO:.0f}×",
            spread(ratios(measured, clock), "×", 1),
            median(ratios(measured, clock)) >= MIN_RATIO,
        )
        for clock, meaning in (("wall", "by the clock"), ("cpu", "in processor time"))
    ]
    peak, growth = highest_peak(measured.ours), measured.large["peak_grown"]
    return [
        *equal,
        *faster,
        Bar(
            "peak memory, whole process",
            f"< {MAX_PEAK_MB:.0f} MB",
            f"{peak:.0f} MB",
            peak < MAX_PEAK_MB,
        ),
        Bar(
            "memory added by the large grid",
            f"< {MAX_GROWTH_MB:.0f} MB",
            f"{growth:.0f} MB",
            growth < MAX_GROWTH_MB,
        ),
    ]
