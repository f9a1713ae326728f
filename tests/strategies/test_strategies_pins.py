"""Pins: what each strategy gave with its defaults when it was written.

These numbers are no truth. They were printed by `run_backtest(name, load("sp500"),
fees_bps=10)`, filled at the next open, and stand here so that a change of a rule, an
indicator or the account does not pass unseen: if it was meant, raise the strategy's
`version` and print them again.
"""

import pytest

from peaklib.backtest import run_backtest
from peaklib.data import Dataset
from peaklib.strategies import BUILT_IN

# name, round trips, Sharpe ratio.
PINS = [
    ("bollinger_reversion", 93, 0.2627785774),
    ("buy_and_hold", 1, 0.2824505822),
    ("donchian_breakout", 87, 0.0315940382),
    ("ecm_cycle", 2, 0.5049025739),
    ("ema_crossover", 82, 0.0668228797),
    ("macd", 209, -0.0923937976),
    ("momentum", 86, 0.3485814171),
    ("rsi_reversion", 28, 0.2491007826),
    ("sma_crossover", 57, 0.1529325396),
    ("vol_regime_filter(sma_crossover)", 66, 0.1928661712),
]


@pytest.mark.parametrize(("name", "n_trades", "sharpe"), PINS)
def test_results_are_those_of_this_version(
    sp500: Dataset, name: str, n_trades: int, sharpe: float
) -> None:
    found = run_backtest(name, sp500, fees_bps=10).metrics
    assert found["n_trades"] == n_trades
    assert found["sharpe"] == pytest.approx(sharpe, abs=1e-10)


def test_every_built_in_strategy_is_pinned() -> None:
    assert {rule.name for rule in BUILT_IN} <= {name for name, _, _ in PINS}
