"""A request as the bytes that a service wants: chat completions, or responses."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from peaklib.llm.client.failure import Failure
from peaklib.llm.messages import Request
from peaklib.llm.roles import Outcome

if TYPE_CHECKING:
    from peaklib.llm.settings import Row

CHAT: Final = "/chat/completions"
RESPONSES: Final = "/responses"
# Name of the cap on generated tokens in each provider's chat completions. OpenAI and Azure
# refuse `max_tokens` for models that think; Mistral refuses any field that it does not know
# (422, extra_forbidden); Amazon documents the newer name for its OpenAI route; Google
# documents both, Together the older one.
_CAP: Final = {
    "azure": "max_completion_tokens",
    "bedrock": "max_completion_tokens",
    "google": "max_tokens",
    "mistral": "max_tokens",
    "openai": "max_completion_tokens",
    "together": "max_tokens",
}
_SCHEMA_NAME: Final = "answer"


def in_background(row: "Row") -> bool:
    """Whether an answer takes so long that it is fetched later, not waited for.

    By the model's id: those with `deep-research` in it work for minutes, longer than any
    connection is sure to last.
    """
    return row.api == "responses" and "deep-research" in row.model_id


def path(row: "Row") -> str:
    """Where a row's requests go, below the base URL."""
    return RESPONSES if row.api == "responses" else CHAT


def body(row: "Row", request: Request) -> bytes:
    """What is sent.

    Raises:
        Failure: `client_error`; the request holds something that JSON cannot.
    """
    plain = _responses(row, request) if row.api == "responses" else _chat(row, request)
    try:
        return json.dumps(plain, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError):
        pass
    raise Failure(Outcome.CLIENT_ERROR, "the request cannot be written as JSON; nothing was sent")


def _chat(row: "Row", request: Request) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "model": row.model_id,
        "messages": [dict(message) for message in request.messages],
        _CAP[row.provider]: request.max_output_tokens,
    }
    if request.tools:
        plain["tools"] = [dict(tool) for tool in request.tools]
    if request.response_schema is not None:
        schema = {"name": _SCHEMA_NAME, "strict": True, "schema": dict(request.response_schema)}
        plain["response_format"] = {"type": "json_schema", "json_schema": schema}
    return plain


def _responses(row: "Row", request: Request) -> dict[str, Any]:
    background = in_background(row)
    plain: dict[str, Any] = {
        "model": row.model_id,
        "input": [dict(message) for message in request.messages],
        "max_output_tokens": request.max_output_tokens,
        # What is fetched later has to be kept by the service until then; nothing else is.
        "store": background,
    }
    if background:
        plain["background"] = True
    if request.tools:
        plain["tools"] = [_flat(tool) for tool in request.tools]
    if request.response_schema is not None:
        schema = {"name": _SCHEMA_NAME, "strict": True, "schema": dict(request.response_schema)}
        plain["text"] = {"format": {"type": "json_schema", **schema}}
    return plain


def _flat(tool: Mapping[str, Any]) -> dict[str, Any]:
    """A function as the responses API describes it; a tool of the service as it is."""
    function = tool.get("function")
    if tool.get("type") == "function" and isinstance(function, Mapping):
        return {"type": "function", **function}
    return dict(tool)
