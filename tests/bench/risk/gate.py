"""How many decisions of the L5 gate one thread makes in a second."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from chapters.errors import BenchError
from costs.timing import Cost, cost

from peaklib.risk.gate import OrderIntent, PortfolioState, RiskLimits, evaluate

SYMBOLS: Final = 10
SCENARIOS: Final = 250
STRESSES: Final = 5
SENT: Final = 10
ORDERS: Final = 5_000
FRESH: Final = 500
SEED: Final = 1

_WAYS: Final = ("plain", "cached", "full", "fresh", "built")
_NOW: Final = datetime(2026, 11, 27, 15, tzinfo=UTC)
Fields = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Decided:
    """Costs of one decision, in seconds; a turn is the mean over many orders, no two alike.

    Args:
        n_symbols, n_scenarios: of the state.
        n_orders: decisions of a turn.
        n_states: states of a turn that nobody has looked at.
        plain: without a digest, on a state that is known.
        cached: with the digest of the decision; that of the state was taken before.
        full: on a state that is known, with its digest taken anew each time.
        fresh: on a state that nobody has looked at: checked, valued and digested each time.
        built: the same, and the state is made from lists and dicts each time.
        allowed: share of the orders that pass.
    """

    n_symbols: int
    n_scenarios: int
    n_orders: int
    n_states: int
    plain: Sequence[Cost]
    cached: Sequence[Cost]
    full: Sequence[Cost]
    fresh: Sequence[Cost]
    built: Sequence[Cost]
    allowed: float


def per_second(turns: Sequence[Cost], clock: str = "wall") -> list[float]:
    """Decisions in a second, turn by turn; `clock` is wall or cpu."""
    return [1.0 / getattr(turn, clock) for turn in turns]


def measure_gate(
    n_symbols: int = SYMBOLS,
    n_scenarios: int = SCENARIOS,
    n_orders: int = ORDERS,
    n_states: int = FRESH,
    repeats: int = 5,
) -> Decided:
    """Decide on many orders, in turn with and without digests.

    Args:
        n_symbols, n_scenarios: of the state.
        n_orders: decisions of a turn, no two orders alike.
        n_states: decisions of a turn on states that nobody has looked at.
        repeats: turns, after one that does not count.

    Raises:
        BenchError: too few or too many orders pass to be worth timing, or digests repeat.
    """
    draw = Random(SEED)
    fields = state_fields(draw, n_symbols, n_scenarios)
    orders = orders_of(draw, fields, n_orders)
    limits, state = limits_of(fields), PortfolioState(**fields)
    decisions = [evaluate(order, state, limits, now=_NOW) for order in orders]
    allowed = sum(decision.allowed for decision in decisions) / n_orders
    if not 0.5 <= allowed <= 0.99 or len({each.digest for each in decisions}) < n_orders:
        raise BenchError(f"{allowed:.0%} of the orders pass, or digests repeat: nothing was timed")
    found: dict[str, list[Cost]] = {name: [] for name in _WAYS}
    for turn in range(repeats + 1):
        made = _turn(orders, fields, limits, state, n_states)
        for name, spent in made.items():
            if turn:
                found[name].append(spent)
    return Decided(
        n_symbols=n_symbols,
        n_scenarios=n_scenarios,
        n_orders=n_orders,
        n_states=n_states,
        allowed=allowed,
        **found,
    )


def _turn(
    orders: Sequence[OrderIntent],
    fields: Fields,
    limits: RiskLimits,
    state: PortfolioState,
    n_states: int,
) -> dict[str, Cost]:
    first = orders[:n_states]
    unseen = [PortfolioState(**fields) for _ in first]
    (known,) = state._read

    def plain() -> None:
        for order in orders:
            evaluate(order, state, limits, now=_NOW)

    def cached() -> None:
        for order in orders:
            _ = evaluate(order, state, limits, now=_NOW).digest

    def full() -> None:
        for order in first:
            known._digest = ""
            _ = evaluate(order, state, limits, now=_NOW).digest

    def fresh() -> None:
        for order, new in zip(first, unseen, strict=True):
            _ = evaluate(order, new, limits, now=_NOW).digest

    def built() -> None:
        for order in first:
            _ = evaluate(order, PortfolioState(**fields), limits, now=_NOW).digest

    return {
        "plain": _each(plain, len(orders)),
        "cached": _each(cached, len(orders)),
        "full": _each(full, len(first)),
        "fresh": _each(fresh, len(first)),
        "built": _each(built, len(first)),
    }


def _each(work: Callable[[], None], count: int) -> Cost:
    """Cost of one of many; objects that were there before are not searched for garbage."""
    gc.collect()
    gc.freeze()
    try:
        spent = cost(work)
    finally:
        gc.unfreeze()
    return Cost(spent.wall / count, spent.cpu / count)


def state_fields(draw: Random, n_symbols: int, n_scenarios: int) -> Fields:
    """A book long and short in every symbol, as plain lists and dicts."""
    names = [f"S{k:03}" for k in range(n_symbols)]
    return {
        "as_of": _NOW,
        "kill_switch": False,
        "equity": 100_000.0,
        "day_start_equity": 100_500.0,
        "peak_equity": 104_000.0,
        "positions": {name: draw.uniform(-1_000, 1_000) / n_symbols for name in names},
        "prices": {name: draw.uniform(50, 100) for name in names},
        "price_times": {name: _NOW - timedelta(seconds=draw.uniform(0, 50)) for name in names},
        "order_times": [_NOW - timedelta(seconds=draw.uniform(0, 600)) for _ in range(SENT)],
        "scenario_returns": {
            name: [draw.gauss(0, 0.01) for _ in range(n_scenarios)] for name in names
        },
        "stress_moves": {
            f"stress {k}": {name: draw.uniform(-0.4, 0.1) for name in names}
            for k in range(STRESSES)
        },
    }


def orders_of(draw: Random, fields: Fields, count: int) -> list[OrderIntent]:
    """Orders in all symbols, most of them small enough to pass."""
    names = sorted(fields["prices"])
    picked = [draw.choice(names) for _ in range(count)]
    return [
        OrderIntent(
            symbol=name,
            side=draw.choice(("buy", "sell")),
            quantity=draw.uniform(1, 110),
            price=fields["prices"][name] * draw.uniform(0.99, 1.01),
            stage="paper",
        )
        for name in picked
    ]


def limits_of(fields: Fields) -> RiskLimits:
    """Limits that most of the orders keep."""
    return RiskLimits(
        stages=("paper",),
        symbols=tuple(sorted(fields["prices"])),
        max_price_age_s=60.0,
        max_price_gap=0.05,
        max_order_notional=8_000.0,
        max_position_notional=50_000.0,
        max_gross_exposure=100_000.0,
        max_net_exposure=75_000.0,
        max_leverage=1.0,
        max_concentration=0.5,
        max_daily_loss=0.03,
        max_drawdown=0.15,
        max_orders=100,
        order_window_s=60.0,
        max_var=0.04,
        var_level=0.99,
        min_scenarios=min(250, len(next(iter(fields["scenario_returns"].values())))),
        max_stress_loss=0.25,
    )
