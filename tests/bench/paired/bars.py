"""What must hold of the two sides, and whether it does."""

from statistics import median

from chapters.bars import Bar, spread

from paired.measure import TOLERANCE, Measured, Sided

MIN_RATIO = 20.0
MAX_PEAK_MB = 400.0
MAX_GROWTH_MB = 50.0


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
