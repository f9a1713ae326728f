"""Opening a sweep's holdout for the one trial that was selected; every opening is counted.

The ledger says that a holdout is opened before any of its prices is read, so that an
opening that fails, or whose process dies, counts like any other. The trial was counted when
it was made: to evaluate it once more on other days adds none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from peaklib.backtest import BacktestResult, run_backtest
from peaklib.data import Dataset, load
from peaklib.data.holdout import OPTION, in_force
from peaklib.errors import DataError, EvidenceError
from peaklib.evidence import (
    Clock,
    OpenRun,
    Query,
    Registry,
    Repeated,
    RunSpec,
    SealedRun,
    create_run,
    open_run,
    utc_now,
)
from peaklib.evidence.checks.verify import refuse_altered
from peaklib.evidence.ledger.line import Event
from peaklib.evidence.places import HOLDOUT_VARIABLE
from peaklib.evidence.run import RUN_ROLE
from peaklib.metrics import METRIC_NAMES
from peaklib.runner import inputs_of
from peaklib.sweep.analysis import Best, best_of, edges, replay
from peaklib.sweep.plan import rules_of
from peaklib.sweep.results import SweepResults, read_results

KIND: Final = "holdout"
EVENT: Final = "holdout_opened"
EQUITY: Final = "equity"
SCENARIOS: Final = "scenarios"
# What stands beside each other under every cost scenario.
_SHOWN: Final = ("sharpe", "ret", "max_dd", "n_trades")

Pair = tuple[BacktestResult, BacktestResult]


@dataclass(frozen=True)
class Opening:
    """One time that a holdout was opened.

    Args:
        seq, time: of the ledger's event.
        sweep, name: run of the sweep, and what the sweep is called.
        trial: that was evaluated, `RUN:N`.
        strategy, params: of the trial.
        instrument: name of the data set.
        first, last: dates of the holdout as it was opened.
        run_id: of the run that holds the result, also if it was deleted since; None if none
            was published.
        status: of that run; None without one.
    """

    seq: int
    time: datetime
    sweep: str
    name: str
    trial: str
    strategy: str
    params: Mapping[str, int | float]
    instrument: str
    first: str
    last: str
    run_id: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class PreparedOpening:
    """An opening that nothing but the decision is missing for; nothing was opened yet.

    Args:
        sweep: the sweep's own run.
        best: the trial that will be evaluated.
        config: all that decides the result; goes into the record.
        seed: of the sweep.
        earlier: openings of the same instrument whose days overlap.
    """

    sweep: SealedRun
    best: Best
    config: Mapping[str, Any]
    seed: int
    earlier: tuple[Opening, ...]


@dataclass(frozen=True)
class HoldoutResult:
    """What an opening showed.

    Args:
        run: of kind `holdout`.
        opening: the event, with that run.
        earlier: openings before this one of the same instrument whose days overlap.
        strategy, hold: the trial and the benchmark on the holdout, under the trial's costs.
        scenarios: one row a cost scenario, the trial's own first.
    """

    run: SealedRun
    opening: Opening
    earlier: tuple[Opening, ...]
    strategy: BacktestResult
    hold: BacktestResult
    scenarios: pd.DataFrame


def openings(
    runs: Path | None = None,
    instrument: str | None = None,
    *,
    start: str | None = None,
    end: str | None = None,
) -> list[Opening]:
    """How often a holdout was opened, by the ledger: deleted runs and crashes count, too.

    Args:
        runs: folder of runs; the project's by default.
        instrument: name of a data set; all by default.
        start, end: dates, both included: only openings that share a day with them.

    Returns:
        The openings, oldest first.
    """
    registry = Registry(runs)
    rows = registry.select(Query(kind=KIND, include_deleted=True))
    published = {row.key: row for row in rows}
    found = []
    for event in registry.ledger.events(EVENT):
        row = published.get(event.digest)
        said = event.data
        if (
            (instrument is None or said["instrument"] == instrument)
            and (start is None or said["to"] >= start)
            and (end is None or said["from"] <= end)
        ):
            found.append(_opening(event, *((row.run_id, row.status) if row else (None, None))))
    return found


def prepare_opening(sweep: SealedRun, *, trial: str | None = None) -> PreparedOpening:
    """Select the trial and make sure that it can be evaluated; no price of the holdout is used.

    The trial is computed once more on the days that the sweep saw, so that data or code that
    have changed are found before the holdout is spent. Of the holdout only the date of its last
    bar is looked up.

    Args:
        sweep: the sweep's own run.
        trial: `RUN:N` of one of its cells; the best by the sweep's own rule by default.

    Raises:
        EvidenceError: the sweep keeps no holdout, was interrupted or altered, does not have
            that trial, or the trial no longer gives the number on record.
        DataError: the data cannot be loaded, or this process may not read the holdout.
    """
    registry, record = Registry(sweep.runs), sweep.record()
    if record["status"] == "interrupted":
        raise EvidenceError(
            f"sweep run {sweep.run_id} was interrupted, so nothing was selected yet; finish it: "
            f"{record['config'].get('command', 'peak sweep CONFIG')} --resume"
        )
    results = read_results(sweep.run_id, sweep.runs)
    first = results.config.holdout_from
    if first is None:
        raise EvidenceError(
            f"sweep {results.name!r} keeps no holdout; a sweep has one if its file says so before "
            'it runs: [holdout] from = "2016-01-01"'
        )
    best = _trial_of(results, registry, trial) if trial else best_of(results)
    for run in (sweep, open_run(best.cell.run_id, runs=sweep.runs)):
        refuse_altered(run.folder, root=registry.root_of(run.run_id))
    replay(best, results.config.benchmark)
    asked = _asked(best)
    last = _last_day(asked, first)
    config = {**_config(results, best, asked), "from": first, "to": last}
    earlier = openings(sweep.runs, config["instrument"], start=first, end=last)
    return PreparedOpening(sweep, best, config, results.config.seed, tuple(earlier))


def open_holdout(
    sweep: SealedRun,
    *,
    trial: str | None = None,
    prepared: PreparedOpening | None = None,
    clock: Clock = utc_now,
) -> HoldoutResult:
    """Evaluate the selected trial on the holdout, and publish what comes out.

    First the ledger gets its event; only then the rows are read. Indicators are warmed up by
    the rows before the holdout, the account opens on its first bar.

    Args:
        sweep: the sweep's own run.
        trial: see `prepare_opening`.
        prepared: what that function returned, if it was called before.
        clock: for the event and the run.

    Raises:
        EvidenceError, DataError: see `prepare_opening`, then nothing was opened; or the
            evaluation failed or cannot be written, then the opening counts all the same.
    """
    ready = prepared or prepare_opening(sweep, trial=trial)
    config = ready.config
    event = Registry(sweep.runs, clock).ledger.append(EVENT, _event(config))
    spec = RunSpec(
        KIND,
        {**config, "opening": event.seq},
        ready.seed,
        family=f"{config['strategy']}/{config['instrument']}",
        parent=sweep.run_id,
        # What an opening and its run know each other by, also when the run was deleted.
        key=event.digest,
        sources=_sources(config),
    )
    own = create_run(spec, runs=sweep.runs, clock=clock)
    try:
        pairs = _evaluate(own, sweep.runs)
    except BaseException as problem:
        status = "failed" if isinstance(problem, Exception) else "interrupted"
        own.seal(status, f"{type(problem).__name__}: {problem}".removesuffix(": "))
        raise
    sealed = own.seal()
    opening = _opening(event, sealed.run_id, "completed")
    strategy, hold = pairs[config["scenario"]]
    return HoldoutResult(sealed, opening, ready.earlier, strategy, hold, _scenarios(pairs))


def sources_of(run: SealedRun) -> Mapping[str, str]:
    """Digests of the strategies of a holdout run, as they are today."""
    return _sources(run.config())


def rerun_holdout(run: SealedRun, place: Path) -> Repeated:
    """Evaluate a published opening again; what is known already is no further look.

    Args:
        run: of kind `holdout`.
        place: folder of runs for the new one.
    """
    record = run.record()
    spec = RunSpec(
        KIND,
        run.config(),
        record["seed"],
        record["family"],
        record["parent"],
        record["key"],
        sources_of(run),
    )
    own = create_run(spec, runs=place)
    with inputs_of(run):
        _evaluate(own, run.runs)
    return Repeated(own.seal())


def _trial_of(results: SweepResults, registry: Registry, trial: str) -> Best:
    """A trial of a sweep by its address."""
    ref = registry.find(trial)
    cell = next((cell for cell in results.cells if cell.run_id == ref.run_id), None)
    if cell is None or ref.point is None:
        raise EvidenceError(
            f"{trial!r} is no trial of sweep run {results.run_id}; write RUN:N with the run of one "
            "of its cells, as the ranking in its report does"
        )
    row = cell.trials.iloc[ref.point]
    params = {name: row[name].item() for name in cell.params}
    metrics = {name: float(row[name]) for name in METRIC_NAMES}
    return Best(cell, params, metrics, str(ref), edges(cell, params))


def _asked(best: Best) -> dict[str, Any]:
    """The call of `load` behind a trial's data, without what kept the holdout back."""
    asked = best.cell.data.get("load", {})
    if not asked.get("source"):
        raise EvidenceError(
            f"the data of trial {best.trial} were a table in memory, which cannot be loaded again "
            "with its later rows; give the sweep a file"
        )
    kept = {name: value for name, value in asked["options"].items() if name != OPTION}
    return {"source": asked["source"], "options": kept}


