"""How numbers are printed."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from peaklib.render import format_metric, format_span


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("ret", 0.12345, "12.3\u00a0%"),
        ("max_dd", -0.1694, "−16.9\u00a0%"),
        ("oos_max_dd", -0.1694, "−16.9\u00a0%"),
        ("is_sharpe", 0.4249, "0.42"),
        ("sharpe_lo", -0.291, "−0.29"),
        ("sharpe_diff", 0.321, "+0.32"),
        ("cagr_diff", -0.0049, "−0.5\u00a0%"),
        ("n_trials", 5031, "5\u202f031"),
        ("turnover", 13.24, "13.2\u00a0× a year"),
        ("ruined", 1, "yes"),
        ("ruined", 0.0, "no"),
        ("fast", 50, "50"),
        ("year", 2013, "2013"),
        ("vol_target", 0.1, "0.1"),
        ("width", 2.5, "2.5"),
        ("sharpe", math.nan, "–"),
        ("ret", None, "–"),
        ("ret", pd.NaT, "–"),
        ("sharpe", -math.inf, "−∞"),
        ("strategy", "sma_crossover", "sma_crossover"),
        ("long_only", np.True_, "yes"),
        ("start", pd.Timestamp("1999-01-04", tz="UTC"), "1999-01-04"),
        ("start", pd.Timestamp("1999-01-04 15:30"), "1999-01-04 15:30"),
    ],
)
def test_a_value_is_printed_by_the_name_of_its_metric(name, value, shown):
    assert format_metric(name, value) == shown


@pytest.mark.parametrize(("name", "value"), [("sharpe", -0.001), ("ret", -0.0004), ("x", -0.0)])
def test_a_number_that_rounds_to_zero_has_no_sign(name, value):
    assert "−" not in format_metric(name, value)


@given(st.floats(min_value=-50, max_value=50))
def test_a_printed_ratio_reads_back_to_the_number_rounded(value):
    shown = format_metric("sharpe_diff", value)
    assert float(shown.replace("−", "-")) == pytest.approx(value, abs=0.0050001)
    assert shown.startswith(("+", "−")) or float(shown) == 0


def test_a_span_of_months_is_english_and_collapses_within_one_month():
    assert format_span(dt.date(2013, 1, 2), dt.date(2018, 12, 31)) == "Jan 2013 – Dec 2018"
    assert format_span(dt.date(2013, 3, 1), dt.date(2013, 3, 28)) == "Mar 2013"
