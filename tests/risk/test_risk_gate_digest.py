"""The same input gives the same decision and the same digest, in any process and order."""

import json
import pickle
import subprocess
import sys
from copy import deepcopy
from dataclasses import FrozenInstanceError
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

import pytest
from risk_gate_cases import NOW, decide, limit_fields, order_fields, state_fields

from peaklib.risk.gate import GateDecision, OrderIntent, PortfolioState, RiskLimits, Tally, evaluate
from peaklib.risk.gating.limits import LIMIT_TYPES

HERE = Path(__file__).parent
HEAVY = {"pandas", "scipy", "pydantic", "numba", "arch", "sklearn", "skfolio", "statsmodels"}
# Of the examples in `risk_gate_cases`; another number here is another version of the rules.
PINNED = "7b6837d2f4696341d4ff7e61cea8665f8eef98b6ccd872eb4c9bb04ffc282e7f"


def fresh(code: str, **environment: str) -> str:
    """What a new interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=HERE,
        env={**environment, "PYTHONPATH": f"{HERE}:{HERE.parents[1]}"},
    )
    return done.stdout.strip()


def test_the_digest_of_the_example_is_pinned() -> None:
    assert decide().digest == PINNED


@pytest.mark.slow
def test_other_processes_time_zones_and_hash_seeds_give_the_same_digest() -> None:
    code = "from risk_gate_cases import decide; print(decide().digest, len(decide().checks))"
    for seed, zone in (("0", "UTC"), ("4711", "Asia/Tokyo")):
        found = fresh(code, PYTHONHASHSEED=seed, TZ=zone, LC_ALL="C")
        assert found == f"{PINNED} 17"


def test_the_gate_needs_no_pandas_and_no_pydantic() -> None:
    code = "import json, sys, peaklib.risk.gate; print(json.dumps(sorted(sys.modules)))"
    assert HEAVY.intersection(json.loads(fresh(code))) == set()


def test_a_decision_opens_no_file_and_asks_no_clock() -> None:
    """Whatever a decision would open, import or look up in the system is seen by the hook."""
    code = """
