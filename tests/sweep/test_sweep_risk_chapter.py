"""What a risk chapter forecasts: exposure, models without look-ahead, measures, settings."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import MakeBars
from risk_accounts import account_on, of_returns, random_bars, swinging
from scratch import ROOT

from peaklib.errors import ConfigError, DataError
from peaklib.evidence import start_run
from peaklib.evidence.run import Run
from peaklib.sweep.risk_chapter import (
    account_of,
    beside,
    by_measure,
    check_settings,
    coverage_table,
    fitting_window,
    forecasts_of,
    measures_table,
    models_table,
    refusals,
)
from peaklib.sweep.risk_chapter.measures import stretches

CLOSES = [100.0, 110.0, 121.0, 110.0, 99.0, 110.0]
OPENS = [100.0, 105.0, 115.0, 120.0, 112.0, 100.0]
# Long, out, short; the last decision finds no open to be filled at.
TARGET = np.array([1.0, 1.0, 0.0, -1.0, -1.0, 0.0])


# ---- exposure -------------------------------------------------------------------------------


def test_exposure_by_hand_of_fills_at_the_next_open(make_bars: MakeBars) -> None:
    """Bought at the open of bar 1, sold at that of bar 3, sold short at 112 at that of bar 4."""
    account = account_on(make_bars(CLOSES, OPENS), TARGET)
    found = account.position
    assert found is not None
    # What an open buys is not in it that day; what the open of bar 3 sells still is.
    expected = [0.0, 0.0, 1.0, 1.0, 0.0, -99 / 125]
    assert account.held.tolist() == [share != 0 for share in expected]
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


def test_the_night_before_a_sale_at_the_open_is_judged_and_the_day_of_a_purchase_is_not(
    make_bars: MakeBars,
) -> None:
    """In from the open of bar 41 to that of bar 61, which lies 30 % below the close before it."""
    closes = random_bars(make_bars, 120).frame["close"].to_numpy()
    opens = closes.copy()
    opens[61] = 0.7 * closes[60]
    target = np.where((np.arange(120) >= 40) & (np.arange(120) < 60), 1.0, 0.0)
    data = make_bars(closes, opens)
    account = account_on(data, target)
    assert account.returns.iloc[61] == pytest.approx(-0.3, abs=1e-12)
    found = forecasts_of(account, "historical", level=LEVEL, options=OPTIONS)
    assert found.exceptions.index is not None
    assert list(found.exceptions.index) == list(data.frame.index[42:62])
    assert found.exceptions.hits[-1]


def test_an_account_of_returns_is_idle_where_nothing_moved() -> None:
    account = of_returns(np.array([0.0, 0.01, 0.0, -0.02]))
    assert account.held.tolist() == [False, True, False, True]


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
    # Decided at the first close of the account, filled at the open after it: held the day after.
    assert found.exceptions.index is not None
    assert found.exceptions.index[0] == data.frame.index[42]
    assert found.exceptions.n_days == 78


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
    with pytest.raises((DataError, TypeError), match="windows"):
        forecasts_of(account, "historical", level=LEVEL, options={"windows": 250})


def test_an_account_that_never_held_anything_has_no_risk_to_forecast(make_bars: MakeBars) -> None:
    idle = account_on(random_bars(make_bars, 60), np.zeros(60))
    with pytest.raises(DataError, match="never held anything"):
        forecasts_of(idle, "historical", level=LEVEL, options=OPTIONS)


def test_without_known_positions_the_forecasts_are_those_of_the_days_that_moved() -> None:
    """Independent: NumPy's quantile of the 30 moves before; a year of nothing in the middle."""
    draws = np.random.default_rng(3).normal(0.0, 0.01, 160)
    account = of_returns(np.concatenate([draws[:60], np.zeros(250), draws[60:]]))
    found = forecasts_of(account, "historical", level=LEVEL, options=OPTIONS)
    expected = [-np.quantile(draws[t - WINDOW : t], 0.05) for t in range(WINDOW, 160)]
    assert found.exceptions.var == pytest.approx(np.array(expected), rel=1e-9)
    assert found.exceptions.var.min() > 0
    assert (found.idle, found.exceptions.dropped) == (250, WINDOW)
    assert found.places.tolist() == [*range(WINDOW, 60), *range(310, 410)]
    assert found.apart == pytest.approx(1 / 129)


