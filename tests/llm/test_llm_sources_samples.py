"""The sources of the example say nothing that is not so."""

import csv
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from peaklib.backtest import run_backtest
from peaklib.data import Dataset
from peaklib.llm.sources import (
    FAINT,
    STRONG,
    best_quotes,
    extractive_claims,
    gather,
    unanswered,
)
from peaklib.llm.sources.files import MAX_BYTES
from peaklib.llm.sources.markup import text_of_html
from peaklib.runner import declared_parameters

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "notebooks" / "sources"


def sample(name: str) -> str:
    return (SAMPLES / name).read_text("utf-8")


def test_page_on_the_series_has_the_numbers_of_the_series(sp500: Dataset) -> None:
    text = " ".join(sample("sp500-series.md").split())
    frame = sp500.frame
    assert f"holds {len(frame):,} daily bars" in text
    assert f"from {frame.index[0]:%Y-%m-%d} to {frame.index[-1]:%Y-%m-%d}" in text
    before = frame["close"].shift().iloc[1:]
    flat = (np.abs(frame["open"].iloc[1:] / before - 1) <= 1e-4).astype(float)
    assert f"Of all bars, {flat.mean():.1%}".replace("%", " %") in text
    early = flat.groupby(flat.index.year).mean().loc[1999:2005]
    assert f"from 1999 to 2005 it is {100 * early.min():.1f} % or more" in text
    gaps = frame.index.to_series().diff().max()
    assert gaps.days == 7
    assert "seven days after 2001-09-10" in text


def test_page_on_the_series_has_the_numbers_of_holding_it(sp500: Dataset) -> None:
    text = " ".join(sample("sp500-series.md").split())
    found = run_backtest("buy_and_hold", sp500, fees_bps=5, slippage_bps=5).metrics
    assert f"a Sharpe ratio of {found['sharpe']:.2f}, returned {100 * found['cagr']:.1f} %" in text
    assert (
        f"a volatility of {100 * found['vol']:.1f} %, and lost {-100 * found['max_dd']:.1f} %"
        in text
    )


def test_page_on_the_wave_says_what_the_notebook_says() -> None:
    text = " ".join(text_of_html(sample("armstrong-wave.html")).split())
    cells = json.loads((ROOT / "notebooks" / "ecm.ipynb").read_text("utf-8"))["cells"]
    answer = "".join(cells[-1]["outputs"][0]["text"])
    numbers = re.findall(r"\d+(?:\.\d+)?", answer.removeprefix("On sp500"))
    model, hold, phases, better, p, right, turns, waves = numbers
    assert f"the dates of the model | {model}" in text
    assert f"hold | {hold}" in text
    assert f"Of {phases} random phases, {better} do at least as well" in text
    assert f"(p = {p})" in text
    assert f"behind {right} of {turns} turning points. With {waves} waves" in text


def test_counts_are_those_of_the_page_on_verdicts() -> None:
    page = (ROOT / "docs" / "explanation" / "verdicts.md").read_text("utf-8")
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in page.split("\n")]
    counted = [[*row[:4], *row[5:]] for row in rows if len(row) == 7 and row[0].endswith("bp")]
    with (SAMPLES / "verdict-counts.csv").open(newline="", encoding="utf-8") as stream:
        assert [*csv.reader(stream)][1:] == counted


@pytest.fixture(scope="module")
def defaults() -> dict[str, list[str]]:
    """Questions and sources that the notebook asks and reads by default."""
    declared = declared_parameters(ROOT / "notebooks" / "l1_deep_research.ipynb")
    return {name: json.loads(re.sub(r",\s*\]", "]", declared[name]["default"]))
            for name in ("questions", "sources")}  # fmt: skip


def test_example_answers_what_it_can_and_admits_the_rest(defaults: dict[str, list[str]]) -> None:
    library = gather(defaults["sources"], environ=os.environ, root=ROOT)
    quotes = best_quotes(library, defaults["questions"], most=2)
    assert unanswered(defaults["questions"], quotes) == (defaults["questions"][-1],)
    first = {}
    for claim in extractive_claims(quotes):
        first.setdefault(claim.question, claim)
        assert library.find(claim.source, claim.quote)
    assert [Path(claim.source).name for claim in first.values()] == [
        "sp500-series.md",
        "terms.json",
        "verdict-counts.csv",
        "armstrong-wave.html",
    ]


HOW_TO = ROOT / "docs" / "how-to" / "research-a-topic.md"


def test_code_of_the_how_to_finds_the_gates(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PEAK_HOME", str(ROOT))
    (code,) = re.findall(r"```python\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    exec(compile(code, HOW_TO.name, "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert 1 <= len(lines) <= 3
    assert all(re.match(r"(high|medium|low) docs/explanation/\S+:\d+", line) for line in lines)


def test_how_to_and_notebook_say_the_thresholds_of_the_code() -> None:
    text = HOW_TO.read_text("utf-8")
    story = (ROOT / "notebooks" / "l1_deep_research.py").read_text("utf-8")
    assert f"well is {STRONG:.0%}".replace("%", " %") in text
    assert f"({STRONG:.0%} of the weight".replace("%", " %") in story
    assert FAINT == 0.5
    assert "at least half of the question" in text
    assert "at least half of the question" in " ".join(story.replace("\n# ", " ").split())
    assert f"more than {MAX_BYTES / 1e6:.0f} MB" in text
