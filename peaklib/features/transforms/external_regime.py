"""A regime that comes with the data."""

from peaklib.features.feature import Floats, feature


@feature("external_regime", version="1", warm_up=lambda: 0)
def external_regime(regime: Floats) -> Floats:
    """A regime column of the data, as it is.

    Whoever made the column answers for its causality: row t may rest on what was known at
    the end of bar t, and nothing here can check that.

    Source: the data.
    """
    return regime.copy()
