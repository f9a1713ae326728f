"""Equity curves of recorded runs: kept in a table, or computed once more for a grid point."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from peaklib.backtest import run_backtest
from peaklib.data import Dataset, load_again
from peaklib.errors import EvidenceError, PeakError
from peaklib.evidence import SealedRun
from peaklib.sweep.cell import part_of

Record = Mapping[str, Any]

EQUITY: Final = "equity"
_TOLERANCE: Final = 1e-9
_BENCHMARK: Final = "buy_and_hold"


@dataclass(frozen=True)
class Curve:
    """Growth of one run or grid point.

    Args:
        label: whose it is.
        equity: indexed by time, starting with the capital; None if there is none.
        reason: why there is none.
    """

    label: str
    equity: "pd.Series[float] | None"
    reason: str = ""


def curve_of(run: SealedRun, record: Record, label: str) -> Curve:
    """The equity of a run, or the reason why it has none.

    Args:
        run: a sealed run.
        record: as `evidence.points.read_record` gave it.
        label: name of the curve.
    """
    try:
        equity = _replayed(run, record) if record.get("point") else _kept(run)
    except PeakError as error:
        return Curve(label, None, str(error))
    lost = equity.index[~(equity > 0)]
    if len(lost):
        return Curve(label, None, f"its equity is not above 0 on {lost[0]:%Y-%m-%d}")
    return Curve(label, equity)


def hold_of(run: SealedRun, record: Record) -> "pd.Series[float]":
    """The benchmark of a grid point on its data and terms.

    Raises:
        EvidenceError, DataError: the data are no longer what they were.
    """
    name = record["config"].get("parameters", {}).get("benchmark", _BENCHMARK)
    terms = record["trials"][0]["conventions"]["terms"]
    return run_backtest(name, _data_of(run, record), **terms).curve


def _replayed(run: SealedRun, record: Record) -> "pd.Series[float]":
    """The backtest of a grid point once more; its Sharpe must be the one on record."""
    point, terms = record["point"], record["trials"][0]["conventions"]["terms"]
    data = _data_of(run, record)
    again = run_backtest(point["strategy"], data, point["params"], **terms)
    now, recorded = again.metrics["sharpe"], record["metrics"].get("sharpe")
    if isinstance(recorded, float) and not abs(now - recorded) <= _TOLERANCE:
        raise EvidenceError(
            f"its Sharpe is {now:.12g} now and {recorded:.12g} on record: code has changed since"
        )
    return again.curve


def _data_of(run: SealedRun, record: Record) -> Dataset:
    """What a grid point was evaluated on, from the copy beside the run or loaded again."""
    used = record["trials"][0]["conventions"]
    whole = next((entry for entry in record["inputs"] if entry["role"] == "data"), None)
    if whole is None:
        raise EvidenceError("its record names no data")
    data = part_of(load_again(whole, run.runs), f"{used['start']}/{used['end']}")
    if data.digest != used["digest"]:
        raise EvidenceError(
            f"{used['data']} has the digest {data.digest[:12]} now and {used['digest'][:12]} on "
            "record: the data have changed since"
        )
    return data


def _kept(run: SealedRun) -> "pd.Series[float]":
    """The table `equity`: its index or its first column of times, its first column of numbers."""
    path = run.folder / "outputs" / "tables" / f"{EQUITY}.parquet"
    if not path.is_file():
        raise EvidenceError(f"it keeps no table {EQUITY!r}; a grid point has a curve: RUN:N")
    frame = pd.read_parquet(path)
    if not isinstance(frame.index, pd.DatetimeIndex):
        times = frame.select_dtypes(["datetime", "datetimetz"]).columns
        if not len(times):
            raise EvidenceError(f"its table {EQUITY!r} has no column of times")
        frame = frame.set_index(times[0])
    numbers = frame.select_dtypes("number")
    if numbers.empty:
        raise EvidenceError(f"its table {EQUITY!r} has no column of numbers")
    return numbers.iloc[:, 0].astype(float)
