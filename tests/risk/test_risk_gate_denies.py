"""Deny by default: whatever is missing, malformed or lying blocks, and nothing is raised."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from risk_gate_cases import (
    NOW,
    decide,
    failed,
    limit_fields,
    order_fields,
    state_fields,
)

from peaklib.risk.gate import CHECKS, OrderIntent, PortfolioState, RiskLimits, evaluate
from peaklib.risk.gating.limits import LIMIT_NAMES
from peaklib.risk.gating.reading import MISSING


class LyingFloat(float):
    """Compares as small as anybody likes."""

    def __le__(self, other: object) -> bool:
        return True

    def __ge__(self, other: object) -> bool:
        return True

    def __abs__(self) -> float:
        return 0.0


class LyingText(str):
    """Equal to everything."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash("A")


class LyingDict(dict[str, Any]):
    """Shows a small position whenever it is asked."""

    def __getitem__(self, key: str) -> Any:
        return 0.0


class LyingMapping(Mapping[str, Any]):
    """Answers differently each time."""

    def __init__(self) -> None:
        self.asked = 0

    def __getitem__(self, key: str) -> Any:
        self.asked += 1
        return 1e9 if self.asked > 1 else 0.0

    def __iter__(self) -> Iterator[str]:
        return iter(("A",))

    def __len__(self) -> int:
        return 1


class Bomb:
    """Raises whenever it is touched."""

    def _bang(self, *_: object) -> NoReturn:
        raise RuntimeError("touched")

    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _bang
    __float__ = __int__ = __index__ = __bool__ = __len__ = __iter__ = _bang
    __repr__ = __str__ = __getattr__ = __abs__ = _bang


NO_NUMBER: tuple[Any, ...] = (
    *(MISSING, None, True, False, "1", b"1", "", [], {}, (), 1 + 0j, object(), Bomb()),
    *(Decimal(1), Fraction(1), np.float64(1.0), np.float32(1.0), np.int64(1), np.array(1.0)),
    *(float("nan"), float("inf"), -float("inf"), 1e308, -1e308, 1.1e15, 10**400, -(10**400)),
    *(LyingFloat(1.0), pd.Timestamp(1), timedelta(1), float, lambda: 1.0),
)
NOT_POSITIVE: tuple[Any, ...] = (0, 0.0, -0.0, -1, -1e-300, 5e-324, 1e-300, -100.0)
NO_TEXT: tuple[Any, ...] = (MISSING, None, 1, True, b"A", ["A"], ("A",), LyingText("A"), Bomb())
NO_TABLE: tuple[Any, ...] = (
    *(MISSING, None, 1.0, "A", [("A", 1.0)], {("A",): 1.0}, {1: 1.0}, {Bomb: 1.0}),
    *(OrderedDict(A=1.0), LyingDict(A=1.0), LyingMapping(), pd.Series({"A": 1.0}), Bomb()),
    {"A": {"A": {"A": 1.0}}},
)
NO_TIME: tuple[Any, ...] = (
    *(MISSING, None, "2026-11-27T15:00:00Z", 0.0, NOW.replace(tzinfo=None), NOW.date()),
    *(pd.Timestamp(NOW), NOW.astimezone(ZoneInfo("Europe/Berlin")), np.datetime64("now"), Bomb()),
)


def test_a_number_that_is_no_plain_finite_positive_one_blocks_an_order() -> None:
    for field in ("quantity", "price"):
        for junk in (*NO_NUMBER, *NOT_POSITIVE):
            decision = decide({field: junk})
            assert "inputs" in failed(decision), (field, type(junk))
            assert any(f"order.{field}" in reason for reason in decision.reasons)


def test_a_text_that_is_none_blocks_an_order() -> None:
    for field in ("symbol", "side", "stage"):
        for junk in (*NO_TEXT, *(x for x in NO_NUMBER if type(x) is not str)):
            assert not decide({field: junk}).allowed, (field, type(junk))
    for side in ("BUY", "Buy", " buy", "long", "", "bu\u0443"):
        assert "inputs" in failed(decide({"side": side}))


def test_a_number_of_a_state_that_is_none_blocks() -> None:
    for junk in NO_NUMBER:
        for field in ("equity", "day_start_equity", "peak_equity"):
            assert "inputs" in failed(decide(state={field: junk})), (field, type(junk))
        for state in (
            {"positions": {"A": junk}},
            {"prices": {"A": junk, "B": 50.0}},
            {"scenario_returns": {"A": [0.0] * 4, "B": [0.0, junk, 0.0, 0.0]}},
            {"stress_moves": {"crash": {"A": -0.1, "B": junk}}},
        ):
            assert "inputs" in failed(decide(state=state)), (state.keys(), type(junk))
    for junk in NOT_POSITIVE:
        for field in ("equity", "day_start_equity", "peak_equity"):
            assert "inputs" in failed(decide(state={field: junk})), (field, junk)
        assert "inputs" in failed(decide(state={"prices": {"A": junk, "B": 50.0}})), junk


