"""The pages on robustness name everything, their examples run, and their numbers are computed."""

import inspect
import re
import tomllib
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest
from scratch import ROOT

import peaklib.robustness
from peaklib.backtest import run_backtest
from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.robustness import Judgement, Thresholds, interval, probabilistic_sharpe
from peaklib.sweep import preview
from peaklib.sweep.review import (
    facts_table,
    gates_of,
    headline_of,
    review,
)
from peaklib.sweep.review.examination import Review

PAGE, HOW_TO, TUTORIAL, CONVENTIONS = (
    (ROOT / "docs" / name).read_text("utf-8")
    for name in (
        "reference/robustness.md",
        "how-to/read-a-report.md",
        "tutorial/first-sweep.md",
        "explanation/backtest-conventions.md",
    )
)
PUBLIC = {name: getattr(peaklib.robustness, name) for name in sorted(peaklib.robustness.__all__)}
CLASSES = {name: found for name, found in PUBLIC.items() if inspect.isclass(found)}
FUNCTIONS = {name: found for name, found in PUBLIC.items() if name not in CLASSES}
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
LISTED = [text for language, text in BLOCKS if not language]


def tables(page: str) -> list[list[list[str]]]:
    """Cells of every table, the head first; a `|` between blanks parts cells."""
    blocks = re.findall(r"(?:^\|.*\n)+", f"{page}\n", re.MULTILINE)
    split = [
        [[cell.strip() for cell in line.strip("|").split(" | ")] for line in block.splitlines()]
        for block in blocks
    ]
    return [[rows[0], *rows[2:]] for rows in split]


def rows_under(page: str, *head: str) -> list[list[str]]:
    """Rows of all tables whose head starts with these words."""
    return [
        row for table in tables(page) if tuple(table[0][: len(head)]) == head for row in table[1:]
    ]


def signature(name: str) -> str:
    """As the page has it: names and defaults, no types."""
    found = inspect.signature(FUNCTIONS[name])
    bare = [p.replace(annotation=p.empty) for p in found.parameters.values()]
    return f"{name}{found.replace(parameters=bare, return_annotation=found.empty)}"


def plain(text: str) -> str:
    return text.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ")


# ---- reference ----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_its_signature(name: str) -> None:
    listed = [" ".join(block.split()) for block in LISTED]
    assert any(signature(name) in block for block in listed), f"the page misses\n{signature(name)}"


def test_signatures_and_rows_are_those_of_the_functions_there_are() -> None:
    signed = re.findall(r"^(\w+)\(", "".join(LISTED), re.MULTILINE)
    rows = [row[0].strip("`") for row in rows_under(PAGE, "function")]
    assert sorted(signed) == sorted(rows) == sorted(FUNCTIONS)


def test_every_row_of_a_function_says_what_it_is_checked_against() -> None:
    assert all(all(row) for row in rows_under(PAGE, "function"))


def test_classes_have_the_fields_of_the_page() -> None:
    page = {row[0].strip("`"): re.findall(r"`(\w+)`", row[1]) for row in rows_under(PAGE, "class")}
    data = {name: found for name, found in CLASSES.items() if is_dataclass(found)}
    assert page == {name: [field.name for field in fields(found)] for name, found in data.items()}
    assert set(CLASSES) - set(data) == {"Thresholds"}


def test_thresholds_of_the_page_are_the_defaults_and_the_file() -> None:
    page = {row[0].strip("`"): float(row[1]) for row in rows_under(PAGE, "key")}
    file = tomllib.loads((ROOT / "configs" / "robustness.toml").read_text("utf-8"))
    for rules in (Thresholds().model_dump(), file):
        assert page == {f"{k}.{name}": v for k, part in rules.items() for name, v in part.items()}


def test_metrics_of_the_page_are_those_that_can_be_resampled() -> None:
    with pytest.raises(DataError, match="give one of") as refused:
        interval([0.01, -0.01], "beauty", periods_per_year=252)
    sentence = PAGE[PAGE.index("`metric` is one of") : PAGE.index("in the unit it has")]
    told = str(refused.value).split("give one of ")[1].split(", ")
    assert re.findall(r"`(\w+)`", sentence)[1:] == told


def test_public_names_are_named_without_the_module_they_live_in() -> None:
    assert not re.findall(r"peaklib\.robustness\.\w|robustness/\w+\.py", PAGE)


