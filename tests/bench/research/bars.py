"""What must hold of features and labels, and whether it does; what counts is the median."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from chapters.bars import Bar, spread

from research.measure import Measured
from research.weighing import highest, lowest, ratios, walls

MAX_OVER_SCAN: Final = 1.2
MIN_OVER_PEER: Final = 1.0
MAX_GROWTH: Final = 11.0
MAX_OVER_CONVOLUTION: Final = 1.3
MAX_KNOWN: Final = 1.5
MAX_COMPUTED: Final = 2.5
MAX_UNIQUENESS_S: Final = 1.0
MAX_BOOTSTRAP_S: Final = 2.0
MAX_FIRST_S: Final = 5.0

# What the system can tell of the memory of a process, and no finer.
LEAST_MB: Final = 0.1

# First calls of peaklib.
OURS: Final = ("labels", "differences", "features", "uniqueness", "bootstrap")


def judge(measured: Measured) -> list[Bar]:
    """All bars; of several widths of the barriers, the worst counts."""
    return [*_labels(measured), *_features(measured), *_weights(measured), _first(measured)]


def over(measured: Measured, width: int, side: str) -> list[float]:
    """Time of our labels over that of a side, at one width."""
    turns = measured.labels.turns[width]
    return ratios(turns["peaklib"], turns[side])


def faster(measured: Measured, width: int) -> list[float]:
    """Time of finmlkit over ours, at one width."""
    turns = measured.labels.turns[width]
    return ratios(turns["finmlkit"], turns["peaklib"])


def _labels(measured: Measured) -> list[Bar]:
    widths, same = [*measured.labels.turns], measured.labels.constant
    return [
        _at_most(
            "labels, over a bare scan",
            highest(over(measured, width, "bare scan") for width in widths),
            MAX_OVER_SCAN,
        ),
        _above(
            "labels, times faster than finmlkit",
            lowest(faster(measured, width) for width in widths),
            MIN_OVER_PEER,
        ),
        _at_most(
            "labels, ten times the bars",
            highest(over(measured, width, "few bars") for width in widths),
            MAX_GROWTH,
        ),
        Bar(
            "labels that differ from finmlkit's, one target",
            "0",
            f"{same.events - min(same.exits, same.labels):,} of {same.events:,}",
            same.complete,
        ),
    ]


def _features(measured: Measured) -> list[Bar]:
    turns, read = measured.differences, measured.pipeline["read_table"]
    convolved = ratios(turns["peaklib"], turns["oaconvolve"])
    known, computed = (ratios(measured.pipeline[side], read) for side in ("known", "computed"))
    return [
        _at_most("fractional differences, over oaconvolve", convolved, MAX_OVER_CONVOLUTION),
        _at_most("cached features, digest known, over reading", known, MAX_KNOWN),
        _at_most("cached features, digest computed, over reading", computed, MAX_COMPUTED),
    ]


def _weights(measured: Measured) -> list[Bar]:
    spans, found = measured.spans, measured.grown
    grown = found["many labels"] / max(found["uniqueness"], LEAST_MB)
    unique, drawn = walls(spans["uniqueness"]), walls(spans["bootstrap"])
    return [
        _below("average uniqueness", unique, MAX_UNIQUENESS_S),
        _at_most("its memory, ten times the labels", [grown], MAX_GROWTH),
        _below("sequential bootstrap", drawn, MAX_BOOTSTRAP_S),
    ]


def _first(measured: Measured) -> Bar:
    slowest = max(measured.first[name].starting for name in OURS)
    return _below("slowest first call, compiled code on disk", [slowest], MAX_FIRST_S)


def _below(what: str, seconds: Sequence[float], limit: float) -> Bar:
    return Bar(what, f"< {limit:g} s", _shown(seconds, " s", 3), median(seconds) < limit)


def _at_most(what: str, values: Sequence[float], limit: float) -> Bar:
    return Bar(what, f"≤ {limit:g}×", _shown(values, "×", 2), median(values) <= limit)


def _above(what: str, values: Sequence[float], limit: float) -> Bar:
    return Bar(what, f"> {limit:g}×", _shown(values, "×", 2), median(values) > limit)


def _shown(values: Sequence[float], unit: str, digits: int) -> str:
    """Median and spread, or the one value there is."""
    return spread(values, unit, digits) if len(values) > 1 else f"{values[0]:.{digits}f}{unit}"
