"""The bars of evidence say no when they must, and its small measurements measure real things."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chapters.bars import failures
from chapters.machine import Machine
from costs import hashing, packs, registry
from costs.bars import judge
from costs.chapter import chapter
from costs.hashing import Hashed
from costs.ledger import Appended, Verified, measure_append, measure_verify
from costs.lines import runs, runs_with_grids, short_events, write_ledger
from costs.measure import Measured
from costs.packs import Packed
from costs.registry import Searched
from costs.timing import Cost

from peaklib.evidence import Ledger

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def packed(make: float, verify: float) -> Packed:
    making = [Cost(wall=9.0, cpu=make)] * 3
    verifying = [Cost(wall=9.0, cpu=verify)] * 3
    digests = Cost(0.4, 0.3)
    return Packed(digests=digests, making=making, verifying=verifying, files=10, bytes=51_000)


def verified(*rates: float) -> Verified:
    return Verified(
        lines=200_000, line_bytes=757.0, rates=rates, checkpoint_cold=0.4, checkpoint_warm=0.0004
    )


def searched(
    *, rebuild: float = 9.9, slow: float = 0.0499, add: float = 0.0199, runs: int = 100_000
) -> Searched:
    searches = {"top 10 of all": [0.001, 0.9, 0.001], "top 10 of a kind": [slow, slow]}
    return Searched(runs=runs, rebuilds=[rebuild], searches=searches, adds=[add, 9.0, 0.001])


@pytest.fixture
def good() -> Measured:
    """Measurements that meet every bar, at its edge."""
    return Measured(
        machine=Machine("a processor", 2, 8.0, "Linux x86_64", 0.1),
        file_system="ext4",
        versions={"Python": "3.11.7"},
        packed=packed(0.0399, 0.02),
        hashed=Hashed(bytes=10**9, ours=[1.3, 9.0, 0.9], alone=[1.0, 1.0, 1.0]),
        appended=Appended(append=[0.004, 0.009, 0.001], bare=[0.002, 0.001, 0.001]),
        short=verified(1.0),
        long=verified(100_000.0, 100_000.0, 1.0),
        plain=searched(),
        with_grids=searched(rebuild=99.0, slow=99.0, add=99.0),
    )


def test_every_bar_is_met_at_its_edge(good: Measured) -> None:
    assert failures(judge(good)) == []


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({"packed": packed(0.03, 0.03)}, "small pack, made and verified is 60.0 ms"),
        (
            {"hashed": Hashed(bytes=1, ours=[1.31], alone=[1.0])},
            "hashing a large file, over hashlib alone is 1.31×",
        ),
        ({"long": verified(99_999.0)}, "ledger, events verified a second is 99,999"),
        (
            {"appended": Appended(append=[0.00202], bare=[0.001])},
            "append, over a bare write and fsync is 2.02×",
        ),
        ({"plain": searched(slow=0.05)}, "slowest search among 100,000 runs is 50.0 ms"),
        ({"plain": searched(rebuild=10.0)}, "rebuild of the index, 100,000 runs is 10.0 s"),
        ({"plain": searched(add=0.02)}, "one run added to 100,000 runs is 20.0 ms"),
    ],
)
def test_a_bar_that_is_missed_is_named(good: Measured, change: dict[str, Any], missed: str) -> None:
    (line,) = failures(judge(replace(good, **change)))
    assert line.startswith(f"missed: {missed}")


def test_the_chapter_shows_every_bar_and_a_missed_one(good: Measured) -> None:
    made = chapter(replace(good, plain=searched(add=0.02)), "1 May")
    assert made.text.startswith("## Evidence\n")
    assert "| small pack, made and verified | < 60 ms | 59.9 ms (59.9–59.9) | yes |" in made.text
    row = "| one run added to 100,000 runs | < 20 ms | 20.0 ms (1.0–9,000.0) | **no** |"
    assert row in made.text
    assert len(made.problems()) == 1


def test_lengths_and_times_of_the_chapter_are_in_its_units(good: Measured) -> None:
    text = chapter(good, "1 May").text
    assert "| digests of environment and code, once a process | 300 ms | 400 ms |" in text
    assert "A file of 1.00 GB is hashed at 769 MB/s" in text
    assert "| megabytes verified a second | 0 | 76 |" in text
    assert "1 May, a processor, 2 logical processors, 8 GB" in text


def test_the_page_in_docs_reports_every_bar_as_met(good: Measured) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for bar in judge(good):
        (row,) = [line for line in lines if line.startswith(f"| {bar.what} | {bar.required} |")]
        assert row.endswith("| yes |")


@pytest.mark.parametrize("events", [short_events, runs, runs_with_grids])
def test_ledgers_of_the_bench_are_real_ones(tmp_path: Path, events: Any) -> None:
    written = tmp_path / "written.jsonl"
    write_ledger(written, events(0, 5))
    appended = Ledger(tmp_path / "appended.jsonl")
    for data in events(0, 5):
        appended.append("publish", data)

    assert Ledger(written).verify().problems == ()
    same = [event.data for event in Ledger(written).events("publish")]
    assert same == [event.data for event in appended.events("publish")]


def test_a_ledger_is_verified_as_often_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    found = measure_verify(path, short_events, lines=50, passes=2)
    assert len(found.rates) == 2
    assert found.line_bytes * 50 == path.stat().st_size


def test_appends_and_bare_writes_take_turns(tmp_path: Path) -> None:
    found = measure_append(tmp_path, rounds=2, turns=3)
    assert len(found.append) == len(found.bare) == len(found.ratios) == 2
    assert len((tmp_path / "appended.jsonl").read_bytes().splitlines()) == 2 + 6
    assert len((tmp_path / "bare").read_bytes().splitlines()) == 6


def test_a_registry_is_searched_and_grows(tmp_path: Path) -> None:
    found = registry.measure(tmp_path / "r", runs, 60, rebuilds=1, repeats=2, added=3)
    assert len(found.adds) == 3
    assert {len(times) for times in found.searches.values()} == {2}


def test_a_file_is_hashed_both_ways(tmp_path: Path) -> None:
    found = hashing.measure(tmp_path, size=3 << 20, repeats=2)
    assert (len(found.ours), len(found.alone)) == (2, 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_packs_are_made_and_verified(tmp_path: Path) -> None:
    found = packs.measure(tmp_path / "runs", repeats=1)
    (*_, newest) = sorted((tmp_path / "runs").glob("[0-9]*"))
    sums = (newest / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    for line in sums:
        digest, name = line.split("  ")
        assert hashlib.sha256((newest / name).read_bytes()).hexdigest() == digest
    assert found.files == len(sums) + 1
    assert len(found.together) == 1
