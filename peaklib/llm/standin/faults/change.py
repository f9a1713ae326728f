"""Faults that are a good reply with one thing changed."""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from peaklib.llm.standin.exchange import Exchange

Body = dict[str, Any]


@dataclass(frozen=True)
class Changed:
    """Replies with a good body after `change` had it.

    Args:
        change: alters the body in place, or returns another one.
    """

    change: Callable[[Body, Exchange], Any]

    def __call__(self, on: Exchange) -> None:
        body = on.body()
        other = self.change(body, on)
        on.reply(200, body if other is None else other)


def put(name: str, value: Any) -> Changed:
    """Another value of a field of the body."""

    def change(body: Body, on: Exchange) -> None:
        body[name] = value

    return Changed(change)


def leave_out(name: str) -> Changed:
    """The body without a field."""

    def change(body: Body, on: Exchange) -> None:
        del body[name]

    return Changed(change)


def items(on: Exchange) -> str:
    """The field that holds the answers."""
    return "choices" if on.asked.api == "chat" else "output"


def message(body: Body, on: Exchange) -> MutableMapping[str, Any]:
    """The message of the answer."""
    found: MutableMapping[str, Any] = (
        body["choices"][0]["message"] if on.asked.api == "chat" else body["output"][-1]
    )
    return found


def set_text(body: Body, on: Exchange, value: Any) -> None:
    """Another text of the answer; it need not be one."""
    if on.asked.api == "chat":
        message(body, on)["content"] = value
    else:
        message(body, on)["content"][0]["text"] = value
