"""The parrot: sentences out of evidence, and instances that a validator accepts."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings, strategies as st
from llm.every_case import every_case

from peaklib.errors import DataError
from peaklib.llm.standin import Asked, parrot
from peaklib.llm.standin.instance import instance_of
from peaklib.llm.standin.parrot import NO_MODEL

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

VOLATILITY = (
    '{"decimals":1,"key":"sp500.vol","label":"volatility a year",'
    '"period":"1999-2018","unit":"%","written":"18.3 %"}'
)
BLOCK = f"""Here is the evidence.
<evidence>
{VOLATILITY}
{{"key":"sp500.days","label":"days","period":"","unit":"count","written":"5,031"}}
{{"key":"vix.high","label":"","period":"","unit":"","written":"80.86"}}
</evidence>
Write."""
SENTENCES = [
    "Volatility a year is 18.3 % [sp500.vol].",
    "Days is 5,031 [sp500.days].",
    "The value is 80.86 [vix.high].",
]


THINGS = [
    {"text": SENTENCES[0], "key": "sp500.vol"},
    {"text": SENTENCES[1], "key": "sp500.days"},
    {"text": SENTENCES[2], "key": "vix.high"},
]


def said(prompt: str, schema: Any = None, *earlier: dict[str, str]) -> str:
    turns = (*earlier, {"role": "user", "content": prompt})
    return parrot(Asked("chat", "m", turns, schema)).text


def test_without_a_schema_each_fact_is_a_sentence_with_its_key() -> None:
    assert said(BLOCK).splitlines() == SENTENCES


def test_a_fact_that_is_a_text_stands_behind_a_colon() -> None:
    line = '{"key":"sp500.note","label":"caveat","unit":"text","written":"no dividends"}'
    block = f"<evidence>\n{line}\n</evidence>"
    assert said(block) == "Caveat: no dividends [sp500.note]."


def test_only_the_last_message_of_the_user_is_read() -> None:
    assert said("No evidence here.", None, {"role": "user", "content": BLOCK}) == NO_MODEL


def test_without_evidence_it_says_what_it_is() -> None:
    assert said("Hello") == "This is a stand-in on this machine; no model was asked."


def test_a_damaged_line_of_evidence_is_left_out() -> None:
    damaged = BLOCK.replace('{"key":"sp500.days"', '{"key":"sp500.days').replace(
        '"key":"vix.high",', ""
    )
    assert said(damaged).splitlines() == SENTENCES[:1]


def test_sections_of_an_outlook_hold_cited_sentences_in_turn() -> None:
    names = ["summary", "regime", "risks"]
    schema = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "required": names,
        "additionalProperties": False,
    }
    reply = json.loads(said(BLOCK.replace("vix", "vix2"), schema))
    assert list(reply) == names
    assert reply["summary"].startswith(SENTENCES[0])


def test_claims_name_the_key_of_their_own_fact() -> None:
    claim = {
        "type": "object",
        "properties": {
            "claim": {"type": "string"},
            "key": {"type": "string"},
            "confidence": {"enum": ["high", "medium", "low"]},
        },
        "required": ["claim", "key", "confidence"],
    }
    schema = {
        "type": "object",
        "properties": {"claims": {"type": "array", "items": claim, "minItems": 2}},
        "required": ["claims"],
    }
    keys = ["sp500.vol", "sp500.days", "vix.high"]
    assert json.loads(said(BLOCK, schema)) == {
        "claims": [
            {"claim": sentence, "key": key, "confidence": "high"}
            for sentence, key in zip(SENTENCES, keys, strict=True)
        ]
    }


def test_passages_are_quoted_letter_by_letter_with_their_source() -> None:
    sources = ["a.md", "b.md"]
    texts = ["Ten years  are\nshort <for> this.", "word " * 60]
    lines = [
        json.dumps({"source": source, "lines": [1, 2], "text": text})
        for source, text in zip(sources, texts, strict=True)
    ]
    names = ["claim", "source", "quote"]
    claim = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "required": names,
    }
    schema = {
        "type": "object",
        "properties": {
            "claims": {"type": "array", "items": claim},
            "unanswered": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["claims", "unanswered"],
    }
    reply = json.loads(said("\n".join(["<sources>", *lines, "</sources>"]), schema))
    assert reply["unanswered"] == []
    assert [claim["source"] for claim in reply["claims"]] == sources
    assert reply["claims"][0]["quote"] == reply["claims"][0]["claim"] == texts[0]
    assert 100 < len(reply["claims"][1]["quote"]) <= 160
    assert reply["claims"][1]["quote"] in texts[1]


def test_every_number_it_writes_is_grounded() -> None:
    from peaklib.llm import grounding

    evidence = grounding.Evidence(
        [
            grounding.Fact("sp500.vol", 0.183, "%", 1, "1999-2018", "volatility a year"),
            grounding.Fact("sp500.fall", -0.5678, "%", 1, "", "worst fall"),
            grounding.Fact("sp500.days", 5031, "count", label="days"),
            grounding.Fact("sp500.note", "no dividends", "text", label="caveat"),
        ]
    )
    found = grounding.check_grounding(said(evidence.block()), evidence)
    assert len(found.claims) >= 3
    assert found.grounded


NODE = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "next": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]},
        "children": {"type": "array", "items": {"$ref": "#/$defs/node"}, "maxItems": 0},
    },
    "required": ["name", "children"],
}
SCHEMAS: list[Any] = [
    {},
    {"type": "string", "maxLength": 20},
    {"type": "string", "minLength": 500},
    {"type": "string", "maxLength": 0},
    {"type": "string", "pattern": "^[a-z0-9_.-]+$"},
    {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    {"type": "string", "format": "date"},
    {"type": ["null", "string"]},
    {"type": "null"},
    {"const": {"a": [1, None]}},
    {"enum": [3, "x"]},
    {"type": "boolean"},
    {"type": "integer"},
    {"type": "integer", "minimum": 3, "maximum": 9},
    {"type": "integer", "exclusiveMinimum": 3},
    {"type": "integer", "maximum": -5},
    {"type": "integer", "exclusiveMaximum": 0},
    {"type": "integer", "minimum": 5, "multipleOf": 4},
    {"type": "integer", "minimum": 1.5},
    {"type": "number", "minimum": 0, "maximum": 1},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    {"type": "number", "maximum": -0.5},
    {"type": "number", "minimum": 0.3, "multipleOf": 0.25},
    {"type": "array", "items": {"type": "integer"}, "minItems": 3},
    {"type": "array", "items": {"type": "integer"}, "maxItems": 0},
    {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False},
    {"type": "array", "items": {"type": "string"}, "minItems": 3, "uniqueItems": True},
    {"properties": {"a": {"type": "integer"}}, "required": ["a", "b"]},
    {"oneOf": [{"type": "null"}, {"type": "object", "required": ["x"]}]},
    {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"properties": {"b": {"type": "boolean"}}, "required": ["b"]},
        ]
    },
    {"$ref": "#/$defs/node", "$defs": {"node": NODE}},
    {
        "type": "object",
        "properties": {"n": {"$ref": "#/$defs/a~1b"}},
        "required": ["n"],
        "$defs": {"a/b": {"type": "integer", "minimum": 2}},
    },
]


@every_case("schema", SCHEMAS)
def test_an_instance_is_valid(schema: Any) -> None:
    made = instance_of(schema, THINGS)
    jsonschema.Draft202012Validator(schema).validate(made)
    jsonschema.Draft202012Validator(schema).validate(instance_of(schema, [{"text": NO_MODEL}]))


LEAVES = st.one_of(
    st.just({"type": "boolean"}),
    st.builds(
        lambda low, room: {"type": "integer", "minimum": low, "maximum": low + room},
        st.integers(-50, 50),
        st.integers(0, 5),
    ),
    st.builds(
        lambda low, room: {"type": "number", "exclusiveMinimum": low, "maximum": low + room},
        st.floats(-50, 50),
        st.floats(0.5, 5),
    ),
    st.builds(lambda n: {"type": "string", "maxLength": n}, st.integers(0, 200)),
    st.builds(lambda n: {"type": "string", "minLength": n}, st.integers(0, 300)),
    st.lists(st.text(max_size=3), min_size=1, unique=True).map(lambda each: {"enum": each}),
)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.lists(st.sampled_from("abcdef"), unique=True, max_size=4)
    objects = names.flatmap(
        lambda some: st.fixed_dictionaries(dict.fromkeys(some, inner)).map(
            lambda properties: {
                "type": "object",
                "properties": properties,
                "required": list(properties),
                "additionalProperties": False,
            }
        )
    )
    arrays = st.builds(
        lambda items, low: {"type": "array", "items": items, "minItems": low},
        inner,
        st.integers(0, 3),
    )
    choices = st.lists(inner, min_size=1, max_size=3).map(lambda each: {"anyOf": each})
    return objects | arrays | choices


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.recursive(LEAVES, _nested, max_leaves=8))
def test_an_instance_of_any_composed_schema_is_valid(schema: Any) -> None:
    jsonschema.Draft202012Validator(schema).validate(instance_of(schema, THINGS))


@every_case(
    ("schema", "words"),
    [
        ({"type": "string", "pattern": "^ZZZ-[0-9]{9}$"}, "no text fits"),
        ({"type": "stone"}, "stone"),
        (
            {
                "$ref": "#/$defs/n",
                "$defs": {
                    "n": {
                        "type": "object",
                        "properties": {"n": {"$ref": "#/$defs/n"}},
                        "required": ["n"],
                    }
                },
            },
            "never ends",
        ),
    ],
)
def test_a_schema_that_nothing_fits_is_refused_in_words(schema: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        instance_of(schema, THINGS)
