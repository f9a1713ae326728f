"""Rules from bars to a target position, and the catalog that finds them by name."""

from peaklib.features.parameters import Param, Parameter
from peaklib.strategies.bollinger_reversion import bollinger_reversion
from peaklib.strategies.buy_and_hold import buy_and_hold
from peaklib.strategies.catalog import get, installed, wrappers
from peaklib.strategies.donchian_breakout import donchian_breakout
from peaklib.strategies.ecm_cycle import ecm_cycle
from peaklib.strategies.ema_crossover import ema_crossover
from peaklib.strategies.macd import macd
from peaklib.strategies.momentum import momentum
from peaklib.strategies.rsi_reversion import rsi_reversion
from peaklib.strategies.sma_crossover import sma_crossover
from peaklib.strategies.strategy import Strategy, check_target, strategy
from peaklib.strategies.vol_regime_filter import (
    NAME as _VOL_REGIME_FILTER,
    SUMMARY as _VOL_REGIME_SUMMARY,
    vol_regime_filter,
)
from peaklib.strategies.wrapper import Wrapper

__all__ = [
    "BUILT_IN",
    "WRAPPERS",
    "Param",
    "Parameter",
    "Strategy",
    "Wrapper",
    "check_target",
    "get",
    "installed",
    "strategy",
    "vol_regime_filter",
    "wrappers",
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
    ecm_cycle,
)

WRAPPERS = (Wrapper(_VOL_REGIME_FILTER, vol_regime_filter, _VOL_REGIME_SUMMARY),)
