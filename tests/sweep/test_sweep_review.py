"""The examination of a sweep: its evidence, the trials ever made, the rules fixed before it."""

import json
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from in_process import MORE_SMA, RSI, SMA, InProcess, sweep_in_process, sweep_text
from scratch import make_project, run_folders

from peaklib.backtest import run_backtest, run_grid
from peaklib.data import load
from peaklib.errors import EvidenceError
from peaklib.evidence import Registry, RunSpec, create_run, open_run
from peaklib.evidence.places import HOLDOUT_VARIABLE
from peaklib.robustness import Candidate, Subject, Thresholds, assess, judge, load_thresholds
from peaklib.sweep import load_config, make_plan, preview, read_results, run_sweep
from peaklib.sweep.holdout import open_holdout
from peaklib.sweep.review import (
    Review,
    definitions_of,
    dials_of,
    facts_links,
    facts_table,
    gates_of,
    gates_title,
    headline_of,
    review,
    sensitivity_table,
    sentences_of,
    verdict_of,
)
from peaklib.sweep.review.matched import matched_hold
from peaklib.sweep.review.subject import history_of, search_of

# Together they take a quarter of a minute: all of CI runs them, the inner loop does not.
pytestmark = pytest.mark.slow

NAME = "narrow"
SEED = 7
BOTH = sweep_text({"sma_crossover": SMA, "rsi_reversion": RSI}).replace(
    "[fixed]", f"seed = {SEED}\n[fixed]"
)
N_SMA, N_RSI = 6, 4
FIRST = "2016-01-04"
HELD = BOTH.replace("[fixed]", f'[holdout]\nfrom = "{FIRST}"\n[fixed]')


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project with one recorded sweep, and the id of its run; nobody spoils it."""
    project = make_project(tmp_path_factory.mktemp("review") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(project))
        return project, sweep_in_process(project, NAME, BOTH)


@pytest.fixture(scope="module")
def found(finished: tuple[Path, str]) -> Iterator[Review]:
    """The examination of that sweep, in its project."""
    project, run_id = finished
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(project))
        yield review(read_results(run_id), threads=1)


@pytest.fixture
def copied(
    finished: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, str]:
    """The same project, to be spoiled."""
    project, run_id = finished
    made = tmp_path / "project"
    shutil.copytree(project, made)
    monkeypatch.setenv("PEAK_HOME", str(made))
    return made, run_id


def reviewed(run_id: str, **how: Any) -> Review:
    return review(read_results(run_id), threads=1, **how)


def numbers_in(texts: list[str]) -> list[str]:
    """Numbers as a page writes them, signs included."""
    return re.findall(r"[−+]?\d[\d,]*(?:\.\d+)?", " ".join(texts))


# ---- what is examined ------------------------------------------------------------------------


def test_a_review_is_the_assessment_of_all_that_was_tried_on_the_same_bars(
    found: Review,
) -> None:
    used = found.best.cell.conventions
    terms = {"fees_bps": 5.0, "warmup": used["warmup"]}
    subject = Subject(
        load("sp500"),
        (Candidate("sma_crossover", SMA), Candidate("rsi_reversion", RSI)),
        terms=terms,
    )
    expected = assess(subject, found.thresholds, search=found.search, seed=SEED, threads=1)
    assert found.assessment.selected.params == expected.selected.params
    assert found.assessment.in_sample == expected.in_sample
    assert found.assessment.out_of_sample_diff == expected.out_of_sample_diff
    assert found.assessment.deflated == expected.deflated
    assert found.judgement == judge(expected, found.thresholds)
    assert found.problems == ()
    assert found.fixed_before is True
    best = run_backtest(
        found.best.cell.trials.attrs["strategy"], load("sp500"), dict(found.best.params), **terms
    )
    assert found.assessment.in_sample.estimate == pytest.approx(best.metrics["sharpe"], abs=1e-9)


@pytest.mark.slow
def test_costs_are_no_choice_and_other_data_are_no_peers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other scenarios have the same trials, even the same costs, and are not searched again."""
    project = make_project(tmp_path / "project")
    monkeypatch.setenv("PEAK_HOME", str(project))
    text = sweep_text({"sma_crossover": SMA}, costs={"retail": 5.0, "same": 5.0, "dear": 20.0})
    text = text.replace('dataset = "sp500"\n', "").replace(
        "[foreach]", '[foreach]\ndataset = ["sp500", "nasdaq"]'
    )
    made = reviewed(sweep_in_process(project, "wide", text))
    assert made.results.n_trials == 6 * N_SMA
    assert made.assessment.trials == N_SMA
    assert made.assessment.subject.agreed["fees_bps"] == 5.0
    assert made.search.trials >= 4 * N_SMA
    assert set(made.families) == {"sma_crossover/sp500", "sma_crossover/nasdaq"}


