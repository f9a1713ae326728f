"""Chapters of the page are replaced one by one."""

import subprocess
import sys
from pathlib import Path

from chapters.bars import Bar
from chapters.page import TITLES, Chapter, compose

BENCH = Path(__file__).parent
ROOT = BENCH.parents[1]
GRIDS = "## Grids\n\n### Bars\n\n| a | b |\n\nold # text, ## not a chapter\n"
EVIDENCE = "## Evidence\n\n### Bars\n\nnumbers of evidence\n"


def chapters_of(page: str) -> list[str]:
    return [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]


def test_a_new_page_has_the_head_and_what_was_measured() -> None:
    page = compose("", [Chapter(GRIDS, [])])
    assert page.startswith("# Benchmarks\n\nWritten by `make bench`")
    assert page.endswith("\n\n" + GRIDS)


def test_a_chapter_is_replaced_and_the_other_stays_as_it_was() -> None:
    before = compose("", [Chapter(GRIDS, []), Chapter(EVIDENCE, [])])
    after = compose(before, [Chapter("## Grids\n\nnew\n", [])])
    assert after == before.replace(GRIDS, "## Grids\n\nnew\n")
    assert EVIDENCE in after


def test_chapters_stand_in_their_order_whichever_came_first() -> None:
    late = compose(compose("", [Chapter(EVIDENCE, [])]), [Chapter(GRIDS, [])])
    assert chapters_of(late) == ["Grids", "Evidence"]
    assert late == compose("", [Chapter(GRIDS, []), Chapter(EVIDENCE, [])])


def test_what_is_no_chapter_of_the_page_goes() -> None:
    page = compose(f"# Other\n\nhead\n\n## The question\n\n{EVIDENCE}", [])
    assert chapters_of(page) == ["Evidence"]
    assert "head" not in page


def test_the_page_in_docs_is_as_it_was_composed() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert chapters_of(page) == [*TITLES]
    assert compose(page, []) == page


def test_each_chapter_has_a_template_of_its_title() -> None:
    templates = sorted(BENCH.glob("*/chapter.md"))
    titles = [path.read_text(encoding="utf-8").partition("\n")[0] for path in templates]
    assert sorted(titles) == sorted(f"## {title}" for title in TITLES)


def test_problems_are_missed_bars_and_other_trouble() -> None:
    bars = [Bar("speed", "> 1", "2", True), Bar("size", "< 1", "2", False)]
    found = Chapter("## Grids\n", bars, ["results differ"]).problems()
    assert found == ["results differ", "missed: size is 2, required < 1"]


def test_an_unknown_chapter_is_refused() -> None:
    command = [sys.executable, str(BENCH / "run.py"), "--only", "weather"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "'grids', 'evidence'" in done.stderr
