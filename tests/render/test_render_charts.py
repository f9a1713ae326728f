"""Fans, histograms, scatters, lines along one parameter, and walk-forward curves."""

import math

import numpy as np
import pandas as pd
import pytest

from peaklib.errors import DataError
from peaklib.render import (
    LIGHT,
    Line,
    Mark,
    Panel,
    Period,
    Selection,
    fan_chart,
    histogram,
    line_chart,
    metric_line,
    scatter_is_oos,
    walk_forward_figure,
)
from peaklib.render.ticks import linear_ticks, number_axis, tick_texts

DAYS = pd.bdate_range("2013-01-01", periods=60)
SEEN = Period("in_sample", pd.Timestamp("2000-01-03"), pd.Timestamp("2012-12-31"))
UNSEEN = Period("out_of_sample", DAYS[1], DAYS[-1])


def notes(figure):
    return [note.text for note in figure.layout.annotations]


# --- axes of numbers ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "ticks"),
    [
        ((-0.31, 0.42), [-0.2, 0.0, 0.2, 0.4]),
        ((0.0, 1.0), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ((5.0, 5.0), [5.0]),
        ((-7.0, 21.0), [0.0, 10.0, 20.0]),
    ],
)
def test_ticks_are_round_and_inside_the_range(ends, ticks):
    assert linear_ticks(*ends) == ticks


def test_tick_texts_have_the_decimals_and_the_unit_of_their_metric():
    assert tick_texts("max_dd", [-0.25, -0.2]) == ["−25\xa0%", "−20\xa0%"]
    assert tick_texts("sharpe_diff", [-0.5, 0.0, 0.25]) == ["−0.50", "0.00", "+0.25"]
    assert tick_texts("growth", [0.5, 2.0]) == ["×0.5", "×2"]


def test_percent_axes_have_their_ticks_at_round_percents():
    axis = number_axis("cagr", -0.013, 0.052)
    assert axis["tickvals"] == [0.0, 0.02, 0.04]
    assert axis["ticktext"] == ["0\xa0%", "2\xa0%", "4\xa0%"]


# --- walk-forward ---------------------------------------------------------------------


def walk(**changes):
    curve = pd.Series(2.0 * 1.01 ** np.arange(60), index=DAYS)
    given = {
        "curves": {"walk-forward": curve, "hold": curve[::-1].set_axis(DAYS)},
        "in_sample": SEEN,
        "out_of_sample": UNSEEN,
        "selections": [Selection(DAYS[1], "fast 5"), Selection(DAYS[30], "fast <9>")],
    } | changes
    return walk_forward_figure(given.pop("curves"), **given)


def test_walk_forward_curves_restart_at_one_before_the_first_unseen_day():
    first = next(t for t in walk().data if t.name == "walk-forward" and t.yaxis == "y2")
    assert first.x[0] == "2013-01-02"
    assert first.y[0] == 1.01


def test_the_band_in_sample_is_cut_to_a_quarter_and_keeps_its_dates():
    figure = walk()
    start, end = (pd.Timestamp(edge) for edge in figure.layout.xaxis.range)
    assert (UNSEEN.start - start) / (end - start) == pytest.approx(0.25, abs=0.02)
    seen, unseen = [t for t in figure.data if t.fill == "toself"]
    assert (seen.fillpattern.shape, unseen.fillcolor) == ("/", LIGHT.ink)
    assert pd.Timestamp(seen.x[0]) >= start
    assert "2000–2012" in notes(figure)


def test_a_short_band_in_sample_is_drawn_whole():
    short = Period("in_sample", pd.Timestamp("2012-12-24"), pd.Timestamp("2012-12-31"))
    assert walk(in_sample=short).layout.xaxis.range[0] == "2012-12-24"


def test_every_selection_has_a_sign_with_its_parameters():
    signs = next(t for t in walk().data if t.marker.symbol == "triangle-up")
    assert list(signs.x) == ["2013-01-02", f"{DAYS[30]:%Y-%m-%d}"]
    assert list(signs.customdata) == ["fast 5", "fast &lt;9&gt;"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"in_sample": UNSEEN}, "give one in sample and one out of sample"),
        ({"out_of_sample": Period("out_of_sample", SEEN.end, DAYS[-1])}, "which is not before"),
        ({"selections": [Selection(DAYS[0], "x")]}, "2013-01-01 is outside"),
        ({"selections": [Selection(DAYS[9], "x"), Selection(DAYS[8], "y")]}, "sort them by time"),
    ],
)
def test_walk_forward_out_of_order_is_an_error(changes, message):
    with pytest.raises(DataError, match=message):
        walk(**changes)


# --- fans -----------------------------------------------------------------------------


@pytest.fixture
def quantiles():
    rows = np.linspace(1, 2, 5)[:, None] * np.array([0.5, 0.8, 1.0, 1.2, 1.5])
    return pd.DataFrame(rows, columns=[0.05, 0.25, 0.5, 0.75, 0.95])


