"""The bars of routed calls say no when they must, and small measurements measure real calls."""

import asyncio
import json
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from chapters.bars import failures
from chapters.machine import Machine
from models.asking import CALLERS, MESSAGES
from models.bars import judge
from models.calls import by_turns, rate, rate_in_loop
from models.chapter import chapter
from models.measure import Measured, Round, Sided, service, take_turns
from models.sizes import Sizes
from models.starting import Started, loaded_sdk, measure_start
from models.weight import needed, weight
from paired.side import Side

from peaklib.evidence import Ledger

BENCH = Path(__file__).parent
PAGE = BENCH.parents[1] / "docs" / "benchmarks.md"
PINS = BENCH / "llm-peer-requirements.txt"


def round_(*, added: float = 3.0, share: float = 40.0, loop: float = 500.0) -> Round:
    one = {"routed": [1.5 + added] * 3, "bare": [1.5] * 3, "disk": [0.4] * 3}
    bare = {"threads": 600.0, "loop": loop}
    routed = {"threads": share / 100 * max(bare.values()), "loop": 1.0}
    return Round(one=one, many={"bare": bare, "routed": routed})


def sided(rounds: list[Round], start: float = 199.9) -> Sided:
    return Sided(
        versions={"openai": "3"},
        rounds=rounds,
        started=Started(imported=[start] * 3, plain=[15.0] * 3),
        ready=Started(imported=[415.0] * 3, plain=[15.0] * 3),
        weight={"packages": 14.0, "megabytes": 20.4},
    )


@pytest.fixture
def good() -> Measured:
    """Measurements that meet every bar, at its edge."""
    return Measured(
        machine=Machine("a processor", 2, 8.0, "Linux x86_64", 0.1),
        file_system="ext4",
        sizes=Sizes(),
        ours=sided([round_(), round_(added=9.0, share=10.0), round_(added=1.0, share=90.0)]),
        peer=sided([round_(added=99.0, share=1.0)], start=2_800.0),
        loaded=[],
    )


def test_every_bar_is_met_at_its_edge(good: Measured) -> None:
    assert failures(judge(good)) == []


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({"ours": sided([round_(added=3.01)])}, "a routed call, over the bare SDK is 3.01 ms"),
        ({"ours": sided([round_(share=39.9)])}, "rate of 32 callers, of the bare SDK's is 39.9 %"),
        ({"ours": sided([round_()], 200.0)}, "start of Python with `import peaklib.llm` is 200 ms"),
        ({"loaded": ["openai"]}, "libraries of HTTP loaded, with `Router` is openai"),
    ],
)
def test_a_bar_that_is_missed_is_named(good: Measured, change: dict[str, Any], missed: str) -> None:
    (line,) = failures(judge(replace(good, **change)))
    assert line.startswith(f"missed: {missed}")


def test_a_routed_call_is_held_against_the_bare_one_of_its_turn() -> None:
    one = {"routed": [5.0, 9.0, 4.0], "bare": [1.0, 8.0, 2.0]}
    assert Round(one=one, many={}).added == 2.0


@pytest.mark.parametrize(("loop", "share"), [(100.0, 50.0), (1_200.0, 25.0)])
def test_the_rate_is_held_against_the_better_of_the_bare_ones(loop: float, share: float) -> None:
    bare = {"threads": 600.0, "loop": loop}
    found = Round(one={}, many={"bare": bare, "routed": {"threads": 300.0, "loop": 900.0}})
    assert found.share == share


def test_the_chapter_shows_every_bar_and_a_missed_one(good: Measured) -> None:
    made = chapter(replace(good, loaded=["openai", "httpx2"]), "1 May")
    assert made.text.startswith("## Models\n")
    assert "| a routed call, over the bare SDK | ≤ 3 ms | 3.00 ms (1.00–9.00) | yes |" in made.text
    row = "| libraries of HTTP loaded, with `Router` | none | openai, httpx2 | **no** |"
    assert row in made.text
    assert "| packages | 14 | 14 |" in made.text
    assert "take 0.40 ms on this disk" in made.text
    assert len(made.problems()) == 1


def test_the_page_in_docs_reports_every_bar_as_met(good: Measured) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for bar in judge(good):
        (row,) = [line for line in lines if line.startswith(f"| {bar.what} | {bar.required} |")]
        assert row.endswith("| yes |")


def test_turns_alternate_and_each_is_timed() -> None:
    done: list[str] = []
    times = by_turns({"a": lambda: done.append("a"), "b": lambda: done.append("b")}, 3)
    assert done == ["a", "b"] * 3
    assert {name: len(each) for name, each in times.items()} == {"a": 3, "b": 3}


