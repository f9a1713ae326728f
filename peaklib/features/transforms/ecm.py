"""Armstrong's Economic Confidence Model, as columns."""

from typing import Annotated

import numpy as np
import pandas as pd

from peaklib.features.cycles import HALF, QUARTER, RULES, locate
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Choice, Param


@feature(
    "ecm",
    version="1",
    warm_up=lambda **_: 0,
    outputs=("phase", "days_since", "days_until", "half_phase", "quarter_phase", "turning"),
)
def ecm(
    time: pd.DatetimeIndex,
    *,
    rule: Annotated[str, Choice(RULES, "what date a decimal year means")] = "armstrong",
    window: Annotated[int, Param(0, 365, "days", "distance that counts as turning")] = 30,
) -> tuple[Floats, ...]:
    """Phase, 0 <= phase < 1, of Armstrong's wave of 8.6 years, and days from and to its turns.

    Folklore, here to be tested. The turning points (1989.95, 1998.55, 2007.15, 2015.75 …)
    are highs, where the phase is 0; the low lies near 0.5. Phases are shares of the days
    from one turning point to the next, also of the cycles of 4.3 and 2.15 years. `turning` is
    1 within `window` days of a turning point, before or after: the calendar is known ahead,
    so this looks at no later row. The stamp is the start of the bar, in UTC. By the rule
    `armstrong` 2015.75 is 30 September 2015 (day 365 x 0.75, truncated), by `elapsed` it is
    1 October (three quarters of the real year have passed).

    Source: Armstrong's published turning points of the Economic Confidence Model, 8.6 years
    (3141 days) apart.
    """
    wave = locate(time, rule=rule)
    turning = np.minimum(wave.since, wave.until) <= window
    half, quarter = locate(time, HALF, rule), locate(time, QUARTER, rule)
    return (
        *(wave.phase, wave.since, wave.until),
        *(half.phase, quarter.phase, turning.astype(np.float64)),
    )
