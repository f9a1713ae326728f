"""Returns and forecasts are paired day by day, or refused with the place where they part."""

import numpy as np
import pandas as pd
import pytest

from peaklib.errors import DataError
from peaklib.risk.var_tests.exceptions import exceedances, exceptions_of

DAYS = pd.bdate_range("2020-01-01", periods=6)
RETURNS = pd.Series([0.01, -0.03, -0.02, 0.00, -0.05, 0.02], index=DAYS)
VAR = pd.Series([np.nan, np.nan, 0.02, 0.02, 0.04, 0.04], index=DAYS)


def test_a_loss_counts_only_when_it_is_larger_than_the_var_of_its_own_day() -> None:
    found = exceptions_of(RETURNS, VAR, level=0.99)
    # Day 3 loses exactly its VaR; day 2 loses more than later VaRs but had no forecast.
    assert found.hits.tolist() == [False, False, True, False]
    assert (found.n_days, found.n_exceedances, found.dropped) == (4, 1, 2)
    assert found.index is not None
    assert found.index.equals(DAYS[2:])
    assert found.losses.tolist() == [0.02, -0.0, 0.05, -0.02]
    assert exceedances(RETURNS, VAR).tolist() == [False] * 4 + [True, False]


def test_a_tail_is_free_of_the_float_error_of_one_minus_the_level() -> None:
    tails = [exceptions_of(RETURNS, VAR, level=level).tail for level in (0.9, 0.95, 0.975, 0.99)]
    assert tails == [0.1, 0.05, 0.025, 0.01]
    assert 1 - 0.95 != 0.05


def test_the_warm_up_lasts_until_both_forecasts_are_there() -> None:
    shortfall = VAR * 1.2
    shortfall.iloc[2] = np.nan
    found = exceptions_of(RETURNS, VAR, level=0.99, shortfall=shortfall)
    assert found.dropped == 3
    assert found.shortfall is not None
    np.testing.assert_allclose(found.shortfall, [0.024, 0.048, 0.048])


def test_the_last_days_keep_what_belongs_to_them() -> None:
    last = exceptions_of(RETURNS, VAR, level=0.99, shortfall=VAR * 1.2).last(2)
    assert last.hits.tolist() == [True, False]
    assert last.index is not None
    assert last.shortfall is not None
    assert (last.index[0], last.shortfall[0]) == (DAYS[4], pytest.approx(0.048))
    assert exceptions_of(RETURNS, VAR, level=0.99).last(99).n_days == 4
    with pytest.raises(DataError, match="at least 1"):
        last.last(0)


def test_arrays_serve_as_well_as_series() -> None:
    found = exceptions_of(RETURNS.to_numpy(), VAR.tolist(), level=0.99)
    assert found.index is None
    assert found.hits.tolist() == [False, False, True, False]


def test_what_cannot_be_paired_is_refused_with_its_place() -> None:
    gap, infinite = VAR.copy(), RETURNS.copy()
    gap.iloc[4] = np.nan
    infinite.iloc[3] = np.inf
    shifted = VAR.set_axis(DAYS.shift(1))
    cases = [
        (RETURNS, VAR.iloc[:5], None, r"\(6,\), var has \(5,\)"),
        (RETURNS, shifted, None, "part ways at row 0: 2020-01-01 .* against 2020-01-02"),
        (RETURNS, VAR, VAR.iloc[1:], r"shortfall has \(5,\)"),
        (RETURNS, gap, None, r"var is nan at row 4 \(2020-01-07"),
        (infinite, VAR, None, "returns is inf at row 3"),
        (RETURNS, VAR * np.nan, None, "none of 6 days has a forecast"),
        (RETURNS, -VAR, None, "negative on 4 of 4 days; losses are positive"),
        (RETURNS, VAR, VAR * 0.9, "shortfall is 0.018 and VaR 0.02 on 2020-01-03"),
    ]
    for returns, var, shortfall, message in cases:
        with pytest.raises(DataError, match=message):
            exceptions_of(returns, var, level=0.99, shortfall=shortfall)


def test_a_level_is_a_confidence_not_a_tail() -> None:
    for level in (0.01, 0.5, 1.0, np.nan):
        with pytest.raises(DataError, match=f"level = {level}; give a confidence"):
            exceptions_of(RETURNS, VAR, level=level)