def test_as_many_callers_as_asked_call_at_the_same_time() -> None:
    met, calls = threading.Barrier(4, timeout=10), []

    def call() -> None:
        met.wait()
        calls.append(1)

    assert rate(call, callers=4, each=3) > 0
    assert len(calls) == 12


def test_tasks_of_a_loop_call_as_often_as_asked() -> None:
    calls: list[int] = []

    async def call() -> None:
        await asyncio.sleep(0)
        calls.append(1)

    assert asyncio.run(rate_in_loop(call, callers=4, each=3)) > 0
    assert len(calls) == 4 * (1 + 3)


def test_an_error_of_a_caller_ends_the_measurement() -> None:
    with pytest.raises(ZeroDivisionError):
        rate(lambda: 1 // 0, callers=2, each=1)


def test_the_service_answers_from_the_model_that_is_asked() -> None:
    body = json.dumps({"model": "m", "messages": list(MESSAGES)}).encode()
    with service() as url:
        assert url.startswith("http://127.0.0.1:")
        with urlopen(Request(f"{url}/chat/completions", body), timeout=10) as reply:
            answer = json.load(reply)
    assert (answer["model"], answer["choices"][0]["finish_reason"]) == ("m", "stop")
    assert answer["usage"]["total_tokens"] == 100


def test_the_service_keeps_a_connection_and_answers_what_comes_in_pieces() -> None:
    body = b'{"model": "m"}'
    head = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 14\r\n\r\n"
    with service() as url:
        port = int(url.split(":")[2].partition("/")[0])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as caller:
            for part in (head[:20], head[20:] + body[:5], body[5:] + head + body):
                caller.sendall(part)
            read = b""
            while read.count(b'"total_tokens": 100') < 2:
                read += caller.recv(1 << 16)
    assert read.count(b"HTTP/1.1 200 OK") == 2


def test_a_side_may_reach_this_machine_only() -> None:
    code = (
        "import socket; from models.calls import stay_on_this_machine; stay_on_this_machine()\n"
        "socket.create_connection(('192.0.2.1', 80), timeout=1)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=BENCH, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "stays on this machine, and '192.0.2.1' was to be reached" in done.stderr


def test_what_an_import_adds_is_what_it_takes_beyond_a_bare_start() -> None:
    found = measure_start(Path(sys.executable), "import time; time.sleep(0.2)", 1)
    assert len(found.added) == 1
    assert found.added[0] > 100
    assert loaded_sdk(Path(sys.executable), "import json") == []
    assert loaded_sdk(Path(sys.executable), "import httpx2") == ["httpx2"]


def test_a_package_is_weighed_with_what_it_needs() -> None:
    found = needed("openai")
    assert {"openai", "httpx2", "pydantic", "pydantic-core", "h11"} <= found.keys()
    assert "numpy" not in found  # of an extra that nobody asked for
    (bare, whole) = (weight("typing_extensions"), weight("openai"))
    assert bare["packages"] == 1
    listed = [path.locate() for path in distribution("typing_extensions").files or ()]
    own = [path for path in map(Path, map(str, listed)) if path.suffix != ".pyc"]
    assert bare["megabytes"] == sum(path.stat().st_size for path in own) / 1e6
    assert whole["packages"] == len(found)


def test_the_peer_is_pinned_with_digests_and_brings_no_forbidden_package() -> None:
    lines = PINS.read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith(("#", " "))]
    assert all("==" in line and line.endswith("\\") for line in pins)
    assert [line for line in pins if line.startswith("litellm==")] != []
    assert not any(word in line for line in pins for word in ("anthropic", "claude"))
    behind = {lines[number + 1].strip()[:14] for number, line in enumerate(lines) if line in pins}
    assert behind == {"--hash=sha256:"}


@pytest.mark.slow
def test_a_small_measurement_makes_real_calls(tmp_path: Path) -> None:
    sizes = Sizes(rounds=1, turns=3, each=1, starts=1)
    with (
        service() as url,
        Side(Path(sys.executable), "models.ours", url, tmp_path, cache=tmp_path) as ours,
    ):
        ((found,),) = take_turns([ours], sizes)
    assert {name: len(times) for name, times in found.one.items()} == {
        "routed": 3,
        "bare": 3,
        "disk": 3,
    }
    assert all(rate > 0 for rates in found.many.values() for rate in rates.values())
    # 20 and 3 by one caller; of each measurement by many, one in threads and two in a loop.
    calls = 20 + 3 + 2 * CALLERS * (1 + 2)
    ledger = Ledger(tmp_path / "ledger.jsonl")
    outcomes = [line.data["outcome"] for line in ledger.events("llm_outcome")]
    assert outcomes == ["ok"] * calls
    assert ledger.verify().problems == ()
