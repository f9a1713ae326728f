"""Services that are left alone for a while, because they just failed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from peaklib.llm.roles import Outcome

_SECONDS: Final = {
    Outcome.TIMEOUT: 5.0,
    Outcome.OUTAGE: 5.0,
    Outcome.RATE_LIMITED: 20.0,
    Outcome.QUOTA: 300.0,
}
# A service that asks for more is asked again after this anyway.
_LONGEST: Final = 3600.0


@dataclass(frozen=True)
class Pause:
    """A service that cools down.

    Args:
        after: outcome that began it.
        left_s: how much longer.
    """

    after: Outcome
    left_s: float


class Cooldowns:
    """Pauses by service, on a clock that nobody sets back.

    Args:
        monotonic: seconds that only grow.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._until: dict[str, tuple[float, Outcome]] = {}

    def begin(self, service: str, after: Outcome, asked_for_s: float | None = None) -> None:
        """Leave a service alone, for as long as it asked for or as usual."""
        seconds = _SECONDS[after] if asked_for_s is None else min(asked_for_s, _LONGEST)
        self._until[service] = (self._monotonic() + seconds, after)

    def end(self, service: str) -> None:
        """The service answered."""
        self._until.pop(service, None)

    def of(self, service: str) -> Pause | None:
        """The pause that a service is in, or None."""
        until, after = self._until.get(service, (0.0, Outcome.OK))
        left = until - self._monotonic()
        return Pause(after, left) if left > 0 else None
