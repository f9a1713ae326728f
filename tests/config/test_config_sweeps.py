"""Mistakes in a sweep's file: all are found at once, each with key, value and what is allowed."""

from pathlib import Path

import pytest

from peaklib.errors import ConfigError
from peaklib.sweep import load_config

STRATEGIES = 'foreach.strategy=["sma_crosover", "rsi_reversion"]'

# What is set, and what the one line about it must name: key, value found, what is allowed.
MISTAKES = {
    "unknown key": ("sede=3", ["sede", "did you mean 'seed'", "benchmark"]),
    "unknown key of a table": ("report.tpo=5", ["report.tpo", "did you mean 'top'", "heatmaps"]),
    "unknown key of a scenario": (
        "costs.retail.fee_bps=5.0",
        ["costs.retail.fee_bps", "did you mean 'fees_bps'", "slippage_bps"],
    ),
    "wrong type": ('seed="seven"', ["seed", "'seven'", "integer"]),
    "float for an integer": ("seed=1.5", ["seed", "1.5", "integer"]),
    "below the range": ("seed=-1", ["seed", "-1", "greater than or equal to 0"]),
    "beyond exact integers": ("seed=9007199254740993", ["seed", "9007199254740993"]),
    "above the range": ("report.top=5000", ["report.top", "5000", "1000"]),
    "negative costs": ("costs.retail.fees_bps=-1.0", ["costs.retail.fees_bps", "-1.0", "0"]),
    "question too short": ('question="?"', ["question", "'?'", "10 characters"]),
    "unknown metric": (
        'report.heatmaps=["sharp", "cagr"]',
        ["report.heatmaps.0", "'sharp'", "'sharpe'"],
    ),
    "one metric only": ('report.heatmaps=["sharpe"]', ["report.heatmaps", "at least 2"]),
    "unknown data set": ('fixed.dataset="sp501"', ["fixed.dataset", "'sp501'", "sp500"]),
    "file that is not there": ('fixed.dataset="no/bars.csv"', ["fixed.dataset", "no/bars.csv"]),
    "data set that is a number": ("fixed.dataset=500", ["fixed.dataset", "500"]),
    "strategy that is a number": (
        'foreach.strategy=["sma_crossover", "rsi_reversion", 3]',
        ["foreach.strategy", "3"],
    ),
    "axis that is no list": ('foreach.costs="retail"', ["foreach.costs", "'retail'", "list"]),
    "axis without values": ("foreach.costs=[]", ["foreach.costs", "at least 1"]),
    "unknown strategy": (STRATEGIES, ["foreach.strategy", "'sma_crosover'", "'sma_crossover'"]),
    "unknown benchmark": ("benchmark=buy_and_hole", ["benchmark", "'buy_and_hole'", "macd"]),
    "unknown notebook": (
        "notebook=notebooks/sweep_cel.ipynb",
        ["notebook", "'notebooks/sweep_cel.ipynb'", "notebooks/sweep_cell.ipynb"],
    ),
    "unknown report": ("report.notebook=notebooks/no.ipynb", ["report.notebook", "sweep_report"]),
    "unknown parameter of the notebook": ("fixed.fil=close", ["fixed.fil", "'fill'", "dataset"]),
    "unknown axis": ("foreach.datasets=[1]", ["foreach.datasets", "'dataset'", "strategy"]),
    "unknown scenario": ('foreach.costs=["retial"]', ["foreach.costs", "'retial'", "'retail'"]),
    "scenario nobody uses": ("costs.other.fees_bps=1.0", ["costs.other", "foreach.costs"]),
    "unknown filter": ('foreach.filter=["vol"]', ["foreach.filter", "'vol'", "vol_regime_filter"]),
    "unknown parameter": (
        "grid.sma_crossover.fst=[5]",
        ["grid.sma_crossover.fst", "'fst'", "fast", "slow"],
    ),
    "parameter out of range": (
        "grid.sma_crossover.fast=[0, 5]",
        ["grid.sma_crossover.fast", "sma_crossover", "fast", "0", "1"],
    ),
    "parameter of a wrong type": (
        "grid.sma_crossover.fast=[5.5]",
        ["grid.sma_crossover.fast", "5.5", "a whole number from 1"],
    ),
    "axis of words": ('grid.sma_crossover.fast=["a"]', ["grid.sma_crossover.fast", "a list of"]),
    "range without a step": (
        "grid.sma_crossover.fast={start = 5, stop = 9}",
        ["grid.sma_crossover.fast", "start = 5, stop = 50, step = 5"],
    ),
    "value twice": ("grid.sma_crossover.fast=[5, 5]", ["grid.sma_crossover.fast", "twice"]),
    "grid of another strategy": ("grid.macd.fast=[5]", ["grid.macd", "sma_crossover"]),
    "condition on no parameter": (
        'grid.sma_crossover.where="fast < slw"',
        ["grid.sma_crossover.where", "fast < slw", "'slw'", "fast, slow"],
    ),
    "condition that is code": (
        "grid.sma_crossover.where=\"__import__('os') < slow\"",
        ["grid.sma_crossover.where", "__import__", "allowed"],
    ),
    "condition that is a number": ("grid.sma_crossover.where=3", ["grid.sma_crossover.where", "3"]),
    "condition that nothing meets": (
        'grid.sma_crossover.where="fast > 1000"',
        ["grid.sma_crossover.where", "fast > 1000", "no"],
    ),
    "unknown fill": ("fixed.fill=tomorrow", ["fixed.fill", "'tomorrow'", "next_open", "close"]),
    "lag that is a word": ("fixed.lag=two", ["fixed.lag", "'two'"]),
    "lag below the range": ("fixed.lag=-1", ["fixed.lag", "-1"]),
    "period that is none": ("fixed.period=sometimes", ["fixed.period", "'sometimes'"]),
}


