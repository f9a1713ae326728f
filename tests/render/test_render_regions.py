"""Intervals of cells, plateaus, and estimates with both ends."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from peaklib.errors import DataError
from peaklib.render import (
    LIGHT,
    IntervalRow,
    Intervals,
    Panel,
    format_range,
    heatmap,
    interval_bars,
)
from peaklib.render.plateau import border_path

LABELS = {"x_label": "fast, days", "y_label": "slow, days"}
ROWS = [
    IntervalRow("in sample", "in_sample", -0.02, 0.32, 0.67),
    IntervalRow("out of sample", "out_of_sample", -0.29, -0.03, 0.23),
]


@pytest.fixture
def grid():
    return pd.DataFrame([[0.1, -0.2], [0.3, np.nan]], index=[100, 200], columns=[5, 10])


def loops(path):
    """Corner lists of the closed sub-paths."""
    return [
        [tuple(map(float, corner.split(","))) for corner in part.split("L")]
        for part in re.findall(r"M(.*?)Z", path)
    ]


def area(corners):
    """Shoelace formula: positive where the inside lies to the left."""
    following = corners[1:] + corners[:1]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, following, strict=True)) / 2


def test_one_cell_is_outlined_by_its_four_corners():
    assert border_path(np.array([[False, True]])) == "M0.5,-0.5L1.5,-0.5L1.5,0.5L0.5,0.5Z"


def test_an_l_of_three_cells_has_six_corners():
    path = border_path(np.array([[True, True], [True, False]]))
    assert loops(path) == [
        [(-0.5, -0.5), (1.5, -0.5), (1.5, 0.5), (0.5, 0.5), (0.5, 1.5), (-0.5, 1.5)]
    ]


def test_a_hole_is_walked_the_other_way_round():
    ring = np.ones((3, 3), dtype=bool)
    ring[1, 1] = False
    assert sorted(area(loop) for loop in loops(border_path(ring))) == [-1.0, 9.0]


def test_cells_that_touch_at_a_corner_are_outlined_apart():
    found = loops(border_path(np.array([[True, False], [False, True]])))
    assert [len(loop) for loop in found] == [4, 4]


def test_nothing_is_outlined_where_no_cell_belongs_to_the_region():
    assert border_path(np.zeros((2, 2), dtype=bool)) == ""


@settings(derandomize=True, max_examples=60, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 7), st.integers(1, 7))))
def test_outlines_enclose_as_many_cells_as_the_region_has_and_their_whole_border(inside):
    found = loops(border_path(inside))
    assert sum(area(loop) for loop in found) == inside.sum()
    padded = np.pad(inside, 1).astype(int)
    border = np.abs(np.diff(padded, axis=0)).sum() + np.abs(np.diff(padded, axis=1)).sum()
    length = sum(
        abs(a[0] - b[0]) + abs(a[1] - b[1])
        for loop in found
        for a, b in zip(loop, loop[1:] + loop[:1], strict=True)
    )
    assert length == border


def test_the_pointer_shows_the_interval_of_a_cell(grid):
    panel = Panel(grid, "sharpe_diff", "edge", "as hold", None, grid - 0.3, grid + 0.45, 0.9)
    cells = next(t for t in heatmap([panel], **LABELS).data if t.type == "heatmap")
    assert cells.customdata[0][0] == ["5", "100", "+0.10, 90 % −0.20 to +0.55"]
    assert cells.customdata[1][1][2] == "–, 90 % –"


def test_a_plateau_is_outlined_thinner_than_the_chosen_cell_and_named(grid):
    panel = Panel(grid, "sharpe", "edge", plateau=grid > 0.2)
    figure = heatmap([panel], **LABELS, chosen=(5, 200), plateau_label="keeps 80 %")
    region, cell = figure.layout.shapes[:2], figure.layout.shapes[2:]
    assert [shape.type for shape in (*region, *cell)] == ["path", "path", "rect", "rect"]
    assert region[1].path == "M-0.5,0.5L0.5,0.5L0.5,1.5L-0.5,1.5Z"
    assert [a.line.width < b.line.width for a, b in zip(region, cell, strict=True)] == [True] * 2
    assert any("keeps 80 %" in note.text for note in figure.layout.annotations)


def test_an_empty_plateau_is_not_promised_in_the_legend(grid):
    figure = heatmap([Panel(grid, "sharpe", "edge", plateau=grid > 9)], **LABELS)
    assert not any("plateau" in note.text for note in figure.layout.annotations)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"low": True}, "give both low and high"),
        ({"plateau": "other"}, r"plateau \(2, 2\) does not share"),
        ({"level": 90}, "level is 90"),
    ],
)
def test_a_panel_whose_parts_do_not_fit_together_is_an_error(grid, change, message):
    parts = {True: grid, "other": grid.rename(columns={5: 6})}
    with pytest.raises(DataError, match=message):
        Panel(grid, "sharpe", "edge", **{key: parts.get(x, x) for key, x in change.items()})


def test_a_hundred_by_a_hundred_cells_stay_lower_than_a_screen():
    wide = pd.DataFrame(np.zeros((100, 100)), index=range(100), columns=range(100))
    assert heatmap([Panel(wide, "sharpe", "edge")], **LABELS).layout.height < 720


def test_counts_are_printed_whole():
    ranks = pd.DataFrame([[1, 2], [4, 3]], index=["a", "b"], columns=[2003, 2004])
    figure = heatmap([Panel(ranks, "rank", "rank")], x_label="year", y_label="pair")
    words = {word for t in figure.data if t.type == "scatter" and t.text for word in t.text}
    assert words == {"1", "2", "3", "4"}
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (1.0, 4.0)


def bars(figure):
    return [t for t in figure.data if t.mode == "lines" and t.line.width == 4]


def dots(figure):
    return [t for t in figure.data if t.mode == "markers"]


def test_both_ends_and_the_estimate_are_printed_and_the_null_is_named():
    words = [note.text for note in interval_bars(ROWS, null_label="as hold").layout.annotations]
    for text in ("−0.29", "<b>−0.03</b>", "+0.23", "−0.02", "<b>+0.32</b>", "+0.67", "as hold"):
        assert text in words


def test_in_sample_is_hollow_and_dashed_and_out_of_sample_solid():
    figure = interval_bars(ROWS)
    assert [bar.line.dash for bar in bars(figure)] == ["8px,3px", "solid"]
    assert [dot.marker.color for dot in dots(figure)] == [LIGHT.card, LIGHT.ink]


def test_the_first_row_stands_at_the_top_and_bars_span_their_ends():
    figure = interval_bars(ROWS)
    assert [list(bar.x) for bar in bars(figure)] == [[-0.02, 0.67], [-0.29, 0.23]]
    assert bars(figure)[0].y[0] > bars(figure)[1].y[0]


def test_an_estimate_without_an_interval_is_a_dot_alone():
    figure = interval_bars([IntervalRow("x", None, math.nan, 0.1, math.nan)])
    assert (len(bars(figure)), len(dots(figure))) == (0, 1)


@pytest.mark.parametrize("rows", [[], [IntervalRow("x", None, math.nan, math.nan, math.nan)]])
def test_intervals_without_a_number_are_an_error(rows):
    with pytest.raises(DataError, match="no row has an estimate"):
        interval_bars(rows)


def test_an_interval_the_wrong_way_round_is_an_error():
    with pytest.raises(DataError, match=r"runs from 0\.3 to 0\.1"):
        IntervalRow("x", None, 0.3, 0.2, 0.1)


def test_intervals_stand_beside_a_heatmap_without_touching_it(grid):
    beside = Intervals(ROWS, title="Chosen pair", note="90 % interval")
    figure = heatmap([Panel(grid, "sharpe_diff", "edge", "as hold")] * 1, **LABELS, beside=beside)
    assert figure.layout.xaxis.domain[1] < figure.layout.xaxis2.domain[0]
    assert figure.layout.xaxis2.domain[1] <= 1
    assert "<b>Chosen pair</b>" in [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize(
    ("name", "low", "high", "text"),
    [
        ("sharpe", 0.1, 0.754, "0.10 to 0.75"),
        ("sharpe_diff", -0.29, 0.23, "−0.29 to +0.23"),
        ("max_dd", -0.2, -0.05, "−20.0 to −5.0\xa0%"),
        ("sharpe", math.nan, 1.0, "–"),
    ],
)
def test_a_range_is_printed_in_the_style_of_its_metric(name, low, high, text):
    assert format_range(name, low, high) == text
