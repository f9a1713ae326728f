"""Pins: what each feature gave with its defaults when it was written.

These numbers are no truth. They are all columns on 31 October 2018, row 4990 of `sp500`, to
ten digits, with what is learned taken from the first 60 % of the rows. They stand here so
that a change of a feature, or of an indicator under it, does not pass unseen: if it was
meant, raise the feature's `version` and print them again.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from peaklib.data import load
from peaklib.features import Feature
from peaklib.features.transforms import BUILT_IN

ROW = 4990
FITTED = 0.6

PINS: dict[str, tuple[float, ...]] = {
    "amihud": (1.00516395e-09,),
    "atr": (49.92450328, 0.01841050523),
    "autocorrelation": (-0.06259374504,),
    "bollinger": (0.3286797616, 0.1116222306),
    "calendar": (2.0, 10.0, 31.0, 0.0, 0.0, 1.0, -0.8758917051, 0.4825077418),
    "cusum": (0.0, 0.02633820164, 0.0),
    "donchian": (0.342145062,),
    "drawdown": (-0.07472831528, 29.0),
    "ecm": (0.358802929, 1127.0, 2014.0, 0.7173774666, 0.4343949045, 0.0),
    "entropy": (0.9995973128,),
    "ewm_volatility": (0.01425524362,),
    "external_regime": (1.0,),
    "fractional_difference": (0.5569441107,),
    "garman_klass": (0.0121227006,),
    "log_return": (0.0107928786,),
    "macd": (-51.80438657, -45.10079768, -6.703588886),
    "markov_regime": (0.912838419,),
    "moments": (-0.0008781501858, 0.009332282712, -0.9876357119, 3.177409794),
    "parkinson": (0.01239762109,),
    "realised_volatility": (0.01472636362,),
    "rolling_zscore": (-0.6852809537,),
    "rsi": (41.30286562,),
    "simple_return": (0.01085133182,),
    "standard_scale": (8.112730793,),
    "stationary_difference": (3.971451078,),
    "vol_adjusted_return": (0.7406625171,),
    "volatility_regime": (2.0,),
    "volume_zscore": (1.498591486,),
    "yang_zhang": (0.0137466846,),
}

# Found by a numerical search, whose last digits are the machine's.
SEARCHED = {"markov_regime": 1e-5}
SLOW = {"markov_regime"}


@cache
def rows() -> pd.DataFrame:
    """The index, and a column of regimes: 0, 1, 2 in turn, a hundred rows each."""
    frame = load("sp500").frame
    return frame.assign(regime=np.arange(len(frame)) // 100 % 3.0)


def values(found: Feature) -> list[float]:
    """All columns of a feature in the pinned row."""
    frame = rows()
    inputs = [
        frame.index if name == "time" else frame[name].to_numpy(dtype=np.float64)
        for name in found.inputs
    ]
    params = found.resolve()
    state = found.fit([column[: int(len(frame) * FITTED)] for column in inputs], params)
    return [float(column[ROW]) for column in found.compute(inputs, params, state)]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(found, id=found.name, marks=[pytest.mark.slow] * (found.name in SLOW))
        for found in BUILT_IN
    ],
)
def test_values_are_those_of_this_version(found: Feature) -> None:
    digits = ", ".join(f"{value:.10g}" for value in values(found))
    assert found.name in PINS, f"no pin of {found.name}; its values are {digits}"
    tolerance = SEARCHED.get(found.name, 1e-9)
    assert values(found) == pytest.approx(PINS[found.name], rel=tolerance, abs=0)


def test_every_built_in_feature_is_pinned_and_nothing_else() -> None:
    assert list(PINS) == [found.name for found in BUILT_IN]
