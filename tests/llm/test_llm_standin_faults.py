"""Each fault on the wire: what bytes come, and that the server is well afterwards."""

import contextlib
import gzip
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from peaklib.llm.standin import FAULTS, Fault, Said, StandIn
from peaklib.llm.standin.faults import ALIASES, find_fault

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

TEXT = '{"answer": "as it should be"}'
ENOUGH = 1_000_000
PATIENCE_S = 5.0
# These never stop by themselves.
ENDLESS = ("drip-headers", "drip-body", "drip-spaces", "endless-hints", "endless-headers")
ENDLESS_S = 0.3
# Their body is the good answer; what is odd stands round it, or harms nobody.
GOOD_BODY = {
    *("slow", "http-1.0", "no-length", "early-hints", "continue", "chunked", "bare-lf"),
    *(
        "length-twice",
        "second-answer",
        "chunked-and-length",
        "refresh",
        "error-null",
        "two-choices",
    ),
    *("bom", "utf-16", "content-type", "no-content-type", "gzip-label", "encoding", "events"),
    *("two-lengths", "length-garbage", "length-negative", "length-short", "header-nul"),
    *("huge-header", "missing-id", "missing-finish", "odd-finish", "huge", "huge-chunked"),
}


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    """A server whose models are named after their faults."""
    with StandIn(
        lambda asked: Said(TEXT), faults={name: name for name in FAULTS}, hang_s=0.05
    ) as server:
        yield server


def exchange(standin: StandIn, fault: Fault | None, **fields: Any) -> bytes:
    """All bytes that come, up to a megabyte; b"RESET" last for a reset."""
    api = "chat" if fault is None or fault.api == "both" else fault.api
    path, said = ("chat/completions", "messages") if api == "chat" else ("responses", "input")
    turns = [{"role": "user", "content": "Hello"}]
    asked = {"model": fault.name if fault else "well", said: turns, "max_tokens": 100, **fields}
    body = json.dumps(asked).encode()
    head = (
        f"POST /v1/{path} HTTP/1.1\r\nauthorization: Bearer sk-secret\r\n"
        f"connection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    with _caller(standin) as caller:
        caller.sendall(head.encode() + body)
        # Keep-alive is ours to end: one request a connection.
        endless = fault is not None and fault.name in ENDLESS
        return _received(caller, ENDLESS_S if endless else PATIENCE_S)


def _caller(standin: StandIn) -> socket.socket:
    port = int(standin.url.split(":")[2].split("/")[0])
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)


def _received(caller: socket.socket, seconds: float = PATIENCE_S) -> bytes:
    got, end = b"", time.monotonic() + seconds
    try:
        while len(got) < ENOUGH and time.monotonic() < end:
            data = caller.recv(262_144)
            if not data:
                break
            got += data
            if _complete(got):
                break
    except TimeoutError:
        return got
    except ConnectionResetError:
        return got + b"RESET"
    return got


def _complete(got: bytes) -> bool:
    """Whether an answer with a length is there in full."""
    head, end, body = got.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if end and name == b"content-length" and value.strip().isdigit():
            return len(body) >= int(value)
    return False


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.name)
def test_a_fault_differs_from_a_good_answer_and_leaves_the_server_well(
    fault: Fault, standin: StandIn
) -> None:
    good = exchange(standin, None)
    bad = exchange(standin, fault)
    assert bad != good
    if fault.name not in GOOD_BODY:
        assert not _good(bad, fault.name)
    assert exchange(standin, None)[:15] == good[:15] == b"HTTP/1.1 200 OK"


def _good(got: bytes, model: str) -> bool:
    """Whether a strict reader would take it for the good answer of the model."""
    body = got.partition(b"\r\n\r\n")[2]
    with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError, RecursionError):
        reply = json.loads(body)
        text = reply["choices"][0]["message"]["content"]
        usage = [reply["usage"][f"{kind}_tokens"] for kind in ("prompt", "completion", "total")]
        return bool(
            got.startswith(b"HTTP/1.1 200 OK")
            and reply["model"] == model
            and body.count(b'"model"') == 1
            and json.loads(text) == json.loads(TEXT)
            and all(type(count) is int and 0 < count <= 100 for count in usage)
            and usage[0] + usage[1] == usage[2]
        )
    return False