def _last_day(asked: Mapping[str, Any], first: str) -> str:
    held = in_force()
    if held:
        raise DataError(
            f"{HOLDOUT_VARIABLE} is {held}: nothing from then on can be read in this process, as "
            "in every cell of a sweep with a holdout; open it in a shell without that variable"
        )
    whole = load(asked["source"], **asked["options"])
    if whole.bars_before(first) > len(whole) - 2:
        raise DataError(
            f"{asked['source']}: fewer than two bars from {first} on, so there is nothing to "
            f"evaluate; the data end on {whole.frame.index[-1]:%Y-%m-%d}"
        )
    return str(whole.frame.index[-1].tz_convert(whole.meta.timezone).date())


def _config(results: SweepResults, best: Best, asked: Mapping[str, Any]) -> dict[str, Any]:
    """All that decides the result, but the days."""
    attrs = best.cell.trials.attrs
    own = best.cell.label.get("costs", "")
    cells = {own: best.cell, **results.siblings(best.cell)}
    return {
        "sweep": results.name,
        "sweep_run": results.run_id,
        "sweep_root": results.root,
        "trial": best.trial,
        "sweep_sharpe": best.metrics["sharpe"],
        "strategy": attrs["strategy"],
        "version": attrs["version"],
        "params": {**attrs["fixed"], **best.params},
        "benchmark": results.config.benchmark,
        "scenario": own,
        "terms": {name: cell.conventions["terms"] for name, cell in cells.items()},
        "instrument": best.cell.conventions["data"],
        "load": dict(asked),
    }


