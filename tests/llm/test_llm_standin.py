"""The stand-in: both APIs over real HTTP, its counts, its faults in turn, recorded replies."""

import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from peaklib.cli.llm_serve import command
from peaklib.errors import DataError
from peaklib.llm.messages import Request, ToolCall, Usage
from peaklib.llm.standin import FAULTS, Asked, Said, Served, StandIn, recorded

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

HELLO = [{"role": "user", "content": "Hello"}]


def post(url: str, path: str, body: Any) -> Any:
    """What a path replies to a JSON body, as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as reply:
        return json.load(reply)


def get(url: str, path: str) -> Any:
    """What a path replies, as JSON."""
    with urllib.request.urlopen(url + path, timeout=5) as reply:
        return json.load(reply)


def refused(url: str, path: str, body: Any) -> tuple[int, str]:
    """Status and message of an error."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        post(url, path, body)
    with caught.value as error:
        return error.code, json.load(error)["error"]["message"]


def chat(url: str, model: str = "m", **fields: Any) -> Any:
    return post(url, "/chat/completions", {"model": model, "messages": HELLO, **fields})


def echo(asked: Asked) -> Said:
    return Said(f"{asked.model}: {asked.prompt}")


def test_a_chat_is_answered_in_the_shape_of_the_api() -> None:
    with StandIn(echo) as standin:
        reply = chat(standin.url, "some-model")
    assert reply["object"] == "chat.completion"
    assert reply["model"] == "some-model"
    assert reply["choices"][0]["message"]["content"] == "some-model: Hello"
    assert reply["choices"][0]["finish_reason"] == "stop"


def test_a_response_is_answered_in_the_shape_of_the_api() -> None:
    with StandIn(echo) as standin:
        body = {"model": "m", "instructions": "Be short.", "input": "Hello"}
        reply = post(standin.url, "/responses", body)
    assert (reply["object"], reply["status"]) == ("response", "completed")
    assert reply["output"][-1]["content"][0]["text"] == "m: Hello"
    assert [m["content"] for m in standin.seen[0].messages] == ["Be short.", "Hello"]


def test_tokens_are_the_begun_four_bytes_of_the_compact_request_and_of_the_text() -> None:
    with StandIn(lambda asked: Said("Grüße")) as standin:
        usage = chat(standin.url)["usage"]
    # [[{"content":"Hello","role":"user"}],[],null] has 45 bytes; Grüße has seven.
    assert usage == {"prompt_tokens": 12, "completion_tokens": 2, "total_tokens": 14}


def test_an_answer_over_the_cap_is_cut_and_says_so() -> None:
    with StandIn(lambda asked: Said("0123456789" * 10)) as standin:
        reply = chat(standin.url, max_completion_tokens=3)
        short = chat(standin.url, max_tokens=25)
        response = post(
            standin.url, "/responses", {"model": "m", "input": "Hi", "max_output_tokens": 3}
        )
    assert reply["choices"][0]["message"]["content"] == "012345678901"
    assert reply["choices"][0]["finish_reason"] == "length"
    assert reply["usage"]["completion_tokens"] == 3
    assert short["choices"][0]["finish_reason"] == "stop"
    assert response["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}


def test_tool_calls_events_and_claimed_usage_reach_both_apis() -> None:
    said = Said("", (ToolCall("look", {"at": 1}),), "stop", ("web_search_call",), "x", Usage(5, 6))
    with StandIn(lambda asked: said) as standin:
        one = chat(standin.url)
        two = post(standin.url, "/responses", {"model": "m", "input": "Hi"})
    function = one["choices"][0]["message"]["tool_calls"][0]["function"]
    assert (function["name"], json.loads(function["arguments"])) == ("look", {"at": 1})
    assert one["choices"][0]["finish_reason"] == "tool_calls"
    assert [item["type"] for item in two["output"]] == ["web_search_call", "function_call"]
    assert (one["model"], two["model"]) == ("x", "x")
    assert (one["usage"]["total_tokens"], two["usage"]["output_tokens"]) == (11, 6)


def test_a_background_response_is_queued_worked_on_and_then_there() -> None:
    with StandIn(echo, polls=3) as standin:
        body = {"model": "m", "input": HELLO, "background": True}
        first = post(standin.url, "/responses", body)
        looks = [get(standin.url, f"/responses/{first['id']}") for _ in range(4)]
    assert (first["status"], first["output"], first["usage"]) == ("queued", [], None)
    assert [look["status"] for look in looks] == [
        *("in_progress", "in_progress", "completed", "completed")
    ]
    assert looks[-1]["id"] == first["id"]
    assert looks[-1]["output"][0]["content"][0]["text"] == "m: Hello"


def test_a_background_response_can_be_cancelled() -> None:
    with StandIn(echo) as standin:
        body = {"model": "m", "input": "Hi", "background": True}
        name = post(standin.url, "/responses", body)["id"]
        stopped = post(standin.url, f"/responses/{name}/cancel", b"")
        after = get(standin.url, f"/responses/{name}")
    assert (stopped["status"], after["status"]) == ("cancelled", "cancelled")
    assert standin.cancelled == (name,)


def test_models_asked_for_are_listed() -> None:
    with StandIn(echo, faults={"b": "429"}) as standin:
        chat(standin.url, "a")
        listed = get(standin.url, "/models")
    assert [model["id"] for model in listed["data"]] == ["a", "b"]


def test_faults_of_a_list_come_in_order_and_then_the_model_is_well() -> None:
    with StandIn(echo, faults={"m": ["429", "ok", "500"], "other": "503"}) as standin:
        statuses = [_status(standin.url, "m") for _ in range(5)]
        always = [_status(standin.url, "other") for _ in range(3)]
    assert statuses == [429, 200, 500, 200, 200]
    assert always == [503, 503, 503]


def _status(url: str, model: str) -> int:
    try:
        chat(url, model)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    return 200


def test_parallel_requests_take_each_fault_once() -> None:
    with StandIn(echo, faults={"m": ["429"] * 10}) as standin, ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: _status(standin.url, "m"), range(40)))
    assert (statuses.count(429), statuses.count(200)) == (10, 30)
    assert len(standin.seen) == 40


