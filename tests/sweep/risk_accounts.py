"""Accounts and judged models by hand, for the tests of risk chapters."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from builders import MakeBars

from peaklib.backtest import run_backtest
from peaklib.data import Dataset
from peaklib.risk import exceptions_of, run_var_tests
from peaklib.sweep.risk_chapter import Account, Forecasts, Judged
from peaklib.sweep.risk_chapter.account import position_of


def account_on(data: Dataset, target: np.ndarray, **terms: Any) -> Account:
    """An account that follows a target, beside holding."""
    result = run_backtest(target, data, **terms)
    kept = {key: value for key, value in terms.items() if key in ("fill", "warmup")}
    hold = run_backtest(np.ones(len(data)), data, **kept)
    return Account(
        name="by hand",
        address="run:0",
        where="bars",
        returns=result.returns,
        market=hold.returns,
        parts=None,
        shares={},
        year=252.0,
        position=position_of(result, data),
    )


def random_bars(make_bars: MakeBars, size: int, seed: int = 2) -> Dataset:
    moves = np.random.default_rng(seed).standard_t(5, size) * 0.01
    return make_bars(100 * np.cumprod(1 + moves))


def swinging(size: int) -> np.ndarray:
    """Long for four bars, half short for two, out for three, and again."""
    return np.array([[1.0] * 4 + [-0.5] * 2 + [0.0] * 3]).repeat(size, axis=0).ravel()[:size]


def of_returns(values: np.ndarray, market: np.ndarray | None = None) -> Account:
    """An account of which nothing but returns is known."""
    days = pd.bdate_range("2020-01-01", periods=len(values), tz="UTC", name="time")
    own = pd.Series(values, index=days)
    held = own if market is None else pd.Series(market, index=days)
    return Account("mine", "run", "here", own, held, None, {}, 252.0)


def of_parts() -> Account:
    """Two parts of one purse, 300 days."""
    days = pd.bdate_range("2020-01-01", periods=300, tz="UTC", name="time")
    draws = np.random.default_rng(4).normal(0.0, [0.01, 0.02], (300, 2))
    parts = pd.DataFrame(draws, index=days, columns=["calm", "wild"])
    wealth = (1 + parts).cumprod() @ np.array([0.7, 0.3])
    returns = wealth / wealth.shift(1, fill_value=1.0) - 1
    market = parts.mean(axis=1)
    shares = {"calm": 0.7, "wild": 0.3}
    return Account("portfolio", "run", "here", returns, market, parts, shares, 252.0)


def right_model(scale: float = 1.0, *, n_days: int = 1000, every: int = 0) -> Forecasts:
    """Normal losses beside the value at risk of their own law, or a multiple of it.

    Args:
        scale: the multiple.
        n_days: the last so many of a thousand.
        every: after so many judged days one is idle; 0 for none.
    """
    returns = np.random.default_rng(1).normal(0.0, 0.01, 1000)
    var, shortfall = 2.3263478740408408 * 0.01, 2.6652142203457607 * 0.01
    found = exceptions_of(
        returns, np.full(1000, scale * var), level=0.99, shortfall=np.full(1000, scale * shortfall)
    ).last(n_days)
    places = np.arange(n_days, dtype=np.int64)
    return Forecasts("normal", found, 0, 0, 7, places + (places // every if every else 0))


def judged_of(model: Forecasts, significance: float = 0.05) -> Judged:
    tests = run_var_tests(model.exceptions, significance=significance, seed=1)
    return Judged(model, tests, significance)


def with_rows(judged: Judged, changed: dict[str, dict[str, Any]]) -> Judged:
    """The same with other outcomes of some tests."""
    tests = judged.tests.set_index("test")
    for test, values in changed.items():
        for column, value in values.items():
            tests.loc[test, column] = value
    return replace(judged, tests=tests.reset_index())
