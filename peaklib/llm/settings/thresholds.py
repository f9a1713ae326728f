"""`evals.toml`: what a model has to reach on the cases of a layer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from peaklib.config import check_table, read_toml
from peaklib.llm.roles import LAYERS
from peaklib.llm.settings.strict import Amount, Strict, micro

FILE: Final = "evals.toml"

_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Table(Strict):
    min_pass: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
    min_format: _Share
    max_policy_violations: Annotated[int, Field(ge=0)]
    max_cost_eur_per_case: Amount
    max_p95_s: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class _File(Strict):
    L0: _Table
    L1: _Table
    L2: _Table
    L3: _Table
    L4: _Table


@dataclass(frozen=True)
class Thresholds:
    """What a model has to reach on the cases of a layer.

    Args:
        min_pass: share of the cases that it passes at the first answer. The share itself counts,
            not the lower end of its interval: the cases are the same for every model and no
            sample of anything, so that share is what was measured.
        min_format: share of the answers that follow their schema.
        max_policy_violations: answers that do something forbidden.
        max_cost_micro_eur_per_case: on average.
        max_p95_s: seconds that 95 % of the answers do not exceed, as measured.
    """

    min_pass: float
    min_format: float
    max_policy_violations: int
    max_cost_micro_eur_per_case: int
    max_p95_s: float


def read_thresholds(path: Path) -> dict[str, Thresholds]:
    """Thresholds of all layers.

    Raises:
        ConfigError: lists every mistake with its key.
    """
    file = check_table(_File, read_toml(path), str(path))
    tables: dict[str, _Table] = {layer: getattr(file, layer) for layer in LAYERS}
    return {
        layer: Thresholds(
            table.min_pass,
            table.min_format,
            table.max_policy_violations,
            micro(table.max_cost_eur_per_case),
            table.max_p95_s,
        )
        for layer, table in tables.items()
    }
