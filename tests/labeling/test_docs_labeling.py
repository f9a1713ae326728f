"""The pages on labels name everything, their examples run, and their tables are computed."""

import ast
import inspect
import re
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from scratch import ROOT

import peaklib.labeling
from peaklib.labeling import (
    Spans,
    bet_size,
    compute_triple_barrier_labels,
    fixed_horizon_labels,
    sequential_probabilities,
    trend_scanning_labels,
)
from peaklib.meta import WRAPPERS

HOW_TO, PAGE, WHY = (
    (ROOT / "docs" / name).read_text("utf-8")
    for name in (
        "how-to/label-events.md",
        "reference/labeling.md",
        "explanation/meta-labeling.md",
    )
)
NAMES = sorted(peaklib.labeling.__all__)


def table(start: str) -> list[list[str]]:
    """Cells of the page's table whose head starts so; the head comes first."""
    lines = PAGE[PAGE.index(start) :].split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in re.split(r"(?<= )\| ?", f"{line[1:]} ")] for line in lines]
    return [cells[0], *cells[2:]]


def signature(name: str) -> str:
    """As the page has it: names and defaults, no types."""
    found = inspect.signature(getattr(peaklib.labeling, name))
    bare = [p.replace(annotation=p.empty) for p in found.parameters.values()]
    return f"{name}{found.replace(parameters=bare, return_annotation=found.empty)}"


