"""Indicators on arrays, each defined once, and the memoising view that strategies read."""

from peaklib.features.averages import ema, sma, wilder
from peaklib.features.bars import Bars
from peaklib.features.channels import (
    bollinger_z,
    highest_before,
    lowest_before,
    rolling_deviation,
)
from peaklib.features.oscillators import macd_line, macd_signal, rate_of_change, rsi
from peaklib.features.volatility import realised_volatility, trailing_rank, volatility_rank

__all__ = [
    "Bars",
    "bollinger_z",
    "ema",
    "highest_before",
    "lowest_before",
    "macd_line",
    "macd_signal",
    "rate_of_change",
    "realised_volatility",
    "rolling_deviation",
    "rsi",
    "sma",
    "trailing_rank",
    "volatility_rank",
    "wilder",
]
