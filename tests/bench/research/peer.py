"""finmlkit's compiled triple barrier. Run in its environment: `python -m research.peer SERIES`.

Its barriers are fractions of the log price, where peaklib's are fractions of the price, and
its vertical barrier is a time. Events whose horizon runs past the data are not asked of it.
"""

import sys
from collections.abc import Mapping
from functools import partial

import numpy as np
from finmlkit.label.tbm import triple_barrier
from numpy.typing import NDArray
from paired.worker import Command, serve

from research.setting import CONSTANT, HORIZON, SECONDS, WIDTH
from research.weighing import Work, commands_of

Floats = NDArray[np.float64]


class Peer:
    """The commands of this side.

    Args:
        series: (3, n) seconds, closes and targets, as `research.labels` wrote them.
    """

    def __init__(self, series: Floats) -> None:
        seconds, self.close, self.target = series
        self.stamps = (seconds * 1e9).astype(np.int64)

    def evaluate(
        self, n: int, target: Floats, barriers: tuple[float, float]
    ) -> tuple[NDArray[np.int64], tuple[NDArray[np.int64], ...]]:
        """Events, and what finmlkit says of them: label, exit and more."""
        events = np.arange(n - HORIZON)
        found = triple_barrier(
            self.stamps[:n],
            self.close[:n],
            events,
            target[: events.size],
            barriers,
            float(HORIZON * SECONDS),
            0.0,
            None,
            0.0,
        )
        return events, found

    def labels(self, question: str) -> Work:
        """Labels of `WIDTH BARS`."""
        width, n = map(int, question.split())
        return partial(self.evaluate, n, self.target, (float(width), float(width)))

    def save(self, question: str) -> None:
        """Write (n, 3) bar of the event, bar of the exit, label of `constant|scaled BARS PATH`.

        With one target for all events the barriers of peaklib can be put as logarithms.
        """
        which, n, path = question.split(maxsplit=2)
        target, barriers = self.target, (float(WIDTH), float(WIDTH))
        if which == "constant":
            away = WIDTH * CONSTANT
            target, barriers = np.ones_like(target), (-np.log1p(-away), np.log1p(away))
        events, (label, exit_, *_) = self.evaluate(int(n), target, barriers)
        np.save(path, np.column_stack([events, exit_, label]))


def commands(series: str) -> Mapping[str, Command]:
    """By name."""
    side = Peer(np.load(series))
    return {**commands_of({"labels": side.labels}), "save": side.save}


if __name__ == "__main__":
    serve(commands(sys.argv[1]))
