"""Scenario files: what the shipped ones say, their order, and every mistake by name."""

from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from peaklib.errors import ConfigError
from peaklib.risk.stress.scenarios import (
    CONFIG_FILES,
    Historical,
    Hypothetical,
    load_scenario,
    load_scenarios,
)

FOLDER = Path(__file__).parents[2] / "configs" / "risk" / "scenarios"
# The windows that ship, in order of time; the folder may hold more.
WINDOWS = (
    *("1987-crash", "1998-russia-ltcm", "2000-dotcom", "2008-credit-crisis", "2011-euro-debt"),
    *("2015-china", "2018-volatility", "2018-fourth-quarter", "2020-covid"),
)
WINDOW = """
kind = "historical"
title = "A week"
from = 2010-01-04
to = 2010-01-08
happened = "Nothing that anyone remembers."
source = "Made up for a test."
"""
SUPPOSED = """
kind = "hypothetical"
title = "A fall"
supposes = "Everything falls by a tenth."
source = "Made up for a test."
"""


@pytest.fixture
def write(tmp_path):
    def make(text, name="a-week"):
        path = tmp_path / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return make


@pytest.fixture(scope="module")
def shipped():
    """The windows that ship, in the order in which they are loaded."""
    return [each for each in load_scenarios(FOLDER) if each.name in WINDOWS]


def test_the_shipped_windows_are_those_of_the_design_in_order_of_time(shipped):
    assert tuple(each.name for each in shipped) == WINDOWS
    assert all(isinstance(each, Historical) for each in shipped)
    assert [each.start.year for each in shipped] == [
        *(1987, 1998, 2000, 2007, 2011, 2015, 2018, 2018, 2020),
    ]


def test_the_shipped_shocks_cover_factor_correlation_volatility_and_liquidity():
    shocks = [each for each in load_scenarios(FOLDER) if isinstance(each, Hypothetical)]
    assert [each.name for each in shocks] == sorted(each.name for each in shocks)
    by_name = {each.name: each for each in shocks}
    assert by_name["market-20"].factors == {"market": -0.2}
    assert by_name["volatility-x2"].volatility.multiplier == 2
    assert by_name["correlation-09"].correlation.toward == 0.9
    assert by_name["liquidity-dry"].liquidity.days_to_exit == 10


def test_windows_run_from_a_years_high_to_the_lowest_close_before_it_was_regained(sp500, shipped):
    """The rule that every shipped file states, against two independent series of the S&P 500.

    arch's series (1999-2018) and skfolio's (1990-2022). The one of 1987 is in neither: its two
    closes are those of Yardeni Research's table of 23 March 2020, which the file cites.
    """
    folder = Path(find_spec("skfolio").submodule_search_locations[0])
    index = pd.read_csv(folder / "datasets/data/sp500_index.csv.gz", index_col=0, parse_dates=True)
    longer = index.iloc[:, 0].tz_localize("UTC")
    checked = {}
    for close in (sp500.frame["close"], longer):
        for window in shipped:
            if close.index[0].date() > window.start:
                continue
            start = pd.Timestamp(window.start, tz="UTC")
            if start > close.index[-1]:
                continue
            peak = close[start]
            year = close[start - pd.Timedelta(days=365) : start]
            after = close[start:]
            regained = after[after > peak]
            until = regained.index[0] if len(regained) else after.index[-1]
            assert year.max() == peak, window.name
            assert after[:until].idxmin().date() == window.end, window.name
            checked[window.name] = round(close[pd.Timestamp(window.end, tz="UTC")] / peak - 1, 3)
    assert checked == {
        "1998-russia-ltcm": -0.193,
        "2000-dotcom": -0.491,
        "2008-credit-crisis": -0.568,
        "2011-euro-debt": -0.194,
        "2015-china": -0.142,
        "2018-volatility": -0.102,
        "2018-fourth-quarter": -0.198,
        "2020-covid": -0.339,
    }


def test_closes_in_the_sources_are_those_of_the_series(sp500, shipped):
    """The files that ship cite closes; where the data has the day, it has that close."""
    close = sp500.frame["close"]
    compared = 0
    for window in shipped:
        if window.start.year in (1987, 1998, 2020):
            continue
        first, last = (close[pd.Timestamp(day, tz="UTC")] for day in (window.start, window.end))
        assert f"Closes {first:.2f} and {last:.2f}" in window.source, window.name
        compared += 1
    assert compared == 6


def test_a_scenario_is_called_by_its_file(write):
    assert load_scenario(write(WINDOW)).name == "a-week"


def test_windows_come_by_date_and_the_others_after_them_by_name(write, tmp_path):
    write(WINDOW.replace("2010", "2012"), "a-late-one")
    write(WINDOW, "z-early-one")
    for name in ("b-shock", "a-shock"):
        write(SUPPOSED + "[factors]\nmarket = -0.1", name)
    order = [each.name for each in load_scenarios(tmp_path)]
    assert order == ["z-early-one", "a-late-one", "a-shock", "b-shock"]


def test_every_mistake_of_a_file_is_named(write):
    cases = {
        WINDOW.replace("historical", "historic"): "no kind 'historic', did you mean 'historical'",
        WINDOW.replace('kind = "historical"', ""): "kind: is missing",
        WINDOW + 'name = "other"': "name: a scenario is called by its file; leave it out",
        WINDOW.replace("2010-01-08", "2010-01-04"): "to = 2010-01-04 is not after from",
        WINDOW.replace("2010-01-08", '"2010-01-08"'): "to: '2010-01-08' is no day; write it as",
        WINDOW.replace("2010-01-08", "2010-01-08T10:00:00"): "to: 2010-01-08 10:00:00 is no day",
        WINDOW.replace('source = "Made up for a test."', ""): "source: is missing",
        WINDOW + "loss = 0.2": "no key 'loss'",
        SUPPOSED: "nothing is supposed; add a table",
        SUPPOSED + "[factors]\nmarket = -1.2": "factors.market: -1.2 is no simple return: a fall",
        SUPPOSED + "[factors]\nmarket = nan": "factors.market: nan is no number",
        SUPPOSED + "[symbols]\nspy = true": "symbols.spy: true is no number",
        SUPPOSED + "[correlation]\ntoward = -0.5": "correlation.toward: -0.5: give at least 0",
        SUPPOSED + "[correlation]\ntowards = 0.5": "no key 'towards', did you mean 'toward'",
        SUPPOSED + "[volatility]\nmultiplier = 0": "volatility.multiplier: 0: give more than 0",
        SUPPOSED + "[liquidity]\ndays_to_exit = 5": "liquidity.cost_bps: is missing",
    }
    for text, message in cases.items():
        with pytest.raises(ConfigError) as caught:
            load_scenario(write(text))
        assert message in str(caught.value), text


def test_a_file_whose_name_is_no_name_is_refused(write):
    with pytest.raises(ConfigError, match="name: 'A Week' is no name of a scenario; call the file"):
        load_scenario(write(WINDOW, "A Week"))


def test_a_folder_without_scenarios_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="no scenario here"):
        load_scenarios(tmp_path)


def test_the_files_are_claimed_with_their_check():
    assert CONFIG_FILES.pattern == "risk/scenarios/*.toml"
    assert [CONFIG_FILES.check(path).name for path in sorted(FOLDER.glob("*.toml"))]
