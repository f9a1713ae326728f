"""Cuts by contribution, by hand and as properties: inside the limit, and only ever smaller."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from peaklib.errors import DataError
from peaklib.risk.breakers.cutting import cut_by_contribution

SAME = 0.04 * np.eye(3)  # 20 % each, uncorrelated


def test_the_largest_contribution_goes_first_and_the_last_one_in_part() -> None:
    # Variance 0.04 x (50^2 + 30^2 + 20^2). Without A: 0.04 x 1,300 = 52, still above 5^2 = 25;
    # so B is left at x with 0.04 x (x^2 + 400) = 25, which is 15. C is not traded.
    left = cut_by_contribution(np.array([50.0, 30.0, 20.0]), 100.0, SAME, 0.05)
    assert left == pytest.approx([0, 15, 20])
    assert left[0] == 0
    assert left[2] == 20
    # Short positions contribute as long ones do.
    short = cut_by_contribution(np.array([-50.0, 30.0, -20.0]), 100.0, SAME, 0.05)
    assert short == pytest.approx([0, 15, -20])


def test_the_limit_is_met_after_the_costs() -> None:
    # 50 A and 50 B; A down to 30 costs 0.1 x 20, so equity is 98 and volatility
    # sqrt(0.04 x 900 + 0.01 x 2500) = sqrt(61).
    limit = math.sqrt(61) / 98
    left = cut_by_contribution(np.array([50.0, 50.0]), 100.0, np.diag([0.04, 0.01]), limit, 0.1)
    assert left == pytest.approx([30, 50])
    # One position of 90 under a limit of 10 % on 20 % a bar, at 10 %: x = E' / 2 and
    # E' = 100 - (90 - x) / 10, so x = 91 / 1.9.
    alone = cut_by_contribution(np.array([90.0]), 100.0, np.array([[0.04]]), 0.1, 0.1)
    assert alone == pytest.approx([91 / 1.9])


def test_a_hedge_is_not_sold_and_what_it_hedges_is_not_sold_past_it() -> None:
    together = 0.01 * np.ones((2, 2))
    # 60 long and 40 short of the same risk are 20 net; 10 net may stay.
    left = cut_by_contribution(np.array([60.0, -40.0]), 100.0, together, 0.01)
    assert left == pytest.approx([50, -40])
    # A long position that is best at 40, not at 0: the other half of its risk is B's own.
    covariance = np.array([[0.01, 0.01], [0.01, 0.02]])
    before = np.array([100.0, -40.0])
    left = cut_by_contribution(before, 100.0, covariance, 0.045)
    # Variance 0.01 x^2 - 0.8 x + 32 = 20.25 at x = 40 + sqrt(425) = 60.6.
    assert left == pytest.approx([40 + math.sqrt(425), -40])


def test_what_is_outside_after_every_turn_is_scaled_as_a_whole() -> None:
    covariance = np.array([[0.01, 0.01], [0.01, 0.02]])
    # The best of A is 40, variance 16; then B contributes the rest, and none of it is left
    # to cut before it is a hedge of A in turn: 0.02 y^2 + 0.8 y + 16 is lowest at y = -20, 8.
    left = cut_by_contribution(np.array([100.0, -40.0]), 100.0, covariance, 0.02)
    scale = 2 / math.sqrt(8)
    assert left == pytest.approx([40 * scale, -20 * scale])


def test_a_book_inside_is_left_alone_to_the_bit() -> None:
    values = np.array([50.0, -30.0, 0.0])
    assert cut_by_contribution(values, 100.0, SAME, 0.12).tobytes() == values.tobytes()
    assert cut_by_contribution(np.zeros(3), 100.0, SAME, 0.12).tolist() == [0, 0, 0]


def test_costs_that_eat_the_account_leave_nothing() -> None:
    assert cut_by_contribution(np.array([500.0]), 10.0, np.array([[1e-4]]), 0.1, 0.5) == [0]
    assert cut_by_contribution(np.array([500.0]), 10.0, np.array([[0.04]]), 0.1, 0.5) == [0]


def test_numbers_outside_their_range_are_errors() -> None:
    for mistake in ({"equity": 0.0}, {"limit": 0.0}, {"limit": math.nan}, {"cost_rate": 1.0}):
        given_ = {"equity": 100.0, "limit": 0.1, "cost_rate": 0.0} | mistake
        with pytest.raises(DataError, match=next(iter(mistake))):
            cut_by_contribution(np.ones(3), covariance=SAME, **given_)
    with pytest.raises(DataError, match="covariance"):
        cut_by_contribution(np.ones(2), 1.0, SAME, 0.1)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 7),
    st.floats(0.01, 1.5),
    st.sampled_from([0.0, 0.0005, 0.01, 0.2]),
)
def test_a_cut_book_is_inside_and_no_position_grew_or_flipped(seed, size, share, cost) -> None:
    draw = np.random.default_rng(seed)
    factors = draw.normal(size=(size, draw.integers(1, size + 1)))
    covariance = factors @ factors.T * 1e-4 + np.diag(draw.uniform(1e-6, 1e-4, size))
    covariance = (covariance + covariance.T) / 2
    values = draw.normal(size=size) * (draw.uniform(size=size) < 0.8)
    values /= max(np.abs(values).sum(), 1e-9) / draw.uniform(0.1, 1.9)
    risk = math.sqrt(values @ covariance @ values)
    limit = max(share * risk, 1e-6)
    left = cut_by_contribution(values, 1.0, covariance, limit, cost)
    equity = 1.0 - cost * np.abs(values - left).sum()
    assert math.sqrt(left @ covariance @ left) <= limit * equity * (1 + 1e-12)
    assert np.all(np.abs(left) <= np.abs(values))
    assert np.all(left * values >= 0)
    # The order of the assets does not matter.
    order = draw.permutation(size)
    inner = covariance[np.ix_(order, order)]
    again = cut_by_contribution(values[order], 1.0, inner, limit, cost)
    assert again == pytest.approx(left[order], abs=1e-6)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.floats(0.05, 0.99))
def test_of_uncorrelated_positions_at_most_one_is_sold_in_part(seed, size, share) -> None:
    draw = np.random.default_rng(seed)
    values, covariance = draw.uniform(0.01, 1, size), np.diag(draw.uniform(1e-5, 1e-3, size))
    limit = share * math.sqrt(values @ covariance @ values)
    left = cut_by_contribution(values, 1.0, covariance, limit)
    whole, untouched = left == 0, left == values
    assert np.sum(~whole & ~untouched) <= 1
    contributions = values**2 * np.diag(covariance)
    if untouched.any():
        assert contributions[~untouched].min(initial=1.0) >= contributions[untouched].max()
    assert math.sqrt(left @ covariance @ left) == pytest.approx(limit, rel=1e-6)
