"""What a risk chapter is about, and which chapter of several is meant; no notebook is executed."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from in_process import sweep_in_process, sweep_text
from scratch import make_project, run_folders

from peaklib.backtest import run_backtest
from peaklib.data import load
from peaklib.errors import EvidenceError
from peaklib.evidence import Registry, start_run
from peaklib.evidence.run import Run
from peaklib.sweep import best_of, read_results
from peaklib.sweep.risk_chapter import LookedAt, account_of, chapter_of, looked_at

# Together they take some ten seconds: all of CI runs them, the inner loop does not.
pytestmark = pytest.mark.slow

GRIDS = {
    "sma_crossover": {"fast": [10, 20], "slow": [100]},
    "rsi_reversion": {"window": [5, 14], "oversold": [1, 30]},
}


def returns_of(*names: str, sides: bool = False) -> pd.DataFrame:
    """Returns of some accounts on six days, each by its own amount."""
    days = pd.date_range("2020-01-01", periods=6, tz="UTC")
    columns = {name: np.arange(6) / 1000 + k / 100 for k, name in enumerate(names)}
    table = pd.DataFrame({"time": days, **columns})
    return table.assign(side=["is"] * 4 + ["oos"] * 2) if sides else table


def left(
    kind: str,
    tables: dict[str, pd.DataFrame],
    *,
    parent: str | None = None,
    bars_per_year: float | None = 252.0,
) -> str:
    """A run that left tables; returns its id."""
    with start_run(kind=kind, config={}, parent=parent) as run:
        for name, table in tables.items():
            run.save_table(name, table)
        if bars_per_year is not None:
            run.log_metric("bars_per_year", bars_per_year)
    return run.run_id


@dataclass(frozen=True)
class Store:
    """A project at work with a sweep, and the ids of its runs and of some others."""

    project: Path
    sweep: str
    portfolio: str
    alone: str

    @property
    def registry(self) -> Registry:
        return Registry(self.project / "runs")

    def cell(self, strategy: str, costs: str = "retail") -> str:
        cells = read_results(self.sweep).cells
        wanted = {"strategy": strategy, "costs": costs}
        return next(cell.run_id for cell in cells if cell.label == wanted)

    def look(self, text: str) -> LookedAt:
        return looked_at(text, self.registry)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    project = make_project(tmp_path_factory.mktemp("looked") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(project))
        sweep = sweep_in_process(
            project, "two", sweep_text(GRIDS, costs={"retail": 5.0, "cheap": 1.0})
        )
        members = pd.DataFrame({"member": ["a", "b"], "share": [0.75, 0.25]})
        accounts = returns_of("portfolio", "equal weights", "hold", "a", "b", sides=True)
        portfolio = left("portfolio", {"returns": accounts, "members": members}, parent=sweep)
        alone = left("notebook", {"returns": returns_of("own")}, bars_per_year=365.25)
        yield Store(project, sweep, portfolio, alone)


# ---- what a text stands for -----------------------------------------------------------------


def test_a_sweep_stands_for_its_best_trial_by_name_and_by_id(store: Store) -> None:
    best = best_of(read_results(store.sweep)).trial
    for text in ("two", store.sweep, store.sweep[-6:]):
        found = store.look(text)
        assert (found.run.run_id, found.target, found.selected) == (store.sweep, best, True)
        assert found.name_parts == ["two", "risk"]
        assert found.holdout_from is None


def test_a_grid_point_stands_for_itself_under_its_own_costs(store: Store) -> None:
    cell = store.cell("sma_crossover", "cheap")
    found = store.look(f"{cell[-6:]}:1")
    assert (found.run.run_id, found.target, found.selected) == (cell, f"{cell}:1", False)
    assert found.sweep is not None
    assert found.sweep.run_id == store.sweep
    assert found.name_parts == ["two", "risk", f"{cell[-6:]}-1"]


def test_the_run_of_a_cell_stands_for_its_best_trial(store: Store) -> None:
    cell = store.cell("rsi_reversion")
    sharpes = pd.read_parquet(
        next(p for p in run_folders(store.project) if p.name == cell)
        / "outputs"
        / "tables"
        / "trials.parquet"
    )["sharpe"]
    found = store.look(cell)
    assert found.target == f"{cell}:{int(sharpes.fillna(-np.inf).to_numpy().argmax())}"
    best = best_of(read_results(store.sweep)).trial
    assert found.selected == (found.target == best)
    # The best of all is selected, also when it is named by its address.
    assert store.look(best).selected
    assert store.look(best).name_parts == ["two", "risk"]


def test_a_portfolio_belongs_to_its_sweep_and_a_notebook_to_none(store: Store) -> None:
    portfolio, alone = store.look(store.portfolio), store.look(store.alone[-6:])
    assert portfolio.run.run_id == portfolio.target == store.portfolio
    assert portfolio.sweep is not None
    assert portfolio.sweep.run_id == store.sweep
    assert portfolio.name_parts == ["two", "risk", store.portfolio[-6:]]
    assert alone.sweep is None
    assert alone.holdout_from is None
    assert alone.name_parts == ["notebook", "risk", store.alone[-6:]]


def test_what_has_no_account_is_refused_with_the_reason(store: Store) -> None:
    untimed = returns_of("own").drop(columns="time")
    runs = {
        "without a table 'returns'": left("notebook", {"other": untimed}),
        "it needs 'time' and one an account": left("notebook", {"returns": untimed}),
        "has the columns time;": left("notebook", {"returns": returns_of()}),
        "without the metric bars_per_year": left(
            "notebook", {"returns": returns_of("own")}, bars_per_year=None
        ),
    }
    for reason, run in runs.items():
        with pytest.raises(EvidenceError) as caught:
            store.look(run)
        assert reason in str(caught.value)
        assert run in str(caught.value)


def test_what_is_not_there_is_refused(store: Store) -> None:
    cell = store.cell("sma_crossover")
    cases = {
        "nothing": "there are two",
        f"{cell}:7": "its points are 0 to 1",
        f"{store.sweep}:0": "no point '0'",
        f"{store.portfolio}:0": "no point '0'",
        "99990101_000000_abcdef": "abcdef",
    }
    for text, said in cases.items():
        with pytest.raises(EvidenceError) as caught:
            store.look(text)
        assert said in str(caught.value), text


def test_a_trial_that_never_traded_is_refused(store: Store) -> None:
    cell = store.cell("rsi_reversion")
    with pytest.raises(EvidenceError, match="never moved"):
        store.look(f"{cell}:0")


def test_a_grid_point_of_a_notebook_alone_is_no_account(store: Store) -> None:
    from peaklib.backtest import run_grid

    with start_run(kind="notebook", config={}) as run:
        run.log_trials(run_grid("sma_crossover", load("sp500"), {"fast": [5], "slow": [50]}))
        run.save_table("returns", returns_of("own"))
        run.log_metric("bars_per_year", 252.0)
    with pytest.raises(EvidenceError, match="belongs to no sweep"):
        store.look(f"{run.run_id}:0")
    assert store.look(run.run_id).target == run.run_id


def test_altered_evidence_is_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "project"
    shutil.copytree(store.project, made)
    monkeypatch.setenv("PEAK_HOME", str(made))
    cell, registry = store.cell("sma_crossover"), Registry(made / "runs")
    assert looked_at(store.portfolio, registry).target == store.portfolio
    for run in (cell, store.portfolio):
        with (made / "runs" / run / "outputs" / "metrics.json").open("ab") as file:
            file.write(b" ")
    for text in ("two", cell, f"{cell}:1", store.portfolio):
        with pytest.raises(EvidenceError, match="was altered"):
            looked_at(text, registry)


def test_an_account_that_is_not_there_is_refused_before_anything_runs(store: Store) -> None:
    store.look(store.portfolio).check_account("hold")
    store.look(store.portfolio).check_account("")
    with pytest.raises(EvidenceError, match="no account 'cash'; it has: portfolio, equal weights"):
        store.look(store.portfolio).check_account("cash")
    with pytest.raises(EvidenceError, match="has one account only"):
        store.look("two").check_account("hold")
    store.look("two").check_account("")


# ---- the account itself ---------------------------------------------------------------------


def test_account_of_a_trial_is_its_backtest_and_that_of_holding(store: Store) -> None:
    cell = store.cell("sma_crossover", "cheap")
    found = account_of(f"{cell}:1", run=Run(None), config="")
    terms = {"fees_bps": 1.0, "warmup": read_results(store.sweep).cells[0].conventions["warmup"]}
    own = run_backtest("sma_crossover", load("sp500"), {"fast": 20, "slow": 100}, **terms)
    hold = run_backtest("buy_and_hold", load("sp500"), **terms)
    assert found.returns.to_numpy() == pytest.approx(own.returns.to_numpy(), abs=1e-15)
    assert found.market.to_numpy() == pytest.approx(hold.returns.to_numpy(), abs=1e-15)
    assert (found.address, found.year, found.parts) == (
        f"{cell}:1",
        own.conventions.bars_per_year,
        None,
    )
    assert "sma_crossover" in found.name
    assert "sp500 · cheap" in found.where
    assert found.position is not None
    # The bars that warmed up the indicators are there for the model of risk.
    assert len(found.position.asset) == len(load("sp500")) - 1
    with pytest.raises(EvidenceError, match="one account only"):
        account_of(f"{cell}:1", run=Run(None), config="", account="hold")


def test_accounts_of_a_run_are_read_on_the_days_nothing_was_chosen_on(store: Store) -> None:
    found = account_of(store.portfolio, run=Run(None), config="")
    assert found.name == "portfolio"
    assert found.returns.to_list() == [0.004, 0.005]
    assert found.market.to_list() == [0.024, 0.025]
    assert (dict(found.shares), found.year) == ({"a": 0.75, "b": 0.25}, 252.0)
    assert found.parts is not None
    assert found.parts.to_numpy() == pytest.approx(np.array([[0.034, 0.044], [0.035, 0.045]]))
    assert found.position is None
    other = account_of(store.portfolio, run=Run(None), config="", account="hold")
    assert other.returns.to_list() == other.market.to_list() == [0.024, 0.025]
    assert (other.parts, dict(other.shares)) == (None, {})
    with pytest.raises(EvidenceError, match="no account 'cash'"):
        account_of(store.portfolio, run=Run(None), config="", account="cash")


def test_a_notebook_without_sides_or_a_benchmark_is_its_own_market(store: Store) -> None:
    found = account_of(store.alone, run=Run(None), config="")
    assert found.returns.to_list() == [k / 1000 for k in range(6)]
    assert found.market.equals(found.returns)
    assert (found.name, found.year, found.parts) == ("own", 365.25, None)


def test_a_table_of_members_that_means_something_else_is_no_division(store: Store) -> None:
    for members in (pd.DataFrame({"party": ["x"]}), pd.DataFrame({"member": ["x"], "share": [1]})):
        run = left("notebook", {"returns": returns_of("own"), "members": members})
        assert account_of(run, run=Run(None), config="").parts is None


# ---- which chapter --------------------------------------------------------------------------


def chapter(store: Store, target: str, page: str = "", **more: Any) -> str:
    """As much of a risk chapter as the search for it reads."""
    config: dict[str, Any] = {"target": target, "settings": {}, **more}
    with start_run(kind="risk", config=config) as run:
        pass
    if page:
        path = store.project / page
        path.write_text(page, "utf-8")
        store.registry.record_page(path, [run.run_id])
    return run.run_id


def test_the_newest_chapter_of_a_target_counts_and_as_of_hides_later_ones(store: Store) -> None:
    target, registry = "20200101_000000_aaaaaa:3", store.registry
    assert chapter_of(target, registry) is None
    before = registry.ledger.checkpoint().size
    first = chapter(store, target, "first.html")
    between = registry.ledger.checkpoint().size
    chapter(store, "20200101_000000_aaaaaa:4", "other.html")
    second = chapter(store, target, "second.html")
    unpublished = chapter(store, target)
    found = chapter_of(target, registry)
    assert found is not None
    assert (found.run_id, found.page) == (unpublished, "")
    sizes = {before: None, between: (first, "first.html")}
    # The page of the second is the line after its run: between the two it had none yet.
    last = registry.ledger.checkpoint().size
    sizes |= {last - 1: (second, "second.html"), last - 2: (second, "")}
    for as_of, expected in sizes.items():
        seen = chapter_of(target, registry, as_of=as_of)
        assert (seen and (seen.run_id, seen.page)) == expected, as_of
    assert chapter_of("20200101_000000_aaaaaa:5", registry) is None


def test_a_chapter_that_failed_is_none(store: Store) -> None:
    target = "20200101_000000_bbbbbb:1"
    with (
        pytest.raises(ZeroDivisionError),
        start_run(kind="risk", config={"target": target, "settings": {}}),
    ):
        _ = 1 / 0
    assert chapter_of(target, store.registry) is None


def test_a_chapter_by_settings_of_a_choice_or_of_another_account_is_not_the_one(
    store: Store,
) -> None:
    target, registry = "20200101_000000_cccccc:1", store.registry
    usual = chapter(store, target, "usual.html")
    # The later ones might have been made until one pleased.
    chapter(store, target, "kind.html", settings={"level": 0.9}, level=0.9)
    chapter(store, target, "hold.html", account="hold")
    found = chapter_of(target, registry)
    assert found is not None
    assert (found.run_id, found.page) == (usual, "usual.html")
    only_chosen = "20200101_000000_cccccc:2"
    chapter(store, only_chosen, settings={"model": "normal"}, model="normal")
    assert chapter_of(only_chosen, registry) is None
