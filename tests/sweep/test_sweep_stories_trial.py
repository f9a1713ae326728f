"""One trial, examined: which one it is, how sure its numbers are, and the answers they give."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from in_process import sweep_in_process, sweep_text
from scratch import make_project

from peaklib.backtest import run_backtest
from peaklib.errors import EvidenceError
from peaklib.metrics import sharpe
from peaklib.robustness import Interval, MaxSharpe, interval, model_confidence_set
from peaklib.robustness.search.superiority import Superiority
from peaklib.sweep import best_of, read_results
from peaklib.sweep.stories import (
    Bootstrap,
    Contests,
    Examined,
    Findings,
    answers_of,
    break_even_words,
    closing_of,
    clusters_table,
    contests_of,
    contests_table,
    contests_words,
    delays_table,
    difference_of,
    difference_table,
    drawdown_figure,
    drawn_again,
    examine,
    fan_figure,
    interval_of,
    luck_dials,
    metrics_table,
    observed_drawdown,
    paths_table,
    sharpe_bars,
    sharpe_table,
    shuffled,
    stress_of,
    target_of,
)

# Together they take a quarter of a minute: all of CI runs them, the inner loop does not.
pytestmark = pytest.mark.slow

# A trial that never trades is among them: nothing falls below an RSI of 1.
GRIDS = {
    "sma_crossover": {"fast": [5, 10, 20], "slow": [50, 100]},
    "rsi_reversion": {"window": [5, 14], "oversold": [1, 30]},
}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A recorded sweep of two strategies under two cost scenarios, at work for this module."""
    project = make_project(tmp_path_factory.mktemp("trial") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(project))
        yield sweep_in_process(
            project,
            "two",
            sweep_text(GRIDS, costs={"retail": 5.0, "cheap": 1.0}),
        )


@pytest.fixture(scope="module")
def found(sweep: str) -> Examined:
    return examine(target_of(sweep, ""), seed=3)


@pytest.fixture(scope="module")
def contests(found: Examined) -> Contests:
    return contests_of(found, sample=20, searched=20, block_length=10.0, resamples=200, seed=3)


def contests_by_hand() -> Contests:
    """What contests may say; making them takes seconds."""
    cash = MaxSharpe(0.01, 0.01, 0, 0.6, 0.3, 0.5, 9, 10.0, 200, 3)
    hold = MaxSharpe(0.32, 0.31, 0, 0.33, 0.26, 0.5, 9, 10.0, 200, 3)
    spa = Superiority(0.6, 0.7, 0.8, 10.0, 200, 3)
    return Contests(9, 10, 10, 10.0, cash, hold, 0.72, spa, 9, True, True, 0.9)


@pytest.fixture(scope="module")
def findings(found: Examined) -> Findings:
    how = Bootstrap(found.year, 0.9, 200, None, 3)
    returns, held = returns_of(found)
    return Findings(
        interval_of(returns, "sharpe", how),
        difference_of(returns, held, how),
        None,
        contests_by_hand(),
        stress_of(found, months=12, starts=4),
        drawn_again(found.result, paths=300, block_length=None, seed=3),
    )


def returns_of(found: Examined) -> tuple[Any, Any]:
    return found.result.returns.to_numpy(), found.hold.returns.to_numpy()


# ---- which trial ---------------------------------------------------------------------------


def test_a_sweep_stands_for_its_best_trial(sweep: str) -> None:
    target, best = target_of(sweep, ""), best_of(read_results(sweep))
    assert target.is_best
    assert target.best.trial == best.trial
    assert target.name.startswith(best.cell.trials.attrs["strategy"])
    assert target.where == "sp500 · retail"


def test_a_grid_point_is_looked_at_whatever_its_rank_and_scenario(sweep: str) -> None:
    cell = next(c for c in read_results(sweep).cells if c.label["costs"] == "cheap")
    target = target_of(f"{cell.run_id}:1", "")
    assert not target.is_best
    assert target.best.params == {"fast": 5, "slow": 100}
    assert target.best.metrics["sharpe"] == cell.trials["sharpe"].iloc[1]
    assert target.where == "sp500 · cheap"
    examined = examine(target, seed=3)
    assert examined.row == 1
    assert examined.assessment.subject.agreed["fees_bps"] == 1.0
    assert examined.result.metrics["sharpe"] == pytest.approx(target.best.metrics["sharpe"])


def test_without_a_name_it_is_the_best_of_a_preview(sweep: str) -> None:
    target = target_of("", "configs/sweeps/two.toml")
    assert target.best.trial.startswith("preview:")
    assert target.best.params == best_of(read_results(sweep)).params