def executed(page: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(block, names)
    return names


# ---- reference ----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_has_its_signature_and_a_description(name: str) -> None:
    assert f"\n{signature(name)}\n" in PAGE, f"the page misses the line\n{signature(name)}"
    assert f"`{name}`" in PAGE


def test_page_has_no_function_that_is_gone() -> None:
    listed = re.findall(r"^(\w+)\(", PAGE, re.MULTILINE)
    assert sorted(listed) == NAMES


RULES = table("| rule |")[1:]


def labelled(prices: str, options: str) -> pd.DataFrame:
    """The label of the first bar, from two cells of the table of rules."""
    columns = {}
    for part in prices.replace("·", "nan").split("; "):
        name, *values = part.split()
        stamps = pd.date_range("2024-01-01", periods=len(values), tz="UTC")
        columns[name] = pd.Series([float(value) for value in values], stamps)
    close = columns.pop("close")
    call = ast.parse(f"f({options})", mode="eval").body
    assert isinstance(call, ast.Call)
    asked = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    rules = {"target": 0.02, "profit_taking": 1.0, "stop_loss": 1.0, "max_holding": 3, **asked}
    return compute_triple_barrier_labels(close, close.index[:1], **columns, **rules)


@pytest.mark.parametrize("row", RULES, ids=[f"{k}-{row[0]}" for k, row in enumerate(RULES)])
def test_every_row_of_the_rules_is_computed(row: list[str]) -> None:
    _, prices, options, barrier, change, label, bars = (cell.replace("−", "-") for cell in row[:7])
    labels = labelled(prices, options)
    if barrier == "–":
        assert labels.empty
        assert (change, label, bars) == ("", "", "")
        return
    got = labels.iloc[0]
    assert (got["barrier"], got["label"], got["bars_held"]) == (barrier, int(label), int(bars))
    assert got["return"] == pytest.approx(float(change), abs=1e-12)


def test_columns_are_those_of_the_page() -> None:
    close = pd.Series(
        100.0 + np.arange(30.0) % 7, pd.date_range("2024-01-01", periods=30, tz="UTC")
    )
    barriers = {"target": 0.02, "profit_taking": 1.0, "stop_loss": 1.0, "max_holding": 3}
    columns = {row[0].strip("`") for row in table("| column |")[1:]}
    first = set(compute_triple_barrier_labels(close, **barriers))
    assert first == set(fixed_horizon_labels(close, horizon=3)) == columns - {"t_value"}
    trend = set(trend_scanning_labels(close, min_horizon=2, max_horizon=5))
    assert trend == columns - {"barrier"}


def test_sizes_of_the_page_are_computed() -> None:
    head, sizes = table("| probability |")
    for p, size in zip(head[1:-1], sizes[1:-1], strict=True):
        assert f"{bet_size(float(p)):.3f}" == size


def test_example_of_the_sequential_bootstrap_is_computed() -> None:
    spans = Spans([0, 2, 4], [2, 3, 5], 6)
    wanted = re.search(r"(\d+)/14, (\d+)/14 and (\d+)/14", PAGE)
    assert wanted is not None
    chances = [int(part) / 14 for part in wanted.groups()]
    np.testing.assert_allclose(sequential_probabilities(spans, [1]), chances, rtol=1e-12)


# ---- how-to -------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def walked() -> dict[str, Any]:
    """What the how-to's blocks leave, executed one after the other."""
    return executed(HOW_TO)


@pytest.mark.slow
def test_how_to_labels_each_event_once(walked: dict[str, Any]) -> None:
    labels = walked["labels"]
    assert labels.index.isin(walked["events"]).all()
    assert labels.index.is_unique
    assert set(labels["label"]) == {0, 1}
    assert ((labels["return"] > 0) == (labels["label"] == 1)).all()


@pytest.mark.slow
def test_how_to_trains_on_nothing_that_overlaps_its_tests(walked: dict[str, Any]) -> None:
    spans = walked["spans"]
    assert len(walked["scores"]) == 5
    assert np.isfinite(walked["scores"]).all()
    for train, test in walked["folds"].split(walked["X"]):
        alive = np.zeros(spans.n_bars + 21, dtype=bool)
        for row in test:
            alive[spans.first[row] : spans.last[row] + 1] = True
        for row in train:
            assert not alive[spans.first[row] : spans.last[row] + 1].any()


@pytest.mark.slow
def test_how_to_ends_in_a_target_that_trades_after_the_training_years(
    walked: dict[str, Any],
) -> None:
    first = walked["spans"].first[walked["judged"]][0]
    target = walked["target"]
    assert not target[:first].any()
    assert 0 < np.abs(target).max() < 1
    np.testing.assert_allclose(target / 0.05, np.round(target / 0.05), atol=1e-9)
    assert walked["result"].metrics["n_trades"] > 10


# ---- explanation --------------------------------------------------------------------------------
def printed() -> str:
    """What the notebook's cells show as text."""
    notebook = nbformat.read(ROOT / "notebooks" / "meta_labeling.ipynb", as_version=4)
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    return "\n".join(
        out.get("text", "") or out.get("data", {}).get("text/plain", "") for out in outputs
    )


def test_verdict_of_the_page_is_what_the_notebook_says() -> None:
    (verdict,) = re.findall(r"^> (.*)$", WHY, re.MULTILINE)
    text = printed()
    assert f"\n{verdict} Sharpe from" in text
    model, past = (
        float(value) for value in re.findall(r"Log loss of the (?:model|past.*?) +([\d.]+)", text)
    )
    assert model > past


def test_folds_of_the_notebook_differ_as_the_page_says() -> None:
    text = printed()
    purged, shuffled, guess = (
        float(re.findall(rf"^{name} +([\d.]+)", text, re.MULTILINE)[0])
        for name in ("purged", "shuffled", "none: the share of winners")
    )
    assert shuffled < guess < purged


def test_size_of_the_page_is_computed() -> None:
    p, size = re.findall(r"p = ([\d.]+), and that is a size of (\d\.\d+)", WHY)[0]
    assert f"{bet_size(float(p)):.2f}" == size


def test_names_of_the_wrappers_are_right() -> None:
    for wrapper in WRAPPERS:
        assert f"`{wrapper.name}(" in WHY


@pytest.mark.slow
def test_example_of_the_page_is_a_grid_of_two_trials() -> None:
    grid = executed(WHY)["grid"]
    assert list(grid["profit_taking"]) == [1.0, 2.0]
    assert (grid["n_trades"] > 0).all()
