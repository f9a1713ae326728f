"""Faults of answers that are polled for: the responses API, at once or in the background."""

from typing import Any, Final

from peaklib.llm.standin.bodies import error_body, pending_body
from peaklib.llm.standin.exchange import Exchange
from peaklib.llm.standin.faults.change import Changed, put
from peaklib.llm.standin.faults.fault import Act, Fault

GROUP: Final = "responses"


def _pending(status: str, **fields: Any) -> Changed:
    """A reply without an answer, of a status."""
    return Changed(lambda body, on: {**pending_body(on.asked, on.number, status), **fields})


def _cut_short(body: dict[str, Any], on: Exchange) -> None:
    body.update(status="incomplete", incomplete_details={"reason": "max_output_tokens"})


def _status(status: int, kind: str) -> Act:
    return lambda on: on.reply(status, error_body("Polling failed", kind))


def _hang(on: Exchange) -> None:
    on.hang()


def _reset(on: Exchange) -> None:
    on.connection.reset()


def _poll(name: str, meaning: str, act: Act) -> Fault:
    return Fault(name, meaning, act, when="poll", api="responses")


FAULTS: Final = (
    _poll(
        "failed",
        "the answer failed",
        _pending("failed", error={"code": "server_error", "message": "It broke"}),
    ),
    _poll(
        "failed-limit",
        "the answer failed at a rate limit",
        _pending("failed", error={"code": "rate_limit_exceeded", "message": "Slow down"}),
    ),
    _poll("failed-bare", "the answer failed, and nobody says why", _pending("failed")),
    _poll("incomplete", "the answer stopped at the cap, half of it is there", Changed(_cut_short)),
    _poll(
        "incomplete-empty",
        "the answer stopped at the cap before a word was written",
        _pending("incomplete", incomplete_details={"reason": "max_output_tokens"}),
    ),
    _poll("cancelled", "somebody else cancelled the answer", _pending("cancelled")),
    _poll("never", "the answer is never done", _pending("in_progress")),
    _poll("paused", "the answer has a status that nobody knows", _pending("paused")),
    _poll("poll-404", "the answer is gone when it is asked for", _status(404, "not_found")),
    _poll("poll-429", "polling is limited", _status(429, "rate_limit_error")),
    _poll("poll-500", "polling breaks with a 500", _status(500, "server_error")),
    _poll("poll-hang", "polling gets no answer", _hang),
    _poll("poll-reset", "polling is broken off", _reset),
    _poll("poll-model", "the answer names another model", put("model", "some-other-model")),
    _poll("poll-id", "polling gives the answer to another request", put("id", "resp_0")),
)