def test_a_price_cannot_fall_by_more_than_itself() -> None:
    for move in (-1.0000001, -2.0, -1e9):
        assert failed(decide(state={"stress_moves": {"x": {"A": move, "B": 0.0}}})) >= {"inputs"}
        returns = {"A": [0.0, move, 0.0, 0.0], "B": [0.0] * 4}
        assert failed(decide(state={"scenario_returns": returns})) >= {"inputs"}
    lost = {"stress_moves": {"x": {"A": -1.0, "B": 0.0}}}
    assert decide(state=lost, limits={"max_stress_loss": 0.5}).allowed


def test_a_container_that_is_no_plain_one_blocks() -> None:
    for field in ("positions", "prices", "price_times", "scenario_returns", "stress_moves"):
        for junk in NO_TABLE:
            assert "inputs" in failed(decide(state={field: junk})), (field, type(junk))
    for junk in (MISSING, None, {NOW}, "x", iter([NOW]), np.array([1]), Bomb(), [[NOW]], [None]):
        assert "inputs" in failed(decide(state={"order_times": junk})), type(junk)
    for rows in (
        {"A": np.zeros(4), "B": np.zeros(4)},
        {"A": [0.0] * 4, "B": [0.0] * 3},
        {"A": "0000", "B": "0000"},
        {"A": range(4), "B": range(4)},
    ):
        assert "inputs" in failed(decide(state={"scenario_returns": rows}))


def test_a_moment_that_is_none_or_has_no_fixed_offset_blocks() -> None:
    for junk in NO_TIME:
        assert "inputs" in failed(decide(now=junk)), type(junk)
        assert "inputs" in failed(decide(state={"as_of": junk})), type(junk)
        assert "inputs" in failed(decide(state={"price_times": {"A": NOW, "B": junk}}))
        assert "inputs" in failed(decide(state={"order_times": [junk]})), type(junk)


def test_moments_at_the_ends_of_the_calendar_are_counted_and_block() -> None:
    east, west = timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))
    for moment in (
        datetime.min.replace(tzinfo=east),
        datetime.max.replace(tzinfo=west),
    ):
        assert "price_age" in failed(decide(now=moment))
        assert "price_age" in failed(decide(state={"as_of": moment}))
        assert decide(now=moment).digest


def test_a_state_whose_parts_do_not_fit_together_blocks() -> None:
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"prices": {"A": 100.0}}, "lacks 'B'"),
        ({"price_times": {"A": NOW}}, "price_times lacks 'B'"),
        ({"prices": {"A": 1.0, "B": 1.0, "C": 1.0}}, "price_times lacks 'C'"),
        ({"positions": {"A": 1.0, "C": 1.0}}, "prices lacks 'C'"),
        ({"peak_equity": 10_000.0}, "not the peak"),
        ({"equity": 11_000.0}, "not the peak"),
    )
    for state, words in cases:
        decision = decide(state=state)
        assert "inputs" in failed(decision)
        assert any(words in reason for reason in decision.reasons), words


def test_a_limit_that_is_absent_or_no_limit_blocks() -> None:
    for name in LIMIT_NAMES:
        for junk in (*NO_NUMBER, *NOT_POSITIVE, ("A", "A"), ("A", "a"), ("A", 1), ("live ",)):
            decision = decide(limits={name: junk})
            assert "inputs" in failed(decision), (name, type(junk))
            assert any(f"limits.{name}" in reason for reason in decision.reasons)


def test_a_count_is_a_whole_number() -> None:
    for name in ("max_orders", "min_scenarios"):
        for value in (4.0, 4.5):
            assert "inputs" in failed(decide(limits={name: value})), name


def test_whole_objects_of_another_type_block_and_every_check_is_still_told() -> None:
    order = OrderIntent(**order_fields())
    state = PortfolioState(**state_fields())
    limits = RiskLimits(**limit_fields())

    class Order(OrderIntent):
        pass

    class State(PortfolioState):
        pass

    class Limits(RiskLimits):
        pass

    junk: tuple[Any, ...] = (
        *(None, 1, "x", {}, order_fields(), Bomb(), object, OrderIntent, Order(**order_fields())),
        *(State(**state_fields()), Limits(**limit_fields()), object.__new__(OrderIntent)),
        *(object.__new__(PortfolioState), object.__new__(RiskLimits)),
    )
    ask: Callable[..., Any] = evaluate
    for thing in junk:
        for three in ((thing, state, limits), (order, thing, limits), (order, state, thing)):
            for now in (NOW, thing):
                decision = ask(*three, now=now)
                assert not decision.allowed, type(thing)
                assert tuple(check.name for check in decision.checks) == CHECKS
                assert len(decision.digest) == 64
                assert all(decision.reasons)


