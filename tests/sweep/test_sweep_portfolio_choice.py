"""Who is chosen for a portfolio, by which days, and what it is then judged on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kurtosis, norm, skew
from scratch import make_project

from peaklib.backtest import run_backtest
from peaklib.data import Dataset, load
from peaklib.errors import DataError
from peaklib.render import Verdict
from peaklib.sweep import preview
from peaklib.sweep.portfolio import (
    Candidate,
    Choice,
    Portfolio,
    Rules,
    beside_hold,
    build,
    candidates_table,
    choose,
    correlations_table,
    gates_of,
    headline_of,
    judged_table,
    members_table,
    returns_table,
    sentences_of,
    split_of,
    verdict_of,
)
from peaklib.sweep.portfolio.selection import candidates_of

# Together they take some twenty seconds: all of CI runs them, the inner loop does not.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(name="portfolio choice")]

SPLIT, HOLDOUT = "2011-01-03", "2013-01-02"
FREE = Rules(min_dsr=0.0, max_pbo=1.0, max_correlation=0.5, min_days=1)
GRID = """[grid.sma_crossover]
fast = [10, 30]
slow = [200, 300]
[grid.rsi_reversion]
window = [5, 14, 20]
oversold = [20, 30]
"""
HEAD = """question = "Is the choice blind to later days?"
notebook = "notebooks/sweep_cell.ipynb"
seed = 3
"""


def sweep_file(
    *data: str, split: str = SPLIT, holdout: str = "", more: str = "", grid: str = GRID
) -> str:
    """A sweep of two rules on some data sets."""
    return "\n".join(
        [
            HEAD,
            "[foreach]",
            'strategy = ["sma_crossover", "rsi_reversion"]',
            f"dataset = {list(data)}",
            more,
            grid,
            f'[split]\nat = "{split}"' if split else "",
            f'[holdout]\nfrom = "{holdout}"' if holdout else "",
        ]
    )


def spoiled(frame: pd.DataFrame, first: str) -> pd.DataFrame:
    """The same bars, but from a date on every price moves the other way."""
    late = frame.index >= pd.Timestamp(first, tz="UTC")
    made = frame.copy()
    anchor = float(frame.loc[~late, "close"].iloc[-1])
    turned = anchor**2 / frame.loc[late, ["open", "low", "high", "close"]]
    made.loc[late, ["open", "high", "low", "close"]] = turned.to_numpy()
    return made


@dataclass(frozen=True)
class Shop:
    """A project with the same bars under four names, and what was chosen on each.

    Args:
        folder: of the project.
        chosen: by name of the data: `one`, `later` (other prices from the split on), `sooner`
            (other prices from a year before it on).
    """

    folder: Path
    chosen: dict[str, Choice]

    def choose(self, text: str, rules: Rules = FREE, *, split: str = "") -> Choice:
        """A choice by a preview of some sweep's file."""
        (self.folder / "configs" / "sweeps" / "tried.toml").write_text(text, "utf-8")
        return choose(preview("configs/sweeps/tried.toml"), rules, split=split, seed=3)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = make_project(tmp_path_factory.mktemp("portfolio") / "project")
    bars = load("sp500").between("2004-01-01", "2014-06-30").frame
    files = {
        "one": bars,
        "later": spoiled(bars, SPLIT),
        "sooner": spoiled(bars, "2010-01-04"),
        "end": spoiled(bars, HOLDOUT),
    }
    for name, frame in files.items():
        path = folder / "data" / name / "bars.csv"
        path.parent.mkdir(parents=True)
        frame.to_csv(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(folder))
        made = Shop(folder, {})
        for name in ("one", "later", "sooner"):
            made.chosen[name] = made.choose(sweep_file(f"data/{name}/bars.csv"))
        yield made


@pytest.fixture(scope="module")
def choice(shop: Shop) -> Choice:
    return shop.chosen["one"]


@pytest.fixture(scope="module")
def made(choice: Choice) -> Portfolio:
    return build(choice)


def judged_again(choice: Choice, rules: Rules) -> tuple[Candidate, ...]:
    """The same trials under other rules, without evaluating them once more."""
    return candidates_of(choice.grounds, rules, choice.thresholds)


# ---- nothing from the split on --------------------------------------------------------------


def test_what_comes_from_the_split_on_decides_nothing_before_it(shop: Shop) -> None:
    one, later, sooner = (candidates_table(shop.chosen[key]) for key in ("one", "later", "sooner"))
    # Members, Sharpe, DSR, PBO, reasons: to the last bit.
    pd.testing.assert_frame_equal(one, later, check_exact=True)
    assert len(one) >= 5
    assert not one["is_sharpe"].equals(sooner["is_sharpe"])


