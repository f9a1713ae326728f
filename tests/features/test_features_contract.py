"""Every installed feature keeps the contract, and the checks do catch who breaks it."""

from dataclasses import fields
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peaklib.data import load
from peaklib.errors import DataError
from peaklib.features import Feature, feature, get, installed
from peaklib.features.contract import CHECKS, Case, cases, violations
from peaklib.features.feature import Floats

SLOW = {"markov_regime", "stationary_difference"}
EVERY = [
    pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in installed()
]


@cache
def rows(source: str) -> pd.DataFrame:
    frame = load(source).frame.iloc[:1500].copy()
    frame["regime"] = np.arange(len(frame)) // 100 % 3.0
    return frame


@cache
def prepared(name: str, source: str) -> list[Case]:
    return list(cases(get(name), rows(source)))


@pytest.mark.parametrize("source", ["sp500", "synthetic:garch,seed=11,bars=1500"])
@pytest.mark.parametrize("name", EVERY)
def test_every_feature_keeps_the_contract(name: str, source: str) -> None:
    for case in prepared(name, source):
        for check in CHECKS:
            check(case)


@pytest.mark.parametrize("name", EVERY)
def test_every_feature_has_values_after_its_warm_up(name: str) -> None:
    # Guards the test above: a feature that is NaN for good would keep some of the contract.
    case = prepared(name, "sp500")[0]
    assert case.warm_up < len(case.index)
    for column in case.columns():
        assert np.isfinite(column[case.warm_up :]).all()


@pytest.mark.parametrize("name", EVERY)
def test_every_feature_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    found = get(name)
    assert found.summary.endswith(".")
    assert found.source, "a `Source:` paragraph in the docstring"
    for parameter in found.parameters.values():
        assert parameter.meaning


# ---- planted violators ----------------------------------------------------------------


def planted(function: Any, warm_up: Any = lambda: 0, **options: Any) -> Feature:
    function.__doc__ = "Planted."
    return feature("planted", "1", warm_up=warm_up, **options)(function)


def centred(close: Floats) -> Floats:
    return pd.Series(close).rolling(21, center=True, min_periods=1).mean().to_numpy()


def whole_mean(close: Floats) -> Floats:
    return close - close.mean()


def whole_maximum(close: Floats) -> Floats:
    return close / close.max()


def tomorrow(close: Floats) -> Floats:
    return np.append(close[1:] / close[:-1], 1.0)


def backward_fill(close: Floats) -> Floats:
    return (
        pd.Series(np.where(np.arange(close.size) % 7, np.nan, close)).bfill().fillna(0).to_numpy()
    )


def rank_in_all(close: Floats) -> Floats:
    return pd.Series(close).rank(pct=True).to_numpy()


@pytest.mark.parametrize(
    "function", [centred, whole_mean, whole_maximum, tomorrow, backward_fill, rank_in_all]
)
def test_a_look_into_the_future_is_caught(function: Any) -> None:
    found = violations(planted(function), rows("sp500"))
    assert any("with later rows and" in line for line in found)


def test_a_look_into_the_future_is_caught_however_small_the_values_are() -> None:
    def tiny(close: Floats) -> Floats:
        return 1e-12 * centred(np.log(close))

    found = violations(planted(tiny), rows("sp500"))
    assert any("with later rows and" in line for line in found)


def test_rounding_is_no_look_into_the_future() -> None:
    def rounded(close: Floats) -> Floats:
        # The number of rows decides the last digits, as it does in transforms by blocks.
        return np.log(close) * (1.0 + 1e-16 * close.size)

    assert violations(planted(rounded), rows("sp500")) == []


def test_a_flag_that_comes_a_bar_early_is_caught_in_the_second_column() -> None:
    def flagged(close: Floats) -> tuple[Floats, Floats]:
        jump = np.zeros(close.size)
        jump[:-1] = np.abs(np.diff(np.log(close))) > 0.04
        return np.log(close), jump

    case = next(cases(planted(flagged, outputs=("price", "flag")), rows("sp500")))
    assert 0 < case.columns()[1].sum() < 20  # too few for the fixed cuts to meet one
    found = violations(case.feature, rows("sp500"))
    assert any("planted_flag at" in line and "with later rows and" in line for line in found)


