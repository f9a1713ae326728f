"""Results of an independent peer on real prices.

Source: vectorbt 1.2.0 on the same closes; entry on an upward cross, exit on a downward one,
a fast line that starts above does not enter, all-in long only, 10 bp a side inside the
all-in size, open position marked, 252 days a year, ddof=1, flat days included. `make
bench` pairs all 4,851 combinations again.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from peaklib.backtest import run_backtest, run_grid
from peaklib.data import Dataset

# fast, slow, fill, Sharpe ratio, total return, largest drawdown.
PEER = [
    (20, 50, "close", 0.15287813, 0.23951233, -0.35832389),
    (20, 50, "next_open", 0.15293254, 0.23949541, -0.35832389),
    (50, 100, "close", 0.37313673, 1.03658905, -0.20560674),
]


@pytest.mark.parametrize(("fast", "slow", "fill", "sharpe", "ret", "max_dd"), PEER)
def test_sma_crossover_on_the_sp500_equals_the_peer(
    sp500: Dataset, fast, slow, fill, sharpe, ret, max_dd
) -> None:
    params = {"fast": fast, "slow": slow}
    found = run_backtest("sma_crossover", sp500, params, fill=fill, fees_bps=10).metrics
    # The peer's numbers are known to eight decimals.
    assert found["sharpe"] == pytest.approx(sharpe, abs=1e-8)
    assert found["ret"] == pytest.approx(ret, abs=1e-8)
    assert found["max_dd"] == pytest.approx(max_dd, abs=1e-8)


def test_the_grid_meets_the_peer_too(sp500: Dataset) -> None:
    grid = run_grid(
        "sma_crossover", sp500, {"fast": [20, 50], "slow": [50, 100]}, fees_bps=10, fill="close"
    ).set_index(["fast", "slow"])
    for fast, slow, fill, *expected in PEER:
        if fill == "close":
            row = grid.loc[(fast, slow), ["sharpe", "ret", "max_dd"]]
            assert_allclose(row, expected, atol=1e-8)


def test_buy_and_hold_of_the_sp500_is_the_ratio_of_its_prices(sp500: Dataset) -> None:
    close, opens = sp500.column("close"), sp500.column("open")
    at_close = run_backtest("buy_and_hold", sp500, fill="close")
    assert at_close.metrics["ret"] == pytest.approx(close[-1] / close[0] - 1, rel=1e-12)
    at_open = run_backtest("buy_and_hold", sp500)
    assert at_open.metrics["ret"] == pytest.approx(close[-1] / opens[1] - 1, rel=1e-12)
    assert at_open.metrics["exposure"] == pytest.approx((len(sp500) - 1) / len(sp500))


def test_returns_of_a_long_account_without_costs_are_those_of_the_closes(sp500: Dataset) -> None:
    result = run_backtest("buy_and_hold", sp500, fill="close")
    close = sp500.column("close")
    assert_allclose(result.returns[1:], close[1:] / close[:-1] - 1, atol=1e-13)
    assert np.isclose(result.returns.iloc[0], 0)
