"""Faults of the reply: status 200, JSON, and something missing, odd or of another model."""

from typing import Any, Final

from peaklib.llm.standin.bodies import error_body
from peaklib.llm.standin.exchange import Exchange
from peaklib.llm.standin.faults.change import (
    Body,
    Changed,
    items,
    leave_out,
    message,
    put,
    set_text,
)
from peaklib.llm.standin.faults.fault import Fault

GROUP: Final = "reply"
FORBIDDEN_MODEL: Final = "claude-opus-4-1"
"""A model that the owner's rule refuses; the stand-in only says its name."""
SNAPSHOT: Final = "2025-08-07"
"""Dated name behind a model id, as services echo it."""
_UNKNOWN_SNAPSHOT: Final = "2099-12-31"


def _error(message: str, kind: str, code: str | None = None) -> Changed:
    return Changed(lambda body, on: error_body(message, kind, code))


def _items(value: Any) -> Changed:
    def change(body: Body, on: Exchange) -> None:
        body[items(on)] = value

    return Changed(change)


def _no_items(body: Body, on: Exchange) -> None:
    del body[items(on)]


def _odd_item(body: Body, on: Exchange) -> None:
    body[items(on)] = ["text"]


def _two_items(body: Body, on: Exchange) -> None:
    body[items(on)] = body[items(on)] * 2


def _no_message(body: Body, on: Exchange) -> None:
    if on.asked.api == "chat":
        del body["choices"][0]["message"]
    else:
        del body["output"][-1]["content"]


def _text(value: Any) -> Changed:
    return Changed(lambda body, on: set_text(body, on, value))


def _text_parts(body: Body, on: Exchange) -> None:
    set_text(body, on, [{"type": "text", "text": on.said.text}])


def _null_content(body: Body, on: Exchange) -> None:
    message(body, on)["content"] = None


def _refusal(body: Body, on: Exchange) -> None:
    said = "I cannot help with that."
    if on.asked.api == "chat":
        message(body, on).update(content=None, refusal=said)
    else:
        message(body, on)["content"] = [{"type": "refusal", "refusal": said}]


def _no_finish(body: Body, on: Exchange) -> None:
    if on.asked.api == "chat":
        del body["choices"][0]["finish_reason"]
    else:
        del body["status"]


def _odd_finish(body: Body, on: Exchange) -> None:
    if on.asked.api == "chat":
        body["choices"][0]["finish_reason"] = "tired"
    else:
        body["status"] = "tired"


def _model(form: str) -> Changed:
    def change(body: Body, on: Exchange) -> None:
        body["model"] = form.format(on.asked.model)

    return Changed(change)


def _other_case(body: Body, on: Exchange) -> None:
    body["model"] = on.asked.model.upper()


FAULTS: Final = (
    Fault("error-200", "an error with status 200", _error("It broke", "server_error")),
    Fault(
        "error-200-limit",
        "a rate limit with status 200",
        _error("Slow down", "rate_limit_error", "rate_limit_exceeded"),
    ),
    Fault(
        "error-200-quota",
        "an exhausted quota with status 200",
        _error("No quota", "insufficient_quota", "insufficient_quota"),
    ),
    Fault("error-text", "an error that is only a text", Changed(lambda b, on: {"error": "no"})),
    Fault("error-null", "a good reply with `error: null`", put("error", None)),
    Fault("empty-choices", "no answer in the list of answers", _items([])),
    Fault("missing-choices", "no list of answers", Changed(_no_items)),
    Fault("null-choices", "null for the list of answers", _items(None)),
    Fault("text-choices", "a text for the list of answers", _items("hello")),
    Fault("odd-choice", "a text inside the list of answers", Changed(_odd_item)),
    Fault("two-choices", "two answers, though one was asked for", Changed(_two_items)),
    Fault("missing-message", "an answer without its message", Changed(_no_message)),
    Fault("null-content", "null for the content", Changed(_null_content)),
    Fault("list-content", "the text in parts", Changed(_text_parts)),
    Fault("number-content", "a number for the text", _text(42)),
    Fault("empty-text", "an empty text", _text("")),
    Fault("blank-text", "blanks and line ends for the text", _text(" \n\t ")),
    Fault("refusal", "a refusal in the place of an answer", Changed(_refusal)),
    Fault("missing-finish", "does not say why it stopped", Changed(_no_finish)),
    Fault("odd-finish", "stopped for a reason that nobody knows", Changed(_odd_finish)),
    Fault("missing-id", "a reply without an id", leave_out("id")),
    Fault("missing-model", "does not say which model answered", leave_out("model")),
    Fault("null-model", "null for the model", put("model", None)),
    Fault("number-model", "a number for the model", put("model", 5)),
    Fault("empty-model", "an empty name of the model", put("model", "")),
    Fault("other-model", "names another model", put("model", "some-other-model")),
    Fault("forbidden-model", "names a model that policy refuses", put("model", FORBIDDEN_MODEL)),
    Fault("case-model", "names the model in capital letters", Changed(_other_case)),
    Fault("blank-model", "names the model with a blank behind it", _model("{} ")),
    Fault("hidden-model", "names it with a zero-width character", _model("{}\u200b")),
    Fault("routed-model", "names it behind a route", _model("vendor/{}")),
    Fault("snapshot", f"names the snapshot {SNAPSHOT} of the model", _model(f"{{}}-{SNAPSHOT}")),
    Fault(
        "unknown-snapshot",
        f"names the snapshot {_UNKNOWN_SNAPSHOT}, which nobody accepted",
        _model(f"{{}}-{_UNKNOWN_SNAPSHOT}"),
    ),
)
