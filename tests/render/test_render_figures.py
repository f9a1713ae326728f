"""Heatmaps, curves, correlations and bands: what the figures hold."""

import json
import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio
import pytest
import scipy.stats

from peaklib.errors import DataError
from peaklib.render import (
    DARK,
    LIGHT,
    Panel,
    Period,
    correlation_matrix,
    equity_and_drawdown,
    give_title,
    heatmap,
    rank_correlations,
    split,
)
from peaklib.render.labels import spread
from peaklib.render.template import dark_for_light

LABELS = {"x_label": "fast window, days", "y_label": "slow window, days"}


@pytest.fixture
def grid():
    return pd.DataFrame(
        [[0.10, -0.20, 0.05], [0.31, np.nan, 0.0]], index=[100, 200], columns=[5, 10, 50]
    )


def maps(figure):
    return [trace for trace in figure.data if trace.type == "heatmap"]


def texts(figure):
    return [word for t in figure.data if t.type == "scatter" and t.text for word in t.text]


def test_importing_render_makes_the_template_the_default():
    assert pio.templates.default == "peak"
    figure = go.Figure(go.Scatter(y=[1, 2]))
    assert figure.layout.template.layout.font.size == 13
    assert figure.layout.template.layout.xaxis.showgrid is False
    assert figure.layout.template.layout.yaxis.showgrid is True


def test_every_theme_colour_has_one_dark_sister():
    assert len(dark_for_light()) == len(vars(LIGHT)) == len(set(vars(DARK).values()))


def test_panels_of_one_metric_share_one_scale_and_others_get_their_own(grid):
    figure = heatmap(
        [
            Panel(grid, "sharpe_diff", "in sample", "same as hold"),
            Panel(grid / 10, "sharpe_diff", "out of sample", "same as hold"),
            Panel(grid.abs() - 1, "max_dd", "max drawdown"),
        ],
        **LABELS,
    )
    assert [trace.coloraxis for trace in maps(figure)] == ["coloraxis", "coloraxis", "coloraxis2"]
    # |z|: 0 0 .005 .01 .02 .031 .05 .1 .2 .31; place 0.98 * 9 = 8.82 -> 0.29 -> 0.30.
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-0.3, 0.3)
    assert (figure.layout.coloraxis2.cmin, figure.layout.coloraxis2.cmax) == (-1.0, -0.69)
    assert "max drawdown" in figure.layout.coloraxis2.colorbar.ticktext


def test_a_limit_passed_in_is_used_so_that_figures_share_it(grid):
    panel = Panel(grid, "sharpe_diff", "edge", "same as hold")
    figure = heatmap([panel], **LABELS, limits={"sharpe_diff": 0.75})
    assert figure.layout.coloraxis.cmax == 0.75


def test_cells_print_two_decimals_with_sign_and_gaps_are_crosses(grid):
    figure = heatmap([Panel(grid, "sharpe_diff", "edge", "same as hold")], **LABELS)
    assert sorted(texts(figure)) == sorted(["+0.10", "−0.20", "+0.05", "+0.31", "×", "0.00"])
    assert maps(figure)[0].z[1][1] is None


def test_numbers_are_left_to_the_pointer_where_cells_are_narrow():
    wide = pd.DataFrame(np.ones((2, 40)), index=[1, 2], columns=range(40))
    figure = heatmap([Panel(wide, "sharpe_diff", "edge", "same as hold")], **LABELS)
    assert texts(figure) == []
    assert maps(figure)[0].customdata[1][39] == ["39", "2", "+1.00"]


def test_parameters_keep_their_order_and_even_spacing(grid):
    figure = heatmap([Panel(grid, "sharpe_diff", "edge", "same as hold")], **LABELS)
    axis = figure.layout.xaxis
    assert dict(zip(axis.tickvals, axis.ticktext, strict=True)) == {0: "5", 1: "10", 2: "50"}
    assert axis.title.text == "fast window, days"


def test_the_chosen_cell_is_outlined_black_over_white_in_every_panel(grid):
    panels = [Panel(grid, "sharpe_diff", title, "same as hold") for title in ("a", "b")]
    figure = heatmap(panels, **LABELS, chosen=(50, 200))
    outlines = [(s.xref, s.x0, s.x1, s.y0, s.y1) for s in figure.layout.shapes]
    assert outlines == [("x", 1.5, 2.5, 0.5, 1.5)] * 2 + [("x2", 1.5, 2.5, 0.5, 1.5)] * 2
    white, black = figure.layout.shapes[:2]
    assert white.line.width > black.line.width
    assert (white.line.color, black.line.color) == ("rgb(255,255,255)", "rgb(17,24,32)")


