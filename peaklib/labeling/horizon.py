"""Fixed-horizon labels: the return after a number of bars, against a threshold."""

import numpy as np
import pandas as pd

from peaklib.errors import DataError
from peaklib.labeling import barriers
from peaklib.labeling.inputs import (
    Floats,
    Ints,
    read_constant,
    read_count,
    read_events,
    read_index,
    read_prices,
    read_values,
)


def fixed_horizon_labels(
    close: pd.Series,
    events: pd.DatetimeIndex | None = None,
    *,
    horizon: int,
    threshold: pd.Series | float = 0.0,
) -> pd.DataFrame:
    """Label each event by its return over a fixed number of bars.

    The label is 1 where the return from bar t0 to bar t0+horizon is above the threshold, −1
    where it is below its negative, and 0 between, both ends included. If bar t0+horizon has
    no price the exit moves back to the last bar after t0 that has one. An event gets no
    row if there is none, if close[t0] or the threshold is NaN, or if its horizon runs past
    the data.

    Args:
        close: (n_bars,) prices on strictly increasing stamps; NaN where there is none.
        events: stamps of bars, increasing; every bar by default.
        horizon: bars (not days), at least 1.
        threshold: fraction of price, not negative; on the bars, on the events, or one number.

    Returns:
        One row a label, with the columns of `compute_triple_barrier_labels`; ``barrier`` is
        "vertical" throughout.

    Raises:
        DataError: prices, stamps or thresholds that cannot be used, and which.

    Source: López de Prado (2018), Advances in Financial Machine Learning, 3.2.
    """
    index = read_index(close)
    closes = read_prices(close, "close", index)
    bars = read_events(events, index)
    limits = _read_threshold(threshold, index, bars)
    # A horizon beyond the data means the same however far it goes.
    ends = bars + min(read_count(horizon, "horizon", least=1), closes.size)
    inside = ends < closes.size
    bars, limits = bars[inside], limits[inside]
    exits = _last_priced(closes)[ends[inside]]
    kept = (exits > bars) & ~np.isnan(closes[bars]) & ~np.isnan(limits)
    bars, exits, limits = bars[kept], exits[kept], limits[kept]
    returns = closes[exits] / closes[bars] - 1.0
    columns = {
        "return": returns,
        "label": (returns > limits).astype(np.int64) - (returns < -limits),
        "barrier": barriers.categories(np.full(bars.size, barriers.VERTICAL, dtype=np.int8)),
        "bars_held": exits - bars,
    }
    return barriers.table(index, bars, exits, columns)


def _last_priced(closes: Floats) -> Ints:
    """Number of the last bar with a price up to each bar, (n_bars,); −1 before the first."""
    own = np.where(np.isnan(closes), -1, np.arange(closes.size, dtype=np.int64))
    return np.maximum.accumulate(own) if own.size else own


def _read_threshold(threshold: pd.Series | float, index: pd.DatetimeIndex, bars: Ints) -> Floats:
    if not isinstance(threshold, pd.Series):
        return read_constant(threshold, "threshold", bars.size, above=None)
    limits = read_values(threshold, "threshold", index, bars)
    wrong = np.flatnonzero(limits < 0)
    if wrong.size:
        raise DataError(
            f"threshold at {index[bars[wrong[0]]].isoformat()} is {limits[wrong[0]]}: give a "
            "fraction of price that is not negative; it is used on both sides"
        )
    return limits
