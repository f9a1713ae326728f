"""Intervals of few cases, against other implementations, by hand and by simulation."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binomtest

from peaklib.errors import DataError
from peaklib.llm.evals.intervals import Estimate, at_most, mcnemar, quantile, share

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

HITS = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(max_examples=80, derandomize=True, deadline=None)
@given(HITS)
def test_share_is_the_score_interval_of_scipy(counts: tuple[int, int]) -> None:
    hits, of = counts
    found = share(hits, of)
    theirs = binomtest(hits, of).proportion_ci(0.90, "wilson")
    assert found.value == hits / of
    assert found.low == pytest.approx(theirs.low, abs=1e-12)
    assert found.high == pytest.approx(theirs.high, abs=1e-12)


@settings(max_examples=80, derandomize=True, deadline=None)
@given(HITS)
def test_upper_bound_is_the_exact_one_of_scipy(counts: tuple[int, int]) -> None:
    theirs = binomtest(*counts, alternative="less").proportion_ci(0.95, "exact")
    assert at_most(*counts) == pytest.approx(theirs.high, abs=1e-9)


def test_upper_bound_of_no_hit_by_hand() -> None:
    # (1 - p)^40 = 0.05.
    assert at_most(0, 40) == pytest.approx(1 - 0.05 ** (1 / 40))


def test_without_cases_there_is_no_number() -> None:
    assert share(0, 0) == quantile([], 0.95) == Estimate(None, None, None)
    assert at_most(0, 0) is None


def test_95_percent_quantile_needs_59_values_for_its_upper_end() -> None:
    # 0.95^58 = 0.0510 and 0.95^59 = 0.0485: only then the largest value is beyond it surely enough.
    assert quantile(range(1, 59), 0.95) == Estimate(56, 52, None)
    found = quantile(range(1, 60), 0.95)
    assert (found.value, found.high) == (57, 59)


def test_median_of_ten_by_hand() -> None:
    # P(B <= 1) = 11/1024 and P(B <= 2) = 56/1024 = 0.0547 for ten fair coins: ranks 2 and 9.
    assert quantile([3, 1, 2, 10, 9, 8, 7, 6, 5, 4], 0.5) == Estimate(5, 2, 9)


def test_quantile_interval_holds_the_quantile_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    truth = -np.log(0.1)
    held = 0
    for _ in range(150):
        found = quantile(rng.exponential(size=80).tolist(), 0.9)
        held += (found.low or 0.0) <= truth <= (found.high or np.inf)
    # At least 90 % by construction; three standard errors of 150 draws are 7.4 points.
    assert held / 150 >= 0.90 - 0.074


@pytest.mark.parametrize(("before", "now"), [(0, 0), (0, 1), (1, 8), (5, 5), (12, 3), (0, 6)])
def test_mcnemar_is_the_exact_binomial_test(before: int, now: int) -> None:
    changed = before + now
    expected = binomtest(before, changed).pvalue if changed else 1.0
    assert mcnemar(before, now) == pytest.approx(min(1.0, expected))


def test_impossible_counts_are_refused() -> None:
    for wrong in (lambda: share(3, 2), lambda: at_most(-1, 2), lambda: mcnemar(-1, 2)):
        with pytest.raises(DataError):
            wrong()
