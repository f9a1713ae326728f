"""A page in a real browser, with the network cut off."""

import pandas as pd
import pytest
from browser import open_page
from miniature import code_cell, notebook, words

from peaklib.render import (
    Panel,
    Period,
    Verdict,
    equity_and_drawdown,
    first_screen,
    heatmap,
    render_page,
    table,
)

pytestmark = pytest.mark.browser
TRACKER = "https://example.invalid/pixel.png"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    frame = pd.DataFrame([[0.1, -0.2], [0.3, None]], index=[100, 200], columns=[5, 10])
    days = pd.bdate_range("2012-01-02", periods=300)
    curve = pd.Series([1 + 0.001 * at for at in range(300)], index=days)
    screen = first_screen(
        [("data", "sp500")], "Does it pay?", Verdict.NOT_SUPPORTED, "It does here", ["Two trials."]
    )
    map_ = heatmap(
        [Panel(frame, "sharpe_diff", "edge", "same as hold")],
        x_label="fast, days",
        y_label="slow, days",
        chosen=(5, 200),
    )
    curves = equity_and_drawdown(
        {"sma": curve, "hold": curve / 2}, periods=[Period("in_sample", days[0], days[-1])]
    )
    ranking = table(pd.DataFrame({"fast": range(30), "sharpe": [0.01 * n for n in range(30)]}))
    book = notebook(
        words(f"![tracker]({TRACKER})"),
        code_cell("show", screen, map_),
        code_cell("more", curves, ranking),
    )
    target = tmp_path_factory.mktemp("page") / "report.html"
    return render_page(book, target, title="sma")


def test_figures_are_drawn_without_any_request_to_the_network(page_file):
    with open_page(page_file) as opened:
        opened.wait_for_figures()
        assert opened.foreign_requests == []
        assert opened.refused == [TRACKER]
        figures = opened.page.locator(".peak-figure")
        assert figures.count() == 2
        for at in range(2):
            assert figures.nth(at).locator(".main-svg").count() > 0
        assert figures.nth(0).locator(".heatmaplayer image").count() == 1
        assert figures.nth(0).locator(".shapelayer path").count() == 2
        assert figures.nth(1).locator(".scatterlayer .trace").count() >= 4
        blocked = [error for error in opened.console_errors if "Content Security" not in error]
        assert blocked == []


def test_the_answer_fits_the_first_screen(page_file):
    with open_page(page_file) as opened:
        opened.wait_for_figures()
        box = opened.page.locator(".peak-card").first.bounding_box()
        assert box["y"] + box["height"] <= 900
        assert opened.page.title() == "NOT SUPPORTED · sma"
        width = opened.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 1280


def test_figures_follow_the_colour_scheme_of_the_reader(page_file):
    paper = "getComputedStyle(document.querySelector('.peak-figure .main-svg')).backgroundColor"
    with open_page(page_file, dark=True) as opened:
        opened.wait_for_figures()
        assert opened.page.evaluate(paper) == "rgb(27, 31, 36)"
        opened.page.emulate_media(color_scheme="light")
        opened.wait_until(f"{paper} === 'rgb(255, 255, 255)'")


def test_print_is_light_and_has_a_fixed_width(page_file):
    with open_page(page_file, dark=True, size=(900, 700)) as opened:
        opened.wait_for_figures()
        opened.page.emulate_media(media="print")
        opened.wait_until(
            "document.querySelector('.peak-figure .main-svg').getAttribute('width') === '1106'"
        )
        body = "getComputedStyle(document.body).backgroundColor"
        assert opened.page.evaluate(body) == "rgb(255, 255, 255)"


def test_a_click_on_a_header_sorts_and_the_button_shows_the_code(page_file):
    with open_page(page_file) as opened:
        opened.wait_for_figures()
        page = opened.page
        first = page.locator(".peak-fold details tbody tr").first.locator("td").last
        page.locator(".peak-preview th").last.click()
        assert first.inner_text() == "0.29"
        page.locator(".peak-fold details th").last.click()
        assert first.inner_text() == "0.00"
        assert not page.locator(".peak-code").first.is_visible()
        page.get_by_text("show code").click()
        assert page.locator(".peak-code pre").first.is_visible()


def test_verdict_and_tables_are_readable_without_scripts(page_file):
    with open_page(page_file, scripts=False) as opened:
        words = opened.page.inner_text("body")
        assert "NOT SUPPORTED" in words
        assert "drawn by JavaScript, which is switched off" in words
        assert opened.page.locator(".peak-preview tbody tr").count() == 12
        assert opened.page.locator(".peak-code summary").first.is_visible()
