"""One night: every sweep, some repetitions, and what they say beside the night before."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from peaklib.evidence import (
    Clock,
    OpenRun,
    Registry,
    RunSpec,
    SealedRun,
    create_run,
    home,
    reports_folder,
    runs_folder,
    utc_now,
)
from peaklib.evidence.run import RUN_ROLE
from peaklib.sweep.execute import Listener
from peaklib.sweep.nightly.compare import Finding, compare_cells, one_line
from peaklib.sweep.nightly.config import NightConfig, shown
from peaklib.sweep.nightly.previous import KIND, Previous, previous_night
from peaklib.sweep.nightly.record import CellId, CellRecord, carried, record_of, save_cells
from peaklib.sweep.nightly.reproduction import Repeat, choose, repeat
from peaklib.sweep.plan import Plan, make_plan
from peaklib.sweep.reporting import report_sweep
from peaklib.sweep.session import SweepRun, run_sweep

Watch = Callable[[Plan], AbstractContextManager[Listener]]


@dataclass(frozen=True)
class SweepNight:
    """What became of one sweep.

    Args:
        name: of the sweep.
        path: of its file, as the night's configuration has it.
        run_id: the sweep's own run; empty if it broke.
        error: why it broke as a whole; empty if it did not.
        cells: of tonight.
        report: file name of its report; empty without one.
        report_error: why there is none, if one was wanted, or why it has no risk chapter.
    """

    name: str
    path: str
    run_id: str = ""
    error: str = ""
    cells: tuple[CellRecord, ...] = ()
    report: str = ""
    report_error: str = ""

    @property
    def failed(self) -> int:
        """Cells without a result."""
        return sum(not cell.finished for cell in self.cells)

    def findings(self) -> Iterator[Finding]:
        """What is wrong with the sweep as a whole."""
        if self.error:
            yield Finding("alert", "broken", self.name, "", f"broke: {self.error}")
        if self.report_error:
            what = "its report has no risk chapter" if self.report else "no report"
            yield Finding("alert", "report", self.name, "", f"{what}: {self.report_error}")


@dataclass(frozen=True)
class Night:
    """A finished night.

    Args:
        run: its own run.
        config: what was asked for.
        previous: the night that it was compared with, None on the first one.
        sweeps: in the order of the configuration.
        cells: of all sweeps, see `record.carried`.
        repeats: cells of the previous night that were run again.
        findings: alerts first.
    """

    run: SealedRun
    config: NightConfig
    previous: Previous | None
    sweeps: tuple[SweepNight, ...]
    cells: Mapping[CellId, CellRecord]
    repeats: tuple[Repeat, ...]
    findings: tuple[Finding, ...]


@dataclass
class _Work:
    """A night on its way; what is finished is kept whatever happens."""

    config: NightConfig
    watch: Watch
    workers: int
    cpus: int
    resume: bool
    registry: Registry
    reports: Path
    sweeps: list[SweepNight] = field(default_factory=list)
    repeats: list[Repeat] = field(default_factory=list)

    def sweep(self, path: str, night: OpenRun) -> SweepNight:
        """Run one sweep; whatever is wrong with it, the others go on."""
        name = Path(path).stem
        try:
            plan = make_plan(home() / path)
            workers = min(self.workers, len(plan.cells))
            with self.watch(plan) as listener:
                done = run_sweep(
                    plan,
                    listener,
                    workers=workers,
                    threads=max(1, self.cpus // workers),
                    resume=self.resume,
                    runs=self.registry.runs,
                )
            night.use(done.run, role=RUN_ROLE)
            cells = [record_of(name, r, night.run_id, self.registry.runs) for r in done.results]
        except Exception as error:
            return SweepNight(name, path, error=_here(error))
        report, why = self._report(done)
        return SweepNight(name, path, done.run.run_id, "", tuple(cells), report, why)

    def _report(self, done: SweepRun) -> tuple[str, str]:
        """File name of the sweep's report, or why there is none."""
        if not self.config.report or len(done.failed) == len(done.results):
            return "", ""
        try:
            made = report_sweep(
                done.run,
                threads=self.cpus,
                runs=self.registry.runs,
                reports=self.reports,
            )
        except Exception as error:
            return "", _here(error)
        return made.report.page.name, made.problem


