"""On real data: the libraries give our number, or one we can explain to ten digits."""

from importlib import import_module
from math import isclose
from typing import Any

import pandas as pd
import pytest
from metric_libraries import AGREEMENTS, DIFFERENCES, Agreement, Call, Difference, quantstats

from peaklib import metrics
from peaklib.backtest import BacktestResult

# Importing both libraries takes seconds.
pytestmark = pytest.mark.slow

PAIRS = [
    pytest.param(row, call, id=f"{row.metric}-{call.text}")
    for row in AGREEMENTS
    for call in row.calls
]
DIFFERING = [pytest.param(row, id=f"{row.metric}-{row.call.text}") for row in DIFFERENCES]


@pytest.mark.parametrize(("row", "call"), PAIRS)
def test_library_gives_our_number(row: Agreement, call: Call, returns: pd.Series) -> None:
    assert call(returns) == pytest.approx(row.ours(returns), rel=1e-10)


@pytest.mark.parametrize("row", DIFFERING)
def test_difference_is_what_the_page_says(row: Difference, returns: pd.Series) -> None:
    assert row.call(returns) == pytest.approx(row.explained(returns), rel=1e-10)


@pytest.mark.parametrize("row", DIFFERING)
def test_listed_difference_is_one(row: Difference, traded: BacktestResult) -> None:
    assert not isclose(row.call(traded.returns), row.ours(traded), rel_tol=1e-5)


def drawdown_table(returns: pd.Series) -> pd.DataFrame:
    """All drawdowns as quantstats lists them."""
    theirs: Any = import_module("quantstats.stats")
    table: pd.DataFrame = theirs.drawdown_details(theirs.to_drawdown_series(returns))
    return table


def test_quantstats_dates_a_drawdown_from_its_first_to_its_last_bar_below(
    hold: BacktestResult,
) -> None:
    worst = drawdown_table(hold.returns).nsmallest(1, "max drawdown").iloc[0]
    found, days = metrics.drawdown(hold.returns), hold.returns.index
    ours = [days[found.peak + 1], days[found.trough], days[found.recovery - 1]]
    assert [worst["start"], worst["valley"], worst["end"]] == [f"{day:%Y-%m-%d}" for day in ours]
    # Calendar days, both ends included.
    assert worst["days"] == (ours[2] - ours[0]).days + 1
    assert worst["max drawdown"] == pytest.approx(100 * found.depth)


def test_quantstats_ends_a_drawdown_that_never_recovers_on_the_last_day() -> None:
    days = pd.date_range("2024-01-01", periods=3, tz="UTC")
    returns = pd.Series([0.1, -0.2, 0.05], index=days)
    (row,) = drawdown_table(returns).to_dict("records")
    assert row["end"] == "2024-01-03"
    assert metrics.drawdown(returns).recovery == -1


def test_quantstats_ignores_the_rate_in_cagr(returns: pd.Series) -> None:
    assert quantstats("cagr", rf=0.05)(returns) == quantstats("cagr")(returns)
