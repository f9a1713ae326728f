"""Neither keys nor prompts leave by the way of an error, a log line or a traceback."""

import asyncio
import base64
import os
import pickle
import subprocess
import sys
import traceback
from urllib.parse import quote

import pytest
from hypothesis import given, settings, strategies as st
from wire import CHAT, ENVIRON, KEY, REQUEST, Server, completion, endpoint, failure

from peaklib.llm.client import Client, Failure
from peaklib.llm.client.cleaning import cleaned
from peaklib.llm.messages import Request
from peaklib.llm.roles import Outcome

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow


def parts(text: str, least: int) -> list[str]:
    return [text[i : i + least] for i in range(len(text) - least + 1)]


def assert_clean(got: Failure) -> None:
    """No six characters of the key in a row, anywhere that an error may be shown."""
    shown = [got.reason, str(got), repr(got), "".join(traceback.format_exception(got))]
    for text in shown:
        assert not [part for part in parts(KEY, 6) if part in text], text


ECHOES = [
    f"Incorrect API key provided: {KEY}. You can find it in your account.",
    f"Authorization: Bearer {KEY}",
    f"key {KEY[:8]}*************{KEY[-4:]} is not valid",
    f"key {KEY[:14]} ... {KEY[-9:]}",
    f"key {base64.b64encode(KEY.encode()).decode()}",
    f"url https://x/?key={quote(KEY)}&x",
    f"first\nsecond {KEY}\x1b[31m",
]


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 200])
def test_a_service_that_echoes_the_key_does_not_make_us_show_it(echo: str, status: int) -> None:
    error = {"error": {"message": echo, "type": echo, "code": echo}}
    got = failure(lambda c: c.json(error, status))
    assert_clean(got)
    assert got.reason.isprintable()
    assert len(got.reason) <= 200
    assert got.__context__ is None
    assert got.__cause__ is None


def test_of_a_service_that_refuses_the_key_only_the_status_is_told() -> None:
    error = {"error": {"message": "Incorrect API key provided: sk-p****Lk2", "code": "x"}}
    assert failure(lambda c: c.json(error, 401)).reason == "401 key or permission refused"


def test_a_key_in_an_answer_is_taken_out() -> None:
    async def call() -> str:
        client = Client(ENVIRON)
        got = await client.send(CHAT, endpoint(server), REQUEST, 5)
        await client.aclose()
        return got.text

    leaky = completion(f"your key is {KEY}")
    with Server(lambda c: c.json(leaky)) as server:
        assert asyncio.run(call()) == "your key is [redacted]"


def test_passages_of_the_prompt_are_taken_out() -> None:
    words = "The position is nine thousand contracts short in December."
    request = Request([{"role": "user", "content": f"Read this.\n\n{words}"}], 10)
    detail = {"detail": [{"msg": "extra", "input": f"Read this. {words}"}]}
    got = failure(lambda c: c.json(detail, 422), request=request)
    assert got.outcome is Outcome.CLIENT_ERROR
    assert not [part for part in parts(words, 20) if part in got.reason]
    assert "extra" in got.reason


def test_other_secrets_of_the_environment_are_taken_out() -> None:
    environ = dict(ENVIRON, DB_PASSWORD=" ".join(("correct", "horse", "battery")))
    error = {"error": {"message": "cannot log in with correct horse battery"}}
    got = failure(lambda c: c.json(error, 500), environ=environ)
    assert got.reason == "500 service failed: cannot log in with [redacted: DB_PASSWORD]"


def test_what_a_service_says_is_kept_in_one_short_line() -> None:
    error = {"error": {"message": "too\r\nlong\t\u202e" + "x" * 5000, "code": "context_length"}}
    got = failure(lambda c: c.json(error, 400))
    assert got.reason.startswith("400 request refused: context_length: too long x")
    assert len(got.reason) == 200


def test_a_failure_survives_pickling() -> None:
    got = pickle.loads(pickle.dumps(Failure(Outcome.OUTAGE, "gone", 503, 2.0)))
    assert (got.outcome, got.reason, got.status, got.retry_after_s) == ("outage", "gone", 503, 2.0)


def test_tracebacks_hold_no_frame_with_the_key() -> None:
    got = failure(lambda c: c.json({"error": {"message": KEY}}, 400))
    frames = [frame for frame, _ in traceback.walk_tb(got.__traceback__)]
    of_client = [f for f in frames if "peaklib" in f.f_code.co_filename]
    assert of_client
    assert not [f for f in of_client if any(value == KEY for value in f.f_locals.values())]


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    before=st.text(max_size=30),
    after=st.text(max_size=30),
    start=st.integers(0, len(KEY) - 6),
    length=st.integers(6, len(KEY)),
)
def test_no_part_of_a_key_survives_in_any_text(
    before: str, after: str, start: int, length: int
) -> None:
    echoed = Failure(Outcome.OUTAGE, f"{before}{KEY[start : start + length]}{after}")
    got = cleaned(echoed, KEY, {}, REQUEST)
    assert not [part for part in parts(KEY, 6) if part in got.reason]
    assert len(got.reason) <= 200


@pytest.mark.slow
def test_nothing_is_logged_even_if_everything_is_asked_to() -> None:
    code = """
import logging
logging.basicConfig(level=logging.DEBUG)
from wire import Server, completion, send
def well(conversation): conversation.json(completion(), headers={"Set-Cookie": "session=private"})
with Server(well) as server:
    print(send(server).text)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "OPENAI_LOG": "debug", "PYTHONPATH": os.path.dirname(__file__)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "good\n"
    lines = [line for line in done.stderr.splitlines() if "asyncio" not in line]
    assert lines == []
