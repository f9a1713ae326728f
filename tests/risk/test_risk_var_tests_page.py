"""The page on tests of VaR has every signature, and its numbers are computed."""

import inspect
import re
from dataclasses import fields

import pytest
from scratch import ROOT

from peaklib.data import load
from peaklib.render import exceptions as chart
from peaklib.risk.measures.catalogue import rolling_var
from peaklib.risk.var_tests import (
    battery,
    coverage,
    durations,
    dynamic_quantile,
    exceptions,
    independence,
    likelihood_ratio,
    null_hits,
    shortfall,
    simulated_quantile,
    traffic_light,
)

PAGE = (ROOT / "docs" / "reference" / "risk-var-tests.md").read_text("utf-8")
MODULES = (
    battery,
    chart,
    coverage,
    durations,
    dynamic_quantile,
    exceptions,
    independence,
    likelihood_ratio,
    null_hits,
    shortfall,
    simulated_quantile,
    traffic_light,
)
FOUND = {
    name: value
    for module in MODULES
    for name, value in vars(module).items()
    if getattr(value, "__module__", "") == module.__name__
}


def bare_signature(name: str) -> str:
    """As the page has it: names and defaults, no types."""
    found = inspect.signature(FOUND[name])
    bare = [p.replace(annotation=p.empty) for p in found.parameters.values()]
    return f"{name}{found.replace(parameters=bare, return_annotation=found.empty)}"


def test_signatures_of_the_page_are_those_of_the_code() -> None:
    listed = re.findall(r"^(\w+)(\(.*\))$", PAGE, re.MULTILINE)
    assert len(listed) == 19
    for name, arguments in listed:
        assert f"{name}{arguments}" == bare_signature(name)


def test_fields_of_the_page_are_those_of_the_code() -> None:
    table = PAGE[PAGE.index("| class | fields") :].split("\n\n")[0]
    rows = [line.split(" | ") for line in table.splitlines()[2:-1]]
    assert len(rows) == 9
    for name, names, *_ in rows:
        expected = [field.name for field in fields(FOUND[name.strip("| `")])]
        assert re.findall(r"`(\w+)`", names) == expected, name


def test_multipliers_of_the_page_are_those_of_the_code() -> None:
    for schedule in ("1996", "2019"):
        row = re.search(rf"\| multiplier, `{schedule}` \|(.*)\|", PAGE)
        assert row is not None
        shown = [float(cell) for cell in row[1].split("|")]
        counts = (4, 5, 6, 7, 8, 9, 10)
        assert shown == [
            traffic_light.traffic_light(count, schedule=schedule).multiplier for count in counts
        ]


def test_exact_sizes_of_the_page_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| ([\d,]+), (9\d) % \| ([\d.]+) ", PAGE, re.MULTILINE)
    assert len(rows) == 6
    for days, level, size in rows:
        region = coverage.kupiec_region(int(days.replace(",", "")), 1 - int(level) / 100)
        assert region.rejection == pytest.approx(float(size), abs=5e-4)


@pytest.mark.slow
def test_the_example_says_what_the_page_says() -> None:
    returns = load("sp500").frame["close"].pct_change().dropna()
    said = {"historical": (73, 0.57, {}), "filtered_historical": (56, 0.97, {"refit": 250})}
    decisions = {}
    for measure, (count, shape, options) in said.items():
        forecasts = rolling_var(returns, measure, level=0.99, window=500, **options)
        judged = exceptions.exceptions_of(
            returns, forecasts.var, level=0.99, shortfall=forecasts.expected_shortfall
        )
        table = battery.run_var_tests(judged).set_index("test")
        assert (judged.n_exceedances, judged.n_days) == (count, 4530), measure
        assert f"shape {shape}" in table.loc["Christoffersen–Pelletier, durations", "sentence"]
        decisions[measure] = table["decision"].drop("Basel traffic light")
        assert table.loc["Basel traffic light", "decision"] == "yellow", measure
    assert set(decisions["historical"]) == {"rejected"}
    filtered = decisions["filtered_historical"]
    assert filtered.index[filtered == "rejected"].tolist() == ["dynamic quantile"]
