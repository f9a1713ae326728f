"""What the model of a meta-labeled strategy looks at."""

from collections.abc import Collection

from peaklib.features import FeatureSpec, get


def feature_specs(columns: Collection[str], *, d: float) -> list[FeatureSpec]:
    """The features of a meta-model, as far as a series has the columns that they read.

    None is in units of price or volume, so that one tree fits all years.

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
        # Of an index it is smaller than what a tree of scikit-learn tells apart, 1e-7.
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
