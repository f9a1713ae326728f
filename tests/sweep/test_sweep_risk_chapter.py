"""What a risk chapter computes: exposure, forecasts without look-ahead, parts, stress, words."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import MakeBars
from scratch import ROOT

from peaklib.backtest import run_backtest
from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.render import Verdict
from peaklib.risk import exceptions_of, load_scenarios, run_var_tests
from peaklib.sweep.risk_chapter import (
    Account,
    Forecasts,
    Judged,
    by_measure,
    coverage_table,
    factors_table,
    falls_of,
    falls_table,
    forecasts_of,
    gates_of,
    headline_of,
    market_regression,
    measures_table,
    models_table,
    parts_table,
    refusals,
    sentences_of,
    stressed,
    verdict_of,
)
from peaklib.sweep.risk_chapter.account import position_of
from peaklib.sweep.risk_chapter.stress import present_shares

CLOSES = [100.0, 110.0, 121.0, 110.0, 99.0, 110.0]
OPENS = [100.0, 105.0, 115.0, 120.0, 112.0, 100.0]
# Long, out, short; the last decision finds no open to be filled at.
TARGET = np.array([1.0, 1.0, 0.0, -1.0, -1.0, 0.0])


def account_on(data: Dataset, target: np.ndarray, **terms: Any) -> Account:
    """An account that follows a target, beside holding."""
    result = run_backtest(target, data, **terms)
    kept = {key: value for key, value in terms.items() if key in ("fill", "warmup")}
    hold = run_backtest(np.ones(len(data)), data, **kept)
    return Account(
        name="by hand",
        address="run:0",
        where="bars",
        returns=result.returns,
        market=hold.returns,
        parts=None,
        shares={},
        year=252.0,
        position=position_of(result, data),
    )


def random_bars(make_bars: MakeBars, size: int, seed: int = 2) -> Dataset:
    moves = np.random.default_rng(seed).standard_t(5, size) * 0.01
    return make_bars(100 * np.cumprod(1 + moves))


def swinging(size: int) -> np.ndarray:
    """Long for four bars, half short for two, out for three, and again."""
    return np.array([[1.0] * 4 + [-0.5] * 2 + [0.0] * 3]).repeat(size, axis=0).ravel()[:size]


# ---- exposure -------------------------------------------------------------------------------


def test_exposure_by_hand_of_fills_at_the_next_open(make_bars: MakeBars) -> None:
    """Bought at 105 for all of 1.0, sold at 120, sold short at 112; no costs."""
    found = account_on(make_bars(CLOSES, OPENS), TARGET).position
    assert found is not None
    expected = [0.0, 100 / 105, 1.0, 0.0, -110 / 112, -99 / 125]
    assert found.exposure.to_numpy() == pytest.approx(expected, rel=1e-12)


def test_exposure_by_hand_of_fills_at_the_close(make_bars: MakeBars) -> None:
    """Bought at 100, sold at 121, sold short at 110: each is held from the next bar on."""
    found = account_on(make_bars(CLOSES, OPENS), TARGET, fill="close").position
    assert found is not None
    expected = [0.0, 1.0, 1.0, 0.0, -1.0, -9 / 11]
    assert found.exposure.to_numpy() == pytest.approx(expected, rel=1e-12)


def test_exposure_times_the_asset_is_the_return_of_an_account_without_costs(
    make_bars: MakeBars,
) -> None:
    account = account_on(random_bars(make_bars, 120), swinging(120), fill="close", warmup=15)
    position = account.position
    assert position is not None
    product = position.exposure * position.asset.reindex(position.exposure.index)
    assert account.returns.to_numpy() == pytest.approx(product.to_numpy(), abs=1e-14)


# ---- forecasts ------------------------------------------------------------------------------

WINDOW, LEVEL = 30, 0.95
OPTIONS = {"window": WINDOW}


def test_forecasts_are_exposure_times_the_risk_of_the_asset_before_each_bar(
    make_bars: MakeBars,
) -> None:
    """Independent: NumPy's quantile of the 30 moves before each bar, the short side turned."""
    data = random_bars(make_bars, 120)
    account = account_on(data, swinging(120))
    found = forecasts_of(account, "historical", level=LEVEL, options=OPTIONS).exceptions
    close = data.frame["close"].to_numpy()
    moves = np.concatenate([[np.nan], close[1:] / close[:-1] - 1])
    position = account.position
    assert position is not None
    exposure = position.exposure.to_numpy()
    bars = [t for t in range(WINDOW + 1, 120) if exposure[t] != 0]
    var, shortfall = [], []
    for t in bars:
        losses = np.sort(-np.sign(exposure[t]) * moves[t - WINDOW : t])[::-1]
        var.append(abs(exposure[t]) * np.quantile(losses, 0.95))
        # The worst 5 % of 30 are one and a half of them.
        shortfall.append(abs(exposure[t]) * (losses[0] + 0.5 * losses[1]) / 1.5)
    assert {np.sign(exposure[t]) for t in bars} == {1.0, -1.0}
    assert found.index is not None
    assert found.shortfall is not None
    assert list(found.index) == list(data.frame.index[bars])
    assert found.var == pytest.approx(np.array(var), rel=1e-9)
    assert found.shortfall == pytest.approx(np.array(shortfall), rel=1e-9)
    assert found.returns == pytest.approx(account.returns.to_numpy()[bars], abs=0)
    assert found.hits.tolist() == (-account.returns.to_numpy()[bars] > np.array(var)).tolist()


