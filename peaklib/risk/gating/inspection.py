"""Looking through a state, field by field, for anything that is not what it has to be."""

import struct
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from hashlib import sha256
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from peaklib.risk.gating.reading import (
    LARGEST,
    SMALLEST,
    all_plain,
    is_number,
    number_problem,
    shown,
    time_problem,
)
from peaklib.risk.gating.state import PortfolioState

MOST: Final = 10
"""As many mistakes of a state are told; a million of them would say no more."""

_TOTAL_LOSS: Final = -1.0

Problems = Iterator[str | None]


class Scenarios:
    """Scenario returns as one matrix that cannot be written to.

    Args:
        symbols: in order.
        matrix: (n_symbols, n_scenarios), simple returns without -0.0; taken over, not copied.
        widest: largest size of any of them.
    """

    def __init__(self, symbols: tuple[str, ...], matrix: Any, widest: float) -> None:
        matrix.flags.writeable = False
        self.symbols, self.widest = symbols, widest
        self.count = int(matrix.shape[1])
        self.moves = dict(zip(symbols, matrix, strict=True))
        self._matrix = matrix

    def zeros(self, number: Callable[[float], Any]) -> Any:
        """(n_scenarios,), nothing gained or lost."""
        return np.zeros(self.count) if number is float else np.full(self.count, 0, dtype=object)

    def counted(self, symbol: str, number: Callable[[float], Any]) -> Any:
        """(n_scenarios,), the returns of a symbol in the numbers asked for."""
        moves = self.moves[symbol]
        if number is float:
            return moves
        return np.array([number(move) for move in moves.tolist()], dtype=object)

    def digests(self) -> dict[str, Any]:
        """For the digest of a state: names, shape, and SHA-256 of the little-endian bytes."""
        matrix = np.ascontiguousarray(self._matrix, dtype="<f8")
        return {
            "symbols": list(self.symbols),
            "count": self.count,
            "sha256": sha256(matrix.data).hexdigest(),
        }


def state_problems(state: PortfolioState) -> tuple[tuple[str, ...], Scenarios | None]:
    """What is malformed about a state, at most `MOST` of it.

    Returns:
        One clause per mistake, each starting with the field; and the scenario returns, None if
        they are malformed.
    """
    scenarios, wrong = _scenarios(state.scenario_returns)
    found = (problem for problem in _all_problems(state) if problem is not None)
    return tuple(islice((*wrong, *islice(found, MOST)), MOST)), scenarios


def _all_problems(state: Any) -> Problems:
    yield time_problem("as_of", state.as_of)
    if type(state.kill_switch) is not bool:
        yield f"kill_switch is {shown(state.kill_switch)}, neither true nor false"
    yield from _account(state)
    yield from _numbers("positions", state.positions, -LARGEST, LARGEST)
    yield from _numbers("prices", state.prices, SMALLEST, LARGEST)
    yield from _times(state)
    yield from _together(state)
    yield from _stress(state.stress_moves)


def _account(state: Any) -> Problems:
    names = ("equity", "day_start_equity", "peak_equity")
    found = [number_problem(name, getattr(state, name), SMALLEST, LARGEST) for name in names]
    yield from found
    if not any(found) and state.peak_equity < max(state.equity, state.day_start_equity):
        yield "peak_equity is below equity or day_start_equity, so it is not the peak"


def _numbers(name: str, values: Any, low: float, high: float) -> Problems:
    if type(values) is not MappingProxyType:
        yield _no_mapping(name, values)
        return
    if not all_plain(values.values(), low, high):
        for key, value in values.items():
            yield number_problem(f"{name}[{shown(key)}]", value, low, high)


def _no_mapping(name: str, values: object) -> str:
    return f"{name} is {shown(values)}, not a plain dict"


def _times(state: Any) -> Problems:
    if type(state.price_times) is not MappingProxyType:
        yield _no_mapping("price_times", state.price_times)
    else:
        for key, value in _odd_times(state.price_times.items()):
            yield time_problem(f"price_times[{shown(key)}]", value)
    if type(state.order_times) is not tuple:
        yield f"order_times is {shown(state.order_times)}, not a plain list or tuple"
    else:
        for place, value in _odd_times(enumerate(state.order_times)):
            yield time_problem(f"order_times[{place}]", value)


def _odd_times(times: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Those that are not exactly a datetime at a fixed offset; cf. `time_problem`."""
    return [
        (key, value)
        for key, value in times
        if type(value) is not datetime or type(value.tzinfo) is not timezone
    ]


def _together(state: Any) -> Problems:
    """Every price has its moment, every position its price."""
    tables = (state.positions, state.prices, state.price_times)
    if any(type(table) is not MappingProxyType for table in tables):
        return
    for name in sorted(state.prices.keys() ^ state.price_times.keys()):
        lacks = "price_times" if name in state.prices else "prices"
        yield f"{lacks} lacks {shown(name)}"
    for name in sorted(state.positions.keys() - state.prices.keys()):
        yield f"prices lacks {shown(name)}, which is held"


def _stress(table: Any) -> Problems:
    if type(table) is not MappingProxyType:
        yield _no_mapping("stress_moves", table)
        return
    for name, moves in table.items():
        if type(moves) is not MappingProxyType or not all_plain(
            moves.values(), _TOTAL_LOSS, LARGEST
        ):
            yield from _numbers(f"stress_moves[{shown(name)}]", moves, _TOTAL_LOSS, LARGEST)


def _scenarios(table: Any) -> tuple[Scenarios | None, list[str]]:
    if type(table) is not MappingProxyType:
        return None, [_no_mapping("scenario_returns", table)]
    symbols = tuple(sorted(table))
    rows = [table[symbol] for symbol in symbols]
    wrong = [
        f"scenario_returns[{shown(symbol)}] is {shown(row)}, not a plain list or tuple"
        for symbol, row in zip(symbols, rows, strict=True)
        if type(row) is not tuple
    ]
    if not wrong and len(set(map(len, rows))) > 1:
        wrong = ["scenario_returns has rows of different lengths; the n-th belong together"]
    if wrong:
        return None, wrong[:MOST]
    matrix = _matrix(rows)
    if matrix is None:
        return None, _bad_moves(symbols, rows)
    # NaN passes through both of them, and compares false with everything.
    low, high = matrix.min(initial=0.0), matrix.max(initial=0.0)
    if not (low >= _TOTAL_LOSS and high <= LARGEST):
        return None, _bad_moves(symbols, rows)
    return Scenarios(symbols, matrix, float(max(-low, high))), []


def _matrix(rows: list[tuple[Any, ...]]) -> Any:
    """(n_symbols, n_scenarios), or None if any move is no plain number."""
    count = len(rows[0]) if rows else 0
    pack = struct.Struct(f"<{count}d").pack
    packed = []
    for row in rows:
        if list(map(type, row)).count(float) < count:
            if not all(map(is_number, row)) or any(abs(move) > LARGEST for move in row):
                return None
            row = tuple(map(float, row))
        packed.append(pack(*row))
    matrix = np.frombuffer(b"".join(packed), dtype="<f8").reshape(len(rows), count)
    return matrix + 0.0  # which makes -0.0 to 0.0


def _bad_moves(symbols: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[str]:
    found = (
        number_problem(f"scenario_returns[{shown(symbol)}][{place}]", move, _TOTAL_LOSS, LARGEST)
        for symbol, row in zip(symbols, rows, strict=True)
        for place, move in enumerate(row)
    )
    return list(islice((problem for problem in found if problem is not None), MOST))