def _event(config: Mapping[str, Any]) -> dict[str, Any]:
    said = ("trial", "strategy", "version", "params", "instrument", "from", "to")
    named = {"sweep": config["sweep_run"], "name": config["sweep"]}
    return {**named, **{name: config[name] for name in said}}


def _opening(event: Event, run_id: str | None, status: str | None) -> Opening:
    said = event.data
    same = ("sweep", "name", "trial", "strategy", "params", "instrument")
    return Opening(
        seq=event.seq,
        time=datetime.fromisoformat(event.time),
        **{name: said[name] for name in same},
        first=said["from"],
        last=said["to"],
        run_id=run_id,
        status=status,
    )


def _sources(config: Mapping[str, Any]) -> dict[str, str]:
    return rules_of({name: config[name] for name in ("strategy", "benchmark")})


def _evaluate(own: OpenRun, runs: Path) -> dict[str, Pair]:
    """Trial and benchmark on the holdout under each cost scenario, recorded in a run."""
    config = own.spec.config
    cell = config["trial"].partition(":")[0]
    cited = dict.fromkeys([config["sweep_run"], cell])
    own.use(*(open_run(run_id, runs=runs) for run_id in cited), role=RUN_ROLE)
    data = load(config["load"]["source"], **config["load"]["options"])
    own.use(data)
    pairs = {name: _pair(data, config, terms) for name, terms in config["terms"].items()}
    strategy, hold = pairs[config["scenario"]]
    own.log_metrics({f"holdout_{name}": value for name, value in strategy.metrics.items()})
    own.log_metrics({f"hold_{name}": value for name, value in hold.metrics.items()})
    curves = pd.DataFrame({EQUITY: strategy.curve, "hold": hold.curve})
    own.save_table(EQUITY, curves.rename_axis("time"))
    own.save_table(SCENARIOS, _scenarios(pairs))
    return pairs


def _pair(data: Dataset, config: Mapping[str, Any], terms: Mapping[str, Any]) -> Pair:
    agreed: dict[str, Any] = {**terms, "warmup": data.bars_before(config["from"])}
    trial = run_backtest(config["strategy"], data, config["params"], **agreed)
    return trial, run_backtest(config["benchmark"], data, **agreed)


def _scenarios(pairs: Mapping[str, Pair]) -> pd.DataFrame:
    rows = []
    for name, (strategy, hold) in pairs.items():
        row: dict[str, Any] = {"costs": name}
        for metric in _SHOWN:
            row |= {metric: strategy.metrics[metric], f"hold_{metric}": hold.metrics[metric]}
        rows.append(row)
    return pd.DataFrame(rows)
