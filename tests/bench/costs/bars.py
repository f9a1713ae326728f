"""What must hold of the cost of evidence, and whether it does; what counts is the median."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

from chapters.bars import Bar, spread

from costs.measure import Measured

MAX_PACK_MS: Final = 60
MAX_HASHING: Final = 1.3
MIN_EVENTS: Final = 100_000
MAX_APPEND: Final = 2.0
MAX_SEARCH_MS: Final = 50
MAX_REBUILD_S: Final = 10
MAX_ADD_MS: Final = 20


def judge(measured: Measured) -> list[Bar]:
    """All bars."""
    plain, packed = measured.plain, measured.packed
    among = f"{plain.runs:,} runs"
    return [
        _below("small pack, made and verified", milliseconds(packed.together), MAX_PACK_MS, " ms"),
        _at_most("hashing a large file, over hashlib alone", measured.hashed.ratios, MAX_HASHING),
        _at_least("ledger, events verified a second", measured.long.rates, MIN_EVENTS),
        _at_most("append, over a bare write and fsync", measured.appended.ratios, MAX_APPEND),
        _below(f"slowest search among {among}", slowest_ms(plain.searches), MAX_SEARCH_MS, " ms"),
        _below(f"rebuild of the index, {among}", plain.rebuilds, MAX_REBUILD_S, " s"),
        _below(f"one run added to {among}", milliseconds(plain.adds), MAX_ADD_MS, " ms"),
    ]


def milliseconds(seconds: Sequence[float]) -> list[float]:
    """Seconds as milliseconds."""
    return [1e3 * value for value in seconds]


def slowest_ms(searches: Mapping[str, Sequence[float]]) -> list[float]:
    """Milliseconds of the kind of search that takes longest."""
    return milliseconds(max(searches.values(), key=median))


def _below(what: str, values: Sequence[float], limit: float, unit: str) -> Bar:
    return Bar(what, f"< {limit}{unit}", spread(values, unit, 1), median(values) < limit)


def _at_most(what: str, ratios: Sequence[float], limit: float) -> Bar:
    return Bar(what, f"≤ {limit}×", spread(ratios, "×", 2), median(ratios) <= limit)


def _at_least(what: str, rates: Sequence[float], limit: int) -> Bar:
    return Bar(what, f"≥ {limit:,}", spread(rates, "", 0), median(rates) >= limit)
