"""The bars of features and labels say no when they must, and both sides do the same work."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chapters.bars import failures
from chapters.errors import BenchError
from chapters.machine import Machine
from research import differences, labels, pipeline, weights
from research.bars import OURS, judge
from research.chapter import chapter
from research.compare import Agreement, agreement
from research.first import First
from research.measure import Labelled, Measured, Turns
from research.scan import scan
from research.series import bars, target
from research.setting import FEATURES, HORIZON, WIDTHS
from research.sides import Sides
from research.sizes import Sizes
from research.weighing import Timing, commands_of, grown_by, in_turns, ratios

pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
SAME = Agreement(events=999_950, exits=999_950, labels=999_950, first=-1)


def timings(*walls: float) -> list[Timing]:
    return [
        {
            "wall": wall,
            "cpu": 2 * wall,
        }
        for wall in walls
    ]


def turns_of_labels(
    peaklib: float = 0.066, scan: float = 0.055, finmlkit: float = 0.0661, few: float = 0.006
) -> Turns:
    """The medians; one turn was disturbed."""
    walls = {"peaklib": peaklib, "bare scan": scan, "finmlkit": finmlkit, "few bars": few}
    return {side: timings(wall, wall, wall) for side, wall in walls.items()}


def labelled(worst: Mapping[str, float], constant: Agreement = SAME) -> Labelled:
    """All widths are well but one."""
    turns = {width: turns_of_labels() for width in WIDTHS} | {2: turns_of_labels(**worst)}
    held = dict.fromkeys(WIDTHS, 26.7)
    scaled = replace(SAME, exits=990_000, first=7)
    return Labelled(turns=turns, held=held, constant=constant, scaled=scaled)


def first_calls(seconds: float) -> dict[str, First]:
    return {name: First(compiling=9.0, starting=seconds) for name in (*OURS, "finmlkit")}


@pytest.fixture
def good() -> Measured:
    """Measurements that meet every bar, most of them at the edge."""
    weighed = ("labels", "bare scan", "finmlkit", "differences", "oaconvolve", "known")
    grown = dict.fromkeys([*weighed, "computed", "read_table", "bootstrap"], 40.0)
    return Measured(
        machine=Machine("a processor", 2, 8.0, "Linux x86_64", 0.1),
        file_system="ext4",
        versions={"numpy": "2"},
        peer_versions={"finmlkit": "0.1"},
        sizes=Sizes(),
        labels=labelled({}),
        differences={"peaklib": timings(1.3, 9.0, 1.3), "oaconvolve": timings(1.0, 1.0, 1.0)},
        weights=282,
        pipeline={
            "known": timings(1.5, 1.5),
            "computed": timings(2.5, 2.5),
            "read_table": timings(1.0, 1.0),
            "ParquetFile": timings(0.5, 0.5),
        },
        filling=4.0,
        cache={"files": 12, "megabytes": 132.6, "columns": 20},
        spans={
            "uniqueness": timings(0.999, 0.999),
            "many labels": timings(9.0, 9.0),
            "bootstrap": timings(1.99, 1.99),
        },
        first=first_calls(4.99),
        grown=grown | {"uniqueness": 10.0, "many labels": 110.0},
    )


def test_every_bar_is_met_at_its_edge(good: Measured) -> None:
    assert failures(judge(good)) == []


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({"labels": labelled({"scan": 0.0545})}, "labels, over a bare scan is 1.21×"),
        ({"labels": labelled({"finmlkit": 0.066})}, "labels, times faster than finmlkit is 1.00×"),
        ({"labels": labelled({"few": 0.0059})}, "labels, ten times the bars is 11.19×"),
        (
            {"labels": labelled({}, replace(SAME, exits=999_949))},
            "labels that differ from finmlkit's, one target is 1 of 999,950",
        ),
        (
            {"labels": labelled({}, Agreement(events=0, exits=0, labels=0, first=-1))},
            "labels that differ from finmlkit's, one target is 0 of 0",
        ),
        (
            {"differences": {"peaklib": timings(1.31), "oaconvolve": timings(1.0)}},
            "fractional differences, over oaconvolve is 1.31×",
        ),
        ({"first": first_calls(5.0)}, "slowest first call, compiled code on disk is 5.000 s"),
    ],
)
def test_a_bar_that_is_missed_is_named(good: Measured, change: dict[str, Any], missed: str) -> None:
    (line,) = failures(judge(replace(good, **change)))
    assert line.startswith(f"missed: {missed}")


@pytest.mark.parametrize(
    ("side", "seconds", "missed"),
    [
        ("known", 1.51, "cached features, digest known, over reading is 1.51×"),
        ("computed", 2.51, "cached features, digest computed, over reading is 2.51×"),
    ],
)
def test_a_slow_pipeline_is_named(good: Measured, side: str, seconds: float, missed: str) -> None:
    slow = {**good.pipeline, side: timings(seconds, seconds)}
    (line,) = failures(judge(replace(good, pipeline=slow)))
    assert line.startswith(f"missed: {missed}")


@pytest.mark.parametrize(
    ("side", "missed"),
    [("uniqueness", "average uniqueness is 2.000 s"), ("bootstrap", "sequential bootstrap is 2")],
)
def test_slow_weights_are_named(good: Measured, side: str, missed: str) -> None:
    slow = {**good.spans, side: timings(2.0, 2.0)}
    (line,) = failures(judge(replace(good, spans=slow)))
    assert line.startswith(f"missed: {missed}")


def test_memory_that_grows_faster_than_labels_is_named(good: Measured) -> None:
    (line,) = failures(judge(replace(good, grown={**good.grown, "many labels": 111.0})))
    assert line.startswith("missed: its memory, ten times the labels is 11.10×")


def test_the_chapter_shows_a_missed_bar_and_where_labels_differ(good: Measured) -> None:
    differing = labelled({}, Agreement(events=100, exits=98, labels=99, first=7))
    made = chapter(replace(good, labels=differing), "1 May")
    assert made.text.startswith("## Features and labels\n")
    assert "one target | 0 | 2 of 100 | **no** |" in made.text
    assert made.problems()[0] == "labels differ from finmlkit's, first at bar 7 of 100 events"
    assert "1 May, a processor, 2 logical processors, 8 GB" in made.text


def test_the_chapter_shows_times_and_memory(good: Measured) -> None:
    text = chapter(good, "1 May").text
    row = "1,300.0 ms (1,300.0–9,000.0) | 2,600.0 ms (2,600.0–18,000.0) | 1.30× (1.30–9.00)"
    assert f"| fractional differences | {row} | 40.0 MB |" in text
    assert "99.00 % of the exits are at the same bar" in text
    assert "| 12 features, computed | 9.00 s | 4.99 s |" in text


def test_the_page_in_docs_reports_every_bar_as_met(good: Measured) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for bar in judge(good):
        (row,) = [line for line in lines if line.startswith(f"| {bar.what} | {bar.required} |")]
        assert row.endswith("| yes |")


def test_works_take_turns_after_a_round_that_does_not_count() -> None:
    order: list[str] = []

    def work(name: str) -> Timing:
        order.append(name)
        return {"wall": float(len(order))}

    found = in_turns({"a": lambda: work("a"), "b": lambda: work("b")}, 2)
    assert order == ["a", "b"] * 3
    assert ratios(found["b"], found["a"]) == [4 / 3, 6 / 5]


def test_a_work_is_timed_and_weighed_on_what_the_question_asks() -> None:
    asked: list[str] = []
    side = commands_of({"add": lambda question: lambda: asked.append(question)})
    assert side["add"]("2 3")["wall"] >= 0.0
    assert side["weigh-add"]("5") < 50.0
    assert asked == ["2 3", "5"]


def test_memory_of_a_work_that_returns_a_large_array_is_seen() -> None:
    grown = grown_by(lambda: np.ones(8_000_000))
    assert grown > 60.0


def test_longer_series_begin_like_shorter_ones() -> None:
    long, short = bars(700), bars(500)
    assert long.iloc[:500].equals(short)
    assert (short["high"] >= short[["open", "close"]].max(axis=1)).all()
    assert not target(500).isna().any()


def test_the_bare_scan_gives_a_label_worked_by_hand() -> None:
    close = np.array([100.0, 101.0, 99.0, *[100.0] * HORIZON])
    event, exit_, returns, label, barrier, held = scan(close, np.full(close.size, 0.01), 1.0)
    # 100 rises to 101, the profit; 101 falls to 99, a stop; 99 rises to 100 at once.
    assert event[:3].tolist() == [0, 1, 2]
    assert exit_[:3].tolist() == [1, 2, 3]
    assert label[:3].tolist() == [1, -1, 1]
    assert barrier[:3].tolist() == [0, 1, 0]
    assert held[:3].tolist() == [1, 1, 1]
    assert returns[:2] == pytest.approx([0.01, 99 / 101 - 1])
    assert event.size == 3  # the others see neither barrier nor horizon


@pytest.mark.parametrize("width", WIDTHS)
def test_the_bare_scan_labels_as_peaklib_does(width: int) -> None:
    found = labels.facts(f"{width} 700")
    assert found["gap"] == 0.0
    assert 1.0 <= found["held"] <= HORIZON


def test_labels_are_timed_on_both_sides() -> None:
    side = labels.commands()
    for name in ("ours", "bare"):
        assert side[name]("2 300")["wall"] > 0.0


def test_exits_are_written_for_the_comparison(tmp_path: Path) -> None:
    labels.save(f"constant 400 {tmp_path / 'exits.npy'}")
    event, exit_, label = np.load(tmp_path / "exits.npy").T
    assert ((exit_ > event) & (exit_ <= event + HORIZON)).all()
    assert set(label) <= {-1, 0, 1}


def test_sides_that_agree_have_no_first_difference() -> None:
    ours = np.array([[0, 2, 1], [1, 3, -1], [5, 6, 1]])
    found = agreement(ours, ours[:2])
    assert found == Agreement(events=2, exits=2, labels=2, first=-1)
    assert found.complete


def test_the_first_event_that_differs_is_named() -> None:
    ours = np.array([[0, 2, 1], [1, 3, -1], [5, 6, 1]])
    peer = np.array([[0, 2, 1], [1, 4, -1], [5, 7, -1]])
    found = agreement(ours, peer)
    assert found == Agreement(events=3, exits=1, labels=2, first=1)
    assert not found.complete
    assert not agreement(ours, peer[:0]).complete


def test_differences_are_those_of_the_convolution() -> None:
    found = differences.facts("900")
    assert found["gap"] < 1e-12
    assert found["width"] == 282
    side = differences.commands()
    for name in ("ours", "bare"):
        assert side[name]("900")["wall"] > 0.0


def test_weights_are_those_of_labels_on_every_bar() -> None:
    spans = weights.spans(200)
    assert len(spans) == 200
    assert np.diff(spans.first).tolist() == [1] * 199
    for name, command in weights.commands().items():
        if not name.startswith("weigh"):
            assert command("200")["wall"] > 0.0


@pytest.mark.slow
def test_a_cached_pipeline_is_read_in_every_way(tmp_path: Path) -> None:
    side = pipeline.commands(str(tmp_path))
    with pytest.raises(BenchError, match="computed 12 of 12"):
        side["known"]("400")
    side["fill"]("400")
    for name in ("known", "computed", "read_table", "ParquetFile"):
        assert side[name]("400")["wall"] > 0.0
    facts = side["facts"]("400")
    assert facts["files"] == len(FEATURES) == 12
    assert facts["columns"] > 12


@pytest.mark.slow
def test_a_side_answers_from_a_process_of_its_own(tmp_path: Path) -> None:
    with Sides(tmp_path / "no-python", tmp_path).start("differences") as side:
        assert side.ask("facts", "900") == differences.facts("900")
