"""What is sent to which provider."""

import json
import math
from typing import Any

import pytest
from wire import RESEARCH

from peaklib.llm.client import Failure, asking
from peaklib.llm.messages import Request
from peaklib.llm.roles import Outcome
from peaklib.llm.settings import Row

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Grüße?"}]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
FUNCTION = {
    "type": "function",
    "function": {"name": "read", "description": "a page", "parameters": {"type": "object"}},
}
SEARCH = {"type": "web_search_preview"}


def sent(row: Row, **changes: Any) -> dict[str, Any]:
    request = Request(**({"messages": MESSAGES, "max_output_tokens": 77} | changes))
    return json.loads(asking.body(row, request))


def row(provider: str, api: str = "chat", model_id: str = "some-model") -> Row:
    return Row("L2", "primary", provider, model_id, api)


@pytest.mark.parametrize(
    ("provider", "cap"),
    [
        ("openai", "max_completion_tokens"),
        ("azure", "max_completion_tokens"),
        ("bedrock", "max_completion_tokens"),
        ("google", "max_tokens"),
        ("mistral", "max_tokens"),
        ("together", "max_tokens"),
    ],
)
def test_each_provider_is_given_the_cap_by_the_name_it_knows(provider: str, cap: str) -> None:
    assert sent(row(provider)) == {"model": "some-model", "messages": MESSAGES, cap: 77}


def test_chat_takes_schema_and_tools_as_they_are() -> None:
    got = sent(row("mistral"), response_schema=SCHEMA, tools=[FUNCTION])
    assert got["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
    }
    assert got["tools"] == [FUNCTION]


def test_responses_take_schema_and_functions_in_their_own_form() -> None:
    got = sent(row("openai", "responses"), response_schema=SCHEMA, tools=[FUNCTION, SEARCH])
    assert got == {
        "model": "some-model",
        "input": MESSAGES,
        "max_output_tokens": 77,
        "store": False,
        "text": {
            "format": {"type": "json_schema", "name": "answer", "strict": True, "schema": SCHEMA}
        },
        "tools": [{"type": "function", **FUNCTION["function"]}, SEARCH],
    }


def test_deep_research_works_in_the_background_and_is_kept_until_fetched() -> None:
    got = sent(RESEARCH, tools=[SEARCH])
    assert (got["background"], got["store"], got["tools"]) == (True, True, [SEARCH])
    assert not asking.in_background(row("openai", "responses", "gpt-5.2-pro"))
    assert not asking.in_background(row("openai", "chat", "o4-mini-deep-research"))


def test_half_characters_of_a_prompt_can_be_sent() -> None:
    assert sent(row("google"), messages=[{"role": "user", "content": "\ud83d"}])


@pytest.mark.parametrize("value", [math.nan, math.inf, object(), {1, 2}])
def test_what_json_cannot_hold_is_not_sent(value: object) -> None:
    with pytest.raises(Failure, match="nothing was sent") as caught:
        sent(row("google"), messages=[{"role": "user", "content": value}])
    assert caught.value.outcome is Outcome.CLIENT_ERROR
    assert caught.value.__context__ is None
