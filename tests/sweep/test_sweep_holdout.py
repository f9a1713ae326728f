"""A sweep's holdout: no cell can read it, and every opening of it is on record."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scratch import make_project, peak, run_folders, write_notebook

from peaklib.data import load
from peaklib.errors import ConfigError, DataError, EvidenceError
from peaklib.evidence import Registry, RunSpec, SealedRun, open_pack, open_run, verify_pack
from peaklib.evidence.content.difference import compare
from peaklib.evidence.places import HOLDOUT_VARIABLE
from peaklib.evidence.trials.count import count_trials
from peaklib.features import Bars
from peaklib.runner import NotebookJob, rerun_notebook, run_notebook
from peaklib.strategies import get
from peaklib.sweep import load_config, make_plan, read_results
from peaklib.sweep.analysis import best_of
from peaklib.sweep.holdout import (
    HoldoutResult,
    open_holdout,
    openings,
    prepare_opening,
    rerun_holdout,
)
from peaklib.sweep.looks import looks, reveal

SOURCE = "synthetic:random_walk,seed=5,bars=760"
FIRST = "2002-01-01"
CONFIG = f"""question = "Is the holdout out of reach?"
notebook = "notebooks/sweep_cell.ipynb"
[holdout]
from = "{FIRST}"
[fixed]
dataset = "data/bars.csv"
strategy = "sma_crossover"
[foreach]
costs = ["free", "dear"]
[costs.free]
[costs.dear]
fees_bps = 50.0
[grid.sma_crossover]
fast = [5, 10]
slow = [40, 80]
"""
QUICK = ["holdout.from=2016-01-01", "split.at=2012-01-01"]
# What is set in the quick sweep, and what the one line about it must name.
MISTAKES = {
    "no date": (["holdout.from=soon"], ["holdout.from", "'soon'", "2016-01-01"]),
    "a number": (["split.at=2012"], ["split.at", "2012", "no date"]),
    "no such day": (['holdout.from="2016-02-30"'], ["holdout.from", "'2016-02-30'"]),
    "an empty table": (["holdout={}"], ["holdout.from", "missing"]),
    "a split in the holdout": (
        ["holdout.from=2012-01-01", "split.at=2012-01-01"],
        ["split.at = '2012-01-01'", "holdout.from = '2012-01-01'"],
    ),
    "no bar before": (["holdout.from=1990-01-01"], ["'1990-01-01'", "sp500 has 0 bars before"]),
    "few bars from it on": (
        ["holdout.from=2018-12-10"],
        ["holdout.from = '2018-12-10'", "sp500", "15 from it on", "20"],
    ),
    "few bars out of sample": (
        ["holdout.from=2016-01-01", "split.at=2015-12-10"],
        ["split.at = '2015-12-10'", "15 from it on"],
    ),
    "a period without out of sample": (
        ["split.at=2012-01-01", "fixed.period=2001-01-01/2005-12-31"],
        ["split.at", "0 from it on", "2001-01-01/2005-12-31"],
    ),
    "a period in the holdout": (
        ["holdout.from=2016-01-01", "fixed.period=2001-01-01/2016"],
        ["fixed.period = '2001-01-01/2016'", "holdout.from = '2016-01-01'"],
    ),
    "one of two data sets is too short": (
        ["holdout.from=2012-01-01", 'foreach.dataset=["vix", "sp500"]', "fixed.fill=close"],
        ["holdout.from", "vix has 0 bars before"],
    ),
}


def write_bars(project: Path) -> Path:
    path = project / "data" / "bars.csv"
    path.parent.mkdir(exist_ok=True)
    load(SOURCE).frame.to_csv(path)
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a sweep of two cells that keeps a holdout; tests take copies of it."""
    made = make_project(tmp_path_factory.mktemp("holdout") / "project")
    write_bars(made)
    config = made / "configs" / "sweeps" / "held.toml"
    config.write_text(CONFIG, "utf-8")
    done = peak(made, "sweep", config, "--run")
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def held(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same project, to be spoiled."""
    made = tmp_path / "project"
    shutil.copytree(finished, made)
    monkeypatch.setenv("PEAK_HOME", str(made))
    return made


@pytest.fixture
def sweep(held: Path) -> SealedRun:
    (folder,) = run_folders(held, "sweep")
    return open_pack(folder)


@pytest.fixture(scope="module")
def opened(
    finished: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[SealedRun, HoldoutResult]]:
    """A sweep whose holdout was opened once, in a project that is at work."""
    made = tmp_path_factory.mktemp("opened") / "project"
    shutil.copytree(finished, made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(made))
        (folder,) = run_folders(made, "sweep")
        run = open_pack(folder)
        yield run, open_holdout(run)


def events(project: Path) -> list[str]:
    return [event.event for event in Registry(project / "runs").ledger.events()]


# The file of a sweep.


@pytest.fixture
def quick(project: Path) -> Path:
    """The quick sweep's file without its split: each test says what it is about."""
    path = project / "configs" / "sweeps" / "quick.toml"
    path.write_text(path.read_text("utf-8").partition("\n[split]")[0], "utf-8")
    return path


@pytest.mark.parametrize(("settings", "named"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_once_with_key_and_value(
    settings: list[str], named: list[str], quick: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(quick, settings)
    (problem,) = caught.value.problems
    for text in named:
        assert text in problem


def test_both_dates_are_read_as_dates_and_as_texts(quick: Path) -> None:
    for settings in (QUICK, ['holdout.from="2016-01-01"', 'split.at="2012-01-01"']):
        config = load_config(quick, settings)
        assert (config.holdout_from, config.split_at) == ("2016-01-01", "2012-01-01")
        again = type(config).model_validate(json.loads(json.dumps(config.model_dump())))
        assert again == config


def test_a_period_up_to_the_day_before_is_right(quick: Path) -> None:
    load_config(quick, [*QUICK, "fixed.period=2001-01-01/2015"])
    load_config(quick, ["holdout.from=2016-02-01", "fixed.period=2001-01-01/2016-01"])


def test_a_sweep_without_a_holdout_has_the_record_it_always_had(quick: Path) -> None:
    assert not {"holdout", "split"} & set(load_config(quick).model_dump())


def test_a_holdout_makes_other_cells_and_its_rows_decide_nothing(project: Path) -> None:
    bars = write_bars(project)
    config = project / "configs" / "sweeps" / "held.toml"
    config.write_text(CONFIG, "utf-8")
    keys = [cell.key for cell in make_plan(config).cells]
    later = [cell.key for cell in make_plan(config, ["holdout.from=2002-02-01"]).cells]
    config.write_text(CONFIG.replace(f'[holdout]\nfrom = "{FIRST}"\n', ""), "utf-8")
    without = [cell.key for cell in make_plan(config).cells]
    assert len({*keys, *later, *without}) == 6
    lines = bars.read_text("utf-8").splitlines()
    bars.write_text("\n".join(lines[:-100]), "utf-8")
    config.write_text(CONFIG, "utf-8")
    assert [cell.key for cell in make_plan(config).cells] == keys


# What cells can read.


@pytest.mark.slow
@pytest.mark.notebook
def test_cells_name_the_holdout_and_saw_no_row_of_it(finished: Path) -> None:
    cut = load(finished / "data" / "bars.csv", holdout_from=FIRST)
    cells = run_folders(finished, "sweep_cell")
    assert len(cells) == 2
    for folder in cells:
        record = json.loads((folder / "run.json").read_bytes())
        assert record["config"]["holdout_from"] == FIRST
        assert [used["digest"] for used in record["inputs"]] == [cut.digest]
        assert record["trials"][0]["conventions"]["end"] < FIRST


@pytest.mark.slow
@pytest.mark.notebook
def test_the_sweep_itself_pins_and_keeps_the_rows_before_only(finished: Path) -> None:
    cut = load(finished / "data" / "bars.csv", holdout_from=FIRST)
    (folder,) = run_folders(finished, "sweep")
    record = json.loads((folder / "run.json").read_bytes())
    assert record["config"]["config"]["holdout"] == {"from": FIRST}
    assert [u["digest"] for u in record["inputs"] if u["role"] == "data"] == [cut.digest]
    copies = [*(finished / "runs" / "data").glob("*.parquet")]
    assert [copy.stem for copy in copies] == [cut.digest]
    assert pd.read_parquet(copies[0]).index[-1] < pd.Timestamp(FIRST, tz="UTC")


# Tries what a notebook might: to be explicit, to ask for later, for a period, for a panel.
CURIOUS = """import json, os
from peaklib import evidence
from peaklib.data import load, load_panel
from peaklib.errors import DataError
run = evidence.attach(run_dir)
whole = load("sp500")
run.use(whole)
tries = {
    "plain": lambda: whole.frame.index[-1],
    "explicit": lambda: load("sp500", holdout_from="2018-01-01").frame.index[-1],
    "another": lambda: load("wti", bars_per_year=252).frame.index[-1],
    "panel": lambda: load_panel("stocks20").close.index[-1],
    "period": lambda: whole.between("2001", "2018"),
    "beyond": lambda: whole.between("2017"),
}
found = {}
for name, attempt in tries.items():
    try:
        found[name] = f"{attempt():%Y-%m-%d}"
    except DataError as error:
        found[name] = f"refused: {error}"
run.save_text("found.json", json.dumps(found))"""
# Goes around the loader, first in what it says it used, then in what it makes trials of.
SLY_DATA = """import os
from peaklib import evidence
from peaklib.data import load
os.environ.pop("PEAK_HOLDOUT_FROM")
evidence.attach(run_dir).use(load("sp500"))"""
SLY_TRIALS = """import pandas as pd
from arch.data import sp500
from peaklib import evidence
from peaklib.backtest import run_grid
from peaklib.data import from_frame
bars = from_frame(sp500.load()[["Close"]].iloc[-600:], name="mine")
grid = run_grid("momentum", bars, {"window": [5, 20]}, fill="close")
evidence.attach(run_dir).log_trials(grid)"""


def executed(project: Path, code: str, *, holdout_from: str | None) -> SealedRun:
    notebook = project / "notebooks" / "own.ipynb"
    write_notebook(notebook, 'run_dir: str = ""  # folder of the run', code)
    job = NotebookJob(
        notebook, {}, RunSpec("notebook", {}), project / "runs", holdout_from=holdout_from
    )
    return open_pack(run_notebook(job).folder)


@pytest.mark.slow
@pytest.mark.notebook
def test_a_notebook_that_tries_cannot_read_beyond_and_again_when_repeated(
    project: Path, tmp_path: Path
) -> None:
    run = executed(project, CURIOUS, holdout_from="2016-01-01")
    assert (run.record()["status"], run.record()["error"]) == ("completed", None)
    found = json.loads((run.folder / "outputs" / "found.json").read_bytes())
    days = [found.pop(name) for name in ("plain", "explicit", "another", "panel")]
    assert days == ["2015-12-31"] * 4
    assert all(said.startswith("refused: sp500: 20") for said in found.values())
    again = rerun_notebook(run, tmp_path / "again", {})
    assert again.config() == run.config() == {"holdout_from": "2016-01-01"}
    repeated = json.loads((again.folder / "outputs" / "found.json").read_bytes())
    assert repeated.keys() == {*found, "plain", "explicit", "another", "panel"}
    assert repeated["plain"] == repeated["panel"] == "2015-12-31"


@pytest.mark.slow
@pytest.mark.notebook
@pytest.mark.parametrize(
    ("code", "said"),
    [
        (SLY_DATA, "the notebook used sp500 up to its end, beyond 2016-01-01"),
        (SLY_TRIALS, "the notebook made trials on mine up to 2018-12-31, beyond 2016-01-01"),
    ],
    ids=["data", "trials"],
)
def test_a_notebook_that_goes_around_the_loader_fails(code: str, said: str, project: Path) -> None:
    record = executed(project, code, holdout_from="2016-01-01").record()
    assert record["status"] == "failed"
    assert record["error"].startswith(said)


@pytest.mark.slow
@pytest.mark.notebook
def test_what_a_shell_keeps_back_is_on_record(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOLDOUT_VARIABLE, "2012-01-01")
    run = executed(project, CURIOUS, holdout_from="2016-01-01")
    found = json.loads((run.folder / "outputs" / "found.json").read_bytes())
    assert (found["plain"], found["explicit"]) == ("2011-12-30", "2011-12-30")
    assert run.config() == {"holdout_from": "2012-01-01"}


@pytest.mark.slow
@pytest.mark.notebook
def test_a_cell_made_again_is_identical_and_sees_no_more(held: Path, tmp_path: Path) -> None:
    folder = run_folders(held, "sweep_cell")[0]
    with (held / "data" / "bars.csv").open("a", encoding="utf-8") as file:
        file.write("2002-12-02 00:00:00+00:00,50,50,50,50,1\n")
    done = peak(held, "repro", folder.name, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "identical"


# Opening.


def by_hand(project: Path, strategy: str, params: dict[str, Any], fees: float) -> list[float]:
    """Equity of an account that opens on the first bar of the holdout, bar by bar."""
    whole = load(project / "data" / "bars.csv")
    target = get(strategy).targets(Bars.of(whole), params)
    first = int(np.flatnonzero(whole.frame.index >= pd.Timestamp(FIRST, tz="UTC"))[0])
    opens, closes = whole.column("open"), whole.column("close")
    cash, quantity, equity = 1.0, 0.0, [1.0]
    for bar in range(first + 1, len(whole)):
        if target[bar - 1] > 0 and quantity == 0:
            quantity = cash / (opens[bar] * (1 + fees))
            cash = 0.0
        elif target[bar - 1] == 0 and quantity > 0:
            cash, quantity = quantity * opens[bar] * (1 - fees), 0.0
        equity.append(cash + quantity * closes[bar])
    return equity


@pytest.mark.slow
@pytest.mark.notebook
def test_opening_evaluates_the_best_trial_from_the_first_day_on(
    opened: tuple[SealedRun, HoldoutResult],
) -> None:
    sweep, done = opened
    best = best_of(read_results(sweep.run_id, sweep.runs))
    assert done.opening.trial == best.trial
    expected = by_hand(sweep.runs.parent, "sma_crossover", dict(best.params), 0.0)
    np.testing.assert_allclose(done.strategy.equity.to_numpy(), expected, rtol=1e-12)
    hold = by_hand(sweep.runs.parent, "buy_and_hold", {}, 0.0)
    np.testing.assert_allclose(done.hold.equity.to_numpy(), hold, rtol=1e-12)
    assert f"{done.strategy.equity.index[0]:%Y-%m-%d}" == FIRST
    dear = by_hand(sweep.runs.parent, "sma_crossover", dict(best.params), 0.005)
    assert done.scenarios["costs"].tolist() == ["free", "dear"]
    assert done.scenarios["ret"].iloc[1] == pytest.approx(dear[-1] - 1, rel=1e-12)
    assert len(expected) == done.strategy.conventions.n_bars == 239


@pytest.mark.slow
@pytest.mark.notebook
def test_the_run_of_an_opening_says_what_was_opened_and_is_whole(
    opened: tuple[SealedRun, HoldoutResult],
) -> None:
    sweep, done = opened
    record, config = done.run.record(), done.run.config()
    assert (record["kind"], record["status"], record["parent"]) == (
        "holdout",
        "completed",
        sweep.run_id,
    )
    assert (config["from"], config["to"]) == (FIRST, "2002-11-29")
    assert config["opening"] == done.opening.seq
    sharpes = [record["metrics"][f"{name}_sharpe"] for name in ("holdout", "hold")]
    assert sharpes == [done.strategy.metrics["sharpe"], done.hold.metrics["sharpe"]]
    curve = pd.read_parquet(done.run.table("equity"))
    pd.testing.assert_series_equal(
        curve["equity"], done.strategy.curve, check_names=False, check_freq=False
    )
    root = Registry(sweep.runs).root_of(done.run.run_id)
    assert verify_pack(done.run.folder, root=root).ok


@pytest.mark.slow
@pytest.mark.notebook
def test_the_event_stands_before_the_run_and_nothing_new_is_counted(
    opened: tuple[SealedRun, HoldoutResult],
) -> None:
    sweep, done = opened
    *_, event, published = Registry(sweep.runs).ledger.events()
    assert (event.event, event.seq) == ("holdout_opened", done.opening.seq)
    assert (published.event, published.data["run_id"]) == ("publish", done.run.run_id)
    assert event.data == {
        "sweep": sweep.run_id,
        "name": "held",
        "trial": done.opening.trial,
        "strategy": "sma_crossover",
        "version": "1",
        "params": dict(done.opening.params),
        "instrument": "bars",
        "from": FIRST,
        "to": "2002-11-29",
    }
    published_lines = [line.data for line in Registry(sweep.runs).ledger.events("publish")]
    (count,) = count_trials(published_lines).values()
    # 2 x 2 points under 2 cost scenarios.
    assert (count.family, count.distinct, count.repeats) == ("sma_crossover/bars", 8, 0)


@pytest.mark.slow
@pytest.mark.notebook
def test_an_opening_made_again_is_identical_and_no_further_look(
    opened: tuple[SealedRun, HoldoutResult], tmp_path: Path
) -> None:
    sweep, done = opened
    project = tmp_path / "project"
    shutil.copytree(sweep.runs.parent, project)
    (project / "data" / "bars.csv").unlink()
    run = open_run(done.run.run_id, runs=project / "runs")
    before = events(project)
    repeated = rerun_holdout(run, tmp_path / "again")
    assert compare(run.folder, repeated.run.folder).word == "identical"
    assert events(project) == before
    said = peak(project, "repro", run.run_id, "--json")
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["verdict"] == "identical"
    assert events(project) == [*before, "repro"]


@pytest.mark.slow
@pytest.mark.notebook
def test_a_trial_of_ones_own_choice_is_evaluated(sweep: SealedRun) -> None:
    results = read_results(sweep.run_id)
    cell = results.cells[1]
    done = open_holdout(sweep, trial=f"{cell.run_id[-6:]}:3")
    assert done.opening.trial == f"{cell.run_id}:3"
    assert done.opening.params == {"fast": 10, "slow": 80}
    assert done.scenarios["costs"].tolist() == ["dear", "free"]
    expected = by_hand(sweep.runs.parent, "sma_crossover", dict(done.opening.params), 0.005)
    np.testing.assert_allclose(done.strategy.equity.to_numpy(), expected, rtol=1e-12)


@pytest.mark.slow
@pytest.mark.notebook
def test_an_evaluation_that_fails_was_counted_before(sweep: SealedRun, held: Path) -> None:
    prepared = prepare_opening(sweep)
    (held / "data" / "bars.csv").unlink()
    with pytest.raises(DataError, match=r"data/bars\.csv"):
        open_holdout(sweep, prepared=prepared)
    assert events(held)[-2:] == ["holdout_opened", "publish"]
    (opening,) = openings(held / "runs", "bars")
    assert opening.status == "failed"
    assert opening.run_id is not None
    assert "bars.csv" in open_run(opening.run_id).record()["error"]


@pytest.mark.slow
@pytest.mark.notebook
def test_an_opening_whose_run_cannot_be_made_counts(sweep: SealedRun, held: Path) -> None:
    staging = held / "runs" / ".staging"
    shutil.rmtree(staging, ignore_errors=True)
    staging.write_text("in the way")
    with pytest.raises(EvidenceError):
        open_holdout(sweep)
    assert events(held)[-1] == "holdout_opened"
    (opening,) = openings(held / "runs")
    assert (opening.run_id, opening.status) == (None, None)


@pytest.mark.slow
@pytest.mark.notebook
def test_openings_are_counted_by_instrument_and_days_and_outlive_their_runs(
    sweep: SealedRun, held: Path
) -> None:
    moments = iter(datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 20))
    first = open_holdout(sweep, clock=lambda: next(moments))
    second = open_holdout(sweep)
    assert (first.earlier, second.earlier) == ((), (first.opening,))
    assert first.opening.time == datetime(2026, 1, 1, tzinfo=UTC)
    Registry(held / "runs").delete(first.run.run_id, "it does not look good")
    found = openings(held / "runs", "bars")
    assert found == [first.opening, second.opening]
    assert openings(held / "runs", "sp500") == []
    assert openings(held / "runs", "bars", end="2001-12-31") == []
    assert openings(held / "runs", "bars", start="2002-11-30") == []
    assert openings(held / "runs", "bars", start="2002-11-29", end="2030-01-01") == found


@pytest.mark.slow
@pytest.mark.notebook
class TestRefusal:
    """Nothing is opened, and so nothing is counted, where it could not come out right."""

    @pytest.fixture(autouse=True)
    def nothing_counted(self, held: Path) -> Iterator[None]:
        before = events(held)
        yield
        assert events(held) == before

    def test_of_data_that_have_changed(self, sweep: SealedRun, held: Path) -> None:
        bars = held / "data" / "bars.csv"
        table = pd.read_csv(bars)
        table.loc[100, ["open", "high", "low", "close"]] = 100.0
        table.to_csv(bars, index=False)
        with pytest.raises(EvidenceError, match="data or code have changed since"):
            open_holdout(sweep)

    def test_of_a_pack_that_was_altered(self, sweep: SealedRun) -> None:
        with (sweep.folder / "outputs" / "metrics.json").open("a", encoding="utf-8") as file:
            file.write(" ")
        with pytest.raises(EvidenceError, match="is not what was published"):
            open_holdout(sweep)

    def test_of_a_trial_that_is_none_of_the_sweep(self, sweep: SealedRun) -> None:
        cell = read_results(sweep.run_id).cells[0].run_id
        for trial, said in ((cell, "RUN:N"), (f"{cell}:99", "no point"), ("999999:1", "no run")):
            with pytest.raises(EvidenceError, match=said):
                open_holdout(sweep, trial=trial)

    def test_where_the_holdout_is_kept_from_this_process(
        self, sweep: SealedRun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(HOLDOUT_VARIABLE, FIRST)
        with pytest.raises(DataError, match="PEAK_HOLDOUT_FROM is 2002-01-01"):
            open_holdout(sweep)

    def test_of_data_that_end_before_the_holdout(self, sweep: SealedRun, held: Path) -> None:
        bars = held / "data" / "bars.csv"
        lines = bars.read_text("utf-8").splitlines()
        bars.write_text("\n".join(lines[:522]), "utf-8")
        with pytest.raises(DataError, match="fewer than two bars from 2002-01-01 on"):
            open_holdout(sweep)


@pytest.mark.slow
@pytest.mark.notebook
def test_a_sweep_that_keeps_no_holdout_has_none_to_open(swept: Any) -> None:
    (folder,) = run_folders(swept.project, "sweep")
    before = events(swept.project)
    with pytest.raises(EvidenceError, match="'quick' keeps no holdout"):
        open_holdout(open_pack(folder))
    assert events(swept.project) == before


# Looks.


@pytest.mark.slow
@pytest.mark.notebook
def test_a_look_is_on_record_before_it_returns(sweep: SealedRun, held: Path) -> None:
    look = reveal(sweep, "out_of_sample", by="explorer")
    assert look is not None
    *_, event = Registry(held / "runs").ledger.events()
    assert event.event == "revealed"
    assert event.data == {
        "sweep": sweep.run_id,
        "name": "held",
        "what": "out_of_sample",
        "by": "explorer",
        "instruments": ["bars"],
    }
    other = reveal(sweep, "holdout")
    assert looks(held / "runs") == looks(held / "runs", sweep=sweep.run_id) == [look, other]
    assert looks(held / "runs", what="out_of_sample", instrument="bars") == [look]
    assert looks(held / "runs", sweep="another") == looks(held / "runs", instrument="x") == []


def test_a_look_at_a_preview_is_on_no_record(project: Path) -> None:
    assert reveal(None, "out_of_sample") is None
    assert not (project / "runs").exists()
    assert looks(project / "runs") == []
