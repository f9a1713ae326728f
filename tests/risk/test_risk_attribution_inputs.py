"""What is given to attribution by mistake, and the words that it is refused with."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from peaklib.errors import DataError
from peaklib.risk.attribution.brinson import brinson_fachler
from peaklib.risk.attribution.contributions import risk_contributions, risk_shares
from peaklib.risk.attribution.drawdowns import attribute_drawdowns
from peaklib.risk.attribution.factors import factor_regression
from peaklib.risk.attribution.profits import profits_of_backtest, profits_of_weights
from peaklib.risk.attribution.segments import group_segments
from peaklib.risk.attribution.tails import shortfall_contributions, var_contributions

VALUES = 0.01 * np.random.default_rng(4).standard_normal((80, 2))
RETURNS = pd.DataFrame(VALUES, columns=["a", "b"])
PRICES = 100 * (1 + RETURNS).cumprod()
HELD = pd.DataFrame(0.5, index=RETURNS.index, columns=["a", "b"])
MARKET = RETURNS["a"].rename("market")
NOISY = RETURNS["b"] + 0.5 * MARKET


def test_a_series_with_a_name_is_one_factor() -> None:
    by_series = factor_regression(NOISY, MARKET, periods_per_year=252)
    by_frame = factor_regression(NOISY, MARKET.to_frame(), periods_per_year=252)
    pd.testing.assert_frame_equal(by_series.factors, by_frame.factors)
    assert by_series.factors.index.tolist() == ["market"]


def test_what_is_no_input_is_refused_with_its_remedy() -> None:
    year = {"periods_per_year": 252}
    half = [0.5, 0.5]
    cases: list[tuple[Any, tuple[Any, ...], dict[str, Any], str]] = [
        (factor_regression, (NOISY, MARKET.rename(None)), year, "without a name; give it one"),
        (factor_regression, (NOISY.tolist(), MARKET), year, "returns: a list; give a pandas Ser"),
        (factor_regression, (NOISY, VALUES), year, "factors: a ndarray; give a pandas DataFrame"),
        (factor_regression, (NOISY, RETURNS.assign(b="x")), year, "column 'b': not numbers"),
        (factor_regression, (100 * NOISY, MARKET), year, "returns, row .*divide percent by 100"),
        (factor_regression, (NOISY, 100 * RETURNS), year, "factors, row .*divide percent by 100"),
        (factor_regression, (NOISY, PRICES), year, "factors, row 0 .*look like prices"),
        (factor_regression, (NOISY, MARKET), {"periods_per_year": "252"}, "periods_per_year = '25"),
        (factor_regression, (NOISY, MARKET), {**year, "level": "0.9"}, "level = '0.9'"),
        (factor_regression, (NOISY, MARKET), {**year, "lags": "4"}, "lags = '4'"),
        (risk_contributions, ({"a": 1.0}, np.eye(2)), {}, "weights are not numbers"),
        (risk_shares, (half, "identity"), {}, "covariance are not numbers"),
        (var_contributions, (half, PRICES), {}, r"returns: the one at \(0, 0\) is .*like prices"),
        (var_contributions, (half, VALUES), {"level": "0.99"}, "level = '0.99'; give a confid"),
        (shortfall_contributions, (half, 100 * VALUES), {}, "divide percent by 100"),
        (shortfall_contributions, (HELD.assign(b="x"), VALUES), {}, "weights are not numbers"),
        (attribute_drawdowns, (VALUES,), {}, "profits: a ndarray; give a pandas DataFrame"),
        (attribute_drawdowns, (RETURNS["a"],), {}, r"profits: a Series; .*to_frame\('NAME'\)"),
        (attribute_drawdowns, (RETURNS,), {"count": "5"}, "count = '5'"),
        (profits_of_weights, (HELD.to_numpy(), RETURNS), {}, "weights: a ndarray; give"),
        (profits_of_weights, (HELD, PRICES), {}, "returns, row 0 .*look like prices"),
        (profits_of_backtest, (RETURNS, PRICES), {}, "a DataFrame and a DataFrame; give what run"),
        (group_segments, (HELD, VALUES, {}), {}, "returns: a ndarray; give a pandas DataFrame"),
        (group_segments, (HELD, RETURNS, ["x", "y"]), {}, "segments: a list; give a dict"),
        (brinson_fachler, (HELD, RETURNS, HELD, RETURNS.assign(b="x")), {}, "'b': not numbers"),
    ]
    for call, given, options, message in cases:
        with pytest.raises(DataError, match=message):
            call(*given, **options)