def test_no_forecast_knows_of_a_later_bar(make_bars: MakeBars) -> None:
    whole, target = random_bars(make_bars, 120), swinging(120)
    for measure in ("historical", "normal", "cornish_fisher"):
        full = forecasts_of(
            account_on(whole, target), measure, level=LEVEL, options=OPTIONS
        ).exceptions
        for cut in (60, 88, 101):
            data = whole.between(None, whole.frame.index[cut - 1])
            part = forecasts_of(
                account_on(data, target[:cut]), measure, level=LEVEL, options=OPTIONS
            ).exceptions
            assert part.index is not None
            assert full.index is not None
            assert list(part.index) == list(full.index[: len(part.index)])
            assert part.var == pytest.approx(full.var[: part.n_days], abs=0), (measure, cut)


@pytest.mark.slow
def test_a_garch_filter_is_not_told_the_future_either(make_bars: MakeBars) -> None:
    whole = random_bars(make_bars, 420)
    target, options = np.ones(420), {"window": 300, "refit": 40}
    found = []
    for cut in (420, 400):
        data = whole.between(None, whole.frame.index[cut - 1])
        account = account_on(data, target[:cut])
        found.append(
            forecasts_of(account, "filtered_historical", level=LEVEL, options=options).exceptions
        )
    full, part = found
    assert part.n_days == full.n_days - 20
    assert part.var == pytest.approx(full.var[: part.n_days], rel=1e-12)


def test_bars_that_warm_up_the_indicators_warm_up_the_model_too(make_bars: MakeBars) -> None:
    data = random_bars(make_bars, 120)
    account = account_on(data, np.ones(120), warmup=40)
    found = forecasts_of(account, "historical", level=LEVEL, options=OPTIONS)
    assert found.exceptions.dropped == 0
    # Decided at the first close of the account, filled at the open after it.
    assert found.exceptions.index is not None
    assert found.exceptions.index[0] == data.frame.index[41]
    assert found.exceptions.n_days == 79


def test_days_without_a_position_are_counted_and_test_nothing(make_bars: MakeBars) -> None:
    account = account_on(random_bars(make_bars, 120), swinging(120))
    found = forecasts_of(account, "historical", level=LEVEL, options=OPTIONS)
    position = account.position
    assert position is not None
    exposure = position.exposure.to_numpy()
    first = next(t for t in range(WINDOW + 1, 120) if exposure[t] != 0)
    assert found.idle == int((exposure[first:] == 0).sum()) > 0
    assert found.exceptions.n_days == int((exposure[first:] != 0).sum())


def test_every_model_takes_the_options_of_the_chapter(make_bars: MakeBars) -> None:
    account = account_on(random_bars(make_bars, 300), np.ones(300))
    options = {"window": 250, "refit": 25}
    for measure, refits in (("historical", 0), ("normal", 0), ("student_t", 2)):
        found = forecasts_of(account, measure, level=LEVEL, options=options)
        assert (found.refits, found.exceptions.n_days) == (refits, 49), measure
    with pytest.raises(DataError, match="guesswork"):
        forecasts_of(account, "guesswork", level=LEVEL, options=options)
    with pytest.raises(TypeError, match="windows"):
        forecasts_of(account, "historical", level=LEVEL, options={"windows": 250})


def test_an_account_that_never_held_anything_has_no_risk_to_forecast(make_bars: MakeBars) -> None:
    idle = account_on(random_bars(make_bars, 60), np.zeros(60))
    with pytest.raises(DataError, match="never held anything"):
        forecasts_of(idle, "historical", level=LEVEL, options=OPTIONS)


def test_without_known_positions_the_forecasts_are_those_of_the_returns(
    make_bars: MakeBars,
) -> None:
    account = replace(account_on(random_bars(make_bars, 120), swinging(120)), position=None)
    found = forecasts_of(account, "historical", level=LEVEL, options=OPTIONS)
    returns = account.returns.to_numpy()
    expected = [-np.quantile(returns[t - WINDOW : t], 0.05) for t in range(WINDOW, 120)]
    assert found.exceptions.var == pytest.approx(np.array(expected), rel=1e-9)
    assert (found.idle, found.exceptions.dropped) == (0, WINDOW)