def test_shares_are_set_before_the_split_and_the_days_after_it_are_its_own(
    shop: Shop, made: Portfolio
) -> None:
    other = build(shop.chosen["later"])
    assert dict(other.weights) == dict(made.weights)
    pd.testing.assert_frame_equal(other.before, made.before, check_exact=True)
    assert not np.allclose(other.after["hold"], made.after["hold"])
    assert made.before.index[-1] < pd.Timestamp(SPLIT, tz="UTC") <= made.after.index[0]


def test_rows_of_a_holdout_are_never_read(shop: Shop) -> None:
    found = []
    for name in ("one", "end"):
        chosen = shop.choose(sweep_file(f"data/{name}/bars.csv", holdout=HOLDOUT))
        found.append((candidates_table(chosen), build(chosen).after))
    (first, after), (second, after_too) = found
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    pd.testing.assert_frame_equal(after, after_too, check_exact=True)
    assert after.index[-1] < pd.Timestamp(HOLDOUT, tz="UTC")


# ---- the split ------------------------------------------------------------------------------


def test_without_a_split_the_error_says_how_to_give_one(shop: Shop) -> None:
    text = sweep_file("data/one/bars.csv", split="")
    with pytest.raises(DataError, match=r"no \[split\].*--split 2011-01-01"):
        shop.choose(text)
    given = shop.choose(text, split=SPLIT)
    pd.testing.assert_frame_equal(
        candidates_table(given), candidates_table(shop.chosen["one"]), check_exact=True
    )


def test_a_split_outside_the_days_or_that_is_no_date_is_refused(choice: Choice) -> None:
    for day in ("1999-01-04", "2004-01-02", "2014-06-30", "2020-01-01"):
        with pytest.raises(DataError, match=f"split = {day}: bars is measured from 2005-03-11"):
            choose(choice.results, FREE, split=day)
    for text in ("soon", "2011", "2011-02-30", "20110103"):
        with pytest.raises(DataError, match="no date"):
            split_of(choice.results, text)
    assert split_of(choice.results, "2009-01-02") == "2009-01-02"
    assert split_of(choice.results) == SPLIT


# ---- who is taken ---------------------------------------------------------------------------


def test_numbers_of_a_candidate_are_those_of_its_account_before_the_split(choice: Choice) -> None:
    """Independent: the account once more; DSR by Bailey and López de Prado's formula."""
    best = choice.candidates[0]
    bars = Dataset.between(load(choice.grounds[0].cells[0].source), None, "2011-01-02")
    account = run_backtest(
        best.strategy, bars, best.trial.params, **best.trial.ground.subject.agreed
    )
    returns = best.trial.returns
    assert returns == pytest.approx(account.returns.to_numpy(), abs=1e-15)
    per_bar = returns.mean() / returns.std(ddof=1)
    year = bars.meta.bars_per_year
    assert best.sharpe == pytest.approx(per_bar * np.sqrt(year), rel=1e-12)
    tries, spread = best.trial.ground.tries, best.trial.ground.spread / np.sqrt(year)
    gamma = 0.5772156649015329
    luck = (1 - gamma) * norm.ppf(1 - 1 / tries) + gamma * norm.ppf(1 - 1 / (tries * np.e))
    bent = 1 - skew(returns) * per_bar + (kurtosis(returns, fisher=False) - 1) / 4 * per_bar**2
    dsr = norm.cdf((per_bar - spread * luck) * np.sqrt((len(returns) - 1) / bent))
    assert best.dsr == pytest.approx(float(dsr), abs=1e-6)


def test_addresses_name_the_trial_that_was_measured(choice: Choice) -> None:
    for one in choice.candidates:
        row = one.trial.cell.trials.iloc[one.trial.row]
        assert one.trial.address == f"preview:{one.trial.row}"
        assert {name: row[name] for name in one.trial.cell.params} == {
            name: one.trial.params[name] for name in one.trial.cell.params
        }


def test_no_pair_of_members_correlates_above_the_cap(choice: Choice, made: Portfolio) -> None:
    taken = {one.name: one.returns for one in choice.members}
    assert len(taken) >= 3
    together = np.corrcoef(np.array(list(taken.values())))
    assert np.triu(together, 1).max() <= 0.5
    for cap in (-0.2, 0.0, 0.2, 0.8, 0.99):
        members = [
            one.returns
            for one in judged_again(
                choice, Rules(min_dsr=0.0, max_pbo=1.0, max_correlation=cap, members=50)
            )
            if one.verdict == "member"
        ]
        found = np.corrcoef(np.array([*members, members[0]]))[:-1, :-1]
        assert np.triu(found, 1).max() <= cap or len(members) == 1, cap
    pairs = correlations_table(made)
    assert len(pairs) == len(taken) * (len(taken) - 1) / 2
    assert pairs["is_rho"].max() <= 0.5


