"""One call over real connections: what goes wrong on the wire, and what must not happen there."""

import asyncio
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest
from wire import (
    CHAT,
    ENVIRON,
    KEY,
    REQUEST,
    Conversation,
    EndConversation,
    Server,
    answer,
    completion,
    endpoint,
    failure,
    head_bytes,
    send,
)

from peaklib.errors import PolicyViolation
from peaklib.llm.client import Client, Failure
from peaklib.llm.roles import Outcome
from peaklib.llm.settings import Endpoint, Row

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow


def well(conversation: Conversation) -> None:
    conversation.json(completion())


def test_an_answer_comes_with_model_usage_and_finish() -> None:
    got = answer(well)
    assert (got.text, got.model, got.finish, got.status) == ("good", "gpt-5-mini", "stop", 200)
    assert got.usage is not None
    assert (got.usage.input_tokens, got.usage.output_tokens) == (12, 3)


def test_a_second_reply_is_not_taken_for_the_answer_to_the_next_prompt() -> None:
    async def calls() -> list[str]:
        client = Client(ENVIRON)
        got = [await client.send(CHAT, endpoint(server), REQUEST, 5) for _ in range(3)]
        await client.aclose()
        return [one.text for one in got]

    def twice(conversation: Conversation) -> None:
        replies = [json.dumps(completion(text)).encode() for text in ("asked", "not asked")]
        heads = [head_bytes(200, {"Content-Length": str(len(reply))}) for reply in replies]
        conversation.send(heads[0] + replies[0] + heads[1] + replies[1])

    with Server(twice) as server:
        assert asyncio.run(calls()) == ["asked"] * 3
    assert server.accepted == 3


def test_only_these_headers_are_sent() -> None:
    with Server(well) as server:
        send(server)
    seen = server.seen[0]
    assert {name.lower() for name, _ in seen.headers} == {
        *("host", "connection", "authorization", "accept", "accept-encoding", "content-type"),
        *("content-length", "user-agent", "x-stainless-retry-count"),
    }
    assert seen.header("authorization") == [f"Bearer {KEY}"]
    assert seen.header("accept-encoding") == ["identity"]
    assert seen.header("connection") == ["close"]
    assert (seen.method, seen.path) == ("POST", "/v1/chat/completions")


def test_a_stand_in_on_this_machine_is_not_sent_the_key() -> None:
    async def call() -> None:
        client = Client(ENVIRON)
        local = Endpoint(server.url, "OPENAI_API_KEY", local=True)
        await client.send(CHAT, local, REQUEST, 5)
        await client.aclose()

    with Server(well) as server:
        asyncio.run(call())
    assert server.seen[0].header("authorization") == ["Bearer local"]


@pytest.mark.parametrize(
    ("row", "path"),
    [
        (Row("L2", "primary", "openai", "us.anthropic.claude-x", "chat"), "/v1"),
        (Row("L2", "primary", "anthropic", "gpt-5-mini", "chat"), "/v1"),
        (CHAT, "/anthropic/v1"),
    ],
)
def test_a_denied_call_opens_no_connection(row: Row, path: str) -> None:
    async def call() -> None:
        client = Client(ENVIRON)
        await client.send(CHAT, endpoint(server), REQUEST, 5)
        denied = Endpoint(server.url.replace("/v1", path), "OPENAI_API_KEY", local=False)
        with pytest.raises(PolicyViolation):
            await client.send(row, denied, REQUEST, 5)
        await client.aclose()

    with Server(lambda c: (well(c), c.connection.close())[0]) as server:
        asyncio.run(call())
        time.sleep(0.05)
    assert (server.accepted, len(server.seen)) == (1, 1)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_forbidden_model_in_a_reply_is_a_violation_whatever_the_status(status: int) -> None:
    forbidden = completion(model="claude-opus-4")
    with Server(lambda c: c.json(forbidden, status)) as server, pytest.raises(PolicyViolation):
        send(server)


def test_without_a_key_nothing_is_sent() -> None:
    with Server(well) as server:
        for environ in ({}, {"OPENAI_API_KEY": " \n"}):
            with pytest.raises(Failure, match="OPENAI_API_KEY is not set") as caught:
                send(server, environ=environ)
            assert caught.value.outcome is Outcome.AUTH
        with pytest.raises(Failure, match="characters that no key has"):
            send(server, environ=dict.fromkeys(ENVIRON, "one\r\nX-Evil: 1"))
    assert server.accepted == 0


# ---- deadlines


def test_silence_ends_at_the_deadline() -> None:
    def seconds() -> float:
        began = time.perf_counter()
        got = failure(lambda c: c.wait_for_end(), deadline_s=0.2)
        assert got.outcome is Outcome.TIMEOUT
        return time.perf_counter() - began

    # The server waits for 5 seconds. A busy machine may be slow once, but not three times.
    assert any(seconds() < 2 for _ in range(3))


def test_dripping_bytes_do_not_push_the_deadline() -> None:
    def drip(conversation: Conversation) -> None:
        conversation.send(head_bytes(200, {"Content-Length": "1000"}))
        while True:
            conversation.send(b" ")
            time.sleep(0.02)

    assert failure(drip, deadline_s=0.3).outcome is Outcome.TIMEOUT


