"""Several markets beside each other."""

import numpy as np
import pandas as pd
import pytest
from builders import MakeBars

from peaklib.data import Dataset, from_frame, load
from peaklib.errors import DataError
from peaklib.outlook import compare_assets, correlations, rates


def rate(levels: list[float], start: str = "2024-01-01") -> Dataset:
    index = pd.bdate_range(start, periods=len(levels), tz="UTC", name="time")
    return from_frame(pd.DataFrame({"close": levels}, index=index), name="r", kind="rate")


def test_prices_and_rates_have_tables_of_their_own(make_bars: MakeBars) -> None:
    rising = make_bars([100.0 + k for k in range(300)], name="rising")
    short = make_bars([100.0, 90.0, 99.0, 90.0, 99.0], name="short")
    month = make_bars([100.0] * 21 + [110.0], name="month")
    level = rate([3.0, -1.0, 2.0, 2.0])
    found = compare_assets([rising, level, short], window=2).set_index("asset")
    assert found.index.tolist() == ["rising", "short"]
    assert found.loc["rising", "ret_21"] == pytest.approx(399 / 378 - 1)
    assert found.loc["rising", "ret_252"] == pytest.approx(399 / 147 - 1)
    assert found.loc["rising", "drawdown"] == 0.0
    assert found.loc["short", ["ret_21", "ret_252"]].isna().all()
    assert compare_assets([month])["ret_21"].tolist() == pytest.approx([0.1])
    assert found.loc["short", "drawdown"] == pytest.approx(-0.01)
    (row,) = rates([rising, level, short]).to_dict("records")
    assert (row["rate"], row["level"], row["rank"]) == ("r", 2.0, 0.75)
    assert np.isnan(row["change_21"])
    assert rates([rate([float(k) for k in range(30)])])["change_21"].tolist() == [21.0]
    assert rates([rising]).empty


def test_correlation_is_over_common_days(sp500: Dataset) -> None:
    vix, wti = load("vix"), load("wti")
    found = correlations(sp500, [vix, wti]).set_index("asset")
    both = pd.DataFrame({"p": np.log(sp500.frame["close"]), "v": vix.frame["close"]}).dropna()
    moves = both.diff().dropna()
    assert found.loc["vix", "n_moves"] == len(moves)
    assert found.loc["vix", "all"] == pytest.approx(moves.corr().iloc[0, 1])
    assert found.loc["vix", "recent"] == pytest.approx(moves.iloc[-252:].corr().iloc[0, 1])
    assert found.loc["vix", "all"] < -0.8  # a market that falls is thought to move more
    assert abs(found.loc["wti", "all"]) < 0.3


def test_what_cannot_be_correlated(make_bars: MakeBars) -> None:
    one = make_bars([100.0, 101.0, 100.0, 102.0])
    (row,) = correlations(one, [rate([1.0, 2.0, 1.0, 3.0])]).to_dict("records")
    assert np.isnan(row["recent"])  # three moves are fewer than a year of them
    assert row["all"] > 0.9
    assert correlations(one, [rate([1.0] * 4)])["all"].isna().all()
    assert correlations(one, []).empty
    with pytest.raises(DataError, match="bars and r have 0 days in common"):
        correlations(one, [rate([1.0, 2.0, 3.0], start="2030-01-01")])
