"""What the tests of the metrics share: two results on real data."""

import pandas as pd
import pytest
from metric_tables import buy_and_hold, crossover

from peaklib.backtest import BacktestResult
from peaklib.data import Dataset


@pytest.fixture(scope="session")
def hold(sp500: Dataset) -> BacktestResult:
    """Buy and hold of the S&P 500 series."""
    return buy_and_hold(sp500)


@pytest.fixture(scope="session")
def traded(sp500: Dataset) -> BacktestResult:
    """A strategy on the same series that is flat four days of ten."""
    return crossover(sp500)


@pytest.fixture(params=["index", "hold", "traded"])
def returns(request: pytest.FixtureRequest, sp500: Dataset) -> pd.Series:
    """Real daily returns: of the index itself, of buy and hold, of the strategy."""
    if request.param == "index":
        return sp500.frame["close"].pct_change().dropna()
    result: BacktestResult = request.getfixturevalue(request.param)
    return result.returns