def test_a_trial_that_never_traded_cannot_be_examined(sweep: str) -> None:
    cell = next(c for c in read_results(sweep).cells if c.label["strategy"] == "rsi_reversion")
    row = int(cell.trials["sharpe"].isna().argmax())
    assert np.isnan(cell.trials["sharpe"].iloc[row])
    with pytest.raises(EvidenceError, match="has no Sharpe ratio, because its account never moved"):
        target_of(f"{cell.run_id}:{row}", "")


def test_a_number_that_is_no_trial_is_named(sweep: str) -> None:
    cell = read_results(sweep).cells[0]
    with pytest.raises(EvidenceError):
        target_of(f"{cell.run_id}:99", "")


def test_row_counts_through_all_strategies_on_the_ground(sweep: str) -> None:
    cells = [c for c in read_results(sweep).base if c.label["strategy"] == "rsi_reversion"]
    row = int(cells[0].trials["sharpe"].argmax())
    examined = examine(target_of(f"{cells[0].run_id}:{row}", ""), seed=3)
    assert examined.row == 6 + row


# ---- how much was tried --------------------------------------------------------------------


def test_deflated_sharpe_of_the_best_is_the_one_of_the_assessment(found: Examined) -> None:
    assert found.deflated == found.assessment.deflated
    dsr, pbo = luck_dials(found)
    assert dsr.value == found.deflated.dsr
    assert pbo.value == found.assessment.overfitting.probability
    assert dsr.threshold == found.thresholds.deflated_sharpe.pass_at


def test_a_later_ledger_does_not_change_what_was_counted(sweep: str, found: Examined) -> None:
    assert found.search.trials == 20
    early = examine(target_of(sweep, ""), as_of=1, seed=3)
    # Of the ledger's first line only; the sweep's own trials always count.
    assert early.search.trials == 20


def test_every_moving_trial_stands_in_one_group_with_its_own_marked(found: Examined) -> None:
    table = clusters_table(found)
    moving = sum(int(f.frame["sharpe"].notna().sum()) for f in found.assessment.fields)
    assert table["trials"].sum() == moving
    assert (table["own"] != "").sum() == 1
    assert table["best_sharpe"].max() == found.result.metrics["sharpe"]


# ---- intervals -----------------------------------------------------------------------------


def test_table_of_the_sharpe_has_four_bootstraps_and_three_formulas(found: Examined) -> None:
    returns, _ = returns_of(found)
    how = Bootstrap(found.year, 0.9, 200, 8.0, 3)
    table = sharpe_table(returns, how).set_index("method")
    assert len(table) == 7
    assert (table["sharpe"] == found.result.metrics["sharpe"]).all()
    one = interval(
        returns,
        method="studentized",
        periods_per_year=found.year,
        resamples=200,
        block_length=8.0,
        seed=3,
    )
    row = table.loc["studentized"]
    assert (row["sharpe_lo"], row["sharpe_hi"]) == (one.low, one.high)
    # Lo (2002): the error of a Sharpe S a bar is sqrt((1 + S²/2) / n); 1.645 of it each way.
    per_bar = found.result.metrics["sharpe"] / np.sqrt(found.year)
    error = np.sqrt((1 + per_bar**2 / 2) / len(returns)) * np.sqrt(found.year)
    low = found.result.metrics["sharpe"] - 1.6448536 * error
    assert table.loc["formula, normal", "sharpe_lo"] == pytest.approx(low, rel=1e-6)
    assert [row.label for row in sharpe_bars(table.reset_index())] == list(table.index)


def test_metrics_stand_beside_those_of_hold(found: Examined) -> None:
    returns, held = returns_of(found)
    table = metrics_table(returns, held, Bootstrap(found.year, 0.9, 200, 8.0, 3))
    row = table.set_index("metric").loc["sharpe"]
    assert row["value"] == f"{found.result.metrics['sharpe']:.2f}"
    assert row["hold"] == f"{sharpe(held, periods_per_year=found.year):.2f}"
    assert " to " in row["interval"]


def test_an_account_that_never_moves_has_dashes(found: Examined) -> None:
    flat = np.zeros(500)
    table = metrics_table(flat, flat, Bootstrap(252.0, 0.9, 200, 8.0, 3)).set_index("metric")
    assert table.loc["sharpe", "value"] == "–"


def test_differences_agree_and_hold_differs_from_itself_by_nothing(found: Examined) -> None:
    returns, held = returns_of(found)
    how = Bootstrap(found.year, 0.9, 200, None, 3)
    table = difference_table(returns, held, how)
    assert table["method"].tolist() == ["Jobson-Korkie-Memmel", "Ledoit-Wolf", "paired bootstrap"]
    wanted = found.result.metrics["sharpe"] - found.hold.metrics["sharpe"]
    assert table["sharpe_diff"].tolist() == pytest.approx([wanted] * 3, abs=1e-9)
    assert difference_table(held, held, how).empty
    assert difference_of(held, held, how) is None


