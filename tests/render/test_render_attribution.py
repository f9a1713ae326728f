"""Bars of effects, and weight against share of risk."""

import numpy as np
import pandas as pd
import pytest

from peaklib.errors import DataError
from peaklib.render import LIGHT
from peaklib.render.attribution import effect_bars, risk_against_weight

EFFECTS = pd.DataFrame(
    {"allocation": [-0.0104, 0.004], "selection": [0.03, -0.0004]}, index=["UK & Japan", "US"]
)


def words(figure):
    return [note.text for note in figure.layout.annotations]


def test_effects_are_bars_by_column_with_signed_numbers_and_the_colour_of_their_sign():
    figure = effect_bars(EFFECTS)
    assert [list(trace.x) for trace in figure.data] == [[-0.0104, 0.004], [0.03, -0.0004]]
    assert [list(trace.marker.color) for trace in figure.data] == [
        [LIGHT.worse, LIGHT.better],
        [LIGHT.better, LIGHT.worse],
    ]
    for text in ("−1.0\xa0%", "+0.4\xa0%", "+3.0\xa0%", "0.0\xa0%", "UK &amp; Japan"):
        assert text in words(figure)
    assert {"<b>allocation</b>", "<b>selection</b>"} <= set(words(figure))


def test_all_columns_share_one_scale_that_holds_zero_and_every_bar():
    figure = effect_bars(EFFECTS)
    low, high = figure.layout.xaxis.range
    assert figure.layout.xaxis2.range == (low, high)
    assert low < -0.0104 < 0 < 0.03 < high
    only_gains = effect_bars(EFFECTS.abs()).layout.xaxis.range
    assert only_gains[0] < 0


def test_a_total_is_the_sum_of_its_column_in_bold():
    figure = effect_bars(EFFECTS, total="all segments")
    assert figure.data[0].x[-1] == pytest.approx(-0.0064)
    assert "<b>all segments</b>" in words(figure)
    assert "<b>−0.6\xa0%</b>" in words(figure)


def test_weight_is_a_hollow_dot_and_risk_a_solid_one_joined_row_by_row():
    weights = pd.Series([0.6, 0.5, -0.1], index=["A", "B", "hedge"])
    shares = pd.Series([0.8, 0.3, -0.1], index=["A", "B", "hedge"])
    figure = risk_against_weight(weights, shares, title="A carries most")
    hollow, solid = figure.data
    assert (list(hollow.x), list(solid.x)) == ([0.6, 0.5, -0.1], [0.8, 0.3, -0.1])
    assert (hollow.marker.color, solid.marker.color) == (LIGHT.card, LIGHT.ink)
    assert hollow.marker.size > solid.marker.size
    joined = [(s.x0, s.x1) for s in figure.layout.shapes if s.line.width == 3]
    assert joined == [(0.6, 0.8), (0.5, 0.3), (-0.1, -0.1)]
    # The larger number stands right of its dot, the smaller one left of it.
    sides = {(note.y, note.text): note.xanchor for note in figure.layout.annotations}
    assert (sides[0, "60.0"], sides[0, "80.0"]) == ("right", "left")
    assert (sides[1, "50.0"], sides[1, "30.0"]) == ("left", "right")
    assert figure.layout.meta["peak"]["title"] == "A carries most"


def test_figures_take_the_width_of_their_page():
    weights = pd.Series([0.6, 0.4], index=["A", "B"])
    for figure in (effect_bars(EFFECTS), risk_against_weight(weights, weights)):
        assert figure.layout.width is None
        assert all(axis.domain[1] <= 1 for axis in figure.select_xaxes())


def test_values_that_differ_in_the_last_bit_give_the_same_figure():
    moved = EFFECTS.map(lambda x: np.nextafter(x, 1))
    assert effect_bars(moved, total="all").to_json() == effect_bars(EFFECTS, total="all").to_json()


def test_what_cannot_be_drawn_honestly_is_refused():
    wide = pd.DataFrame(np.ones((2, 7)))
    weights = pd.Series([0.5, 0.5], index=["A", "B"])
    cases = [
        (lambda: effect_bars(EFFECTS.iloc[:0]), "nothing to draw"),
        (lambda: effect_bars(EFFECTS.replace(0.03, np.nan)), "nan for 'UK & Japan'"),
        (lambda: effect_bars(wide), "7 columns; 6 fit"),
        (lambda: risk_against_weight(weights, weights[::-1]), "order differ"),
        (lambda: risk_against_weight(weights, weights / 0), "inf for 'A'"),
    ]
    for draw, message in cases:
        with pytest.raises(DataError, match=message):
            draw()
