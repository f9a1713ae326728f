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
    {
        "title": "Reverse: long",
        "kind": "reverse",
        "shock": "4 moves, largest −42.1 %: sma_crossover 30/230 on sp500 and more of a name",
        "loss": 0.2,
    },
    {"title": "T" * 80, "kind": "hypothetical", "shock": "market −20 %, " * 8, "loss": 0.3},
    {
        "title": "Banks",
        "kind": "hypothetical",
        "scenario": "banks",
        "status": "not computable",
        "reason": "scenario 'banks' moves the group 'banks', and the book has no groups; give them",
    },
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


def test_a_row_that_is_not_computable_says_the_cause_without_the_remedy():
    figure = stress_bars(table("Fall", "Banks"))
    text = "not computable: moves the group 'banks', and the book has no groups"
    assert notes(figure)[text].hovertext.endswith("; give them")


def test_words_longer_than_their_room_end_in_an_ellipsis_and_are_whole_under_the_pointer():
    figure = stress_bars(table("T" * 80))
    title, detail = (
        next(note for text, note in notes(figure).items() if text.startswith(start))
        for start in ("TTT", "market")
    )
    assert title.text.endswith("T…")
    assert title.hovertext == "T" * 80
    assert detail.text.endswith("…")
    assert detail.hovertext == "market −20 %, " * 8
    assert not notes(stress_bars(table("Fall")))["market −20 %"].hovertext


def test_a_long_breach_stands_where_there_is_room_and_tells_its_move_first():
    for others, anchor in ((["Fall"], "right"), (["Crash"], "left")):
        limit = 0.2 if anchor == "right" else 0.05
        rows = table(*others, "Reverse: long")
        rows.loc[rows["kind"] == "reverse", "loss"] = limit
        figure = stress_bars(rows, limit=limit)
        (note,) = (note for note in figure.layout.annotations if "moves" in note.text)
        assert note.xanchor == anchor, others
        assert note.text.startswith("4 moves, largest −42.1 %: sma_")
        assert note.hovertext in ("", rows["shock"].iloc[-1])


def test_numbers_on_the_line_of_the_limit_have_a_ground_of_the_card():
    words = notes(stress_bars(table("Risky"), limit=0.06))["VaR 5.6\xa0%, was 2.8\xa0%"]
    assert words.bgcolor == LIGHT.card
    assert words.borderpad >= 3


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
    titles = [[], ["Old"], ["Rally", "Old"], ["Rally", "Reverse: long"], ["Crash", "Reverse: long"]]
    for chosen in titles:
        for limit in (None, 0.2, 0.9):
            figure = stress_bars(table(*chosen), limit=limit)
            for width in (1106, 1000):
                assert outside(figure, width) == [], (chosen, limit, width)


def outside(figure, width):
    """Numbers that leave the drawing area of a figure on a page, and labels that reach into it."""
    low, high = figure.layout.xaxis.range
    left, right = figure.layout.xaxis.domain
    pixels = (right - left) * (width - 16)
    found = []
    for note in figure.layout.annotations:
        text = note.text.replace("<b>", "").replace("</b>", "")
        wide = 7.2 * len(text) * (note.font.size or 13) / 13
        if note.xref == "paper" and wide > left * (width - 16):
            found.append(text)
        if note.xref != "x" or note.yref != "y":
            continue
        end = (note.x - low) / (high - low) * pixels + note.xshift
        start = end - wide if note.xanchor == "right" else end
        if start < 0 or start + wide > pixels:
            found.append(text)
    return found


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
