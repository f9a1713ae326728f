"""The page on breakers shows the signatures there are, and its example gives its numbers."""

import inspect
import re

import pytest
from scratch import ROOT

from peaklib.backtest import BacktestResult
from peaklib.risk.breakers import (
    capping,
    cutting,
    liquidation,
    machine,
    resetting,
    rules,
    state,
    storing,
)

PAGE = (ROOT / "docs/reference/risk-breakers.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
PUBLIC = {
    "BreakerRules": rules.BreakerRules,
    "Observation": rules.Observation,
    "BreakerState.fresh": state.BreakerState.fresh,
    "breaker_step": machine.breaker_step,
    "breaker_trip": machine.breaker_trip,
    "issue_reset_token": resetting.issue_reset_token,
    "breaker_reset": resetting.breaker_reset,
    "breaker_to_json": storing.breaker_to_json,
    "breaker_from_json": storing.breaker_from_json,
    "AutoLiquidation": liquidation.AutoLiquidation,
    "cooling_off": liquidation.cooling_off,
    "volatility_cap": capping.volatility_cap,
    "var_cap": capping.var_cap,
    "TrailingCovariance": capping.TrailingCovariance,
    "cut_by_contribution": cutting.cut_by_contribution,
}


def test_the_signatures_are_those_of_the_functions_there_are() -> None:
    shown = "\n".join(text for language, text in BLOCKS if not language).split("\n")
    real = []
    for name, function in PUBLIC.items():
        found = inspect.signature(function)
        bare = [part.replace(annotation=part.empty) for part in found.parameters.values()]
        real.append(f"{name}{found.replace(parameters=bare, return_annotation=found.empty)}")
    assert sorted(filter(None, shown)) == sorted(real)


def test_the_example_gives_the_numbers_of_the_page() -> None:
    (example,) = [text for language, text in BLOCKS if language == "python"]
    names: dict[str, object] = {}
    exec(example, names)
    result, again = names["result"], names["again"]
    assert isinstance(result, BacktestResult)
    assert isinstance(again, BacktestResult)
    (trade,) = result.trades.to_dict("records")
    assert f"`{trade['exit_reason']}`" in PAGE
    entry, exit_ = (f"{trade[name]:%-d %B %Y}" for name in ("entry_time", "exit_time"))
    assert f"bought at the open of {entry}, sold at the open of {exit_}" in PAGE.replace("\n", " ")
    assert result.metrics["max_dd"] == pytest.approx(-0.101, abs=5e-4)
    assert "10.1 %" in PAGE
    assert "56.8 %" in PAGE
    assert len(again.trades) > 2