# ---- all trials together -------------------------------------------------------------------


@pytest.mark.slow
def test_contests_know_the_best_and_count_equal_trials_once(
    found: Examined, contests: Contests
) -> None:
    # Ten trials, one of which never moves; those of oversold 1 with both windows are equal.
    assert contests.n_trials == 10
    assert contests.n_sampled == 9
    assert contests.n_searched == 10
    assert contests.cash.sharpe == pytest.approx(found.result.metrics["sharpe"])
    assert contests.hold.sharpe == pytest.approx(
        found.result.metrics["sharpe"] - found.hold.metrics["sharpe"]
    )
    table = contests_table(contests)
    assert table["p_value"].between(0, 1).all()
    assert ((table["p_value"] <= 0.1) == (table["says"] == "yes")).all()


@pytest.mark.slow
def test_confidence_set_is_that_of_the_trials_and_hold(found: Examined, contests: Contests) -> None:
    data, terms = found.assessment.subject.dataset, found.assessment.subject.agreed
    columns = [found.result.returns.to_numpy()]
    for field, candidate in zip(
        found.assessment.fields, found.assessment.subject.candidates, strict=True
    ):
        for row in range(len(field.frame)):
            params = field.params(row)
            made = run_backtest(candidate.strategy, data, params, **terms).returns.to_numpy()
            if not any(np.array_equal(made, known) for known in columns):
                columns.append(made)
    columns.append(found.hold.returns.to_numpy())
    wanted = model_confidence_set(
        np.column_stack(columns), block_length=10.0, resamples=200, seed=3
    ).kept
    assert contests.n_kept == sum(at < len(columns) - 1 for at in wanted)
    assert contests.trial_kept == (0 in wanted)
    assert contests.hold_kept == (len(columns) - 1 in wanted)


def test_words_of_the_confidence_set_follow_it() -> None:
    contests = contests_by_hand()
    kept = contests_words(replace(contests, hold_kept=True, trial_kept=True, n_kept=4))
    assert "4 of 9 sampled trials" in kept
    assert "neither can holding" in kept
    assert "This trial is among them" in kept
    lost = contests_words(replace(contests, hold_kept=False, trial_kept=False))
    assert "holding is clearly behind the best" in lost
    assert "This trial is not among them" in lost


# ---- paths and terms -----------------------------------------------------------------------


def test_shuffled_trades_end_where_they_ended(found: Examined) -> None:
    orders = shuffled(found.result, paths=300, seed=3)
    assert orders is not None
    end = float(np.prod(1 + found.result.trades["return"]))
    np.testing.assert_allclose(orders.wealth, end)
    assert orders.max_drawdown.min() <= observed_drawdown(found.result, orders) + 1e-12
    assert fan_figure(found.result, orders).data


def test_one_trade_has_no_other_order(found: Examined) -> None:
    alone = replace(found.result, trades=found.result.trades.iloc[:1])
    assert shuffled(alone, paths=300, seed=3) is None


def test_trades_without_a_loss_fall_alike_and_have_no_distribution(found: Examined) -> None:
    winners = found.result.trades[found.result.trades["return"] > 0]
    orders = shuffled(replace(found.result, trades=winners), paths=300, seed=3)
    assert orders is not None
    assert drawdown_figure(found.result, orders) is None


def test_paths_table_says_how_deep_and_how_often(found: Examined, findings: Findings) -> None:
    again = findings.drawn
    (row,) = paths_table({"days": again}).to_dict("records")
    assert row["max_dd, worst 5 %"] == pytest.approx(np.quantile(again.max_drawdown, 0.05))
    assert row["share, at ×0.5"] == np.mean(again.lowest <= 0.5)
    assert observed_drawdown(found.result, again) == pytest.approx(found.result.metrics["max_dd"])