def test_a_half_parameter_is_outlined_at_its_own_cell():
    frame = pd.DataFrame([[1.0, 2.0]], index=[1], columns=[0.5, 1.5])
    figure = heatmap([Panel(frame, "sharpe", "edge")], **LABELS, chosen=(1.5, 1))
    assert figure.layout.shapes[0].x0 == 0.5


@pytest.mark.parametrize(
    ("panels", "chosen", "message"),
    [
        ([], None, "no panels"),
        ([Panel(pd.DataFrame(), "sharpe", "edge")], None, "no columns"),
        ([Panel(pd.DataFrame([[1, 2]], columns=[5, 5]), "sharpe", "edge")], None, "5 stands"),
        ([Panel(pd.DataFrame([[1, 2]]), "sharpe", "edge")], (7, 0), r"\(7, 0\)"),
        (
            [
                Panel(pd.DataFrame([[1]]), "sharpe", "a"),
                Panel(pd.DataFrame([[1]]), "sharpe", "b", "same as hold"),
            ],
            None,
            "disagree",
        ),
    ],
)
def test_a_heatmap_that_would_mislead_is_an_error(panels, chosen, message):
    with pytest.raises(DataError, match=message):
        heatmap(panels, **LABELS, chosen=chosen)


def test_values_that_differ_in_the_last_bit_give_the_same_figure(grid):
    moved = grid.map(lambda z: np.nextafter(z, 1) if z else -0.0)
    one, other = (
        heatmap([Panel(frame, "sharpe_diff", "edge", "same as hold")], **LABELS).to_json()
        for frame in (grid, moved)
    )
    assert one == other


def test_title_and_subtitle_are_shown_literally():
    figure = give_title(go.Figure(), "a < b & c", "in %")
    assert figure.layout.title.text == "<b>a &lt; b &amp; c</b>"
    assert figure.layout.meta["peak"]["title"] == "a < b & c"


# --- curves ---------------------------------------------------------------------------


@pytest.fixture
def days():
    return pd.date_range("2012-12-28", periods=6, tz="UTC")


def lines(figure, axis):
    return {t.name: list(t.y) for t in figure.data if t.mode == "lines" and t.yaxis == axis}


def test_growth_starts_at_one_and_drawdown_is_percent_below_the_peak(days):
    equity = pd.Series([200.0, 220.0, 110.0, 165.0, 220.0, 242.0], index=days)
    figure = equity_and_drawdown({"sma": equity})
    assert lines(figure, "y2")["sma"] == [1.0, 1.1, 0.55, 0.825, 1.1, 1.21]
    assert lines(figure, "y")["sma"] == [0.0, 0.0, -50.0, -25.0, 0.0, 0.0]
    markers = [t for t in figure.data if t.mode == "markers"]
    assert [(m.x[0], m.y[0]) for m in markers] == [("2012-12-30", -50.0)]


def test_every_period_restarts_from_the_value_before_its_first_bar(days):
    equity = pd.Series([1.0, 2.0, 4.0, 5.0, 4.0, 8.0], index=days)
    periods = [
        Period("in_sample", days[0], days[2]),
        Period("out_of_sample", days[3], days[5]),
    ]
    figure = equity_and_drawdown({"sma": equity}, periods=periods)
    growth = [list(t.y) for t in figure.data if t.name == "sma" and t.yaxis == "y2"]
    assert growth == [[1.0, 2.0, 4.0], [1.25, 1.0, 2.0]]


def test_a_loss_on_the_first_bar_of_a_period_is_a_drawdown(days):
    equity = pd.Series([1.0, 1.0, 1.0, 0.5, 0.5, 0.6], index=days)
    figure = equity_and_drawdown({"x": equity}, periods=[Period("in_sample", days[3], days[5])])
    assert lines(figure, "y")["x"][0] == -50.0


def test_in_sample_is_hatched_and_hollow_and_out_of_sample_is_solid(days):
    equity = pd.Series([1.0, 0.9, 1.0, 1.1, 1.0, 1.2], index=days)
    periods = [Period("in_sample", days[0], days[2]), Period("out_of_sample", days[3], days[5])]
    figure = equity_and_drawdown({"sma": equity}, periods=periods)
    seen, unseen = [t for t in figure.data if t.fill == "toself"]
    assert (seen.fillpattern.shape, seen.line.dash) == ("/", "4px,3px")
    assert (unseen.fillpattern.shape, unseen.fillcolor) == (None, LIGHT.ink)
    hollow, filled = [t.marker.color for t in figure.data if t.mode == "markers"]
    assert (hollow, filled) == (LIGHT.card, LIGHT.ink)
    words = [note.text for note in figure.layout.annotations]
    assert "<b>IN SAMPLE</b>" in words
    assert "<b>OUT OF SAMPLE</b>" in words


