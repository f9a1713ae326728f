"""`budgets.toml`: what a call, a layer, a run and a phase may use."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from peaklib.config import check_table, read_toml
from peaklib.llm.roles import LAYERS
from peaklib.llm.settings.strict import Amount, Strict, micro
from peaklib.llm.settings.values import Limit

FILE: Final = "budgets.toml"
PHASES: Final = ("research", "shadow", "testnet")
"""What a budget is kept for over many runs."""
EVALS: Final = "evals"
"""Phase of calls that measure models; they have budgets of their own."""


class _LimitTable(Strict):
    max_tokens: Annotated[int, Field(ge=1, le=2**53 - 1)]
    max_cost_eur: Amount
    max_calls: Annotated[int, Field(ge=1, le=1_000_000)]
    deadline_s: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]

    def limit(self) -> Limit:
        """The same with money in whole micro-EUR."""
        return Limit(self.max_tokens, micro(self.max_cost_eur), self.max_calls, self.deadline_s)


class _CallTable(Strict):
    max_output_tokens: Annotated[int, Field(ge=16, le=1_000_000)]


class _Calls(Strict):
    L0: _CallTable
    L1: _CallTable
    L2: _CallTable
    L3: _CallTable
    L4: _CallTable


class _Layers(Strict):
    L0: _LimitTable
    L1: _LimitTable
    L2: _LimitTable
    L3: _LimitTable
    L4: _LimitTable


class _Phases(Strict):
    research: _LimitTable
    shadow: _LimitTable
    testnet: _LimitTable


class _Evals(_Layers):
    day: _LimitTable


class _File(Strict):
    calls: _Calls
    layers: _Layers
    run: _LimitTable
    phases: _Phases
    evals: _Evals


@dataclass(frozen=True)
class Budgets:
    """Limits of every scope.

    Args:
        call_tokens: that one call of a layer may write, thinking included.
        layers: limit of each layer within a run.
        run: limit of a run.
        phases: limit of each phase on a day.
        evals: limit of one eval by the layer that is measured.
        evals_day: limit of all evals on a day.
    """

    call_tokens: dict[str, int]
    layers: dict[str, Limit]
    run: Limit
    phases: dict[str, Limit]
    evals: dict[str, Limit]
    evals_day: Limit


def read_budgets(path: Path) -> Budgets:
    """The budgets of a file.

    Raises:
        ConfigError: lists every mistake with its key.
    """
    file = check_table(_File, read_toml(path), str(path))
    calls: dict[str, _CallTable] = {layer: getattr(file.calls, layer) for layer in LAYERS}
    layers: dict[str, _LimitTable] = {layer: getattr(file.layers, layer) for layer in LAYERS}
    phases: dict[str, _LimitTable] = {phase: getattr(file.phases, phase) for phase in PHASES}
    evals: dict[str, _LimitTable] = {layer: getattr(file.evals, layer) for layer in LAYERS}
    return Budgets(
        call_tokens={layer: table.max_output_tokens for layer, table in calls.items()},
        layers={layer: table.limit() for layer, table in layers.items()},
        run=file.run.limit(),
        phases={phase: table.limit() for phase, table in phases.items()},
        evals={layer: table.limit() for layer, table in evals.items()},
        evals_day=file.evals.day.limit(),
    )