def test_stress_doubles_the_costs_and_moves_the_first_day(
    found: Examined, findings: Findings
) -> None:
    stress = findings.stress
    assert stress.agreed_bps == 5.0
    assert stress.doubled_bps == 10.0
    assert stress.costs["sharpe"].loc[5.0] == pytest.approx(found.result.metrics["sharpe"])
    assert stress.delays["sharpe"].loc[0] == pytest.approx(found.result.metrics["sharpe"])
    assert stress.starts["sharpe"].iloc[0] == pytest.approx(found.result.metrics["sharpe"])
    assert stress.hold_starts["sharpe"].iloc[0] == pytest.approx(found.hold.metrics["sharpe"])
    ahead, starts = stress.ahead
    assert starts == 4
    assert 0 <= ahead <= 4
    assert delays_table(stress)["fills"].tolist()[:3] == [
        "as agreed",
        "1 bar later",
        "2 bars later",
    ]


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (float("nan"), "it never trades"),
        (0.0, "not better than hold even for free"),
        (float("inf"), "better than hold even at 1,000 bp"),
        (12.3, "no better than hold from 12 bp a side on"),
    ],
)
def test_break_even_in_words(findings: Findings, cost: float, words: str) -> None:
    assert words in break_even_words(replace(findings.stress, break_even_bps=cost))


# ---- the answer ----------------------------------------------------------------------------


def between(low: float, high: float) -> Interval:
    middle = (low + high) / 2
    return Interval("sharpe", middle, low, high, 0.9, "percentile", "stationary", 5.0, 200, 0)


@pytest.mark.parametrize(
    ("ends", "word"), [((0.1, 0.4), "yes"), ((-0.4, -0.1), "no"), ((-0.1, 0.4), "not known")]
)
def test_an_answer_follows_its_interval(
    found: Examined, findings: Findings, ends: tuple[float, float], word: str
) -> None:
    cash, hold, *_ = answers_of(
        found, replace(findings, in_sample=between(*ends), minus_hold=between(*ends))
    )
    assert (cash.word, hold.word) == (word, word)


def test_luck_is_judged_by_the_thresholds_of_the_sweep(found: Examined, findings: Findings) -> None:
    rule = found.thresholds.deflated_sharpe
    for dsr, word in ((rule.pass_at, "yes"), (rule.fail_below - 0.01, "no")):
        changed = replace(found, deflated=replace(found.deflated, dsr=dsr))
        assert answers_of(changed, findings)[3].word == word


def test_too_few_years_and_a_lone_trial_are_not_known(found: Examined, findings: Findings) -> None:
    alone = replace(found, assessment=replace(found.assessment, overfitting=None))
    answers = answers_of(alone, replace(findings, minus_hold=None, walks=None))
    words = {one.question: one.word for one in answers}
    assert words["Does choosing on the past beat holding on unseen years?"] == "not known"
    assert words["Does the best of some years stay good in the others?"] == "not known"
    assert words["Better than holding, where it was chosen?"] == "not known"


def test_closing_counts_its_own_answers_and_names_the_first_no(
    found: Examined, findings: Findings
) -> None:
    lost = replace(findings, in_sample=between(-0.4, -0.1))
    answers = answers_of(found, lost)
    rows = dict(closing_of(found, lost))
    yes = sum(one.word == "yes" for one in answers)
    assert f"{yes} of {len(answers)} questions are answered with yes" in rows["In all"]
    assert "is not shown to be real: “better than cash, where it was chosen”" in rows["In all"]
    for one in answers:
        assert rows[one.question].startswith(f"**{one.word}**: ")


def test_the_search_is_counted_by_its_p_value(found: Examined, findings: Findings) -> None:
    asked = "Is even the best of all trials better than hold, the search counted?"
    for p_value, word in ((0.10, "yes"), (0.11, "not known")):
        hold = replace(findings.contests.hold, p_value=p_value)
        changed = replace(findings, contests=replace(findings.contests, hold=hold))
        words = {one.question: one.word for one in answers_of(found, changed)}
        assert words[asked] == word


@pytest.mark.parametrize(("left", "word"), [(0.71, "yes"), (0.69, "no")])
def test_other_terms_have_to_leave_enough_of_the_sharpe(
    found: Examined, findings: Findings, left: float, word: str
) -> None:
    """The share that a plateau has to keep, 70 %, is asked of later fills, too."""
    stress = findings.stress
    own = found.result.metrics["sharpe"]
    delays, costs = stress.delays.copy(), stress.costs.copy()
    delays.loc[1, "sharpe"] = left * own
    costs.loc[stress.doubled_bps, "sharpe"] = own
    hold_starts = stress.hold_starts.assign(sharpe=-9.0)
    changed = replace(stress, hold=0.0, delays=delays, costs=costs, hold_starts=hold_starts)
    assert answers_of(found, replace(findings, stress=changed))[-1].word == word


def test_another_trial_than_the_selected_one_says_so(found: Examined, findings: Findings) -> None:
    other = replace(found, target=replace(found.target, is_best=False))
    assert "whoever looks at it has chosen again" in dict(closing_of(other, findings))["In all"]
    assert "chosen again" not in dict(closing_of(found, findings))["In all"]