@pytest.mark.parametrize(
    ("name", "near"), [("timout", "timeout"), ("429-qota", "429-quota"), ("nonsense-xyz", "")]
)
def test_an_unknown_fault_is_refused_with_names_that_are_near(name: str, near: str) -> None:
    with pytest.raises(DataError, match="none of this name") as caught:
        StandIn(faults={"m": name})
    assert near in str(caught.value)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/chat/completions", b"{", 400),
        ("/chat/completions", b"[" * 100_000, 400),
        ("/chat/completions", b"[]", 400),
        ("/chat/completions", {"messages": HELLO}, 400),
        ("/chat/completions", {"model": "m", "messages": []}, 400),
        ("/responses", {"model": "m", "input": ""}, 400),
        ("/embeddings", {"model": "m", "input": "Hi"}, 404),
        ("/responses/resp_9/cancel", {}, 404),
    ],
)
def test_a_request_that_no_service_takes_is_refused(path: str, body: Any, status: int) -> None:
    with StandIn(echo) as standin:
        assert refused(standin.url, path, body)[0] == status
        assert standin.seen == []


def test_errors_of_the_answer_function_are_seen_by_the_caller() -> None:
    def unknown(asked: Asked) -> Said:
        raise DataError("nothing recorded")

    def broken(asked: Asked) -> Said:
        raise ZeroDivisionError("by zero")

    with StandIn(unknown) as standin:
        body = {"model": "m", "messages": HELLO}
        assert refused(standin.url, "/chat/completions", body) == (404, "nothing recorded")
    with StandIn(broken) as standin:
        status, message = refused(standin.url, "/chat/completions", body)
    assert (status, "ZeroDivisionError: by zero" in message) == (500, True)


def test_it_listens_on_the_loopback_address_only() -> None:
    with StandIn(echo) as standin:
        port = int(standin.url.split(":")[2].split("/")[0])
        assert standin.url.startswith("http://127.0.0.1:")
        # Every address of 127/8 is this machine; a server on all addresses would answer here.
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=1)


def test_a_port_that_is_taken_is_named() -> None:
    with StandIn(echo) as standin:
        port = int(standin.url.split(":")[2].split("/")[0])
        with pytest.raises(DataError, match=f"port {port}"), StandIn(echo, port=port):
            pass


