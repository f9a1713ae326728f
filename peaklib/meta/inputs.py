"""What the model of a meta-labeled strategy looks at."""

from collections.abc import Collection
from typing import Final

from peaklib.features import FeatureSpec, get

UNSEEN: Final = ("amihud",)
"""Columns that other features read and the model does not: they have a unit."""


def feature_specs(columns: Collection[str], *, d: float) -> list[FeatureSpec]:
    """The features of a meta-model, as far as a series has the columns that they read.

    None but the `UNSEEN` is in units of price or volume, so that one tree fits all years.

    Args:
        columns: of the bars, such as `close`.
        d: order of the fractionally differenced log close.
    """
    wanted = [
        FeatureSpec("vol_adjusted_return"),
        FeatureSpec("vol_adjusted_return", params={"window": 20}, label="vol_adjusted_month"),
        FeatureSpec("ewm_volatility"),
        FeatureSpec("rsi"),
        FeatureSpec("bollinger"),
        FeatureSpec("donchian"),
        FeatureSpec("moments"),
        FeatureSpec("autocorrelation"),
        FeatureSpec("drawdown"),
        FeatureSpec("entropy"),
        FeatureSpec("fractional_difference", params={"d": d}),
        FeatureSpec("volume_zscore"),
        FeatureSpec("amihud"),
        FeatureSpec("rolling_zscore", "1", {"window": 60}, ("amihud",), "amihud_zscore"),
        FeatureSpec("volatility_regime"),
    ]
    there = {*columns}
    chosen = []
    for spec in wanted:
        if {*(spec.dependencies or get(spec.name).inputs)} <= there:
            chosen.append(spec)
            there |= {*get(spec.name).columns(spec.label)}
    return chosen
