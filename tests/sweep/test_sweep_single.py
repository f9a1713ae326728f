"""A notebook by itself: what decides its run is checked, pinned, and comes out again."""

import re
from pathlib import Path

import pandas as pd
import pytest
from scratch import write_notebook

from peaklib.data import load
from peaklib.errors import ConfigError, DataError, NotebookError
from peaklib.evidence import Registry, digest, open_run, reproduce, verify_pack
from peaklib.runner import NotebookJob, source_digest
from peaklib.strategies import get
from peaklib.sweep import make_job, run_alone
from peaklib.sweep.checks import ROLES

WALK = "synthetic:random_walk"
PARAMETERS = f"""run_dir: str = ""  # folder of the run
dataset: str = "{WALK}"  # what is read
window: int = 5  # bars
share: float = 1.0  # fraction
label: str = "a"  # a word
costs: dict = {{"fees_bps": 5.0, "slippage_bps": 1.0}}  # a side
flat = True  # not annotated
odd = {{1: 2}}  # has no form in JSON
half = window / 2  # computed
seed: int = 7  # of nothing"""
DEFAULTS = {
    "dataset": WALK,
    "window": 5,
    "share": 1.0,
    "label": "a",
    "costs": {"fees_bps": 5.0, "slippage_bps": 1.0},
    "flat": True,
    "seed": 7,
}
# What is a float must stay one when it is done again, although JSON writes 4.0 as 4.
CELL = """import pandas as pd
from peaklib import evidence
from peaklib.data import load
run = evidence.attach(run_dir)
data = load(dataset)
run.use(data)
run.log_metrics({"window": window, "mean": float(data.frame["close"].mean())})
run.save_table("kinds", pd.DataFrame({"share": [share], "fee": [costs["fees_bps"]]}))"""


@pytest.fixture
def notebook(project: Path) -> Path:
    """A small notebook of the project with parameters of every type."""
    return write_notebook(project / "notebooks" / "small.ipynb", PARAMETERS, CELL)


def job_of(parameters: str, project: Path, *settings: str) -> NotebookJob:
    return make_job(write_notebook(project / "notebooks" / "own.ipynb", parameters), settings)