import sys
from risk_gate_cases import decide
decide().digest  # what is imported on first use is, by now
seen = []
sys.addaudithook(lambda event, _: seen.append(event))
decide({"quantity": 1e9}).digest
decide({"quantity": float("nan")}).digest
print(sorted({event for event in seen if not event.startswith("object.__")}))
"""
    assert fresh(code) == "[]"


def test_dicts_filled_in_another_order_give_the_same_decision_and_digest() -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return value

    other = decide(state=turned(state_fields()))
    assert other.checks == decide().checks
    assert other.digest == decide().digest
    sent = state_fields()["order_times"]
    assert decide(state={"order_times": sent[::-1]}).digest == decide().digest


def test_every_part_of_the_input_is_in_the_digest() -> None:
    """One thing changed at a time, all of them allowed: every digest is another."""
    later = NOW + timedelta(microseconds=1)
    changes: list[tuple[Any, ...]] = [({name: value},) for name, value in ORDER_CHANGES.items()]
    changes += [(None, {name: value}) for name, value in STATE_CHANGES.items()]
    fields = limit_fields()
    for name, value in fields.items():
        new = (*value, "C") if name == "symbols" else ("paper",) if name == "stages" else value
        if name == "var_level":
            new = 0.74
        elif isinstance(value, float):
            new = value * 1.0000001
        elif isinstance(value, int):
            new = value + 1 if name == "max_orders" else value - 1
        changes.append((None, None, {name: new}))
    decisions = [decide(), decide(now=later), *(decide(*change) for change in changes)]
    assert all(decision.allowed for decision in decisions)
    assert len({decision.digest for decision in decisions}) == len(decisions)


ORDER_CHANGES = {"side": "sell", "quantity": 10.000001, "price": 100.000001, "stage": "shadow"}
_STATE = state_fields()
STATE_CHANGES = {
    "as_of": NOW,
    "equity": 10_000.01,
    "day_start_equity": 10_100.01,
    "peak_equity": 10_500.01,
    "positions": {"A": 20.0, "B": -10.0001},
    "prices": {"A": 100.0, "B": 50.0001},
    "price_times": {"A": NOW, "B": _STATE["price_times"]["B"]},
    "order_times": [NOW],
    "scenario_returns": {"A": [0.01, -0.03, 0.02, -0.01], "B": [0.02, -0.02, 0.0, 0.0400001]},
    "stress_moves": {**_STATE["stress_moves"], "calm": {"A": 0.0, "B": 0.0}},
}


def test_inputs_that_are_refused_have_digests_that_tell_them_apart() -> None:
    nan = float("nan")
    odd: list[dict[str, Any]] = [
        {"quantity": nan},
        {"quantity": "x"},
        {"quantity": True},
        {"quantity": 10**400},
    ]
    digests = {decide(order).digest for order in [*odd, {"price": nan}, {"side": "BUY"}]}
    digests |= {decide(state={"equity": value}).digest for value in (nan, None, -1.0, "x")}
    digests |= {decide(limits={"max_var": value}).digest for value in (nan, None, -1.0, "x")}
    assert len(digests) == 14


def test_whole_limits_have_the_digest_of_equal_floats_whatever_is_blocked() -> None:
    """A malformed order, a symbol without a price, a malformed state; and one that passes."""
    whole: dict[str, Any] = {name: 1 for name, kind in LIMIT_TYPES.items() if kind is float}
    del whole["var_level"]
    assert {"max_leverage", "max_stress_loss", "order_window_s"} < whole.keys()
    cases: tuple[tuple[Any, Any], ...] = (
        ({"quantity": float("nan")}, {}),
        ({"symbol": "C"}, {}),
        ({}, {"equity": None}),
        ({}, {}),
    )
    for order, state in cases:
        for name, value in whole.items():
            one = decide(order, state, {name: value})
            other = decide(order, state, {name: float(value)})
            assert one.checks == other.checks, name
            assert one.digest == other.digest, name
            kinds = [(type(check.value), type(check.limit)) for check in one.checks]
            assert kinds == [(type(check.value), type(check.limit)) for check in other.checks]


def test_numbers_that_are_refused_have_the_digest_of_equal_numbers() -> None:
    for one, other in ((0, 0.0), (0.0, -0.0), (10**16, 1e16), (-(2**60), -float(2**60))):
        for field in ("quantity", "price"):
            assert decide({field: one}).digest == decide({field: other}).digest, one
        for field in ("equity", "peak_equity"):
            assert decide(None, {field: one}).digest == decide(None, {field: other}).digest, one
        for field in ("max_var", "max_leverage", "var_level", "order_window_s"):
            pair = decide(limits={field: one}), decide(limits={field: other})
            assert pair[0].digest == pair[1].digest, (field, one)


def test_what_is_nested_without_end_or_lies_when_it_is_read_has_a_digest_too() -> None:
    deep: Any = 1.0
    for _ in range(100_000):
        deep = (deep,)
    junk: tuple[Any, ...] = (deep, [deep], {"A": deep}, {"A": {"A": deep}}, {"A": [deep]})
    junk += (MappingProxyType({1: 2, "a": 3}), MappingProxyType(Unreadable()), (deep, {"A": deep}))
    for thing in junk:
        for name in (*order_fields(), "unknown"):
            decision = decide({name: thing})
            assert not decision.allowed
            assert len(decision.digest) == 64, name
        for name in (*state_fields(), "unknown"):
            decision = decide(None, {name: thing})
            assert not decision.allowed
            assert len(decision.digest) == 64, name
        for name in limit_fields():
            decision = decide(None, None, {name: thing})
            assert not decision.allowed
            assert len(decision.digest) == 64, name
        decision = decide(now=thing)
        assert not decision.allowed
        assert len(decision.digest) == 64


class Unreadable(dict[str, Any]):
    """A dict that raises whenever somebody looks into it."""

    def _bang(self, *_: object) -> NoReturn:
        raise RuntimeError("looked into")

    __iter__ = __getitem__ = __len__ = keys = items = values = _bang


def test_zero_and_minus_zero_are_the_same_number() -> None:
    def held(zero: float) -> GateDecision:
        rows = {"A": [zero, -0.03, 0.02, -0.01], "B": [0.02, -0.02, zero, 0.04]}
        moves = {"x": {"A": zero, "B": -0.1}}
        return decide(state={"scenario_returns": rows, "stress_moves": moves})

    assert held(0.0).digest == held(-0.0).digest


def test_a_decision_state_and_limits_cannot_be_changed() -> None:
    decision = decide()
    for name in ("allowed", "checks", "digest", "reasons", "other"):
        with pytest.raises(AttributeError):
            setattr(decision, name, True)
    with pytest.raises(AttributeError):
        del decision.allowed
    state, limits = PortfolioState(**state_fields()), RiskLimits(**limit_fields())
    for thing, name in (
        (state, "equity"),
        (limits, "max_var"),
        (OrderIntent(**order_fields()), "price"),
    ):
        with pytest.raises(FrozenInstanceError):
            setattr(thing, name, 1.0)
    positions: Any = state.positions
    with pytest.raises(TypeError):
        positions["A"] = 0.0
    moves: Any = state.stress_moves["crash"]
    with pytest.raises(TypeError):
        moves["A"] = 0.0


def test_a_digest_asked_for_late_is_of_what_was_decided_on() -> None:
    fields = state_fields()
    state, limits = PortfolioState(**fields), RiskLimits(**limit_fields())
    order = OrderIntent(**order_fields())
    decision = evaluate(order, state, limits, now=NOW)
    fields["positions"].clear()
    evaluate(OrderIntent(**order_fields(quantity=1.0)), state, limits, now=NOW)
    assert decision.digest == PINNED


def test_copies_and_pickles_decide_alike() -> None:
    state, limits = PortfolioState(**state_fields()), RiskLimits(**limit_fields())
    order = OrderIntent(**order_fields())
    used = evaluate(order, state, limits, now=NOW)
    for again in (pickle.loads(pickle.dumps(used)), deepcopy(used)):
        assert again.checks == used.checks
        assert again.digest == used.digest
    for copy in (pickle.loads(pickle.dumps(state)), deepcopy(state)):
        assert copy == state
        assert evaluate(order, copy, limits, now=NOW).digest == used.digest


def test_a_tally_counts_what_would_have_happened() -> None:
    allowed = decide()
    over = decide({"quantity": 1_000.0})
    dead = decide(state={"kill_switch": True})
    empty = Tally()
    counted = empty.add(allowed).add(over).add(dead).add(allowed)
    assert (counted.would_allow, counted.would_block) == (2, 2)
    assert counted.blocked_by["kill_switch"] == 1
    assert counted.blocked_by["order_notional"] == 1
    assert empty == Tally(0, 0, {})
