"""The report's page as a reviewer sees it, in a browser without a network."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import OpenPage, open_page
from scratch import Swept, run_folders

from peaklib.evidence import Registry

pytestmark = [pytest.mark.browser, pytest.mark.notebook, pytest.mark.slow]

QUESTION = "Do a trend rule and a reversion rule beat holding the S&P 500, 1999 to 2018?"


@pytest.fixture
def page(swept: Swept) -> Path:
    return swept.project / "reports" / "quick.html"


@pytest.fixture
def opened(page: Path) -> Iterator[OpenPage]:
    with open_page(page, size=(1280, 900)) as found:
        found.wait_for_figures()
        yield found


def test_page_needs_no_network_and_raises_no_error(opened: OpenPage, page: Path) -> None:
    assert opened.foreign_requests == []
    assert opened.requests[0] == page.resolve().as_uri()
    assert opened.console_errors == []


def test_every_figure_is_drawn(opened: OpenPage) -> None:
    drawn = opened.page.evaluate(
        """() => [...document.querySelectorAll(".peak-figure")].map((box) => ({
            maps: (box.data ?? []).filter((trace) => trace.type === "heatmap").length,
            images: box.querySelectorAll(".heatmaplayer image").length,
            marks: box.querySelectorAll(".js-line, .point, .bars path").length,
            width: box.getBoundingClientRect().width,
            height: box.getBoundingClientRect().height,
        }))"""
    )
    # Around the best trial; walk-forward; splits and their logits; half-years; costs; a heatmap for
    # each of two cells, and correlations.
    assert [figure["maps"] for figure in drawn] == [1, 0, 0, 0, 0, 0, 3, 3, 1]
    for figure in drawn:
        assert figure["images"] == figure["maps"]
        assert figure["maps"] or figure["marks"] >= 2
        assert figure["width"] > 1000
        assert figure["height"] > 100


def test_first_screen_holds_question_verdict_trials_and_a_figure(opened: OpenPage) -> None:
    page = opened.page
    for text in (QUESTION, "INCONCLUSIVE", "Survives the holdout"):
        place = page.get_by_text(text, exact=False).first.bounding_box()
        assert place is not None
        assert place["y"] + place["height"] < 900, f"{text!r} is below the fold"
    screen = page.locator(".peak-first-screen")
    assert "49" in screen.inner_text()
    figure = page.locator(".peak-figure").first.bounding_box()
    assert figure is not None
    assert figure["y"] + figure["height"] <= 900, "the figure is cut by the fold"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_page_names_its_runs_their_roots_and_three_commands(opened: OpenPage, swept: Swept) -> None:
    text = opened.page.locator("body").inner_text()
    registry = Registry(swept.project / "runs")
    (own,) = run_folders(swept.project, "sweep")
    for folder in (own, *run_folders(swept.project, "sweep_cell")):
        assert folder.name in text
        assert str(registry.root_of(folder.name)) in text
    typed = re.findall(r"^\.venv/bin/(peak .*)$", text, re.MULTILINE)
    assert typed == [
        "peak evidence verify reports/quick.html",
        f"peak repro {own.name}",
        "peak runs trials",
    ]


def test_title_starts_with_the_verdict(opened: OpenPage) -> None:
    assert opened.page.title().startswith("INCONCLUSIVE · quick")


def test_every_gate_and_fact_leads_to_its_definition(opened: OpenPage) -> None:
    links = opened.page.evaluate(
        """() => [...document.querySelectorAll('a[href^="#def-"]')].map((link) => ({
            name: link.innerText, found: document.querySelector(link.getAttribute("href")) !== null
        }))"""
    )
    assert len(links) >= 5 + 10
    assert [link["name"] for link in links if not link["found"]] == []


def test_the_tear_sheet_opens_inside_the_page_without_a_request(opened: OpenPage) -> None:
    sheet = opened.page.locator("details.peak-attachment")
    sheet.locator("summary").click()
    frame = sheet.frame_locator("iframe")
    # The sheet is a document of its own, which the browser opens bit by bit.
    frame.locator("td", has_text="Sharpe").first.wait_for()
    assert opened.foreign_requests == []


def test_page_says_how_the_numbers_came_about(opened: OpenPage) -> None:
    text = opened.page.locator("body").inner_text()
    for promise in (
        "opens = previous close",  # share of opens equal to the previous close
        "next open",  # fill
        "5",  # costs
        "252",  # annualisation
        "sha256sum --strict -c SHA256SUMS",  # how to verify without peaklib
        "peak sweep configs/sweeps/quick.toml",  # what made it
    ):
        assert promise in text
    assert re.search(r"fee|slippage", text)
    assert re.search(r"cash|financ|borrow", text, re.IGNORECASE)


def test_page_is_readable_without_scripts(page: Path) -> None:
    with open_page(page, scripts=False) as opened:
        text = opened.page.locator("body").inner_text()
        tables = opened.page.locator("table:visible").count()
    assert QUESTION in text
    assert "INCONCLUSIVE" in text
    assert "Beats hold on unseen years" in text
    assert "sma_crossover" in text
    assert tables >= 4


def test_dark_page_is_drawn_too(page: Path) -> None:
    with open_page(page, dark=True) as opened:
        opened.wait_for_figures()
        assert opened.console_errors == []
        ground = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = map(int, re.findall(r"\d+", ground)[:3])
    assert red + green + blue < 200