@pytest.mark.parametrize("row", rows_under(PAGE, "call"), ids=lambda row: row[0][:60])
def test_values_of_the_page_are_computed(row: list[str]) -> None:
    call, value = row[0].strip("`"), row[1]
    digits = len(value.partition(".")[2])
    assert f"{eval(call, dict(PUBLIC)):.{digits}f}" == value


def test_example_of_the_page_gives_its_numbers() -> None:
    names: dict[str, Any] = {}
    (block,) = (text for language, text in BLOCKS if language == "python")
    exec(block, names)
    found, lead, skill = names["found"], names["lead"], names["skill"]
    shown = [
        f"`{name}` is {one.estimate:.2f} ({one.low:.2f} to {one.high:+.2f})"
        for name, one in (("found", found), ("lead", lead))
    ]
    assert f"{shown[0]}, {shown[1]}, `skill` is {skill:.2f}:" in plain(PAGE)


@pytest.mark.slow
def test_probabilistic_sharpe_of_quantstats_differs_by_as_little_as_the_page_says(
    sp500: Dataset,
) -> None:
    from quantstats.stats import probabilistic_ratio

    assert "less than 1e-5 of probability on 60 bars" in PAGE
    returns = run_backtest("buy_and_hold", sp500).returns[:60]
    ours = probabilistic_sharpe(returns, periods_per_year=252)
    assert 0 < abs(ours - probabilistic_ratio(returns)) < 1e-5


# ---- how-to and tutorial ------------------------------------------------------------------------
@pytest.fixture(scope="module")
def found() -> Review:
    """The examination of the sweep of the tutorial, made here and now."""
    return review(preview(ROOT / "configs" / "sweeps" / "quick.toml"))


def test_how_to_explains_every_word_that_a_verdict_can_be() -> None:
    words = [row[0].strip("*").replace(" ", "_") for row in rows_under(HOW_TO, "word")]
    assert sorted(words) == sorted(get_args(get_type_hints(Judgement)["verdict"]))


@pytest.mark.slow
def test_how_to_explains_every_gate_and_every_row_of_the_second_table(found: Review) -> None:
    gates = [row[0] for row in rows_under(HOW_TO, "gate")]
    assert gates == [gate.name for gate in gates_of(found)]
    rows = [row[0] for row in rows_under(HOW_TO, "row")]
    # The row on openings is for sweeps that keep a holdout.
    assert [name for name in rows if name != "Holdout"] == facts_table(found)["what"].tolist()
    assert "Holdout" in rows


@pytest.mark.slow
def test_tutorial_shows_the_verdict_and_the_gates_of_its_sweep(found: Review) -> None:
    word = found.judgement.verdict.replace("_", " ")
    assert f"> **{word}**: {headline_of(found)}\n" in TUTORIAL
    signs = {"pass": "✓ pass", "fail": "✕ fail", "open": "~ open"}
    wanted = [[signs[gate.sign], gate.name, gate.value] for gate in gates_of(found)]
    assert rows_under(TUTORIAL, "", "gate") == wanted


@pytest.mark.slow
def test_numbers_that_the_tutorial_tells_are_those_of_its_sweep(found: Review) -> None:
    best, hold = found.best, found.best.cell.hold
    told = " ".join(plain(TUTORIAL).split())
    name = f"{best.cell.trials.attrs['strategy']} {best.text}"
    sharpes = f"{best.metrics['sharpe']:.2f} against {hold['sharpe']:.2f}"
    assert f"`{name}`, has a Sharpe of {sharpes} for holding" in told
    used = best.cell.conventions
    assert f"the first {used['warmup']} days only **warm up** indicators" in told
    difference = found.assessment.out_of_sample_diff
    assert difference is not None
    spread = (difference.high - difference.low) / 2
    assert f"{-difference.estimate:.2f} *below* holding's, give or take {spread:.2f}" in told
    assert f"and {best.metrics['n_trades']:.0f} trades" in told.replace("six", "6")


# ---- explanation --------------------------------------------------------------------------------
def test_an_account_opens_as_the_page_on_conventions_says(sp500: Dataset) -> None:
    assert "(299 of 5,031 for a window of 300)" in CONVENTIONS
    assert len(sp500) == 5031
    late = run_backtest("buy_and_hold", sp500, warmup=299)
    assert late.returns.index[0] == sp500.frame.index[299]
    assert late.returns.iloc[0] == 0.0
    close, open_ = sp500.frame["close"].to_numpy(), sp500.frame["open"].to_numpy()
    assert np.isclose(late.returns.iloc[1], close[300] / open_[300] - 1)
