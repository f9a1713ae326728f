"""What holds for any returns."""

from collections.abc import Callable
from itertools import pairwise
from math import isnan, sqrt

import numpy as np
import pytest
from hypothesis import assume, example, given, settings, strategies as st
from numpy.typing import NDArray

from peaklib import metrics

Floats = NDArray[np.float64]

# Ten thousandths: no two wealths differ by rounding alone.
series = st.lists(st.integers(-9_000, 9_000), min_size=2, max_size=40).map(
    lambda counts: np.array(counts) / 10_000
)
rates = st.sampled_from([-0.05, 0.0, 0.02, 0.1])


def same(a: float, b: float, *, within: float = 1e-9) -> bool:
    """Equal but for rounding, or both undefined."""
    return (isnan(a) and isnan(b)) or a == pytest.approx(b, rel=within, abs=1e-12)


@given(series)
def test_max_drawdown_is_the_worst_of_all_pairs_the_start_included(returns: Floats) -> None:
    wealth = [1.0, *np.cumprod(1 + returns)]
    worst = min(
        wealth[later] / wealth[earlier] - 1
        for earlier in range(len(wealth))
        for later in range(earlier, len(wealth))
    )
    assert metrics.max_drawdown(returns) == pytest.approx(worst, abs=1e-12)
    assert -1 <= worst <= min(0.0, returns[0] + 1e-15)


@given(series)
def test_drawdown_bars_are_ordered_and_bound_the_depth(returns: Floats) -> None:
    found = metrics.drawdown(returns)
    assume(found.trough >= 0)
    wealth = np.cumprod(1 + returns)
    peak = wealth[found.peak] if found.peak >= 0 else 1.0
    assert found.peak < found.trough
    assert wealth[found.trough] / peak - 1 == pytest.approx(found.depth, abs=1e-12)
    until = found.recovery if found.recovery >= 0 else len(wealth)
    assert np.all(wealth[found.peak + 1 : until] < peak)
    if found.recovery >= 0:
        assert wealth[found.recovery] >= peak


@given(series)
def test_ulcer_lies_between_nothing_and_the_largest_drawdown(returns: Floats) -> None:
    assert 0 <= metrics.ulcer_index(returns) <= -metrics.max_drawdown(returns) + 1e-15


@given(series, st.integers(1, 30))
def test_flat_periods_ahead_dilute_ulcer_and_leave_drawdown(returns: Floats, flat: int) -> None:
    longer = np.concatenate([np.zeros(flat), returns])
    assert metrics.max_drawdown(longer) == metrics.max_drawdown(returns)
    dilution = sqrt(len(returns) / len(longer))
    assert same(metrics.ulcer_index(longer), metrics.ulcer_index(returns) * dilution)


@given(series, st.sampled_from([12.0, 52.0, 252.0, 365.25]))
def test_wealth_grown_at_cagr_is_the_total_return(returns: Floats, year: float) -> None:
    growth = metrics.cagr(returns, periods_per_year=year)
    assume(1e-6 < 1 + growth < 1e6)
    grown = (1 + growth) ** (len(returns) / year)
    assert grown == pytest.approx(1 + metrics.total_return(returns), rel=1e-9)


@pytest.mark.slow
@given(series, series)
def test_total_returns_of_two_spans_compound(first: Floats, second: Floats) -> None:
    both = metrics.total_return(np.concatenate([first, second]))
    one, other = metrics.total_return(first), metrics.total_return(second)
    assert same(both, (1 + one) * (1 + other) - 1)


RATIOS: dict[str, Callable[[Floats], float]] = {
    "sharpe": lambda r: metrics.sharpe(r, periods_per_year=252),
    "sortino": lambda r: metrics.sortino(r, periods_per_year=252),
    "omega": lambda r: metrics.omega(r, periods_per_year=252),
    "tail_ratio": metrics.tail_ratio,
}


@pytest.mark.parametrize("ratio", RATIOS.values(), ids=RATIOS)
@given(returns=series, scale=st.sampled_from([0.01, 0.5, 3.0]))
def test_ratio_does_not_depend_on_leverage(
    ratio: Callable[[Floats], float], returns: Floats, scale: float
) -> None:
    assert same(ratio(scale * returns), ratio(returns))


@pytest.mark.parametrize("ratio", RATIOS.values(), ids=RATIOS)
@given(returns=series, data=st.data())
def test_ratio_does_not_depend_on_the_order(
    ratio: Callable[[Floats], float], returns: Floats, data: st.DataObject
) -> None:
    assert same(ratio(np.array(data.draw(st.permutations(list(returns))))), ratio(returns))


@given(series, st.sampled_from([0.01, 0.5, 3.0]))
def test_volatility_grows_with_leverage_and_the_root_of_time(returns: Floats, scale: float) -> None:
    once = metrics.volatility(returns, periods_per_year=63)
    assert same(metrics.volatility(scale * returns, periods_per_year=252), 2 * scale * once)


@given(series)
def test_the_other_side_has_the_opposite_sharpe_and_the_inverse_omega(returns: Floats) -> None:
    sharpe, omega = RATIOS["sharpe"], RATIOS["omega"]
    assert same(sharpe(-returns), -sharpe(returns))
    assume(returns.min() < 0 < returns.max())
    assert omega(-returns) * omega(returns) == pytest.approx(1)


@given(series, rates)
def test_sharpe_sortino_and_omega_agree_on_the_sign(returns: Floats, rate: float) -> None:
    excess = returns.mean() - ((1 + rate) ** (1 / 252) - 1)
    assume(abs(excess) > 1e-9)
    signs = {
        np.sign(metrics.sharpe(returns, periods_per_year=252, rf=rate)),
        np.sign(metrics.sortino(returns, periods_per_year=252, mar=rate)),
        np.sign(metrics.omega(returns, periods_per_year=252, mar=rate) - 1),
    }
    assert {sign for sign in signs if not isnan(sign)} <= {np.sign(excess)}


@given(series)
def test_ratios_fall_as_the_rate_rises(returns: Floats) -> None:
    # Gains and losses beyond every rate asked for.
    assume(returns.min() < -0.01)
    assume(returns.max() > 0.01)
    for ratio, name in ((metrics.sharpe, "rf"), (metrics.omega, "mar")):
        values = [ratio(returns, periods_per_year=252, **{name: r}) for r in (-0.05, 0, 0.05, 0.5)]
        assert all(before > after for before, after in pairwise(values)), name


@settings(max_examples=300)
@example(-0.37, 5000, 0.0)
@given(st.floats(-0.5, 0.5).filter(lambda r: r == 0 or abs(r) > 1e-9), st.integers(2, 3000), rates)
def test_constant_returns_have_no_sharpe_whatever_the_rounding(
    value: float, n: int, rate: float
) -> None:
    returns = np.full(n, value)
    assert isnan(metrics.sharpe(returns, periods_per_year=252, rf=rate))
    assert metrics.volatility(returns, periods_per_year=252) == 0
