"""What a service's answer must be before anybody reads it: model, shape, schema, usage."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from peaklib.errors import ConfigError
from peaklib.llm.client import reading
from peaklib.llm.messages import Answer, Message, Request, Usage
from peaklib.llm.roles import Outcome

UsageState = Literal["reported", "missing", "absurd"]
REPORTED: Final = "reported"
MISSING: Final = "missing"
ABSURD: Final = "absurd"
# What providers add to a message that is not in its text, in tokens; a wide margin.
_OVERHEAD: Final = 64
# Fields of a message that hold no more than what is written in them.
_WRITTEN: Final = frozenset({"role", "content", "name", "tool_calls", "tool_call_id"})


@dataclass(frozen=True)
class Checked:
    """An answer after all checks.

    Args:
        outcome: `ok`, `drift` or `format`.
        reason: what is wrong; empty if nothing is.
        parsed: the text as JSON where a schema was asked for.
    """

    outcome: Outcome
    reason: str = ""
    parsed: Any = None


def check_answer(
    answer: Answer, request: Request, asked: str, snapshots: Collection[str]
) -> Checked:
    """Hold an answer to what was asked.

    Args:
        answer: as the service gave it.
        request: that it answers.
        asked: id of the model that was asked.
        snapshots: other ids that the service may name for it.
    """
    if answer.model != asked and answer.model not in snapshots:
        named = answer.model[:80]
        return Checked(Outcome.DRIFT, f"{asked} was asked and {named!a} answered")
    if answer.tool_calls:
        offered = {name_of(tool) for tool in request.tools if is_function(tool)}
        strange = [call.name for call in answer.tool_calls if call.name not in offered]
        if strange:
            wanted = f"the model wants {strange[0][:60]!a}, which was not offered"
            return Checked(Outcome.FORMAT, wanted)
        return Checked(Outcome.OK)
    if request.response_schema is None:
        return Checked(Outcome.OK)
    if answer.finish == "length":
        cap = request.max_output_tokens
        return Checked(Outcome.FORMAT, f"the answer was cut at {cap} tokens")
    try:
        parsed = reading.strict(answer.text)
    except (ValueError, RecursionError):
        return Checked(Outcome.FORMAT, "the answer is no JSON, and a schema was asked for")
    problem = first_problem(request.response_schema, parsed)
    if problem:
        return Checked(Outcome.FORMAT, f"the answer does not follow the schema: {problem}")
    return Checked(Outcome.OK, parsed=parsed)


def first_problem(schema: Mapping[str, Any], value: Any) -> str:
    """Where a value first breaks a JSON schema, without quoting the value; empty if nowhere."""
    errors = sorted(_validator(schema).iter_errors(value), key=lambda e: list(map(str, e.path)))
    if not errors:
        return ""
    place = "/".join(map(str, errors[0].path)) or "the whole"
    return f"{place} breaks {errors[0].validator!r}"


def check_schema(schema: Mapping[str, Any]) -> None:
    """Make sure that a schema is one.

    Raises:
        ConfigError: it is not; says where.
    """
    from jsonschema import SchemaError

    try:
        _validator(schema).check_schema(schema)
    except SchemaError as error:
        place = "/".join(map(str, error.path)) or "the whole"
        raise ConfigError("response_schema", [f"{place}: {error.message}"]) from None


def _validator(schema: Mapping[str, Any]) -> Any:
    """Of the JSON schema; references to other documents are not followed."""
    from jsonschema import Draft202012Validator
    from referencing import Registry

    return Draft202012Validator(schema, registry=Registry())


def is_function(tool: Mapping[str, Any]) -> bool:
    """Whether a tool is a function of the caller's; all others the service works by itself."""
    return tool.get("type") == "function"


def name_of(tool: Mapping[str, Any]) -> str:
    """Name of a function, or type of a tool that the service has itself."""
    function = tool.get("function")
    named = function if is_function(tool) and isinstance(function, Mapping) else tool
    return str(named.get("name", tool.get("type", "?")))[:80]


def is_bounded(request: Request) -> bool:
    """Whether all that a service reads is the text that is sent.

    It reads more where it has tools of its own, such as a search, and where a message refers to
    something, such as a picture.
    """
    return all(map(is_function, request.tools)) and all(map(_is_text, request.messages))


def _is_text(message: Message) -> bool:
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    return (
        _WRITTEN.issuperset(message)
        and (content is None or isinstance(content, str | list))
        and all(isinstance(part, Mapping) and set(part) == {"type", "text"} for part in parts)
    )


def input_bound(request: Request) -> int:
    """Tokens that the request can be at most: none of them is shorter than a byte of text."""
    texts = {
        "messages": list(request.messages),
        "tools": list(request.tools),
        "schema": request.response_schema,
    }
    written = json.dumps(texts, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return len(written) + _OVERHEAD * (len(request.messages) + len(request.tools) + 1)


def usage_state(usage: Usage | None, most_input: int, most_output: int) -> UsageState:
    """Whether a service's count of tokens can be believed.

    Args:
        usage: as it says.
        most_input, most_output: more than these it cannot have used.
    """
    if usage is None:
        return MISSING
    possible = 0 < usage.input_tokens <= most_input and 0 <= usage.output_tokens <= most_output
    return REPORTED if possible else ABSURD
