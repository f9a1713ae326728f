"""Historical risk: hand-worked tails, NumPy's quantiles, and what is refused."""

import math
from ast import literal_eval
from typing import Any

import numpy as np
import pytest

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.risk.measures.historical import historical_risk
from peaklib.risk.measures.order_statistics import METHODS

TWENTY = [0.01 * k for k in (3, -9, 5, 1, -2, 8, -4, 2, 6, -1, 4, -6, 7, 0, 9, -3, 10, 11, -5, 12)]


def test_tail_of_two_in_twenty_is_worked_by_hand() -> None:
    """The worst are -9, -6, -5 %; at 90 % two of them are the tail."""
    found = historical_risk(TWENTY, level=0.9, method="inverted_cdf")
    assert found.var == 0.06
    assert found.expected_shortfall == pytest.approx((0.09 + 0.06) / 2, abs=1e-16)
    assert (found.n_obs, found.horizon, found.level) == (20, 1, 0.9)


def test_fraction_of_an_observation_counts_by_that_fraction() -> None:
    """At 87.5 % the tail of twenty holds 2.5: the third worst counts half."""
    found = historical_risk(TWENTY, level=0.875, method="inverted_cdf")
    assert found.var == 0.05
    assert found.expected_shortfall == pytest.approx((0.09 + 0.06 + 0.5 * 0.05) / 2.5, abs=1e-16)


def test_decimal_level_does_not_shift_the_rank() -> None:
    """1 - 0.95 is a hair above 0.05 in floats, which would take the sixth of 100 losses."""
    losses = np.arange(100.0, 0.0, -1.0) / 1000.0
    assert historical_risk(-losses, level=0.95, method="inverted_cdf").var == 0.096
    assert -np.quantile(-losses, 1 - 0.95, method="inverted_cdf") == 0.095


def test_every_method_is_numpys_to_the_last_bit() -> None:
    rng = np.random.default_rng(1)
    for n in (*range(20, 60), 250, 999, 1000):
        smooth = rng.standard_t(4, n) * 0.01
        for values in (smooth, np.round(smooth, 2)):
            for level in (0.51, 0.93, 0.95, 0.975, 0.99):
                tail = round(1 - level, 12)
                if n * tail < 1.0:
                    continue
                for method in METHODS:
                    found = historical_risk(values, level=level, method=method).var
                    expected = -np.quantile(values, tail, method=method)
                    assert found == expected, (n, level, method)


def test_shortfall_is_the_minimum_of_rockafellar_and_uryasev() -> None:
    """Independent definition: min over c of c + E[(loss - c)+] / tail, over all candidates c."""
    losses = np.random.default_rng(2).standard_t(3, 333) * 0.01
    for level in (0.9, 0.955, 0.99):
        tail = round(1 - level, 12)
        least = min(c + np.maximum(losses - c, 0.0).mean() / tail for c in losses)
        found = historical_risk(-losses, level=level).expected_shortfall
        assert found == pytest.approx(least, abs=1e-14)


def test_shortfall_is_never_below_var_but_for_two_methods() -> None:
    """`lower` and `closest_observation` can look further out than the tail reaches."""
    rng, below = np.random.default_rng(3), set()
    for n in range(34, 240):
        values = np.round(rng.standard_t(2, n), 1) / 1000
        for level in (0.9, 0.95, 0.957, 0.97):
            for method in METHODS:
                found = historical_risk(values, level=level, method=method)
                if found.expected_shortfall < found.var - 1e-15:
                    below.add(method)
    assert below == {"lower", "closest_observation"}


def test_horizon_compounds_overlapping_runs() -> None:
    """Two-bar returns of 10 %, -50 %, 20 %, 0 % are -45 %, -40 %, 20 %: the worst of three."""
    found = historical_risk([0.1, -0.5, 0.2, 0.0], level=0.6, horizon=2, method="lower")
    assert found.var == pytest.approx(0.45, abs=1e-15)
    assert found.expected_shortfall == pytest.approx((0.45 + 0.2 * 0.40) / 1.2, abs=1e-15)
    assert (found.n_obs, found.details["separate"]) == (3, 2)


def test_horizon_of_real_returns_is_that_of_prices(sp500: Dataset) -> None:
    close = sp500.frame["close"].to_numpy()
    found = historical_risk(close[1:] / close[:-1] - 1.0, level=0.99, horizon=10)
    assert found.var == pytest.approx(-np.quantile(close[10:] / close[:-10] - 1.0, 0.01), rel=1e-12)


def test_constant_returns_have_their_own_loss_as_risk() -> None:
    found = historical_risk([0.1] * 150)
    assert (found.var, found.expected_shortfall) == (-0.1, -0.1)


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    ([0.0] * 120 + [math.nan], {}, "row 120 is nan"),
    ([-math.inf] + [0.0] * 120, {}, "row 0 is -inf"),
    (np.zeros((200, 2)), {}, r"shape \(200, 2\)"),
    (["a"], {}, "not numbers"),
    ([], {}, "0 returns"),
    ([0.0] * 99, {}, "give 100 or more"),
    ([0.0] * 108, {"horizon": 10}, "99 observations"),
    (TWENTY, {"level": 1.0}, "level = 1.0"),
    (TWENTY, {"level": 0.05}, "level = 0.05"),
    (TWENTY, {"level": math.nan}, "level = nan"),
    (TWENTY, {"level": 0.9, "horizon": 0}, "horizon = 0"),
    (TWENTY, {"level": 0.9, "horizon": 1.5}, "horizon = 1.5"),
    (TWENTY, {"level": 0.9, "horizon": True}, "horizon = True"),
    (TWENTY, {"level": 0.9, "method": "median"}, "inverted_cdf, averaged"),
    ([0.1, -1.2, 0.0], {"level": 0.6, "horizon": 2}, "below −100 %"),
]


def test_what_has_no_tail_is_refused_with_its_reason() -> None:
    for returns, options, message in REFUSED:
        with pytest.raises(DataError, match=message):
            historical_risk(returns, **options)


def test_input_is_left_as_it_was() -> None:
    values = np.array(TWENTY)
    for method in METHODS:
        historical_risk(values, level=0.9, horizon=2, method=method)
    assert values.tolist() == TWENTY


def test_methods_are_those_of_numpy() -> None:
    """NumPy has no public list; its error names them all."""
    unknown: Any = "?"
    with pytest.raises(ValueError, match="not a valid method") as caught:
        np.quantile([1.0], 0.5, method=unknown)
    named = str(caught.value).split("dict_keys(")[1]
    assert sorted(literal_eval(named.removesuffix(")"))) == sorted(METHODS)