def test_there_are_at_least_fifty_and_each_says_what_it_does_in_one_line() -> None:
    assert len(FAULTS) >= 50
    for name, fault in FAULTS.items():
        assert name == fault.name
        assert fault.group
        assert 0 < len(fault.meaning) <= 100
        assert "\n" not in fault.meaning


def test_every_alias_leads_to_a_fault() -> None:
    for alias, name in ALIASES.items():
        found = find_fault(alias)
        assert found is not None
        assert found.name == name


def test_resets_are_resets(standin: StandIn) -> None:
    assert exchange(standin, FAULTS["reset"]) == b"RESET"
    cut = exchange(standin, FAULTS["reset-in-body"])
    assert cut.startswith(b"HTTP/1.1 200 OK\r\n")
    assert cut.endswith(b"RESET")


def test_closing_without_an_answer_sends_nothing(standin: StandIn) -> None:
    assert exchange(standin, FAULTS["close"]) == b""


def test_a_cut_body_is_shorter_than_the_length_it_says(standin: StandIn) -> None:
    head, _, body = exchange(standin, FAULTS["truncated"]).partition(b"\r\n\r\n")
    assert f"content-length: {len(body) + 20}".encode() in head


def test_dripping_comes_byte_by_byte(standin: StandIn) -> None:
    started = time.monotonic()
    got = exchange(standin, FAULTS["drip-body"]).partition(b"\r\n\r\n")[2]
    assert 1 <= len(got) <= 1 + (time.monotonic() - started) / 0.05


def test_a_refused_key_is_echoed(standin: StandIn) -> None:
    assert b"sk-secret" in exchange(standin, FAULTS["401-echo"])


def test_redirects_name_the_other_listener_which_hears_of_nobody(standin: StandIn) -> None:
    before = standin.strayed
    got = exchange(standin, FAULTS["307"]).decode()
    where = next(line for line in got.split("\r\n") if line.startswith("location: "))
    host, port = where.removeprefix("location: http://").split("/")[0].split(":")
    assert (host, standin.url.split(":")[2].split("/")[0] != port) == ("127.0.0.1", True)
    assert standin.strayed == before
    with socket.create_connection((host, int(port)), timeout=2):
        pass
    while standin.strayed == before:
        pass


def test_the_bomb_is_small_until_it_is_unpacked(standin: StandIn) -> None:
    body = exchange(standin, FAULTS["gzip-bomb"]).partition(b"\r\n\r\n")[2]
    assert len(body) < 1_000_000
    assert len(gzip.decompress(body)) > 64 * 1024 * 1024


def test_the_huge_body_says_64_mib_and_sends_them(standin: StandIn) -> None:
    body = json.dumps({"model": "huge", "messages": [{"role": "user", "content": "Hi"}]}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {len(body)}\r\n\r\n"
    with _caller(standin) as caller:
        caller.sendall(head.encode() + body)
        first = caller.recv(262_144)
        size = int(first.split(b"content-length: ")[1].split(b"\r\n")[0])
        have = len(first.partition(b"\r\n\r\n")[2])
        while have < size:
            data = caller.recv(262_144)
            assert data
            have += len(data)
    assert have == size > 64 * 1024 * 1024


def test_a_fault_of_polling_lets_the_request_in_and_acts_afterwards(standin: StandIn) -> None:
    reply = json.loads(
        exchange(standin, FAULTS["poll-500"], background=True).partition(b"\r\n\r\n")[2]
    )
    assert reply["status"] == "queued"
    with _caller(standin) as caller:
        caller.sendall(f"GET /v1/responses/{reply['id']} HTTP/1.1\r\n\r\n".encode())
        assert _received(caller).startswith(b"HTTP/1.1 500 ")


def test_a_fault_of_the_responses_api_is_no_answer_to_a_chat(standin: StandIn) -> None:
    body = json.dumps({"model": "never", "messages": [{"role": "user", "content": "Hi"}]}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {len(body)}\r\n\r\n"
    with _caller(standin) as caller:
        caller.sendall(head.encode() + body)
        got = _received(caller)
    assert got.startswith(b"HTTP/1.1 400 ")
    assert b"of the responses API" in got
