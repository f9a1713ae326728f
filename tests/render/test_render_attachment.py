"""A whole document inside a page: inert, closed, one line in a notebook."""

import re

import pytest

from peaklib.errors import DataError
from peaklib.render import attachment
from peaklib.render.attached import MIMETYPE, inert
from peaklib.render.page import page_html

DOCUMENT = (
    '<!DOCTYPE html><html><head><link rel="icon" href="https://example.invalid/i.ico">'
    '<style>@import url("https://example.invalid/a.css"); p{color:red}</style></head>'
    '<body onload="save()"><script>alert("</p>")</script><p>kept &amp; read</p></body></html>'
)


def test_a_notebook_shows_one_line_and_carries_the_document_beside_it():
    data = attachment("Tear sheet", DOCUMENT)._repr_mimebundle_()
    assert "kept" not in data["text/html"]
    assert "Attached: Tear sheet (0.1 kB)" in data["text/html"]
    assert "kept &amp; read" in data[MIMETYPE]["html"]


def test_a_page_holds_the_document_closed_and_as_text(make_notebook, cell):
    html = page_html(make_notebook(cell("a", attachment("Tear & sheet", DOCUMENT))), title="x")
    part = re.search(r'<details class="peak-attachment">.*?</details>', html, re.DOTALL)[0]
    assert "<summary>Tear &amp; sheet " in part
    assert "\\u003cp>kept &amp; read\\u003c/p>" in part
    assert "<iframe" not in html.partition("<script>")[0]


def test_a_document_cannot_end_the_element_that_holds_it(make_notebook, cell):
    evil = "<p>a</p></script ><img src='data:x'></details>"
    html = page_html(make_notebook(cell("a", attachment("t", evil))), title="x")
    assert "<img" not in html[html.index("<body>") :]


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("<p>a</p><script src='x'>b</script>c", "<p>a</p>c"),
        ("<SCRIPT>\nb\n</SCRIPT >c", "c"),
        ("<p>a</p><script>never closed <p>b", "<p>a</p>"),
        ("<link rel=icon href=x>a", "a"),
        ('<meta http-equiv="refresh" content="0;url=x">a', "a"),
        ('<meta charset="utf-8">a', '<meta charset="utf-8">a'),
        ('<base href="https://x/">a', "a"),
        ('<body onload="save()" class=b>', "<body class=b>"),
        ('<img src="https://x/y.png" alt="a > b">', '<img alt="a > b">'),
        ("<img src=//x/y.png>", "<img>"),
        ('<img src="data:image/png;base64,AA=="/>', '<img src="data:image/png;base64,AA=="/>'),
        ('<p style="background:url(https://x/y)">', '<p style="background:none">'),
        ('<path clip-path="url(#a1)"/>', '<path clip-path="url(#a1)"/>'),
        ("<p>on time = 5, src = none</p>", "<p>on time = 5, src = none</p>"),
    ],
)
def test_what_runs_or_fetches_is_taken_out_and_the_rest_is_kept(given, left):
    assert inert(given) == left


@pytest.mark.parametrize("piece", ['<a "x ', "<script ", "<meta ", "url(", "@import "])
def test_a_broken_document_takes_no_longer_than_a_whole_one(piece):
    # Searching on to the end from each of the 40,000 pieces would take minutes.
    assert len(inert(piece * 40_000)) <= len(piece) * 40_000


def test_an_empty_document_is_an_error():
    with pytest.raises(DataError, match="must not be empty"):
        attachment("t", " ")
