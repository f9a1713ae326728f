"""What came back, from bytes to an answer. Nothing that a service writes is taken on trust."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from peaklib.llm.client import classes
from peaklib.llm.client.failure import Failure
from peaklib.llm.messages import ToolCall, Usage
from peaklib.llm.roles import Outcome

STOPPED: Final = "stop"
CUT: Final = "length"
CALLED: Final = "tool_calls"
FILTERED: Final = "content_filter"
# What services call the same ends.
FINISHES: Final = {
    "eos": STOPPED,
    "end_turn": STOPPED,
    "function_call": CALLED,
    "max_tokens": CUT,
    "max_output_tokens": CUT,
    "model_length": CUT,
}
_TEXTS: Final = ("text", "output_text")


@dataclass(frozen=True)
class Raw:
    """A reply as it came over the wire.

    Args:
        status: of HTTP.
        headers: by lower-case name.
        body: its bytes, not compressed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def good(self) -> bool:
        """Whether the status says that there is an answer."""
        return 200 <= self.status < 300


def load(raw: Raw) -> Any:
    """The body as JSON.

    Raises:
        Failure: `outage`; it is empty, a web page, or no JSON.
    """
    body = raw.body.strip()
    if not body:
        raise Failure(Outcome.OUTAGE, "the reply is empty", raw.status)
    if body.startswith(b"<"):
        raise Failure(Outcome.OUTAGE, "the reply is a web page, no JSON", raw.status)
    try:
        return _parse(body)
    except (ValueError, RecursionError):
        pass
    raise Failure(Outcome.OUTAGE, "the reply is no JSON", raw.status)


def strict(words: str) -> Any:
    """JSON that a model wrote, which everybody reads alike and every encoder takes.

    Raises:
        ValueError: it is no JSON by the standard, has a name twice in one object, a number that
            is not finite, or half a character.
        RecursionError: it is nested too deeply.
    """
    read = _parse(words)
    json.dumps(read, ensure_ascii=False).encode()
    return read


def document(loaded: Any, status: int) -> dict[str, Any]:
    """A reply that may hold an answer: an object, and no error object.

    Raises:
        Failure: it is something else; an error object falls into the class of its code.
    """
    error = classes.error_object(loaded)
    if error is not None:
        outcome = classes.by_code(error)
        said = f"{classes.words(outcome)}, with status {status}: {classes.message(error)}"
        raise Failure(outcome, said, status)
    if not isinstance(loaded, dict):
        raise Failure(Outcome.OUTAGE, "the reply is no JSON object", status)
    return loaded


def model(loaded: Any) -> str:
    """The model that a reply names; empty if it names none."""
    named = loaded.get("model") if isinstance(loaded, dict) else None
    return sound(named) if isinstance(named, str) else ""


def text(content: Any, status: int) -> str:
    """The text of a message: plain, or the text parts of a list; thoughts are left out.

    Raises:
        Failure: `format`; it is neither.
    """
    if content is None:
        return ""
    if isinstance(content, str):
        return sound(content)
    if not isinstance(content, list):
        raise Failure(Outcome.FORMAT, "the content of the answer is no text", status)
    parts = [part for part in content if isinstance(part, dict) and part.get("type") in _TEXTS]
    return sound("".join(p["text"] for p in parts if isinstance(p.get("text"), str)))


def tool_call(function: Any, status: int) -> ToolCall:
    """A call of a function, its arguments read.

    Raises:
        Failure: `format`; it has no name, or its arguments are no JSON object.
    """
    name = function.get("name") if isinstance(function, dict) else None
    if isinstance(name, str) and name:
        arguments = function.get("arguments") or "{}"
        if isinstance(arguments, str):
            arguments = _arguments(arguments)
        if isinstance(arguments, dict):
            return ToolCall(sound(name), arguments)
    raise Failure(Outcome.FORMAT, "a tool call has no name, or arguments that are no JSON", status)


def usage(said: Any, read: str, written: str) -> Usage | None:
    """Tokens that a reply claims.

    Where the total is more than the sum, the rest counts as written: some services leave
    thoughts out of the one and charge for them in the other.

    Args:
        said: the usage object of the reply.
        read, written: names of the two counts in it.

    Returns:
        None if it is missing or not two whole numbers from 0 upwards.
    """
    if not isinstance(said, dict):
        return None
    taken, made, total = (said.get(name) for name in (read, written, "total_tokens"))
    if not _whole(taken) or not _whole(made):
        return None
    return Usage(taken, max(made, total - taken) if _whole(total) else made)


def sound(words: str) -> str:
    """A text that every encoder takes: half characters become question marks."""
    return words.encode("utf-8", "replace").decode()


def _whole(count: Any) -> TypeGuard[int]:
    return type(count) is int and count >= 0


def _arguments(words: str) -> Any:
    try:
        return strict(words)
    except (ValueError, RecursionError):
        return None


def _parse(content: str | bytes) -> Any:
    """JSON as the standard has it, each name once: of two models no reader can tell which."""
    return json.loads(
        content,
        parse_constant=_no_constant,
        parse_float=_finite,
        object_pairs_hook=_once,
    )


def _finite(word: str) -> float:
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(f"{word[:20]} is more than a number can be")
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise ValueError("an object has a name twice")
    return read


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no JSON")
