"""Drawdown state."""

from peaklib.features import returns
from peaklib.features.feature import Floats, feature


@feature("drawdown", version="1", warm_up=lambda: 0, outputs=("depth", "bars"))
def drawdown(close: Floats) -> tuple[Floats, Floats]:
    """How far the close is below its running high (at most 0), and since how many bars.

    `depth` is close / high - 1, a fraction; `bars` counts from the last close at the running
    high and is 0 on it. The high is over all rows given, from the first one on: rows before
    them are not known to it.

    Source: Magdon-Ismail and Atiya (2004), Maximum Drawdown, Risk 17(10).
    """
    return returns.drawdown(close)
