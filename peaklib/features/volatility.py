"""Volatility from closes and from the range of bars, and where it stands in its own past.

All of it is per bar: nothing is annualised.
"""

import numpy as np
from numpy.typing import NDArray

from peaklib.evidence.compiled import compiled
from peaklib.features.averages import ema, wilder
from peaklib.features.channels import rolling_deviation
from peaklib.features.moments import rolling_mean
from peaklib.features.returns import log_returns

Floats = NDArray[np.float64]


@compiled
def realised_volatility(close: Floats, window: int) -> Floats:
    """Deviation of the last `window` log returns, per bar, ddof=0, (n,).

    First value at index `window`: that many returns need one close more.
    """
    out = np.full(close.size, np.nan)
    out[1:] = rolling_deviation(np.log(close[1:] / close[:-1]), window)
    return out


@compiled
def ewm_volatility(close: Floats, span: int) -> Floats:
    """Exponentially weighted deviation of log returns about zero, per bar, (n,).

    Its square follows v += w (r^2 - v) with w = 2 / (span + 1), from the mean square of the
    first `span` returns, which is the first value, at index `span`. No mean is subtracted.

    Source: J.P. Morgan/Reuters (1996), RiskMetrics Technical Document, with decay 1 - w.
    """
    moved = log_returns(close, 1)
    return np.sqrt(ema(moved * moved, span))


@compiled
def volatility_adjusted_returns(close: Floats, window: int, span: int) -> Floats:
    """Log return over `window` bars by the EWM volatility known on the bar before, (n,).

    The volatility is that of one bar, whatever `window` is. 0 where it is 0. First value at
    index max(window, span + 1).
    """
    moved = log_returns(close, window)
    spread = ewm_volatility(close, span)
    out = np.full(close.size, np.nan)
    for t in range(max(window, span + 1), close.size):
        out[t] = 0.0 if spread[t - 1] == 0.0 else moved[t] / spread[t - 1]
    return out


@compiled
def parkinson(high: Floats, low: Floats, window: int) -> Floats:
    """Volatility from the range of the last `window` bars, per bar, (n,).

    The root of mean(ln(high / low)^2) / (4 ln 2); what happens between bars is not in it.

    Source: Parkinson (1980), Journal of Business 53(1).
    """
    span = np.log(high / low)
    variance: Floats = rolling_mean(span * span, window) / (4.0 * np.log(2.0))
    return np.sqrt(variance)


@compiled
def garman_klass(open: Floats, high: Floats, low: Floats, close: Floats, window: int) -> Floats:
    """Volatility from open, range and close of the last `window` bars, per bar, (n,).

    The root of mean(ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2), without what
    happens between bars. That mean is at least 0 if open and close lie in the range; if
    they do not, a negative one counts as 0.

    Source: Garman and Klass (1980), Journal of Business 53(1), their practical estimator.
    """
    span, body = np.log(high / low), np.log(close / open)
    terms = 0.5 * span * span - (2.0 * np.log(2.0) - 1.0) * body * body
    return np.sqrt(np.maximum(rolling_mean(terms, window), 0.0))


@compiled
def yang_zhang(open: Floats, high: Floats, low: Floats, close: Floats, window: int) -> Floats:
    """Volatility with the gaps between bars and free of drift, per bar, (n,).

    The root of V(gap) + k V(body) + (1 - k) V(range) over the last `window` bars: variances
    with ddof=1 of ln(open / previous close) and of ln(close / open), the range's by Rogers
    and Satchell, and k = 0.34 / (1.34 + (n + 1) / (n - 1)). First value at index `window`,
    as the first gap needs a previous close. A negative sum, which a close or open outside
    the range can make, counts as 0.

    Args:
        open, high, low, close: (n,) positive prices.
        window: bars, 2 or more.

    Source: Yang and Zhang (2000), Journal of Business 73(3); Rogers and Satchell (1991),
    Annals of Applied Probability 1(4).
    """
    gap = np.log(open[1:] / close[:-1])
    body = np.log(close / open)[1:]
    ranges = np.log(high / close) * np.log(high / open) + np.log(low / close) * np.log(low / open)
    share = 0.34 / (1.34 + (window + 1.0) / (window - 1.0))
    unbiased = window / (window - 1.0)
    variance = unbiased * rolling_deviation(gap, window) ** 2
    variance += share * unbiased * rolling_deviation(body, window) ** 2
    variance += (1.0 - share) * rolling_mean(ranges[1:], window)
    out = np.full(close.size, np.nan)
    out[1:] = np.sqrt(np.maximum(variance, 0.0))
    return out


@compiled
def true_range(high: Floats, low: Floats, close: Floats) -> Floats:
    """Range of a bar together with the close before it, in price units, (n,).

    max(high, previous close) - min(low, previous close); NaN on the first row.

    Source: Wilder (1978), New Concepts in Technical Trading Systems.
    """
    out = np.full(close.size, np.nan)
    out[1:] = np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])
    return out


@compiled
def atr(high: Floats, low: Floats, close: Floats, window: int) -> Floats:
    """Wilder's average true range, in price units, (n,); first value at index `window`.

    Seeded with the mean of the first `window` true ranges. The first row has none, as in
    TA-Lib; who gives it high - low instead starts a row earlier.

    Source: Wilder (1978), New Concepts in Technical Trading Systems.
    """
    return wilder(true_range(high, low, close), window)


@compiled
def trailing_rank(values: Floats, lookback: int) -> Floats:
    """Share of the last `lookback` values, this one included, that are not above it, (n,).

    In (0, 1]; 1 means the highest of its past. NaN until `lookback` values are there;
    leading NaN shift the start.
    """
    out = np.full(values.size, np.nan)
    first = 0
    while first < values.size and np.isnan(values[first]):
        first += 1
    for t in range(first + lookback - 1, values.size):
        below = 0
        for k in range(t - lookback + 1, t + 1):
            if values[k] <= values[t]:
                below += 1
        out[t] = below / lookback
    return out


@compiled
def volatility_rank(close: Floats, window: int, lookback: int) -> Floats:
    """Trailing rank of realised volatility, (n,); first value at window + lookback - 1."""
    return trailing_rank(realised_volatility(close, window), lookback)
