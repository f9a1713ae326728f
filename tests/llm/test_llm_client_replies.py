"""What is made of a reply: nothing in it is taken on trust."""

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from wire import CHAT, RESEARCH, answer, completion, failure, response

from peaklib.llm.client import Failure, chat, reading, responses
from peaklib.llm.messages import Answer, ToolCall, Usage
from peaklib.llm.roles import Outcome

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow


def read(reply: Any, api: str = "chat") -> Answer:
    """What the bytes of a reply come to."""
    raw = reading.Raw(200, {}, json.dumps(reply).encode())
    document = reading.document(reading.load(raw), 200)
    return (responses if api == "responses" else chat).answer(document, 200)


def broken(reply: Any, api: str = "chat") -> Outcome:
    with pytest.raises(Failure) as caught:
        read(reply, api)
    return caught.value.outcome


def message(**changes: Any) -> dict[str, Any]:
    reply = completion()
    reply["choices"][0]["message"] |= changes
    return reply


def finish(reason: Any, **changes: Any) -> dict[str, Any]:
    reply = message(**changes)
    reply["choices"][0]["finish_reason"] = reason
    return reply


# ---- bytes


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"<!DOCTYPE html><html>Sign in</html>", "web page"),
        (b"\n <html></html>", "web page"),
        (b"upstream connect error", "no JSON"),
        (b'{"choices": [', "no JSON"),
        (b"\xff\xfe\xfd", "no JSON"),
        (b"\x00\x00", "no JSON"),
        (b'{"usage": NaN}', "no JSON"),
        (b"[" * 200_000, "no JSON"),
        (b'{"n": ' + b"9" * 10_000 + b"}", "no JSON"),
        (b'{"model": "other", "model": "gpt-5-mini"}', "no JSON"),
        (b"data: {}\n\ndata: [DONE]\n\n", "no JSON"),
        (b"null", "no JSON object"),
        (b"[]", "no JSON object"),
        (b'"good"', "no JSON object"),
        (b"42", "no JSON object"),
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "text/html"])
def test_a_body_that_is_no_object_is_an_outage(body: bytes, reason: str, kind: str) -> None:
    got = failure(lambda c: c.reply(body, headers={"Content-Type": kind}))
    assert (got.outcome, got.status) == (Outcome.OUTAGE, 200)
    assert reason in got.reason


def test_a_good_body_is_read_whatever_the_content_type_says() -> None:
    body = b"\xef\xbb\xbf" + json.dumps(completion("grün")).encode()
    assert answer(lambda c: c.reply(body, headers={"Content-Type": "text/html"})).text == "grün"


def test_a_status_without_body_in_the_200s_is_an_outage() -> None:
    assert failure(lambda c: c.send(b"HTTP/1.1 204 X\r\n\r\n")).outcome is Outcome.OUTAGE


def test_a_web_page_with_status_502_is_an_outage_with_its_status() -> None:
    got = failure(lambda c: c.reply(b"<html>secret words</html>", 502))
    assert (got.outcome, got.status, got.reason) == (Outcome.OUTAGE, 502, "502 service failed")


# ---- chat completions


@pytest.mark.parametrize(
    "changes",
    [
        {"choices": []},
        {"choices": None},
        {"choices": {}},
        {"choices": "good"},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"message": None}]},
        {"choices": [{"text": "good"}]},
    ],
)
def test_no_choices_are_an_outage(changes: dict[str, Any]) -> None:
    assert broken(completion(**changes)) is Outcome.OUTAGE
    missing = completion()
    del missing["choices"]
    assert broken(missing) is Outcome.OUTAGE


@pytest.mark.parametrize("content", [None, "", " \n", [], [{"type": "thinking", "thinking": "hm"}]])
@pytest.mark.parametrize("reason", ["stop", "length", "content_filter", None])
def test_an_answer_without_words_is_a_format_error(content: Any, reason: str | None) -> None:
    assert broken(finish(reason, content=content)) is Outcome.FORMAT


@pytest.mark.parametrize("content", [7, True, {"text": "good"}])
def test_words_that_are_no_text_are_a_format_error(content: Any) -> None:
    assert broken(message(content=content)) is Outcome.FORMAT


