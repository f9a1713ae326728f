"""The pages `heatmaps` and `robustness` of a recorded sweep, as a reader sees them."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from browser import OpenPage, open_page
from scratch import Swept, peak, run_folders

from peaklib.sweep import best_of, read_results

# One process makes the pages for all of them.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.notebook,
    pytest.mark.slow,
    pytest.mark.xdist_group(name="stories page"),
]


@pytest.fixture(scope="module")
def project(swept: Swept, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the swept project with both pages."""
    made = tmp_path_factory.mktemp("stories") / "project"
    shutil.copytree(swept.project, made)
    for name in ("heatmaps", "robustness"):
        done = peak(made, "sweeps", "page", name, "quick")
        assert done.returncode == 0, done.stdout + done.stderr
    return made


@pytest.fixture(params=["heatmaps", "robustness"])
def opened(project: Path, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    with open_page(project / "reports" / f"quick.{request.param}.html") as found:
        found.wait_for_figures()
        yield found


def table(project: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(project / "reports" / f"quick.{name}.csv")


def test_page_needs_no_network_and_raises_no_error(opened: OpenPage) -> None:
    assert opened.foreign_requests == []
    assert opened.console_errors == []
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_every_figure_is_drawn(opened: OpenPage) -> None:
    sizes = opened.page.evaluate(
        """() => [...document.querySelectorAll(".peak-figure")].map((box) =>
            [box.getBoundingClientRect().width, (box.data ?? []).length])"""
    )
    assert len(sizes) >= 7
    assert all(width > 1000 and traces for width, traces in sizes)


def test_every_number_of_a_map_has_an_interval_on_hover(project: Path) -> None:
    with open_page(project / "reports" / "quick.heatmaps.html") as found:
        found.wait_for_figures()
        maps: list[list[list[list[Any]]]] = found.page.evaluate(
            """() => [...document.querySelectorAll(".peak-figure")].slice(0, 2).flatMap((box) =>
                box.data.filter((trace) => trace.type === "heatmap").map((trace) =>
                    trace.customdata.map((row, i) => row.map((texts, j) =>
                        [trace.z[i][j], texts.join(" ")]))))"""
        )
    assert len(maps) == 2 * 3
    cells = [cell for panel in maps for row in panel for cell in row]
    known = [text for value, text in cells if value is not None]
    assert len(known) == 3 * (29 + 20)
    assert all(" to " in text for text in known)


def test_robustness_is_about_the_best_trial_and_answers_eight_questions(project: Path) -> None:
    (own,) = run_folders(project, "sweep")
    best = best_of(read_results(own.name, project / "runs"))
    sharpes = table(project, "robustness.sharpe")
    assert sharpes["sharpe"].round(9).unique().tolist() == [round(best.metrics["sharpe"], 9)]
    answers = table(project, "robustness.answers")
    assert len(answers) == 8
    assert set(answers["answer"]) <= {"yes", "no", "not known"}
    with open_page(project / "reports" / "quick.robustness.html", scripts=False) as found:
        text = found.page.locator("body").inner_text()
    assert best.trial in text
    for row in answers.itertuples():
        assert row.question in text
    yes = int((answers["answer"] == "yes").sum())
    assert text.count(f"{yes} of 8 questions are answered with yes") == 2


def test_a_page_is_repeated_with_the_parameters_that_it_was_made_with(project: Path) -> None:
    before = {run.name for run in run_folders(project, "report")}
    asked = ["-p", "resamples=500", "-p", "searched=20", "-p", "seed=11"]
    (own,) = run_folders(project, "sweep")
    cell = read_results(own.name, project / "runs").cells[1]
    done = peak(project, "sweeps", "page", "robustness", f"{cell.run_id}:3", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = [run for run in run_folders(project, "report") if run.name not in before]
    record = json.loads((made / "run.json").read_bytes())
    assert record["config"]["target"] == f"{cell.run_id}:3"
    assert (record["config"]["resamples"], record["seed"]) == (500, 11)
    again = peak(project, "repro", made.name)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "IDENTICAL" in again.stdout
