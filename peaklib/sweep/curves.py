"""Equity curves of recorded runs: kept in a table, or computed once more for a grid point."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.backtest import run_backtest
from peaklib.data import Dataset, load_again
from peaklib.errors import DataError, EvidenceError, PeakError
from peaklib.evidence import SealedRun
from peaklib.sweep.cell import part_of

if TYPE_CHECKING:
    from peaklib.robustness.bootstrap.intervals import Interval

Record = Mapping[str, Any]
Floats = NDArray[np.float64]

EQUITY: Final = "equity"
_TOLERANCE: Final = 1e-9
_BENCHMARK: Final = "buy_and_hold"

# How intervals beside curves are made: the same for everybody, and said with each of them.
LEVEL: Final = 0.90
RESAMPLES: Final = 2000
SEED: Final = 0


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
    return run_backtest(name, _data_of(run, record), **_terms_of(record)).curve


def last_bars(curve: Curve, count: int) -> Curve:
    """The last bars of a curve, which starts with the capital before them; itself if it is all.

    Args:
        curve: with or without an equity.
        count: bars to keep, two or more.
    """
    if curve.equity is None or len(curve.equity) <= count + 1:
        return curve
    kept = curve.equity.iloc[-count - 1 :] / curve.equity.iloc[-count - 1]
    bars = pd.DatetimeIndex(kept.index[1:])
    before = bars[0] - (bars[1:] - bars[:-1]).min()
    return replace(curve, equity=kept.set_axis(bars.insert(0, before)))


def sharpe_interval(curve: Curve, periods_per_year: float) -> "Interval":
    """The Sharpe ratio of a curve with its interval by the stationary bootstrap.

    Args:
        curve: with an equity.
        periods_per_year: bars of a year.

    Raises:
        DataError: there is no equity, or it has no Sharpe ratio.
    """
    from peaklib.robustness.bootstrap.intervals import interval

    return interval(
        curve_returns(curve),
        "sharpe",
        periods_per_year=periods_per_year,
        level=LEVEL,
        resamples=RESAMPLES,
        seed=SEED,
    )


def sharpe_difference(one: Curve, other: Curve, periods_per_year: float) -> "Interval":
    """Sharpe of one curve minus that of another, both resampled by the same bars.

    Curves with equal returns differ by exactly nothing.

    Raises:
        DataError: there is no equity, the bars are not the same, or a Sharpe ratio is undefined.
    """
    from peaklib.robustness.bootstrap.intervals import paired_interval

    first, second = curve_returns(one), curve_returns(other)
    if not _bars(one).equals(_bars(other)):
        raise DataError(f"{one.label} and {other.label}: their curves do not share their bars")
    if np.array_equal(first, second):
        return _no_difference()
    return paired_interval(
        first,
        second,
        "sharpe",
        periods_per_year=periods_per_year,
        level=LEVEL,
        resamples=RESAMPLES,
        seed=SEED,
    )


def _no_difference() -> "Interval":
    """Of equal returns, which leave nothing to resample."""
    from peaklib.robustness.bootstrap.intervals import Interval

    return Interval(
        metric="sharpe",
        estimate=0.0,
        low=0.0,
        high=0.0,
        level=LEVEL,
        method="percentile",
        kind="stationary",
        block_length=1.0,
        resamples=RESAMPLES,
        seed=SEED,
    )


def is_separable(difference: "Interval") -> bool:
    """Whether the interval of a difference leaves out 0."""
    return not difference.low <= 0.0 <= difference.high


def bars_per_year_of(record: Record) -> float | None:
    """Bars of a year, by the grid that a record stands for or by its data; None if unknown."""
    said = [trials["conventions"]["bars_per_year"] for trials in record["trials"]]
    said += [
        entry["meta"]["bars_per_year"]
        for entry in record["inputs"]
        if entry["role"] == "data" and "bars_per_year" in entry.get("meta", {})
    ]
    return float(said[0]) if said else None


def _bars(curve: Curve) -> pd.Index:
    return _equity(curve).index


def _equity(curve: Curve) -> "pd.Series[float]":
    if curve.equity is None:
        raise DataError(f"{curve.label} has no curve: {curve.reason}")
    return curve.equity


def curve_returns(curve: Curve) -> Floats:
    """(n_bars,) simple returns of a curve that starts with the capital.

    Raises:
        DataError: there is no curve; says why.
    """
    equity = _equity(curve).to_numpy(dtype=np.float64)
    found: Floats = equity[1:] / equity[:-1] - 1.0
    return found


def _replayed(run: SealedRun, record: Record) -> "pd.Series[float]":
    """The backtest of a grid point once more; its Sharpe must be the one on record."""
    point, data = record["point"], _data_of(run, record)
    again = run_backtest(point["strategy"], data, point["params"], **_terms_of(record))
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
    data = _part(load_again(whole, run.runs), used)
    if data.digest != used["digest"]:
        raise EvidenceError(
            f"{used['data']} has the digest {data.digest[:12]} now and {used['digest'][:12]} on "
            "record: the data have changed since"
        )
    return data


def _part(whole: Dataset, used: Mapping[str, Any]) -> Dataset:
    """The bars that were measured, and those before them that warmed up indicators."""
    if whole.digest == used["digest"]:
        return whole
    measured = part_of(whole, f"{used['start']}/{used['end']}")
    warmup, index = used.get("warmup", 0), whole.frame.index
    first = int(index.searchsorted(measured.frame.index[0])) - warmup
    return measured if warmup == 0 else whole.between(index[max(first, 0)], used["end"])


def _terms_of(record: Record) -> dict[str, Any]:
    """Costs, fill and warm-up, as `run_backtest` takes them."""
    used = record["trials"][0]["conventions"]
    return {**used["terms"], "warmup": used.get("warmup", 0)}


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
