"""What a piece of work costs, once."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """Seconds of one piece of work.

    Args:
        wall: by the clock, waiting for the disk included.
        cpu: of processor, over all threads of this process.
    """

    wall: float
    cpu: float


def cost(work: Callable[[], object]) -> Cost:
    """Do the work, and say what it cost; garbage of earlier work is not charged to it."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def seconds(work: Callable[[], object]) -> float:
    """Do a short piece of work, and say how long it took by the clock."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
