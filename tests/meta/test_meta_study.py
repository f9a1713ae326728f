"""Walk-forward: nothing later is known, a planted pattern is found, noise is not believed."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from peaklib.backtest import run_backtest, run_grid
from peaklib.data import Dataset, load
from peaklib.data.frames import from_frame
from peaklib.errors import StrategyError
from peaklib.evidence import Run
from peaklib.features import Bars, FeatureCache
from peaklib.features.cache.entry import read_record
from peaklib.meta import Settings, meta_forest, study
from peaklib.strategies import get, strategy
from peaklib.strategies.contract import is_causal, is_deterministic, warms_up_as_declared

pytestmark = pytest.mark.slow  # a model is fitted every two hundred bars

SMALL = {"trees": 8, "depth": 3, "train_bars": 700, "refit_bars": 200, "cusum": 1.0}


@pytest.fixture(scope="module")
def bars(sp500: Dataset) -> Bars:
    return Bars.of(sp500.between(None, "2004-12-31"))


def settings(**given: float):
    return Settings(**{**SMALL, **given})


@pytest.mark.parametrize("model", ["meta_forest", "meta_boosting"])
def test_a_meta_labeled_strategy_keeps_the_contract_of_strategies(model: str, bars: Bars) -> None:
    rule = get(f"{model}(momentum)")
    params = rule.resolve(SMALL)
    for check in (is_causal, warms_up_as_declared, is_deterministic):
        check(rule, bars, params)
    assert np.any(rule.targets(bars, params) != 0)


def test_what_happens_after_a_bet_is_decided_does_not_change_its_size(bars: Bars) -> None:
    whole = study(bars, np.ones(len(bars)), settings(), "forest")
    place = int(whole.examples.bar[np.flatnonzero(np.isfinite(whole.probability))[40]])
    columns = {name: bars.column(name).copy() for name in bars.columns}
    for name in ("open", "high", "low", "close"):
        columns[name][place + 1 :] *= 0.5
    other = Bars(columns, bars.index, name="crash", bars_per_year=252.0)
    crashed = study(other, np.ones(len(bars)), settings(), "forest")
    before = whole.examples.bar <= place
    np.testing.assert_array_equal(crashed.probability[: before.sum()], whole.probability[before])


def test_no_bet_is_sized_before_the_first_fit_nor_without_both_outcomes(bars: Bars) -> None:
    done = study(bars, np.ones(len(bars)), settings(), "forest")
    early = done.examples.bar < 700
    assert np.isnan(done.probability[early]).all()
    assert (done.size[early] == 0).all()
    # A stop that is never reached and a profit that always is: there is nothing to learn.
    rising = Bars(
        {"close": 100 * np.exp(0.01 * np.arange(1500) + 0.02 * (np.arange(1500) % 2))},
        pd.date_range("2001-01-01", periods=1500, tz="UTC"),
        name="rising",
        bars_per_year=252.0,
    )
    sure = study(rising, np.ones(1500), settings(stop_loss=20.0), "forest")
    assert np.isnan(sure.probability).all()
    assert not sure.target.any()


def in_other_units(bars: Bars, price: float, volume: float) -> Bars:
    units = {"volume": volume}
    columns = {name: bars.column(name) * units.get(name, price) for name in bars.columns}
    return Bars(columns, bars.index, name="other units", bars_per_year=252.0)


def test_units_of_price_and_volume_change_no_size(bars: Bars) -> None:
    plain = study(bars, np.ones(len(bars)), settings(), "forest")
    for price, volume in ((0.1, 1.0), (10.0, 1e-6)):
        other = in_other_units(bars, price, volume)
        again = study(other, np.ones(len(bars)), settings(), "forest")
        np.testing.assert_array_equal(again.examples.bar, plain.examples.bar)
        # Rounding may put one bet on the other side of a split, now and then.
        same = np.isclose(again.probability, plain.probability, atol=1e-12, equal_nan=True)
        assert same.mean() > 0.97
    assert "amihud" not in plain.features
    assert "amihud_zscore" in plain.features


def test_rows_that_nothing_can_be_learned_from_give_no_opinion() -> None:
    close = np.full(1500, 100.0)
    close[900:] = 100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.01, 600)))
    index = pd.date_range("2001-01-01", periods=1500, tz="UTC")
    bars = Bars({"close": close}, index, name="late", bars_per_year=252.0)
    done = study(bars, np.ones(1500), settings(train_bars=800), "forest")
    assert np.isnan(done.probability[done.examples.bar < 1000]).all()


def test_a_record_lists_what_was_learned_at_each_refit(bars: Bars, tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path / "cache")
    done = study(bars, np.ones(len(bars)), settings(), "forest", cache=cache)
    folder = tmp_path / "run"
    folder.mkdir()
    done.record(Run(folder))
    listed = json.loads((folder / "inputs" / "features.json").read_bytes())
    refits = [entry["fitted_rows"] for entry in listed if entry["label"] == "volatility_regime"]
    assert refits == list(range(700, len(bars), 200))
    # Each key is that of an entry which these very columns left in the cache.
    kept = {read_record(path).key.digest() for path in cache.folder.glob("*/*.parquet")}
    assert {entry["key"] for entry in listed} == kept
    states = {str(entry["state"]) for entry in listed if entry["fitted_rows"]}
    assert len(states) == len(refits)


def calm_and_wild(seed: int, n: int = 5000) -> Dataset:
    """Days that rise in calm weeks and fall in wild ones; the weeks are to be seen."""
    draw = np.random.default_rng(seed)
    wild = np.repeat(draw.integers(0, 2, n // 50), 50).astype(bool)
    steps = np.where(wild, -0.006, 0.0015) + draw.normal(size=n) * np.where(wild, 0.02, 0.004)
    close = 100 * np.exp(np.cumsum(steps))
    index = pd.date_range("1990-01-01", periods=n, tz="UTC", name="time")
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    return from_frame(pd.DataFrame(prices, index=index), name="weeks", kind="tradable")


def test_a_pattern_that_is_there_is_found_out_of_sample() -> None:
    data = calm_and_wild(seed=5)
    bars = Bars.of(data)
    done = study(bars, np.ones(len(bars)), settings(trees=30, max_holding=10), "forest")
    judged = done.judged
    won = done.examples.made_money[judged] == 1
    believed = done.probability[judged]
    assert judged.sum() > 200
    assert believed[won].mean() - believed[~won].mean() > 0.1
    plain = run_backtest("buy_and_hold", data).metrics["sharpe"]
    meta = run_backtest("meta_forest(buy_and_hold)", data, {**SMALL, "max_holding": 10})
    assert meta.metrics["sharpe"] > plain + 0.5


def test_of_a_random_walk_nothing_is_believed() -> None:
    from sklearn.metrics import roc_auc_score

    aucs = []
    for seed in (1, 2, 3):
        bars = Bars.of(load(f"synthetic:random_walk,seed={seed},bars=4000"))
        done = study(bars, np.ones(len(bars)), settings(trees=20), "forest")
        won = done.examples.made_money[done.judged] == 1
        aucs.append(roc_auc_score(won, done.probability[done.judged]))
    assert abs(np.mean(aucs) - 0.5) < 0.05


def test_a_grid_over_barriers_is_a_grid_like_any_other(sp500: Dataset) -> None:
    part = sp500.between(None, "2004-12-31")
    grid = {"profit_taking": [0.5, 1.0], "max_holding": [5, 20]}
    rule = "meta_forest(momentum)"
    alone = run_grid(rule, part, grid, threads=1, fees_bps=5)
    both = run_grid(rule, part, grid, threads=2, fees_bps=5)
    pd.testing.assert_frame_equal(alone, both)
    assert alone.attrs["strategy"] == rule
    assert alone["sharpe"].nunique() == 4


def test_the_model_is_part_of_the_name_and_the_inner_rule_of_the_version() -> None:
    rule = get("meta_boosting(sma_crossover)")
    assert rule.version == f"1+{get('sma_crossover').version}"
    assert set(get("sma_crossover").parameters) < set(rule.parameters)
    assert get("meta_forest(ecm_cycle)").research_only


def test_an_inner_strategy_with_a_parameter_of_the_same_name_is_refused() -> None:
    from typing import Annotated

    from peaklib.strategies import Param

    @strategy("odd", version="1", warm_up=lambda d: 0)
    def odd(bars, *, d: Annotated[float, Param(0, 1, "fraction", "other")] = 0.5):
        """Odd."""
        return np.zeros(len(bars))

    with pytest.raises(StrategyError, match=r"meta_forest\(odd\): both have a parameter d"):
        meta_forest(odd)
