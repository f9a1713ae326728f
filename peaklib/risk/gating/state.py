"""The account and the market as somebody says that they are, and their risk per symbol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final, Self

from peaklib.risk.gating.reading import frozen, sorted_out

STATE_TABLES: Final = {
    "positions": 1,
    "prices": 1,
    "price_times": 1,
    "order_times": 0,
    "scenario_returns": 1,
    "stress_moves": 2,
}
"""Fields that are copied, and how many tables deep each of them is; 0 is a list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PortfolioState:
    """What the gate knows of a simulated account. Nothing is checked here: the gate does.

    Dicts and lists are copied into read-only ones, so that a later change of the originals
    changes no decision. Numbers have to be plain floats or ints (`float(x)` and `.tolist()`
    make them of NumPy's), moments exactly `datetime` at a fixed offset, such as UTC.

    Args:
        as_of: moment that the account was marked at.
        kill_switch: True blocks everything.
        equity: of the account at `prices`, its currency, positive.
        day_start_equity: at the start of the trading day.
        peak_equity: the highest so far; not below either of the other two.
        positions: symbol to units held, negative if short.
        prices: symbol to price per unit, currency.
        price_times: symbol to the moment that the price was known.
        order_times: moments of the orders sent so far, those of the last window at least.
        scenario_returns: symbol to simple returns, one per scenario, as fractions; the n-th of
            every symbol belong to the same scenario.
        stress_moves: name of a stress scenario to the simple return of each symbol in it.
        unknown: fields that a file had and that do not exist; any is a block.
    """

    as_of: datetime
    kill_switch: bool
    equity: float
    day_start_equity: float
    peak_equity: float
    positions: Mapping[str, float]
    prices: Mapping[str, float]
    price_times: Mapping[str, datetime]
    order_times: Sequence[datetime]
    scenario_returns: Mapping[str, Sequence[float]]
    stress_moves: Mapping[str, Mapping[str, float]]
    unknown: tuple[str, ...] = ()
    # What `gating.book` makes of it, once.
    _read: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Copy what could be changed from outside."""
        for name, depth in STATE_TABLES.items():
            object.__setattr__(self, name, frozen(getattr(self, name), depth))

    @classmethod
    def from_fields(cls, fields: object) -> Self:
        """A state from a table as read from a file, however wrong it is.

        Args:
            fields: a plain dict; what is missing in it or unknown is a block, no exception.
        """
        known, unknown = sorted_out(STATE_FIELDS, fields)
        return cls(**known, unknown=unknown)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its fields: read-only mappings cannot be, and are made anew."""
        given = {name: _thawed(getattr(self, name)) for name in STATE_FIELDS}
        return _restored, (given, self.unknown)


STATE_FIELDS: Final = tuple(
    each.name for each in fields(PortfolioState) if each.init and each.name != "unknown"
)


def _thawed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _thawed(item) for key, item in value.items()}
    return value


def _restored(given: dict[str, Any], unknown: tuple[str, ...]) -> PortfolioState:
    return PortfolioState(**given, unknown=unknown)
