"""Which class a status or an error object falls into."""

from collections.abc import Mapping
from typing import Any, Final

from peaklib.llm.roles import Outcome

_STATUSES: Final = {
    401: Outcome.AUTH,
    402: Outcome.QUOTA,
    403: Outcome.AUTH,
    404: Outcome.GONE,
    408: Outcome.TIMEOUT,
    410: Outcome.GONE,
    429: Outcome.RATE_LIMITED,
}
# What services write under `code`, `type` or `status` of an error object, in lower case.
_CODES: Final = {
    **dict.fromkeys(
        (
            *("insufficient_quota", "quota_exceeded", "billing_hard_limit_reached"),
            *("billing_not_active", "access_terminated", "insufficient_balance"),
            *("insufficient_credits", "credit_limit_reached", "payment_required"),
        ),
        Outcome.QUOTA,
    ),
    **dict.fromkeys(
        (
            *("rate_limit_exceeded", "rate_limit_error", "rate_limited", "rate_limit"),
            *("too_many_requests", "resource_exhausted", "throttlingexception", "throttled"),
        ),
        Outcome.RATE_LIMITED,
    ),
    **dict.fromkeys(
        (
            *("invalid_api_key", "authentication_error", "unauthenticated", "unauthorized"),
            *("permission_denied", "permission_error", "forbidden", "accessdeniedexception"),
        ),
        Outcome.AUTH,
    ),
    **dict.fromkeys(
        ("model_not_found", "not_found", "not_found_error", "deploymentnotfound"), Outcome.GONE
    ),
    **dict.fromkeys(
        (
            *("invalid_request_error", "invalid_argument", "bad_request", "invalid_prompt"),
            *("context_length_exceeded", "content_filter", "content_policy_violation"),
            *("validation_error", "validationexception", "unprocessable_entity"),
        ),
        Outcome.CLIENT_ERROR,
    ),
    **dict.fromkeys(
        ("timeout", "request_timeout", "deadline_exceeded", "modeltimeoutexception"),
        Outcome.TIMEOUT,
    ),
}
_WORDS: Final = {
    Outcome.AUTH: "key or permission refused",
    Outcome.CLIENT_ERROR: "request refused",
    Outcome.GONE: "no such model or address",
    Outcome.OUTAGE: "service failed",
    Outcome.QUOTA: "quota or credit used up",
    Outcome.RATE_LIMITED: "rate limited",
    Outcome.TIMEOUT: "service timed out",
}


def by_status(status: int, error: Mapping[str, Any] | None = None) -> Outcome:
    """Class of a reply whose status is not 2xx.

    The status decides, except that a 429 may mean that the money is gone.

    Args:
        status: of HTTP.
        error: the error object of the reply, if it has one.
    """
    if status == 429 and error is not None and by_code(error) is Outcome.QUOTA:
        return Outcome.QUOTA
    if status in _STATUSES:
        return _STATUSES[status]
    return Outcome.CLIENT_ERROR if 300 <= status < 500 else Outcome.OUTAGE


def by_code(error: Mapping[str, Any]) -> Outcome:
    """Class of an error object that came without a status that says so; outage if unknown."""
    named = [error.get(name) for name in ("code", "type", "status")]
    for code in named:
        if isinstance(code, str) and code.lower() in _CODES:
            return _CODES[code.lower()]
    for code in named:
        number = int(code) if isinstance(code, str) and code in _NUMBERS else code
        if isinstance(number, int) and 400 <= number < 600:
            return by_status(number)
    return Outcome.OUTAGE


_NUMBERS: Final = frozenset(map(str, range(400, 600)))


def words(outcome: Outcome) -> str:
    """What a class means, for the reason."""
    return _WORDS[outcome]


def error_object(document: Any) -> Mapping[str, Any] | None:
    """The error object of a reply, in any of the forms that services use; None if none.

    `{"error": {…}}`, `{"error": "text"}`, the same in a list, `{"object": "error", …}`, and,
    where a service has nothing else to say, `{"message": …}` or `{"detail": …}`.
    """
    if isinstance(document, list) and len(document) == 1:
        document = document[0]
    if not isinstance(document, dict):
        return None
    error = document.get("error")
    if error:
        return error if isinstance(error, dict) else {"message": error}
    if document.get("object") == "error":
        return document
    told = {"message", "detail", "Message"} & document.keys()
    return document if told and not {"choices", "output"} & document.keys() else None


def message(error: Mapping[str, Any]) -> str:
    """What an error object says, as it stands there: not to be shown before it is cleaned."""
    said = next((error[name] for name in ("message", "detail", "Message") if error.get(name)), "")
    code = next((error[name] for name in ("code", "type") if isinstance(error.get(name), str)), "")
    return ": ".join(part for part in (code, str(said)) if part)
