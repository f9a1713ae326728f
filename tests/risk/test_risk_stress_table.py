"""One table for all stress: a row for every scenario, and the cause where there is no number."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from peaklib.data import load_panel
from peaklib.errors import DataError
from peaklib.risk.stress.book import Book, book_of
from peaklib.risk.stress.scenarios import load_scenarios
from peaklib.risk.stress.table import COLUMNS, stress_table
from peaklib.risk.stress.words import moves_in_words

SHIPPED = Path(__file__).parents[2] / "configs" / "risk" / "scenarios"
NUMBERS = list(COLUMNS[6:-2])


@pytest.fixture(scope="module")
def index(sp500):
    """Twenty years of the S&P 500 as a book, and as its own market."""
    returns = sp500.frame["close"].pct_change()
    return book_of(returns, name="sp500", factors=returns.to_frame("market"))


def row(table, name):
    return table.set_index("scenario").loc[name]


def test_a_new_scenario_is_one_file(tmp_path, index):
    folder = tmp_path / "configs" / "risk" / "scenarios"
    folder.mkdir(parents=True)
    (folder / "eleventh-of-september.toml").write_text(
        'kind = "historical"\ntitle = "September 2001"\nfrom = 2001-09-10\nto = 2001-09-21\n'
        'happened = "The exchanges stayed closed for four days."\nsource = "arch.data.sp500"\n'
    )
    table = stress_table(index, load_scenarios(folder))
    found = row(table, "eleventh-of-september")
    # 1092.54 to 965.80, the closes of those days.
    assert found["loss"] == pytest.approx(1 - 965.80 / 1092.54, abs=1e-5)
    assert (found["title"], found["days"], found["status"]) == ("September 2001", 5, "computed")


def test_every_shipped_scenario_has_its_row_in_order(index):
    scenarios = load_scenarios(SHIPPED)
    table = stress_table(index, scenarios)
    assert list(table.columns) == list(COLUMNS)
    assert list(table["scenario"]) == [each.name for each in scenarios]
    assert (table[NUMBERS].dtypes == "float64").all()


def test_outside_the_data_is_said_and_no_number_is_given(index):
    table = stress_table(index, load_scenarios(SHIPPED))
    outside = table[table["status"] == "outside the data"]
    assert list(outside["scenario"]) == ["1987-crash", "1998-russia-ltcm", "2020-covid"]
    assert outside[NUMBERS].isna().all(axis=None)
    assert outside["reason"].str.contains("from 1999-01-05 to 2018-12-31").all()
    assert outside["period"].iloc[0] == "1987-08-25 to 1987-12-04"
    inside = table[table["status"] == "computed"]
    assert inside["loss"].notna().all()
    assert (inside["reason"] == "").all()


def test_numbers_of_the_index_are_those_of_its_closes(index):
    table = stress_table(index, load_scenarios(SHIPPED))
    losses = table.set_index("scenario")["loss"].round(3)
    assert losses["2008-credit-crisis"] == 0.568
    assert losses["2018-fourth-quarter"] == 0.198
    assert losses["market-20"] == 0.2
    assert losses["liquidity-dry"] == 0.02
    double = row(table, "volatility-x2")
    assert double["measure"] == "var"
    assert double["loss"] == double["var_after"] == pytest.approx(2 * double["var_before"])
    assert row(table, "correlation-09")["var_after"] == pytest.approx(double["var_before"])


def test_stocks_moving_together_are_riskier_than_they_were():
    returns = load_panel("stocks20").close.pct_change().iloc[1:]
    held = Book(dict.fromkeys(returns.columns, 1 / 20), returns)
    table = stress_table(held, load_scenarios(SHIPPED), limit=0.2)
    together, apart = row(table, "correlation-09"), row(table, "correlation-0")
    assert row(table, "reverse-likeliest")["shock"].endswith(", 18 more")
    assert together["var_after"] > 1.5 * together["var_before"]
    assert apart["var_after"] < 0.5 * apart["var_before"]


def test_moves_are_told_by_name_while_names_are_short():
    short = {"AAA": -0.2, "B": 0.31, "C": -0.01}
    assert moves_in_words(short) == "B +31.0\xa0%, AAA −20.0\xa0%, 1 more"
    long = {"sma_crossover 30/230 on sp500": -0.421, "rsi_reversion 4/15/50 on nasdaq": -0.2}
    assert moves_in_words(long) == "2 moves, largest −42.1\xa0%: sma_crossover 30/230 on sp500"
    assert moves_in_words({"n" * 60: -0.5}) == f"{'n' * 39}… −50.0\xa0%"
    assert moves_in_words({"cash": -12.5}) == "cash −1,250.0\xa0%"
    assert moves_in_words({}) == ""


def test_what_cannot_be_computed_keeps_its_row_and_its_reason(index):
    table = stress_table(Book({"sp500": 1.0}, index.returns), load_scenarios(SHIPPED), limit=0.2)
    found = row(table, "market-20")
    assert found["status"] == "not computable"
    assert "the book has no factors" in found["reason"]
    assert np.isnan(found["loss"])
    assert "reverse-market" not in set(table["scenario"])


def test_a_limit_adds_the_shocks_that_breach_it(index):
    table = stress_table(index, load_scenarios(SHIPPED), limit=0.1, horizon=10)
    reverse = table[table["kind"] == "reverse"].set_index("scenario")
    assert list(reverse.index) == ["reverse-market", "reverse-likeliest"]
    assert (reverse["loss"] == 0.1).all()
    assert reverse.at["reverse-market", "shock"] == "market −10.0\xa0%"
    assert reverse.at["reverse-likeliest", "shock"] == "sp500 −10.0\xa0%"
    deviation = index.returns["sp500"].std() * 10**0.5
    assert reverse.at["reverse-likeliest", "distance"] == pytest.approx(0.1 / deviation)
    assert 0.0001 < reverse.at["reverse-likeliest", "probability"] < 0.01


def test_books_that_cannot_be_breached_or_only_impossibly_say_so(index):
    cash = Book({"sp500": 0.0}, index.returns, factors=index.factors)
    table = stress_table(cash, load_scenarios(SHIPPED), limit=0.1)
    reverse = table[table["kind"] == "reverse"]
    assert list(reverse["status"]) == ["nothing breaches it"] * 2
    assert reverse["reason"].str.contains("the limit").all()
    assert list(reverse["probability"].fillna(0.0)) == [0.0, 0.0]
    small = Book({"sp500": 0.05}, index.returns)
    last = stress_table(small, load_scenarios(SHIPPED), limit=0.1).iloc[-1]
    assert (last["status"], last["shock"]) == ("not possible", "sp500 −200.0\xa0%")


def test_a_ruined_book_says_when(index):
    """Four times the index is gone below 0.75 x 1565.15 = 1173.86: at 1156.39, on the 17th."""
    table = stress_table(Book({"sp500": 4.0}, index.returns), load_scenarios(SHIPPED))
    found = row(table, "2008-credit-crisis")
    assert found["status"] == "ruined"
    assert found["loss"] == pytest.approx(4 * (1 - 1156.39 / 1565.15), abs=5e-5)
    assert found["reason"] == "the equity reached 0 on 2008-09-17"


def test_arguments_outside_their_range_are_errors_and_not_rows(index):
    scenarios = load_scenarios(SHIPPED)
    cases = [
        ({"limit": -0.2}, "positive share of equity"),
        ({"limit": float("nan")}, "positive share of equity"),
        ({"level": 0.01}, "level = 0.01"),
        ({"horizon": 0}, "horizon = 0"),
    ]
    for wrong, message in cases:
        with pytest.raises(DataError, match=message):
            stress_table(index, scenarios, **wrong)
    taken = scenarios[0].model_copy(update={"name": "reverse-market"})
    assert "reverse-market" in set(stress_table(index, [taken])["scenario"])
    for twice, limit in (([*scenarios, scenarios[0]], None), ([taken], 0.2)):
        with pytest.raises(DataError, match=r"two rows '(1987-crash|reverse-market)'"):
            stress_table(index, twice, limit=limit)


def test_the_same_book_gives_the_same_table(index):
    first = stress_table(index, load_scenarios(SHIPPED), limit=0.1)
    pd.testing.assert_frame_equal(first, stress_table(index, load_scenarios(SHIPPED), limit=0.1))
