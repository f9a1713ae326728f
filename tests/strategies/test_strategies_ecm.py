"""The strategy on Armstrong's wave: what it holds when, and what its phase is worth."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from peaklib.backtest import run_grid
from peaklib.data import Dataset
from peaklib.features import Bars
from peaklib.strategies.ecm_cycle import ecm_cycle
from peaklib.strategies.vol_regime_filter import vol_regime_filter


def targets(index: pd.DatetimeIndex, **params: float) -> np.ndarray:
    bars = Bars({"close": np.ones(len(index))}, index, name="days", bars_per_year=365.25)
    return ecm_cycle.targets(bars, params)


DAYS = pd.date_range("1999-01-01", "2018-12-31", tz="UTC")


def test_it_is_long_from_each_low_to_the_next_high() -> None:
    long = DAYS[targets(DAYS) == 1]
    starts = long[np.append(True, np.diff(long) > np.timedelta64(1, "D"))]
    ends = long[np.append(np.diff(long) > np.timedelta64(1, "D"), True)]
    assert starts.strftime("%Y-%m-%d").tolist() == ["2002-11-06", "2011-06-13"]
    assert ends.strftime("%Y-%m-%d").tolist() == ["2007-02-22", "2015-09-29"]


def test_a_shift_brings_the_calendar_forward() -> None:
    shifted = targets(DAYS, shift_days=100)
    assert_array_equal(shifted[:-100], targets(DAYS)[100:])


def test_a_shift_by_the_whole_wave_is_none_but_for_a_few_days_of_rounding() -> None:
    assert np.sum(targets(DAYS, shift_days=3141) != targets(DAYS)) <= 10


def test_while_the_wave_falls_it_is_flat_or_short_as_asked() -> None:
    flat, short = targets(DAYS), targets(DAYS, down=-0.5)
    assert set(flat) == {0.0, 1.0}
    assert_array_equal(short, np.where(flat == 1, 1.0, -0.5))


def test_it_can_never_be_promoted_not_even_inside_a_wrapper() -> None:
    assert ecm_cycle.research_only
    assert vol_regime_filter(ecm_cycle).research_only


@pytest.mark.slow
def test_the_published_phase_is_not_told_from_arbitrary_ones(sp500: Dataset) -> None:
    # 126 phases 25 days apart. Twenty years hold two waves and a bit, so this could only show
    # an overwhelming effect; it shows none, and a claim of one would have to explain this.
    table = run_grid(ecm_cycle, sp500, {"shift_days": list(range(0, 3141, 25))}, fees_bps=10)
    sharpe = table.set_index("shift_days")["sharpe"]
    as_good = float(np.mean(sharpe >= sharpe[0]))
    assert len(sharpe) == 126
    assert as_good == pytest.approx(18 / 126)
    assert as_good > 0.05