def test_parts_of_text_are_joined_and_thoughts_left_out() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "good "},
        "odd",
        {"type": "text", "text": 5},
        {"type": "text", "text": "day"},
    ]
    assert read(message(content=parts)).text == "good day"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("stop", "stop"),
        ("eos", "stop"),
        (None, "stop"),
        ("length", "length"),
        ("model_length", "length"),
        ("max_tokens", "length"),
        ("tool_calls", "tool_calls"),
        ("function_call", "tool_calls"),
        ("content_filter", "content_filter"),
    ],
)
def test_the_end_is_told_in_the_same_words(said: str | None, meant: str) -> None:
    assert read(finish(said)).finish == meant


def test_an_answer_that_the_service_broke_off_is_an_outage() -> None:
    assert broken(finish("error")) is Outcome.OUTAGE
    assert broken(finish(7)) is Outcome.OUTAGE


def test_a_refusal_is_an_answer_that_was_filtered() -> None:
    got = read(message(content=None, refusal="I may not."))
    assert (got.text, got.finish) == ("I may not.", "content_filter")


def test_tool_calls_are_read_in_order() -> None:
    calls = [
        {"type": "function", "function": {"name": "read", "arguments": '{"page": 3}'}},
        {"type": "function", "function": {"name": "list", "arguments": ""}},
        {"type": "function", "function": {"name": "find", "arguments": {"word": "x"}}},
    ]
    got = read(finish("tool_calls", content=None, tool_calls=calls))
    assert got.tool_calls == (
        ToolCall("read", {"page": 3}),
        ToolCall("list", {}),
        ToolCall("find", {"word": "x"}),
    )
    assert (got.text, got.finish) == ("", "tool_calls")


@pytest.mark.parametrize(
    "function",
    [
        {"name": "read", "arguments": '{"page": '},
        {"name": "read", "arguments": "[3]"},
        {"name": "read", "arguments": '{"page": NaN}'},
        {"name": "read", "arguments": 3},
        {"name": "", "arguments": "{}"},
        {"name": None, "arguments": "{}"},
        {"arguments": "{}"},
        None,
    ],
)
def test_a_tool_call_that_cannot_be_read_is_a_format_error(function: Any) -> None:
    assert broken(message(tool_calls=[{"function": function}])) is Outcome.FORMAT


def test_tool_calls_that_are_no_list_are_a_format_error() -> None:
    assert broken(message(tool_calls={"name": "read"})) is Outcome.FORMAT
    assert broken(message(tool_calls=["read"])) is Outcome.FORMAT


@pytest.mark.parametrize("model", [None, 7, "", ["gpt-5-mini"]])
def test_a_reply_without_model_names_none(model: Any) -> None:
    assert answer(lambda c: c.json(completion(model=model))).model == ""


def test_another_model_is_told_as_it_is() -> None:
    assert answer(lambda c: c.json(completion(model="gpt-4.1-2025-04-14"))).model.startswith(
        "gpt-4"
    )