def test_no_value_on_constant_prices_is_caught() -> None:
    def scaled(close: Floats) -> Floats:
        low, high = np.minimum.accumulate(close), np.maximum.accumulate(close)
        with np.errstate(invalid="ignore"):
            return np.where(close.size < 2, 0.0, (close - low) / (high - low))

    found = violations(planted(scaled, lambda: 1), rows("sp500"))
    assert any("on constant prices a column has no finite value at row 1" in line for line in found)


def test_what_refuses_to_learn_from_constant_prices_is_not_asked_further() -> None:
    def learn(close: Floats) -> dict[str, float]:
        if close.max() == close.min():
            raise DataError("all alike")
        return {"spread": float(close.max() - close.min())}

    def scaled(close: Floats, *, state: Any) -> Floats:
        return close / state["spread"]

    assert violations(planted(scaled, lambda state: 0, learn=learn), rows("sp500")) == []


class Filling(Feature):
    """Fills what is missing with the last value, and computes over that."""

    def compute(self, inputs: Any, params: Any, state: Any = None) -> tuple[Floats, ...]:
        return super().compute([pd.Series(part).ffill().to_numpy() for part in inputs], params)


def test_a_value_on_a_row_that_is_missing_is_caught() -> None:
    def plain(close: Floats) -> Floats:
        return np.log(close)

    found = planted(plain)
    filling = Filling(**{f.name: getattr(found, f.name) for f in fields(found)})
    (line,) = violations(filling, rows("sp500"))
    assert "planted at 1999-01-12 is" in line
    assert "should be nan" in line


def test_a_lookahead_names_feature_column_day_and_both_values() -> None:
    found = violations(planted(whole_mean), rows("sp500"))
    pattern = r"feature 'planted' with {}: planted at 1999-01-04 is [-0-9.]+ with later"
    assert pd.Series(found).str.contains(pattern).any()


def test_a_short_and_a_long_warm_up_are_caught() -> None:
    def mean(close: Floats) -> Floats:
        return pd.Series(close).rolling(5).mean().to_numpy()

    assert violations(planted(mean, lambda: 4), rows("sp500")) == []
    short = violations(planted(mean, lambda: 3), rows("sp500"))
    assert "a column has no finite value at row 3" in short[0]
    long = violations(planted(mean, lambda: 6), rows("sp500"))
    assert "have values at row 4 already" in long[0]


def test_writing_into_the_input_is_caught() -> None:
    def writes(close: Floats) -> Floats:
        close[0] = 1.0
        return close

    found = violations(planted(writes), rows("sp500"))
    assert "let it work on a copy" in found[0]


def test_a_random_number_is_caught() -> None:
    generator = np.random.default_rng(1)

    def noisy(close: Floats) -> Floats:
        return close + generator.normal(size=close.size)

    found = violations(planted(noisy), rows("sp500"))
    assert any("gave two results for the same rows" in line for line in found)


def test_a_crash_on_one_row_is_caught() -> None:
    def needs_two(close: Floats) -> Floats:
        return np.append(close[1] - close[1], np.zeros(close.size - 1))

    found = violations(planted(needs_two), rows("sp500"))
    assert any("IndexError" in line for line in found)


def test_another_number_of_columns_is_caught() -> None:
    def two(close: Floats) -> tuple[Floats, Floats]:
        return close, close

    found = violations(planted(two, outputs=("a", "b", "c")), rows("sp500"))
    assert "expected 3 column(s) of shape" in found[0]


def test_what_cannot_learn_from_the_rows_is_one_line() -> None:
    def learn(close: Floats) -> dict[str, float]:
        raise DataError("too few")

    def uses(close: Floats, *, state: Any) -> Floats:
        return close

    found = violations(planted(uses, lambda state: 0, learn=learn), rows("sp500"))
    assert found == ["feature 'planted' cannot learn from these rows: too few"]
