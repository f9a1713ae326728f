"""The reviewer's page in a real browser: first screen, links, attached document, every figure."""

import numpy as np
import pandas as pd
import pytest
from browser import open_page
from miniature import code_cell, notebook

from peaklib.render import (
    Dial,
    Fact,
    IntervalRow,
    Intervals,
    Line,
    Mark,
    Panel,
    Period,
    Selection,
    Verdict,
    attachment,
    definitions,
    dials,
    fan_chart,
    first_screen,
    heatmap,
    histogram,
    interval_bars,
    line_chart,
    metric_line,
    render_page,
    scatter_is_oos,
    table,
    walk_forward_figure,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SEEN = Period("in_sample", pd.Timestamp("1999-12-01"), pd.Timestamp("2012-12-31"))
UNSEEN = Period("out_of_sample", pd.Timestamp("2013-01-02"), pd.Timestamp("2013-12-31"))
ROWS = [
    IntervalRow("in sample", "in_sample", -0.02, 0.32, 0.67),
    IntervalRow("out of sample", "out_of_sample", -0.29, -0.03, 0.23),
]
DOCUMENT = (
    '<html><head><link rel="icon" href="https://example.invalid/i.ico"></head>'
    '<body onload="save()"><script src="https://example.invalid/a.js"></script>'
    '<img src="https://example.invalid/b.png"><p id="inside">A tear sheet</p></body></html>'
)


def gates():
    facts = [
        Fact("fail", "Beats hold out of sample", "90 % interval above 0", "−0.29 to +0.23"),
        Fact("fail", "Survives the search", "DSR at least 0.95, 2,898 trials", "0.70", "#def-dsr"),
        Fact("fail", "Choice carries over", "PBO at most 0.20, 12,870 splits", "0.70"),
        Fact("pass", "Neighbours agree", "60 % of them keep 80 % of the best", "0.74"),
        Fact("open", "Holdout", "opened 0 times", "–"),
    ]
    return first_screen(
        [("run", "20261121_001725_102184"), ("data", "sp500 e35cf66007"), ("code", "6832f872fb")],
        "Does a moving-average crossover, long or flat, beat holding the S&P 500?",
        Verdict.NOT_SUPPORTED,
        "The in-sample edge did not carry over to 2013–2018",
        [
            "The pair chosen in sample, **fast 50 / slow 250**, beat holding by +0.32 there.",
            "On unseen years it is at **−0.03** (90 % interval −0.29 to +0.23); that is luck.",
            "It did draw down less: −17 % against −20 %.",
        ],
        facts,
    )


def maps():
    fast, slow = range(5, 100, 5), range(20, 310, 10)
    values = pd.DataFrame(
        [[np.sin(f / 30) * np.cos(s / 90) / 2 if f < s else np.nan for f in fast] for s in slow],
        index=slow,
        columns=fast,
    )
    panels = [
        Panel(values * scale, "sharpe_diff", "Sharpe minus hold", "same as hold", period)
        for scale, period in ((1.0, SEEN), (0.3, UNSEEN))
    ]
    plateau = Panel(
        values,
        "sharpe_diff",
        "Sharpe minus hold",
        "same as hold",
        SEEN,
        values - 0.3,
        values + 0.3,
        0.9,
        values > 0.4,
    )
    return heatmap(
        [plateau, panels[1]],
        x_label="fast window, days",
        y_label="slow window, days",
        chosen=(45, 50),
        beside=Intervals(ROWS, title="Chosen pair", x_label="Sharpe minus hold"),
        title="310 of 410 pairs beat holding in sample, 127 of 410 out of sample",
        subtitle="Annualised Sharpe minus hold's, after costs",
    )


def figures():
    days = pd.bdate_range("2013-01-01", periods=200)
    curve = pd.Series(1.001 ** np.arange(200), index=days)
    rng = np.random.default_rng(2)
    row = pd.DataFrame([[0.1, np.nan, 0.3]], index=[0], columns=[5, 10, 20])
    return [
        interval_bars(ROWS),
        walk_forward_figure(
            {"walk-forward": curve, "hold": curve**0.5},
            in_sample=SEEN,
            out_of_sample=UNSEEN,
            selections=[Selection(days[1], "fast 5"), Selection(days[99], "fast 9")],
        ),
        fan_chart(pd.DataFrame({0.1: [1, 0.9], 0.9: [1, 1.2]})),
        histogram(rng.normal(size=99), metric="x", x_label="x", marks=[Mark(0, "0")], tail="below"),
        scatter_is_oos(rng.normal(size=50), rng.normal(size=50), chosen=3, fit=(0.0, 0.2)),
        line_chart([Line("rule", [0, 1], [0.1, 0.9])], x_label="x", y_label="y"),
        metric_line([Panel(row, "sharpe", "edge")], x_label="window, days", chosen=20),
    ]


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    links = {"dsr": "#def-dsr"}
    book = notebook(
        code_cell("show", gates(), maps()),
        code_cell("more", table(pd.DataFrame({"dsr": [0.1, 0.7]}), links=links)),
        code_cell("dials", dials([Dial("DSR", 0.7, 0.95, "higher", "Luck.", "#def-dsr")])),
        code_cell("figures", *figures()),
        code_cell("sheet", attachment("Tear sheet", DOCUMENT)),
        code_cell("words", definitions([("dsr", "DSR", "The chance that it is real.")])),
    )
    target = tmp_path_factory.mktemp("page") / "report.html"
    return render_page(book, target, title="sma")


@pytest.fixture(scope="module")
def opened(page_file):
    with open_page(page_file) as page:
        page.wait_for_figures()
        yield page


def test_question_verdict_gates_and_the_whole_figure_fit_the_first_screen(opened):
    box = opened.page.locator(".peak-card").first.bounding_box()
    assert box["y"] + box["height"] <= 900
    gates_box = opened.page.locator(".peak-facts").bounding_box()
    assert gates_box["y"] + gates_box["height"] <= box["y"]
    assert opened.page.locator(".peak-facts tr").count() == 5


def test_every_figure_is_drawn_without_requests_and_complaints(opened):
    cards = opened.page.locator(".peak-figure")
    assert cards.count() == 8
    for at in range(8):
        assert cards.nth(at).locator(".main-svg").count() > 0
    assert opened.foreign_requests == []
    assert opened.console_errors == []


def test_the_outlines_of_plateau_and_chosen_cell_are_paths_over_the_cells(opened):
    shapes = opened.page.locator(".peak-figure").first.locator(".shapelayer path")
    widths = [shapes.nth(at).bounding_box()["width"] for at in range(shapes.count())]
    # White under black: once around the plateau, twice around the chosen cell; the null line.
    assert [width > 10 for width in sorted(widths)] == [False] + [True] * 6


def test_an_attached_document_is_drawn_when_opened_and_asks_for_nothing(opened):
    assert opened.page.locator("iframe").count() == 0
    opened.page.locator(".peak-attachment summary").click()
    frame = opened.page.frame_locator("iframe")
    frame.locator("#inside").wait_for(timeout=5000)
    assert opened.page.locator("iframe").get_attribute("sandbox") == ""
    assert opened.foreign_requests == []
    assert opened.refused == []
    assert opened.console_errors == []


def test_a_link_in_a_header_leads_to_the_definition_and_does_not_sort(opened):
    head = opened.page.locator(".peak-table th").first
    head.locator("a").click()
    assert opened.page.evaluate("location.hash") == "#def-dsr"
    assert head.get_attribute("aria-sort") == "none"
    place = opened.page.locator("#def-dsr").bounding_box()
    assert 0 <= place["y"] <= 900


def test_a_telephone_scrolls_figures_and_not_the_page(opened):
    opened.page.set_viewport_size({"width": 390, "height": 844})
    opened.wait_until("window.innerWidth === 390")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
