"""What a hostile service, a hasty caller and a forgotten router cannot do."""

import gc
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from llm.routing import HELLO, RUN, Bench, bench
from scratch import wait_until
from wire import CHAT, ENVIRON, KEY, REQUEST, Server, completion, send

from peaklib.errors import (
    BudgetError,
    ConfigError,
    GuardrailError,
    PeakError,
    PolicyViolation,
    ProviderError,
    SwitchedOffError,
)
from peaklib.llm import Limit, Router
from peaklib.llm.books import Books
from peaklib.llm.client import Failure
from peaklib.llm.client.cleaning import cleaned
from peaklib.llm.messages import Answer, Request
from peaklib.llm.roles import Outcome
from peaklib.llm.routing.attempt import _is_free, most_input
from peaklib.llm.routing.validation import check_answer
from peaklib.llm.settings import Row

NOTE = {"type": "object", "properties": {"note": {}}, "required": ["note"]}
HURRY = Limit(10**9, 10**12, 10, 1e-6)


def escaped(text: str) -> str:
    """A text as JSON may spell it."""
    return "".join(f"\\u{ord(c):04x}" for c in text)


def named(model: str) -> bytes:
    """A sound reply whose model is spelled like this."""
    return json.dumps(completion(model="@")).replace('"@"', f'"{model}"').encode()


class Watched(dict[str, str]):
    """An environment that does something whenever a switch is read."""

    def __init__(self, known: dict[str, str], then: Callable[["Watched"], None]) -> None:
        super().__init__(known)
        self.then = then

    def get(self, name: str, default: Any = None) -> Any:
        if name == "AI_ENABLED":
            self.then(self)
        return super().get(name, default)


def watch(at: Bench, then: Callable[[Watched], None]) -> None:
    """Let a bench's router read its switches from a watched environment."""
    object.__setattr__(at.router._desk, "environ", Watched(at.environ, then))


@pytest.mark.parametrize("before", ["", "gpt-"])
def test_a_key_that_escapes_spell_is_not_in_the_name_of_the_model(before: str) -> None:
    with (
        Server(lambda c: c.reply(named(before + escaped(KEY)))) as server,
        pytest.raises(PolicyViolation) as caught,
    ):
        send(server)
    assert caught.value.saw == f"{before}[redacted]"


def test_another_secret_is_not_in_the_name_of_the_model() -> None:
    secret = "-".join(("much", "too", "well", "known"))
    with Server(lambda c: c.reply(named(escaped(secret)))) as server:
        got = send(server, environ={**ENVIRON, "DB_PASSWORD": secret})
    assert got.model == "[redacted: DB_PASSWORD]"


@pytest.mark.parametrize("told", [escaped(KEY), escaped(" ".join(KEY)), KEY[::-1], KEY.upper()])
def test_a_forbidden_model_shows_no_key(told: str) -> None:
    with (
        Server(lambda c: c.reply(named("claude-" + told))) as server,
        pytest.raises(PolicyViolation) as caught,
    ):
        send(server)
    plain = "".join(filter(str.isalnum, caught.value.saw + str(caught.value))).lower()
    letters = "".join(filter(str.isalnum, KEY)).lower()
    for way in (letters, letters[::-1]):
        assert not [i for i in range(len(way) - 8) if way[i : i + 9] in plain]


@pytest.mark.parametrize("told", [" ".join(KEY), KEY[::-1], KEY.swapcase(), "-".join(KEY[::-1])])
def test_a_reason_shows_no_key_however_it_is_spelled(told: str) -> None:
    got = cleaned(Failure(Outcome.OUTAGE, f"b\u0130d: {told} was used"), KEY, ENVIRON, REQUEST)
    assert got.reason == "b\u0130d: [redacted] was used"


@pytest.mark.parametrize(
    "text",
    [r'{"note": "calm \ud800"}', '{"note": 1, "note": 2}', '{"note": 1e999}', '{"note": NaN}'],
)
def test_json_that_readers_would_read_differently_is_refused(text: str) -> None:
    answer = Answer(text, "m", None, "stop")
    got = check_answer(answer, Request(HELLO, 10, (), NOTE), "m", ())
    assert got.outcome is Outcome.FORMAT


def test_a_key_that_escapes_spell_within_json_is_taken_out() -> None:
    text = f'{{"note": "so {escaped(KEY[:9])}{KEY[9:12]}{escaped(KEY[12:]).upper()}"}}'
    text = text.replace("\\U", "\\u")
    with Server(lambda c: c.json(completion(text))) as server:
        assert send(server).text == '{"note": "so [redacted]"}'


def test_the_layer_of_critics_needs_its_switch_whoever_asks_it(tmp_path: Path) -> None:
    with bench(tmp_path, environ={"AI_ARMED": ""}) as at:
        with pytest.raises(SwitchedOffError, match="AI_ARMED"):
            at.call("L4")
        assert at.call("L2").text
        assert len(at.standin.seen) == 1


def test_the_layer_of_critics_is_measured_without_its_switch(tmp_path: Path) -> None:
    with bench(tmp_path, environ={"AI_ARMED": ""}, options={"phase": "evals"}) as at:
        assert at.call("L4").text


