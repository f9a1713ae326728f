"""A page from a notebook: order, determinism, safety, failures."""

import re
from html.parser import HTMLParser

import nbformat
import pandas as pd
import pytest

from peaklib.errors import NotebookError
from peaklib.render import (
    Fact,
    Panel,
    Verdict,
    first_screen,
    heatmap,
    parameters_here,
    render_page,
    table,
)
from peaklib.render.page import page_html


@pytest.fixture
def figure():
    frame = pd.DataFrame([[0.1, -0.2]], index=[100], columns=[5, 10])
    return heatmap(
        [Panel(frame, "sharpe_diff", "edge", "same as hold")],
        x_label="fast, days",
        y_label="slow, days",
        title="Half of the pairs beat hold",
        subtitle="after costs",
    )


@pytest.fixture
def screen():
    return first_screen(
        [("data", "sp500")],
        "Does it beat holding?",
        Verdict.NOT_SUPPORTED,
        "The edge did not carry over",
        ["One of two."],
        [Fact("fail", "beats hold", "interval above 0", "−0.29 to +0.23")],
    )


@pytest.fixture
def parameter_cells(cell):
    return (
        cell('dataset: str = "nasdaq"  # name', tags=("parameters",)),
        cell('dataset = "sp500"', tags=("injected-parameters",)),
    )


def order(html, *landmarks):
    body = html[html.index("<body>") :]
    places = [body.index(landmark) for landmark in landmarks]
    return places == sorted(places)


def test_the_same_notebook_gives_the_same_bytes(make_notebook, cell, figure, tmp_path):
    book = make_notebook(cell("show", figure, table(pd.DataFrame({"sharpe": [1.0]}))))
    one, two = (render_page(book, tmp_path / name, title="x") for name in ("a.html", "b.html"))
    assert one.read_bytes() == two.read_bytes()


def test_rendering_leaves_the_notebook_as_it_was(make_notebook, cell, text, parameter_cells):
    book = make_notebook(text("# T"), *parameter_cells, cell("warn", stderr="careful"))
    before = nbformat.writes(book)
    page_html(book, title="x")
    assert nbformat.writes(book) == before


def test_a_notebook_file_and_its_node_give_the_same_page(make_notebook, cell, tmp_path):
    book = make_notebook(cell("1 + 1"))
    nbformat.write(book, tmp_path / "n.ipynb")
    from_file = render_page(tmp_path / "n.ipynb", tmp_path / "n.html", title="x")
    assert from_file.read_text("utf-8") == page_html(book, title="x")


def test_parameters_used_stand_where_the_raw_cells_stood(
    make_notebook, cell, text, parameter_cells
):
    html = page_html(
        make_notebook(text("# Title here"), *parameter_cells, text("## Result here")), title="x"
    )
    assert order(html, "Title here", "Parameters actually used", "Result here")
    assert "&#39;sp500&#39;" in html or "'sp500'" in html
    assert "injected-parameters" not in html
    assert html.count("Parameters actually used") == 1


def test_a_first_screen_opens_the_page_and_the_parameters_go_to_the_end(
    make_notebook, cell, text, parameter_cells, screen, figure
):
    book = make_notebook(
        text("# Header here"),
        *parameter_cells,
        cell("setup()"),
        cell("show", screen, figure),
        text("## Later section"),
    )
    html = page_html(book, title="sma")
    assert order(
        html,
        "The edge did not carry over",
        "Half of the pairs beat hold",
        "Later section",
        "Parameters actually used",
        "Header here",
    )
    assert "<title>NOT SUPPORTED · sma</title>" in html


def test_a_marker_says_where_the_parameters_go(make_notebook, cell, text, parameter_cells, screen):
    book = make_notebook(
        *parameter_cells,
        cell("show", screen),
        text("## Method"),
        cell("render.parameters_here()", parameters_here()),
        text("## Provenance"),
    )
    html = page_html(book, title="x")
    assert order(html, "Method", "Parameters actually used", "Provenance")
    assert html.count("Parameters actually used") == 1


def test_code_is_collapsed_and_errors_are_not(make_notebook, cell):
    html = page_html(
        make_notebook(cell("calm = 1"), cell("boom()", error="no <trades>")), title="sma"
    )
    assert "<title>EXECUTION FAILED · sma</title>" in html
    assert 'role="alert"' in html
    assert "no &lt;trades&gt;" in html
    details = re.findall(r"<details class=\"(peak-code[^\"]*)\"( open)?", html)
    assert details == [("peak-code", ""), ("peak-code peak-failed", " open")]


def test_a_failure_counts_for_more_than_a_verdict(make_notebook, cell, screen):
    html = page_html(make_notebook(cell("show", screen), cell("boom()", error="x")), title="sma")
    assert "<title>EXECUTION FAILED · sma</title>" in html


def test_warnings_are_gathered_in_a_log_at_the_end(make_notebook, cell, text):
    html = page_html(
        make_notebook(cell("warn()", stderr="DeprecationWarning: old"), text("## Last words")),
        title="x",
    )
    assert order(html, "Last words", "Log (1 entry)", "DeprecationWarning: old")


def test_figure_titles_are_text_outside_the_drawing(make_notebook, cell, figure):
    html = page_html(make_notebook(cell("show", figure)), title="x")
    assert "<h3>Half of the pairs beat hold</h3>" in html
    payload = re.search(r'class="peak-payload"[^>]*>(.*?)</script>', html, re.DOTALL)[1]
    assert "Half of the pairs beat hold</b>" not in payload


def test_plotly_is_embedded_once_and_only_where_there_is_a_figure(make_notebook, cell, figure):
    without = page_html(make_notebook(cell("1")), title="x")
    several = page_html(make_notebook(cell("show", figure, figure)), title="x")
    assert len(without) < 100_000
    assert several.count("plotly.js v") == without.count("plotly.js v") + 1
    assert several.count('class="peak-figure"') == 2


def test_the_style_of_fragments_is_not_repeated_in_a_page(make_notebook, cell):
    frame = table(pd.DataFrame({"sharpe": [1.0]}))
    plain, full = (
        page_html(make_notebook(cell("show", *shown)), title="x") for shown in ([], [frame, frame])
    )
    assert "<style>" in frame._repr_html_()
    assert full.count("<style>") == plain.count("<style>")
    assert full.count("peak-table") > plain.count("peak-table")


class _Addresses(HTMLParser):
    """Everything in a page that a browser would fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "srcset")]


def test_nothing_in_the_page_points_outside(make_notebook, cell, text, figure, screen):
    book = make_notebook(text("# T"), cell("show", screen, figure))
    assert _Addresses(page_html(book, title="x")).found == []


def test_a_page_that_is_too_large_is_refused_and_nothing_is_left(
    make_notebook, cell, figure, tmp_path
):
    with pytest.raises(NotebookError, match=r"limit is 1,000,000"):
        render_page(
            make_notebook(cell("show", figure)), tmp_path / "r.html", title="x", max_bytes=10**6
        )
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_notebook_is_an_error(tmp_path):
    (tmp_path / "n.ipynb").write_text("{}", "utf-8")
    with pytest.raises(NotebookError, match=r"n\.ipynb: not a notebook"):
        render_page(tmp_path / "n.ipynb", tmp_path / "n.html", title="x")


def test_text_of_a_figure_cannot_end_its_script(make_notebook, cell, figure):
    figure.update_layout(meta={"peak": None, "note": "</script><b>"})
    html = page_html(make_notebook(cell("show", figure)), title="x")
    assert "</script><b>" not in html
