"""The page on measures has the signatures, and its numbers are computed."""

import inspect
import re
import sys
from typing import Any

import numpy as np
import pytest
from scratch import ROOT

from peaklib.data import Dataset
from peaklib.risk.measures import catalogue, expansion, student_fit, volatility_model
from peaklib.risk.measures.catalogue import CATALOGUE, MEASURES, rolling_var, tail_risk_table

PAGE = (ROOT / "docs" / "reference" / "risk-measures.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
# Those that the measures of the catalogue come from, and the parts that some of them offer.
MODULES = {
    *(sys.modules[getattr(m.single, "func", m.single).__module__] for m in CATALOGUE.values()),
    *(catalogue, student_fit, volatility_model, expansion),
}


def signatures() -> set[str]:
    """Of all public functions that these modules define: names and defaults, no types."""
    found = set()
    for module in MODULES:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                whole = inspect.signature(function)
                bare = [p.replace(annotation=p.empty) for p in whole.parameters.values()]
                shown = whole.replace(parameters=bare, return_annotation=whole.empty)
                found.add(f"{name}{shown}")
    return found


def test_page_has_the_signature_of_every_public_function() -> None:
    listed = {line for language, text in BLOCKS if not language for line in text.splitlines()}
    assert listed == signatures() - HELPERS


# Between the modules of the room; nobody else calls them.
HELPERS = {"compounded(returns, bars)"}


def test_every_measure_has_a_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:\d|outside)", PAGE, re.MULTILINE)
    assert rows == list(MEASURES)


# Every measure forecasts twenty years of days: too long for every run of the tests.
@pytest.mark.soak
def test_examples_run_and_the_table_is_computed(sp500: Dataset) -> None:
    names: dict[str, Any] = {}
    for language, text in BLOCKS:
        if language == "python":
            exec(text, names)
    returns = names["returns"].to_numpy()
    assert names["forecasts"].var.shape == returns.shape
    one, ten = (tail_risk_table(returns, horizon=bars) for bars in (1, 10))
    for k, name in enumerate(MEASURES):
        found = re.search(rf"^\| `{name}` \| ((?:\d|outside).*) \|$", PAGE, re.MULTILINE)
        assert found is not None
        cells = found.group(1).split(" | ")
        for cell, value in zip(
            cells,
            [
                one["var"][k],
                one["expected_shortfall"][k],
                ten["var"][k],
                ten["expected_shortfall"][k],
            ],
            strict=False,
        ):
            if np.isnan(value):
                assert cell == "outside its domain"
            else:
                assert float(cell) == pytest.approx(100 * value, abs=0.011), (name, cell)
        rolled = rolling_var(returns, name, window=1000)
        beyond = int((returns[1000:] < -rolled.var[1000:]).sum())
        assert abs(int(cells[4]) - beyond) <= 1, (name, beyond)
        assert len(rolled.failed) == (401 if name == "cornish_fisher" else 0)
    calm = rolling_var(returns, "cornish_fisher", window=250)
    assert (len(calm.refits), len(calm.failed)) == (4780, 511)
