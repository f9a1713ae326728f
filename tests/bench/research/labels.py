"""Our labels, and the bare scan beside them. Run as `python -m research.labels`."""

from collections.abc import Mapping
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
from paired.worker import Command, serve

from peaklib.labeling import compute_triple_barrier_labels
from research.scan import scan
from research.series import bars, target
from research.setting import BARS, CONSTANT, HORIZON, SECONDS, WIDTH
from research.weighing import Work, commands_of


def label(
    n: int,
    width: float,
    unit: pd.Series | float,
    vertical: Literal["zero", "sign"] = "zero",
) -> pd.DataFrame:
    """Labels of all of n bars, on closes alone, both barriers `width` units away."""
    return compute_triple_barrier_labels(
        bars(n)["close"],
        target=unit,
        profit_taking=width,
        stop_loss=width,
        max_holding=HORIZON,
        vertical=vertical,
    )


def ours(question: str) -> Work:
    """Our labels of `WIDTH BARS`."""
    width, n = map(int, question.split())
    bars(n)
    return partial(label, n, width, target(n))


def bare(question: str) -> Work:
    """The bare scan of `WIDTH BARS`."""
    width, n = map(int, question.split())
    return partial(scan, bars(n)["close"].to_numpy(), target(n).to_numpy(), width)


def facts(question: str) -> dict[str, float]:
    """Mean bars held, and the largest difference of the bare scan's columns, of `WIDTH BARS`."""
    width, n = map(int, question.split())
    table = label(n, width, target(n))
    found = scan(bars(n)["close"].to_numpy(), target(n).to_numpy(), width)[2:]
    columns = [table["return"], table["label"], table["barrier"].cat.codes, table["bars_held"]]
    if any(len(values) != len(table) for values in found):
        gap = np.inf
    else:
        pairs = zip(found, columns, strict=True)
        gap = max(np.abs(values - column.to_numpy()).max() for values, column in pairs)
    return {"held": float(table["bars_held"].mean()), "gap": float(gap)}


def exits(table: pd.DataFrame, index: pd.DatetimeIndex) -> np.ndarray:
    """(n, 3): bar of the event, bar of the exit, label."""
    stamps = [pd.DatetimeIndex(table.index), pd.DatetimeIndex(table["exit_time"])]
    return np.column_stack([*(index.get_indexer(one) for one in stamps), table["label"]])


def save(question: str) -> None:
    """Write the exits of `constant|scaled BARS PATH`; a vertical exit is labelled by sign."""
    which, n, path = question.split(maxsplit=2)
    unit = CONSTANT if which == "constant" else target(int(n))
    table = label(int(n), WIDTH, unit, vertical="sign")
    np.save(path, exits(table, pd.DatetimeIndex(bars(int(n)).index)))


def series(path: str) -> None:
    """Write (3, n) for the other side: seconds since the first bar, closes and targets."""
    seconds = np.arange(BARS, dtype=np.float64) * SECONDS
    np.save(path, np.vstack([seconds, bars(BARS)["close"], target(BARS)]))


def commands() -> Mapping[str, Command]:
    """By name."""
    works = commands_of({"ours": ours, "bare": bare})
    return {**works, "facts": facts, "save": save, "series": series}


if __name__ == "__main__":
    serve(commands())
