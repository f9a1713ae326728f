"""Stress of an account as it was and as it is held, and where its risk comes from."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from builders import MakeBars
from risk_accounts import (
    account_on,
    judged_of,
    of_parts,
    of_returns,
    random_bars,
    right_model,
    swinging,
)
from scratch import ROOT

from peaklib.data import Dataset
from peaklib.risk import load_scenarios
from peaklib.sweep.risk_chapter import (
    Account,
    alpha_words,
    factors_table,
    falls_of,
    falls_table,
    market_regression,
    parts_table,
    sentences_of,
    shown_stress,
    stressed,
)
from peaklib.sweep.risk_chapter.stress import present_shares

SCENARIOS = load_scenarios(ROOT / "configs" / "risk" / "scenarios")
NUMBERS = ["loss", "var_before", "var_after"]

# ---- where it comes from --------------------------------------------------------------------


def test_present_shares_have_grown_with_their_parts() -> None:
    """By hand: of 0.5 and 0.5, the first doubles and the second stands still."""
    days = pd.bdate_range("2020-01-01", periods=2, tz="UTC")
    parts = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 0.0]}, index=days)
    flat = pd.Series(0.0, index=days)
    account = Account("x", "run", "here", flat, flat, parts, {"a": 0.5, "b": 0.5}, 252.0)
    assert present_shares(account) == pytest.approx({"a": 2 / 3, "b": 1 / 3})


def test_shares_of_risk_sum_to_one_and_follow_the_covariance() -> None:
    account = of_parts()
    table = parts_table(account, level=0.975)
    assert table is not None
    assert account.parts is not None
    weights = table["share"].to_numpy()
    covariance = np.cov(account.parts.to_numpy().T)
    expected = weights * (covariance @ weights) / (weights @ covariance @ weights)
    assert table["share, of variance"].to_numpy() == pytest.approx(expected, rel=1e-9)
    assert table["share, of shortfall"].sum() == pytest.approx(1.0)
    assert table["share"].sum() == pytest.approx(1.0)
    assert parts_table(replace(account, parts=None, shares={}), level=0.975) is None


def test_a_fall_is_the_sum_of_what_its_sources_lost(make_bars: MakeBars) -> None:
    data = random_bars(make_bars, 200)
    trial = account_on(data, swinging(200), fees_bps=10.0)
    accounts = {"parts": of_parts(), "trial": trial, "whole": replace(trial, position=None)}
    sources = {"parts": {"calm", "wild"}, "trial": {"bars", "costs"}, "whole": {"by hand"}}
    for name, account in accounts.items():
        falls = falls_of(account, count=3)
        assert set(falls.contributions.columns) == sources[name]
        depth = falls.drawdowns["depth"].to_numpy()
        assert falls.contributions.sum(axis=1).to_numpy() == pytest.approx(depth, abs=1e-12)
        curve = np.concatenate([[1.0], np.cumprod(1 + account.returns.to_numpy())])
        deepest = (curve / np.maximum.accumulate(curve) - 1).min()
        assert depth[0] == pytest.approx(deepest, rel=1e-9), name
        shown = falls_table(falls)
        assert list(shown.columns[:5]) == ["rank", "peak", "trough", "recovery", "max_dd"]


def test_regression_on_holding_finds_what_was_put_in_and_nothing_for_holding_itself() -> None:
    """Independent: NumPy's least squares, without the square for alpha and beta, with it for it."""
    account = of_parts()
    market = account.market
    made = replace(account, returns=0.0002 + 0.4 * market + 3.0 * market**2)
    found = market_regression(made, level=0.9)
    assert found is not None
    slope, intercept = np.polyfit(market, made.returns, 1)
    assert found.market.alpha == pytest.approx(intercept * 252, rel=1e-6)
    # What the square earns belongs to alpha; the regression beside has it apart.
    assert found.market.alpha > found.timing.alpha + 0.01
    assert found.timing.alpha == pytest.approx(0.0002 * 252, rel=1e-6)
    table = factors_table(found).set_index("factor")
    assert list(table.index) == ["market", "market, squared"]
    assert table["beta"].to_numpy() == pytest.approx([slope, 3.0], abs=1e-6)
    assert f"R² {found.market.r_squared:.2f}" in alpha_words(found)
    assert found.market.r_squared < found.timing.r_squared
    assert market_regression(replace(account, returns=market), level=0.9) is None


