"""How far a request has come: whether any of it may have reached the service."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

_BEGIN: Final = "send_request_headers.started"


@dataclass
class Progress:
    """Of the requests of one attempt.

    Args:
        begun: whether a byte of one may have gone out.
    """

    begun: bool = False

    async def note(self, step: str, _: Any) -> None:
        """Take note of a step of the HTTP library."""
        self.begun = self.begun or step.endswith(_BEGIN)


PROGRESS: Final[ContextVar[Progress | None]] = ContextVar("progress", default=None)
"""Where the requests of a task note how far they have come."""
