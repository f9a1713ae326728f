"""Which bars are drawn: runs by hand, their law, and the block length against arch and theory."""

import numpy as np
import pytest
from arch.bootstrap import optimal_block_length as arch_block_length
from hypothesis import given, strategies as st
from scipy import stats
from scipy.signal import lfilter

from peaklib.errors import DataError
from peaklib.robustness.bootstrap.resampling import (
    guide_of,
    optimal_block_length,
    resample_indices,
    run_of,
)


def ar1(n: int, phi: float, seed: int) -> np.ndarray:
    """A stationary AR(1) of unit innovations."""
    shocks = np.random.default_rng(seed).standard_normal(n + 200)
    return lfilter([1.0], [1.0, -phi], shocks)[200:]


# With mean length 2 a run goes on with probability 1/2: length 1 below 0.5, 2 below 0.75, 3 below
# 0.875. Of ten bars, 0.38 is place 3.8: start 3, and 0.8 is left for the length.
@pytest.mark.parametrize(
    ("uniform", "run"),
    [(0.0, (0, 1)), (0.34, (3, 1)), (0.36, (3, 2)), (0.38, (3, 3)), (0.99, (9, 4))],
)
def test_one_uniform_gives_start_and_length(uniform: float, run: tuple[int, int]) -> None:
    assert run_of(uniform, 10, *guide_of("stationary", 2.0)) == run


@pytest.mark.parametrize("uniform", [0.0, 0.38, 0.999999])
def test_circular_runs_are_all_of_the_rounded_length(uniform: float) -> None:
    assert run_of(uniform, 10, *guide_of("circular", 3.6)) == (int(uniform * 10), 4)


@given(st.floats(0.0, 1.0, exclude_max=True), st.floats(1.01, 500.0))
def test_length_is_the_inverse_of_the_geometric_distribution(uniform: float, mean: float) -> None:
    _, length = run_of(uniform, 1, *guide_of("stationary", mean))
    stay = 1.0 - 1.0 / mean
    assert 1.0 - stay ** (length - 1) <= uniform + 1e-12
    assert 1.0 - stay**length > uniform - 1e-12


def test_resample_follows_the_uniforms_of_its_generator_round_the_circle() -> None:
    n, mean = 7, 3.0
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(11).spawn(1)[0]))
    expected: list[int] = []
    while len(expected) < n:
        place = generator.random() * n
        length = 1 + int(np.floor(np.log(1.0 - place % 1.0) / np.log(1.0 - 1.0 / mean)))
        expected += [(int(place) + k) % n for k in range(length)]
    assert resample_indices(n, mean, resamples=1, seed=11)[0].tolist() == expected[:n]


@pytest.mark.parametrize("kind", ["stationary", "circular"])
@pytest.mark.parametrize("position", [0, 9, 19])
def test_every_bar_is_as_likely_at_every_place(kind: str, position: int) -> None:
    """Chi-squared test of the marginal at one place, at 1 in 10,000."""
    drawn = resample_indices(20, 5.0, kind=kind, resamples=20_000, seed=3)[:, position]
    assert stats.chisquare(np.bincount(drawn, minlength=20)).pvalue > 1e-4


def test_runs_go_on_as_often_as_the_geometric_law_says() -> None:
    """A neighbour follows with (1 - p) + p / n; within 4 binomial deviations."""
    n, mean, resamples = 50, 8.0, 2_000
    drawn = resample_indices(n, mean, resamples=resamples, seed=5)
    followed = np.mean((drawn[:, 1:] - drawn[:, :-1]) % n == 1)
    chance = 1.0 - 1.0 / mean + 1.0 / mean / n
    assert abs(followed - chance) < 4.0 * np.sqrt(chance * (1 - chance) / (resamples * (n - 1)))


def test_circular_resamples_are_blocks_and_a_cut_one() -> None:
    drawn = resample_indices(10, 4.0, kind="circular", resamples=50, seed=2)
    steps = (drawn[:, 1:] - drawn[:, :-1]) % 10
    inside = np.arange(9) % 4 != 3
    assert (steps[:, inside] == 1).all()


def test_first_resamples_do_not_depend_on_how_many_follow() -> None:
    few = resample_indices(30, 4.0, resamples=300, seed=9)
    many = resample_indices(30, 4.0, resamples=800, seed=9)
    assert (many[:300] == few).all()
    assert (resample_indices(30, 4.0, resamples=300, seed=10) != few).any()


@pytest.mark.parametrize("name", ["returns", "squares", "ar1", "short", "alternating"])
def test_block_length_equals_that_of_arch(name: str, sp500) -> None:
    returns = sp500.frame["close"].pct_change().dropna().to_numpy()
    series = {
        "returns": returns,
        "squares": returns**2,
        "ar1": ar1(2_000, 0.6, 1),
        "short": ar1(15, 0.5, 2),
        "alternating": ar1(500, -0.7, 3),
    }[name]
    theirs = arch_block_length(series).iloc[0]
    assert optimal_block_length(series) == pytest.approx(theirs["stationary"], rel=1e-8)
    assert optimal_block_length(series, "circular") == pytest.approx(theirs["circular"], rel=1e-8)


@pytest.mark.parametrize("phi", [0.3, 0.7])
def test_block_length_of_an_ar1_comes_to_the_theoretical_one(phi: float) -> None:
    """(G² / g(0)² · n)^(1/3) with G / g(0) = 2·phi / (1 - phi²) for an AR(1).

    Source: Politis and White (2004), section 3.2, with the constants of Patton, Politis and
    White (2009): D = 2·g(0)² for the stationary and 4/3·g(0)² for the circular bootstrap.
    """
    n = 200_000
    theory = (2.0 * phi / (1.0 - phi**2)) ** (2 / 3) * n ** (1 / 3)
    series = ar1(n, phi, 4)
    assert optimal_block_length(series) == pytest.approx(theory, rel=0.1)
    ratio = optimal_block_length(series, "circular") / optimal_block_length(series)
    assert ratio == pytest.approx(1.5 ** (1 / 3), rel=1e-12)


def test_a_constant_series_needs_no_blocks() -> None:
    assert optimal_block_length(np.full(50, 0.1)) == 1.0


def test_ten_bars_are_enough_and_the_block_stays_within_a_third_of_them() -> None:
    assert 0.0 <= optimal_block_length(np.arange(10.0)) <= 4.0


@pytest.mark.parametrize(
    ("series", "kind", "words"),
    [
        (np.ones(9), "stationary", "at least 10"),
        ([*range(20), np.nan], "stationary", "fill the gaps"),
        (np.arange(20.0), "moving", "stationary, circular"),
    ],
)
def test_block_length_refuses_what_it_cannot_measure(series, kind, words: str) -> None:
    with pytest.raises(DataError, match=words):
        optimal_block_length(series, kind)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n": 0}, "no bars"),
        ({"block_length": 0.5}, "at least 1"),
        ({"block_length": np.nan}, "at least 1"),
        ({"kind": "moving"}, "stationary, circular"),
        ({"resamples": 0}, "at least one"),
        ({"seed": -1}, "from 0 up"),
        ({"seed": None}, "from 0 up"),
    ],
)
def test_draws_refuse_arguments_out_of_range(change: dict, words: str) -> None:
    given_ = {"n": 10, "block_length": 2.0, "resamples": 3, "seed": 0} | change
    with pytest.raises(DataError, match=words):
        resample_indices(**given_)