@pytest.mark.parametrize("fault", ["500", "429-ms"])
def test_the_kill_switch_stops_a_call_that_is_under_way(tmp_path: Path, fault: str) -> None:
    with bench(tmp_path, faults={"gpt-5-mini": fault}) as at:

        def off(environ: Watched) -> None:
            if at.standin.seen:
                environ["AI_ENABLED"] = "0"

        watch(at, off)
        with pytest.raises(SwitchedOffError):
            at.call()
        assert len(at.standin.seen) == 1
        assert [line["event"] for line in at.lines("intent", "outcome", "refused")] == [
            "llm_intent",
            "llm_outcome",
            "llm_refused",
        ]


def test_what_is_asked_cannot_be_changed_on_the_way(tmp_path: Path) -> None:
    part = {"type": "text", "text": "honest"}
    message = {"role": "user", "content": [part]}
    with bench(tmp_path, faults={"gpt-5-mini": "500"}) as at:

        def change(_: Watched) -> None:
            part["text"] = "other"
            message["role"] = "system"

        watch(at, change)
        at.call(messages=[message])
        assert len(at.standin.seen) == 2
        assert "other" not in str(at.standin.seen)
        assert "honest" in str(at.standin.seen)


def test_drift_of_a_stand_in_leaves_the_service_alone(tmp_path: Path) -> None:
    with bench(tmp_path, faults={"gpt-5-mini": ["other-model"]}) as at:
        with pytest.raises(GuardrailError, match="'local openai:gpt-5-mini'"):
            at.call()
        books = Books(at.runs / "llm", at.router.ledger)
        assert books.disabled("openai:gpt-5-mini") is None
        assert books.disabled("local openai:gpt-5-mini") is not None


PICTURE = [{"type": "text", "text": "See."}, {"type": "image_url", "image_url": {"url": "x"}}]


@pytest.mark.parametrize(
    ("content", "tools"),
    [
        (PICTURE, ()),
        ("Search.", ({"type": "web_search_preview", "function": {}},)),
        ("Search.", ({"function": {"name": "f"}},)),
    ],
)
def test_what_reads_on_by_itself_reserves_all_that_a_row_reads(content: Any, tools: Any) -> None:
    request = Request([{"role": "user", "content": content}], 10, tools)
    assert most_input(request, Row("L2", "primary", "openai", "m", "chat", None, False, 9000)) == (
        9000
    )
    with pytest.raises(BudgetError, match="max_input_tokens"):
        most_input(request, CHAT)


def test_text_and_functions_reserve_what_they_are_long() -> None:
    parts = [{"type": "text", "text": "See."}]
    tools = ({"type": "function", "function": {"name": "f", "parameters": {}}},)
    assert most_input(Request([{"role": "user", "content": parts}], 10, tools), CHAT) < 1000


@pytest.mark.parametrize(
    ("status", "free"), [(408, False), (504, False), (524, False), (503, True)]
)
def test_a_wait_that_was_cut_off_may_have_to_be_paid_for(status: int, free: bool) -> None:
    assert _is_free(Failure(Outcome.OUTAGE, "", status)) is free


def test_a_hasty_caller_neither_pays_nor_stops_others(tmp_path: Path) -> None:
    with bench(tmp_path) as at:
        with pytest.raises(ProviderError, match="timeout"):
            at.call(budget=HURRY)
        assert at.standin.seen == []
        assert [line["cost_micro_eur"] for line in at.lines("outcome")] == [0, 0]
        assert at.call().row == "L2.primary"


def test_a_hasty_caller_pays_for_what_was_sent(tmp_path: Path) -> None:
    hurry = Limit(10**9, 10**12, 10, 0.3)
    with bench(tmp_path, faults={"gpt-5-mini": ["hang-headers"]}) as at:
        at.call(budget=hurry)
        intent, outcome, *_ = at.lines("intent", "outcome")
        assert outcome["cost_micro_eur"] == intent["reserved_micro_eur"] > 0
        assert at.call().row == "L2.primary"


def test_a_router_that_is_forgotten_leaves_no_thread_behind(tmp_path: Path) -> None:
    def loops() -> Iterator[threading.Thread]:
        return (t for t in threading.enumerate() if t.name == "peaklib-llm")

    with bench(tmp_path) as at:
        before = {*loops()}
        options: dict[str, Any] = {"environ": at.environ, "runs": at.runs}
        routers = [Router(at.router.settings, **options) for _ in range(3)]
        for router in routers:
            assert router.call("L2", "primary", HELLO, run_id=RUN, prompt_version="t").text
        assert len({*loops()} - before) == 3
        open_files = len(os.listdir("/proc/self/fd"))
        del router, routers
        gc.collect()
        wait_until(lambda: not {*loops()} - before, "the end of the loops")
        assert len(os.listdir("/proc/self/fd")) < open_files


@pytest.mark.parametrize("run_id", ["", "a b", "a\x1b[2Jb", "\ud800", "ä", "x" * 101, "a\n"])
def test_an_id_of_a_run_is_short_and_printable(tmp_path: Path, run_id: str) -> None:
    with bench(tmp_path) as at:
        with pytest.raises(ConfigError, match="run_id"):
            at.call(run_id=run_id)
        assert not (at.runs / "ledger.jsonl").exists()


def test_an_empty_environment_is_not_the_one_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_PROFILE", "nonsense")
    with Router.of_project(environ={}, runs=tmp_path) as router:
        assert router.settings.profile == "dev"
    with pytest.raises(PeakError, match="nonsense"):
        Router.of_project(runs=tmp_path)
