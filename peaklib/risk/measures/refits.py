"""When the parameters of a rolling forecast are estimated anew."""

from peaklib.risk.measures.inputs import checked_count


def refit_bars(n: int, window: int, refit: int) -> range:
    """Bars before which a fit of the `window` bars before them is made.

    Raises:
        DataError: `refit` is not a whole number of bars, 1 or more.
    """
    return range(window, n, checked_count("refit", refit))
