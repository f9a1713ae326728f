"""The pages on stress: their examples run, their signatures and numbers are those of the code."""

import inspect
import re

import pytest
from scratch import ROOT

from peaklib.render import stress as figure
from peaklib.risk.stress import betas, book, covariance, reverse, scenarios, shocks, table, windows
from peaklib.risk.stress.scenarios import load_scenario, load_scenarios

PAGE = (ROOT / "docs/reference/risk-stress.md").read_text("utf-8")
HOW_TO = (ROOT / "docs/how-to/add-a-stress-scenario.md").read_text("utf-8")
MODULES = (betas, book, covariance, figure, reverse, scenarios, shocks, table, windows)
LISTED = (
    *("Book", "book_of", "load_scenario", "load_scenarios", "replay", "coverage", "shock"),
    *("supposed_moves", "stress_moves", "estimate_betas", "pull_correlations"),
    *("normal_value_at_risk", "days_at_risk", "reverse_factor", "reverse_joint"),
    *("stress_table", "stress_bars"),
)


def blocks(page, language):
    found = re.findall(r"^```(\w*)\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return [text for name, text in found if name == language]


def run(code, folder, monkeypatch):
    monkeypatch.chdir(folder)
    names = {}
    exec(compile(code, "the page", "exec"), names)
    return names


def signature(name):
    """As the page has it: names and defaults, no types."""
    (found,) = (getattr(module, name) for module in MODULES if _is_of(module, name))
    read = inspect.signature(found)
    bare = [p.replace(annotation=p.empty) for p in read.parameters.values()]
    text = f"{name}{read.replace(parameters=bare, return_annotation=read.empty)}"
    return text.replace("groups=<factory>", "groups={}")


def _is_of(module, name):
    return getattr(getattr(module, name, None), "__module__", "") == module.__name__


def test_the_reference_lists_every_function_as_it_is():
    lines = "".join(blocks(PAGE, "")).splitlines()
    assert [signature(name) for name in LISTED] == lines


@pytest.mark.slow
def test_the_example_of_the_reference_gives_the_numbers_that_it_tells(monkeypatch):
    names = run(blocks(PAGE, "python")[0], ROOT, monkeypatch)
    found = names["table"].set_index("scenario")
    assert len(names["figure"].data) == (found["loss"].notna()).sum() + 3  # risks before
    assert f"lost {found.at['2008-credit-crisis', 'loss']:.1%}".replace("%", " %") in PAGE
    assert f"lose {found.at['market-20', 'loss']:.1%}".replace("%", " %") in PAGE
    assert "fall by 21.3 %" in PAGE
    assert found.at["reverse-market", "shock"] == "market −21.3\xa0%"
    shipped = found.loc[re.findall(r"^\| `(\d{4}-[\w-]+)`", PAGE, re.MULTILINE)]
    assert ((shipped["loss"] > 0.2).sum(), len(shipped)) == (3, 9)


def test_the_distance_of_a_day_like_1987_is_that_of_the_index(sp500):
    returns = sp500.frame["close"].pct_change()
    found = reverse.reverse_joint(book.book_of(returns), limit=0.2)
    assert f"{found.distance:.1f} deviations" in PAGE
    assert f"probability of {found.probability:.0e}" in PAGE


def test_the_windows_listed_are_the_nine_that_ship_as_their_files_have_them():
    """A window that is added is one file: the page need not list it."""
    listed = [line for line in PAGE.splitlines() if re.match(r"\| `\d{4}-", line)]
    names = [line.split("`")[1] for line in listed]
    rows = [
        f"| `{each.name}` | {each.start} | {each.end} |"
        for each in load_scenarios(ROOT / "configs/risk/scenarios")
        if each.name in names
    ]
    assert [line.rpartition(" |")[0].rpartition("|")[0] + "|" for line in listed] == rows
    assert len(rows) == 9
    assert listed[0].endswith(f"| −{1 - 223.92 / 336.77:.1%} |".replace("%", " %"))


def test_every_column_and_status_is_on_the_page():
    words = (*table.COLUMNS, table.COMPUTED, table.RUINED, table.NOT_COMPUTABLE)
    for word in (*words, table.NO_BREACH, table.IMPOSSIBLE, windows.OUTSIDE):
        assert f"`{word}`" in PAGE, word


def test_the_files_of_the_how_to_are_scenarios_and_stand_in_its_table(tmp_path, monkeypatch):
    folder = tmp_path / "configs" / "risk" / "scenarios"
    folder.mkdir(parents=True)
    names = re.findall(r"`configs/risk/scenarios/([\w-]+)\.toml`", HOW_TO)
    files = blocks(HOW_TO, "toml")
    for name, text in zip(names, files, strict=True):
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        assert load_scenario(folder / f"{name}.toml").name == name
    left = run(blocks(HOW_TO, "python")[0], tmp_path, monkeypatch)
    assert list(left["table"]["scenario"]) == names == ["2001-september", "rates-shock"]
    assert list(left["table"]["status"]) == ["computed", "computed"]
    moves = shocks.supposed_moves(left["book"], load_scenario(folder / "rates-shock.toml"))
    assert (moves["JPM"], moves["BAC"]) == (-0.05, -0.12)
    assert -0.1 < moves["KO"] < -0.01


def test_the_index_closes_of_the_how_to_are_those_of_the_series(sp500):
    close = sp500.frame["close"]
    assert f"Closes {close['2001-09-10']:.2f} and {close['2001-09-21']:.2f}" in HOW_TO