def test_a_fan_has_a_band_per_pair_and_names_its_ends(quantiles):
    figure = fan_chart(quantiles, observed=quantiles[0.75], observed_label="sma")
    outer, inner = [t for t in figure.data if t.fill == "toself"]
    assert list(outer.y) == [1.5, 1.875, 2.25, 2.625, 3.0, 1.0, 0.875, 0.75, 0.625, 0.5]
    assert inner.y[0] == 1.2
    assert {"5 % below ×1.00", "median ×2.00", "95 % below ×3.00", "sma ×2.40"} <= set(
        notes(figure)
    )


def test_a_long_fan_is_thinned_and_keeps_its_last_bar():
    long = pd.DataFrame({0.1: np.arange(1, 5001.0), 0.9: np.arange(2, 5002.0)}, index=range(5000))
    band = fan_chart(long).data[0]
    assert len(band.x) == 600
    assert max(band.x) == 4999


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda q: q[[0.05, 0.5]], r"levels are \[0.05, 0.5\]"),
        (lambda q: q[[0.95, 0.5, 0.05]], "increasing order"),
        (lambda q: q.iloc[::-1], "not in order of time"),
        (lambda q: q.replace(1.0, np.nan), "a number is missing"),
        (lambda q: q.iloc[:0], "no quantiles"),
    ],
)
def test_a_fan_that_is_none_is_an_error(quantiles, change, message):
    with pytest.raises(DataError, match=message):
        fan_chart(change(quantiles))


def test_an_observed_path_on_other_bars_is_an_error(quantiles):
    with pytest.raises(DataError, match="observed has 4 rows"):
        fan_chart(quantiles, observed=quantiles[0.5].iloc[:4])


# --- histograms -----------------------------------------------------------------------


def columns(figure):
    return [t for t in figure.data if t.type == "bar"]


def test_shares_add_up_to_one_hundred_and_no_bar_straddles_the_first_mark():
    numbers = np.random.default_rng(3).normal(0.1, 1, 500)
    figure = histogram(
        numbers, metric="logit", x_label="logit", marks=[Mark(0.03, "zero")], tail="below"
    )
    hatched, dark = columns(figure)
    assert sum(hatched.y) + sum(dark.y) == pytest.approx(100, abs=1e-3)
    assert sum(dark.y) == pytest.approx(100 * np.mean(numbers < 0.03), abs=1e-3)
    assert max(dark.x) + dark.width / 2 == pytest.approx(0.03)
    assert (hatched.marker.pattern.shape, dark.marker.color) == ("/", LIGHT.ink)


def test_numbers_far_out_are_counted_in_the_last_bar():
    numbers = np.concatenate([np.linspace(-1, 1, 99), [1000.0]])
    bars = columns(histogram(numbers, metric="x", x_label="x"))[0]
    assert sum(bars.y) == pytest.approx(100, abs=1e-3)
    assert max(bars.x) < 10


def test_equal_numbers_are_one_bar():
    bars = columns(histogram([0.5] * 4, metric="x", x_label="x"))[0]
    assert [share for share in bars.y if share] == [100.0]


def test_a_mark_outside_of_the_numbers_is_on_the_axis():
    figure = histogram([1.0, 2.0, 3.0], metric="x", x_label="x", marks=[Mark(9.0, "observed")])
    assert figure.layout.xaxis.range[1] > 9
    assert "observed" in notes(figure)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"values": []}, "no numbers"),
        ({"values": [1.0, math.inf]}, "number 1 is inf"),
        ({"values": [1.0], "tail": "below"}, "give one"),
    ],
)
def test_a_histogram_of_nothing_is_an_error(given, message):
    with pytest.raises(DataError, match=message):
        histogram(given.pop("values"), metric="x", x_label="x", **given)


# --- in sample against out of sample ---------------------------------------------------


def test_the_chosen_point_and_the_slope_are_named():
    figure = scatter_is_oos(
        [0.1, 0.5, 0.9], [0.3, 0.2, -0.1], chosen=2, fit=(0.35, -0.5), zero_means="as hold"
    )
    assert {"<b>chosen 0.90 → −0.10</b>", "slope −0.50", "as in sample"} <= set(notes(figure))
    lines = [t for t in figure.data if t.mode == "lines"]
    for line, (intercept, slope) in zip(lines, [(0, 1), (0.35, -0.5)], strict=True):
        assert np.asarray(line.y) == pytest.approx(intercept + slope * np.asarray(line.x))


def test_of_many_points_every_kth_is_drawn_and_the_figure_says_so():
    x = np.arange(9000.0)
    figure = scatter_is_oos(x, -x)
    assert len(figure.data[0].x) == 3000
    assert "3,000 of 9,000 points drawn" in notes(figure)


@pytest.mark.parametrize(
    ("x", "y", "chosen", "message"),
    [
        ([1.0], [1.0, 2.0], None, "1 results in sample, 2 out"),
        ([math.nan], [1.0], None, "no point has both"),
        ([1.0, math.nan], [1.0, 2.0], 1, "chosen point 1"),
    ],
)
def test_a_scatter_without_pairs_is_an_error(x, y, chosen, message):
    with pytest.raises(DataError, match=message):
        scatter_is_oos(x, y, chosen=chosen)


