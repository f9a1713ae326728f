"""Moving average convergence divergence."""

from typing import Annotated

from peaklib.features import oscillators
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature(
    "macd",
    version="1",
    warm_up=lambda fast, slow, signal: max(fast, slow) + signal - 2,
    outputs=("line", "signal", "histogram"),
)
def macd(
    close: Floats,
    *,
    fast: Annotated[int, Param(1, 500, "bars", "window of the fast average")] = 12,
    slow: Annotated[int, Param(2, 1000, "bars", "window of the slow average")] = 26,
    signal: Annotated[int, Param(1, 500, "bars", "window of the signal line")] = 9,
) -> tuple[Floats, Floats, Floats]:
    """Appel's MACD in price units: line, its signal, and line - signal as `histogram`.

    Each exponential average is seeded with the simple mean of its first window, TA-Lib's
    convention, where pandas' `ewm(adjust=False)` starts from the first value.

    Source: Appel (1979), The Moving Average Convergence Divergence Trading Method.
    """
    line = oscillators.macd_line(close, fast, slow)
    slower = oscillators.macd_signal(close, fast, slow, signal)
    return line, slower, line - slower
