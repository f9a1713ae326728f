"""All measurements of the chapter on risk."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chapters.machine import Machine
from paired.worker import versions_of

from risk.allocation import Allocated, measure_allocation
from risk.estimates import Estimates, measure_estimates
from risk.gate import Decided, measure_gate
from risk.sizes import Sizes

_PACKAGES: Final = "peaklib numpy numba scipy pandas arch skfolio"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """All that the chapter is written from.

    Args:
        machine: where.
        versions: package to version.
        sizes: how much was measured.
        estimates: measures of risk, and their rolling forecasts.
        decided: decisions of the gate.
        allocated: weights, beside skfolio.
    """

    machine: Machine
    versions: Mapping[str, str]
    sizes: Sizes
    estimates: Estimates
    decided: Decided
    allocated: Allocated


def measure(sizes: Sizes) -> Measured:
    """Measure everything.

    Args:
        sizes: how much.

    Raises:
        BenchError: something gave a wrong result, or is not worth timing.
    """
    machine = Machine.here()
    # First of all: what others have loaded would blur how much memory a forecast needs.
    print("measures and rolling forecasts ...", flush=True)
    estimates = measure_estimates(
        rows=sizes.rows,
        window=sizes.window,
        bars=sizes.bars,
        repeats=sizes.repeats,
        forecasts=sizes.forecasts,
    )
    print("decisions of the gate ...", flush=True)
    decided = measure_gate(
        sizes.symbols, sizes.scenarios, sizes.orders, sizes.states, sizes.decisions
    )
    print("allocations beside skfolio ...", flush=True)
    allocated = measure_allocation(sizes.assets, sizes.days, sizes.allocations, sizes.peers)
    return Measured(
        machine=machine,
        versions=versions_of(_PACKAGES),
        sizes=sizes,
        estimates=estimates,
        decided=decided,
        allocated=allocated,
    )
