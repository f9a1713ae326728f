"""What a risk measure must satisfy for any returns (Artzner, Delbaen, Eber and Heath, 1999)."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from peaklib.errors import DataError
from peaklib.risk.measures.catalogue import MEASURES
from peaklib.risk.measures.historical import historical_risk
from peaklib.risk.measures.order_statistics import METHODS
from peaklib.risk.measures.results import TailRisk

LEVELS = st.sampled_from([0.9, 0.93, 0.95, 0.975])
# Sums and multiples of these are no prices, and lose no more than all.
FRACTIONS = st.floats(-0.24, 0.24).map(lambda value: round(value, 6))
SERIES = arrays(np.float64, st.integers(40, 70), elements=FRACTIONS)
PAIRS = st.integers(40, 70).flatmap(
    lambda n: st.tuples(*[arrays(np.float64, n, elements=FRACTIONS)] * 2)
)


def both(found: TailRisk) -> tuple[float, float]:
    return found.var, found.expected_shortfall


@settings(max_examples=50)
@given(values=SERIES, level=LEVELS, method=st.sampled_from(METHODS), shift=FRACTIONS)
def test_a_sure_gain_lowers_the_risk_by_itself(
    values: np.ndarray, level: float, method: str, shift: float
) -> None:
    compute = MEASURES["historical"]
    moved = compute(values + shift, level=level, method=method)
    plain = compute(values, level=level, method=method)
    assert both(moved) == pytest.approx(tuple(x - shift for x in both(plain)), abs=1e-12)


@settings(max_examples=50)
@given(values=SERIES, level=LEVELS, method=st.sampled_from(METHODS), size=st.floats(0.01, 2.0))
def test_risk_grows_with_the_position(
    values: np.ndarray, level: float, method: str, size: float
) -> None:
    compute = MEASURES["historical"]
    larger = compute(size * values, level=level, method=method)
    plain = compute(values, level=level, method=method)
    assert both(larger) == pytest.approx(tuple(size * x for x in both(plain)), abs=1e-11)


@settings(max_examples=50)
@given(pair=PAIRS, level=LEVELS, method=st.sampled_from(METHODS))
def test_returns_that_are_never_higher_are_never_less_risky(
    pair: tuple[np.ndarray, np.ndarray], level: float, method: str
) -> None:
    compute = MEASURES["historical"]
    worse = compute(np.minimum(*pair), level=level, method=method)
    better = compute(np.maximum(*pair), level=level, method=method)
    assert worse.var >= better.var - 1e-15
    assert worse.expected_shortfall >= better.expected_shortfall - 1e-15


@settings(max_examples=100)
@given(pair=PAIRS, level=LEVELS)
def test_shortfall_of_a_sum_is_at_most_the_sum_of_shortfalls(
    pair: tuple[np.ndarray, np.ndarray], level: float
) -> None:
    together = historical_risk(pair[0] + pair[1], level=level).expected_shortfall
    apart = sum(historical_risk(part, level=level).expected_shortfall for part in pair)
    assert together <= apart + 1e-12


def test_var_of_a_sum_can_exceed_the_sum_of_vars() -> None:
    """Two bonds that default in 4 of 100 states each, never together: at 95 % each looks safe."""
    one, other = np.full(100, 0.01), np.full(100, 0.01)
    one[:4], other[4:8] = -1.0, -1.0
    risks = [historical_risk(x, method="inverted_cdf", level=0.95) for x in (one, other)]
    together = historical_risk(one + other, method="inverted_cdf", level=0.95)
    assert together.var == 0.99
    assert sum(risk.var for risk in risks) == -0.02
    assert together.expected_shortfall <= sum(risk.expected_shortfall for risk in risks)


@settings(max_examples=50)
@given(values=SERIES, level=LEVELS, method=st.sampled_from(METHODS))
def test_order_of_returns_does_not_matter_for_one_bar(
    values: np.ndarray, level: float, method: str
) -> None:
    compute = MEASURES["historical"]
    forward = both(compute(values, level=level, method=method))
    backward = both(compute(values[::-1], level=level, method=method))
    assert forward == pytest.approx(backward, abs=1e-15)


def _answered(compute: Callable[..., TailRisk], values: np.ndarray, level: float) -> TailRisk:
    try:
        return compute(values, level=level)
    except DataError:
        pytest.fail("a well-behaved series was refused")


def test_every_measure_moves_with_returns_and_scales_with_them() -> None:
    rng = np.random.default_rng(21)
    values = 0.01 * rng.standard_t(6.0, 600)
    for name, compute in MEASURES.items():
        plain = _answered(compute, values, 0.95)
        assert plain.expected_shortfall > plain.var > 0.0, name
        moved = _answered(compute, values + 0.003, 0.95)
        larger = _answered(compute, 3.0 * values, 0.95)
        assert both(moved) == pytest.approx([x - 0.003 for x in both(plain)], rel=3e-3), name
        assert both(larger) == pytest.approx([3.0 * x for x in both(plain)], rel=3e-3), name


def test_every_measure_rises_with_the_level() -> None:
    values = 0.01 * np.random.default_rng(22).standard_t(6.0, 600)
    for name, compute in MEASURES.items():
        risks = [_answered(compute, values, level) for level in (0.6, 0.9, 0.95, 0.99)]
        for low, high in pairwise(risks):
            assert low.var < high.var, name
            assert low.expected_shortfall < high.expected_shortfall, name
