"""Who may be asked for what: layers, roles, the order of rows, and how an attempt may end."""

from enum import StrEnum
from typing import Final

LAYERS: Final = ("L0", "L1", "L2", "L3", "L4")
"""Layers that models may serve."""
ESCALATION: Final = "L4"
"""Layer whose models are asked about the answers of others."""
WITHOUT_MODELS: Final = ("L5", "L6")
"""Risk gate and execution: deterministic, they have no row and cannot have one."""
PRIMARY: Final = "primary"
CRITIC: Final = "critic"
ROLES: Final = (PRIMARY, CRITIC)
"""What a caller may ask a layer for."""
FALLBACKS: Final = ("fallback1", "fallback2")
"""Rows that stand in for the primary one, in this order."""
ROWS: Final = (PRIMARY, *FALLBACKS, CRITIC)
"""Names of the rows of a layer."""


class Outcome(StrEnum):
    """How an attempt ended, or why there was none."""

    OK = "ok"
    DENIED = "denied"
    BUDGET = "budget"
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    OUTAGE = "outage"
    CLIENT_ERROR = "client_error"
    AUTH = "auth"
    GONE = "gone"
    DRIFT = "drift"
    FORMAT = "format"
    DISABLED = "disabled"


FALLS_BACK: Final = frozenset(
    {Outcome.TIMEOUT, Outcome.RATE_LIMITED, Outcome.QUOTA, Outcome.OUTAGE}
)
"""Outcomes after which the next row is asked. A bad request is not sent to every provider."""