def test_the_best_that_meets_each_rule_is_taken_and_the_others_are_told_why(
    choice: Choice,
) -> None:
    """Independent: the greedy choice once more, on returns and numbers that are shown."""
    dsr = sorted(one.dsr for one in choice.candidates)[1]
    rules = Rules(min_dsr=dsr + 1e-9, max_pbo=1.0, max_correlation=0.5, members=1)
    taken: list[Candidate] = []
    sharpes = [one.sharpe for one in choice.candidates]
    assert sharpes == sorted(sharpes, reverse=True)
    reasons = set()
    for one in judged_again(choice, rules):
        alike = [other for other in taken if np.corrcoef(one.returns, other.returns)[0, 1] > 0.5]
        if one.dsr < rules.min_dsr:
            expected = f"DSR {one.dsr:.2f}, floor {rules.min_dsr:.2f}"
        elif alike:
            rho = np.corrcoef(one.returns, alike[0].returns)[0, 1]
            expected = f"correlates {rho:.2f} with {alike[0].name}"
        elif len(taken) == 1:
            expected = "there is 1 member already"
        else:
            expected = "member"
            taken.append(one)
        assert one.verdict == expected
        reasons.add(expected.split()[0])
    assert reasons == {"DSR", "correlates", "there", "member"}


def test_floors_are_met_or_named(choice: Choice) -> None:
    pbo = choice.candidates[0].pbo
    strict = judged_again(choice, Rules(min_dsr=0.0, max_pbo=max(pbo - 0.01, 0.0)))
    assert strict[0].verdict == f"PBO {pbo:.2f}, ceiling {max(pbo - 0.01, 0.0):.2f}"
    everyone = judged_again(choice, Rules(min_dsr=1.0, max_pbo=1.0))
    assert all(one.verdict.startswith("DSR ") for one in everyone)
    alone = judged_again(choice, Rules(min_dsr=0.0, max_pbo=1.0, members=1, max_correlation=0.99))
    assert [one.verdict for one in alone].count("member") == 1
    two = judged_again(choice, Rules(min_dsr=0.0, max_pbo=1.0, members=2, max_correlation=0.99))
    assert "there are 2 members already" in {one.verdict for one in two}


def test_no_more_trials_of_a_run_are_looked_at_than_asked_and_only_those_above_zero(
    choice: Choice,
) -> None:
    two = judged_again(choice, Rules(per_run=2))
    assert len(two) == 4
    for number, field in enumerate(choice.grounds[0].fields):
        strategy = choice.grounds[0].cells[number].trials.attrs["strategy"]
        best = field.frame["sharpe"].nlargest(2).to_list()
        assert [one.sharpe for one in two if one.strategy == strategy] == pytest.approx(best)
    assert all(one.sharpe > 0 for one in choice.candidates)


def test_nobody_is_an_answer(choice: Choice) -> None:
    strict = Rules(min_dsr=1.0, max_pbo=1.0)
    nobody = Choice(
        choice.results,
        SPLIT,
        strict,
        choice.thresholds,
        choice.grounds,
        judged_again(choice, strict),
    )
    assert nobody.members == ()
    with pytest.raises(DataError, match="none of 8 trials"):
        build(nobody)
    assert verdict_of(None, gates_of(nobody, None, None, 0)) is Verdict.NOT_SUPPORTED
    assert headline_of(nobody, None, None).startswith("None of 8 trials meets the rules")
    first = nobody.candidates[0]
    assert sentences_of(nobody, None, None)[1] == (
        f"The best of them fails by: DSR {first.dsr:.2f}, floor 1.00."
    )


# ---- terms and names ------------------------------------------------------------------------

ONE_RULE = "[grid.sma_crossover]\nfast = [30]\nslow = [200, 300]\n"


def test_trials_keep_the_terms_of_their_run_where_these_are_an_axis(shop: Shop) -> None:
    text = sweep_file("data/one/bars.csv", more="lag = [1, 3]", grid=ONE_RULE)
    chosen = shop.choose(text.replace('["sma_crossover", "rsi_reversion"]', '["sma_crossover"]'))
    lags = {one.name: int(one.trial.cell.label["lag"]) for one in chosen.candidates}
    assert sorted(set(lags.values())) == [1, 3]
    bars = Dataset.between(load(chosen.grounds[0].cells[0].source), None, "2011-01-02")
    for one in chosen.candidates:
        terms = {**one.trial.ground.subject.agreed, "lag": lags[one.name]}
        account = run_backtest(one.strategy, bars, one.trial.params, **terms)
        assert one.trial.returns == pytest.approx(account.returns.to_numpy(), abs=1e-15), one.name


