"""Bollinger's %b and BandWidth."""

from typing import Annotated

from peaklib.features import channels
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature(
    "bollinger",
    version="1",
    warm_up=lambda window, width: window - 1,
    outputs=("percent_b", "width"),
)
def bollinger(
    close: Floats,
    *,
    window: Annotated[int, Param(2, 1000, "bars", "window of the bands")] = 20,
    width: Annotated[float, Param(0.1, 10.0, "standard deviations", "centre to band")] = 2.0,
) -> tuple[Floats, Floats]:
    """Where the close is between the bands (0 lower, 1 upper), and how far apart they are.

    `percent_b` leaves 0 … 1 where the close is outside. `width` is upper - lower as a
    fraction of the moving average. Deviation with ddof=0. Where the window is flat they
    are 0.5 and 0.

    Source: Bollinger (2001), Bollinger on Bollinger Bands.
    """
    percent_b = 0.5 + channels.bollinger_z(close, window) / (2.0 * width)
    return percent_b, channels.bollinger_width(close, window, width)