# ---- stress: windows of the past --------------------------------------------------------------


def test_windows_of_the_past_are_those_of_the_account_and_of_holding(sp500: Dataset) -> None:
    """In the market for four days of nine: the window knows the other five, too."""
    data = sp500.between("2005-01-01", "2012-12-31")
    account = account_on(data, np.maximum(swinging(len(data)), 0.0), fill="close")
    table = stressed(account, SCENARIOS, limit=0.2, level=0.99).set_index("scenario")
    row = table.loc["2008-credit-crisis"]
    inside = slice("2007-10-10", "2009-03-09")
    for column, returns in (("loss", account.returns), ("hold_loss", account.market)):
        assert row[column] == pytest.approx(1 - float(np.prod(1 + returns.loc[inside])), rel=1e-9)
    assert row["held"] == ""
    assert table.at["1987-crash", "status"] == "outside the data"
    assert np.isnan(table.at["1987-crash", "loss"])
    said = sentences_of(account, judged_of(right_model()), table.reset_index())
    outside = int((table["status"] == "outside the data").sum())
    assert "Its worst window of the past is Credit crisis, 2007–09" in said[1]
    assert f"{outside} windows lie outside the data" in said[1]


# ---- stress: what is supposed -----------------------------------------------------------------


def test_what_is_supposed_hits_the_largest_share_that_was_held_not_the_average(
    make_bars: MakeBars,
) -> None:
    """By hand: the asset is the market, so a fall by a fifth costs a fifth of what is held."""
    account = account_on(
        random_bars(make_bars, 300), np.maximum(swinging(300), 0.0) / 2, fill="close"
    )
    assert account.position is not None
    most = float(account.position.exposure.max())
    table = stressed(account, SCENARIOS, limit=0.2, level=0.99).set_index("scenario")
    # Beta over all days would be less than half of it.
    assert table.at["market-20", "loss"] == pytest.approx(0.2 * most, rel=1e-2)
    assert table.at["market-20", "hold_loss"] == pytest.approx(0.2)
    reverse = table[table["kind"] == "reverse"]
    assert list(reverse.index) == ["reverse-market"]
    assert reverse["loss"].to_list() == pytest.approx([0.2])
    assert reverse["hold_loss"].isna().all()
    # A fifth over a half; with the average of all days it would be twice as much.
    assert reverse.at["reverse-market", "shock"].startswith("market −39.")
    supposed = table[table["kind"] != "historical"]
    assert set(supposed["held"]) == {f"long, {100 * most:.0f} % of equity"}
    assert not table["title"].str.endswith(", long").any()


def test_a_rule_that_is_long_and_short_is_stressed_both_ways(make_bars: MakeBars) -> None:
    account = account_on(random_bars(make_bars, 300), swinging(300), fill="close")
    assert account.position is not None
    exposure = account.position.exposure
    table = stressed(account, SCENARIOS, limit=0.2, level=0.99)
    fall = table[table["scenario"] == "market-20"].set_index("title")
    assert list(fall.index) == ["A fall by a fifth, long", "A fall by a fifth, short"]
    expected = [0.2 * exposure.max(), 0.2 * exposure.min()]
    assert fall["loss"].to_numpy() == pytest.approx(expected, rel=1e-2)
    assert fall["held"].to_list() == [
        f"long, {100 * exposure.max():.0f} % of equity",
        f"short, {-100 * exposure.min():.0f} % of equity",
    ]
    shocks = table[table["kind"] == "reverse"]["shock"].to_list()
    assert len(shocks) == 2
    assert shocks[0].startswith("market −")
    assert shocks[1].startswith("market +")
    # Windows of the past are one account, whichever way it was held.
    past = table[table["kind"] == "historical"]
    assert past["scenario"].is_unique


