"""`configs/risk/limits.toml`: every key is demanded, and every mistake is told with its key."""

import re
from pathlib import Path

import pytest
from scratch import ROOT

from peaklib.errors import ConfigError
from peaklib.risk.gate import STAGES, RiskLimits
from peaklib.risk.gating.limits import LIMIT_NAMES, RANGES, read_limits
from peaklib.risk.gating.limits_file import CONFIG_FILES, load_limits

FILE = ROOT / "configs" / "risk" / "limits.toml"
TEXT = FILE.read_text("utf-8")


def problems_of(folder: Path, text: str) -> list[str]:
    path = folder / "limits.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_limits(path)
    return list(caught.value.problems)


def with_value(key: str, value: str) -> str:
    """The file with another value for a key; with none, without the key."""
    new = f"{key} = {value}" if value else ""
    changed, count = re.subn(rf"(?m)^{key} = .*$", new, TEXT)
    assert count == 1
    return changed


def test_the_file_of_the_project_has_every_limit_with_a_comment() -> None:
    limits = load_limits(FILE)
    assert type(limits) is RiskLimits
    assert read_limits(limits).problems == ()
    for name in LIMIT_NAMES:
        assert re.search(rf"(?m)^{name} = .+ # .+$", TEXT), name


def test_the_file_is_claimed_by_its_kind() -> None:
    assert CONFIG_FILES.pattern == "risk/limits.toml"
    assert CONFIG_FILES.check(FILE) == load_limits(FILE)


def test_each_limit_that_is_absent_is_an_error_and_not_unlimited(tmp_path: Path) -> None:
    for name in LIMIT_NAMES:
        assert problems_of(tmp_path, with_value(name, "")) == [f"{name}: is missing"]
    assert len(problems_of(tmp_path, "")) == len(LIMIT_NAMES)


@pytest.mark.slow
def test_no_number_may_be_zero_negative_infinite_or_of_another_type(tmp_path: Path) -> None:
    for name in RANGES:
        for value in ("0", "0.0", "-0.0", "-1", "-1.0", "inf", "-inf", "nan", "true", '"1"', "[]"):
            (problem,) = problems_of(tmp_path, with_value(name, value))
            assert problem.startswith(name), (name, value, problem)
        beyond = 2 * RANGES[name][1]
        text = str(int(beyond)) if name in ("max_orders", "min_scenarios") else repr(beyond)
        (problem,) = problems_of(tmp_path, with_value(name, text))
        assert "not a " in problem, (name, problem)


def test_a_mistake_says_key_value_and_what_is_allowed(tmp_path: Path) -> None:
    assert problems_of(tmp_path, with_value("max_var", "1.5")) == [
        "max_var: is 1.5, not a number from 1e-12 to 1"
    ]
    (problem,) = problems_of(tmp_path, f"{TEXT}\nmax_vra = 0.1\n")
    assert "did you mean 'max_var'" in problem


def test_live_cannot_be_allowed_by_any_spelling(tmp_path: Path) -> None:
    for stage in ("live", "LIVE", "live ", "", "production"):
        (problem,) = problems_of(tmp_path, with_value("stages", f'["paper", "{stage}"]'))
        assert problem.startswith("stages")
        assert all(name in problem for name in STAGES)
    assert "live" not in STAGES


def test_symbols_are_ascii_and_differ_in_more_than_case(tmp_path: Path) -> None:
    for symbols in ('["BTC", "btc"]', '["BTC", "BTC"]', '["\u0412TC"]', '["A B"]', '[""]', "[]"):
        (problem,) = problems_of(tmp_path, with_value("symbols", symbols))
        assert problem.startswith("symbols"), problem
    path = tmp_path / "good.toml"
    path.write_text(with_value("symbols", '["BTC/USDT", "^GSPC", "BRK.B"]'.replace("^", "")))
    assert load_limits(path).symbols == ("BTC/USDT", "GSPC", "BRK.B")


def test_whole_numbers_may_stand_for_amounts_but_not_the_other_way_round(tmp_path: Path) -> None:
    path = tmp_path / "whole.toml"
    path.write_text(with_value("max_order_notional", "25_000"))
    assert load_limits(path) == load_limits(FILE)
    (problem,) = problems_of(tmp_path, with_value("max_orders", "10.0"))
    assert problem.startswith("max_orders")


def test_a_file_that_is_missing_or_no_toml_says_where(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_limits(tmp_path / "none.toml")
    (problem,) = problems_of(tmp_path, "max_var = \n")
    assert "line 1" in problem