@pytest.mark.slow
def test_tables_of_models_count_and_name_them(make_bars: MakeBars) -> None:
    account = account_on(random_bars(make_bars, 300), np.ones(300))
    models = [
        forecasts_of(account, name, level=LEVEL, options={"window": 50})
        for name in ("historical", "normal")
    ]
    covered = coverage_table(models).set_index("model")
    for one in models:
        row = covered.loc[one.measure]
        hits = int((-one.exceptions.returns > one.exceptions.var).sum())
        assert row["n_exceptions"] == hits
        # 300 bars, one without a position and 50 that the first forecast needs.
        assert row["n_days"] == 249
        assert row["expected"] == pytest.approx(0.05 * 249)
        assert row["share"] == pytest.approx(hits / 249)
    tested = models_table(models, significance=0.05, seed=1)
    assert list(tested["model"].unique()) == ["historical", "normal"]
    again = models_table(models, significance=0.05, seed=1)
    pd.testing.assert_frame_equal(tested, again, check_exact=True)


# ---- measures -------------------------------------------------------------------------------


@pytest.mark.slow
def test_over_one_bar_only_bars_with_a_position_count(make_bars: MakeBars) -> None:
    account = account_on(random_bars(make_bars, 300), swinging(300))
    position = account.position
    assert position is not None
    table = measures_table(account, level=LEVEL, horizons=(1, 5))
    rows = table.set_index(["measure", "account", "bars"])
    held = account.returns[position.exposure != 0].to_numpy()
    assert rows.at[("historical", "account", 1), "n_obs"] == len(held) < 300
    assert rows.at[("historical", "account", 1), "var"] == pytest.approx(-np.quantile(held, 0.05))
    everything = account.market.to_numpy()
    assert rows.at[("historical", "hold", 1), "var"] == pytest.approx(
        -np.quantile(everything, 0.05)
    )
    # Bars that do not follow one another are no series for a model with a memory.
    assert "follow one another" in rows.at[("garch_normal", "account", 1), "remark"]
    assert np.isnan(rows.at[("garch_normal", "account", 1), "var"])
    assert rows.at[("garch_normal", "account", 5), "remark"] == ""
    refused = refusals(table)
    assert len(refused) == table["var"].isna().sum() > 0
    wide = by_measure(table, "var", "var").set_index("measure")
    names = ["var, account, 1 bar", "var, hold, 1 bar", "var, account, 5 bars", "var, hold, 5 bars"]
    assert list(wide.columns) == names
    assert (
        wide.at["historical", "var, account, 1 bar"] == rows.at[("historical", "account", 1), "var"]
    )


# ---- where it comes from --------------------------------------------------------------------


def of_parts() -> Account:
    """Two parts of one purse, 300 days."""
    days = pd.bdate_range("2020-01-01", periods=300, tz="UTC", name="time")
    draws = np.random.default_rng(4).normal(0.0, [0.01, 0.02], (300, 2))
    parts = pd.DataFrame(draws, index=days, columns=["calm", "wild"])
    wealth = (1 + parts).cumprod() @ np.array([0.7, 0.3])
    returns = wealth / wealth.shift(1, fill_value=1.0) - 1
    market = parts.mean(axis=1)
    shares = {"calm": 0.7, "wild": 0.3}
    return Account("portfolio", "run", "here", returns, market, parts, shares, 252.0)


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
    account = of_parts()
    market = account.market
    made = replace(account, returns=0.0002 + 0.4 * market + 3.0 * market**2)
    found = market_regression(made, level=0.9)
    assert found is not None
    table = factors_table(found).set_index("factor")
    assert table["beta"].to_numpy() == pytest.approx([0.4, 3.0], abs=1e-6)
    assert found.alpha == pytest.approx(0.0002 * 252, rel=1e-6)
    assert market_regression(replace(account, returns=market), level=0.9) is None


# ---- stress ---------------------------------------------------------------------------------