def test_headers_without_end_stop_at_the_deadline_or_before() -> None:
    def forever(conversation: Conversation) -> None:
        conversation.send(b"HTTP/1.1 200 X\r\n")
        while True:
            conversation.send(b"X-Filler: y\r\n" * 100)

    assert failure(forever, deadline_s=2).outcome in (Outcome.OUTAGE, Outcome.TIMEOUT)


@pytest.mark.parametrize("deadline_s", [0.0, -1.0, float("nan")])
def test_no_time_means_no_attempt(deadline_s: float) -> None:
    with Server(well) as server, pytest.raises(Failure, match="no time") as caught:
        send(server, deadline_s=deadline_s)
    assert caught.value.outcome is Outcome.TIMEOUT
    assert server.accepted == 0


# ---- connections that break


def reset(conversation: Conversation) -> None:
    linger = struct.pack("ii", 1, 0)
    conversation.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    raise EndConversation


def close(_: Conversation) -> None:
    raise EndConversation


def truncate(conversation: Conversation) -> None:
    conversation.send(head_bytes(200, {"Content-Length": "500"}) + b'{"choices": [')
    raise EndConversation


def truncate_chunks(conversation: Conversation) -> None:
    conversation.send(head_bytes(200, {"Transfer-Encoding": "chunked"}) + b'10\r\n{"choices"')
    raise EndConversation


def speak_nonsense(conversation: Conversation) -> None:
    conversation.send(b"220 mail ready\r\n\r\n")
    raise EndConversation


def contradict(conversation: Conversation) -> None:
    conversation.send(b"HTTP/1.1 200 X\r\nContent-Length: 2\r\nContent-Length: 7\r\n\r\n{}")
    raise EndConversation


@pytest.mark.parametrize(
    "behaviour", [reset, close, truncate, truncate_chunks, speak_nonsense, contradict]
)
def test_a_broken_connection_is_an_outage(behaviour: object) -> None:
    got = failure(behaviour)
    assert got.outcome is Outcome.OUTAGE
    assert got.status is None
    assert got.__context__ is None


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (f"http://127.0.0.1:{unused_port()}/v1", "no connection"),
        ("https://service.invalid/v1", "the name of the service is not known"),
    ],
    ids=["port", "name"],
)
def test_nobody_there_is_an_outage(address: str, reason: str) -> None:
    async def call() -> None:
        client = Client(ENVIRON)
        try:
            await client.send(CHAT, Endpoint(address, "OPENAI_API_KEY"), REQUEST, 5)
        finally:
            await client.aclose()

    with pytest.raises(Failure) as caught:
        asyncio.run(call())
    assert (caught.value.outcome, caught.value.reason) == (Outcome.OUTAGE, reason)


def test_a_service_without_tls_where_tls_is_asked_is_an_outage() -> None:
    def answer_plainly() -> None:
        connection, _ = listener.accept()
        with connection:
            first.append(connection.recv(3))
            connection.sendall(head_bytes(400, {"Content-Length": "0"}))

    async def call() -> None:
        client = Client(ENVIRON)
        port = listener.getsockname()[1]
        secure = Endpoint(f"https://127.0.0.1:{port}/v1", "OPENAI_API_KEY")
        try:
            await client.send(CHAT, secure, REQUEST, 5)
        finally:
            await client.aclose()

    first: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_plainly)
        thread.start()
        with pytest.raises(Failure) as caught:
            asyncio.run(call())
        thread.join()
    assert (caught.value.outcome, caught.value.reason) == (Outcome.OUTAGE, "no secure connection")
    assert first == [b"\x16\x03\x01"]


# ---- replies that are not read


def test_a_redirect_is_not_followed() -> None:
    with Server(well) as elsewhere:
        to = {"Location": elsewhere.url + "/chat/completions"}
        for status in (301, 302, 303, 307, 308):
            got = failure(lambda c, s=status: c.reply(b"", s, to))
            assert (got.outcome, got.status) == (Outcome.CLIENT_ERROR, status)
            assert "redirect" in got.reason
            assert elsewhere.url not in got.reason
    assert elsewhere.accepted == 0


def test_a_reply_that_announces_too_many_bytes_is_refused_unread() -> None:
    def announce(conversation: Conversation) -> None:
        conversation.send(head_bytes(200, {"Content-Length": str(64 << 20)}))
        assert conversation.wait_for_end()

    got = failure(announce, max_reply_bytes=1000)
    assert (got.outcome, got.reason) == (Outcome.OUTAGE, "the reply is longer than 1000 bytes")


def test_a_reply_is_read_up_to_the_cap_and_no_further() -> None:
    sent = 0

    def pour(conversation: Conversation) -> None:
        nonlocal sent
        conversation.send(head_bytes(200, {"Transfer-Encoding": "chunked"}))
        for _ in range(1024):
            conversation.send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            sent += 0x10000

    got = failure(pour, max_reply_bytes=100_000)
    assert got.outcome is Outcome.OUTAGE
    assert sent < 32 << 20


