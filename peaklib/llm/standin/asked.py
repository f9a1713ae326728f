"""What a stand-in was asked and what it says, whichever of the two APIs carried it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from peaklib.errors import DataError
from peaklib.llm.messages import Message, Request, ToolCall, Usage

Api = Literal["chat", "responses"]
# The fields in which services take the cap on what is written.
_CAPS = ("max_completion_tokens", "max_tokens", "max_output_tokens")


@dataclass(frozen=True)
class Asked:
    """One request, read from the wire.

    Args:
        api: that carried it.
        model: asked for.
        messages: in order, contents as text; instructions of the responses API come first.
        schema: JSON schema of the answer, if one is asked for.
        tools: as the chat API describes them.
        max_tokens: cap on the answer.
        background: whether the answer is to be polled for.
        headers: of HTTP, names in lower case.
        body: as it came.
    """

    api: Api
    model: str
    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None
    tools: tuple[Mapping[str, Any], ...] = ()
    max_tokens: int | None = None
    background: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def prompt(self) -> str:
        """Text of the last message of the user."""
        texts = [m["content"] for m in self.messages if m.get("role") == "user"]
        return str(texts[-1]) if texts else ""

    @property
    def request_hash(self) -> str:
        """The request hash of the ledger, worked out from what arrived."""
        raw = self.body.get("messages" if self.api == "chat" else "input")
        messages = raw if isinstance(raw, list) else self.messages
        return Request(messages, self.max_tokens or 0, self.tools, self.schema).digest()

    @property
    def input_tokens(self) -> int:
        """Tokens of messages, tools and schema by the rule of `count_tokens`."""
        return count_tokens(_dense([list(self.messages), list(self.tools), self.schema]))


@dataclass(frozen=True)
class Said:
    """What a stand-in answers.

    Args:
        text: of the answer.
        tool_calls: functions it wants to be called.
        finish: `stop`, `length`, `tool_calls` or `content_filter`.
        tool_events: what it claims to have done by itself, such as `web_search_call`; the
            responses API has a place for them, the chat API has none.
        model: named in the reply; None echoes the one asked for.
        usage: claimed; None counts by the rule of `count_tokens`.
    """

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    finish: str = "stop"
    tool_events: tuple[str, ...] = ()
    model: str | None = None
    usage: Usage | None = None

    @property
    def output_tokens(self) -> int:
        """Tokens of the text and of the arguments of tool calls."""
        calls = "".join(call.name + _dense(call.arguments) for call in self.tool_calls)
        return count_tokens(self.text + calls)


def count_tokens(text: str) -> int:
    """One token for every four bytes of UTF-8 that are begun: simple, and the same everywhere."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // 4)


def capped(asked: Asked, said: Said) -> Said:
    """The answer, cut at the cap of the request as a service cuts it."""
    cap = asked.max_tokens
    if cap is None or said.usage is not None or said.output_tokens <= cap:
        return said
    kept = said.text.encode("utf-8", "surrogatepass")[: 4 * cap].decode("utf-8", "ignore")
    return Said(kept, (), "length", said.tool_events, said.model)


def read_asked(api: Api, headers: Mapping[str, str], content: bytes) -> Asked:
    """Read a request body.

    Args:
        api: whose shape it has.
        headers: of HTTP, names in lower case.
        content: the bytes of the body.

    Raises:
        DataError: no JSON object, or no model or messages in it.
    """
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise DataError("the request body is no JSON; send one object") from None
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        raise DataError("the request names no model; send `model` as text")
    messages = _chat_messages(body) if api == "chat" else _responses_messages(body)
    if not messages:
        raise DataError("the request holds no message; send at least one")
    tools = body.get("tools") or ()
    return Asked(
        api,
        body["model"],
        messages,
        _schema(api, body),
        tuple(tools if api == "chat" else map(_chat_tool, tools)),
        next((body[name] for name in _CAPS if isinstance(body.get(name), int)), None),
        api == "responses" and body.get("background") is True,
        headers,
        body,
    )


def _chat_messages(body: Mapping[str, Any]) -> tuple[Message, ...]:
    return tuple(map(_plain, body.get("messages") or ()))


def _responses_messages(body: Mapping[str, Any]) -> tuple[Message, ...]:
    given = body.get("input") or ()
    turns: Sequence[Mapping[str, Any]] = (
        [{"role": "user", "content": given}] if isinstance(given, str) else given
    )
    instructions = body.get("instructions")
    first = [{"role": "system", "content": instructions}] if instructions else []
    return tuple(map(_plain, [*first, *turns]))


def _plain(message: Mapping[str, Any]) -> Message:
    """A message whose content is one text, even where it came in parts."""
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content)
    return {**message, "content": content or ""}


def _chat_tool(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    if tool.get("type") != "function":
        return tool
    return {"type": "function", "function": {k: v for k, v in tool.items() if k != "type"}}


def _schema(api: Api, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if api == "chat":
        asked = (body.get("response_format") or {}).get("json_schema") or {}
    else:
        asked = (body.get("text") or {}).get("format") or {}
    schema = asked.get("schema")
    return schema if isinstance(schema, dict) else None


def _dense(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
