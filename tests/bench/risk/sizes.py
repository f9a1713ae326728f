"""How much is measured."""

from dataclasses import dataclass

from risk import allocation, estimates, gate


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Those of the page by default; the tests measure less.

    Args:
        rows: returns of one measure and of a rolling forecast.
        window: bars that a rolling forecast looks back on.
        bars: of the data set for filtered historical simulation, the last ones; None for all.
        symbols, scenarios: of the state that the gate decides on.
        orders: decisions of a turn.
        states: of these, on states that nobody has looked at.
        assets, days: returns that weights are found from.
        repeats, forecasts, decisions, allocations, peers: turns of a measure; of a rolling
            forecast; of the gate; of an allocation, and of skfolio's.
    """

    rows: int = estimates.ROWS
    window: int = estimates.WINDOW
    bars: int | None = None
    symbols: int = gate.SYMBOLS
    scenarios: int = gate.SCENARIOS
    orders: int = gate.ORDERS
    states: int = gate.FRESH
    assets: int = allocation.ASSETS
    days: int = allocation.DAYS
    repeats: int = 7
    forecasts: int = 3
    decisions: int = 5
    allocations: int = 3
    peers: int = 1
