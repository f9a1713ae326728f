"""What an interaction with the explorer costs on 100,000 trials, up to the bytes to be sent."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any, Final

import comm
from comm.base_comm import BaseComm
from costs.timing import Cost, cost
from jupyter_client.jsonutil import json_default

from peaklib.evidence import Run, home
from peaklib.sweep import SweepResults, evaluate_cell, load_config
from peaklib.widgets import Explorer

SIDE: Final = 317
_CONFIG: Final = "configs/sweeps/quick.toml"
_SPLIT: Final = "2011-01-01"


@dataclass(frozen=True, kw_only=True)
class Interactions:
    """Interactions with one large slice, both panels shown.

    Args:
        trials: on the map at once.
        opening: of the explorer, on results that were read.
        costs: by interaction, of each turn.
        sent: by interaction, bytes of JSON and of arrays for the browser, of the last turn.
    """

    trials: int
    opening: Cost
    costs: Mapping[str, Sequence[Cost]]
    sent: Mapping[str, int]


class _Wire(BaseComm):
    """Packs what a widget sends, as a kernel would, and counts it."""

    sent = 0

    def publish_msg(
        self,
        msg_type: str,
        data: Any = None,
        metadata: Any = None,
        buffers: Any = None,
        **keys: Any,
    ) -> None:
        told = [data, metadata, keys]
        packed = json.dumps(told, allow_nan=False, default=json_default).encode()
        _Wire.sent += len(packed) + sum(memoryview(part).nbytes for part in buffers or [])


def measure_explorer(*, side: int = SIDE, repeats: int = 7) -> Interactions:
    """Open a slice of about `side` × `side` trials and interact with it.

    Args:
        side: values of each of the two parameters; their windows do not overlap.
        repeats: turns of each interaction; every one selects or shows something new.
    """
    results = _results(side)
    plain, comm.create_comm = comm.create_comm, _Wire
    try:
        made: list[Explorer] = []
        opening = cost(lambda: made.append(Explorer(results)))
        explorer = made[0]
        explorer.reveal()
        costs: dict[str, list[Cost]] = {}
        sent: dict[str, int] = {}
        works = _works(explorer, side)
        for turn in range(repeats + 1):
            for name, work in works.items():
                _Wire.sent = 0
                taken = cost(work)
                sent[name] = _Wire.sent
                # The first turn fills caches that a session fills once.
                if turn:
                    costs.setdefault(name, []).append(taken)
    finally:
        comm.create_comm = plain
    return Interactions(trials=results.n_trials, opening=opening, costs=costs, sent=sent)


def _results(side: int) -> SweepResults:
    config = load_config(home() / _CONFIG)
    cell = evaluate_cell(
        Run(None),
        dataset="sp500",
        strategy="sma_crossover",
        grid={"fast": list(range(2, 2 + side)), "slow": list(range(2 + side, 2 + 2 * side))},
        costs={"fees_bps": 5.0},
        split=_SPLIT,
    )
    labelled = replace(cell, label={"strategy": "sma_crossover"})
    return SweepResults("large", "peak sweep large.toml", config, (labelled,), ())


def _works(explorer: Explorer, side: int) -> dict[str, Callable[[], object]]:
    """By name; none selects the same trial twice in a measurement."""
    places = iter(range(1, side))
    metric = cycle(["is_vol", "is_sharpe"])
    across = cycle(["slow", "fast"])

    def select() -> None:
        explorer.controls.sliders["fast"].value = next(places)

    return {
        "select a trial": select,
        "another metric": lambda: explorer.show(metric=next(metric)),
        "swap the axes": lambda: explorer.show(x=next(across)),
        "pin it": explorer.pin,
        "select another beside it": select,
        "unpin": explorer.unpin,
    }
