"""The features that ship with peaklib, one file each."""

from peaklib.features.transforms.amihud import amihud
from peaklib.features.transforms.atr import atr
from peaklib.features.transforms.autocorrelation import autocorrelation
from peaklib.features.transforms.bollinger import bollinger
from peaklib.features.transforms.calendar import calendar
from peaklib.features.transforms.cusum import cusum
from peaklib.features.transforms.donchian import donchian
from peaklib.features.transforms.drawdown import drawdown
from peaklib.features.transforms.ecm import ecm
from peaklib.features.transforms.entropy import entropy
from peaklib.features.transforms.ewm_volatility import ewm_volatility
from peaklib.features.transforms.external_regime import external_regime
from peaklib.features.transforms.fractional_difference import fractional_difference
from peaklib.features.transforms.garman_klass import garman_klass
from peaklib.features.transforms.log_return import log_return
from peaklib.features.transforms.macd import macd
from peaklib.features.transforms.markov_regime import markov_regime
from peaklib.features.transforms.moments import moments
from peaklib.features.transforms.parkinson import parkinson
from peaklib.features.transforms.realised_volatility import realised_volatility
from peaklib.features.transforms.rolling_zscore import rolling_zscore
from peaklib.features.transforms.rsi import rsi
from peaklib.features.transforms.simple_return import simple_return
from peaklib.features.transforms.standard_scale import standard_scale
from peaklib.features.transforms.stationary_difference import stationary_difference
from peaklib.features.transforms.vol_adjusted_return import vol_adjusted_return
from peaklib.features.transforms.volatility_regime import volatility_regime
from peaklib.features.transforms.volume_zscore import volume_zscore
from peaklib.features.transforms.yang_zhang import yang_zhang

BUILT_IN = (
    amihud,
    atr,
    autocorrelation,
    bollinger,
    calendar,
    cusum,
    donchian,
    drawdown,
    ecm,
    entropy,
    ewm_volatility,
    external_regime,
    fractional_difference,
    garman_klass,
    log_return,
    macd,
    markov_regime,
    moments,
    parkinson,
    realised_volatility,
    rolling_zscore,
    rsi,
    simple_return,
    standard_scale,
    stationary_difference,
    vol_adjusted_return,
    volatility_regime,
    volume_zscore,
    yang_zhang,
)