def test_record_holds_all_literal_parameters_and_the_kernel_only_what_was_given(
    notebook: Path,
) -> None:
    job = make_job(notebook, ["window=9", "costs.fees_bps=3"])
    costs = {"fees_bps": 3, "slippage_bps": 1.0}
    assert job.parameters == {"window": 9, "costs": costs}
    assert job.spec.config == {
        "notebook": "notebooks/small.ipynb",
        "parameters": {**DEFAULTS, "window": 9, "costs": costs},
    }
    assert (job.spec.kind, job.spec.parent, job.spec.seed) == ("notebook", None, 7)
    assert job.spec.family is None  # no strategy is named: each trial says its own


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("label=2001", "2001"),
        ("label=2001-01-01", "2001-01-01"),
        ('label="true"', "true"),
        ("label=a b = c", "a b = c"),
        ("share=2", 2.0),
        ("flat=false", False),
        ("seed=3", 3),
        ("costs={fees_bps = 1}", {"fees_bps": 1}),
    ],
)
def test_value_is_read_as_the_notebook_declares_it(
    setting: str, expected: object, notebook: Path
) -> None:
    (value,) = make_job(notebook, [setting]).parameters.values()
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("window=2.5", "window = 2.5: the notebook wants a whole number (int)"),
        ("window=true", "window = True: the notebook wants a whole number"),
        ("share=much", "share = 'much': the notebook wants a number (float)"),
        ("flat=1", "flat = 1: the notebook wants true or false (bool)"),
        ("costs=5", "costs = 5: the notebook wants a table"),
        ("dataset=sp501", "dataset = 'sp501': "),
        ("dataset=7", "dataset = '7': "),
        ("run_dir=runs", "run_dir: is the folder of the run"),
        ("window", "'window' cannot be set; write KEY=VALUE"),
    ],
)
def test_wrong_value_is_named_before_anything_runs(
    setting: str, said: str, notebook: Path, project: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        make_job(notebook, [setting])
    assert said in str(caught.value)
    assert not (project / "runs").exists()


def test_all_mistakes_of_one_kind_are_listed_at_once(project: Path) -> None:
    cell = project / "notebooks" / "sweep_cell.ipynb"
    wrong = ["strategy=sma", "benchmark=hold", "fill=maybe", "lag=0", "period=2001"]
    with pytest.raises(ConfigError) as caught:
        make_job(cell, wrong)
    found = sorted(problem.partition(" ")[0] for problem in caught.value.problems)
    assert found == ["benchmark", "fill", "lag", "period", "strategy"]


def test_unknown_parameter_names_the_likely_one(notebook: Path) -> None:
    with pytest.raises(NotebookError, match=r"no parameter 'windw'; did you mean 'window'\?"):
        make_job(notebook, ["windw=3"])


def test_word_that_a_sweep_knows_may_mean_something_else_of_another_type(project: Path) -> None:
    job = job_of("period: float = 8.6  # years", project, "period=5")
    assert job.parameters == {"period": 5.0}
    assert (job.spec.seed, job.spec.family, job.spec.sources) == (0, None, {})


@pytest.mark.parametrize("name", ["dataset", *ROLES])
@pytest.mark.parametrize("default", ["None", "3", "['momentum']"])
def test_name_that_is_none_is_a_mistake_and_no_crash(
    name: str, default: str, project: Path
) -> None:
    with pytest.raises(ConfigError, match=rf"{name} = {re.escape(default)}: is no name of a "):
        job_of(f"{name} = {default}", project)


@pytest.mark.parametrize("role", ROLES)
def test_every_parameter_that_names_a_strategy_is_checked_and_pinned(
    role: str, project: Path
) -> None:
    job = job_of(f'{role}: str = "momentum"', project)
    rule = get("momentum")
    assert job.spec.sources == {f"{role} momentum": digest([rule.version, rule.code_digest()])}
    for word in ("momentun", ""):
        with pytest.raises(ConfigError, match=f"{role} = '{word}': no strategy '{word}'"):
            job_of(f'{role}: str = "{word}"', project)


def test_default_data_set_that_is_gone_is_found_before_anything_runs(project: Path) -> None:
    (project / "bars.csv").write_text("nothing", "utf-8")
    with pytest.raises(DataError):
        job_of('dataset: str = "bars.csv"', project)
    with pytest.raises(ConfigError, match=r"dataset = .other\.csv.: "):
        job_of('dataset: str = "other.csv"', project)


def test_key_stands_on_notebook_parameters_data_and_not_on_how_they_were_given(
    notebook: Path,
) -> None:
    plain = make_job(notebook).spec.key
    assert make_job(notebook, ["window=5", f"dataset={WALK}", "seed=7"]).spec.key == plain
    others = ("window=6", "seed=8", "dataset=synthetic:random_walk,seed=1,bars=50", "label=b")
    keys = {make_job(notebook, [setting]).spec.key for setting in others}
    before = source_digest(notebook)
    write_notebook(notebook, PARAMETERS, CELL, "1 + 1")
    assert source_digest(notebook) != before
    assert len({plain, *keys, make_job(notebook).spec.key}) == len(others) + 2


def test_strategies_are_pinned_also_where_they_are_the_default(project: Path) -> None:
    job = make_job(project / "notebooks" / "sweep_cell.ipynb", ["strategy=momentum"])
    pinned = {
        f"{role} {name}": digest([get(name).version, get(name).code_digest()])
        for role, name in (("strategy", "momentum"), ("benchmark", "buy_and_hold"))
    }
    assert job.spec.sources == pinned
    assert job.spec.family == "momentum/sp500"


@pytest.mark.slow
@pytest.mark.notebook
def test_run_verifies_and_comes_out_identical(notebook: Path, project: Path) -> None:
    outcome = run_alone(make_job(notebook, ["share=2", "costs.fees_bps=4.0"]))
    assert (outcome.status, outcome.error) == ("completed", None)
    run = open_run(outcome.run_id)
    assert verify_pack(run.folder, root=run.root).ok
    record = run.record()
    assert record["kind"] == "notebook"
    assert record["config"]["parameters"]["costs"] == {"fees_bps": 4, "slippage_bps": 1}
    assert record["metrics"]["mean"] == load(WALK).frame["close"].mean()
    assert set(pd.read_parquet(run.table("kinds")).dtypes.astype(str)) == {"float64"}

    done = reproduce(run, Registry().roots(), project / "again")
    assert (done.word, done.drift) == ("identical", ())


@pytest.mark.slow
@pytest.mark.notebook
def test_notebook_without_a_run_dir_becomes_a_run_that_holds_the_notebook(project: Path) -> None:
    outcome = run_alone(job_of("n: int = 1", project, "n=2"))
    assert outcome.status == "completed"
    run = open_run(outcome.run_id)
    assert run.record()["metrics"] == {}
    assert (run.folder / "notebook.ipynb").is_file()
    assert reproduce(run, Registry().roots(), project / "again").word == "identical"