@pytest.mark.parametrize(
    ("usage", "meant"),
    [
        (None, None),
        ({}, None),
        ("many", None),
        ([12, 3], None),
        ({"prompt_tokens": 12}, None),
        ({"prompt_tokens": 12, "completion_tokens": -3}, None),
        ({"prompt_tokens": 12, "completion_tokens": 3.0}, None),
        ({"prompt_tokens": "12", "completion_tokens": 3}, None),
        ({"prompt_tokens": True, "completion_tokens": 3}, None),
        ({"prompt_tokens": 0, "completion_tokens": 0}, Usage(0, 0)),
        ({"prompt_tokens": 12, "completion_tokens": 10**12}, Usage(12, 10**12)),
        ({"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": "x"}, Usage(12, 3)),
        ({"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 10}, Usage(12, 3)),
        # Thoughts that are in the total only: 12 read, 3 shown, 40 together.
        ({"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 40}, Usage(12, 28)),
    ],
)
def test_usage_is_two_whole_numbers_or_nothing(usage: Any, meant: Usage | None) -> None:
    assert read(completion(usage=usage)).usage == meant


def test_half_characters_become_question_marks() -> None:
    got = read(completion("so \ud83d far"))
    assert got.text == "so ? far"
    assert got.text.encode()


# ---- responses


def test_a_response_is_read_with_what_the_service_did_for_it() -> None:
    output = [
        {"type": "reasoning", "summary": []},
        {"type": "web_search_call", "status": "completed"},
        {"type": "code_interpreter_call"},
        {"type": "Odd Event!"},
        {"type": 7},
        "odd",
        {"type": "web_search_call", "status": "completed"},
        *response("found")["output"],
    ]
    got = read(response(output=output), "responses")
    assert got.text == "found"
    assert got.tool_events == ("web_search_call", "code_interpreter_call", "web_search_call")
    assert got.usage == Usage(12, 3)


def test_functions_that_a_response_calls_are_tool_calls() -> None:
    call = {"type": "function_call", "name": "read", "arguments": '{"page": 3}', "call_id": "c"}
    got = read(response(output=[call]), "responses")
    assert (got.tool_calls, got.finish, got.text) == (
        (ToolCall("read", {"page": 3}),),
        "tool_calls",
        "",
    )
    assert broken(response(output=[call | {"arguments": "{"}]), "responses") is Outcome.FORMAT


@pytest.mark.parametrize(
    ("reason", "meant"),
    [("max_output_tokens", "length"), ("content_filter", "content_filter"), (None, "length")],
)
def test_an_incomplete_response_says_why(reason: str | None, meant: str) -> None:
    changes = {"status": "incomplete", "incomplete_details": {"reason": reason}}
    assert read(response(**changes), "responses").finish == meant
    assert broken(response(output=[], **changes), "responses") is Outcome.FORMAT


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"status": "cancelled"}, Outcome.OUTAGE),
        ({"status": "failed"}, Outcome.OUTAGE),
        ({"status": "failed", "error": {"code": "server_error"}}, Outcome.OUTAGE),
        ({"status": "failed", "error": {"code": "rate_limit_exceeded"}}, Outcome.RATE_LIMITED),
        ({"status": "failed", "error": {"code": "invalid_prompt"}}, Outcome.CLIENT_ERROR),
        ({"status": "dreaming"}, Outcome.OUTAGE),
        ({"status": None}, Outcome.OUTAGE),
        ({"output": []}, Outcome.OUTAGE),
        ({"output": None}, Outcome.OUTAGE),
        ({"output": "good"}, Outcome.OUTAGE),
        ({"output": [{"type": "reasoning"}]}, Outcome.FORMAT),
        ({"output": [{"type": "message", "content": []}]}, Outcome.FORMAT),
        ({"output": [{"type": "message", "content": 7}]}, Outcome.FORMAT),
    ],
)
def test_a_response_that_did_not_end_well(changes: dict[str, Any], outcome: Outcome) -> None:
    assert broken(response(**changes), "responses") is outcome


def test_a_response_that_refuses_is_an_answer_that_was_filtered() -> None:
    content = [{"type": "refusal", "refusal": "I may not."}]
    output = [{"type": "message", "content": content}]
    got = read(response(output=output), "responses")
    assert (got.text, got.finish) == ("I may not.", "content_filter")


# ---- anything at all

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3) | st.floats(-1, 1),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["type", "text", "name", "content"]), inner, max_size=2)
    ),
    max_leaves=4,
)
PLACES = {
    "chat": [
        *(("choices",), ("choices", 0), ("choices", 0, "message"), ("usage",), ("model",)),
        *(("choices", 0, "message", "content"), ("choices", 0, "finish_reason"), ("error",)),
        *(("choices", 0, "message", "tool_calls"), ("usage", "prompt_tokens")),
    ],
    "responses": [
        *(("output",), ("output", 0), ("output", 0, "content"), ("output", 0, "type")),
        *(("status",), ("usage",), ("model",), ("error",), ("output", 0, "content", 0)),
    ],
}


@pytest.mark.parametrize("row", [CHAT, RESEARCH])
@settings(derandomize=True, max_examples=150, deadline=None)
@given(data=st.data())
def test_any_value_anywhere_gives_an_answer_or_a_failure(row: Any, data: st.DataObject) -> None:
    reply = copy.deepcopy(completion() if row.api == "chat" else response())
    *path, last = data.draw(st.sampled_from(PLACES[row.api]))
    place: Any = reply
    for step in path:
        place = place[step]
    place[last] = data.draw(ANYTHING)
    with contextlib.suppress(Failure):
        got = read(reply, row.api)
        assert got.text or got.tool_calls
        assert isinstance(got.model, str)
