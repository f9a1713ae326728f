"""Rules from bars to a target position, and the catalog that finds them by name."""

from peaklib.strategies.bollinger_reversion import bollinger_reversion
from peaklib.strategies.buy_and_hold import buy_and_hold
from peaklib.strategies.catalog import get, installed
from peaklib.strategies.donchian_breakout import donchian_breakout
from peaklib.strategies.ema_crossover import ema_crossover
from peaklib.strategies.macd import macd
from peaklib.strategies.momentum import momentum
from peaklib.strategies.parameters import Param, Parameter
from peaklib.strategies.rsi_reversion import rsi_reversion
from peaklib.strategies.sma_crossover import sma_crossover
from peaklib.strategies.strategy import Strategy, check_target, strategy
from peaklib.strategies.vol_regime_filter import vol_regime_filter

__all__ = [
    "BUILT_IN",
    "Param",
    "Parameter",
    "Strategy",
    "check_target",
    "get",
    "installed",
    "strategy",
    "vol_regime_filter",
]

BUILT_IN = (
    sma_crossover,
    ema_crossover,
    momentum,
    rsi_reversion,
    bollinger_reversion,
    macd,
    donchian_breakout,
    buy_and_hold,
)
