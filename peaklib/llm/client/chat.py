"""The answer in a reply of the chat completions API."""

from typing import Any

from peaklib.llm.client import reading
from peaklib.llm.client.failure import Failure
from peaklib.llm.messages import Answer
from peaklib.llm.roles import Outcome


def answer(reply: dict[str, Any], status: int) -> Answer:
    """Read the first choice.

    Args:
        reply: as JSON, known to be no error object.
        status: of HTTP.

    Raises:
        Failure: `outage` if there is no choice, `format` if there is nothing in it.
    """
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise Failure(Outcome.OUTAGE, "the reply holds no choices", status)
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise Failure(Outcome.FORMAT, "the tool calls of the answer are no list", status)
    functions = [call.get("function") if isinstance(call, dict) else None for call in calls]
    tool_calls = tuple(reading.tool_call(function, status) for function in functions)
    words = reading.text(message.get("content"), status)
    finish = _finish(choice, status)
    refusal = message.get("refusal")
    if not words and isinstance(refusal, str):
        words, finish = reading.sound(refusal), reading.FILTERED
    if not words.strip() and not tool_calls:
        raise Failure(Outcome.FORMAT, f"the answer is empty ({finish})", status)
    return Answer(
        text=words,
        model=reading.model(reply),
        usage=reading.usage(reply.get("usage"), "prompt_tokens", "completion_tokens"),
        finish=finish,
        tool_calls=tool_calls,
        status=status,
    )


def _finish(choice: dict[str, Any], status: int) -> str:
    """Why the model stopped, in the words of `Answer`."""
    said = choice.get("finish_reason")
    if said is None:
        return reading.STOPPED
    if not isinstance(said, str) or said == "error":
        raise Failure(Outcome.OUTAGE, "the service broke off the answer", status)
    return reading.FINISHES.get(said, reading.sound(said)[:40])
