"""What a risk chapter is about: a sweep's best trial, any trial, or accounts that a run left."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from peaklib.errors import EvidenceError
from peaklib.evidence import Registry, SealedRun, open_run
from peaklib.evidence.trials.trusted import check_trusted
from peaklib.sweep.analysis import best_of
from peaklib.sweep.config import SweepConfig
from peaklib.sweep.find import find_sweep, trusted_results
from peaklib.sweep.session import KIND as SWEEP
from peaklib.sweep.stories.target import target_of

# A run of any kind that has this table, with `time` and a column an account, has accounts.
RETURNS: Final = "returns"
# The metric that has to stand beside it.
BARS_PER_YEAR: Final = "bars_per_year"
# Columns of that table that are no account.
_TIME: Final = "time"
_NOT_ACCOUNTS: Final = (_TIME, "side")


@dataclass(frozen=True)
class LookedAt:
    """A run, and the account of it that a chapter is about.

    Args:
        run: the parent of the chapter: what was named.
        target: a trial's address, or the id of a run with accounts.
        sweep: the sweep that either comes from; None for a run of a notebook alone.
        selected: whether it is the trial that the sweep selects.
    """

    run: SealedRun
    target: str
    sweep: SealedRun | None
    selected: bool = False

    @property
    def holdout_from(self) -> str | None:
        """First date of the rows that the sweep keeps from everybody."""
        if self.sweep is None:
            return None
        return SweepConfig.model_validate(self.sweep.config()["config"]).holdout_from

    @property
    def name_parts(self) -> list[str]:
        """Of the name of its page."""
        run_id, _, point = self.target.partition(":")
        own = [] if self.selected else ["-".join(part for part in (run_id[-6:], point) if part)]
        return [self._whose(), "risk", *own]

    def _whose(self) -> str:
        if self.sweep is not None:
            return str(self.sweep.record()["config"]["sweep"])
        record = self.run.record()
        return Path(str(record["config"].get("notebook", record["kind"]))).stem

    def check_account(self, name: str) -> None:
        """Make sure that there is an account of a name, before a kernel starts.

        Args:
            name: empty for the first one, which is always there.

        Raises:
            EvidenceError: there is no such account.
        """
        if name and ":" in self.target:
            raise EvidenceError(f"account = {name!r}: trial {self.target} has one account only")
        known = account_names(self.run) if name else ()
        if name and name not in known:
            raise EvidenceError(
                f"run {self.run.run_id} has no account {name!r}; it has: {', '.join(known)}"
            )


def looked_at(text: str, registry: Registry) -> LookedAt:
    """The account that a short text stands for, its evidence checked.

    Args:
        text: id or name of a sweep (its best trial); `RUN:N`; the run of a sweep's cell (its best
            trial); or a run that left a table `returns`.
        registry: of the folder of runs.

    Raises:
        EvidenceError: there is no such run, its evidence was altered, or it has no account.
    """
    try:
        ref = registry.find(text)
    except EvidenceError:
        return _of_sweep(find_sweep(text, registry), registry)
    row = registry.row(ref.run_id)
    if row.kind == SWEEP:
        return _of_sweep(row.run_id, registry)
    run = open_run(row.run_id, runs=registry.runs)
    check_trusted(run, row.root)
    if row.kind == "sweep_cell":
        return _of_cell(run, str(ref) if ref.point is not None else "", registry)
    if ref.point is not None:
        raise EvidenceError(
            f"{text!r} is a grid point of a run of kind {row.kind}, which belongs to no sweep, so "
            "its account cannot be made again; name the run, if it left a table of accounts"
        )
    if has_accounts(run):
        account_names(run)
        sweep = _sweep_above(row.parent, registry)
        return LookedAt(run, run.run_id, sweep)
    raise EvidenceError(
        f"{text!r} is a run of kind {row.kind} without a table {RETURNS!r}, so it has no account "
        "whose risk could be told; name a sweep, a trial as RUN:N, or a portfolio's run"
    )


def has_accounts(run: SealedRun) -> bool:
    """Whether a run left a table of returns."""
    try:
        return run.table(RETURNS).is_file()
    except EvidenceError:
        return False


def account_names(run: SealedRun) -> tuple[str, ...]:
    """Accounts in the table of a run, in its order.

    Raises:
        EvidenceError: the table has no stamps or no account, or bars a year are not known.
    """
    columns = [str(name) for name in pd.read_parquet(run.table(RETURNS)).columns]
    names = tuple(name for name in columns if name not in _NOT_ACCOUNTS)
    if _TIME not in columns or not names:
        raise EvidenceError(
            f"run {run.run_id}: its table {RETURNS!r} has the columns {', '.join(columns)}; it "
            f"needs {_TIME!r} and one an account"
        )
    if not run.record()["metrics"].get(BARS_PER_YEAR):
        raise EvidenceError(
            f"run {run.run_id} left a table {RETURNS!r} without the metric {BARS_PER_YEAR}, so "
            "nothing can be told by the year; log it beside the table"
        )
    return names


def _of_sweep(run_id: str, registry: Registry) -> LookedAt:
    best = best_of(trusted_results(run_id, registry))
    own = open_run(run_id, runs=registry.runs)
    return LookedAt(own, best.trial, own, selected=True)


def _of_cell(run: SealedRun, address: str, registry: Registry) -> LookedAt:
    parent = run.record()["parent"]
    results = trusted_results(parent, registry)
    cell = next((cell for cell in results.cells if cell.run_id == run.run_id), None)
    if cell is None:
        raise EvidenceError(f"run {run.run_id}: sweep run {parent} has no result of it")
    sharpes = cell.trials["sharpe"].fillna(-float("inf"))
    target = target_of(address or f"{run.run_id}:{int(sharpes.to_numpy().argmax())}", "")
    return LookedAt(
        run, target.best.trial, open_run(parent, runs=registry.runs), selected=target.is_best
    )


def _sweep_above(parent: str | None, registry: Registry) -> SealedRun | None:
    if parent is None or registry.row(parent).kind != SWEEP:
        return None
    return open_run(parent, runs=registry.runs)
