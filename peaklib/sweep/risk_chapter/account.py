"""The account that a risk chapter is about, with all that its risk is told from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.backtest import BacktestResult
from peaklib.data import Dataset
from peaklib.errors import EvidenceError
from peaklib.evidence import Run, SealedRun, open_run
from peaklib.evidence.run import RUN_ROLE
from peaklib.sweep.analysis import cite, data_of, replay
from peaklib.sweep.risk_chapter.looked_at import (
    BARS_PER_YEAR,
    RETURNS,
    LookedAt,
    account_names,
    has_accounts,
)
from peaklib.sweep.stories.target import Target, target_of

_MARKET = "hold"


@dataclass(frozen=True)
class Position:
    """The one asset of a trial, and how much of it was held.

    Args:
        result, data: the account as the backtest left it, and the bars it ran on, those that
            warmed up its indicators included.
        exposure: (n_bars,) share of equity held at the close before each bar, negative when short:
            what a forecast of that evening is about. A position that the open of the bar opens is
            not in it yet, one that the open closes still is, and so is the night's loss.
        asset: simple returns from close to close, of the bars before the account opened, too.
    """

    result: BacktestResult
    data: Dataset
    exposure: "pd.Series[float]"
    asset: "pd.Series[float]"


@dataclass(frozen=True)
class Account:
    """Returns of an account and of holding on the same days.

    Args:
        name: of the account, in words.
        address: the trial's, or the run's that left it.
        where: data and terms in words.
        returns: (n_bars,) simple returns after costs, by stamp.
        market: (n_bars,) those of holding on the same bars; equal to `returns` if the account is
            the benchmark itself.
        parts: (n_bars, n_parts) returns of what the account was divided among at its start; None
            for an account that is one whole.
        shares: wealth of each part at the start; empty for one whole.
        year: bars in a year.
        position: what it held in one asset, and how that moved; None if only returns are known.
        chosen: whether somebody chose it for its return, which flatters what it lost.
    """

    name: str
    address: str
    where: str
    returns: "pd.Series[float]"
    market: "pd.Series[float]"
    parts: pd.DataFrame | None
    shares: Mapping[str, float]
    year: float
    position: "Position | None" = None
    chosen: bool = False

    @property
    def held(self) -> NDArray[np.bool_]:
        """(n_bars,) whether something was at risk over the bar.

        Where positions are not known, a bar on which nothing moved counts as one without any.
        """
        at_risk = self.returns if self.position is None else self.position.exposure
        return np.asarray(at_risk.to_numpy() != 0.0)

    @property
    def span(self) -> str:
        """First and last day."""
        return f"{self.returns.index[0]:%Y-%m-%d} to {self.returns.index[-1]:%Y-%m-%d}"


def account_of(
    target: str, *, run: Run, config: str, account: str = "", runs: Path | None = None
) -> Account:
    """The account that a notebook is asked about; what it is read from is cited in the run.

    Args:
        target: a trial as `RUN:N`, a sweep's run (its best trial), a run with a table `returns`,
            or empty for the best trial of a preview.
        run: of the notebook.
        config: sweep of the preview.
        account: which one of a run with several; the first by default.
        runs: folder of runs; the project's by default.

    Raises:
        EvidenceError: there is no such run, trial or account.
    """
    if target and ":" not in target:
        found = open_run(target, runs=runs)
        if has_accounts(found):
            run.use(found, role=RUN_ROLE)
            return _left_by(found, account)
    if account:
        raise EvidenceError(f"account = {account!r}: {target or 'a preview'} has one account only")
    return _of_trial(target_of(target, config, runs=runs), run)


def _of_trial(chosen: Target, run: Run) -> Account:
    cite(run, chosen.results, chosen.best)
    result, hold = replay(chosen.best, chosen.results.config.benchmark)
    return Account(
        name=chosen.name,
        address=chosen.best.trial,
        where=f"{chosen.where}, {result.conventions.terms.describe()}",
        returns=result.returns,
        market=hold.returns,
        parts=None,
        shares={},
        year=result.conventions.bars_per_year,
        position=position_of(result, data_of(chosen.best.cell)),
        chosen=True,
    )


def position_of(result: BacktestResult, data: Dataset) -> Position:
    """What an account of one asset took into each bar."""
    close = data.frame["close"]
    held = result.positions.iloc[:, 0].shift(1, fill_value=0.0)
    equity = result.equity.shift(1, fill_value=1.0)
    before = close.shift(1).reindex(held.index)
    exposure = (held * before / equity).where(held != 0.0, 0.0)
    return Position(result, data, exposure, close.pct_change().iloc[1:])


def _left_by(found: SealedRun, account: str) -> Account:
    """An account of a run's table; of one with sides, only the days that nothing was chosen on."""
    table = pd.read_parquet(found.table(RETURNS))
    if "side" in table:
        table = table[table["side"] == "oos"]
    LookedAt(found, found.run_id, None).check_account(account)
    names = account_names(found)
    chosen = account or names[0]
    returns = table.set_index(pd.DatetimeIndex(table["time"], name="time"))
    market = _MARKET if _MARKET in names else chosen
    shares = _shares_of(found, names) if chosen == names[0] else {}
    return Account(
        name=chosen,
        address=found.run_id,
        where=_data_of(found),
        returns=returns[chosen],
        market=returns[market],
        parts=returns[list(shares)] if shares else None,
        shares=shares,
        year=float(found.record()["metrics"][BARS_PER_YEAR]),
        chosen=bool(shares),
    )


def _data_of(found: SealedRun) -> str:
    """Kind of a run and the data that it read, by name and digest."""
    record = found.record()
    used = [f"{e['name']} {e['digest'][:8]}" for e in record["inputs"] if e["role"] == "data"]
    return ", ".join([f"run of kind {record['kind']}", *dict.fromkeys(used)])


def _shares_of(found: SealedRun, names: Sequence[str]) -> dict[str, float]:
    """Shares of the wealth by part, if the run left a table of members that have accounts, too."""
    try:
        members = pd.read_parquet(found.table("members"))
    except EvidenceError:
        return {}
    if not {"member", "share"} <= set(members) or not set(members["member"]) <= set(names):
        return {}
    return dict(zip(members["member"].astype(str), members["share"].astype(float), strict=True))