def test_a_preview_says_the_same_of_the_numbers_and_nothing_of_the_record(
    found: Review, finished: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEAK_HOME", str(finished[0]))
    seen = review(preview(f"configs/sweeps/{NAME}.toml"), threads=1)
    assert seen.judgement.gates == found.judgement.gates
    assert seen.assessment.in_sample == found.assessment.in_sample
    assert seen.assessment.deflated.dsr == pytest.approx(found.assessment.deflated.dsr, abs=1e-9)
    assert seen.search.trials == N_SMA + N_RSI
    assert seen.search.variance == pytest.approx(found.search.variance)
    assert (seen.fixed_before, seen.families, seen.openings) == (None, {}, ())
    assert gates_title(seen).endswith("a preview")
    assert (
        "the ledger was not asked"
        in facts_table(seen).set_index("what").loc["Trials ever made", "how to read it"]
    )


# ---- evidence --------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["a cell", "the sweep"])
def test_an_altered_pack_makes_the_answer_invalid(kind: str, copied: tuple[Path, str]) -> None:
    project, run_id = copied
    sound = reviewed(run_id)
    altered = run_id if kind == "the sweep" else sound.results.cells[0].run_id
    file = project / "runs" / altered / "outputs" / "metrics.json"
    file.write_bytes(file.read_bytes() + b" ")
    made = reviewed(run_id)
    assert sound.judgement.verdict != "INVALID"
    assert made.judgement.verdict == "INVALID"
    assert made.judgement.gates == sound.judgement.gates
    assert made.problems
    assert all(altered in problem for problem in made.problems)
    assert verdict_of(made).name == "INVALID"
    assert headline_of(made) == "The evidence does not verify: rely on nothing here"
    (sentence,) = sentences_of(made)
    assert altered in sentence


def test_a_pack_that_was_altered_and_sealed_anew_is_invalid_by_the_ledger(
    copied: tuple[Path, str],
) -> None:
    import hashlib

    project, run_id = copied
    cell = read_results(run_id).cells[1].run_id
    file = project / "runs" / cell / "outputs" / "metrics.json"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    file.write_bytes(file.read_bytes() + b" ")
    after = hashlib.sha256(file.read_bytes()).hexdigest()
    sums = project / "runs" / cell / "SHA256SUMS"
    assert before in sums.read_text("utf-8")
    sums.write_text(sums.read_text("utf-8").replace(before, after), "utf-8")
    made = reviewed(run_id)
    assert made.judgement.verdict == "INVALID"
    assert any("ledger" in problem for problem in made.problems)


def test_a_recorded_sharpe_that_is_another_now_is_an_error(found: Review) -> None:
    results = found.results
    which = results.base.index(found.best.cell)
    spoiled = found.best.cell.trials.copy()
    number = int(spoiled["sharpe"].argmin())
    spoiled.loc[spoiled.index[number], "sharpe"] -= 0.001
    cells = list(results.cells)
    cells[which] = replace(cells[which], trials=spoiled)
    with pytest.raises(EvidenceError) as caught:
        review(replace(results, cells=tuple(cells)), threads=1)
    said = str(caught.value)
    assert f"trial {found.best.cell.run_id}:{number} gives a Sharpe of" in said
    assert "data or code have changed since" in said


def test_a_winner_that_was_made_up_is_invalid(copied: tuple[Path, str]) -> None:
    """A trial's Sharpe is raised in the file itself: the pack no longer verifies."""
    project, run_id = copied
    cell = read_results(run_id).cells[0]
    file = open_run(cell.run_id, runs=project / "runs").table("trials")
    table = pd.read_parquet(file)
    table.loc[2, "sharpe"] = 3.0
    table.to_parquet(file)
    made = reviewed(run_id)
    assert made.judgement.verdict == "INVALID"
    assert any(cell.run_id in problem for problem in made.problems)


def test_a_sweep_without_a_result_cannot_be_examined(found: Review) -> None:
    with pytest.raises(EvidenceError, match="no cell has a result"):
        review(replace(found.results, cells=()), threads=1)


# ---- how much was tried ----------------------------------------------------------------------


@pytest.mark.slow
def test_the_second_sweep_answers_for_the_trials_of_the_first(copied: tuple[Path, str]) -> None:
    project, run_id = copied
    # As long a warm-up as the first sweep: the shared points are the same trials.
    warmup = open_run(read_results(run_id).cells[0].run_id).record()["trials"][0]["conventions"]
    fixed = f"warmup = {warmup['warmup']}"
    grid = {"fast": [10, 20, 30], "slow": [50, 100]}
    text = sweep_text({"sma_crossover": grid}, fixed=fixed)
    own, shared = 6, 4
    alone = reviewed(run_id)
    later = sweep_in_process(project, "more", text)
    made = reviewed(later)
    assert alone.search.trials == N_SMA + N_RSI
    assert made.results.n_trials == own
    assert made.assessment.trials == own
    assert made.search.trials == N_SMA + own - shared
    assert set(made.families) == {"sma_crossover/sp500"}
    # Further points of the same rule on the same data are as alike as those of the sample.
    assert made.search.alike == N_SMA + own - shared
    assert made.search.others == 0
    assert made.assessment.tries == pytest.approx(
        made.assessment.effective.scaled_to(N_SMA + own - shared)
    )
    facts = facts_table(made).set_index("what")["found"]
    assert facts["Trials in this sweep"] == str(own)
    assert facts["Trials ever made"] == str(N_SMA + own - shared)
    # Once more, the same sweep: nothing new was tried.
    again = reviewed(sweep_in_process(project, "more", text))
    assert again.search.trials == made.search.trials


@pytest.mark.slow
def test_trials_of_a_deleted_sweep_still_count(copied: tuple[Path, str]) -> None:
    project, run_id = copied
    before = reviewed(run_id)
    text = sweep_text({"sma_crossover": {"fast": [7], "slow": [70, 90]}})
    sweep_in_process(project, "gone", text)
    after = reviewed(run_id)
    assert after.search.trials == before.search.trials + 2
    kept = {run_id, *(cell.run_id for cell in before.results.cells)}
    gone = {folder.name for folder in run_folders(project)} - kept
    assert len(gone) == 2
    for name in gone:
        shutil.rmtree(project / "runs" / name)
    assert reviewed(run_id).search.trials == after.search.trials


def test_trials_of_a_run_that_failed_count_too(copied: tuple[Path, str]) -> None:
    _, run_id = copied
    before = reviewed(run_id)
    run = create_run(RunSpec("notebook", {}))
    run.log_trials(run_grid("sma_crossover", load("sp500"), {"fast": [3, 4], "slow": [33, 44]}))
    run.seal("failed", "it was not good enough")
    after = reviewed(run_id)
    assert after.search.trials == before.search.trials + 4
    # Whoever fails a run to hide its trials hides their spread only.
    assert after.search.variance == before.search.variance


@pytest.mark.slow
def test_a_report_made_again_looks_no_further_than_it_did(copied: tuple[Path, str]) -> None:
    project, run_id = copied
    before = reviewed(run_id)
    lines = 1 + max(event.seq for event in Registry().ledger.events())
    sweep_in_process(project, "more", sweep_text({"sma_crossover": MORE_SMA}))
    now, then = reviewed(run_id), reviewed(run_id, as_of=lines)
    assert now.search.trials > before.search.trials
    assert now.assessment.deflated.dsr < before.assessment.deflated.dsr
    assert then.search == before.search
    assert then.assessment.deflated == before.assessment.deflated
    assert facts_table(then).equals(facts_table(before))
    assert sentences_of(then) == sentences_of(before)
    # Even of a ledger that ends before it, a sweep answers for its own trials.
    assert reviewed(run_id, as_of=1).search.trials == N_SMA + N_RSI
    assert set(reviewed(run_id, as_of=2).families) == {"sma_crossover/sp500"}
    assert reviewed(run_id, as_of=2).search.trials == N_SMA + N_RSI


# ---- thresholds ------------------------------------------------------------------------------


def rewrite(project: Path, **numbers: float) -> Thresholds:
    """Other thresholds for the project, by the lines of their file."""
    file = project / "configs" / "robustness.toml"
    text = file.read_text("utf-8")
    for table_and_name, value in numbers.items():
        table, name = table_and_name.split("__")
        text, n = re.subn(
            rf"(\[{table}\][^\[]*?\n{name} = )[0-9._]+", rf"\g<1>{value}", text, flags=re.DOTALL
        )
        assert n == 1
    file.write_text(text, "utf-8")
    return load_thresholds(file)


@pytest.mark.slow
def test_thresholds_that_change_after_a_sweep_do_not_move_its_verdict(
    copied: tuple[Path, str],
) -> None:
    project, run_id = copied
    before = reviewed(run_id)
    lax = rewrite(project, deflated_sharpe__pass_at=0.99, overfitting__pass_at=0.01)
    after = reviewed(run_id)
    assert after.thresholds == before.thresholds != lax
    assert after.judgement == before.judgement
    assert after.fixed_before is True
    assert gates_title(after).endswith("thresholds set before the sweep")
    # What is computed from now on goes by the new ones.
    seen = review(preview(f"configs/sweeps/{NAME}.toml"), threads=1)
    assert seen.thresholds == lax


@pytest.mark.slow
def test_runs_made_under_other_thresholds_are_told(copied: tuple[Path, str]) -> None:
    """A resumed sweep takes over cells whose result was known before the new rules were."""
    project, _ = copied
    lax = rewrite(project, deflated_sharpe__pass_at=0.99)
    plan = make_plan(project / "configs" / "sweeps" / f"{NAME}.toml")
    assert plan.thresholds == lax
    done = run_sweep(plan, lambda _: None, workers=1, threads=1, resume=True, executor=InProcess)
    assert {result.state for result in done.results} == {"resumed"}
    made = reviewed(done.run.run_id)
    assert made.thresholds == lax
    assert made.fixed_before is False
    assert gates_title(made).endswith("some runs were made under other thresholds")


@pytest.mark.slow
def test_a_project_without_the_file_goes_by_the_defaults(copied: tuple[Path, str]) -> None:
    project, _ = copied
    (project / "configs" / "robustness.toml").unlink()
    made = reviewed(sweep_in_process(project, "plain", BOTH))
    assert made.thresholds == Thresholds()
    assert made.fixed_before is True


# ---- the holdout -----------------------------------------------------------------------------


class KeptBack(InProcess):
    """Gives cells what the runner gives their kernels: no row from the holdout on."""

    def submit(self, call: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(HOLDOUT_VARIABLE, FIRST)
            return super().submit(call, *arguments, **named)


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A project with a sweep that keeps a holdout."""
    project = make_project(tmp_path / "project")
    monkeypatch.setenv("PEAK_HOME", str(project))
    config = project / "configs" / "sweeps" / "held.toml"
    config.write_text(HELD, "utf-8")
    done = run_sweep(make_plan(config), lambda _: None, workers=1, threads=1, executor=KeptBack)
    return project, done.run.run_id


@pytest.mark.slow
def test_the_holdout_is_open_until_somebody_looks_and_counts_every_look(
    held: tuple[Path, str],
) -> None:
    project, run_id = held
    before = reviewed(run_id)
    days = before.assessment.subject.index
    assert days[-1] < pd.Timestamp(FIRST, tz="UTC")
    assert before.look is None
    assert before.judgement.gate("holdout").state == "open"
    assert gates_of(before)[4].value == "unopened"
    lines = 1 + max(event.seq for event in Registry().ledger.events())

    opened = open_holdout(open_run(run_id))
    after = reviewed(run_id)
    assert after.look is not None
    assert after.look.openings == len(after.openings) == 1
    difference = after.look.difference
    assert difference is not None
    later = load("sp500").frame.index
    n_after = int((later >= pd.Timestamp(FIRST, tz="UTC")).sum())
    equity = pd.read_parquet(open_run(opened.run.run_id).table("equity"))
    assert len(equity) == n_after + 1
    returns = equity.pct_change().iloc[1:]
    sharpes = returns.mean() / returns.std(ddof=1) * np.sqrt(252)
    assert difference.estimate == pytest.approx(sharpes.iloc[0] - sharpes["hold"], abs=1e-9)
    expected = "pass" if difference.estimate > 0 else "fail"
    assert after.judgement.gate("holdout").state == expected
    assert after.judgement.gates[:4] == before.judgement.gates[:4]
    assert reviewed(run_id, as_of=lines).judgement == before.judgement

    again = open_holdout(open_run(run_id))
    twice = reviewed(run_id)
    assert twice.look is not None
    assert twice.look.openings == 2
    assert twice.judgement.gate("holdout").state == "fail"

    for run in (opened.run, again.run):
        shutil.rmtree(project / "runs" / run.run_id)
    gone = reviewed(run_id)
    assert gone.look is not None
    assert gone.look.difference is None
    assert gone.judgement.gate("holdout").state == "fail"
    assert gates_of(gone)[4].value == "opened, result gone"


@pytest.mark.slow
def test_a_holdout_that_another_trial_has_used_up_is_no_holdout_any_more(
    held: tuple[Path, str],
) -> None:
    _, run_id = held
    before = reviewed(run_id)
    cell = before.best.cell
    number = int(before.best.trial.rpartition(":")[2])
    other = f"{cell.run_id}:{(number + 1) % len(cell.trials)}"
    open_holdout(open_run(run_id), trial=other)
    after = reviewed(run_id)
    assert after.look is not None
    assert after.look.difference is None
    assert after.judgement.gate("holdout").state == "fail"
    assert after.judgement.gates[:4] == before.judgement.gates[:4]
    assert gates_of(after)[4].value == "used up by others"
    # Whoever opens it for the best trial now is not the first to look.
    open_holdout(open_run(run_id))
    own = reviewed(run_id)
    assert own.look is not None
    assert (own.look.openings, len(own.openings)) == (2, 2)
    assert own.judgement.gate("holdout").state == "fail"


@pytest.mark.slow
def test_a_holdout_that_was_opened_stays_opened_when_the_sweep_is_run_again(
    held: tuple[Path, str],
) -> None:
    """Its trials have other addresses then, and are the same rules on the same days."""
    project, run_id = held
    open_holdout(open_run(run_id))
    first = reviewed(run_id)
    plan = make_plan(project / "configs" / "sweeps" / "held.toml")
    again = run_sweep(plan, lambda _: None, workers=1, threads=1, executor=KeptBack)
    second = reviewed(again.run.run_id)
    assert second.best.trial != first.best.trial
    assert second.look == first.look
    assert second.judgement == first.judgement


@pytest.mark.slow
def test_an_opening_or_a_ledger_that_was_altered_makes_the_answer_invalid(
    held: tuple[Path, str],
) -> None:
    project, run_id = held
    opened = open_holdout(open_run(run_id))
    assert reviewed(run_id).problems == ()
    ledger = project / "runs" / "ledger.jsonl"
    before = ledger.read_bytes()
    ledger.write_bytes(before.replace(b'"instrument":"sp500"', b'"instrument":"other"'))
    hidden = reviewed(run_id)
    assert hidden.judgement.verdict == "INVALID"
    assert any(problem.startswith("ledger") for problem in hidden.problems)
    ledger.write_bytes(before)

    equity = open_run(opened.run.run_id).table("equity")
    table = pd.read_parquet(equity)
    table[["equity", "hold"]] = table[["hold", "equity"]].to_numpy()
    table.to_parquet(equity)
    swapped = reviewed(run_id)
    assert swapped.judgement.verdict == "INVALID"
    assert any(opened.run.run_id in problem for problem in swapped.problems)


# ---- words -----------------------------------------------------------------------------------


def test_sentences_hold_the_numbers_that_were_computed(found: Review) -> None:
    def shown(value: float, sign: str = "") -> str:
        return f"{value:{sign}.2f}".replace("-", "−")

    said = sentences_of(found)
    assessment = found.assessment
    walked = assessment.out_of_sample_diff
    assert walked is not None
    assert len(said) == 4
    assert shown(found.best.metrics["sharpe"]) in numbers_in(said[:1])
    assert shown(found.best.cell.hold["sharpe"]) in numbers_in(said[:1])
    assert found.best.text in said[0]
    ends = [shown(value, "+") for value in (walked.estimate, walked.low, walked.high)]
    assert [text for text in numbers_in(said[1:2]) if text in ends] == ends
    assert numbers_in(said[2:3]) == [
        str(found.search.trials),
        f"{assessment.tries:.0f}",
        shown(assessment.deflated.expected_maximum),
    ]
    assert assessment.walk_forward is not None
    drawdown = assessment.walk_forward.result.metrics["max_dd"]
    assert f"{drawdown * 100:.1f}".replace("-", "−") in numbers_in(said[3:])


def test_what_speaks_for_the_other_side_is_computed_on_the_unseen_days(found: Review) -> None:
    walked = found.assessment.walk_forward
    assert walked is not None
    hold = run_backtest(
        "buy_and_hold", load("sp500"), fees_bps=5, warmup=found.assessment.subject.agreed["warmup"]
    ).equity.loc[walked.returns.index[0] :]
    theirs = float((hold / hold.cummax() - 1).min())
    ours = walked.result.metrics["max_dd"]
    sentence = sentences_of(found)[3]
    assert f"{theirs * 100:.1f}".replace("-", "−") in sentence
    assert ("less" in sentence) == (ours > theirs)


def test_gates_say_their_rule_and_what_was_found(found: Review) -> None:
    told = gates_of(found)
    assert [gate.sign for gate in told] == [gate.state for gate in found.judgement.gates]
    assessment, rules = found.assessment, found.thresholds
    assert f"{rules.deflated_sharpe.pass_at:.2f}" in told[1].rule
    assert told[1].value == f"{assessment.deflated.dsr:.2f}"
    assert assessment.overfitting is not None
    assert f"{rules.overfitting.pass_at:.2f}" in told[2].rule
    assert told[2].value == f"{assessment.overfitting.probability:.2f}"
    kept = round(assessment.plateau.share * assessment.plateau.neighbours)
    assert told[3].value == f"{kept} of {assessment.plateau.neighbours}"
    assert (told[4].sign, told[4].value) == ("open", "none kept")
    passed = sum(gate.sign == "pass" for gate in told)
    assert gates_title(found).startswith(f"Gates · {passed} of 5 passed")


@pytest.mark.parametrize(
    ("change", "headline"),
    [
        ({"low": 0.2, "high": 0.9}, "rsi_reversion on sp500 keeps its edge on unseen years"),
        ({"low": -0.2, "high": 0.9}, "the edge over holding cannot be told from chance"),
        ({"low": -0.9, "high": -0.2}, "On unseen years the choice loses to holding"),
        ({"dsr": 0.0}, "The best of 10 trials is what luck alone brings"),
        ({"pbo": 1.0}, "Choosing the best of the past did worse than choosing blind"),
        ({"share": 0.0}, "The best trial stands on a narrow peak"),
    ],
)
def test_the_headline_names_what_decided(
    change: dict[str, float], headline: str, found: Review
) -> None:
    numbers = {"low": 0.2, "high": 0.9, "dsr": 1.0, "pbo": 0.0, "share": 1.0, **change}
    plain = found.assessment
    assert plain.out_of_sample_diff is not None
    assert plain.overfitting is not None
    made = replace(
        plain,
        out_of_sample_diff=replace(
            plain.out_of_sample_diff, low=numbers["low"], high=numbers["high"]
        ),
        deflated=replace(plain.deflated, dsr=numbers["dsr"]),
        overfitting=replace(plain.overfitting, probability=numbers["pbo"]),
        plateau=replace(plain.plateau, share=numbers["share"]),
    )
    other = replace(found, assessment=made, judgement=judge(made, found.thresholds))
    assert headline in headline_of(other)
    assert len(headline_of(other)) < 80


def test_every_link_has_a_definition(found: Review) -> None:
    defined = {f"#def-{key}" for key, _, _ in definitions_of(found)}
    table = facts_table(found)
    links = facts_links(table)
    linked = {gate.link for gate in gates_of(found)}
    linked |= set(links.values()) | {dial.link for dial in dials_of(found)}
    assert linked <= defined
    assert set(links) <= set(table["what"])
    # And no row is left without one, but for none that could have had one.
    assert {"Trials ever made", "Independent tries", "Best in sample"} <= set(links)
    assert all(text and not text.endswith(" ") for _, _, text in definitions_of(found))


def test_definitions_name_the_numbers_of_the_thresholds(found: Review) -> None:
    meaning = {key: text for key, _, text in definitions_of(found)}
    rules = found.thresholds
    assert f"{rules.deflated_sharpe.pass_at:.2f}" in meaning["deflated-sharpe"]
    assert f"{rules.deflated_sharpe.fail_below:.2f}" in meaning["deflated-sharpe"]
    assert f"year {rules.out_of_sample.first_years + 1}" in meaning["walk-forward"]
    assert f"{rules.out_of_sample.months} months" in meaning["walk-forward"]
    assert str(rules.overfitting.blocks) in meaning["pbo"]
    assert f"{rules.intervals.resamples:,}" in meaning["interval"]


# ---- the second table ------------------------------------------------------------------------


def test_the_matched_benchmark_holds_the_mean_position_all_the_time(found: Review) -> None:
    walked = found.assessment.walk_forward
    matched = matched_hold(found.assessment)
    assert walked is not None
    assert matched is not None
    close = load("sp500").frame["close"].loc[walked.returns.index]
    weights = walked.result.positions.iloc[:, 0] * close / walked.result.equity
    assert matched.exposure == pytest.approx(float(weights.mean()))
    assert 0 < matched.exposure < 1
    assert matched.ours == walked.result.metrics["cagr"]
    # A constant share that is bought once: no more than hold, no less than cash.
    hold = run_backtest(
        "buy_and_hold",
        load("sp500"),
        fees_bps=5,
        warmup=len(load("sp500")) - len(walked.returns),
    )
    assert 0 < matched.cagr < hold.metrics["cagr"]


def test_the_break_even_cost_is_where_the_trial_is_no_better_than_hold(found: Review) -> None:
    shown = facts_table(found).set_index("what")["found"]["Costs at which it dies"]
    dies = float(shown.removesuffix(" bp"))
    assessment = found.assessment
    warmup = assessment.subject.agreed["warmup"]
    rule, params = found.best.cell.trials.attrs["strategy"], dict(assessment.selected.params)
    hold = assessment.benchmark.metrics["sharpe"]
    below, above = (
        run_backtest(rule, load("sp500"), params, fees_bps=bps, warmup=warmup).metrics["sharpe"]
        for bps in (dies - 1, dies + 1)
    )
    assert below > hold > above


def test_the_sensitivity_of_no_change_is_the_trial_itself(found: Review) -> None:
    table = sensitivity_table(found).set_index("change")
    metrics = found.assessment.selected.result.metrics
    assert table.loc["as agreed", "sharpe"] == pytest.approx(metrics["sharpe"])
    late = run_backtest(
        found.best.cell.trials.attrs["strategy"],
        load("sp500"),
        dict(found.assessment.selected.params),
        fees_bps=5,
        lag=2,
        warmup=found.assessment.subject.agreed["warmup"],
    )
    assert table.loc["fills 1 bar later", "sharpe"] == pytest.approx(late.metrics["sharpe"])
    assert [name for name in table.index if name.startswith("starts")] == [
        f"starts {months} months later" for months in range(6, 48, 6)
    ]
    assert json.loads(table.to_json())["n_trades"]["as agreed"] == metrics["n_trades"]


def test_the_question_of_the_sweep_goes_with_its_review(found: Review) -> None:
    config = load_config(Path(Registry().runs).parent / "configs" / "sweeps" / f"{NAME}.toml")
    assert found.results.config == config
    assert found.where == "sp500 · retail"


def test_the_spread_of_all_trials_knows_how_far_families_lie_apart(found: Review) -> None:
    """Without a ledger: the variance over all cells is that of all Sharpe ratios together."""
    alone = replace(found.results, run_id="")
    sharpes = np.concatenate([cell.trials["sharpe"].dropna() for cell in alone.cells])
    assert len(alone.cells) > 1
    made = search_of(alone, found.best.cell, history_of(alone))
    assert made.variance == pytest.approx(np.var(sharpes, ddof=1), rel=1e-12)
    assert made.trials == len(sharpes)
