"""What is given to measures by mistake, and the words that it is refused with."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.risk.gating.limits_file import load_limits
from peaklib.risk.measures.catalogue import MEASURES, rolling_var, tail_risk, tail_risk_table
from peaklib.risk.measures.units import check_units

RETURNS = 0.01 * np.random.default_rng(1).standard_normal(300)


def test_prices_and_percent_are_refused_by_every_measure(sp500: Dataset) -> None:
    close = sp500.frame["close"].iloc[:1200]
    percent = 100 * close.pct_change().iloc[1:]
    for name in MEASURES:
        with pytest.raises(DataError, match=r"look like prices; give simple returns, such as"):
            tail_risk(close, name)
        with pytest.raises(DataError, match=r"of 1,199 are below -1.*divide percent by 100"):
            tail_risk(percent, name)
        with pytest.raises(DataError, match="look like prices"):
            rolling_var(close, name, window=200)


def test_what_is_no_input_is_refused_with_its_remedy() -> None:
    cases: list[tuple[Any, dict[str, Any], str]] = [
        (RETURNS, {"level": "0.99"}, "level = '0.99'; give a confidence"),
        (RETURNS, {"level": None}, "level = None"),
        (RETURNS, {"level": True}, "level = True"),
        (RETURNS, {"measure": ["historical"]}, r"measure = \['historical'\]; give one of"),
        (RETURNS, {"measure": "normal", "method": "linear"}, "no option 'method'; .*: none"),
        (RETURNS, {"windw": 20}, "no option 'windw'; its options: method"),
        (pd.DataFrame({"a": RETURNS}), {}, r"shape \(300, 1\)"),
        ({"a": 1.0}, {}, "returns are not numbers"),
        ([[0.1], [0.1, 0.2]], {}, "returns are not numbers"),
        ([0.1, pd.NA], {}, "returns are not numbers"),
    ]
    for returns, options, message in cases:
        with pytest.raises(DataError, match=message):
            tail_risk(returns, **options)
    with pytest.raises(DataError, match="no option 'horizon'; its options: window, method"):
        rolling_var(RETURNS, "historical", horizon=10)
    with pytest.raises(DataError, match=r"give a list of names, such as \['normal'\]"):
        tail_risk_table(RETURNS, measures="normal")


def test_a_ruin_is_the_only_return_below_minus_one_and_ends_the_account() -> None:
    """An account can owe money at its end; what earns something afterwards is none."""
    ruined = np.concatenate([RETURNS, [-1.3], np.zeros(5)])
    assert tail_risk(ruined, level=0.99).var > 0
    with pytest.raises(DataError, match=r"return at row 300 is -1.3, and 1 of 306 are below -1"):
        tail_risk(np.concatenate([RETURNS, [-1.3], np.full(5, 0.01)]))


def test_units_are_told_from_each_other_at_their_edges() -> None:
    """By hand: -1 exactly is all there is; half of the values at 0.5 is not above it."""
    fine = [
        [-1.0, 0.5],
        [0.5, 0.5, 0.5],
        [0.6, 0.7],
        [0.6, 0.7, 0.0],
        [np.nan] * 3,
        [],
        [-2.0, np.nan],
    ]
    for values in fine:
        check_units(np.array(values), str)
    for values in ([-1.0001, 0.5], [0.6, 0.7, 0.1], [np.nan, 100.0, 101.0, 99.0]):
        with pytest.raises(DataError):
            check_units(np.array(values), str)
    with pytest.raises(DataError, match="1 is -2, and 1 of 2"):
        check_units(np.array([0.1, -2.0]), str, in_order=False)


def test_limits_are_read_from_a_path_as_text(tmp_path: Any) -> None:
    from peaklib.errors import ConfigError

    with pytest.raises(ConfigError, match="no such file"):
        load_limits(str(tmp_path / "limits.toml"))
