"""Gates, definitions and dials: what a reader without colours or scripts gets."""

import math
import re

import pandas as pd
import pytest

from peaklib.errors import DataError
from peaklib.render import Dial, Fact, Verdict, definitions, dials, first_screen, table

EVIL = '<img src=x onerror="alert(1)">'


def screen(*facts):
    return first_screen([], "Q?", Verdict.INCONCLUSIVE, "It is open", ["One."], facts)


def test_a_gate_leads_to_its_definition():
    html = screen(Fact("fail", "DSR", "at least 0.95", "0.70", "#def-dsr")).html()
    assert '<a class="peak-link" href="#def-dsr">DSR</a>' in html
    assert 'id="def-dsr"' in definitions([("dsr", "DSR", "words")]).html()


def test_an_open_gate_has_its_own_sign_and_is_counted_apart():
    html = screen(Fact("pass", "a", "", "1"), Fact("open", "b", "", "–")).html()
    assert "Gates · 1 of 2 passed, 1 open" in html
    assert "~ open" in html


def test_a_sign_outside_of_the_vocabulary_is_an_error():
    with pytest.raises(DataError, match="sign is 'maybe'"):
        Fact("maybe", "a", "", "1")


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", 'x" onclick="y', "//evil.example/x"]
)
def test_a_link_that_is_no_plain_address_is_an_error(address):
    with pytest.raises(DataError, match="link of 'DSR'"):
        screen(Fact("info", "DSR", "", "1", address)).html()


@pytest.mark.parametrize("address", ["#def-a", "https://example.org/a?b=c&d", "trials.csv"])
def test_fragments_web_addresses_and_files_beside_the_page_are_links(address):
    html = screen(Fact("info", "DSR", "", "1", address)).html()
    assert f'href="{address.replace("&", "&amp;")}"' in html


def test_definitions_are_escaped_and_print_as_text():
    shown = definitions([("dsr", EVIL, f"**bold** {EVIL}")])
    assert "<img" not in shown.html()
    assert "<strong>bold</strong>" in shown.html()
    assert repr(shown) == f"{EVIL}: bold {EVIL}"


def test_a_definition_is_found_at_one_place():
    with pytest.raises(DataError, match=r"\['dsr'\] stand there twice"):
        definitions([("dsr", "a", "b"), ("dsr", "c", "d")])


def test_a_key_that_cannot_be_an_address_is_an_error():
    with pytest.raises(DataError, match="key is 'D S R'"):
        definitions([("D S R", "a", "b")])


def test_headers_and_cells_of_a_table_lead_to_definitions():
    frame = pd.DataFrame({"measure": ["PBO", "else"], "dsr": [0.7, 0.2]})
    html = table(frame, links={"dsr": "#def-dsr", "PBO": "#def-pbo"}, units={"dsr": "share"}).html()
    assert '<a class="peak-link" href="#def-dsr">dsr</a>, share</th>' in html
    assert '<td><a class="peak-link" href="#def-pbo">PBO</a></td>' in html
    assert html.count("<a ") == 2


def test_a_link_that_nothing_in_the_table_carries_is_an_error():
    with pytest.raises(DataError, match=r"links name \['pbo'\]"):
        table(pd.DataFrame({"dsr": [1.0]}), links={"pbo": "#def-pbo"})


@pytest.mark.parametrize(
    ("value", "better", "sign"),
    [
        (0.96, "higher", "pass"),
        (0.95, "higher", "pass"),
        (0.94, "higher", "fail"),
        (0.96, "lower", "fail"),
        (0.95, "lower", "pass"),
        (0.94, "lower", "pass"),
        (math.nan, "lower", "open"),
    ],
)
def test_a_dial_passes_at_its_threshold_and_on_the_better_side(value, better, sign):
    assert Dial("DSR", value, 0.95, better, "words").sign == sign


def test_a_dial_is_read_in_words_and_places_its_marker():
    shown = dials([Dial("PBO", 0.7, 0.2, "lower", "In **70** of 100.", "#def-pbo")])
    html = shown.html()
    assert 'aria-label="PBO: 0.70, fail; the rule is ≤ 0.20"' in html
    assert '<i style="left:0.00%;width:20.00%"></i>' in html
    assert '<b style="left:70.00%"></b>' in html
    assert repr(shown) == "✕ fail  PBO: 0.70 (≤ 0.20). In 70 of 100."


def test_the_good_side_of_a_higher_threshold_is_above_it():
    html = dials([Dial("DSR", 0.7, 0.95, "higher", "")]).html()
    assert '<i style="left:95.00%;width:5.00%"></i>' in html


def test_a_dial_without_a_value_has_no_marker():
    html = dials([Dial("PBO", math.nan, 0.2, "lower", "Not computed.")]).html()
    assert not re.search(r"<b style", html)
    assert "~ open" in html


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": 1.2}, "value is 1.2"),
        ({"threshold": -0.1}, "threshold is -0.1"),
        ({"better": "left"}, "better is 'left'"),
    ],
)
def test_a_dial_that_would_leave_its_track_is_an_error(change, message):
    given = {"name": "PBO", "value": 0.5, "threshold": 0.2, "better": "lower", "sentence": ""}
    with pytest.raises(DataError, match=message):
        Dial(**(given | change))


def test_dials_without_a_dial_are_an_error():
    with pytest.raises(DataError, match="nothing to show"):
        dials([])
