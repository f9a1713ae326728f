"""Which class a failure falls into, and when a service wants to be asked again."""

from datetime import UTC, datetime

import pytest
from wire import completion, failure

from peaklib.llm.client.classes import by_code, by_status, error_object
from peaklib.llm.client.waiting import retry_after
from peaklib.llm.roles import FALLS_BACK, Outcome

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

STATUSES = {
    Outcome.CLIENT_ERROR: [300, 304, 400, 405, 409, 411, 413, 415, 418, 422, 431, 451, 499],
    Outcome.AUTH: [401, 403],
    Outcome.GONE: [404, 410],
    Outcome.QUOTA: [402],
    Outcome.TIMEOUT: [408],
    Outcome.RATE_LIMITED: [429],
    Outcome.OUTAGE: [500, 501, 502, 503, 504, 520, 529, 599],
}


@pytest.mark.parametrize(
    ("status", "outcome"), [(s, outcome) for outcome, many in STATUSES.items() for s in many]
)
def test_the_status_decides_whatever_the_body_says(status: int, outcome: Outcome) -> None:
    error = {"error": {"message": "no", "type": "server_error", "code": "rate_limit_exceeded"}}
    got = failure(lambda c: c.json(error, status))
    assert (got.outcome, got.status) == (outcome, status)
    assert got.reason.startswith(str(status))


def test_other_providers_are_asked_after_four_classes_only() -> None:
    sent_on = {s for outcome, many in STATUSES.items() if outcome in FALLS_BACK for s in many}
    assert sent_on == {402, 408, 429, 500, 501, 502, 503, 504, 520, 529, 599}


@pytest.mark.parametrize(
    "code", ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"]
)
def test_a_429_without_money_is_quota(code: str) -> None:
    assert by_status(429, {"message": "pay", "code": code}) is Outcome.QUOTA
    assert by_status(429, {"message": "pay", "code": None, "type": code}) is Outcome.QUOTA
    assert by_status(400, {"code": code}) is Outcome.CLIENT_ERROR


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({"error": {"message": "x", "code": "rate_limit_exceeded"}}, Outcome.RATE_LIMITED),
        ({"error": {"message": "x", "code": "insufficient_quota"}}, Outcome.QUOTA),
        ({"error": {"message": "x", "code": None, "type": "insufficient_quota"}}, Outcome.QUOTA),
        ({"error": {"message": "x", "code": "invalid_api_key"}}, Outcome.AUTH),
        ({"error": {"message": "x", "type": "authentication_error"}}, Outcome.AUTH),
        ({"error": {"message": "x", "code": "model_not_found"}}, Outcome.GONE),
        ({"error": {"message": "x", "type": "invalid_request_error"}}, Outcome.CLIENT_ERROR),
        ({"error": {"message": "x", "code": "DEADLINE_EXCEEDED"}}, Outcome.TIMEOUT),
        ({"error": {"message": "x", "code": 429, "status": "RESOURCE_EXHAUSTED"}}, "rate_limited"),
        ([{"error": {"message": "x", "code": 401}}], Outcome.AUTH),
        ({"error": {"message": "x", "code": "404"}}, Outcome.GONE),
        ({"error": {"message": "x", "code": "²"}}, Outcome.OUTAGE),
        ({"error": {"message": "x", "code": True}}, Outcome.OUTAGE),
        ({"error": {"message": "x", "code": ["odd"]}}, Outcome.OUTAGE),
        ({"error": {"message": "overloaded", "type": "server_error"}}, Outcome.OUTAGE),
        ({"error": "something broke"}, Outcome.OUTAGE),
        ({"error": ["a"]}, Outcome.OUTAGE),
        ({"object": "error", "message": "x", "type": "rate_limit_error"}, Outcome.RATE_LIMITED),
        ({"message": "x"}, Outcome.OUTAGE),
        ({"detail": [{"msg": "x"}]}, Outcome.OUTAGE),
    ],
)
def test_an_error_with_status_200_falls_into_the_class_of_its_code(
    body: object, outcome: Outcome
) -> None:
    got = failure(lambda c: c.json(body))
    assert (got.outcome, got.status) == (outcome, 200)


def test_an_error_beside_an_answer_is_an_error() -> None:
    got = failure(lambda c: c.json(completion(error={"message": "half of it is missing"})))
    assert got.outcome is Outcome.OUTAGE
    assert "half of it is missing" in got.reason


def test_an_answer_without_an_error_has_no_error_object() -> None:
    for reply in (completion(), completion(error=None), completion(error={}), completion(detail=1)):
        assert error_object(reply) is None


def test_a_code_that_is_a_number_of_another_kind_is_an_outage() -> None:
    assert by_code({"code": 7}) is Outcome.OUTAGE
    assert by_code({}) is Outcome.OUTAGE


NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 2.5 "}, 2.5),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "86400"}, 86400.0),
        ({"retry-after": "86401"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "tomorrow"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:00 GMT"}, None),
        ({"retry-after": "Fri, 99 Nov 2026 12:00:30 GMT"}, None),
    ],
)
def test_only_a_sane_wait_is_taken(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, lambda: NOON) == seconds


def test_a_date_is_counted_from_the_clock_of_the_service() -> None:
    headers = {
        "date": "Sat, 01 Jan 2000 00:00:00 GMT",
        "retry-after": "Sat, 01 Jan 2000 00:01:00 GMT",
    }
    assert retry_after(headers, lambda: NOON) == 60.0


def test_the_wait_comes_with_the_failure() -> None:
    got = failure(lambda c: c.json({"error": {}}, 429, {"Retry-After": "3"}))
    assert (got.outcome, got.retry_after_s) == (Outcome.RATE_LIMITED, 3.0)
    late = {"Retry-After": "Fri, 20 Nov 2026 12:00:30 GMT"}
    got = failure(lambda c: c.json({"error": {}}, 503, late), clock=lambda: NOON)
    assert (got.outcome, got.retry_after_s) == (Outcome.OUTAGE, 30.0)