def test_data_sets_of_one_name_are_refused_instead_of_mixed_up(shop: Shop) -> None:
    text = sweep_file("data/one/bars.csv", "data/sooner/bars.csv", grid=ONE_RULE)
    with pytest.raises(DataError, match="both called 'sma_crossover") as caught:
        shop.choose(text.replace('["sma_crossover", "rsi_reversion"]', '["sma_crossover"]'))
    assert "data/one/bars.csv and data/sooner/bars.csv" in str(caught.value)


# ---- judged unseen --------------------------------------------------------------------------


def test_every_member_opens_its_own_account_at_the_split(made: Portfolio) -> None:
    bars = load(made.choice.grounds[0].cells[0].source)
    first = int(bars.frame.index.searchsorted(pd.Timestamp(SPLIT, tz="UTC")))
    wealth = np.zeros(len(bars) - first)
    for one in made.choice.members:
        terms = {**one.trial.ground.subject.agreed, "warmup": first}
        account = run_backtest(one.strategy, bars, one.trial.params, **terms)
        assert made.parts_after[one.name].to_numpy() == pytest.approx(
            account.returns.to_numpy(), abs=1e-15
        )
        wealth += made.weights[one.name] * account.equity.to_numpy()
    assert np.cumprod(1 + made.after["portfolio"].to_numpy()) == pytest.approx(wealth, rel=1e-12)
    alone = made.parts_after[made.choice.members[0].name]
    pd.testing.assert_series_equal(
        made.after["best member"], alone, check_names=False, check_freq=False, rtol=1e-12
    )


def test_members_share_the_risk_before_the_split(made: Portfolio) -> None:
    """Independent: scikit-learn's Ledoit–Wolf covariance and Euler's shares of its variance."""
    from sklearn.covariance import LedoitWolf

    table = members_table(made)
    weights = table["share"].to_numpy()
    covariance = LedoitWolf().fit(made.parts_before[table["member"]].to_numpy()).covariance_
    shares = weights * (covariance @ weights) / (weights @ covariance @ weights)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert shares == pytest.approx(np.full(len(table), 1 / len(table)), abs=1e-6)
    assert table["share, of risk"].to_numpy() == pytest.approx(shares, abs=1e-9)


def test_tables_hold_the_numbers_of_their_returns(made: Portfolio) -> None:
    table = judged_table(made, seed=3).set_index("account")
    assert list(table.index) == ["portfolio", "equal weights", "best member", "hold"]
    year = made.choice.year
    for name, row in table.iterrows():
        own = made.after[name].to_numpy()
        sharpe = own.mean() / own.std(ddof=1) * np.sqrt(year)
        assert row["oos_sharpe"] == pytest.approx(sharpe, rel=1e-9)
        assert row["oos_sharpe_lo"] < sharpe < row["oos_sharpe_hi"]
        assert row["oos_ret"] == pytest.approx(np.prod(1 + own) - 1, rel=1e-9)
        assert row["oos_vol"] == pytest.approx(own.std(ddof=1) * np.sqrt(year), rel=1e-9)
        curve = np.concatenate([[1.0], np.cumprod(1 + own)])
        deepest = (curve / np.maximum.accumulate(curve) - 1).min()
        assert row["oos_max_dd"] == pytest.approx(deepest, rel=1e-9)
    found = beside_hold(made, seed=3)
    gap = table.at["portfolio", "oos_sharpe"] - table.at["hold", "oos_sharpe"]
    assert found.estimate == pytest.approx(gap, rel=1e-9)
    days = returns_table(made)
    assert list(days["side"].unique()) == ["is", "oos"]
    assert (days["side"] == "oos").sum() == len(made.after)
    unseen = days[days["side"] == "oos"]["portfolio"].to_numpy()
    assert unseen == pytest.approx(made.after["portfolio"].to_numpy(), abs=1e-12)


def test_the_page_says_how_often_somebody_had_looked_before(made: Portfolio) -> None:
    found = beside_hold(made, seed=3)
    said = {}
    for looks in (0, 1, 2, 3, 4):
        gate = gates_of(made.choice, made, found, looks)[-1]
        assert gate.name == "Days were unseen"
        said[looks] = (gate.sign, gate.value)
    assert said == {
        0: ("open", "a preview, not counted"),
        1: ("pass", "looked at never"),
        2: ("open", "looked at once"),
        3: ("open", "looked at twice"),
        4: ("open", "looked at 3 times"),
    }
