"""Faults by status: errors of services as compatible services word them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from peaklib.llm.standin.bodies import error_body
from peaklib.llm.standin.exchange import Exchange
from peaklib.llm.standin.faults.fault import Fault

GROUP: Final = "status"
_SERVER: Final = "server_error"
_REQUEST: Final = "invalid_request_error"
_LIMIT: Final = "rate_limit_error"
_FAR_S: Final = 86_000


@dataclass(frozen=True)
class _Status:
    """An error reply of one status."""

    status: int
    message: str
    kind: str
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, on: Exchange) -> None:
        body = error_body(self.message, self.kind, self.code)
        on.reply(self.status, body, self.headers)


def _error(
    status: int,
    message: str,
    kind: str,
    code: str | None = None,
    *,
    name: str = "",
    wait: str | None = None,
) -> Fault:
    headers = {} if wait is None else {"retry-after": wait}
    meaning = f"{status}: {message}"
    if wait is not None:
        meaning += f" (Retry-After: {wait})"
    return Fault(name or str(status), meaning, _Status(status, message, kind, code, headers))


def _echo_key(on: Exchange) -> None:
    key = on.asked.headers.get("authorization", "").removeprefix("Bearer ")
    on.reply(401, error_body(f"Incorrect API key provided: {key}", _REQUEST, "invalid_api_key"))


def _wait_ms(on: Exchange) -> None:
    on.reply(429, error_body("Too many requests", _LIMIT), {"retry-after-ms": "20"})


def _google(on: Exchange) -> None:
    error = {"code": 429, "message": "Resource exhausted", "status": "RESOURCE_EXHAUSTED"}
    on.reply(429, [{"error": error}])


def _plain_502(on: Exchange) -> None:
    page = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
    on.reply(502, page, {"content-type": "text/html"})


def _empty_500(on: Exchange) -> None:
    on.reply(500, b"")


def _no_content(on: Exchange) -> None:
    on.send(b"HTTP/1.1 204 No Content\r\n\r\n")


def _not_modified(on: Exchange) -> None:
    on.send(b"HTTP/1.1 304 Not Modified\r\n\r\n")


FAULTS: Final = (
    _error(400, "Unsupported parameter", _REQUEST, "unsupported_parameter"),
    _error(
        400,
        "The request was filtered by the content policy",
        _REQUEST,
        "content_filter",
        name="400-filter",
    ),
    _error(
        400,
        "The prompt is longer than the context of the model",
        _REQUEST,
        "context_length_exceeded",
        name="400-context",
    ),
    _error(401, "Incorrect API key", _REQUEST, "invalid_api_key"),
    Fault("401-echo", "401: names the whole key that it was sent", _echo_key),
    _error(402, "The account has no credit left", "billing_error", "insufficient_credit"),
    _error(403, "Your country is not served", "permission_error", "unsupported_country"),
    _error(404, "The model does not exist", _REQUEST, "model_not_found"),
    _error(405, "Method not allowed", _REQUEST),
    _error(408, "Request timeout", "timeout_error"),
    _error(409, "The resource is locked", "conflict_error"),
    _error(410, "The model was shut down", _REQUEST, "model_gone"),
    _error(413, "The request is too large", _REQUEST),
    _error(415, "Unsupported media type", _REQUEST),
    _error(418, "I am a teapot", _REQUEST),
    _error(422, "The schema cannot be processed", _REQUEST),
    _error(425, "Too early", _REQUEST),
    _error(429, "Too many requests", _LIMIT, "rate_limit_exceeded"),
    _error(429, "Too many requests", _LIMIT, name="429-now", wait="0"),
    _error(429, "Too many requests", _LIMIT, name="429-soon", wait="1"),
    _error(429, "Too many requests", _LIMIT, name="429-far", wait=str(_FAR_S)),
    _error(429, "Too many requests", _LIMIT, name="429-garbage", wait="later, perhaps"),
    _error(429, "Too many requests", _LIMIT, name="429-negative", wait="-5"),
    _error(429, "Too many requests", _LIMIT, name="429-date", wait="Fri, 31 Dec 2100 23:59:59 GMT"),
    Fault("429-ms", "429: Too many requests (retry-after-ms: 20)", _wait_ms),
    Fault("429-google", "429: an error inside a list, as Google words it", _google),
    _error(
        429,
        "You exceeded your current quota, check your plan and billing details",
        "insufficient_quota",
        "insufficient_quota",
        name="429-quota",
    ),
    _error(500, "The server had an error", _SERVER),
    Fault("500-empty", "500 without a body", _empty_500),
    _error(501, "Not implemented", _SERVER),
    _error(502, "Bad gateway", _SERVER),
    Fault("502-html", "502: a page of a proxy", _plain_502),
    _error(503, "Service unavailable", _SERVER),
    _error(503, "The model is overloaded", _SERVER, name="503-soon", wait="1"),
    _error(504, "Gateway timeout", _SERVER),
    _error(507, "Insufficient storage", _SERVER),
    _error(529, "Overloaded", "overloaded_error"),
    Fault("204", "204: no content at all", _no_content),
    Fault("304", "304: not modified, although nothing was conditional", _not_modified),
    _error(599, "A status that nobody assigned", _SERVER),
)
