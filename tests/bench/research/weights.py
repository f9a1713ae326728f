"""Uniqueness and bootstrap of labels on every bar. Run as `python -m research.weights`."""

from collections.abc import Mapping
from functools import partial

from paired.worker import Command, serve

from peaklib.labeling import Spans, average_uniqueness, sequential_bootstrap
from research.scan import scan
from research.series import bars, target
from research.setting import HORIZON, SEED, WIDTH
from research.weighing import Work, commands_of


def spans(n: int) -> Spans:
    """The first n labels of the bars, one a bar, made without peaklib's own kernels."""
    rows = n + HORIZON
    event, exit_, *_ = scan(bars(rows)["close"].to_numpy(), target(rows).to_numpy(), WIDTH)
    return Spans(event[:n], exit_[:n], rows)


def uniqueness(labels: str) -> Work:
    """Average uniqueness of so many labels."""
    return partial(average_uniqueness, spans(int(labels)))


def bootstrap(labels: str) -> Work:
    """A sequential bootstrap of so many labels, as many draws."""
    return partial(sequential_bootstrap, spans(int(labels)), seed=SEED)


def commands() -> Mapping[str, Command]:
    """By name."""
    return commands_of({"uniqueness": uniqueness, "bootstrap": bootstrap})


if __name__ == "__main__":
    serve(commands())
