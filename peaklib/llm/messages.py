"""What goes to a model and what comes back, as plain values that no SDK knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peaklib.evidence.canonical import digest

Message = Mapping[str, Any]
"""`{"role": "system" | "user" | "assistant", "content": text}`."""


@dataclass(frozen=True)
class Request:
    """What is asked, whoever is going to answer it.

    Args:
        messages: in order.
        tools: functions that the model may call, as the chat API describes them.
        response_schema: JSON schema of the answer; None asks for plain text.
        max_output_tokens: cap on what is generated, thinking included.
    """

    messages: Sequence[Message]
    max_output_tokens: int
    tools: Sequence[Mapping[str, Any]] = ()
    response_schema: Mapping[str, Any] | None = None

    def digest(self) -> str:
        """SHA-256 of the canonical form: what the ledger calls the request hash."""
        return digest(
            {
                "messages": list(self.messages),
                "tools": list(self.tools),
                "response_schema": self.response_schema,
                "max_output_tokens": self.max_output_tokens,
            }
        )


@dataclass(frozen=True)
class Usage:
    """Tokens that a service says it has used.

    Args:
        input_tokens: read.
        output_tokens: written, thinking included.
    """

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True)
class ToolCall:
    """A function that the model wants to be called; nothing here calls it.

    Args:
        name: of the function.
        arguments: by name.
    """

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What one service answered, as it came, before anybody believed it.

    Args:
        text: of the answer; empty if there are only tool calls.
        model: the model that the service names.
        usage: None where it says nothing that can be read.
        finish: why it stopped: `stop`, `length`, `tool_calls`, `content_filter`.
        tool_calls: in order.
        tool_events: what the service did by itself, such as `web_search_call`, in order.
        status: of HTTP.
    """

    text: str
    model: str
    usage: Usage | None
    finish: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_events: tuple[str, ...] = ()
    status: int = 200