def test_a_window_is_at_most_half_of_what_a_model_can_be_fitted_to(make_bars: MakeBars) -> None:
    trial = account_on(random_bars(make_bars, 301), np.ones(301), warmup=50)
    # The asset has moved 300 times, also while the indicators warmed up.
    assert [fitting_window(trial, asked) for asked in (1000, 151, 150, 149)] == [150, 150, 150, 149]
    short = account_on(random_bars(make_bars, 200), np.ones(200))
    with pytest.raises(DataError, match=r"by hand: 199 bars of its asset are too few .* 200 are"):
        fitting_window(short, 1000)
    half_idle = of_returns(np.tile([0.01, -0.01, 0.0, 0.0], 120))
    assert fitting_window(half_idle, 1000) == 120
    with pytest.raises(DataError, match="mine: 100 bars on which it moved are too few"):
        fitting_window(of_returns(half_idle.returns.to_numpy()[:200]), 1000)


def test_a_window_that_fits_lets_every_model_of_the_chapter_forecast(make_bars: MakeBars) -> None:
    trial = account_on(random_bars(make_bars, 201), np.ones(201))
    draws = np.random.default_rng(8).standard_t(5, 300) * 0.01
    draws[::3] = 0.0
    for account in (trial, of_returns(draws)):
        options = {"window": fitting_window(account, 1000), "refit": 60}
        for measure in ("filtered_historical", "historical", "normal", "cornish_fisher"):
            found = forecasts_of(account, measure, level=LEVEL, options=options)
            assert found.exceptions.n_days >= 98, measure


def test_other_models_are_judged_on_the_days_of_the_main_one(make_bars: MakeBars) -> None:
    account = account_on(random_bars(make_bars, 300), swinging(300))
    main = forecasts_of(account, "normal", level=LEVEL, options={"window": 60})
    alone = forecasts_of(account, "historical", level=LEVEL, options={"window": 30})
    assert alone.exceptions.n_days > main.exceptions.n_days
    (other,), refused = beside(main, account, {"historical": {"window": 30}})
    assert refused == {}
    assert other.places.tolist() == main.places.tolist()
    assert other.idle == main.idle > 0
    assert other.exceptions.index is not None
    assert main.exceptions.index is not None
    assert list(other.exceptions.index) == list(main.exceptions.index)
    common = main.exceptions.n_days
    assert other.exceptions.var.tolist() == alone.exceptions.var[-common:].tolist()
    counted = coverage_table([main, other])
    assert counted["n_days"].to_list() == [common, common]
    assert counted["expected"].nunique() == 1


def test_a_model_that_refuses_or_begins_later_costs_the_main_one_no_day(
    make_bars: MakeBars,
) -> None:
    account = account_on(random_bars(make_bars, 300), np.ones(300))
    main = forecasts_of(account, "historical", level=LEVEL, options={"window": 30})
    asked = {"normal": {"window": 31}, "student_t": {"window": 1000}}
    found, refused = beside(main, account, asked)
    assert found == []
    assert refused["normal"].endswith("later than that of historical")
    assert "window" in refused["student_t"]


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
        assert row["n_exceedances"] == hits
        # 300 bars, two that nothing was taken into, and 50 moves before the first forecast.
        assert row["n_days"] == 249
        assert row["expected"] == pytest.approx(0.05 * 249)
        assert row["share"] == pytest.approx(hits / 249)
    tested = models_table(models, significance=0.05, seed=1)
    assert list(tested["model"].unique()) == ["historical", "normal"]
    again = models_table(models, significance=0.05, seed=1)
    pd.testing.assert_frame_equal(tested, again, check_exact=True)


# ---- measures -------------------------------------------------------------------------------


@pytest.mark.slow
def test_of_an_account_with_idle_bars_only_what_was_at_risk_is_measured(
    make_bars: MakeBars,
) -> None:
    """Independent: NumPy's quantile of the held bars, and of stretches compounded one by one."""
    account = account_on(random_bars(make_bars, 300), swinging(300))
    table = measures_table(account, level=LEVEL, horizons=(1, 5))
    rows = table.set_index(["measure", "account", "bars"])
    returns, held = account.returns.to_numpy(), account.held
    assert rows.at[("historical", "account", 1), "n_obs"] == held.sum() < 300
    assert rows.at[("historical", "account", 1), "var"] == pytest.approx(
        -np.quantile(returns[held], 0.05)
    )
    over_five = [
        float(np.prod(1 + returns[t : t + 5]) - 1) for t in range(296) if held[t : t + 5].any()
    ]
    assert rows.at[("historical", "account", 5), "n_obs"] == len(over_five)
    assert rows.at[("historical", "account", 5), "var"] == pytest.approx(
        -np.quantile(over_five, 0.05)
    )
    # Bars that do not follow one another are no series for a model with a memory, at no horizon;
    # over several bars every model but the historical one would read idle bars as calm ones.
    of_account = rows.xs("account", level="account")
    for bars, word in ((1, "follow one another"), (5, "follow one another")):
        for measure in ("garch_normal", "gjr_t", "filtered_historical"):
            assert word in of_account.at[(measure, bars), "remark"]
            assert np.isnan(of_account.at[(measure, bars), "var"])
    for measure in ("normal", "student_t", "cornish_fisher"):
        assert of_account.at[(measure, 1), "var"] > 0, measure
        assert "idle days for calm ones" in of_account.at[(measure, 5), "remark"]
        assert np.isnan(of_account.at[(measure, 5), "expected_shortfall"])


