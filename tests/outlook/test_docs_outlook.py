"""The page on outlooks: its example runs, its numbers are those of the notebook."""

import re
from typing import Any

import nbformat
import pytest
from scratch import ROOT

PAGE = (ROOT / "docs" / "how-to" / "write-an-outlook.md").read_text("utf-8")
NOTEBOOK = ROOT / "notebooks" / "l2_market_outlook.ipynb"


def printed(notebook: Any) -> str:
    """Everything that the cells of a notebook show as text."""
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    return "\n".join(
        str(out.get("text") or out.get("data", {}).get("text/plain")) for out in outputs
    )


def test_example_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("The regime is wild, since 2008-09-04: 7 days so far")
    assert len(told) == 3
    assert len(names["after"]) == 12
    assert 0.0 < names["chance"] <= 1.0


def test_numbers_of_the_page_are_those_of_the_notebook() -> None:
    shown = printed(nbformat.read(NOTEBOOK, as_version=4))
    (p_value,) = re.findall(r"the p-value is (0\.\d\d):", PAGE)
    assert f"has a p-value of {p_value}," in shown
    days, windows = re.findall(r"are ([\d,]+) days, and hold (\d+) windows of 63 days", PAGE)[0]
    assert f"After wild days there are {windows} windows of 63 days" in shown
    assert f"bars{' ' * 66}{days}" in shown


def test_notebook_can_trade_nothing_and_counts_no_trial() -> None:
    code = "\n".join(
        cell.source
        for cell in nbformat.read(NOTEBOOK, as_version=4).cells
        if cell.cell_type == "code"
    )
    for room in ("backtest", "strategies", "execution", "promotion", "sweep", "meta"):
        assert f"peaklib.{room}" not in code
    assert "log_trials" not in code


def test_notebook_says_that_no_model_was_asked() -> None:
    shown = printed(nbformat.read(NOTEBOOK, as_version=4))
    assert "No model was asked: AI_ENABLED is not set" in shown
    assert "There is no text of a model." in shown
