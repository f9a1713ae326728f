"""Waiting for a response that a service works on by itself, and stopping it if nobody waits."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable
from typing import Any, Final, Protocol

from peaklib.llm.client.asking import RESPONSES
from peaklib.llm.client.failure import Failure
from peaklib.llm.client.responses import PENDING
from peaklib.llm.roles import Outcome

_FIRST_S: Final = 0.25
_GROWTH: Final = 1.6
_MOST_S: Final = 10.0
# A look that fails costs nothing and can be repeated; this many in a row and we give up.
_PATIENCE: Final = 3
_PASSING: Final = (Outcome.OUTAGE, Outcome.RATE_LIMITED, Outcome.TIMEOUT)
# Stopping comes after the deadline, so it has to be quick.
_CANCEL_S: Final = 2.0
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")

Reply = dict[str, Any]


class Ask(Protocol):
    """One exchange with the service; the reply as JSON."""

    def __call__(self, method: str, path: str) -> Awaitable[Reply]:
        """Send a request without a body."""


async def finished(first: Reply, ask: Ask, accepted: int) -> Reply:
    """Look at a response until it is finished, ever more rarely.

    Whatever ends the wait early, such as a deadline or a forbidden model, the service is
    told to stop.

    Args:
        first: the reply that accepted the work.
        ask: sends one request.
        accepted: status of that reply.

    Raises:
        Failure: the response cannot be looked at. Its status is that of the reply that accepted
            the work, however the look failed: the service may charge for what it did.
    """
    if first.get("status") not in PENDING:
        return first
    named = first.get("id")
    if not isinstance(named, str) or not _ID.fullmatch(named):
        raise Failure(
            Outcome.OUTAGE, "the response has no id by which it could be fetched", accepted
        )
    path = f"{RESPONSES}/{named}"
    try:
        return await _poll(path, named, ask)
    except Failure as failure:
        failed = failure
        await _stop(path, ask)
    except BaseException:
        await _stop(path, ask)
        raise
    raise Failure(failed.outcome, failed.reason, accepted, failed.retry_after_s)


async def _poll(path: str, named: str, ask: Ask) -> Reply:
    delay, failures = _FIRST_S, 0
    while True:
        await asyncio.sleep(delay)
        try:
            reply = await ask("GET", path)
        except Failure as failure:
            failures += 1
            if failure.outcome not in _PASSING or failures == _PATIENCE:
                raise
            wanted = failure.retry_after_s or 0.0
        else:
            if reply.get("id") != named:
                raise Failure(Outcome.OUTAGE, "the service gave the response to another request")
            if reply.get("status") not in PENDING:
                return reply
            failures, wanted = 0, 0.0
        delay = max(min(delay * _GROWTH, _MOST_S), wanted)


async def _stop(path: str, ask: Ask) -> None:
    """Tell the service to stop, as well as it can be told in a moment."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_CANCEL_S):
            await ask("POST", f"{path}/cancel")
