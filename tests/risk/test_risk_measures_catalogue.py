"""One table of all measures."""

import math

import numpy as np
import pandas as pd
import pytest

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.risk.measures.catalogue import (
    CATALOGUE,
    MEASURES,
    ORDERED_MEASURES,
    rolling_var,
    tail_risk,
    tail_risk_table,
)
from peaklib.risk.measures.historical import historical_risk, rolling_historical


@pytest.mark.slow
def test_table_has_a_row_per_measure_and_the_reason_of_a_refusal(sp500: Dataset) -> None:
    """Cornish-Fisher does not take twenty years of the index as they are."""
    returns = sp500.frame["close"].pct_change().dropna()
    table = tail_risk_table(returns, level=0.95)
    assert list(table["measure"]) == list(MEASURES)
    refused = table[table["remark"] != ""]
    assert list(refused["measure"]) == ["cornish_fisher"]
    assert "outside the domain" in refused["remark"].iloc[0]
    assert refused["var"].isna().all()
    others = table[table["remark"] == ""].set_index("measure")
    assert (others["expected_shortfall"] > others["var"]).all()
    assert others.loc["historical", "var"] == pytest.approx(0.01864, abs=5e-6)
    assert others.loc["normal", "var"] == pytest.approx(0.01957, abs=5e-6)
    assert (others["n_obs"] == 5030).all()


def test_each_measure_names_itself() -> None:
    """t-distributed, so that the four moments lie inside the domain."""
    returns = pd.Series(0.01 * np.random.default_rng(1).standard_t(8.0, 400))
    for name in MEASURES:
        found = tail_risk(returns, name, level=0.95)
        assert found.measure == name
        assert all(
            isinstance(value, str) or math.isfinite(value) for value in found.details.values()
        )


def test_each_measure_refuses_fewer_returns_than_its_entry_says() -> None:
    returns = 0.01 * np.random.default_rng(3).standard_t(8.0, 400)
    for measure in CATALOGUE.values():
        least, fewer = measure.least, measure.least - 1
        with pytest.raises(DataError, match=f"^{fewer} returns; this measure needs {least} or"):
            measure.single(returns[:fewer])
        with pytest.raises(DataError, match=f"^window = {fewer}; give a whole number, {least} or"):
            measure.rolling(returns, window=fewer)


def test_measures_that_read_the_order_of_bars_are_marked() -> None:
    """Shuffled returns are the same to all others, up to the rounding of their sums."""
    rng = np.random.default_rng(4)
    calm, wild = 0.005 * rng.standard_t(8.0, 200), 0.02 * rng.standard_t(8.0, 200)
    returns = np.concatenate([calm, wild])
    shuffled = rng.permutation(returns)
    for name, compute in MEASURES.items():
        one, other = compute(returns, level=0.95), compute(shuffled, level=0.95)
        same = other.var == pytest.approx(one.var, rel=1e-6)
        assert same == (name not in ORDERED_MEASURES), name


def test_names_lead_to_the_functions_and_options_pass() -> None:
    returns = 0.01 * np.random.default_rng(2).standard_normal(300)
    assert tail_risk(returns, level=0.9, horizon=5, method="hazen") == historical_risk(
        returns, level=0.9, horizon=5, method="hazen"
    )
    found = rolling_var(returns, level=0.95, window=100, method="higher")
    expected = rolling_historical(returns, level=0.95, window=100, method="higher")
    np.testing.assert_array_equal(found.var, expected.var)


def test_unknown_names_and_empty_answers_are_errors() -> None:
    with pytest.raises(DataError, match="measure = 'cvar'; give one of historical, normal"):
        tail_risk([0.0] * 200, "cvar")
    with pytest.raises(DataError, match="give one of historical"):
        rolling_var([0.0] * 300, "cvar")
    with pytest.raises(DataError, match=r"no measure has an answer; historical: .* are not finite"):
        tail_risk_table([math.nan] * 200)