# --- lines ----------------------------------------------------------------------------


def test_bars_reach_from_the_low_to_the_high_end():
    line = Line("rule", [0.0, 0.8], [0.05, 0.8], [0.02, 0.7], [0.1, 0.85])
    figure = line_chart([line], x_label="Sharpe", y_label="share", y_metric="share")
    drawn = next(t for t in figure.data if t.mode == "lines+markers")
    assert list(drawn.error_y.array) == pytest.approx([0.05, 0.05])
    assert list(drawn.error_y.arrayminus) == pytest.approx([0.03, 0.1])
    assert drawn.customdata[1] == "rule<br>0.8: <b>80.0\xa0%</b>, 70.0 to 85.0\xa0%"


def test_lines_are_told_apart_without_colour():
    lines = [Line(name, [0, 1], [0.1, 0.2]) for name in "abcd"]
    drawn = line_chart(lines, x_label="x", y_label="y").data
    assert len({trace.marker.symbol for trace in drawn}) == 4
    assert len({trace.line.dash for trace in drawn}) == 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (([1.0], [1.0, 2.0]), "1 x and 2 y"),
        (([2.0, 1.0], [1.0, 2.0]), "not increasing"),
        (([1.0], [1.0], [0.5]), "1 lower and 0 upper"),
    ],
)
def test_a_line_whose_parts_do_not_fit_is_an_error(given, message):
    with pytest.raises(DataError, match=message):
        Line("a", *given)


def test_a_chart_of_no_lines_or_no_number_is_an_error():
    with pytest.raises(DataError, match="0 lines"):
        line_chart([], x_label="x", y_label="y")
    with pytest.raises(DataError, match="no point is finite"):
        line_chart([Line("a", [1.0], [math.nan])], x_label="x", y_label="y")


# --- one axis -------------------------------------------------------------------------


@pytest.fixture
def row():
    return pd.DataFrame([[0.1, np.nan, 0.3, 0.2]], index=[0], columns=[5, 10, 20, 40])


def test_one_parameter_is_a_line_with_a_band_and_a_gap(row):
    panel = Panel(
        row, "sharpe_diff", "edge", "as hold", SEEN, row - 0.2, row + 0.2, 0.9, row > 0.15
    )
    figure = metric_line([panel], x_label="window, days", chosen=20)
    line = next(t for t in figure.data if t.mode == "lines+markers")
    assert list(line.y) == [0.1, None, 0.3, 0.2]
    assert line.marker.color == LIGHT.card
    assert line.customdata[2].endswith("90 % interval +0.10 to +0.50")
    bands = [t for t in figure.data if t.fill == "toself" and t.fillcolor == LIGHT.grid]
    assert [list(band.x) for band in bands] == [[-0.2, 0.2, 0.2, -0.2], [2, 3, 3, 2]]
    assert next(t for t in figure.data if t.mode == "markers+text").x[0] == 2
    assert "as hold" in figure.layout.yaxis.ticktext
    plateau = [s for s in figure.layout.shapes if s.type == "rect"]
    assert [(s.x0, s.x1) for s in plateau] == [(1.5, 3.5)]


def test_a_column_is_drawn_like_a_row(row):
    one, other = (
        metric_line([Panel(frame, "sharpe", "edge")], x_label="w").to_json()
        for frame in (row, row.T)
    )
    assert one == other


def test_panels_of_one_metric_share_their_axis(row):
    panels = [Panel(row, "sharpe", "a"), Panel(row * 3, "sharpe", "b"), Panel(row, "cagr", "c")]
    layout = metric_line(panels, x_label="w").layout
    assert layout.yaxis.range == layout.yaxis2.range != layout.yaxis3.range


def test_a_lone_value_and_a_constant_are_drawn(row):
    figure = metric_line([Panel(row.iloc[:, :1], "sharpe", "edge")], x_label="w")
    assert figure.layout.yaxis.range[0] < 0.1 < figure.layout.yaxis.range[1]


@pytest.mark.parametrize(
    ("values", "chosen", "message"),
    [
        (pd.DataFrame(np.ones((2, 2))), None, "2 rows and 2 columns"),
        (pd.DataFrame([[np.nan]]), None, "no number in it"),
        (pd.DataFrame([[1.0, np.nan]], columns=[5, 10]), 10, "10 has no number"),
        (pd.DataFrame([[1.0, 2.0]], columns=[5, 10]), 7, "7 has no number"),
    ],
)
def test_one_axis_that_is_none_is_an_error(values, chosen, message):
    with pytest.raises(DataError, match=message):
        metric_line([Panel(values, "sharpe", "edge")], x_label="w", chosen=chosen)
    with pytest.raises(DataError, match="no panels"):
        metric_line([], x_label="w")
