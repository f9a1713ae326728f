"""The comparison says no when it must; the comparison itself runs by `make bench` only."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chapters.bars import failures, spread
from chapters.machine import Machine
from numpy.typing import NDArray
from paired.bars import judge, ratios
from paired.chapter import chapter
from paired.compare import differences, first_difference
from paired.measure import Measured, Sided
from paired.setting import LARGE_WINDOWS, METRICS, WINDOWS, count_pairs

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def sided(walls: list[float], peak: float) -> Sided:
    timings = [{"wall": wall, "cpu": wall, "peak": peak} for wall in walls]
    return Sided(versions={"numpy": "2"}, compiling=timings[0], starting=timings[0], warm=timings)


@pytest.fixture
def good() -> Measured:
    """A comparison that meets every bar, most of them at the edge."""
    return Measured(
        machine=Machine("a processor", 2, 8.0, "Linux x86_64", 0.1),
        data={
            "bars": 5031,
            "first": "1999-01-04",
            "last": "2018-12-31",
            "digest": "d",
            "bars_per_year": 252.0,
            "n_metrics": 18,
        },
        ours=sided([0.5, 0.4, 0.5], 399.0),
        peer=sided([10.0, 9.0, 4.0], 4000.0),
        differences=dict.fromkeys(METRICS, 1e-9),
        mismatch="",
        large={"wall": 9.0, "rows": 100_128.0, "grown": 10.0, "peak_grown": 49.0},
    )


@pytest.fixture
def results() -> NDArray[np.float64]:
    return np.array([[2.0, 3.0, 0.5, 0.1, -0.2], [2.0, 4.0, np.nan, 0.0, 0.0]])


def test_the_grids_have_as_many_pairs_as_the_question_says() -> None:
    assert count_pairs(WINDOWS) == 4851
    assert count_pairs(LARGE_WINDOWS) >= 100_000


def test_ratios_pair_the_grids_that_ran_one_after_the_other(good: Measured) -> None:
    assert ratios(good, "wall") == pytest.approx([20.0, 22.5, 8.0])


def test_spread_shows_median_lowest_and_highest() -> None:
    assert spread([3.0, 1.0, 2.0, 9.0], " s", 1) == "2.5 s (1.0–9.0)"


def test_every_bar_is_met_at_its_edge(good: Measured) -> None:
    assert failures(judge(good)) == []


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({"differences": dict.fromkeys(METRICS, 2e-9)}, [*METRICS]),
        ({"differences": dict.fromkeys(METRICS, np.inf)}, [*METRICS]),
        ({"peer": sided([9.9, 7.9, 30.0], 1.0)}, ["by the clock", "processor time"]),
        ({"ours": sided([0.4, 0.4, 0.4], 400.0)}, ["peak memory"]),
        ({"large": {"wall": 9.0, "rows": 1.0, "grown": 0.0, "peak_grown": 50.0}}, ["large grid"]),
    ],
)
def test_a_bar_that_is_missed_is_named(
    good: Measured, change: dict[str, Any], missed: list[str]
) -> None:
    lines = failures(judge(replace(good, **change)))
    assert len(lines) == len(missed)
    assert all(name in line for name, line in zip(missed, lines, strict=True))


def test_equal_results_have_no_first_difference(results: NDArray[np.float64]) -> None:
    assert first_difference(results, results.copy(), 0.0) == ""
    assert differences(results, results.copy()) == dict.fromkeys(METRICS, 0.0)


def test_the_first_pair_that_differs_is_named(results: NDArray[np.float64]) -> None:
    peer = results.copy()
    peer[0, 4] += 1e-6
    peer[1, 3] += 1.0
    assert first_difference(results, peer, 1e-9).startswith("maximum drawdown of the pair 2/3")
    assert first_difference(results, peer, 1e-3).startswith("total return of the pair 2/4")


def test_a_metric_undefined_on_one_side_only_differs(results: NDArray[np.float64]) -> None:
    peer = results.copy()
    peer[1, 2] = 0.0
    assert first_difference(results, peer, 1e9).startswith("Sharpe ratio of the pair 2/4")
    assert differences(results, peer)["Sharpe ratio"] == np.inf


def test_other_pairs_are_not_compared(results: NDArray[np.float64]) -> None:
    peer = results[::-1].copy()
    assert first_difference(results, peer, 1e-9).startswith("the sides evaluated other pairs")
    assert set(differences(results, peer[:1]).values()) == {np.inf}


def test_the_chapter_shows_a_missed_bar_and_where_results_differ(good: Measured) -> None:
    differing = chapter(replace(good, mismatch="the pair 2/3"), "1 May")
    assert "| peak memory, whole process | < 400 MB | 399 MB | yes |" in differing.text
    assert "differ first in the pair 2/3" in differing.text
    assert differing.problems() == ["results differ: the pair 2/3"]
    slow = chapter(replace(good, ours=sided([1.0, 1.0, 1.0], 1.0)), "1 May")
    assert "| times faster, warm, by the clock | ≥ 20× | 9.0× (4.0–10.0) | **no** |" in slow.text


def test_the_page_in_docs_reports_every_bar_as_met(good: Measured) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for bar in judge(good):
        (row,) = [line for line in lines if line.startswith(f"| {bar.what} | {bar.required} |")]
        assert row.endswith("| yes |")