def test_a_compressed_reply_is_refused() -> None:
    bomb = {"Content-Encoding": "gzip"}
    got = failure(lambda c: c.reply(b"\x1f\x8b\x08", headers=bomb))
    assert got.outcome is Outcome.OUTAGE
    assert "compressed" in got.reason


def test_the_status_counts_even_if_the_body_is_refused() -> None:
    got = failure(lambda c: c.reply(b"\x1f\x8b", 401, {"Content-Encoding": "br"}))
    assert (got.outcome, got.status) == (Outcome.AUTH, 401)


def test_a_charset_of_the_service_does_not_choose_the_decoder() -> None:
    strange = {"Content-Type": "application/json; charset=zlib_codec"}
    body = b'{"error": {"message": "kaputt"}}'
    got = failure(lambda c: c.reply(body, 500, strange))
    assert (got.outcome, got.reason) == (Outcome.OUTAGE, "500 service failed: kaputt")


def test_cookies_are_not_kept() -> None:
    with Server(lambda c: c.json(completion(), headers={"Set-Cookie": "a=b"})) as server:

        async def calls() -> None:
            client = Client(ENVIRON)
            for _ in range(2):
                await client.send(CHAT, endpoint(server), REQUEST, 5)
            await client.aclose()

        asyncio.run(calls())
    assert server.seen[1].header("cookie") == []


# ---- the environment, the caller, the end


def test_the_environment_of_the_process_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(well) as trap, Server(well) as server:
        proxy = trap.url.removesuffix("/v1")
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("OPENAI_BASE_URL", trap.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-process")
        monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-of-the-admin")
        monkeypatch.setenv("OPENAI_ORG_ID", "org-process")
        monkeypatch.setenv("OPENAI_PROJECT_ID", "project-process")
        monkeypatch.setenv(
            "OPENAI_CUSTOM_HEADERS", "Host: evil\nAuthorization: Bearer x\nX-More: 1"
        )
        monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
        monkeypatch.setenv("SSL_CERT_DIR", os.devnull)
        send(server)
    assert trap.accepted == 0
    seen = server.seen[0]
    assert seen.header("authorization") == [f"Bearer {KEY}"]
    assert seen.header("host") == [server.url.split("/")[2]]
    told = [value for _, value in seen.headers]
    assert not [value for value in told if "process" in value or "admin" in value]
    assert seen.header("x-more") == []


def test_certificates_are_checked() -> None:
    import ssl

    from peaklib.llm.client.wire import connections

    pool = connections(1000)
    # The only way to see it without a certificate of our own: what the pool would use.
    context = pool._transport._pool._ssl_context
    asyncio.run(pool.aclose())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_caller_who_leaves_closes_the_connection() -> None:
    left: list[bool] = []

    async def leave() -> None:
        client = Client(ENVIRON)
        call = asyncio.create_task(client.send(CHAT, endpoint(server), REQUEST, 30))
        while not server.seen:
            await asyncio.sleep(0.005)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        while not left:
            await asyncio.sleep(0.005)
        await client.aclose()

    with Server(lambda c: left.append(c.wait_for_end())) as server:
        asyncio.run(leave())
    assert left == [True]


def test_a_client_can_be_closed_twice_and_used_again() -> None:
    async def calls() -> str:
        client = Client(ENVIRON)
        await client.aclose()
        await client.send(CHAT, endpoint(server), REQUEST, 5)
        await client.aclose()
        await client.aclose()
        got = await client.send(CHAT, endpoint(server), REQUEST, 5)
        await client.aclose()
        return got.text

    with Server(well) as server:
        assert asyncio.run(calls()) == "good"


def test_parallel_calls_do_not_mix() -> None:
    async def calls() -> list[str]:
        client = Client(ENVIRON)
        requests = [
            type(REQUEST)([{"role": "user", "content": f"number {n}"}], 10) for n in range(40)
        ]
        sent = [client.send(CHAT, endpoint(server), request, 10) for request in requests]
        got = await asyncio.gather(*sent)
        await client.aclose()
        return [one.text for one in got]

    def echo(conversation: Conversation) -> None:
        conversation.json(completion(conversation.seen.json()["messages"][0]["content"]))

    with Server(echo) as server:
        assert asyncio.run(calls()) == [f"number {n}" for n in range(40)]


def in_new_process(code: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_sdk_is_loaded_by_the_first_call_only() -> None:
    code = """
import sys
from peaklib.llm.client import Client
Client({})
print([name for name in ("openai", "httpx2", "httpx") if name in sys.modules])
"""
    assert in_new_process(code).stdout == "[]\n"


def test_a_missing_sdk_is_named() -> None:
    code = """
import asyncio, sys
sys.modules["openai"] = None
from peaklib.llm.client import Client
from peaklib.llm.messages import Request
from peaklib.llm.settings import Endpoint, Row
row = Row("L2", "primary", "openai", "gpt-5-mini", "chat")
where = Endpoint("http://127.0.0.1:9/v1", None, local=True)
asyncio.run(Client({}).send(row, where, Request([], 1), 5))
"""
    assert "openai is not installed; install peaklib with extra llm" in in_new_process(code).stderr
