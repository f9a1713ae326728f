"""Facts and sentences: every number has a key, and no word tells anybody what to do."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from builders import MakeBars

from peaklib import outlook
from peaklib.data import Dataset, load, load_panel
from peaklib.errors import DataError
from peaklib.llm.grounding import Evidence
from peaklib.llm.guard import findings as forbidden
from peaklib.outlook import BreadthState, DrawdownState, Findings, RegimeNow, VolatilityState
from peaklib.robustness.bootstrap.resampling import resample_indices

DAY = pd.Timestamp("2018-12-31", tz="UTC")
HORIZONS = [5, 21]


@pytest.fixture(scope="module")
def found(sp500: Dataset) -> Findings:
    beside = [load(name).between(None, "2018-12-31") for name in ("nasdaq", "vix")]
    regime = outlook.regimes(sp500)
    days = outlook.forward_returns(sp500, regime, HORIZONS)
    draws = resample_indices(len(days), 63.0, resamples=50, seed=1)
    return Findings(
        data=sp500,
        regime=outlook.regime_now(regime),
        history=outlook.regime_history(regime),
        volatility=outlook.volatility_state(sp500),
        drawdown=outlook.drawdown_state(sp500),
        outcomes=outlook.outcomes(days, HORIZONS, draws=draws),
        chance=outlook.chance_of_largest(days, HORIZONS, draws),
        assets=outlook.compare_assets([sp500, *beside]),
        rates=outlook.rates(beside),
        correlations=outlook.correlations(sp500, beside),
        breadth=outlook.breadth_state(outlook.breadth(load_panel("stocks20"), DAY)),
        panel="stocks20",
        notes={"sp500": "a price index: dividends are not in it"},
    )


def by_key(found: Findings) -> dict[str, dict[str, object]]:
    return {row["key"]: row for row in outlook.facts(found)}


# ---- facts --------------------------------------------------------------------------------------
def test_facts_are_evidence_that_a_text_can_cite(found: Findings) -> None:
    rows = outlook.facts(found)
    evidence = Evidence.from_rows(rows)
    assert list(evidence) == sorted(row["key"] for row in rows)
    assert len(evidence) > 100
    assert evidence["sp500.regime"].written == "wild"
    assert evidence["sp500.drawdown"].written == "-14.5 %"
    assert evidence["sp500.drawdown.worst_on"].written == "2009-03-09"
    assert evidence["sp500.days"].written == "5,031 days"
    assert evidence["vix.level"].written == "25.42"
    assert evidence["stocks20.above"].written == "35.0 %"


def test_each_number_of_the_findings_has_its_row(found: Findings) -> None:
    rows = by_key(found)
    values = {key: row["value"] for key, row in rows.items()}
    assert values["sp500.vol"] == pytest.approx(found.volatility.now, abs=1e-6)
    assert values["sp500.vol.rank"] == pytest.approx(found.volatility.rank, abs=1e-6)
    assert values["sp500.drawdown.days"] == found.drawdown.n_days
    assert values["sp500.regime.days"] == found.regime.n_days
    for row in found.outcomes.to_dict("records"):
        word = "all" if row["regime"] == outlook.ALL else row["regime"]
        key = f"sp500.after.{word}.ret_{row['horizon']}"
        for name in ("mean", "median", "low", "high", "positive"):
            assert values[f"{key}.{name}"] == pytest.approx(row[name], abs=1e-6)
        assert (values[f"{key}.days"], values[f"{key}.apart"]) == (row["n_days"], row["n_apart"])
        assert (f"{key}.lead" in values) == (word != "all")
    for row in found.history.to_dict("records"):
        assert values[f"sp500.regime.{row['regime']}.share"] == pytest.approx(
            row["share"], abs=1e-6
        )
    assert values["vix.correlation.all"] == pytest.approx(found.correlations["all"][1], abs=1e-6)
    assert "sp500.note" in values


def test_periods_are_the_day_or_the_years(found: Findings) -> None:
    rows = by_key(found)
    assert rows["sp500.vol"]["period"] == "2018-12-31"
    assert rows["sp500.vol.median"]["period"] == "1999-2018"
    assert rows["sp500.after.wild.ret_21.mean"]["period"] == "1999-2018"


def test_what_is_not_known_has_no_fact(found: Findings) -> None:
    regime = replace(found.regime, lasted=float("nan"))
    plain = found.outcomes.drop(columns=["lead", "lead_lo", "lead_hi"])
    fewer = by_key(replace(found, regime=regime, outcomes=plain, breadth=None, chance=None))
    gone = by_key(found).keys() - fewer.keys()
    assert {"sp500.regime.lasted", "sp500.after.p_value", "stocks20.above"} <= gone
    assert {"sp500.after.wild.ret_5.lead", "sp500.after.calm.ret_21.lead_hi"} <= gone
    assert all(key.startswith(("sp500.regime.lasted", "sp500.after.", "stocks20.")) for key in gone)


def test_names_become_keys_and_may_not_clash(found: Findings) -> None:
    odd = found.assets.assign(asset=["sp500", "My File (2).csv"])
    keys = by_key(replace(found, assets=odd)).keys()
    assert "my-file-2-csv.vol" in keys
    clash = pd.concat([odd, odd.iloc[1:].assign(asset="my file 2 csv")])
    with pytest.raises(DataError, match=r"two facts are called 'my-file-2-csv\.close'"):
        outlook.facts(replace(found, assets=clash))
    with pytest.raises(DataError, match="no letter or digit"):
        outlook.facts(replace(found, assets=odd.assign(asset=["sp500", "§"])))


# ---- sentences ----------------------------------------------------------------------------------
def test_sentences_by_hand() -> None:
    since = pd.Timestamp("2018-10-16", tz="UTC")
    history = pd.DataFrame({"regime": ["calm", "wild"], "share": [0.75, 0.25], "n_spells": [9, 3]})
    assert outlook.regime_words(RegimeNow("wild", since, 52, 0.5), history) == (
        "The regime is wild, since 2018-10-16: 52 days so far, at least as many as in 50.0 % of "
        "the 2 wild spells before. 25.0 % of all days were wild."
    )
    assert "1 day so far. 75.0 %" in outlook.regime_words(
        RegimeNow("calm", since, 1, float("nan")), history
    )
    vol = VolatilityState(0.285, 0.92, 0.137, 0.83, since, 0.1, 5011)
    assert outlook.volatility_words(vol) == (
        "Volatility is 28.5 % a year, no lower than on 92.0 % of 5,011 days (among the highest "
        "tenth); the median is 13.7 %, the highest 83.0 % on 2018-10-16."
    )
    fall = DrawdownState(-0.145, 100.0, since, 69, 0.466, -0.568, since)
    assert outlook.drawdown_words(fall) == (
        "The last close is 14.5 % below the highest, 69 days after it (2018-10-16); on 46.6 % of "
        "all days the distance was as large or larger; the worst was −56.8 % on 2018-10-16."
    )
    top = replace(fall, depth=0.0)
    assert outlook.drawdown_words(top).startswith("The last close is the highest; the worst was")
    assert outlook.drawdown_words(replace(top, worst=0.0)) == (
        "The last close is the highest; it never fell."
    )
    wide = BreadthState(since, 0.0, 0.0, 0.05, 0.1, 0.7, 20, 300)
    assert outlook.breadth_words(wide, 100) == (
        "0.0 % of 20 assets are above their 100-day average, no fewer than on 10.0 % of 300 days "
        "(among the lowest tenth; median 70.0 %); 0.0 % are at a 52-week high, 5.0 % at a 52-week "
        "low."
    )


@pytest.mark.parametrize(
    ("chance", "words"),
    [(0.05, "p-value of 0.05"), (0.05, "rarer than luck"), (0.06, "cannot be told from")],
)
def test_a_verdict_on_what_came_after_follows_the_p_value(
    found: Findings, chance: float, words: str
) -> None:
    said = outlook.outcome_words(found.outcomes, chance, "wild")
    assert words in said
    assert said.startswith("The largest of 6 differences to all days")
    assert said.endswith("After wild days there are 63 windows of 21 days that do not overlap.")
    assert "windows" not in outlook.outcome_words(found.outcomes, chance, "nameless")


def test_sentences_hold_no_trade_and_no_signal(found: Findings, make_bars: MakeBars) -> None:
    assert found.breadth is not None
    generator = np.random.default_rng(2)
    said = [
        outlook.regime_words(found.regime, found.history),
        outlook.volatility_words(found.volatility),
        outlook.breadth_words(found.breadth),
        *(outlook.outcome_words(found.outcomes, p, "calm") for p in (0.01, 0.5)),
        *(
            outlook.drawdown_words(
                outlook.drawdown_state(make_bars(100 + np.cumsum(generator.random(30) - shift)))
            )
            for shift in (0.0, 0.5, 0.9)
        ),
        *(str(row["label"]) for row in outlook.facts(found)),
    ]
    assert [forbidden(text) for text in said] == [()] * len(said)
