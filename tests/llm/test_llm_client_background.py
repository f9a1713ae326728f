"""Responses that a service works on by itself: fetched later, and stopped if nobody waits."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from wire import (
    ENVIRON,
    KEY,
    REQUEST,
    RESEARCH,
    Conversation,
    EndConversation,
    Server,
    endpoint,
    response,
    send,
)

from peaklib.errors import PolicyViolation
from peaklib.llm.client import Client, Failure, background
from peaklib.llm.roles import Outcome

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

Step = Callable[[Conversation], None]


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_FIRST_S", 0.01)
    monkeypatch.setattr(background, "_MOST_S", 0.02)


def queued(conversation: Conversation) -> None:
    conversation.json(response(status="queued", output=[], usage=None))


def working(conversation: Conversation) -> None:
    conversation.json(response(status="in_progress", output=[], usage=None))


def done(conversation: Conversation) -> None:
    conversation.json(response("found"))


def cancelled(conversation: Conversation) -> None:
    conversation.json(response(status="cancelled", output=[]))


def steps(*looks: Step, first: Step = queued) -> Step:
    """A service that goes through these at each look; the last one stays."""
    left = list(looks)

    def behave(conversation: Conversation) -> None:
        if conversation.seen.path.endswith("/cancel"):
            cancelled(conversation)
        elif conversation.seen.method == "POST":
            first(conversation)
        else:
            (left.pop(0) if len(left) > 1 else left[0])(conversation)

    return behave


def asked(server: Server) -> list[tuple[str, str]]:
    return [(seen.method, seen.path.removeprefix("/v1")) for seen in server.seen]


def refuse(status: int, **headers: str) -> Step:
    return lambda conversation: conversation.json({"error": {"message": "no"}}, status, headers)


START = ("POST", "/responses")
LOOK = ("GET", "/responses/resp_1")
STOP = ("POST", "/responses/resp_1/cancel")


def test_a_response_is_looked_at_until_it_is_finished() -> None:
    with Server(steps(queued, working, working, done)) as server:
        got = send(server, RESEARCH)
    assert got.text == "found"
    assert asked(server) == [START, LOOK, LOOK, LOOK, LOOK]
    assert server.seen[0].json()["background"] is True
    for seen in server.seen:
        assert seen.header("authorization") == [f"Bearer {KEY}"]


def test_a_response_that_is_finished_at_once_is_not_looked_at() -> None:
    with Server(done) as server:
        assert send(server, RESEARCH).text == "found"
    assert asked(server) == [START]


def test_at_the_deadline_the_service_is_told_to_stop() -> None:
    with Server(steps(working)) as server, pytest.raises(Failure) as caught:
        send(server, RESEARCH, deadline_s=0.3)
    assert (caught.value.outcome, caught.value.reason) == (
        Outcome.TIMEOUT,
        "no answer within 0.3 s",
    )
    assert asked(server)[0] == START
    assert asked(server)[-1] == STOP
    assert asked(server).count(STOP) == 1


def test_a_caller_who_leaves_stops_the_service() -> None:
    async def leave() -> None:
        client = Client(ENVIRON)
        call = asyncio.create_task(client.send(RESEARCH, endpoint(server), REQUEST, 30))
        while LOOK not in asked(server):
            await asyncio.sleep(0.005)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await client.aclose()

    with Server(steps(working)) as server:
        asyncio.run(leave())
    assert asked(server)[-1] == STOP


def test_a_service_that_does_not_take_the_stop_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "_CANCEL_S", 0.1)

    def stubborn(conversation: Conversation) -> None:
        if conversation.seen.path.endswith("/cancel"):
            conversation.wait_for_end()
        working(conversation)

    with Server(stubborn) as server, pytest.raises(Failure) as caught:
        send(server, RESEARCH, deadline_s=0.2)
    assert caught.value.outcome is Outcome.TIMEOUT


def test_a_look_that_fails_is_repeated() -> None:
    def hang_up(_: Conversation) -> None:
        raise EndConversation

    looks = steps(hang_up, refuse(503), working, refuse(500), refuse(429), done)
    with Server(looks) as server:
        assert send(server, RESEARCH).text == "found"


def test_after_three_failed_looks_in_a_row_the_service_is_told_to_stop() -> None:
    with Server(steps(working, refuse(500))) as server, pytest.raises(Failure) as caught:
        send(server, RESEARCH)
    assert (caught.value.outcome, caught.value.reason) == (Outcome.OUTAGE, "500 service failed: no")
    # Of the reply that accepted the work, which may be charged for.
    assert caught.value.status == 200
    assert asked(server) == [START, LOOK, LOOK, LOOK, LOOK, STOP]


@pytest.mark.parametrize(("status", "outcome"), [(401, Outcome.AUTH), (404, Outcome.GONE)])
def test_a_look_that_is_refused_is_not_repeated(status: int, outcome: Outcome) -> None:
    with Server(steps(refuse(status))) as server, pytest.raises(Failure) as caught:
        send(server, RESEARCH)
    assert caught.value.outcome is outcome
    assert asked(server) == [START, LOOK, STOP]


def test_the_wait_that_a_service_asks_for_is_kept() -> None:
    busy = refuse(429, **{"Retry-After-Ms": "60000"})
    with Server(steps(busy)) as server, pytest.raises(Failure) as caught:
        send(server, RESEARCH, deadline_s=0.3)
    assert caught.value.outcome is Outcome.TIMEOUT
    assert asked(server) == [START, LOOK, STOP]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"status": "failed", "error": {"code": "server_error"}}, Outcome.OUTAGE),
        ({"status": "failed", "error": {"code": "insufficient_quota"}}, Outcome.QUOTA),
        ({"status": "cancelled", "output": []}, Outcome.OUTAGE),
        ({"status": "incomplete", "output": []}, Outcome.FORMAT),
    ],
)
def test_a_response_that_ends_badly_is_a_failure(changes: dict[str, Any], outcome: Outcome) -> None:
    ending = steps(lambda c: c.json(response(**changes)))
    with Server(ending) as server, pytest.raises(Failure) as caught:
        send(server, RESEARCH)
    assert caught.value.outcome is outcome
    assert asked(server) == [START, LOOK]


def test_a_forbidden_model_that_shows_later_is_stopped() -> None:
    turned = steps(working, lambda c: c.json(response(status="in_progress", model="claude-x")))
    with Server(turned) as server, pytest.raises(PolicyViolation):
        send(server, RESEARCH)
    assert asked(server)[-1] == STOP


@pytest.mark.parametrize("named", [None, "", 7, "../files", "a/b", "resp?x=1", "r" * 201, "ä"])
def test_an_id_that_could_lead_elsewhere_is_not_followed(named: Any) -> None:
    def start(conversation: Conversation) -> None:
        conversation.json(response(status="queued", id=named))

    with Server(steps(done, first=start)) as server, pytest.raises(Failure) as caught:
        send(server, RESEARCH)
    assert caught.value.outcome is Outcome.OUTAGE
    assert asked(server) == [START]
