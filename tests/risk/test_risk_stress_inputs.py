"""What is given to stress by mistake, and the words that it is refused with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peaklib.errors import ConfigError, DataError
from peaklib.risk.stress.book import Book, book_of
from peaklib.risk.stress.reverse import reverse_factor, reverse_joint
from peaklib.risk.stress.scenarios import load_scenario, load_scenarios
from peaklib.risk.stress.shocks import shock, stress_moves
from peaklib.risk.stress.table import stress_table
from peaklib.risk.stress.windows import replay

DAYS = pd.date_range("2010-01-01", periods=90, tz="UTC")
VALUES = 0.01 * np.random.default_rng(3).standard_normal((90, 2))
RETURNS = pd.DataFrame(VALUES, index=DAYS, columns=["JPM", "KO"])
MARKET = RETURNS.mean(axis=1).rename("market")
PRICES = 100 * (1 + RETURNS).cumprod()
HALVES = {"JPM": 0.5, "KO": 0.5}
SHIPPED = Path(__file__).parents[2] / "configs" / "risk" / "scenarios"

SUPPOSED = """
kind = "hypothetical"
title = "A shock"
supposes = "Something that has never happened."
source = "Made up for a test."
"""


def _refused(cases: list[tuple[Callable[[], object], str]]) -> None:
    for call, message in cases:
        with pytest.raises(DataError, match=message):
            call()


def test_a_book_of_something_else_is_refused() -> None:
    wrong: list[tuple[Any, Any, dict[str, Any], str]] = [
        ({"JPM": 30, "KO": 70}, RETURNS, {}, "weights sum to 100 .*look like percent or money"),
        ({"JPM": -15.0, "KO": 15.0}, RETURNS, {}, "weights sum to 30"),
        ([0.5, 0.5], RETURNS, {}, "weights are a list; give a share of equity by symbol"),
        ({"JPM": "0.5"}, RETURNS, {}, "the weight of 'JPM' is '0.5'; give a finite share"),
        (HALVES, RETURNS.to_numpy(), {}, "returns: a ndarray; give a pandas DataFrame"),
        ({"JPM": 1.0}, RETURNS["JPM"], {}, r"returns: a Series; .*to_frame\('NAME'\)"),
        (HALVES, RETURNS.assign(KO="x"), {}, "returns, column 'KO': not numbers"),
        (HALVES, PRICES, {}, "returns, row 0 .2010.*, column 'JPM' is .*look like prices"),
        (HALVES, 100 * RETURNS, {}, "column 'JPM' is -.*below -1.*divide percent by 100"),
        (HALVES, RETURNS, {"factors": MARKET}, r"factors: a Series; .*to_frame\('NAME'\)"),
        (HALVES, RETURNS, {"factors": 100 * MARKET.to_frame()}, "factors, .*divide percent by"),
        (HALVES, RETURNS, {"betas": {"JPM": 1.1}}, "betas: a dict; give a pandas DataFrame"),
        (HALVES, RETURNS, {"groups": {"banks": "JPM"}}, "'banks' is 'JPM'; give a list"),
        (HALVES, RETURNS, {"groups": ["JPM"]}, "groups are a list; give the symbols of each"),
    ]
    for weights, returns, options, message in wrong:
        with pytest.raises(DataError, match=message):
            Book(weights, returns, **options)
    no_series: list[Any] = [RETURNS, VALUES[:, 0], VALUES[:, 0].tolist()]
    for returns in no_series:
        with pytest.raises(DataError, match=r"give a pandas Series over UTC days, or for several"):
            book_of(returns)


def test_weights_may_be_a_series_and_twenty_times_the_equity() -> None:
    by_symbol: Any = pd.Series(HALVES)
    assert Book(by_symbol, RETURNS).weights == HALVES
    assert Book({"JPM": 10.0, "KO": -10.0}, RETURNS).gross == 20.0


def test_what_is_no_book_no_scenario_or_no_number_is_refused() -> None:
    book, shipped = book_of(RETURNS["JPM"]), load_scenarios(SHIPPED)
    window, supposed = shipped[0], shipped[-1]
    no_book: Any = RETURNS
    path: Any = str(SHIPPED)
    no_scenario: Any = [path]
    text: Any = "0.2"
    any_window: Any = window
    any_supposed: Any = supposed
    _refused(
        [
            (lambda: stress_table(no_book, shipped), r"a DataFrame; give a book, Book\("),
            (lambda: stress_table(book, path), "scenarios are a str; give a list of them"),
            (lambda: stress_table(book, any_window), "scenarios are a Historical; give a list"),
            (lambda: stress_table(book, no_scenario), "a str; give a scenario .Historical or Hyp"),
            (lambda: stress_table(book, shipped, level=text), "level = '0.2'; give a confidence"),
            (lambda: stress_table(book, shipped, horizon=text), "horizon = '0.2'; give a whole"),
            (lambda: stress_table(book, shipped, limit=text), "limit = '0.2'; give a loss"),
            (lambda: replay(book, any_supposed), "replay: a Hypothetical; .*Historical"),
            (lambda: replay(no_book, any_window), "replay: a DataFrame; give a book"),
            (lambda: shock(book, any_window), "shock: a Historical; give a scenario .Hypothet"),
            (lambda: stress_moves(book, no_scenario), "stress moves: a str; give a scenario"),
            (lambda: reverse_joint(no_book, limit=0.2), "reverse stress: a DataFrame; give a b"),
            (lambda: reverse_factor(book, "market", limit=text), "limit = '0.2'; give a loss"),
        ]
    )


def test_folders_and_files_may_be_text() -> None:
    assert load_scenarios(str(SHIPPED)) == load_scenarios(SHIPPED)
    path = SHIPPED / "market-20.toml"
    assert load_scenario(str(path)) == load_scenario(path)


def test_values_of_a_file_are_refused_in_words(tmp_path: Path) -> None:
    """Every reason is ours: none of those of pydantic, which talk of input and strings."""
    cases = {
        "[factors]\nmarket = -20": "market: -20 is no simple return: a fall by 20 % is -0.2",
        "[factors]\nmarket = 12.5": "12.5 is no simple return: a rise by 12.5 % is 0.125",
        "[factors]\nmarket = -200": "factors.market: -200 is no simple return: moves go from -1",
        '[factors]\nmarket = "-20 %"': "factors.market: '-20 %' is no number; give one, as",
        "[factors]\n'' = -0.2": "factors: a line without a name",
        "factors = -0.2": "factors: -0.2 is no table; write its name in brackets",
        "correlation = 0.9": "correlation: 0.9 is no table; write its name in brackets",
        "[correlation]\ntoward = 90": "correlation.toward: 90: give at least 0 and at most 1",
        "[correlation]\ntoward = 0.9\nstrength = 0": "strength: 0: give more than 0 and at most 1",
        "[volatility]\nmultiplier = true": "volatility.multiplier: true is no number",
        "[liquidity]\ncost_bps = -1": "liquidity.cost_bps: -1: give at least 0 and at most 10,000",
        "[liquidity]\ncost_bps = 50\ndays_to_exit = 1.5": "days_to_exit: 1.5: give a whole number",
        "[liquidity]\ncost_bps = 50\ndays_to_exit = 0": "from 1 to 250, in trading days",
    }
    path = tmp_path / "a-shock.toml"
    for text, message in cases.items():
        path.write_text(SUPPOSED + text, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load_scenario(path)
        assert message in str(caught.value), (text, str(caught.value))
        assert not {"Input", "String"} & set(str(caught.value).split()), text
    rest = SUPPOSED + "[factors]\nmarket = -0.2"
    for wrong, message in {
        rest.replace('"A shock"', '""'): "title: '' has 0 characters; give a title of 1 to 48",
        rest.replace('"A shock"', "3"): "title: 3 is no text; give a title in quotes",
        rest.replace("Made up for a test.", "None."): "source: 'None.' has 5 characters; give a",
    }.items():
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load_scenario(path)
        assert message in str(caught.value)


def test_a_folder_names_every_mistake_of_every_file(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(SUPPOSED + "[factors]\nmarket = -0.2", encoding="utf-8")
    (tmp_path / "bad.toml").write_text('kind = "supposed"', encoding="utf-8")
    (tmp_path / "worse.toml").write_text(
        SUPPOSED + "[factors]\nmarket = -20\n[volatility]\nmultiplier = 0", encoding="utf-8"
    )
    with pytest.raises(ConfigError) as caught:
        load_scenarios(tmp_path)
    assert str(caught.value).splitlines()[0] == f"{tmp_path}: 3 mistakes"
    starts = ["bad.toml: kind: no kind 'supposed'", "worse.toml: factors.market: -20 is"]
    starts += ["worse.toml: volatility.multiplier: 0: give"]
    for line, start in zip(caught.value.problems, starts, strict=True):
        assert line.startswith(start)
    with pytest.raises(ConfigError, match="is a file; load_scenario reads one"):
        load_scenarios(tmp_path / "good.toml")
    with pytest.raises(ConfigError, match="no such folder"):
        load_scenarios(str(tmp_path / "none"))
