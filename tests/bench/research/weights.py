"""Uniqueness and bootstrap of labels on every bar. Run as `python -m research.weights`."""

from collections.abc import Mapping

from paired.worker import Command, serve

from peaklib.labeling import Spans, average_uniqueness, sequential_bootstrap
from research.scan import scan
from research.series import bars, target
from research.setting import HORIZON, SEED, WIDTH
from research.weighing import weighed


def spans(n: int) -> Spans:
    """The first n labels of the bars, one a bar, made without peaklib's own kernels."""
    rows = n + HORIZON
    event, exit_, *_ = scan(bars(rows)["close"].to_numpy(), target(rows).to_numpy(), WIDTH)
    return Spans(event[:n], exit_[:n], rows)


def uniqueness(labels: str) -> dict[str, float]:
    """Time the average uniqueness of so many labels."""
    given = spans(int(labels))
    return weighed(lambda: average_uniqueness(given))


def bootstrap(labels: str) -> dict[str, float]:
    """Time a sequential bootstrap of so many labels, as many draws."""
    given = spans(int(labels))
    return weighed(lambda: sequential_bootstrap(given, seed=SEED))


def commands() -> Mapping[str, Command]:
    """By name."""
    return {"uniqueness": uniqueness, "bootstrap": bootstrap}


if __name__ == "__main__":
    serve(commands())