@pytest.mark.slow
def test_holding_and_an_account_without_an_idle_bar_are_measured_by_everything() -> None:
    draws = np.random.default_rng(6).standard_t(8, (2, 300)) * 0.01
    table = measures_table(of_returns(*draws), level=LEVEL, horizons=(1, 5))
    rows = table.set_index(["measure", "account", "bars"])
    for whose, values in zip(("account", "hold"), draws, strict=True):
        assert rows.at[("historical", whose, 1), "var"] == pytest.approx(-np.quantile(values, 0.05))
        assert rows.at[("garch_normal", whose, 5), "var"] > 0
    assert not table["remark"].str.contains("idle|follow one another").any()
    refused = refusals(table)
    assert len(refused) == table["var"].isna().sum()
    wide = by_measure(table, "var", "var").set_index("measure")
    names = ["var, account, 1 bar", "var, hold, 1 bar", "var, account, 5 bars", "var, hold, 5 bars"]
    assert list(wide.columns) == names
    shown = wide.at["historical", "var, account, 1 bar"]
    assert shown == rows.at[("historical", "account", 1), "var"]


def test_stretches_by_hand_leave_out_those_that_are_idle_throughout() -> None:
    account = of_returns(np.array([0.1, 0.0, 0.0, -0.5, 0.2]))
    assert stretches(account, 2) == pytest.approx([0.1, -0.5, -0.4])
    assert stretches(account, 1) == pytest.approx([0.1, -0.5, 0.2])
    for bars in (0, 6):
        with pytest.raises(DataError, match=f"{bars} bars asked for, and mine has 5"):
            stretches(account, bars)


# ---- what is read and refused ---------------------------------------------------------------


def test_of_a_table_with_sides_only_days_out_of_sample_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEAK_HOME", str(tmp_path))
    days = pd.bdate_range("2020-01-01", periods=5, tz="UTC")
    seen, unseen = [0.5, 0.5, 0.5], [0.01, -0.02]
    table = pd.DataFrame({"time": days, "side": ["is"] * 3 + ["oos"] * 2, "own": seen + unseen})
    with start_run(kind="notebook", config={}) as run:
        run.save_table("returns", table)
        run.log_metric("bars_per_year", 252.0)
    found = account_of(run.run_id, run=Run(None), config="")
    assert found.returns.to_dict() == dict(zip(days[3:], unseen, strict=True))


def test_settings_are_checked_together_and_so_are_the_scenarios(tmp_path: Path) -> None:
    check_settings({}, ROOT)
    right = {"level": 0.975, "window": 100, "refit": 1, "horizon": 1, "model": "student_t"}
    check_settings({**right, "loss_limit": 0.5, "significance": 0.1, "seed": 3}, ROOT)
    wrong = {
        "level": (0.5, 1.0, 95.0, float("nan")),
        "loss_limit": (0.0, 1.0, -0.2),
        "significance": (0.0, 1.0),
        "horizon": (0,),
        "window": (99,),
        "short_window": (99,),
        "refit": (0,),
        "model": ("studnet_t",),
    }
    for name, values in wrong.items():
        for value in values:
            with pytest.raises(ConfigError, match=name) as caught:
                check_settings({name: value}, ROOT)
            assert len(caught.value.problems) == 1, (name, value)
    with pytest.raises(ConfigError) as caught:
        check_settings({name: values[0] for name, values in wrong.items()}, ROOT)
    assert len(caught.value.problems) == len(wrong)
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.toml").write_text('kind = "hypothetical"\ntitle = "x"\n', "utf-8")
    with pytest.raises(ConfigError) as caught:
        check_settings({"scenarios": "mine"}, tmp_path)
    said = str(caught.value)
    assert "a.toml: supposes: is missing" in said
    assert "b.toml: source: is missing" in said
