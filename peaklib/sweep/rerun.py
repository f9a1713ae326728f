"""How runs of notebooks are made again: cells, a notebook alone, a sweep and its report."""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import pandas as pd

from peaklib.data import digest_today
from peaklib.errors import DataError, EvidenceError, StrategyError
from peaklib.evidence import Repeated, Rerunner, SealedRun, input_label, open_run
from peaklib.evidence.run import RUN_ROLE
from peaklib.robustness.verdict.thresholds import Thresholds
from peaklib.runner import inputs_of, rerun_notebook, source_digest
from peaklib.strategies import get
from peaklib.sweep.config import SweepConfig
from peaklib.sweep.execute import Progress
from peaklib.sweep.holdout import KIND as HOLDOUT, rerun_holdout, sources_of
from peaklib.sweep.kinds import PORTFOLIO, RISK
from peaklib.sweep.plan import Plan, plan_of, rules_of
from peaklib.sweep.session import KIND, NOTEBOOK, run_sweep
from peaklib.sweep.single import KIND as ALONE, parameters_given


def _inputs(run: SealedRun) -> Mapping[str, str]:
    """Digests of a run's inputs as they are today; one that is gone is left out."""
    found = {}
    for entry in run.record()["inputs"]:
        try:
            if entry["role"] == RUN_ROLE:
                found[input_label(entry)] = open_run(entry["name"], runs=run.runs).root
            else:
                found[input_label(entry)] = digest_today(entry, run.runs)
        except (DataError, EvidenceError):
            continue
    return found


def _cell_sources(run: SealedRun) -> Mapping[str, str]:
    parameters = run.config()["parameters"]
    return {
        "notebook": source_digest(run.folder / NOTEBOOK),
        **_strategies_of(run),
        **rules_of(parameters),
    }


def _strategies_of(run: SealedRun) -> Mapping[str, str]:
    """Digests of the strategies whose grids a notebook logged, whatever its parameters say."""
    found = {}
    for grid in run.record()["trials"]:
        with suppress(StrategyError):
            found[f"strategy {grid['strategy']}"] = get(grid["strategy"]).code_digest()
    return found


def _rerun_cell(run: SealedRun, place: Path) -> Repeated:
    return Repeated(rerun_notebook(run, place, run.config()["parameters"]))


def _rerun_alone(run: SealedRun, place: Path) -> Repeated:
    return Repeated(rerun_notebook(run, place, parameters_given(run)))


def _report_sources(run: SealedRun) -> Mapping[str, str]:
    return {"notebook": source_digest(run.folder / NOTEBOOK)}


def _rerun_report(run: SealedRun, place: Path) -> Repeated:
    return Repeated(rerun_notebook(run, place, parameters_given(run)))


def _planned(run: SealedRun, notebook: Path) -> Plan:
    config = run.config()
    with inputs_of(run):
        return plan_of(
            SweepConfig.model_validate(config["config"]),
            notebook,
            name=config["sweep"],
            command=config["command"],
            thresholds=Thresholds.model_validate(config["thresholds"]),
        )


def _sweep_sources(run: SealedRun) -> Mapping[str, str]:
    plan = _planned(run, run.folder / "inputs" / NOTEBOOK)
    rules = {name: digest for cell in plan.cells for name, digest in cell.sources.items()}
    return {"notebook": source_digest(plan.notebook), **rules}


def _rerun_sweep(run: SealedRun, place: Path) -> Repeated:
    # A kernel works in the folder of its notebook, which must not be a sealed pack.
    notebook = place / "notebooks" / NOTEBOOK
    notebook.parent.mkdir(parents=True)
    shutil.copyfile(run.folder / "inputs" / NOTEBOOK, notebook)
    plan = _planned(run, notebook)

    def silent(progress: Progress) -> None: ...

    with inputs_of(run):
        again = run_sweep(plan, silent, workers=os.cpu_count() or 1, threads=1, runs=place)
    before = pd.read_parquet(run.table("cells"))["run_id"]
    pairs = zip(before, again.results, strict=True)
    parts = [(open_run(old, runs=run.runs), open_run(new.run_id, runs=place)) for old, new in pairs]
    return Repeated(again.run, parts)


RERUNNERS: Final = (
    Rerunner("sweep_cell", _cell_sources, _inputs, _rerun_cell),
    Rerunner(ALONE, _cell_sources, _inputs, _rerun_alone),
    Rerunner("report", _report_sources, _inputs, _rerun_report),
    Rerunner(PORTFOLIO, _report_sources, _inputs, _rerun_report),
    Rerunner(RISK, _report_sources, _inputs, _rerun_report),
    Rerunner(KIND, _sweep_sources, _inputs, _rerun_sweep),
    Rerunner(HOLDOUT, sources_of, _inputs, rerun_holdout),
)
