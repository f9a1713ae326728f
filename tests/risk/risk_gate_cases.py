"""Orders, states and limits for the tests of the gate, and its rules once more in fractions.

The recomputation takes the raw fields and shares no code with the gate: dicts of fractions
instead of arrays, the whole book at once instead of the order's symbol beside the others, and
for the value at risk a count of the scenarios beyond the limit instead of a quantile.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from peaklib.risk.gate import GateDecision, OrderIntent, PortfolioState, RiskLimits, evaluate

NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
Fields = dict[str, Any]

FIGURES = (
    *("price_age", "price_gap", "order_notional", "position_notional", "gross_exposure"),
    *("net_exposure", "leverage", "concentration", "daily_loss", "drawdown", "order_rate"),
    *("var", "stress_loss"),
)


def order_fields(**changes: Any) -> Fields:
    """Buy 10 of A at its price."""
    plain = {"symbol": "A", "side": "buy", "quantity": 10.0, "price": 100.0, "stage": "paper"}
    return {**plain, **changes}


def state_fields(**changes: Any) -> Fields:
    """20 A at 100 and -10 B at 50; 10,000 of equity; four scenarios, two stress scenarios."""
    seen = NOW - timedelta(seconds=30)
    plain = {
        "as_of": seen,
        "kill_switch": False,
        "equity": 10_000.0,
        "day_start_equity": 10_100.0,
        "peak_equity": 10_500.0,
        "positions": {"A": 20.0, "B": -10.0},
        "prices": {"A": 100.0, "B": 50.0},
        "price_times": {"A": seen, "B": seen - timedelta(seconds=10)},
        "order_times": [NOW - timedelta(seconds=s) for s in (500, 50, 5)],
        "scenario_returns": {"A": [0.01, -0.03, 0.02, -0.01], "B": [0.02, -0.02, 0.0, 0.04]},
        "stress_moves": {"crash": {"A": -0.3, "B": -0.4}, "squeeze": {"A": 0.1, "B": 0.5}},
    }
    return {**plain, **changes}


def limit_fields(**changes: Any) -> Fields:
    """Wide enough for the order and the state above."""
    plain = {
        "stages": ("paper", "shadow"),
        "symbols": ("A", "B"),
        "max_price_age_s": 60.0,
        "max_price_gap": 0.05,
        "max_order_notional": 2_000.0,
        "max_position_notional": 4_000.0,
        "max_gross_exposure": 5_000.0,
        "max_net_exposure": 3_000.0,
        "max_leverage": 0.5,
        "max_concentration": 0.4,
        "max_daily_loss": 0.02,
        "max_drawdown": 0.1,
        "max_orders": 5,
        "order_window_s": 60.0,
        "max_var": 0.02,
        "var_level": 0.75,
        "min_scenarios": 4,
        "max_stress_loss": 0.1,
    }
    return {**plain, **changes}


def decide(
    order: Mapping[str, Any] | None = None,
    state: Mapping[str, Any] | None = None,
    limits: Mapping[str, Any] | None = None,
    now: Any = NOW,
) -> GateDecision:
    """The gate's decision; what is given replaces fields of the examples above."""
    return evaluate(
        OrderIntent(**order_fields(**(order or {}))),
        PortfolioState(**state_fields(**(state or {}))),
        RiskLimits(**limit_fields(**(limits or {}))),
        now=now,
    )


def failed(decision: GateDecision) -> set[str]:
    """Names of the checks that blocked; what only the last fence stopped was overlooked before."""
    assert not any("an input cannot be read" in check.problem for check in decision.checks)
    return {check.name for check in decision.checks if not check.ok}


def printed(number: float) -> Fraction:
    """A number as a person reads it."""
    return Fraction(str(number))


