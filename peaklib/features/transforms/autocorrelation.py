"""Autocorrelation of log returns."""

from typing import Annotated

from peaklib.errors import FeatureError
from peaklib.features.feature import Floats, feature
from peaklib.features.moments import rolling_autocorrelation
from peaklib.features.parameters import Param
from peaklib.features.returns import STEADY, log_returns


@feature("autocorrelation", version="1", warm_up=lambda window, lag: window)
def autocorrelation(
    close: Floats,
    *,
    window: Annotated[int, Param(3, 10_000, "bars", "log returns in the window")] = 60,
    lag: Annotated[int, Param(1, 1000, "bars", "distance of the returns in a pair")] = 1,
) -> Floats:
    """Correlation of log returns with those `lag` bars before, -1 … 1, in a rolling window.

    Pearson's, over the window - lag pairs inside the window, earlier and later returns each
    about their own mean. 0 where either are all alike but for rounding (deviation up to
    1e-14).

    Source: the definition of `pandas.Series.autocorr`; Campbell, Lo and MacKinlay (1997),
    The Econometrics of Financial Markets, ch. 2, on what it says of returns.

    Raises:
        FeatureError: fewer than two pairs in a window.
    """
    if window - lag < 2:
        raise FeatureError(
            f"feature 'autocorrelation' with window = {window} and lag = {lag} has "
            f"{max(window - lag, 0)} pair(s) of returns in a window, and needs 2; let window be "
            f"at least {lag + 2}, or the lag at most {window - 2}"
        )
    return rolling_autocorrelation(log_returns(close, 1), window, lag, STEADY)
