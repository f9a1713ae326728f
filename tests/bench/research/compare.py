"""Do both sides leave at the same bar, with the same label?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Agreement:
    """How often two sides say the same.

    Args:
        events: that both have labelled.
        exits, labels: how many of them leave at the same bar; have the same label.
        first: number of the bar of the first event that differs; −1: none.
    """

    events: int
    exits: int
    labels: int
    first: int

    @property
    def complete(self) -> bool:
        """Whether nothing differs, in at least one event."""
        return self.exits == self.labels == self.events > 0


def agreement(ours: Ints, peer: Ints) -> Agreement:
    """Compare events that both sides have.

    Args:
        ours, peer: (n, 3) bar of the event, increasing, bar of the exit, label.
    """
    _, left, right = np.intersect1d(ours[:, 0], peer[:, 0], return_indices=True)
    same = ours[left, 1:] == peer[right, 1:]
    differing = np.flatnonzero(~same.all(axis=1))
    first = int(ours[left[differing[0]], 0]) if differing.size else -1
    exits, labels = same.sum(axis=0)
    return Agreement(events=left.size, exits=int(exits), labels=int(labels), first=first)
