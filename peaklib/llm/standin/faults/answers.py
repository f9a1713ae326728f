"""Faults of the answer: a sound reply whose text or tool call cannot be used."""

import json
from collections.abc import Callable
from typing import Any, Final

from peaklib.llm.messages import ToolCall
from peaklib.llm.standin.asked import Said
from peaklib.llm.standin.bodies import reply_body
from peaklib.llm.standin.exchange import Exchange
from peaklib.llm.standin.faults.change import Changed, message, set_text
from peaklib.llm.standin.faults.fault import Fault

GROUP: Final = "answer"
_CALL: Final = Said("", (ToolCall("lookup", {"key": "value"}),))


def _said(said: Callable[[Exchange], Said]) -> Changed:
    """Another answer, in a sound reply."""
    return Changed(lambda body, on: reply_body(on.asked, said(on), on.number))


def _text(change: Callable[[str], str]) -> Changed:
    return Changed(lambda body, on: set_text(body, on, change(on.said.text)))


def _call(**fields: Any) -> Changed:
    """A tool call with other fields."""

    def change(body: dict[str, Any], on: Exchange) -> dict[str, Any]:
        other = reply_body(on.asked, _CALL, on.number)
        spot = message(other, on)
        (spot["tool_calls"][0]["function"] if on.asked.api == "chat" else spot).update(fields)
        return other

    return Changed(change)


def _surrogate(on: Exchange) -> None:
    """Half of a pair: legal in JSON, and no text that can be encoded."""
    body = on.body()
    set_text(body, on, on.said.text + "\ud83d")
    on.reply(200, json.dumps(body).encode())


FAULTS: Final = (
    Fault(
        "length",
        "stops at the cap, half of the text is there",
        _said(lambda on: Said(on.said.text[: len(on.said.text) // 2], finish="length")),
    ),
    Fault(
        "length-empty",
        "stops at the cap before a word was written",
        _said(lambda on: Said("", finish="length")),
    ),
    Fault(
        "content-filter",
        "a filter took the text away",
        _said(lambda on: Said("", finish="content_filter")),
    ),
    Fault("tool-call", "wants a tool that nobody offered", _said(lambda on: _CALL)),
    Fault("tool-arguments", "a tool call whose arguments are no JSON", _call(arguments='{"key": ')),
    Fault("tool-list", "a tool call whose arguments are a list", _call(arguments="[1, 2]")),
    Fault("tool-object", "arguments as an object, not as text", _call(arguments={"key": "value"})),
    Fault("tool-nameless", "a tool call without a name", _call(name=None)),
    Fault("schema-violated", "JSON that is not of the schema", _text(lambda t: '{"odd": [1, 2]}')),
    Fault("schema-prose", "a sentence where JSON was asked for", _text(lambda t: "Certainly.")),
    Fault("fenced", "the JSON in a code fence", _text(lambda t: f"```json\n{t}\n```")),
    Fault(
        "prose-around",
        "a sentence before and after the JSON",
        _text(lambda t: f"Here it is:\n{t}\nAnything else?"),
    ),
    Fault("nan", "a number that JSON does not have", _text(lambda t: '{"value": NaN}')),
    Fault("surrogate", "half of a surrogate pair at the end of the text", _surrogate),
    Fault("nul", "a zero character at the end of the text", _text(lambda t: t + "\x00")),
)
