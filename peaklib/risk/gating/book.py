"""A state that was looked through: its positions valued, its scenarios as arrays.

Everything is worked out per symbol that is traded: the sums over all *other* positions, to
which the resulting position is added. A position that is closed then leaves exactly nothing.
Sums run over symbols in order, element by element, so that they are the same on every machine;
NumPy's own sums are not.
"""

import struct
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from peaklib.risk.gating.canonical_text import canonical_text
from peaklib.risk.gating.inspection import Scenarios, state_problems
from peaklib.risk.gating.intent import unknown_problems
from peaklib.risk.gating.reading import kind_of, microseconds, outline
from peaklib.risk.gating.state import STATE_FIELDS, STATE_TABLES, PortfolioState

Number = Callable[[float], Any]
"""What numbers are counted in: `float`, or `exact` for fractions."""


class Wealth(NamedTuple):
    """Equity now, at the start of the day and at its peak, currency."""

    equity: Any
    day_start: Any
    peak: Any


class Others(NamedTuple):
    """The book without one symbol, and that symbol before the order.

    Args:
        held: units of the symbol.
        price: of the symbol.
        gross, net, largest: of the other positions: sum of sizes, sum, largest size.
        n_positions: other positions there are.
        oldest, newest: moments of the state and of all prices that count, microseconds.
    """

    held: Any
    price: Any
    gross: Any
    net: Any
    largest: Any
    n_positions: int
    oldest: int
    newest: int


class Tail(NamedTuple):
    """Scenarios of the book without one symbol.

    Args:
        profits: of the other positions, (n_scenarios,), currency.
        moves: simple returns of the symbol, (n_scenarios,); None if the state has none.
        lacking: other symbols that are held and have no scenarios.
        widest: largest size of any move of any symbol.
    """

    profits: Any
    moves: Any
    lacking: tuple[str, ...]
    widest: float


class Stress(NamedTuple):
    """One stress scenario of the book without one symbol.

    Args:
        name: of the scenario.
        profit: of the other positions, currency.
        move: simple return of the symbol; None if the scenario has none.
        lacking: other symbols that are held and have no move.
    """

    name: str
    profit: Any
    move: Any
    lacking: tuple[str, ...]


