"""Breadth of a panel, by hand and against pandas."""

import numpy as np
import pandas as pd
import pytest
from builders import MakePanel

from peaklib.data import load_panel
from peaklib.errors import DataError
from peaklib.outlook import breadth, breadth_state

NAN = float("nan")


def test_breadth_by_hand(make_panel: MakePanel) -> None:
    panel = make_panel(
        {
            "up": [1, 2, 3, 4, 5],
            "down": [5, 4, 3, 2, 1],
            "flat": [2, 2, 2, 2, 2],
            "new": [NAN, NAN, 7, 8, 7],
        }
    )
    found = breadth(panel, average=2, year=3)
    assert found.index.equals(panel.close.index[2:])
    assert found["n_assets"].tolist() == [3, 3, 4]  # "new" counts with its third close
    np.testing.assert_allclose(found["above"], [1 / 3, 1 / 3, 1 / 4])  # a flat one is not above
    np.testing.assert_allclose(found["at_high"], [2 / 3, 2 / 3, 2 / 4])  # ... but at its high
    np.testing.assert_allclose(found["at_low"], [2 / 3, 2 / 3, 3 / 4])


def test_an_asset_with_a_gap_counts_again_after_a_whole_year(make_panel: MakePanel) -> None:
    panel = make_panel({"whole": [1.0] * 7, "gap": [3, 2, NAN, 4, 5, 6, 7]})
    found = breadth(panel, average=2, year=3)
    assert found["n_assets"].tolist() == [1, 1, 1, 2, 2]
    np.testing.assert_allclose(found["at_high"], 1.0)


def test_shares_of_the_built_in_panel_are_those_of_pandas() -> None:
    panel = load_panel("stocks20")
    close, day = panel.close, pd.Timestamp("2008-10-10", tz="UTC")
    found = breadth(panel, day)
    assert found.index[-1] == day
    assert found["n_assets"].eq(20).all()
    np.testing.assert_allclose(
        found["above"], (close > close.rolling(200).mean()).loc[found.index].mean(axis=1)
    )
    for name, extreme in (("at_high", "max"), ("at_low", "min")):
        year = getattr(close.rolling(252), extreme)()
        np.testing.assert_allclose(found[name], (close == year).loc[found.index].mean(axis=1))


def test_later_days_change_nothing(make_panel: MakePanel) -> None:
    closes = 100 + np.cumsum(np.random.default_rng(1).standard_normal((40, 3)), axis=0)
    panel = make_panel({name: list(closes[:, k]) for k, name in enumerate("abc")})
    whole = breadth(panel, average=5, year=8)
    for cut in (10, 25):
        known = breadth(panel, panel.close.index[cut], average=5, year=8)
        pd.testing.assert_frame_equal(known, whole.loc[: panel.close.index[cut]])


def test_state_ranks_the_last_day(make_panel: MakePanel) -> None:
    panel = make_panel({"a": [1, 2, 3, 4, 5, 1], "b": [1, 2, 3, 2, 1, 0.5]})
    found = breadth(panel, average=2, year=3)
    assert found["above"].tolist() == [1.0, 0.5, 0.5, 0.0]
    state = breadth_state(found)
    assert (state.above, state.rank, state.median) == (0.0, 0.25, 0.5)
    assert (state.at_low, state.n_assets, state.n_days) == (1.0, 2, 4)
    assert state.day == panel.close.index[-1]
    with pytest.raises(DataError, match="no value to rank"):
        breadth_state(found.iloc[:0])


def test_too_few_days_are_refused(make_panel: MakePanel) -> None:
    panel = make_panel({"a": [1, 2, 3, 4, 5]})
    with pytest.raises(DataError, match="5 days, and windows of 200 and 252"):
        breadth(panel)
    with pytest.raises(DataError, match="both are at least 1"):
        breadth(panel, average=0, year=3)