def test_lines_are_labelled_at_their_ends_and_hold_is_grey(days):
    curves = {
        name: pd.Series([1, 1, 1, 1, 1, end], index=days, dtype=float)
        for name, end in (("sma", 2.85), ("hold", 1.71))
    }
    labels = {n.text: n.font.color for n in equity_and_drawdown(curves).layout.annotations}
    assert labels["sma ×2.85"] == LIGHT.ink
    assert labels["hold ×1.71"] == LIGHT.hold


def test_labels_of_lines_that_end_together_do_not_touch():
    heights = spread([50.0, 51.0, 0.0, 99.0, 100.0], 0.0, 100.0)
    assert heights[2] == 0.0
    assert max(heights) <= 100.0
    gaps = np.diff(sorted(heights))
    assert gaps.min() >= 17.0 - 1e-9


@pytest.mark.parametrize(
    ("curves", "message"),
    [
        ({}, "no curves"),
        ({"sma": [1.0, 0.0]}, r"'sma' is 0.0 at 2012-12-29"),
        ({"sma": [1.0, math.nan]}, "'sma' is nan"),
        ({"sma": [1.0, 1.0], "hold": [1.0]}, "do not share their bars"),
        ({name: [1.0, 1.0] for name in "abcde"}, "cannot be told apart"),
    ],
)
def test_curves_that_cannot_be_compared_are_an_error(curves, message, days):
    series = {
        name: pd.Series(values, index=days[: len(values)], dtype=float)
        for name, values in curves.items()
    }
    with pytest.raises(DataError, match=message):
        equity_and_drawdown(series)


def test_a_period_without_bars_is_an_error(days):
    equity = pd.Series(1.0, index=days)
    later = Period("out_of_sample", pd.Timestamp("2020-01-01"), pd.Timestamp("2021-01-01"))
    with pytest.raises(DataError, match="no bar lies in OUT OF SAMPLE"):
        equity_and_drawdown({"sma": equity}, periods=[later])


def test_a_period_that_ends_before_it_starts_is_an_error():
    with pytest.raises(DataError, match="before its start"):
        Period("in_sample", pd.Timestamp("2013-01-02"), pd.Timestamp("2013-01-01"))


def test_split_puts_both_bands_above_any_figure_over_time(days):
    figure = split(go.Figure(go.Scatter(x=days, y=[1, 2, 3, 2, 1, 2])), pd.Timestamp("2012-12-31"))
    assert figure.layout.yaxis.domain[1] < figure.layout.yaxis99.domain[0]
    bands = [(t.x[0], t.x[2]) for t in figure.data if t.fill == "toself"]
    assert bands[0][1] == bands[1][0] == pd.Timestamp("2012-12-31")


def test_split_outside_the_dates_is_an_error(days):
    with pytest.raises(DataError, match=r"2030-01-01 is outside .* 2012-12-28 to 2013-01-02"):
        split(go.Figure(go.Scatter(x=days, y=[1] * 6)), pd.Timestamp("2030-01-01"))


# --- correlation ----------------------------------------------------------------------


def test_rank_correlations_agree_with_scipy_and_constants_have_none():
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"fast": rng.integers(1, 9, 80), "fees": 5, "sharpe": rng.normal(size=80)})
    found = rank_correlations(frame, ["fast", "fees"], ["sharpe"])
    expected = scipy.stats.spearmanr(frame["fast"], frame["sharpe"]).statistic
    assert found.loc["fast", "sharpe"] == pytest.approx(expected, abs=1e-12)
    assert math.isnan(found.loc["fees", "sharpe"])


def test_the_correlation_figure_reads_from_the_top_and_crosses_what_does_not_vary():
    frame = pd.DataFrame({"fast": [1, 2, 3], "fees": [5, 5, 5], "sharpe": [0.1, 0.2, 0.4]})
    figure = correlation_matrix(frame, ["fast", "fees"], ["sharpe"])
    assert list(figure.layout.yaxis.ticktext) == ["fees", "fast"]
    assert sorted(texts(figure)) == ["+1.00", "×"]
    assert json.loads(figure.to_json())["layout"]["coloraxis"]["cmin"] == -1.0


@pytest.mark.parametrize(
    ("params", "message"), [(["slow"], r"no column \['slow'\]"), (["name"], "are not numbers")]
)
def test_columns_that_cannot_be_correlated_are_an_error(params, message):
    frame = pd.DataFrame({"name": ["a", "b"], "sharpe": [0.1, 0.2]})
    with pytest.raises(DataError, match=message):
        rank_correlations(frame, params, ["sharpe"])
