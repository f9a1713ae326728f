"""What an order and the book that it makes may be at most."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from hashlib import sha256
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin, get_type_hints

from peaklib.risk.gating.canonical_text import canonical_text
from peaklib.risk.gating.reading import (
    LARGEST,
    MISSING,
    SMALLEST,
    exact,
    kind_of,
    number_problem,
    outline,
    shown,
)

STAGES: Final = ("shadow", "paper", "dry-run", "testnet-simulation")
"""Where a simulated order may go. There is no other stage, and `live` is denied by its name."""

_SYMBOL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:-]{0,31}")
_SECOND: Final = 1_000_000


class Range(NamedTuple):
    """Least and largest value of a limit: none may be zero, infinite or left out."""

    low: float
    high: float


_Amount = Annotated[float, Range(SMALLEST, LARGEST)]
_Multiple = Annotated[float, Range(SMALLEST, 100.0)]
_Share = Annotated[float, Range(SMALLEST, 1.0)]
_Count = Annotated[int, Range(1, 1_000_000)]

Bounds = Mapping[str, Any]
"""The limits that values are compared with, by name, as floats or as fractions."""


class ReadLimits(NamedTuple):
    """Limits after a look at every field.

    Args:
        problems: what is malformed; with any, the other fields are not to be used.
        bounds: as floats.
        tail: probability beyond the level of the value at risk.
        window: length of the window of the order rate, microseconds, rounded up.
        digest: SHA-256 of the canonical text, hexadecimal.
    """

    problems: tuple[str, ...]
    bounds: Bounds
    tail: Fraction
    window: int
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskLimits:
    """Limits of the gate. Each has to be there: a limit that is absent is not unlimited.

    `load_limits` reads them from a file and refuses a bad one; the gate looks again, and blocks.
    Losses are positive numbers. What is measured is the book as the order would leave it.

    Args:
        stages: that orders may go to, some of `STAGES`.
        symbols: that may be traded, spelled exactly so.
        max_price_age_s: of prices and of the state, seconds.
        max_price_gap: of the order's price from the state's price, as a fraction of the latter.
        max_order_notional: of one order, currency of the account.
        max_position_notional: of the resulting position, currency.
        max_gross_exposure: sum of the sizes of all positions, currency.
        max_net_exposure: size of long minus short, currency.
        max_leverage: gross exposure by equity.
        max_concentration: largest position by equity.
        max_daily_loss: since the day's start, as a fraction of the equity then.
        max_drawdown: from the peak of equity, as a fraction of it.
        max_orders: in a window, the one that is asked for included.
        order_window_s: length of that window, seconds.
        max_var: value at risk over the period of one scenario, as a fraction of equity.
        var_level: confidence of it; 0.99 leaves 1 % of the scenarios beyond.
        min_scenarios: below which no value at risk is believed.
        max_stress_loss: of the worst stress scenario, as a fraction of equity.
    """

    stages: tuple[str, ...]
    symbols: tuple[str, ...]
    max_price_age_s: Annotated[float, Range(SMALLEST, 864_000.0)]
    max_price_gap: _Share
    max_order_notional: _Amount
    max_position_notional: _Amount
    max_gross_exposure: _Amount
    max_net_exposure: _Amount
    max_leverage: _Multiple
    max_concentration: _Multiple
    max_daily_loss: _Share
    max_drawdown: _Share
    max_orders: _Count
    order_window_s: Annotated[float, Range(1e-6, 86_400.0)]
    max_var: _Share
    var_level: Annotated[float, Range(0.5, 0.9999)]
    min_scenarios: _Count
    max_stress_loss: _Share
    _read: list[ReadLimits] = field(default_factory=list, init=False, repr=False, compare=False)


_FIELDS: Final = tuple(each for each in fields(RiskLimits) if each.init)

LIMIT_NAMES: Final = tuple(each.name for each in _FIELDS)
LIMIT_TYPES: Final[Mapping[str, Any]] = get_type_hints(RiskLimits)
"""Plain type of each limit, by name."""

RANGES: Final[Mapping[str, Range]] = {
    each.name: get_args(each.type)[1] for each in _FIELDS if get_origin(each.type) is Annotated
}
"""Least and largest value of each limit that is a number."""

WHOLE: Final = frozenset(name for name in RANGES if LIMIT_TYPES[name] is int)
_COMPARED: Final = tuple(name for name in RANGES if name.startswith("max_") and name not in WHOLE)


def limit_problem(name: str, value: object) -> str | None:
    """What is wrong with one field of the limits, if anything.

    Args:
        name: of the field.
        value: what was given for it.
    """
    if name in RANGES:
        low, high = RANGES[name]
        if name not in WHOLE:
            return number_problem(name, value, low, high)
        if type(value) is int and low <= value <= high:
            return None
        wrong = f"{name} is {shown(value)}"
        return wrong if value is MISSING else f"{wrong}, not a whole number from {low} to {high:,}"
    return _names_problem(name, value)


def _names_problem(name: str, value: object) -> str | None:
    if type(value) is not tuple:
        return f"{name} is {shown(value)}, not a tuple of texts"
    if not value:
        return f"{name} is empty, so nothing is allowed; use the kill switch for that"
    for item in value:
        if type(item) is not str:
            return f"{name} holds a value {shown(item)}, not a text"
        if name == "stages" and item not in STAGES:
            return f"{name} holds {shown(item)}, not one of {', '.join(STAGES)}"
        if name == "symbols" and not _SYMBOL.fullmatch(item):
            return (
                f"{name} holds {shown(item)}; a symbol is 1 to 32 letters, digits or ._/:- of "
                "ASCII, a letter or digit first"
            )
    if len({item.lower() for item in value}) < len(value):
        return f"{name} holds a name twice, or two that differ in case alone"
    return None


def read_limits(limits: object) -> ReadLimits:
    """Look at every field once; the answer is kept with the limits, which cannot change."""
    if type(limits) is not RiskLimits:
        return _refused((f"the limits are of type {kind_of(limits)}, not RiskLimits",), "")
    kept = limits._read
    if not kept:
        kept.append(_looked_through(limits))
    return kept[0]


def _looked_through(limits: RiskLimits) -> ReadLimits:
    values = {name: getattr(limits, name) for name in LIMIT_NAMES}
    text = canonical_text({name: outline(value) for name, value in values.items()})
    digest = sha256(text).hexdigest()
    found = (limit_problem(name, value) for name, value in values.items())
    problems = tuple(f"limits.{problem}" for problem in found if problem is not None)
    if problems:
        return _refused(problems, digest)
    bounds = {name: float(values[name]) for name in _COMPARED}
    # A window that is no whole number of microseconds ends with the next one: never too early.
    window = math.ceil(exact(limits.order_window_s) * _SECOND)
    return ReadLimits((), bounds, 1 - exact(limits.var_level), window, digest)


def _refused(problems: tuple[str, ...], digest: str) -> ReadLimits:
    return ReadLimits(problems, {}, Fraction(0), 0, digest)