def test_one_holding_has_no_correlations_and_no_likeliest_move(make_bars: MakeBars) -> None:
    account = account_on(random_bars(make_bars, 300), np.ones(300))
    single = {"trial": account, "returns": replace(account, position=None)}
    for name, one in single.items():
        table = stressed(one, SCENARIOS, limit=0.2, level=0.99).set_index("scenario")
        for scenario in ("correlation-0", "correlation-09"):
            row = table.loc[scenario]
            assert row["status"] == "not applicable", name
            assert row["reason"] == "one holding has no correlations"
            assert row[NUMBERS].isna().all()
        assert "reverse-likeliest" not in table.index, name
        assert table.at["volatility-x2", "status"] == "computed"


def idle_parts() -> Account:
    """Two parts that are the market, twice and half as large, each on every other bar only."""
    days = pd.bdate_range("2020-01-01", periods=300, tz="UTC", name="time")
    market = pd.Series(np.random.default_rng(9).normal(0.0, 0.01, 300), index=days)
    odd = np.arange(300) % 2 == 1
    parts = pd.DataFrame({"twice": 2.0 * market * odd, "half": 0.5 * market * ~odd})
    wealth = (1 + parts).cumprod() @ np.array([0.5, 0.5])
    returns = wealth / wealth.shift(1, fill_value=1.0) - 1
    return Account(
        "portfolio", "run", "here", returns, market, parts, {"twice": 0.5, "half": 0.5}, 252.0
    )


def test_parts_are_stressed_all_in_the_market_with_betas_of_the_days_they_moved() -> None:
    """By hand: betas of 2 and 0.5; over all days they would be half as large."""
    account = idle_parts()
    now = present_shares(account)
    table = stressed(account, SCENARIOS, limit=0.2, level=0.99).set_index("scenario")
    expected = 0.2 * (2.0 * now["twice"] + 0.5 * now["half"])
    assert table.at["market-20", "loss"] == pytest.approx(expected, rel=1e-9)
    assert table.at["market-20", "held"] == "all parts in the market"
    assert table.at["correlation-09", "status"] == "computed"
    assert table.at["reverse-likeliest", "status"] == "computed"
    still = replace(
        account, parts=account.parts.assign(half=0.0) if account.parts is not None else None
    )
    alone = stressed(still, SCENARIOS, limit=0.2, level=0.99).set_index("scenario")
    assert alone.at["market-20", "loss"] == pytest.approx(0.4 * present_shares(still)["twice"])


def test_an_account_of_returns_alone_is_stressed_as_it_was() -> None:
    market = np.random.default_rng(10).normal(0.0, 0.01, 300)
    table = stressed(of_returns(0.5 * market, market), SCENARIOS, limit=0.2, level=0.99)
    rows = table.set_index("scenario")
    assert rows.at["market-20", "loss"] == pytest.approx(0.1, rel=1e-9)
    assert rows.at["market-20", "held"] == "as it was"


def test_a_value_at_risk_is_shown_beside_losses_and_is_none(make_bars: MakeBars) -> None:
    account = account_on(random_bars(make_bars, 300), np.ones(300))
    table = stressed(account, SCENARIOS, limit=0.2, level=0.99)
    shown = shown_stress(table).set_index(table["scenario"])
    made = table.set_index("scenario")
    names = "title, what, share, lost, share, hold lost, share, worst drawdown, var, after, status"
    assert ", ".join(shown.columns) == names
    row = shown.loc["volatility-x2"]
    assert np.isnan(row["share, lost"])
    assert row["var, after"] == pytest.approx(2 * made.at["volatility-x2", "var_before"])
    assert np.isnan(row["share, hold lost"])
    fall = shown.loc["market-20"]
    assert fall["share, lost"] == pytest.approx(made.at["market-20", "loss"], abs=1e-9)
    assert fall["what"] == made.at["market-20", "shock"] != ""
    assert shown.at["1987-crash", "what"] == "1987-08-25 to 1987-12-04"
