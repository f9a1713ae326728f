"""The explorer in a real JupyterLab: a widget moves, a cell is clicked, the figures follow."""

import shutil
from pathlib import Path

import pytest
from browser import find_chromium
from lab import jupyter_lab, open_notebook, run_all
from playwright.sync_api import Page
from scratch import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_TITLE = ".jp-OutputArea-output h3.peak-live"
_DRAWN = ".jp-OutputArea-output .js-plotly-plot .heatmaplayer image"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the notebook and the configuration that it previews."""
    made = tmp_path / "project"
    notebooks = [f"notebooks/{name}.ipynb" for name in ("explore", "sweep_cell")]
    for name in ("configs/sweeps/quick.toml", *notebooks):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, made / name)
    return made


def wait_for_title(page: Page, words: str) -> None:
    """Wait until the finding above the map says something."""
    page.wait_for_function(
        "([where, words]) => document.querySelector(where)?.textContent.includes(words)",
        arg=[_TITLE, words],
    )


def title(page: Page) -> str:
    return page.locator(_TITLE).first.inner_text()


def numbers_in_panels(page: Page) -> list[int]:
    """How many cells of each panel show a number, in the live map."""
    return page.evaluate(
        """() => document.querySelector('.js-plotly-plot').data
             .filter(trace => trace.type === 'heatmap')
             .map(trace => trace.z.flat().filter(value => value !== null).length)"""
    )


def click_cell(page: Page, across: float, up: float) -> None:
    """Click at a share of the first panel's width from the left and height from below."""
    box = page.locator(".js-plotly-plot .nsewdrag[data-subplot=xy]").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + across * box["width"], box["y"] + (1 - up) * box["height"])
    page.wait_for_timeout(200)  # plotly takes a click for that of the cell that it hovers over
    page.mouse.down()
    page.mouse.up()


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium on PATH")
def test_figures_follow_a_key_a_dropdown_a_click_and_a_reveal(
    project: Path, tmp_path: Path
) -> None:
    scratch, path = tmp_path / "jupyter", "notebooks/explore.ipynb"
    scratch.mkdir()
    with jupyter_lab(project, scratch) as lab, open_notebook(lab, path) as page:
        run_all(page)
        page.wait_for_selector(_DRAWN, state="attached")
        wait_for_title(page, "sma_crossover")
        first = title(page)

        # The first slider is that of `fast`: a key moves the selection to a neighbour.
        page.locator(".noUi-handle").first.focus()
        page.keyboard.press("ArrowLeft")
        page.wait_for_function(
            "([where, before]) => document.querySelector(where)?.textContent !== before",
            arg=[_TITLE, first],
        )

        page.locator("select:has(option[data-value=rsi_reversion])").select_option("rsi_reversion")
        wait_for_title(page, "rsi_reversion")
        page.locator("select:has(option[data-value=rsi_reversion])").select_option("sma_crossover")
        wait_for_title(page, "sma_crossover")

        click_cell(page, 0.9, 0.9)  # the last fast window, the slowest one
        wait_for_title(page, "fast 50 / slow 300")
        seen, unseen = numbers_in_panels(page)
        assert (seen, unseen) == (29, 0)
        page.screenshot(path=tmp_path / "hidden.png")

        page.locator("button", has_text="reveal out of sample").click()
        page.wait_for_selector("td:text-is('out of sample')")
        assert numbers_in_panels(page) == [29, 29]
        page.screenshot(path=tmp_path / "revealed.png")
