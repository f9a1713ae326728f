"""Regimes: what was known on the day, how long they last, what two rules agree on."""

import numpy as np
import pandas as pd
import pytest
from builders import MakeBars

from peaklib.data import Dataset, load
from peaklib.errors import DataError
from peaklib.features.transforms import markov_regime
from peaklib.outlook import agreement, regime_history, regime_now, regimes, spells

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow


def series(names: str, start: str = "2024-01-01") -> "pd.Series[str]":
    """One regime a letter: c, m, w."""
    words = {"c": "calm", "m": "middling", "w": "wild"}
    index = pd.bdate_range(start, periods=len(names), tz="UTC")
    return pd.Series([words[name] for name in names], index=index)


# ---- the rule -----------------------------------------------------------------------------------
def test_terciles_by_hand(make_bars: MakeBars) -> None:
    # Two log returns deviate by half their distance. Steps of the log price in turn up and down
    # by 1, 1, 2, 2, 3, 3, 4, 4 per cent: deviations 1 … 4 %, terciles of these seven at 2 and 3 %.
    steps = 0.01 * np.array([1, -1, 2, -2, 3, -3, 4, -4, 1, -1, 2.5, -2.5, 9, -9])
    data = make_bars(100.0 * np.exp(np.concatenate([[0.0], np.cumsum(steps)])))
    found = regimes(data, window=2, first=9, refit=100)
    # Deviations of the later days: 2.5, 1, 1.75, 2.5, 5.75, 9 %, against terciles of the first
    # seven, 1, 1.5, 2, 2.5, 3, 3.5, 4 %: 2 and 3 %.
    assert found.tolist() == ["middling", "calm", "calm", "middling", "wild", "wild"]
    assert found.index.equals(data.frame.index[9:])


def test_rule_is_learned_anew_from_all_days_before(sp500: Dataset) -> None:
    found = regimes(sp500, window=20, first=600, refit=500)
    logs = np.log(sp500.frame["close"])
    deviation = logs.diff().rolling(20).std(ddof=0)
    for start in range(600, len(sp500), 500):
        low, high = deviation.iloc[:start].quantile([1 / 3, 2 / 3])
        part = deviation.iloc[start : start + 500]
        names = np.select([part <= low, part <= high], ["calm", "middling"], "wild")
        assert found.iloc[start - 600 : start - 100].tolist() == names.tolist()


@pytest.mark.parametrize("method", ["volatility", pytest.param("markov", marks=pytest.mark.slow)])
def test_later_days_change_no_regime(method: str) -> None:
    data = load("synthetic:garch,seed=5,bars=400")
    whole = regimes(data, method, first=200, refit=100)
    for cut in (201, 299, 301):
        early = data.between(None, data.frame.index[cut - 1])
        known = regimes(early, method, first=200, refit=100)
        pd.testing.assert_series_equal(known, whole.iloc[: cut - 200])


def test_wild_is_what_the_markov_model_thinks_more_likely_than_not() -> None:
    data = load("synthetic:garch,seed=3,bars=400")
    close, params = data.column("close"), markov_regime.resolve()
    (chance,) = markov_regime.compute([close], params, markov_regime.fit([close[:300]], params))
    found = regimes(data, "markov", first=300, refit=100)
    assert ((found == "wild") == (chance[300:] > 0.5)).all()
    assert ((chance[300:] > 0.5) != (chance[300:] > 0.9)).any()


@pytest.mark.slow
def test_both_rules_find_a_planted_change_of_variance(make_bars: MakeBars) -> None:
    generator = np.random.default_rng(3)
    scale = np.tile(np.repeat([0.005, 0.03], 150), 3)
    data = make_bars(100.0 * np.exp(np.cumsum(scale * generator.standard_normal(scale.size))))
    wild = pd.Series(scale == 0.03, index=data.frame.index).iloc[450:]
    for method in ("volatility", "markov"):
        found = regimes(data, method, first=450, refit=150)
        hit = ((found == "wild") == wild).mean()
        assert hit > 0.75, method
    assert set(regimes(data, "markov", first=450)) == {"calm", "wild"}


def test_regimes_refuse_what_they_cannot_judge(make_bars: MakeBars, sp500: Dataset) -> None:
    with pytest.raises(DataError, match="vix is a rate: it has no returns"):
        regimes(load("vix"))
    with pytest.raises(DataError, match="30 days, of which first = 30 are learned from"):
        regimes(make_bars(np.linspace(100, 110, 30)), first=30)
    with pytest.raises(DataError, match="refit = 0"):
        regimes(sp500, refit=0)
    with pytest.raises(DataError, match="method = 'hmm'; give one of volatility, markov"):
        regimes(sp500, "hmm")
    with pytest.raises(DataError, match="learns from 50 rows and needs 80"):
        regimes(sp500, first=50)


# ---- spells -------------------------------------------------------------------------------------
def test_spells_by_hand() -> None:
    found = spells(series("ccwwwmc"))
    assert found["regime"].tolist() == ["calm", "wild", "middling", "calm"]
    assert found["n_days"].tolist() == [2, 3, 1, 1]
    assert found["over"].tolist() == [True, True, True, False]
    assert [f"{day:%d}" for day in found["start"]] == ["01", "03", "08", "09"]
    assert [f"{day:%d}" for day in found["end"]] == ["02", "05", "08", "09"]
    with pytest.raises(DataError, match="no day has a regime"):
        spells(series("c").iloc[:0])


def test_the_running_spell_is_held_against_the_finished_ones_of_its_regime() -> None:
    now = regime_now(series("wwwcwcwwwwwcwww"))
    assert (now.name, now.n_days, f"{now.since:%Y-%m-%d}") == ("wild", 3, "2024-01-17")
    assert now.lasted == pytest.approx(2 / 3)  # of 3, 1 and 5 days, two were no longer
    assert np.isnan(regime_now(series("ccccw")).lasted)


def test_history_counts_days_and_spells() -> None:
    found = regime_history(series("wwwcwcwwwwwcwww")).set_index("regime")
    assert found.index.tolist() == ["calm", "wild"]
    assert found.loc["wild"].tolist() == [12 / 15, 12, 4, 3.0, 5]
    assert found.loc["calm"].tolist() == [3 / 15, 3, 3, 1.0, 1]
    assert found["share"].sum() == pytest.approx(1.0)


def test_rules_agree_where_both_or_neither_say_wild() -> None:
    assert agreement(series("cmww"), series("ccwc")) == 0.75
    shifted = series("wc", start="2024-01-03")  # only these two days are common
    assert agreement(series("ccwc"), shifted) == 1.0
    with pytest.raises(DataError, match="no day in common"):
        agreement(series("c"), series("c", start="2025-01-01"))
