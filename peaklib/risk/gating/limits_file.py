"""`configs/risk/limits.toml`: the limits of the gate, each of them with a unit, none by default."""

from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationInfo, create_model, field_validator

from peaklib.config import ConfigKind, check_table, read_toml
from peaklib.risk.gating.limits import LIMIT_NAMES, LIMIT_TYPES, RiskLimits, limit_problem


class _Table(BaseModel):
    """What a value may be is said once, by `limit_problem`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @field_validator("*", mode="after")
    @classmethod
    def _allowed(cls, value: Any, info: ValidationInfo) -> Any:
        name = str(info.field_name)
        value = tuple(value) if isinstance(value, list) else value
        problem = limit_problem(name, value)
        if problem:
            raise ValueError(problem.removeprefix(f"{name} "))
        return value


# TOML has arrays where limits have tuples.
_FIELDS: Final[dict[str, Any]] = {
    name: (list[str] if LIMIT_TYPES[name] == tuple[str, ...] else LIMIT_TYPES[name], ...)
    for name in LIMIT_NAMES
}
_LimitsFile: Final = create_model("_LimitsFile", __base__=_Table, **_FIELDS)


def load_limits(path: str | Path) -> RiskLimits:
    """The limits of a file.

    Every key has to be there and every number has to be positive: a limit that is absent would
    be unlimited, and one of zero is a kill switch under another name.

    Args:
        path: of the file, such as `configs/risk/limits.toml`.

    Raises:
        ConfigError: lists every mistake of the file, with key and value.
    """
    table = check_table(_LimitsFile, read_toml(Path(path)), str(path))
    return RiskLimits(**{name: getattr(table, name) for name in LIMIT_NAMES})


CONFIG_FILES: Final = ConfigKind("risk/limits.toml", load_limits)
