"""Trend-scanning labels: the horizon over which a straight line fits the price best."""

from typing import Final

import numpy as np
import pandas as pd

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled
from peaklib.labeling import barriers
from peaklib.labeling.inputs import (
    Floats,
    Ints,
    read_count,
    read_events,
    read_index,
    read_prices,
)

# Spacings of a float64 by which a price may miss a line and still count as on it.
_SPACINGS: Final = 8.0 * 2.0**-52


def trend_scanning_labels(
    close: pd.Series,
    events: pd.DatetimeIndex | None = None,
    *,
    min_horizon: int,
    max_horizon: int,
) -> pd.DataFrame:
    """Label each event by the sign of the most significant trend that begins there.

    For each L from `min_horizon` to `max_horizon` whose bar t0+L is in the data, the closing
    prices (not their logarithms) of bars t0 to t0+L are regressed on the number of the bar,
    with a constant; the L with the largest absolute t-value of the slope is kept, the
    shortest of several. The label is the sign of that t-value.

    - Prices that lie on a sloping line have an infinite t-value, prices that do not move have
      t-value and label 0; both up to the rounding of the prices.
    - A bar with NaN is left out of the regressions, and no trend ends there. A regression
      takes at least three prices.
    - An event gets no row if close[t0] is NaN or no regression is possible. Close to the
      end of the data fewer horizons compete, so that a label there may change with more bars.

    The choice between horizons reads prices past the end of the trend that it keeps. So the
    label is known at the end of the longest horizon only, and that is its ``exit_time``, as in
    the source; the trend ends at bar t0 + ``bars_held``.

    Args:
        close: (n_bars,) prices on strictly increasing stamps; NaN where there is none.
        events: stamps of bars, increasing; every bar by default.
        min_horizon: bars, at least 2 (which makes three prices).
        max_horizon: bars, at least `min_horizon`.

    Returns:
        One row a label, indexed by the time of the event: ``exit_time``, the last bar read;
        ``return``, over the trend; ``label``, int64; ``t_value``; ``bars_held``, L.

    Raises:
        DataError: prices, stamps or horizons that cannot be used, and which.

    Source: López de Prado (2020), Machine Learning for Asset Managers, chapter 5; an infinite
    t-value counts as none there. Residuals by the recursion of Brown, Durbin and Evans
    (1975), J. R. Statist. Soc. B 37.
    """
    index = read_index(close)
    closes = read_prices(close, "close", index)
    least = read_count(min_horizon, "min_horizon", least=2)
    most = read_count(max_horizon, "max_horizon", least=2)
    if most < least:
        raise DataError(f"max_horizon {most} is below min_horizon {least}: swap them")
    # Horizons beyond the data mean the same however far they go.
    least, most = min(least, closes.size), min(most, closes.size)
    bars = read_events(events, index)
    held, t_values = np.empty_like(bars), np.empty(bars.size)
    n = _scan(closes, bars, least, most, held, t_values)
    bars, held, t_values = bars[:n], held[:n], t_values[:n]
    columns = {
        "return": closes[bars + held] / closes[bars] - 1.0,
        "label": np.sign(t_values).astype(np.int64),
        "t_value": t_values,
        "bars_held": held,
    }
    return barriers.table(index, bars, np.minimum(bars + most, closes.size - 1), columns)


@compiled
def _scan(closes: Floats, bars: Ints, least: int, most: int, held: Ints, t_values: Floats) -> int:
    """Best trend of every event; the rows of those that have one come first.

    Args:
        closes: (n_bars,) prices.
        bars: (n_events,) numbers of the bars that are events; rewritten.
        least, most: horizons, in bars.
        held, t_values: (n_events,) written.

    Returns:
        Number of rows written.
    """
    count = 0
    for k in range(bars.size):
        begin = bars[k]
        if np.isnan(closes[begin]):
            continue
        best, t_value = _best_trend(closes[begin : begin + most + 1], least)
        if best > 0:
            bars[count], held[count], t_values[count] = begin, best, t_value
            count += 1
    return count


@compiled
def _best_trend(path: Floats, least: int) -> tuple[int, float]:
    """Horizon and t-value of the strongest trend from the first price on; 0: there is none.

    Means and sums of squares are carried from one price to the next, as distances from the
    first price. The sum of squared residuals grows by the squared error of forecasting each
    price with the line so far, over the variance of that forecast: nothing is subtracted.
    """
    origin = path[0]
    n, mean_x, mean_y, xx, xy, residual, peak = 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, origin
    best, best_t = 0, 0.0
    for step in range(1, path.size):
        if np.isnan(path[step]):
            continue
        dx, dy = step - mean_x, path[step] - origin - mean_y
        if n >= 2.0:
            error = dy - xy / xx * dx
            residual += error * error / (1.0 + 1.0 / n + dx * dx / xx)
        n += 1.0
        mean_x += dx / n
        mean_y += dy / n
        xx += dx * (step - mean_x)
        xy += dx * (path[step] - origin - mean_y)
        peak = max(peak, path[step])
        if step < least or n < 3.0:
            continue
        t_value = _t_value(n, xx, xy, residual, peak)
        if best == 0 or abs(t_value) > abs(best_t):
            best, best_t = step, t_value
    return best, best_t


@compiled
def _t_value(n: float, xx: float, xy: float, residual: float, peak: float) -> float:
    """t-value of a slope; 0 or infinite where rounding is all that is left to see.

    Args:
        n: prices.
        xx, xy: sums of squares and products about the means.
        residual: sum of squared residuals.
        peak: largest price, which sets the size of a rounding error.
    """
    noise = n * (_SPACINGS * peak) ** 2
    explained = xy * xy / xx
    if explained <= noise:
        return 0.0
    if residual <= noise:
        return float(np.copysign(np.inf, xy))
    return float(np.copysign(np.sqrt(explained * (n - 2.0) / residual), xy))
