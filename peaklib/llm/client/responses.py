"""The answer in a reply of the responses API."""

import re
from typing import Any, Final

from peaklib.llm.client import classes, reading
from peaklib.llm.client.failure import Failure
from peaklib.llm.messages import Answer
from peaklib.llm.roles import Outcome

# What a response is while nobody needs to read it yet.
PENDING: Final = ("queued", "in_progress")
_EVENT: Final = re.compile(r"[a-z_]{1,40}")
# Items that are no doing of the service: what it says, thinks, and wants to be done for it.
_NO_EVENTS: Final = ("message", "reasoning", "function_call")
_REASONS: Final = {
    "content_filter": reading.FILTERED,
    "max_output_tokens": reading.CUT,
    "max_tokens": reading.CUT,
}


def failed(loaded: Any) -> bool:
    """Whether a reply is a response that came to nothing, which no further look will change."""
    return isinstance(loaded, dict) and loaded.get("status") == "failed"


def answer(reply: dict[str, Any], status: int) -> Answer:
    """Read a response that is finished.

    Args:
        reply: as JSON, known to be no error object.
        status: of HTTP.

    Raises:
        Failure: the response failed or was cancelled, is not finished, or holds no answer.
    """
    finish = _finish(reply, status)
    items = reply.get("output")
    if not isinstance(items, list) or (not items and finish == reading.STOPPED):
        raise Failure(Outcome.OUTAGE, "the reply holds no output", status)
    items = [item for item in items if isinstance(item, dict)]
    of_message = [item for item in items if item.get("type") == "message"]
    words = "".join(reading.text(item.get("content"), status) for item in of_message)
    called = [item for item in items if item.get("type") == "function_call"]
    tool_calls = tuple(reading.tool_call(item, status) for item in called)
    refusal = _refusal(of_message)
    if not words and refusal:
        words, finish = refusal, reading.FILTERED
    if not words.strip() and not tool_calls:
        raise Failure(Outcome.FORMAT, f"the answer is empty ({finish})", status)
    return Answer(
        text=words,
        model=reading.model(reply),
        usage=reading.usage(reply.get("usage"), "input_tokens", "output_tokens"),
        finish=reading.CALLED if tool_calls and finish == reading.STOPPED else finish,
        tool_calls=tool_calls,
        tool_events=tuple(filter(None, map(_event, items))),
        status=status,
    )


def _finish(reply: dict[str, Any], status: int) -> str:
    """Why the response ended, in the words of `Answer`."""
    match reply.get("status", "completed"):
        case "completed":
            return reading.STOPPED
        case "incomplete":
            details = reply.get("incomplete_details")
            reason = details.get("reason") if isinstance(details, dict) else None
            return _REASONS.get(str(reason), reading.CUT)
        case "cancelled":
            raise Failure(Outcome.OUTAGE, "the service cancelled the response", status)
        case "failed":
            error = classes.error_object(reply) or {}
            outcome = classes.by_code(error)
            said = f"the response failed, {classes.words(outcome)}: {classes.message(error)}"
            raise Failure(outcome, said.rstrip(": "), status)
    raise Failure(Outcome.OUTAGE, "the response has no end that is known", status)


def _refusal(messages: list[dict[str, Any]]) -> str:
    """What the model said instead of an answer, if it refused."""
    contents = [m["content"] for m in messages if isinstance(m.get("content"), list)]
    parts = [part for content in contents for part in content if isinstance(part, dict)]
    said = [part.get("refusal") for part in parts if part.get("type") == "refusal"]
    return reading.sound("".join(text for text in said if isinstance(text, str)))


def _event(item: dict[str, Any]) -> str | None:
    """Name of what the service did by itself, such as `web_search_call`."""
    kind = item.get("type")
    if not isinstance(kind, str) or kind in _NO_EVENTS or not _EVENT.fullmatch(kind):
        return None
    return kind
