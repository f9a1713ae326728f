"""What the gate decided, why, and a digest of all that it depended on."""

from hashlib import sha256
from operator import attrgetter
from typing import Any, Final

from peaklib.risk.gating.book import state_digest
from peaklib.risk.gating.canonical_text import canonical_text
from peaklib.risk.gating.checks import Check
from peaklib.risk.gating.intent import order_outline
from peaklib.risk.gating.limits import read_limits
from peaklib.risk.gating.reading import outline

RULES: Final = "peaklib.risk.gate/1"
"""Version of the rules; a change that alters any decision, value or sentence has another."""
_IS_OK: Final = attrgetter("ok")


class GateDecision:
    """The gate's answer, with every check. It is true if the order is allowed.

    Args:
        checks: all of them, in order.
        order, state, limits, now: what was decided on; the digest is taken of them.

    Attributes:
        allowed: whether every check is ok.
        checks: all of them, also those after one that failed.
    """

    __slots__ = ("_digest", "_given", "allowed", "checks")

    allowed: bool
    checks: tuple[Check, ...]

    def __init__(
        self, checks: tuple[Check, ...], order: object, state: object, limits: object, now: object
    ) -> None:
        keep = object.__setattr__
        keep(self, "checks", checks)
        keep(self, "allowed", bool(checks) and all(map(_IS_OK, checks)))
        keep(self, "_given", (order, state, limits, now))
        keep(self, "_digest", "")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a decision does not change: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a decision does not change: {name} cannot be deleted")

    def __bool__(self) -> bool:
        return self.allowed

    def __repr__(self) -> str:
        word = "allowed" if self.allowed else f"blocked: {'; '.join(self.reasons)}"
        return f"GateDecision({word})"

    def __reduce__(self) -> tuple[Any, ...]:
        return GateDecision, (self.checks, *self._given)

    _given: tuple[object, object, object, object]
    _digest: str

    @property
    def reasons(self) -> tuple[str, ...]:
        """A sentence for each check that failed; empty if the order is allowed."""
        return tuple(check.sentence for check in self.checks if not check.ok)

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal, of order, state, limits, time, checks and version of the rules.

        Taken when it is first asked for. Equal inputs have equal digests on every machine,
        whatever the order of their dicts.
        """
        if not self._digest:
            object.__setattr__(self, "_digest", sha256(canonical_text(self._content())).hexdigest())
        return self._digest

    def _content(self) -> dict[str, Any]:
        order, state, limits, now = self._given
        read = read_limits(limits)
        return {
            "rules": RULES,
            "order": order_outline(order),
            "state": state_digest(state),
            "limits": read.digest,
            "now": outline(now),
            "checks": self.checks,
        }