def test_windows_of_the_past_are_those_of_the_account_and_of_holding(sp500: Dataset) -> None:
    data = sp500.between("2005-01-01", "2012-12-31")
    account = replace(account_on(data, np.full(len(data), 0.5), fill="close"), position=None)
    scenarios = load_scenarios(ROOT / "configs" / "risk" / "scenarios")
    table = stressed(account, scenarios, limit=0.2, level=0.99).set_index("scenario")
    row = table.loc["2008-credit-crisis"]
    inside = slice("2007-10-10", "2009-03-09")
    for column, returns in (("loss", account.returns), ("hold_loss", account.market)):
        assert row[column] == pytest.approx(1 - float(np.prod(1 + returns.loc[inside])), rel=1e-9)
    assert table.at["1987-crash", "status"] == "outside the data"
    assert np.isnan(table.at["1987-crash", "loss"])
    # Half invested, it takes some twice the move to lose as much; holding was put to no such move.
    reverse = table[table["kind"] == "reverse"]
    assert reverse.at["reverse-market", "shock"].startswith("market −4")
    assert reverse["loss"].to_list() == pytest.approx([0.2, 0.2])
    assert reverse["hold_loss"].isna().all()
    assert table.at["market-20", "hold_loss"] == pytest.approx(0.2)
    said = sentences_of(account, judged_of(right_model()), table.reset_index())
    outside = int((table["status"] == "outside the data").sum())
    assert "Its worst window of the past is Credit crisis, 2007–09" in said[1]
    assert f"{outside} windows lie outside the data" in said[1]


# ---- words ----------------------------------------------------------------------------------


def right_model(scale: float = 1.0) -> Forecasts:
    """Normal losses beside the value at risk of their own law, or a multiple of it."""
    returns = np.random.default_rng(1).normal(0.0, 0.01, 1000)
    var, shortfall = 2.3263478740408408 * 0.01, 2.6652142203457607 * 0.01
    found = exceptions_of(
        returns, np.full(1000, scale * var), level=0.99, shortfall=np.full(1000, scale * shortfall)
    )
    return Forecasts("normal", found, 0, 0, 7)


def judged_of(model: Forecasts, significance: float = 0.05) -> Judged:
    tests = run_var_tests(model.exceptions, significance=significance, seed=1)
    return Judged(model, tests, significance)


def with_rows(judged: Judged, **changed: dict[str, Any]) -> Judged:
    """The same with other outcomes of some tests."""
    tests = judged.tests.set_index("test")
    for test, values in changed.items():
        for column, value in values.items():
            tests.loc[test.replace("_", " "), column] = value
    return replace(judged, tests=tests.reset_index())


def test_a_right_model_is_supported_and_one_that_says_half_is_not() -> None:
    right, half = judged_of(right_model()), judged_of(right_model(0.5))
    assert verdict_of(right) is Verdict.SUPPORTED
    assert [gate.sign for gate in gates_of(right)] == ["pass"] * 5
    assert verdict_of(half) is Verdict.NOT_SUPPORTED
    assert gates_of(half)[0].sign == "fail"
    hits = right.model.exceptions.n_exceedances
    assert headline_of(right) == (
        f"Losses passed the 99 % VaR {hits} times in 1,000 days; 10 were promised"
    )


def test_doubt_is_inconclusive_and_a_decisive_rejection_is_not() -> None:
    right = judged_of(right_model())
    kupiec, light = "Kupiec", "Basel_traffic_light"
    nan = float("nan")
    cases = [
        ({kupiec: {"p_value": 0.03, "decision": "rejected"}}, Verdict.INCONCLUSIVE, "fail"),
        ({kupiec: {"p_value": 0.009, "decision": "rejected"}}, Verdict.NOT_SUPPORTED, "fail"),
        ({kupiec: {"p_value": nan, "decision": "undefined"}}, Verdict.INCONCLUSIVE, "open"),
        ({light: {"decision": "yellow"}}, Verdict.INCONCLUSIVE, "pass"),
        ({light: {"decision": "red"}}, Verdict.NOT_SUPPORTED, "pass"),
    ]
    for changed, verdict, sign in cases:
        made = with_rows(right, **changed)
        assert verdict_of(made) is verdict, changed
        assert gates_of(made)[0].sign == sign, changed
    signs = [
        gates_of(with_rows(right, **{light: {"decision": zone}}))[-1].sign
        for zone in ("green", "yellow", "red")
    ]
    assert signs == ["pass", "open", "fail"]


def test_sentences_say_how_far_it_fell_and_what_was_left_out() -> None:
    days = pd.bdate_range("2020-01-01", periods=3, tz="UTC")
    own = pd.Series([0.1, -0.5, 0.2], index=days)
    market = pd.Series([0.1, -0.25, 0.2], index=days)
    account = Account("x", "run:0", "here", own, market, None, {}, 252.0)
    empty = pd.DataFrame({"kind": [], "loss": [], "status": [], "title": [], "hold_loss": []})
    said = sentences_of(account, judged_of(right_model()), empty)
    assert "From 2020-01-01 to 2020-01-03 it fell by up to 50.0" in said[0]
    assert "more than holding (25.0" in said[0]
    assert said[1] == "No window of the past lies inside the data."
    assert "with 99 % confidence" in said[2]
    assert said[3] == "7 days without a position test nothing and are left out."
    alone = sentences_of(replace(account, market=own), judged_of(right_model()), empty)
    assert "holding" not in alone[0]
