"""Thinned curves say the same numbers as whole ones."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from peaklib.render import Period, equity_and_drawdown
from peaklib.widgets.thinning import thinned


def walks(seed: int, n: int) -> dict[str, pd.Series]:
    """Two growing walks that start with the capital of 1."""
    steps = np.random.default_rng(seed).normal(0.0002, 0.02, (n, 2))
    steps[0] = 0.0
    days = pd.bdate_range("2000-01-03", periods=n, tz="UTC")
    return {name: pd.Series(np.exp(steps[:, k].cumsum()), days) for k, name in enumerate("ab")}


def deepest(curve: pd.Series) -> float:
    return float((curve / curve.cummax() - 1).min())


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(2, 4_000), st.floats(0.01, 0.99))
def test_ends_and_deepest_drawdown_of_each_side_are_kept(seed, n, share):
    curves = walks(seed, n)
    index = curves["a"].index
    at = index[min(max(1, int(share * n)), n - 1)].tz_localize(None)
    few = thinned(curves, at)
    for name, curve in curves.items():
        left = few[name]
        assert (left.iloc[0], left.iloc[-1]) == (curve.iloc[0], curve.iloc[-1])
        pd.testing.assert_series_equal(left, curve[left.index], check_freq=False, check_names=False)
        before = index.tz_localize(None) < at
        assert deepest(left[left.index.isin(index[before])]) == deepest(curve[before])
        # The second side starts from the last value of the first.
        base = index[before][-1]
        assert deepest(left[base:]) == deepest(curve[base:])


def test_five_thousand_bars_become_about_a_thousand():
    few = thinned(walks(1, 5_000), pd.Timestamp("2010-01-01"))
    assert len(few["a"]) < 850
    assert few["a"].index.equals(few["b"].index)


def test_figure_of_thinned_curves_has_the_labels_of_whole_ones():
    curves = walks(2, 5_000)
    days = curves["a"].index.tz_localize(None)
    periods = [
        Period("in_sample", days[1], pd.Timestamp("2010-12-31")),
        Period("out_of_sample", pd.Timestamp("2011-01-01"), days[-1]),
    ]
    few = thinned(curves, pd.Timestamp("2011-01-01"))
    labels = [
        {note.text for note in equity_and_drawdown(drawn, periods=periods).layout.annotations}
        for drawn in (curves, few)
    ]
    assert labels[0] == labels[1]
    assert any("×" in text for text in labels[0])


@pytest.mark.parametrize("n", [2, 3, 5])
def test_a_short_curve_keeps_all_that_matters(n):
    curves = walks(3, n)
    assert thinned(curves)["a"].iloc[-1] == curves["a"].iloc[-1]
