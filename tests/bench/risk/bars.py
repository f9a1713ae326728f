"""What must hold of the chapter on risk, and whether it does; what counts is the median."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from chapters.bars import Bar, spread
from research.weighing import highest, walls

from risk.allocation import CARRIED, Allocated
from risk.estimates import Estimates
from risk.gate import Decided, per_second
from risk.measure import Measured

MAX_TIMES: Final = 2.0
MAX_ROLLING_S: Final = 1.0
# Four times the rows need four times the memory; pages of the system blur that a little.
MAX_GROWTH: Final = 5.0
MAX_FILTERED_S: Final = 20.0
MIN_PLAIN: Final = 40_000.0
MIN_CACHED: Final = 10_000.0
MIN_FULL: Final = 4_000.0
MAX_ALLOCATION_S: Final = 5.0


def judge(measured: Measured) -> list[Bar]:
    """All bars; of several quantile methods or allocations, the slowest counts."""
    return [
        *_estimates(measured.estimates),
        *_decisions(measured.decided),
        _allocations(measured.allocated),
    ]


def shown(values: Sequence[float], unit: str) -> str:
    """Median and spread, or the one value there is; fewer digits of large numbers."""
    middle = median(values)
    digits = 0 if middle >= 1000 else 1 if middle >= 10 else 2
    return spread(values, unit, digits) if len(values) > 1 else f"{values[0]:,.{digits}f}{unit}"


def growth(found: Estimates) -> float:
    """Memory of a forecast of all rows over that of a quarter of them."""
    few, many = found.grown[min(found.grown)], found.grown[max(found.grown)]
    # So little that the system had it at hand: nothing can be said, so the bar is missed.
    return many / few if few > 0.0 else float("inf")


def _estimates(found: Estimates) -> list[Bar]:
    ratio = growth(found)
    return [
        *(
            _at_most(f"{name}, beside {each.operation}", each.times(), MAX_TIMES)
            for name, each in found.beside.items()
        ),
        _below(
            "rolling historical VaR, slowest method",
            highest(walls(turns) for turns in found.rolling.values()),
            MAX_ROLLING_S,
        ),
        Bar(
            "its memory, of four times the rows",
            f"< {MAX_GROWTH:g}×",
            f"{ratio:.2f}×",
            ratio < MAX_GROWTH,
        ),
        _below("filtered historical simulation", walls(found.filtered), MAX_FILTERED_S),
    ]


def _decisions(found: Decided) -> list[Bar]:
    return [
        _each_second("decisions a second, no digest", per_second(found.plain), MIN_PLAIN),
        _each_second(
            "with a digest, that of the state cached", per_second(found.cached), MIN_CACHED
        ),
        _each_second("with the digest of all", per_second(found.full), MIN_FULL),
    ]


def _allocations(found: Allocated) -> Bar:
    own = [walls(turns) for method, turns in found.ours.items() if method not in CARRIED]
    return _below("allocation, slowest method of our own", highest(own), MAX_ALLOCATION_S)


def _below(what: str, values: Sequence[float], limit: float) -> Bar:
    return Bar(what, f"< {limit:g} s", shown(values, " s"), median(values) < limit)


def _at_most(what: str, ratios: Sequence[float], most: float) -> Bar:
    return Bar(what, f"≤ {most:g}×", shown(ratios, "×"), median(ratios) <= most)


def _each_second(what: str, rates: Sequence[float], least: float) -> Bar:
    return Bar(what, f"≥ {least:,.0f}", shown(rates, ""), median(rates) >= least)
