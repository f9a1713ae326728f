"""`configs/risk/limits.toml`: the limits of the gate, each of them with a unit, none by default."""

from pathlib import Path
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from peaklib.config import ConfigKind, check_table, read_toml
from peaklib.risk.gating.limits import RiskLimits, limit_problem


class _LimitsFile(BaseModel):
    """Fields and types of the file; what a value may be is said once, by `limit_problem`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    stages: list[str]
    symbols: list[str]
    max_price_age_s: float
    max_price_gap: float
    max_order_notional: float
    max_position_notional: float
    max_gross_exposure: float
    max_net_exposure: float
    max_leverage: float
    max_concentration: float
    max_daily_loss: float
    max_drawdown: float
    max_orders: int
    order_window_s: float
    max_var: float
    var_level: float
    min_scenarios: int
    max_stress_loss: float

    @field_validator("*", mode="after")
    @classmethod
    def _allowed(cls, value: Any, info: ValidationInfo) -> Any:
        name = str(info.field_name)
        problem = limit_problem(name, tuple(value) if isinstance(value, list) else value)
        if problem:
            raise ValueError(problem.removeprefix(f"{name} "))
        return value

    def limits(self: Self) -> RiskLimits:
        fields: dict[str, Any] = self.model_dump()
        return RiskLimits(
            stages=tuple(fields.pop("stages")), symbols=tuple(fields.pop("symbols")), **fields
        )


def load_limits(path: Path) -> RiskLimits:
    """The limits of a file.

    Every key has to be there and every number has to be positive: a limit that is absent would
    be unlimited, and one of zero is a kill switch under another name.

    Raises:
        ConfigError: lists every mistake of the file, with key and value.
    """
    return check_table(_LimitsFile, read_toml(path), str(path)).limits()


CONFIG_FILES: Final = ConfigKind("risk/limits.toml", load_limits)
