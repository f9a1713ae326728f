"""Counting what the gate would have done, for a run that only watches."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from peaklib.risk.gating.decision import GateDecision


@dataclass(frozen=True)
class Tally:
    """How many orders would have been allowed and blocked. Adding to it makes a new one.

    Args:
        would_allow: decisions that allowed.
        would_block: decisions that blocked.
        blocked_by: check to the decisions that it blocked; one may be blocked by several.
    """

    would_allow: int = 0
    would_block: int = 0
    blocked_by: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def add(self, decision: GateDecision) -> "Tally":
        """The counts with one more decision."""
        if decision.allowed:
            return Tally(self.would_allow + 1, self.would_block, self.blocked_by)
        counts = dict(self.blocked_by)
        for check in decision.checks:
            if not check.ok:
                counts[check.name] = counts.get(check.name, 0) + 1
        return Tally(self.would_allow, self.would_block + 1, MappingProxyType(counts))
