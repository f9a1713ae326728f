"""Bars of stress: losses right, gains left, causes in words, breaches as diamonds."""

import math

import pandas as pd
import pytest

from peaklib.errors import DataError
from peaklib.render import LIGHT
from peaklib.render.stress import stress_bars

NAN = math.nan
EMPTY = {
    "period": "",
    "shock": "",
    "measure": "instant",
    "loss": NAN,
    "var_before": NAN,
    "var_after": NAN,
    "status": "computed",
    "reason": "",
}
ROWS = [
    {
        "title": "Old",
        "kind": "historical",
        "period": "1987 to 1988",
        "status": "outside the data",
        "reason": "runs from <1987>",
    },
    {
        "title": "Crash",
        "kind": "historical",
        "period": "2008 to 2009",
        "loss": 0.568,
        "worst_drawdown": 0.6,
        "worst_day": 0.09,
        "days": 355.0,
    },
    {"title": "Rally", "kind": "historical", "period": "2013 to 2014", "loss": -0.21},
    {"title": "Ruin", "kind": "historical", "loss": 1.1, "status": "ruined"},
    {"title": "Fall", "kind": "hypothetical", "shock": "market −20 %", "loss": 0.2},
    {"title": "Dry", "kind": "hypothetical", "loss": 0.02, "var_before": 0.03, "var_after": 0.06},
    {
        "title": "Risky",
        "kind": "hypothetical",
        "measure": "var",
        "loss": 0.056,
        "var_before": 0.028,
        "var_after": 0.056,
    },
    {
        "title": "Calm",
        "kind": "hypothetical",
        "measure": "var",
        "loss": 0.01,
        "var_before": 0.028,
        "var_after": 0.01,
    },
    {"title": "Reverse: market", "kind": "reverse", "shock": "market −25.0 %", "loss": 0.25},
    {"title": "Reverse: all", "kind": "reverse", "status": "nothing breaches it"},
]


def table(*titles):
    rows = [EMPTY | row for row in ROWS if not titles or row["title"] in titles]
    return pd.DataFrame(rows)


def notes(figure):
    return {note.text: note for note in figure.layout.annotations}


def bars(figure):
    return [trace for trace in figure.data if trace.type == "bar"]


def test_losses_go_right_and_gains_left_in_other_colours():
    crash, rally = bars(stress_bars(table("Crash", "Rally")))
    assert (crash.x[0], crash.marker.color) == (0.568, LIGHT.worse)
    assert (rally.x[0], rally.marker.color) == (-0.21, LIGHT.better)
    words = notes(stress_bars(table("Crash", "Rally")))
    assert words["56.8\xa0%"].xanchor == "left"
    assert words["gain 21.0\xa0%"].xanchor == "right"


def test_only_what_is_supposed_is_hatched():
    crash, fall = bars(stress_bars(table("Crash", "Fall")))
    assert (crash.marker.pattern.shape, fall.marker.pattern.shape) == (None, "/")


def test_a_row_without_a_number_says_why_and_has_no_bar():
    figure = stress_bars(table("Old", "Crash"))
    assert len(bars(figure)) == 1
    assert notes(figure)["outside the data"].hovertext == "runs from &lt;1987&gt;"
    assert {"Old", "1987 to 1988"} <= set(notes(figure))


def test_a_table_without_any_number_is_still_a_figure():
    figure = stress_bars(table("Old"))
    assert not bars(figure)
    low, high = figure.layout.xaxis.range
    assert low < 0 < high


def test_numbers_beyond_the_limit_are_bold_and_the_limit_is_named():
    figure = stress_bars(table("Crash", "Fall"), limit=0.2)
    assert {"<b>limit 20.0\xa0%</b>", "<b>56.8\xa0%</b>", "20.0\xa0%"} <= set(notes(figure))
    assert [shape.x0 for shape in figure.layout.shapes] == [0.0, 0.2]


def test_a_value_at_risk_shows_where_it_was():
    figure = stress_bars(table("Risky", "Calm", "Dry"))
    words = notes(figure)
    assert {"VaR 5.6\xa0%, was 2.8\xa0%", "2.0\xa0%, then VaR 6.0\xa0%"} <= set(words)
    before = [trace for trace in figure.data if trace.type == "scatter"]
    assert [tuple(trace.x) for trace in before] == [(0.028, 0.028)] * 2
    assert words["VaR 1.0\xa0%, was 2.8\xa0%"].x == 0.028


def test_a_breach_is_a_diamond_on_the_limit_with_its_shock_in_words():
    figure = stress_bars(table("Fall", "Reverse: market", "Reverse: all"), limit=0.25)
    diamonds = [trace for trace in figure.data if trace.type == "scatter"]
    assert [(trace.marker.symbol, trace.x[0]) for trace in diamonds] == [("diamond", 0.25)]
    assert {"market −25.0 %", "nothing breaches it"} <= set(notes(figure))


def test_kinds_stand_under_headings_in_one_order():
    figure = stress_bars(table().iloc[::-1])
    heights = {text: note.y for text, note in notes(figure).items()}
    past, supposed, breach = (
        heights[f"<b>{words}</b>"]
        for words in ("Past, held through", "Supposed", "Smallest breach of the limit")
    )
    assert past > heights["Crash"] > supposed > heights["Fall"] > breach > heights["Reverse: all"]


def test_every_number_fits_beside_its_bar():
    """A character of 13 px text is about 7.2 px wide; nothing may leave the drawing area."""
    figure = stress_bars(table(), limit=0.2)
    low, high = figure.layout.xaxis.range
    left, right = figure.layout.xaxis.domain
    pixels = (right - left) * (1106 - 16)
    for note in figure.layout.annotations:
        if note.xref != "x" or note.yref != "y":
            continue
        end = (note.x - low) / (high - low) * pixels + note.xshift
        wide = 7.2 * len(note.text.replace("<b>", "").replace("</b>", ""))
        start = end - wide if note.xanchor == "right" else end
        assert start >= 0, note.text
        assert start + wide <= pixels, note.text


def test_the_pointer_shows_what_the_row_holds():
    (crash,) = bars(stress_bars(table("Crash")))
    assert crash.customdata[0] == (
        "<b>Crash</b><br>2008 to 2009<br>56.8\xa0%<br>worst drawdown 60.0\xa0%<br>"
        "worst day 9.0\xa0%<br>355 days"
    )


def test_what_is_no_table_of_stress_is_refused():
    cases = [
        (table().iloc[:0], "no rows"),
        (table().drop(columns="status"), "no column 'status'"),
        (table().assign(kind="other"), "no kind 'other'"),
    ]
    for wrong, message in cases:
        with pytest.raises(DataError, match=message):
            stress_bars(wrong)