class ReadBook:
    """What the gate keeps of a state that has no mistake in its form.

    Args:
        state: whose fields were all found to be well-formed.
        scenarios: its scenario returns, symbol to array.
    """

    def __init__(self, state: PortfolioState, scenarios: Scenarios) -> None:
        self.wealth = Wealth(
            float(state.equity), float(state.day_start_equity), float(state.peak_equity)
        )
        self.as_of = microseconds(state.as_of)
        units = {name: float(state.positions[name]) for name in sorted(state.positions)}
        self.positions = {name: amount for name, amount in units.items() if amount}
        self.prices = {name: float(price) for name, price in state.prices.items()}
        self.values = {name: amount * self.prices[name] for name, amount in self.positions.items()}
        self.price_times = {name: microseconds(time) for name, time in state.price_times.items()}
        self.order_times = sorted(microseconds(time) for time in state.order_times)
        self.scenarios = scenarios
        self.stress_moves = {
            name: {symbol: move + 0.0 for symbol, move in state.stress_moves[name].items()}
            for name in sorted(state.stress_moves)
        }
        moves = [abs(move) for each in self.stress_moves.values() for move in each.values()]
        self.widest_stress = max(moves, default=0.0)
        self._others: dict[str, Others] = {}
        self._tails: dict[str, Tail] = {}
        self._stress: dict[str, tuple[Stress, ...]] = {}

    def others(self, symbol: str) -> Others:
        """Sums of the book without a symbol that has a price; kept."""
        found = self._others.get(symbol)
        if found is None:
            found = self._others[symbol] = self.count_others(symbol, float)
        return found

    def tail(self, symbol: str) -> Tail:
        """Scenarios of the book without a symbol; kept."""
        found = self._tails.get(symbol)
        if found is None:
            found = self._tails[symbol] = self.count_tail(symbol, float)
        return found

    def stress(self, symbol: str) -> tuple[Stress, ...]:
        """Stress scenarios of the book without a symbol, by name; kept."""
        found = self._stress.get(symbol)
        if found is None:
            found = self._stress[symbol] = self.count_stress(symbol, float)
        return found

    def count_others(self, symbol: str, number: Number) -> Others:
        """Sums of the book without a symbol that has a price."""
        gross, net, largest = number(0.0), number(0.0), number(0.0)
        oldest = newest = self.price_times[symbol]
        oldest, newest = min(oldest, self.as_of), max(newest, self.as_of)
        values = self._values(symbol, number)
        for name, value in values.items():
            size, time = abs(value), self.price_times[name]
            gross, net = gross + size, net + value
            # Twice as fast as min() and max().
            largest = size if size > largest else largest
            oldest = time if time < oldest else oldest
            newest = time if time > newest else newest
        held = number(self.positions.get(symbol, 0.0))
        price, count = number(self.prices[symbol]), len(values)
        return Others(held, price, gross, net, largest, count, oldest, newest)

    def count_tail(self, symbol: str, number: Number) -> Tail:
        """Scenarios of the book without a symbol."""
        scenarios = self.scenarios
        profits: Any = scenarios.zeros(number)
        lacking = []
        for name, value in self._values(symbol, number).items():
            if name in scenarios.moves:
                profits += scenarios.counted(name, number) * value
            else:
                lacking.append(name)
        own = scenarios.counted(symbol, number) if symbol in scenarios.moves else None
        return Tail(profits, own, tuple(lacking), scenarios.widest)

    def count_stress(self, symbol: str, number: Number) -> tuple[Stress, ...]:
        """Stress scenarios of the book without a symbol, by name."""
        values = self._values(symbol, number)
        found = []
        for name, moves in self.stress_moves.items():
            profit, lacking = number(0.0), []
            for held, value in values.items():
                if held in moves:
                    profit += number(moves[held]) * value
                else:
                    lacking.append(held)
            own = number(moves[symbol]) if symbol in moves else None
            found.append(Stress(name, profit, own, tuple(lacking)))
        return tuple(found)

    def content(self) -> dict[str, Any]:
        """All of it as plain values, for a digest."""
        return {
            "as_of": self.as_of,
            "account": self.wealth,
            "positions": _packed(self.positions),
            "prices": _packed(self.prices),
            "price_times": self.price_times,
            "order_times": self.order_times,
            "scenario_returns": self.scenarios.digests(),
            "stress_moves": {name: _packed(moves) for name, moves in self.stress_moves.items()},
        }

    def _values(self, symbol: str, number: Number) -> Mapping[str, Any]:
        """Signed value of every other position, by symbol in order."""
        if number is float:
            return {name: value for name, value in self.values.items() if name != symbol}
        return {
            name: number(units) * number(self.prices[name])
            for name, units in self.positions.items()
            if name != symbol
        }


class ReadState:
    """A state after a look at every field.

    Args:
        state: that was looked at.

    Attributes:
        problems: what is malformed about the fields that there have to be.
        strange: what is there and does not exist.
        book: None if there is any problem.
    """

    def __init__(self, state: PortfolioState) -> None:
        found, scenarios = state_problems(state)
        self.problems = tuple(f"state.{problem}" for problem in found)
        self.strange = tuple(unknown_problems("state", state.unknown))
        self.book = None if found or scenarios is None else ReadBook(state, scenarios)
        self._state = state
        self._digest = ""

    def digest(self) -> str:
        """SHA-256 of the state, hexadecimal; taken once."""
        if not self._digest:
            self._digest = sha256(canonical_text(self._content())).hexdigest()
        return self._digest

    def _content(self) -> dict[str, Any]:
        state = self._state
        if self.book is not None:
            given = {"kill_switch": state.kill_switch, "unknown": outline(state.unknown)}
            return {**self.book.content(), **given}
        return {
            name: outline(getattr(state, name), STATE_TABLES.get(name, 0))
            for name in (*STATE_FIELDS, "unknown")
        }


def read_state(state: object) -> tuple[tuple[str, ...], ReadBook | None]:
    """Problems of a state, and its book if it can be used; found once and kept with the state."""
    if type(state) is not PortfolioState:
        return (f"the state is of type {kind_of(state)}, not PortfolioState",), None
    read = _read(state)
    return read.problems + read.strange, read.book


def state_digest(state: object) -> str:
    """SHA-256 of a state, hexadecimal; of anything else, of the name of its type."""
    if type(state) is not PortfolioState:
        return sha256(canonical_text({"other": kind_of(state)})).hexdigest()
    return _read(state).digest()


def _read(state: PortfolioState) -> ReadState:
    kept: list[ReadState] = state._read
    if not kept:
        kept.append(ReadState(state))
    return kept[0]


def _packed(numbers: Mapping[str, float]) -> list[str]:
    """Names in order, and their numbers as hexadecimal little-endian bytes."""
    names = sorted(numbers)
    return [*names, struct.pack(f"<{len(names)}d", *map(numbers.__getitem__, names)).hex()]
