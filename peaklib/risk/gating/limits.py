"""What an order and the book that it makes may be at most."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from hashlib import sha256
from typing import Any, Final, NamedTuple

from peaklib.risk.gating.canonical_text import canonical_text
from peaklib.risk.gating.reading import (
    LARGEST,
    SMALLEST,
    kind_of,
    number_problem,
    outline,
    shown,
)

STAGES: Final = ("shadow", "paper", "dry-run", "testnet-simulation")
"""Where a simulated order may go. There is no other stage, and `live` is denied by its name."""

_SYMBOL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:-]{0,31}")
_LEVERAGE: Final = 100.0

RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "max_price_age_s": (SMALLEST, 864_000.0),
    "max_price_gap": (SMALLEST, 1.0),
    "max_order_notional": (SMALLEST, LARGEST),
    "max_position_notional": (SMALLEST, LARGEST),
    "max_gross_exposure": (SMALLEST, LARGEST),
    "max_net_exposure": (SMALLEST, LARGEST),
    "max_leverage": (SMALLEST, _LEVERAGE),
    "max_concentration": (SMALLEST, _LEVERAGE),
    "max_daily_loss": (SMALLEST, 1.0),
    "max_drawdown": (SMALLEST, 1.0),
    "max_orders": (1, 1_000_000),
    "order_window_s": (1e-6, 86_400.0),
    "max_var": (SMALLEST, 1.0),
    "var_level": (0.5, 0.9999),
    "min_scenarios": (1, 1_000_000),
    "max_stress_loss": (SMALLEST, 1.0),
}
"""Least and largest value of each number; none may be zero, infinite or left out."""

WHOLE: Final = frozenset({"max_orders", "min_scenarios"})


class Bounds(NamedTuple):
    """The numbers of valid limits that are compared with, as floats or as fractions."""

    max_price_age_s: Any
    max_price_gap: Any
    max_order_notional: Any
    max_position_notional: Any
    max_gross_exposure: Any
    max_net_exposure: Any
    max_leverage: Any
    max_concentration: Any
    max_daily_loss: Any
    max_drawdown: Any
    max_var: Any
    max_stress_loss: Any


class ReadLimits(NamedTuple):
    """Limits after a look at every field.

    Args:
        problems: what is malformed; with any, the other fields are not to be used.
        bounds: as floats.
        tail: probability beyond the level of the value at risk.
        window: length of the window of the order rate, microseconds.
        digest: SHA-256 of the canonical text, hexadecimal.
    """

    problems: tuple[str, ...]
    bounds: Bounds
    tail: float
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
    max_price_age_s: float
    max_price_gap: float
    max_order_notional: float
    max_position_notional: float
    max_gross_exposure: float
    max_net_exposure: float
    max_leverage: float
    max_concentration: float
    max_daily_loss: float
    max_drawdown: float
    max_orders: int
    order_window_s: float
    max_var: float
    var_level: float
    min_scenarios: int
    max_stress_loss: float
    _read: list[ReadLimits] = field(default_factory=list, init=False, repr=False, compare=False)


LIMIT_NAMES: Final = tuple(each.name for each in fields(RiskLimits) if each.init)


def limit_problem(name: str, value: object) -> str | None:
    """What is wrong with one field of the limits, if anything.

    Args:
        name: of the field.
        value: what was given for it.
    """
    if name in RANGES:
        low, high = RANGES[name]
        if name in WHOLE and type(value) is not int:
            return f"{name} is {shown(value)}, not a whole number"
        return number_problem(name, value, low, high)
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
    bounds = Bounds(*(float(values[name]) for name in Bounds._fields))
    # Rounded, as 1 - 0.95 is a little more than 0.05 and would shift a rank.
    tail = round(1.0 - limits.var_level, 12)
    return ReadLimits((), bounds, tail, round(limits.order_window_s * 1e6), digest)


def _refused(problems: tuple[str, ...], digest: str) -> ReadLimits:
    return ReadLimits(problems, Bounds(*(None for _ in Bounds._fields)), 0.0, 0, digest)
