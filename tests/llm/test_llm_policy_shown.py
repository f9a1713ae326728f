"""What a refusal shows: the rule, what it saw, and no secret however it is written."""

import pickle
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from llm.every_case import every_case

from peaklib.errors import PolicyViolation
from peaklib.llm import policy
from peaklib.llm.policy.refusal import shown

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

# Put together here, so that no scanner takes this file for a leak.
PLANTED = "Hu" + "sh9" + "hush"
KEY = "sk-" + "proj-" + "Ab1" * 12


def refusal(*arguments: str) -> PolicyViolation:
    with pytest.raises(PolicyViolation) as refused:
        policy.Gate([]).check(*arguments)
    return refused.value


def test_a_refusal_says_which_rule_what_it_saw_and_what_to_do() -> None:
    refused = refusal("openai", "cla\u200bude-3")
    assert refused.rule == "syntax.model"
    assert refused.saw == "cla\\u200bude-3"
    assert str(refused) == (
        "refused by the model policy, rule syntax.model: cla\\u200bude-3: holds blanks, control or "
        "non-ASCII characters; write it in plain ASCII: letters, digits and signs"
    )


@every_case(
    ("arguments", "told"),
    [
        (("openai", ""), "an empty text: names nothing"),
        (("openai", "a" * 300), "300 characters: more than 256 are no model"),
        (("xai", "grok-4"), "the allowed providers are openai, google, mistral"),
        (("openai", "gpt-5", "https://u:p@a.b"), "holds user-info; a key is named by"),
        (("openai", "gpt-5", "https://[::]/v1"), "an address in numbers, which names no provider"),
        (("openai", "gpt-5", "https://10.0.0.5/v1"), "an address in numbers"),
        (("openai", "gpt-5", "http://a.b"), "http is for this machine only; write https"),
        (("openai", "gpt-5", "https://xn--a.b"), "punycode"),
        (("openai", "gpt-5", "https://a.b:0"), "the port is not a plain number"),
        (("openai", "gpt-5", "https://a.b/../c"), "an empty segment or one of dots"),
        (("openai", "gpt-5", "https://a.b/%2525252541"), "percent-encoded more than 3 times"),
        (("openai", "gpt-5"), "a person has to add it first"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(arguments: tuple[str, ...], told: str) -> None:
    assert told in str(refusal(*arguments))


def test_a_refusal_survives_the_way_to_another_process() -> None:
    refused = refusal("xai", "grok-4")
    again = pickle.loads(pickle.dumps(refused))
    assert (again.rule, again.saw, again.reason) == (refused.rule, refused.saw, refused.reason)


@every_case(
    "url",
    [
        f"https://user:{PLANTED}@api.openai.com/v1",
        f"https://{PLANTED}@api.openai.com/v1",
        f"https://user:{PLANTED}%40api.openai.com/v1",
        f"https://user:{PLANTED}%2540api.openai.com/v1",
        f"https://user:{PLANTED}\uff20api.openai.com/v1",
        f"https://user:{PLANTED}\ufe6bapi.openai.com/v1",
        f"https:user:{PLANTED}@api.openai.com/v1",
        f"https:/\\user:{PLANTED}@api.openai.com/v1",
        f"https:\\\\user:{PLANTED}@api.openai.com/v1",
        f"user:{PLANTED}@api.openai.com/v1",
        f"https://user:{PLANTED}?x@api.openai.com/v1",
        f"https://user:{PLANTED}#x@api.openai.com/v1",
        f"https://user:x@{PLANTED}@api.openai.com/v1",
        f"https://user:x/{PLANTED}@api.openai.com/v1",
        f"https://api.openai.com/v1/..?key={PLANTED}",
        f"https://api.openai.com/v1/..?a=b&key={PLANTED}&c=d",
        f"https://api.openai.com/v1/..?{PLANTED}",
        f"https://api.openai.com/v1/..?a=b@{PLANTED}",
        f"https://api.openai.com/v1/..?a=b?{PLANTED}",
        f"https://api.openai.com/v1/%3fkey={PLANTED}",
        f"https://api.openai.com/v1/%253Fkey={PLANTED}",
        f"https://api.openai.com/v1/\uff1fkey={PLANTED}",
        f"https://api.openai.com/v1/%3f{PLANTED}",
        f"https://api.openai.com/v1/%253F{PLANTED}",
        f"https://api.openai.com/v1/%2523{PLANTED}",
        *(f"https://api.openai.com/v1/{sign}{PLANTED}" for sign in "\uff1f\ufe56\uff03\ufe5f"),
        *(f"user{sign}{PLANTED}@api.openai.com" for sign in "\uff1a\uff0f\\/"),
        f"https://api.openai.com/v1#{PLANTED}",
        f"https://api.openai.com/v1;key={PLANTED}/x",
        f"https://api.openai.com/v1/../key={PLANTED}",
        f"https://api.openai.com/v1/../key%3D{PLANTED}",
        f"https://api.openai.com/v1/../key\uff1d{PLANTED}",
        f"https://api.openai.com/{'a' * 3000}?key={PLANTED}",
        f"https://user:{'a' * 3000}{PLANTED}@api.openai.com/v1",
        f"https://api.openai.com/../{KEY}",
    ],
)
@every_case("field", ["url", "model", "provider"])
def test_no_secret_of_an_address_is_shown_wherever_it_was_put(url: str, field: str) -> None:
    arguments = {
        "url": ("openai", "gpt-5", url),
        "model": ("openai", url),
        "provider": (url, "gpt-5"),
    }[field]
    refused = refusal(*arguments)
    for text in (str(refused), repr(refused), refused.saw, *map(str, refused.args)):
        assert PLANTED not in text
        assert KEY[3:15] not in text
    assert refused.__context__ is None


@every_case(
    "key",
    [KEY, "AI" + "za" + "Sy1" * 10, "hf" + "_" + "Q7x" * 10, "0a1b2c3d" * 4, "eyJ" + "h9" * 20],
)
def test_a_key_in_place_of_a_model_is_not_shown(key: str) -> None:
    assert key[8:20] not in str(refusal("openai", key))


@every_case(
    ("text", "expected"),
    [
        ("gpt-5", "gpt-5"),
        ("gemini@001", "gemini@001"),
        ("gpt\n5", "gpt\\n5"),
        ("cl\u0430ude", "cl\\u0430ude"),
        ("\U0001d41claude", "\\U0001d41claude"),
        ("a\\b", "a\\\\b"),
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("https://u:p@api.openai.com/v1", "https://***@api.openai.com/v1"),
        ("https://api.openai.com/v1?a=b", "https://api.openai.com/v1?***"),
        ("https://api.openai.com/v1;a=b/c", "https://api.openai.com/v1;a=***/c"),
        ("y.z" * 30, "y.z" * 25 + "y." + "..."),
    ],
)
def test_the_rest_is_shown_in_printable_ascii(text: str, expected: str) -> None:
    assert shown(text) == expected


@settings(max_examples=300)
@given(st.text(max_size=300) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_anything_is_shown_short_and_printable(text: str) -> None:
    assert len(shown(text)) <= 80
    assert shown(text).isascii()
    assert shown(text) == "" or shown(text).isprintable()


def test_values_that_are_no_text_are_shown_by_their_type_alone() -> None:
    values: list[Any] = [b"sk-secret", 12345, None, ["sk-secret"]]
    for value in values:
        with pytest.raises(PolicyViolation) as refused:
            policy.check(value, "gpt-5")
        assert refused.value.saw == f"a value of type {type(value).__name__}"