def problems(path: Path, *settings: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_config(path, settings)
    assert str(caught.value).startswith(f"{path}: {len(caught.value.problems)} mistake")
    return caught.value.problems


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_names_key_value_and_what_is_allowed(mistake: str, quick: Path) -> None:
    setting, named = MISTAKES[mistake]
    (line,) = problems(quick, setting)
    assert [word for word in named if word not in line] == []


@pytest.mark.parametrize(
    "chosen",
    [
        ("unknown key", "unknown data set", "unknown parameter"),
        ("wrong type", "unknown benchmark", "condition on no parameter"),
        ("unknown metric", "parameter out of range", "unknown notebook"),
        ("question too short", "unknown parameter of the notebook", "axis of words"),
        ("negative costs", "unknown axis", "grid of another strategy"),
    ],
)
def test_three_mistakes_give_three_lines_in_one_go(
    chosen: tuple[str, str, str], quick: Path
) -> None:
    lines = problems(quick, *(MISTAKES[name][0] for name in chosen))
    assert len(lines) == 3
    for name in chosen:
        assert sum(all(word in line for word in MISTAKES[name][1]) for line in lines) == 1


def test_three_typos_in_a_file_are_found_in_one_go(quick: Path, tmp_path: Path) -> None:
    text = quick.read_text("utf-8")
    for right, wrong in [("seed = 7", "sed = 7"), ('"sp500"', '"sp50"'), ("fast = ", "fsat = ")]:
        assert right in text
        text = text.replace(right, wrong, 1)
    path = tmp_path / "typos.toml"
    path.write_text(text.replace('where = "fast < slow"\n', ""), encoding="utf-8")
    found = "\n".join(problems(path))
    assert len(problems(path)) == 3
    for word in ("'sed', did you mean 'seed'", "'sp50'", "'fsat', did you mean 'fast'"):
        assert word in found


def test_a_parameter_that_is_fixed_and_swept_is_refused(quick: Path, tmp_path: Path) -> None:
    path = tmp_path / "both.toml"
    text = quick.read_text("utf-8").replace("[fixed]", '[fixed]\ncosts = "retail"')
    path.write_text(text, encoding="utf-8")
    (line,) = problems(path)
    assert line.startswith("fixed.costs: stands under [foreach] too")


def test_a_setting_moves_a_parameter_between_fixed_and_foreach(quick: Path) -> None:
    swept = load_config(quick, ['foreach.dataset=["nasdaq", "sp500"]'])
    assert swept.foreach["dataset"] == ["nasdaq", "sp500"]
    assert "dataset" not in swept.fixed
    fixed = load_config(quick, ["fixed.costs=retail"])
    assert "costs" not in fixed.foreach


def test_mistakes_hide_none_in_other_parts_of_the_file(quick: Path) -> None:
    """A wrong axis, strategy or notebook does not keep the rest from being checked."""
    lines = problems(
        quick,
        "notebook=notebooks/sweep_cel.ipynb",
        "fixed.fil=close",
        'foreach.strategy=["sma_crosover", "rsi_reversion"]',
        "grid.sma_crossover.fast=[0, 5]",
        'grid.sma_crossover.where="fast < slo"',
        "grid.rsi_reversion.window=[0.5, 14]",
    )
    starts = [line.split(":")[0].split(" ")[0] for line in lines]
    assert sorted(starts) == [
        "fixed.fil",
        "foreach.strategy",
        "grid.rsi_reversion.window",
        "grid.sma_crossover.fast",
        "grid.sma_crossover.where",
        "notebook",
    ]


def test_missing_keys_are_named(tmp_path: Path, quick: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("", encoding="utf-8")
    assert {line.split(":")[0] for line in problems(path)} == {"question", "notebook", "foreach"}


def test_files_of_the_project_are_right(quick: Path) -> None:
    for path in quick.parent.glob("*.toml"):
        assert load_config(path).question.endswith("?")