def test_a_connection_serves_many_requests() -> None:
    body = json.dumps({"model": "m", "messages": HELLO}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    with StandIn(echo) as standin:
        port = int(standin.url.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as caller:
            caller.sendall((head + body) * 3)
            got = b""
            while got.count(b'"total_tokens"') < 3:
                got += caller.recv(65536)
    assert got.count(b"HTTP/1.1 200 OK") == 3


def test_leaving_ends_hanging_requests_and_all_threads() -> None:
    before = threading.active_count()
    with ThreadPoolExecutor(4) as pool:
        with StandIn(echo, faults={"m": "timeout"}) as standin:
            asked = [pool.submit(chat, standin.url) for _ in range(4)]
            while len(standin.seen) < 4:
                pass
        ended = [type(each.exception(timeout=5)) for each in asked]
    assert all(issubclass(each, OSError) for each in ended)
    assert threading.active_count() == before


def test_a_hanging_request_ends_when_the_caller_goes() -> None:
    served: list[Served] = []
    with StandIn(echo, faults={"m": "timeout"}, watch=served.append) as standin:
        body = {"model": "m", "messages": HELLO}
        request = urllib.request.Request(
            standin.url + "/chat/completions", json.dumps(body).encode()
        )
        with pytest.raises(TimeoutError):
            urllib.request.urlopen(request, timeout=0.1)
        for _ in range(250):
            if served:
                break
            threading.Event().wait(0.02)
    assert served == [Served("POST /v1/chat/completions", "m", "fault hang-headers")]


def test_whoever_watches_is_told_of_every_request() -> None:
    served: list[Served] = []
    with StandIn(echo, faults={"m": ["429"]}, watch=served.append) as standin:
        _status(standin.url, "m")
        _status(standin.url, "m")
    assert sorted(each.did for each in served) == ["answered", "fault 429"]


def test_recorded_replies_are_found_by_the_request_hash_of_the_ledger(tmp_path: Path) -> None:
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    request = Request(HELLO, 77, (tool,), {"type": "object"})
    file = tmp_path / "replies.jsonl"
    file.write_text(json.dumps({"request_hash": request.digest(), "text": "kept"}) + "\n", "utf-8")
    schema = {"name": "answer", "strict": True, "schema": {"type": "object"}}
    as_chat = {
        "model": "m",
        "messages": HELLO,
        "max_tokens": 77,
        "tools": [tool],
        "response_format": {"type": "json_schema", "json_schema": schema},
    }
    as_response = {
        "model": "m",
        "input": HELLO,
        "max_output_tokens": 77,
        "tools": [{"type": "function", **tool["function"]}],
        "text": {"format": {"type": "json_schema", **schema}},
    }
    with StandIn(recorded(file)) as standin:
        one = post(standin.url, "/chat/completions", as_chat)
        two = post(standin.url, "/responses", as_response)
        status, message = refused(standin.url, "/chat/completions", {**as_chat, "max_tokens": 78})
    assert one["choices"][0]["message"]["content"] == "kept"
    assert two["output"][0]["content"][0]["text"] == "kept"
    assert (status, "holds no reply" in message) == (404, True)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("{", "line 1"),
        ('{"text": "x"}', "line 1: KeyError"),
        ("[]", "line 1: TypeError"),
        ('{"request_hash": "a", "text": "x"}\n\n{"request_hash": "a", "text": "y"}', "line 3"),
    ],
)
def test_a_damaged_recording_names_its_line(tmp_path: Path, lines: str, message: str) -> None:
    file = tmp_path / "replies.jsonl"
    file.write_text(lines, "utf-8")
    with pytest.raises(DataError, match=message):
        recorded(file)


def test_a_recording_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        recorded(tmp_path / "none.jsonl")


SERVE = [sys.executable, "-c", "from peaklib.cli.llm_serve import command; command()"]


def test_serve_says_what_to_type_next_and_shows_each_request() -> None:
    typed = [*SERVE, "--port", "0", "--fault", "gpt-5-mini=429+ok"]
    with subprocess.Popen(typed, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        lines = [server.stdout.readline() for _ in range(3)]
        url = lines[0].split()[1]
        statuses = [_status(url, "gpt-5-mini") for _ in range(2)]
        lines += [server.stdout.readline() for _ in range(2)]
        server.send_signal(signal.SIGINT)
        try:
            last, _ = server.communicate(timeout=20)
        finally:
            server.kill()
    assert server.returncode == 0
    assert statuses == [429, 200]
    assert all(line.startswith("next  AI_ENABLED=1 AI_LOCAL_URL=") for line in lines[1:3])
    assert all(f"AI_LOCAL_URL={url} " in line for line in lines[1:3])
    # Each connection has its own thread: who writes first is open.
    assert sorted(line.split()[3:] for line in lines[3:]) == [["answered"], ["fault", "429"]]
    assert all(
        line.split()[:3] == ["POST", "/v1/chat/completions", "gpt-5-mini"] for line in lines[3:]
    )
    assert last == "stopped after 2 requests\n"


def test_serve_lists_every_fault_with_its_meaning() -> None:
    listed = CliRunner().invoke(command, ["--list-faults"]).output
    assert all(f"  {name}" in listed and fault.meaning in listed for name, fault in FAULTS.items())
    assert listed.endswith(f"{len(FAULTS)} faults\n")


@pytest.mark.parametrize("given", [["m"], ["=429"], ["m="], ["m=429", "m=500"]])
def test_serve_refuses_a_fault_that_it_cannot_read(given: list[str]) -> None:
    done = CliRunner().invoke(command, [word for each in given for word in ("--fault", each)])
    assert (done.exit_code, "give each model once" in done.output) == (2, True)


def test_serve_warns_of_a_fault_that_will_meet_nobody() -> None:
    typed = [*SERVE, "--port", "0", "--fault", "gpt-99=429"]
    with subprocess.Popen(typed, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        lines = [server.stdout.readline() for _ in range(4)]
        server.kill()
    assert lines[3] == "! no row of the matrix asks for gpt-99: its fault will meet nobody\n"
