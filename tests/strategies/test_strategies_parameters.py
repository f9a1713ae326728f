"""What a parameter may be, and what the decorator insists on."""

from typing import Annotated, Any

import numpy as np
import pytest

from peaklib.errors import StrategyError
from peaklib.features import Bars
from peaklib.strategies import Param, Strategy, check_target, get, installed, strategy


def test_an_error_names_strategy_parameter_value_range_unit_and_meaning() -> None:
    message = (
        r"strategy 'sma_crossover': fast = 5000 is not a whole number from 1 to 1000 "
        r"\(bars; window of the fast average\)"
    )
    with pytest.raises(StrategyError, match=message):
        get("sma_crossover").resolve({"fast": 5000})


@pytest.mark.parametrize("value", [True, False, 2.5, "20", None, float("nan"), float("inf"), [20]])
def test_what_is_no_whole_number_is_refused_for_one(value: Any) -> None:
    with pytest.raises(StrategyError, match=r"fast = .* is not a whole number"):
        get("sma_crossover").resolve({"fast": value})


@pytest.mark.parametrize("value", [True, "0.1", None, float("nan"), float("inf"), -0.01, 1.01])
def test_what_is_no_number_in_range_is_refused_for_a_fraction(value: Any) -> None:
    with pytest.raises(StrategyError, match=r"threshold = .* is not a number from 0 to 1"):
        get("momentum").resolve({"threshold": value})


def test_values_arrive_in_the_declared_type() -> None:
    resolved = get("momentum").resolve({"window": 30.0, "threshold": 0})
    assert [(v, type(v)) for v in resolved.values()] == [(30, int), (0.0, float), (0.0, float)]


# A row of a grid and an axis made with np.arange hold them.
@pytest.mark.parametrize("value", [np.int64(30), np.int32(30), np.float64(30)])
def test_numbers_of_numpy_are_numbers(value: Any) -> None:
    assert get("momentum").resolve({"window": value})["window"] == 30
    assert get("momentum").resolve({"threshold": value / 100})["threshold"] == 0.3


def test_both_ends_of_a_range_are_allowed() -> None:
    rule = get("sma_crossover")
    for edge in (rule.parameters["fast"].low, rule.parameters["fast"].high):
        assert rule.resolve({"fast": edge})["fast"] == edge


def test_an_unknown_parameter_lists_those_that_there_are() -> None:
    with pytest.raises(StrategyError, match="'macd' has no parameter 'quick'; it has: fast, slow"):
        get("macd").resolve({"quick": 3})
    with pytest.raises(StrategyError, match="has no parameter 'fast'; it has: none"):
        get("buy_and_hold").resolve({"fast": 3})


@pytest.mark.parametrize("name", installed())
def test_every_parameter_says_range_unit_and_meaning(name: str) -> None:
    rule = get(name)
    assert rule.summary.endswith(".")
    for p in rule.parameters.values():
        assert p.low < p.high
        assert p.low <= p.default <= p.high
        assert p.unit
        assert p.meaning


@pytest.mark.parametrize(
    "annotation",
    [
        pytest.param(int, id="no Param"),
        pytest.param(Annotated[int, "bars"], id="another mark"),
        pytest.param(Annotated[str, Param(1, 9, "bars", "window")], id="no number"),
    ],
)
def test_the_decorator_refuses_a_parameter_that_is_not_described(annotation: Any) -> None:
    def rule(bars: Bars, *, window=3):
        """Flat."""
        return np.zeros(len(bars))

    rule.__annotations__["window"] = annotation
    with pytest.raises(StrategyError, match="'mine': parameter 'window' must be written as"):
        strategy("mine", version="1", warm_up=lambda **_: 0)(rule)


def test_the_decorator_refuses_a_parameter_without_a_default() -> None:
    def rule(bars: Bars, *, window: Annotated[int, Param(1, 9, "bars", "window")]):
        """Flat."""
        return np.zeros(len(bars))

    with pytest.raises(StrategyError, match="parameter 'window' must be written as"):
        strategy("mine", version="1", warm_up=lambda **_: 0)(rule)


def test_the_decorator_refuses_a_default_out_of_range() -> None:
    def rule(bars: Bars, *, window: Annotated[int, Param(1, 9, "bars", "window")] = 10):
        """Flat."""
        return np.zeros(len(bars))

    with pytest.raises(StrategyError, match="window = 10 is not a whole number from 1 to 9"):
        strategy("mine", version="1", warm_up=lambda **_: 0)(rule)


def test_the_decorator_refuses_a_missing_docstring() -> None:
    def rule(bars: Bars):
        return np.zeros(len(bars))

    with pytest.raises(StrategyError, match="'mine' has no docstring; say in one line"):
        strategy("mine", version="1", warm_up=lambda: 0)(rule)


def test_the_decorator_keeps_the_first_line_of_the_docstring() -> None:
    @strategy("mine", version="3", warm_up=lambda: 0)
    def rule(bars: Bars):
        """Flat for good.

        More words.
        """
        return np.zeros(len(bars))

    assert isinstance(rule, Strategy)
    assert (rule.name, rule.version, rule.summary) == ("mine", "3", "Flat for good.")


def test_a_target_is_checked_for_shape_and_range() -> None:
    with pytest.raises(StrategyError, match=r"returned shape \(2,\), expected \(3,\)"):
        check_target(np.zeros(2), 3, "mine")
    with pytest.raises(StrategyError, match=r"'mine': target at bar 1 is nan"):
        check_target(np.array([0, np.nan, 0]), 3, "mine")
    with pytest.raises(StrategyError, match=r"target at bar 2 is -1.5"):
        check_target(np.array([0, 1, -1.5]), 3, "mine")
    assert check_target([0, 1, -1], 3, "mine").dtype == np.float64


def test_the_code_digest_tells_modules_apart_and_repeats() -> None:
    digests = {name: rule.code_digest() for name, rule in installed().items()}
    assert len(set(digests.values())) == len(digests)
    assert digests == {name: rule.code_digest() for name, rule in installed().items()}
    assert all(len(digest) == 16 for digest in digests.values())
