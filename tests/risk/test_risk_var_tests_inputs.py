"""What is given to tests of a VaR by mistake, and the words that it is refused with."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from peaklib.errors import DataError
from peaklib.risk.var_tests.battery import run_var_tests
from peaklib.risk.var_tests.coverage import kupiec_pof, kupiec_region, time_until_first_failure
from peaklib.risk.var_tests.dynamic_quantile import dynamic_quantile
from peaklib.risk.var_tests.exceptions import exceptions_of
from peaklib.risk.var_tests.independence import christoffersen_independence
from peaklib.risk.var_tests.shortfall import acerbi_szekely
from peaklib.risk.var_tests.traffic_light import rolling_zones, traffic_light

RETURNS = 0.01 * np.random.default_rng(5).standard_normal(300)
VAR = np.full(300, 0.0233)


def test_what_is_no_input_is_refused_with_its_remedy() -> None:
    level = {"level": 0.99}
    prices = 100 * np.cumprod(1 + RETURNS)
    exceptions = exceptions_of(RETURNS, VAR, level=0.99)
    cases: list[tuple[Any, tuple[Any, ...], dict[str, Any], str]] = [
        (exceptions_of, (RETURNS, VAR), {"level": "0.99"}, "level = '0.99'; give a confidence"),
        (exceptions_of, (["x"] * 300, VAR), level, "returns are not numbers"),
        (exceptions_of, (RETURNS, "2 %"), level, "var are not numbers"),
        (exceptions_of, (prices, VAR), level, "return at row 0 is .*look like prices"),
        (exceptions_of, (100 * RETURNS, VAR), level, "below -1.*divide percent by 100"),
        (exceptions_of, (RETURNS, 100 * VAR), level, "VaR is above 1 on 300 of 300 days"),
        (exceptions_of, (pd.DataFrame({"a": RETURNS}), VAR), level, r"shape \(300, 1\)"),
        (run_var_tests, (RETURNS,), {}, r"exceptions: a ndarray; give exceptions_of\("),
        (dynamic_quantile, (RETURNS,), {}, r"a ndarray; give exceptions_of\("),
        (acerbi_szekely, (RETURNS,), {}, r"a ndarray; give exceptions_of\("),
        (rolling_zones, (RETURNS,), {}, r"a ndarray; give exceptions_of\("),
        (run_var_tests, (exceptions,), {"significance": "5 %"}, "significance is '5 %'"),
        (kupiec_region, (250, 0.01), {"significance": None}, "significance is None"),
        (kupiec_pof, ("3", 250, 0.01), {}, "n_exceedances is '3'; it is a count"),
        (kupiec_pof, (2.5, 250, 0.01), {}, "n_exceedances is 2.5; it is a count"),
        (kupiec_pof, (3, None, 0.01), {}, "n_days is None; it is a count"),
        (kupiec_pof, (3, float("nan"), 0.01), {}, "n_days is nan; it is a count"),
        (kupiec_pof, (3, 250, "1 %"), {}, "tail is '1 %'; it is the promised exceedance rate"),
        (time_until_first_failure, ("9", 0.01), {}, "on day '9'; give a whole number"),
        (traffic_light, ("6",), {}, "n_exceedances is '6'; it is a count"),
        (christoffersen_independence, (["a", "b"],), {}, "something else than True and False"),
        (christoffersen_independence, ([[True], [True, False]],), {}, "hits are no array"),
        (christoffersen_independence, (RETURNS,), {}, "give exceedances, not returns"),
    ]
    for call, given, options, message in cases:
        with pytest.raises(DataError, match=message):
            call(*given, **options)


def test_counts_may_be_numbers_of_numpy() -> None:
    exceedances: Any = np.float64(3.0)
    assert kupiec_pof(exceedances, 250, 0.01) == kupiec_pof(3, 250, 0.01)
