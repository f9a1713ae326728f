"""The exceptions chart draws every exceedance, whatever the number of days."""

import json
import re
from dataclasses import asdict

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from peaklib.errors import DataError
from peaklib.render import LIGHT
from peaklib.render.exceptions import exceptions_chart

N_DAYS = 5000
RNG = np.random.default_rng(1)
RETURNS = pd.Series(
    0.01 * RNG.standard_normal(N_DAYS), index=pd.bdate_range("2000-01-03", periods=N_DAYS)
)
VAR = pd.Series(0.022 + 0.002 * np.sin(np.arange(N_DAYS) / 90), index=RETURNS.index)
VAR.iloc[:100] = np.nan


@pytest.fixture(scope="module")
def whole() -> go.Figure:
    """All 5,000 days."""
    return exceptions_chart(RETURNS, VAR, level=0.99)


def drawn(figure: go.Figure, *, mode: str, shape: str | None = None) -> go.Scatter:
    return next(
        trace
        for trace in figure.data
        if trace.mode == mode and trace.line.shape == shape and trace.hoverinfo != "skip"
    )


def notes(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def test_every_day_with_a_loss_above_its_var_has_a_mark_at_its_return(whole: go.Figure) -> None:
    marks = drawn(whole, mode="markers")
    expected = RETURNS[-RETURNS > VAR]
    assert len(expected) > 30
    assert list(marks.x) == [f"{day:%Y-%m-%d}" for day in expected.index]
    np.testing.assert_allclose(list(marks.y), expected, atol=1e-5)
    assert marks.marker.symbol == "diamond"
    assert f"◆ {len(expected)} exceedances" in notes(whole)
    worst = expected.index.get_loc(expected.idxmin())
    assert f"VaR {100 * VAR[expected.idxmin()]:.1f}\xa0%" in marks.customdata[worst]


def test_many_days_share_bars_that_span_all_of_their_returns(whole: go.Figure) -> None:
    bars = next(trace for trace in whole.data if trace.hoverinfo == "skip")
    ends = np.array([value for value in bars.y if value is not None]).reshape(-1, 2)
    assert 500 < len(ends) <= 900
    edges = np.linspace(0, N_DAYS, len(ends) + 1).astype(int)
    for (low, high), start, stop in zip(ends, edges[:-1], edges[1:], strict=True):
        part = RETURNS.iloc[start:stop]
        assert low == pytest.approx(min(part.min(), 0), abs=1e-5)
        assert high == pytest.approx(max(part.max(), 0), abs=1e-5)
    assert len(whole.to_json()) < 200_000


def test_few_days_have_a_bar_each_and_the_var_every_forecast() -> None:
    figure = exceptions_chart(RETURNS[:300], VAR[:300], level=0.975)
    bars = next(trace for trace in figure.data if trace.hoverinfo == "skip")
    assert len(bars.x) == 900
    line = drawn(figure, mode="lines")
    np.testing.assert_allclose(list(line.y), -VAR[100:300], atol=1e-5)
    assert line.x[0] == f"{RETURNS.index[100]:%Y-%m-%d}"
    assert "97.5\xa0% VaR" in notes(figure)


def test_the_lower_line_is_the_count_over_the_window(whole: go.Figure) -> None:
    steps = drawn(whole, mode="lines", shape="hv")
    found = pd.Series(list(steps.y), index=pd.DatetimeIndex(list(steps.x)))
    expected = (-RETURNS > VAR).iloc[100:].rolling(250).sum().dropna()
    assert steps.x[0] == f"{RETURNS.index[349]:%Y-%m-%d}"
    pd.testing.assert_series_equal(
        found.reindex(expected.index).ffill(), expected, check_dtype=False, check_freq=False
    )


def test_both_plots_share_their_axis_of_dates_over_all_days(whole: go.Figure) -> None:
    assert {trace.xaxis for trace in whole.data} == {"x"}
    assert {trace.yaxis for trace in whole.data} == {"y", "y2"}
    first, last = RETURNS.index[[0, -1]]
    assert list(whole.layout.xaxis.range) == [f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"]


def test_zones_are_bands_between_whole_counts_with_their_names() -> None:
    figure = exceptions_chart(RETURNS, VAR, level=0.99, zones=(3, 7))
    bands = [(shape.y0, shape.y1, shape.opacity) for shape in figure.layout.shapes]
    assert [band[:2] for band in bands] == [(2.5, 6.5), (6.5, figure.layout.yaxis.range[1])]
    assert bands[0][2] < bands[1][2]
    names = ["green zone: 0 to 2", "yellow zone: 3 to 6", "red zone: from 7"]
    assert [note for note in notes(figure) if "zone" in note] == names
    assert not exceptions_chart(RETURNS[:300], VAR[:300], level=0.99, zones=None).layout.shapes


def test_lines_break_off_where_days_are_more_than_ten_calendar_days_apart() -> None:
    """600 days, then ten calendar days to the next (joined), then a year (not joined)."""
    first = RETURNS.index[100:700]
    second = pd.bdate_range(first[-1] + pd.Timedelta(days=10), periods=300)
    third = pd.bdate_range(second[-1] + pd.Timedelta(days=365), periods=200)
    index = first.append([second, third])
    returns = pd.Series(np.resize([-0.03, *[0.001] * 39], len(index)), index=index)
    var = pd.Series(np.linspace(0.02, 0.025, len(index)), index=index)
    figure = exceptions_chart(returns, var, level=0.99)
    ends = [f"{day:%Y-%m-%d}" for day in (second[-1], third[0])]
    for line in (drawn(figure, mode="lines"), drawn(figure, mode="lines", shape="hv")):
        at = line.x.index(None)
        assert [line.x[at - 1], line.x[at + 1]] == ends
        assert line.x.count(None) == line.y.count(None) == 1
    assert figure.layout.xaxis.range[1] == f"{third[-1]:%Y-%m-%d}"


def test_no_bar_spans_a_gap_however_many_days_share_a_pixel() -> None:
    later = RETURNS.index[2503:] + pd.Timedelta(days=700)
    index = RETURNS.index[:2503].append(later)
    returns = pd.Series(RETURNS.to_numpy(), index=index)
    figure = exceptions_chart(returns, pd.Series(VAR.to_numpy(), index=index), level=0.99)
    bars = next(trace for trace in figure.data if trace.hoverinfo == "skip")
    places = pd.DatetimeIndex(list(dict.fromkeys(date for date in bars.x if date)))
    assert later[0] in places
    last = places[places < later[0]][-1]
    part = returns[last : index[2502]]
    at = bars.x.index(f"{last:%Y-%m-%d}")
    assert bars.y[at : at + 2] == pytest.approx((min(part.min(), 0), max(part.max(), 0)), abs=1e-5)


def test_a_stretch_too_short_for_a_line_is_a_dash_at_its_middle() -> None:
    days = pd.DatetimeIndex(["2001-01-01", "2005-05-02", "2005-05-03", "2005-05-04", "2010-01-04"])
    returns = pd.Series([0.01, 0.0, -0.05, 0.0, 0.01], index=days)
    var = pd.Series([0.01, 0.02, 0.03, 0.02, 0.01], index=days)
    figure = exceptions_chart(returns, var, level=0.99, window=2, zones=None)
    lower, upper = (trace for trace in figure.data if trace.marker.symbol == "line-ew")
    assert list(upper.x) == ["2001-01-01", "2005-05-03", "2010-01-04"]
    assert list(upper.y) == [-0.01, -0.03, -0.01]
    assert (list(lower.x), list(lower.y)) == (["2005-05-03", "2010-01-04"], [1, 0])
    assert "◆ 1 exceedance" in notes(figure)


def test_the_count_says_which_days_it_counts(whole: go.Figure) -> None:
    assert whole.layout.yaxis.title.text == "count in 250 days"
    held = exceptions_chart(RETURNS, VAR, level=0.99, window=100, days="days held")
    assert held.layout.yaxis.title.text == "count in 100 days held"
    assert drawn(held, mode="lines", shape="hv").customdata[0].endswith("in 100 days held")


def test_a_short_series_says_that_there_is_nothing_to_count_yet() -> None:
    figure = exceptions_chart(RETURNS[:200], VAR[:200], level=0.99)
    assert "fewer than 250 forecasts: nothing to count yet" in notes(figure)
    calm = exceptions_chart(RETURNS[:200] * 0, VAR[:200], level=0.99)
    assert "◆ 0 exceedances" in notes(calm)


def test_a_dark_page_can_replace_every_colour() -> None:
    figure = json.loads(
        exceptions_chart(RETURNS, VAR, level=0.99, title="a", subtitle="b").to_json()
    )
    del figure["layout"]["template"]
    used = set(re.findall(r"#[0-9a-f]{6}|rgba?\(", json.dumps(figure)))
    assert used
    assert used <= set(asdict(LIGHT).values())


def test_the_title_is_the_callers_and_dates_lose_their_zone() -> None:
    utc = RETURNS.tz_localize("UTC")
    figure = exceptions_chart(utc, VAR.tz_localize("UTC"), level=0.99, title="A finding")
    assert figure.layout.title.text == "<b>A finding</b>"
    assert figure.layout.xaxis.range[0] == "2000-01-03"


def test_what_cannot_be_drawn_is_refused() -> None:
    gap = VAR.copy()
    gap.iloc[200] = np.nan
    cases = [
        (RETURNS, VAR[1:], {}, "share one index of dates"),
        (RETURNS.reset_index(drop=True), VAR.reset_index(drop=True), {}, "index of dates"),
        (RETURNS[::-1], VAR[::-1], {}, "not increasing"),
        (RETURNS, gap, {}, "a number is missing"),
        (RETURNS, VAR * np.nan, {}, "a number is missing"),
        (RETURNS * np.nan, VAR, {}, "a number is missing"),
        (RETURNS, VAR, {"zones": (10, 5)}, r"zones \(10, 5\)"),
        (RETURNS, VAR, {"window": 0}, "window 0"),
    ]
    for returns, var, options, message in cases:
        with pytest.raises(DataError, match=message):
            exceptions_chart(returns, var, level=0.99, **options)