def test_unknown_fields_block_but_all_checks_are_still_computed() -> None:
    order = OrderIntent.from_fields({**order_fields(), "leverage": 5, "Quantity": 1.0})
    decision = evaluate(
        order,
        PortfolioState(**state_fields()),
        RiskLimits(**limit_fields()),
        now=NOW,
    )
    assert failed(decision) == {"inputs"}
    (reason,) = decision.reasons
    assert "'leverage'" in reason
    assert "'Quantity'" in reason
    state = PortfolioState.from_fields({**state_fields(), "unknown": ()})
    decision = evaluate(OrderIntent(**order_fields()), state, RiskLimits(**limit_fields()), now=NOW)
    assert failed(decision) == {"inputs"}


def test_every_missing_field_blocks_and_is_named() -> None:
    limits = RiskLimits(**limit_fields())
    for name in order_fields():
        fields = order_fields()
        del fields[name]
        decision = evaluate(
            OrderIntent.from_fields(fields), PortfolioState(**state_fields()), limits, now=NOW
        )
        assert any(f"order.{name} is missing" in reason for reason in decision.reasons), name
    for name in state_fields():
        fields = state_fields()
        del fields[name]
        decision = evaluate(
            OrderIntent(**order_fields()), PortfolioState.from_fields(fields), limits, now=NOW
        )
        assert any(f"state.{name} is missing" in reason for reason in decision.reasons), name
    tables: tuple[Any, ...] = (None, [], "x", 1, Bomb(), OrderedDict(order_fields()))
    for junk in tables:
        assert not evaluate(
            OrderIntent.from_fields(junk), PortfolioState.from_fields(junk), limits, now=NOW
        ).allowed


def test_whole_numbers_are_numbers() -> None:
    """JSON writes 10 where TOML writes 10.0."""
    whole = decide(
        {"quantity": 10, "price": 100},
        {"equity": 10_000, "positions": {"A": 20, "B": -10}, "prices": {"A": 100, "B": 50}},
    )
    assert whole.allowed
    assert whole.checks == decide().checks
    assert whole.digest == decide().digest


def test_dust_in_a_position_is_no_mistake() -> None:
    """0.1 + 0.2 - 0.3 of units is what simulated accounts are left with."""
    assert decide(state={"positions": {"A": 0.1 + 0.2 - 0.3, "B": 5e-324}}).allowed


def test_a_caller_who_changes_what_it_gave_changes_no_decision() -> None:
    fields = state_fields()
    state = PortfolioState(**fields)
    order, limits = OrderIntent(**order_fields()), RiskLimits(**limit_fields())
    fields["positions"]["A"] = 1e6
    fields["scenario_returns"]["A"][:] = [float("nan")] * 4
    fields["stress_moves"]["crash"]["A"] = -1.0
    fields["order_times"].extend([NOW] * 100)
    before = evaluate(order, state, limits, now=NOW)
    assert before.allowed
    assert before.digest == decide().digest
    for name in ("positions", "prices", "stress_moves", "scenario_returns", "price_times"):
        table = getattr(state, name)
        assert type(table) is MappingProxyType
    assert all(type(row) is tuple for row in state.scenario_returns.values())
    assert all(type(moves) is MappingProxyType for moves in state.stress_moves.values())


def test_a_read_only_view_of_a_mapping_that_lies_is_read_once() -> None:
    """What it said then is what is decided on, however often the gate looks."""
    state = PortfolioState(**state_fields(positions=MappingProxyType(LyingMapping())))
    order, limits = OrderIntent(**order_fields()), RiskLimits(**limit_fields())
    first = evaluate(order, state, limits, now=NOW)
    again = evaluate(order, replace(state), limits, now=NOW)
    assert first.checks == again.checks
    assert first.digest == again.digest


def test_reasons_are_printable_ascii_whatever_was_given() -> None:
    for symbol in ("\x1b[31mA", "A\n\r\t", "\ud800", "\U0001d400" * 1000, "x" * 100_000):
        decision = decide({"symbol": symbol, "stage": symbol, "side": symbol})
        assert all(reason.replace("…", "").isascii() for reason in decision.reasons)
        assert all(reason.isprintable() and len(reason) < 500 for reason in decision.reasons)
        assert decision.digest


def test_utc_by_whatever_fixed_offset_is_the_same_moment() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert decide(now=there).digest == decide(now=NOW.astimezone(UTC)).digest