def run_night(
    config: NightConfig,
    watch: Watch,
    *,
    workers: int,
    cpus: int,
    resume: bool = False,
    runs: Path | None = None,
    reports: Path | None = None,
    clock: Clock = utc_now,
) -> Night:
    """Run the sweeps of a night and compare them with the previous one.

    The caller holds the lock, see `lock.night_lock`.

    Args:
        config: what to do.
        watch: makes the listener of each sweep, as a context around it.
        workers: cells at a time.
        cpus: processors that the cells at work share for numbers.
        resume: take over cells that were finished before with the same inputs.
        runs, reports: folders; the project's by default.
        clock: gives start and end.

    Raises:
        EvidenceError: the night's own run cannot be written.
        KeyboardInterrupt: after the night was recorded as interrupted; it is nothing that a later
            one is compared with, and the cells that it finished are there for `resume`.
    """
    registry = Registry(runs or runs_folder(), clock)
    previous, findings = previous_night(registry, config.name)
    before = {} if previous is None else previous.cells
    own = create_run(_spec(config, previous), runs=registry.runs, clock=clock)
    work = _Work(config, watch, workers, cpus, resume, registry, reports or reports_folder())
    try:
        for path in config.sweeps:
            work.sweeps.append(work.sweep(path, own))
        if previous is not None:
            roots = registry.roots()
            for cell in choose(before, previous.run, config.repro, config.seed):
                work.repeats.append(repeat(cell, registry, roots))
        cells = carried(*_tonight(work.sweeps, before))
        findings += _findings(work, before, cells, previous)
        _keep(own, work, cells, findings)
    except BaseException as problem:
        status = "failed" if isinstance(problem, Exception) else "interrupted"
        ran = f"{len(work.sweeps)} of {len(config.sweeps)} sweeps run"
        own.seal(status, f"{one_line(problem)}; {ran}")
        raise
    return Night(
        own.seal(),
        config,
        previous,
        tuple(work.sweeps),
        cells,
        tuple(work.repeats),
        tuple(findings),
    )


def _spec(config: NightConfig, previous: Previous | None) -> RunSpec:
    against = {} if previous is None else {"run_id": previous.run.run_id, "root": previous.run.root}
    plain = {"night": config.name, "config": shown(config), "previous": against}
    return RunSpec(KIND, plain, config.seed)


def _tonight(
    sweeps: Iterable[SweepNight], before: Mapping[CellId, CellRecord]
) -> tuple[dict[CellId, CellRecord], Mapping[CellId, CellRecord], list[str]]:
    """What `carried` takes."""
    listed = [*sweeps]
    now = {cell.id: cell for sweep in listed for cell in sweep.cells}
    return now, before, [sweep.name for sweep in listed if sweep.error]


def _findings(
    work: _Work,
    before: Mapping[CellId, CellRecord],
    cells: Mapping[CellId, CellRecord],
    previous: Previous | None,
) -> list[Finding]:
    """All findings, alerts first, each group in the order of its making."""
    found = [finding for sweep in work.sweeps for finding in sweep.findings()]
    found += compare_cells(before, cells, work.config.drift)
    found += [finding for done in work.repeats if (finding := done.finding())]
    if previous is None:
        said = f"no earlier night {work.config.name!r} to compare with or to run again"
        found.append(Finding("note", "first", "", "", said))
    return sorted(found, key=lambda finding: finding.level != "alert")


def _keep(
    own: OpenRun, work: _Work, cells: Mapping[CellId, CellRecord], findings: list[Finding]
) -> None:
    """The night's pack: what the next night reads, and what was found."""
    import pandas as pd

    save_cells(own, cells)
    if findings:
        rows = pd.DataFrame([vars(finding) for finding in findings])
        own.save_table("findings", rows, incidental=["text"])
    if work.repeats:
        columns = ["sweep", "cell", "run_id", "word", "detail"]
        outcomes = [(*r.cell.id, r.cell.run_id, r.word, r.detail) for r in work.repeats]
        table = pd.DataFrame(outcomes, columns=columns)
        own.save_table("repeats", table, incidental=["run_id", "detail"])
    own.log_metrics(
        {
            "alerts": sum(finding.level == "alert" for finding in findings),
            "notes": sum(finding.level == "note" for finding in findings),
            "sweeps": len(work.sweeps),
            "sweeps_failed": sum(bool(sweep.error) for sweep in work.sweeps),
            "cells": sum(len(sweep.cells) for sweep in work.sweeps),
            "cells_failed": sum(sweep.failed for sweep in work.sweeps),
            "repeats": len(work.repeats),
        }
    )


def _here(error: Exception) -> str:
    """What an error says, with places relative to the project: it goes out to others."""
    return one_line(error).replace(f"{home()}{os.sep}", "")
