"""Tables: alignment, units, folding, escaping."""

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from peaklib.errors import DataError
from peaklib.render import table


class _Cells(HTMLParser):
    """Texts of header and body cells of the last table in a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.right: list[bool] = []
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.rows, self.right = [], []
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self._inside = True
            self.rows[-1].append("")
            if len(self.rows) == 1:
                self.right.append(("class", "n") in attrs)

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data):
        if self._inside:
            self.rows[-1][-1] += data


@pytest.fixture
def trials():
    return pd.DataFrame(
        {
            "strategy": ["sma", "<b>"],
            "fast": [5, 10],
            "sharpe": [0.4249, -0.001],
            "max_dd": [-0.169, np.nan],
        }
    )


def test_percent_decimals_and_units_follow_the_column_name(trials):
    cells = _Cells(table(trials, units={"fast": "days"}).html())
    assert cells.rows[0] == ["strategy", "fast, days", "sharpe", "max_dd, %"]
    assert cells.rows[1] == ["sma", "5", "0.42", "−16.9"]
    assert cells.rows[2] == ["<b>", "10", "0.00", "–"]
    assert cells.right == [False, True, True, True]


def test_text_output_lines_up_and_needs_no_html(trials):
    lines = repr(table(trials, caption="Two trials")).splitlines()
    assert lines[0] == "Two trials"
    assert len({len(line) for line in lines[1:]}) == 1
    assert lines[2].split() == ["sma", "5", "0.42", "−16.9"]


def test_a_long_table_shows_its_first_rows_and_holds_all_of_them():
    frame = pd.DataFrame({"rank": range(1, 41)})
    html = table(frame, fold=10).html()
    assert "show all 40 rows" in html
    everything, preview = html.split('<div class="peak-preview">')
    assert len(_Cells(everything).rows) == 1 + 40
    assert len(_Cells(preview).rows) == 1 + 10


def test_a_table_just_over_the_fold_is_shown_whole():
    assert "show all" not in table(pd.DataFrame({"rank": range(12)}), fold=10).html()


def test_a_named_index_becomes_the_first_column():
    frame = pd.DataFrame({"sharpe": [1.0]}, index=pd.Index(["hold"], name="benchmark"))
    assert _Cells(table(frame).html()).rows == [["benchmark", "sharpe"], ["hold", "1.00"]]


def test_floats_without_a_known_name_share_their_decimals():
    frame = pd.DataFrame({"width": [0.5, 2.0, 1.25], "whole": [1.0, 2.0, np.nan]})
    rows = _Cells(table(frame).html()).rows[1:]
    assert [row[0] for row in rows] == ["0.50", "2.00", "1.25"]
    assert [row[1] for row in rows] == ["1", "2", "–"]


def test_an_empty_table_keeps_its_header():
    frame = pd.DataFrame({"fast": pd.Series(dtype=int), "sharpe": pd.Series(dtype=float)})
    assert _Cells(table(frame).html()).rows == [["fast", "sharpe"]]


def test_units_of_a_column_that_is_not_there_are_an_error(trials):
    with pytest.raises(DataError, match=r"\['slow'\].*fast"):
        table(trials, units={"slow": "days"})


def test_the_same_frame_gives_the_same_html(trials):
    assert table(trials)._repr_html_() == table(trials.copy())._repr_html_()