def recomputed(order: Fields, state: Fields, limits: Fields, now: datetime) -> dict[str, Any]:
    """Every figure in fractions, by check; None where it cannot be had. `var` is not among them."""
    symbol, price = order["symbol"], printed(state["prices"][order["symbol"]])
    sign = {"buy": 1, "sell": -1}[order["side"]]
    quantity, asked = printed(order["quantity"]), printed(order["price"])
    units = {name: printed(held) for name, held in state["positions"].items()}
    units[symbol] = units.get(symbol, Fraction(0)) + sign * quantity
    book = {name: held * printed(state["prices"][name]) for name, held in units.items()}
    paid_too_much = max(Fraction(0), sign * (asked - price)) * quantity
    equity = printed(state["equity"]) - paid_too_much
    relevant = {name for name, held in state["positions"].items() if held} | {symbol}
    moments = [state["as_of"], *(state["price_times"][name] for name in relevant)]
    start, peak = printed(state["day_start_equity"]), printed(state["peak_equity"])
    gross = sum(map(abs, book.values()))
    sent = state["order_times"]
    window = printed(limits["order_window_s"])
    ages = [Fraction((now - time) // timedelta(microseconds=1), 10**6) for time in sent]
    found: dict[str, Any] = {
        "price_age": Fraction((now - min(moments)) // timedelta(microseconds=1), 10**6),
        "price_gap": abs(asked / price - 1),
        "order_notional": quantity * max(asked, price),
        "position_notional": abs(book[symbol]),
        "gross_exposure": gross,
        "net_exposure": abs(sum(book.values())),
        "leverage": gross / equity if equity > 0 else None,
        "concentration": max(map(abs, book.values())) / equity if equity > 0 else None,
        "daily_loss": 1 - equity / start,
        "drawdown": 1 - equity / peak,
        "order_rate": 1 + sum(0 <= age < window for age in ages),
        "stress_loss": _worst(book, state, equity),
        "equity": equity,
        "book": {name: value for name, value in book.items() if value},
    }
    if max(moments) > now:
        found["price_age"] = None
    if any(time > now for time in sent):
        found["order_rate"] = None
    return found


def _worst(book: Mapping[str, Fraction], state: Fields, equity: Fraction) -> Fraction | None:
    held = {name: value for name, value in book.items() if value}
    if not held:
        return Fraction(0)
    scenarios = state["stress_moves"].values()
    if equity <= 0 or not scenarios or any(held.keys() - moves.keys() for moves in scenarios):
        return None
    losses = [-sum(value * printed(moves[n]) for n, value in held.items()) for moves in scenarios]
    return max(losses) / equity


def too_many_beyond(found: Mapping[str, Any], state: Fields, limits: Fields) -> bool:
    """Whether more scenarios lose more than `max_var` of equity than the level lets."""
    book, equity, table = found["book"], found["equity"], state["scenario_returns"]
    if not book:
        return False
    count = len(next(iter(table.values()), ()))
    let = count * (1 - printed(limits["var_level"]))
    if equity <= 0 or book.keys() - table.keys() or count < limits["min_scenarios"] or let < 1:
        return True
    most = printed(limits["max_var"]) * equity
    beyond = sum(
        -sum(value * printed(table[name][k]) for name, value in book.items()) > most
        for k in range(count)
    )
    # The loss of rank ceil(let) must not be beyond, so fewer than that many may be.
    return bool(beyond >= let)


def var_of(found: Mapping[str, Any], state: Fields, limits: Fields) -> Fraction | None:
    """Value at risk of a book with scenarios for all that it holds; None if no equity is left."""
    book, equity, table = found["book"], found["equity"], state["scenario_returns"]
    if equity <= 0:
        return None
    count = len(next(iter(table.values())))
    losses = sorted(
        -sum(value * printed(table[name][k]) for name, value in book.items()) for k in range(count)
    )
    rank = math.ceil(count * (1 - printed(limits["var_level"])))
    return Fraction(losses[-rank]) / equity


def beyond(order: Fields, state: Fields, limits: Fields, now: datetime) -> set[str]:
    """Checks that a well-formed order does not pass, by the recomputation."""
    found = recomputed(order, state, limits, now)
    names = {name: f"max_{name}" for name in FIGURES if name != "var"}
    names |= {"price_age": "max_price_age_s", "order_rate": "max_orders"}
    over = {
        name
        for name, limit in names.items()
        if found[name] is None or found[name] > printed(limits[limit])
    }
    over |= {"var"} if too_many_beyond(found, state, limits) else set()
    over |= {"kill_switch"} if state["kill_switch"] else set()
    over |= {"symbol"} if order["symbol"] not in limits["symbols"] else set()
    return over | ({"stage"} if order["stage"] not in limits["stages"] else set())
