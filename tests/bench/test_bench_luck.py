"""The bars of luck say no when they must, and its small measurements measure real things."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chapters.bars import failures
from chapters.errors import BenchError
from chapters.machine import Machine
from costs.timing import Cost
from luck import cells, measure, reporting
from luck.bars import judge
from luck.bootstrap import Bootstraps, measure_bootstrap, returns_of_index
from luck.chapter import chapter
from luck.explorer import Interactions, measure_explorer
from luck.measure import Cells, Measured, Reported, measure_cells
from luck.plain import PLAIN, YEAR
from luck.selection import Selected, measure_pbo, measure_plateaus, measure_walk_forward
from luck.sizes import Sizes
from research.weighing import Timing

from peaklib.data import load
from peaklib.robustness.bootstrap.intervals import interval
from peaklib.robustness.bootstrap.run_metrics import RETURN_METRICS
from peaklib.sweep import make_plan

pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
SMALL = Sizes(metrics=("sharpe", "max_dd"), highest=6, cell_resamples=40)


def timings(*walls: float, cpu: float = 1.0) -> list[Timing]:
    """Turns by the clock, and how much more processor time each took."""
    return [{"wall": wall, "cpu": cpu * wall} for wall in walls]


def bootstraps(
    sharpe: float = 15.0,
    other: float = 5.0,
    cpu: float = 1.0,
    same: Mapping[str, float] = {"sharpe": 0.011, "max_dd": 0.6, "vol": 0.006},
) -> Bootstraps:
    """Times of arch are given; ours are a second, and as much processor time as `cpu` says."""
    theirs = {"sharpe": sharpe, "max_dd": other, "vol": 9.0}
    return Bootstraps(
        bars=5030,
        block_length=3.4,
        resamples=10_000,
        ours=dict.fromkeys(theirs, timings(1.0, 1.0, 1.0, cpu=cpu)),
        arch={metric: timings(wall, 0.5 * wall, 99.0) for metric, wall in theirs.items()},
        same=same,
        distance=dict.fromkeys(theirs, 0.0123),
    )


def heatmap(sharpe: float = 29.9, other: float = 89.9, peak: float = 999.9) -> Cells:
    walls = {"sharpe": sharpe, "vol": 31.0, "max_dd": other}
    each = {metric: {"wall": wall, "cpu": 2 * wall} for metric, wall in walls.items()}
    return Cells(pairs=4_851, resamples=1_000, timings=each, peak=peak)


def selected(*walls: float) -> Selected:
    return Selected(n_trials=4_851, n_windows=19, turns=timings(*walls), grown=12.3)


def reported(seconds: float = 59.9, page: float = 14.9, trials: int = 100_000) -> Reported:
    turns = timings(seconds, 99.0, seconds)
    return Reported(trials=trials, turns=turns, page=page, tables=120.0)


def interactions(slowest: float = 0.1999) -> Interactions:
    times = {"select a trial": [slowest, slowest, 9.0], "unpin": [0.01, 0.01, 0.01]}
    costs = {name: [Cost(wall, 0.5 * wall) for wall in walls] for name, walls in times.items()}
    sent = {"select a trial": 2_345_000, "unpin": 12_000}
    return Interactions(trials=100_489, opening=Cost(1.23, 1.0), costs=costs, sent=sent)


@pytest.fixture
def good() -> Measured:
    """Measurements that meet every bar, most of them at the edge."""
    return Measured(
        machine=Machine("a processor", 2, 8.0, "Linux x86_64", 0.1),
        file_system="ext4",
        versions={"arch": "8"},
        sizes=Sizes(),
        bootstraps=bootstraps(),
        cells=heatmap(),
        pbo=selected(1.99, 9.0, 1.99),
        walk_forward=selected(2.99, 9.0, 2.99),
        plateaus=selected(99.0),
        reports={2: reported(trials=100_128), 4: reported(seconds=30.0, page=3.0)},
        explorer=interactions(),
    )


def test_every_bar_is_met_at_its_edge(good: Measured) -> None:
    assert failures(judge(good)) == []


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        (
            {"bootstraps": bootstraps(sharpe=14.9, cpu=0.5)},
            "interval of Sharpe, faster than arch by the clock is 14.9×",
        ),
        (
            {"bootstraps": bootstraps(other=4.99, cpu=0.9)},
            "of the slowest other metric, by the clock is 4.99×",
        ),
        (
            {"bootstraps": bootstraps(same={"sharpe": 0.01, "max_dd": 0.6, "vol": 0.6})},
            "same distribution as arch's, Sharpe: p-value is 0.010",
        ),
        (
            {"bootstraps": bootstraps(same={"sharpe": 0.9, "max_dd": 0.6, "vol": 0.005})},
            "of the least alike other metric, corrected is 0.010",
        ),
        ({"cells": heatmap(sharpe=30.0)}, "4,851 intervals of Sharpe is 30.0 s"),
        ({"cells": heatmap(other=90.0)}, "of the slowest other metric is 90.0 s"),
        ({"cells": heatmap(peak=1000.0)}, "memory of their process at its peak is 1,000.0 MB"),
        ({"pbo": selected(2.0, 2.0, 1.0)}, "probability of backtest overfitting is 2.00 s"),
        ({"walk_forward": selected(3.0)}, "walk-forward, after the grid is 3.00 s"),
        (
            {"reports": {2: reported(), 4: reported(seconds=60.0)}},
            "report of 100,000 trials or more is 60.0 s",
        ),
        ({"reports": {2: reported(page=15.0), 4: reported()}}, "its page is 15.0 MB"),
        (
            {"reports": {2: reported(trials=99_999), 4: reported()}},
            "trials of the smaller sweep is 99,999",
        ),
        ({"explorer": interactions(0.2)}, "slowest interaction, 100,489 trials is 200.0 ms"),
    ],
)
def test_a_bar_that_is_missed_is_named(good: Measured, change: dict[str, Any], missed: str) -> None:
    (line,) = failures(judge(replace(good, **change)))
    assert line.startswith(f"missed: {missed}")


def test_speed_that_other_processors_lend_is_named(good: Measured) -> None:
    lines = failures(judge(replace(good, bootstraps=bootstraps(cpu=2.0))))
    assert [line.partition(" is ")[0] for line in lines] == [
        "missed: interval of Sharpe, faster than arch in processor time",
        "missed: of the slowest other metric, in processor time",
    ]


def test_the_chapter_shows_a_missed_bar(good: Measured) -> None:
    made = chapter(replace(good, pbo=selected(2.5)), "1 May")
    assert made.text.startswith("## Luck\n")
    assert "| probability of backtest overfitting | < 2 s | 2.50 s | **no** |" in made.text
    assert len(made.problems()) == 1
    assert "1 May, a processor, 2 logical processors, 8 GB" in made.text


def test_the_chapter_shows_times_memory_and_pages(good: Measured) -> None:
    text = chapter(good, "1 May").text
    assert "in 16 blocks, which can be halved\n  in 12,870 ways" in text
    series = "| max_dd | 1,000.0 ms (1,000.0–1,000.0) | 5,000.0 ms (2,500.0–99,000.0) |"
    assert f"{series} 5.0× | 5.0× | 0.0123 | 0.600 |" in text
    assert "| max_dd | 89.9 s | 179.8 s |" in text
    assert "| neighbourhoods of 4,851 pairs | 99,000.0 ms | 99,000.0 ms | 12.3 MB |" in text
    assert (
        "| four axes, 100,000 trials | 30.0 s (30.0–99.0) | 30.0 s (30.0–99.0) | 3.0 MB |" in text
    )
    assert (
        "| select a trial | 199.9 ms (199.9–9,000.0) | 100.0 ms (100.0–4,500.0) | 2,345 kB |"
        in text
    )


def test_the_page_in_docs_reports_every_bar_as_met(good: Measured) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for bar in judge(good):
        (row,) = [line for line in lines if line.startswith(f"| {bar.what} | {bar.required} |")]
        assert row.endswith("| yes |")


@pytest.mark.parametrize("metric", RETURN_METRICS)
def test_what_arch_is_given_is_the_same_metric(metric: str) -> None:
    returns = returns_of_index()[:700]
    ours = interval(returns, metric, periods_per_year=YEAR, resamples=20, seed=1)
    assert PLAIN[metric](returns) == pytest.approx(ours.estimate, rel=1e-9)


def test_intervals_are_timed_on_both_sides_and_their_draws_compared() -> None:
    found = measure_bootstrap(resamples=300, repeats=1, metrics=SMALL.metrics)
    assert found.bars == returns_of_index().size
    for metric in SMALL.metrics:
        assert len(found.faster(metric)) == len(found.faster(metric, "cpu")) == 1
        assert found.same[metric] > 0.01
        # Two samples of n draws are a multiple of 1 / n apart, and never quite the same.
        assert 0.0 < found.distance[metric] < 0.2


def test_cells_are_all_pairs_of_a_fast_and_a_slower_average() -> None:
    assert len(cells.pairs_up_to(100)) == 4_851
    assert cells.pairs_up_to(4) == [
        {"fast": 2, "slow": 3},
        {"fast": 2, "slow": 4},
        {"fast": 3, "slow": 4},
    ]


def test_intervals_of_cells_are_timed_in_a_process_of_their_own() -> None:
    found = measure_cells(SMALL)
    assert found.pairs == 10
    assert [*found.timings] == ["sharpe", "max_dd"]
    assert 100.0 < found.peak == max(timing["peak"] for timing in found.timings.values())


def test_cells_without_an_interval_are_refused() -> None:
    with pytest.raises(BenchError, match="have no interval of sharpe"):
        measure.all_found({"wall": 1.0, "finite": 0.9}, "sharpe")


def test_selections_are_timed_on_what_the_question_asks(sp500: Any) -> None:
    assert measure_pbo(20, 400, 4, repeats=2).n_windows == 4
    walked = measure_walk_forward(sp500, highest=6, repeats=1)
    assert (walked.n_trials, walked.n_windows) == (10, 19)
    assert len(measure_plateaus(load("nasdaq"), highest=6, repeats=3).turns) == 3


def test_interactions_are_timed_and_what_they_send_is_counted() -> None:
    found = measure_explorer(side=8, repeats=1)
    assert found.trials == 64
    assert {len(costs) for costs in found.costs.values()} == {1}
    assert found.costs.keys() == found.sent.keys()
    assert min(found.sent.values()) > 0


@pytest.mark.parametrize(("axes", "trials"), [(2, 100_128), (4, 100_000)])
def test_sweeps_of_the_report_have_a_hundred_thousand_trials(
    axes: int, trials: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEAK_HOME", str(reporting.make_project(tmp_path)))
    for size, wanted in (("large", range(trials, trials + 1)), ("small", range(100, 300))):
        path = tmp_path / "configs" / f"{size}.toml"
        path.write_text(reporting.config_of(axes, size), "utf-8")
        plan = make_plan(path)
        (cell,) = plan.cells
        assert len(cell.parameters["grid"]) == axes
        assert cell.n_trials in wanted


def test_processor_time_of_other_processes_is_counted() -> None:
    import subprocess

    busy = "import time\nwhile time.process_time() < 0.3: pass"
    taken = reporting.timed_with_kernels(lambda: subprocess.run([sys.executable, "-c", busy]))
    assert taken["cpu"] >= 0.29
    assert taken["wall"] >= 0.29


@pytest.mark.notebook
def test_a_sweep_is_run_and_reported_in_a_project_of_its_own(tmp_path: Path) -> None:
    project = tmp_path / "project"
    with measure.start_side("luck.reporting", project) as side:
        swept = side.ask("sweep", "4 small")
        found = side.ask("report", swept["run"])
    assert swept["trials"] == 240
    (page,) = (project / "reports").glob("*.html")
    assert found["page"] == page.stat().st_size / 1e6
    assert found["cpu"] > 1.0
    assert np.isfinite(found["tables"])
