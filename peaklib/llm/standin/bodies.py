"""Reply bodies of the two APIs, as a healthy service writes them."""

import json
from collections.abc import Mapping
from typing import Any, Final

from peaklib.llm.standin.asked import Asked, Said

# Nothing here reads a clock; services send seconds since 1970.
_CREATED: Final = 0
_INCOMPLETE: Final = {"length": "max_output_tokens", "content_filter": "content_filter"}


def reply_body(asked: Asked, said: Said, number: int) -> dict[str, Any]:
    """The whole reply.

    Args:
        asked: the request.
        said: the answer.
        number: of the request, for the ids.
    """
    return (_chat if asked.api == "chat" else _responses)(asked, said, number)


def pending_body(asked: Asked, number: int, status: str) -> dict[str, Any]:
    """A reply of the responses API that holds no answer yet, or never will."""
    empty = _responses(asked, Said(""), number)
    return {**empty, "status": status, "output": [], "usage": None}


def error_body(message: str, kind: str, code: str | None = None) -> dict[str, Any]:
    """An error in the form that compatible services share."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def models_body(models: list[str]) -> dict[str, Any]:
    """The list of models."""
    return {
        "object": "list",
        "data": [
            {"id": name, "object": "model", "created": _CREATED, "owned_by": "stand-in"}
            for name in models
        ],
    }


def _chat(asked: Asked, said: Said, number: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": said.text, "refusal": None}
    if said.tool_calls:
        message["content"] = said.text or None
        message["tool_calls"] = [
            {
                "id": f"call_{number}_{i}",
                "type": "function",
                "function": {"name": call.name, "arguments": _arguments(call.arguments)},
            }
            for i, call in enumerate(said.tool_calls)
        ]
    read, written = _usage(asked, said)
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": _CREATED,
        "model": said.model or asked.model,
        "choices": [{"index": 0, "message": message, "finish_reason": _finish(said)}],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
        },
    }


def _responses(asked: Asked, said: Said, number: int) -> dict[str, Any]:
    read, written = _usage(asked, said)
    why = _INCOMPLETE.get(said.finish)
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": _CREATED,
        "status": "incomplete" if why else "completed",
        "background": asked.background,
        "error": None,
        "incomplete_details": {"reason": why} if why else None,
        "model": said.model or asked.model,
        "output": _output(said, number),
        "usage": {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + written,
        },
    }


def _output(said: Said, number: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = [
        {"id": f"event_{number}_{i}", "type": name, "status": "completed"}
        for i, name in enumerate(said.tool_events)
    ]
    if said.text or not said.tool_calls:
        items.append(
            {
                "id": f"msg_{number}",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": said.text, "annotations": []}],
            }
        )
    items.extend(
        {
            "id": f"fc_{number}_{i}",
            "type": "function_call",
            "call_id": f"call_{number}_{i}",
            "name": call.name,
            "arguments": _arguments(call.arguments),
            "status": "completed",
        }
        for i, call in enumerate(said.tool_calls)
    )
    return items


def _finish(said: Said) -> str:
    return "tool_calls" if said.tool_calls and said.finish == "stop" else said.finish


def _usage(asked: Asked, said: Said) -> tuple[int, int]:
    if said.usage is not None:
        return said.usage.input_tokens, said.usage.output_tokens
    return asked.input_tokens, said.output_tokens


def _arguments(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), ensure_ascii=False)
