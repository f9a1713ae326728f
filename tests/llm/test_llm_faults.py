"""The fault matrix: every row of docs/reference/model-faults.md, over real HTTP."""

import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ai_settings import EXAMPLE, TODAY
from scratch import ROOT

from peaklib.errors import PeakError
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.llm.history import Step, why
from peaklib.llm.router import Router
from peaklib.llm.settings import Limit, Settings, load_settings
from peaklib.llm.standin import FAULTS, Said, StandIn
from peaklib.llm.standin.faults import ALIASES

# The calls are made once, by one worker.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(name="faults")]

PAGE = ROOT / "docs" / "reference" / "model-faults.md"
DEADLINE_S = 2.0
PLENTY = 10**15
RUN = "20261121_120000_faults"
PROMPT = "Words of the prompt that nobody may keep."
SCHEMA = {
    "type": "object",
    "properties": {"note": {"type": "string"}},
    "required": ["note"],
    "additionalProperties": False,
}
# Groups whose faults have another shape in the responses API, and are asked there, too.
IN_BOTH = ("reply", "usage", "answer", "redirect")


@dataclass(frozen=True)
class Expected:
    """A row of the page."""

    fault: str
    meaning: str
    outcome: str
    router: str
    charged: str
    lines: str


@dataclass(frozen=True)
class Seen:
    """What became of a call."""

    steps: tuple[Step, ...]
    error: PeakError | None
    reserved: int
    events: tuple[str, ...]
    problems: tuple[str, ...]
    run_spent: tuple[int, int]
    left_reserved: int
    strayed: int
    kept: str

    @property
    def router(self) -> str:
        """What the router did, in the words of the page."""
        ways = [
            "asks again" if now.row == then.row else "falls back"
            for now, then in pairwise(self.steps)
        ]
        if self.error is not None:
            ways.append(f"aborts: {type(self.error).__name__}")
        return ", ".join(ways) or "takes the answer"

    @property
    def charged(self) -> str:
        """What the first attempt cost."""
        cost = self.steps[0].cost_micro_eur
        return {0: "nothing", self.reserved: "reserved"}.get(cost, "used")


def page_rows(text: str) -> list[Expected]:
    """The rows of all tables of a text."""
    form = re.compile(r"^\| `([^`]+)` \|" + r" (.+?) \|" * 5 + "$", re.MULTILINE)
    return [Expected(*found.groups()) for found in form.finditer(text)]


USUAL, APART = map(page_rows, PAGE.read_text("utf-8").split("## Where the responses API differs"))
EXPECTED = {row.fault: row for row in USUAL}
IN_RESPONSES = EXPECTED | {row.fault: row for row in APART}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Future[Seen]]]:
    """All calls, made side by side: most of them wait."""
    settings = load_settings(EXAMPLE, today=TODAY)
    calls = [
        (name, "L1" if fault.api == "responses" else "L2") for name, fault in FAULTS.items()
    ] + [(name, "L4") for name, fault in FAULTS.items() if fault.group in IN_BOTH]
    with ThreadPoolExecutor(4) as pool:
        yield {
            (name, layer): pool.submit(
                _call, settings, layer, name, tmp_path_factory.mktemp(f"{layer}-{name}")
            )
            for name, layer in calls
        }
        pool.shutdown(cancel_futures=True)


def _call(settings: Settings, layer: str, fault: str, runs: Path) -> Seen:
    first = settings.chain(layer, "primary")[0]
    budget, error = Limit(PLENTY, PLENTY, PLENTY, DEADLINE_S), None
    with StandIn(faults={first.model_id: fault}, polls=1) as standin:
        environ = {"AI_ENABLED": "1", "AI_ARMED": "1", "AI_LOCAL_URL": standin.url}
        with Router(settings, environ=environ, runs=runs) as router:
            try:
                router.call(
                    layer,
                    "primary",
                    [{"role": "user", "content": PROMPT}],
                    response_schema=SCHEMA,
                    run_id=RUN,
                    prompt_version="faults",
                    budget=budget,
                )
            except PeakError as problem:
                error = problem
    return _seen(runs, error, standin.strayed)


def _seen(runs: Path, error: PeakError | None, strayed: int) -> Seen:
    ledger = Ledger(runs / "ledger.jsonl")
    intent, *_ = ledger.events("llm_intent")
    with closing(sqlite3.connect(runs / "llm" / "state.sqlite")) as books:
        (spent,) = books.execute(
            "SELECT cost, calls FROM scopes WHERE name = ?", [f"run {RUN}"]
        ).fetchall()
        ((left,),) = books.execute("SELECT count(*) FROM reserved").fetchall()
    return Seen(
        why(ledger, RUN).calls[0].steps,
        error,
        intent.data["reserved_micro_eur"],
        tuple(e.event for e in ledger.events() if e.event.startswith("llm_")),
        ledger.verify([]).problems,
        spent,
        left,
        strayed,
        "".join(path.read_text("utf-8") for path in runs.rglob("*.jsonl")),
    )


def _events(lines: str) -> tuple[str, ...]:
    """The events that a cell of the page stands for."""
    count, _, disabled = lines.partition(" + ")
    made = ("llm_intent", "llm_outcome") * (int(count) // 2)
    return (*made, f"llm_{disabled}") if disabled else made


def _check(row: Expected, got: Seen) -> None:
    told: Any = (got.steps[0].outcome, got.router, got.charged, got.events)
    assert told == (row.outcome, row.router, row.charged, _events(row.lines))
    assert got.problems == ()
    # The books agree with the ledger, and nothing stays set aside.
    assert got.run_spent == (sum(step.cost_micro_eur for step in got.steps), len(got.steps))
    assert got.left_reserved == 0
    assert got.strayed == 0
    assert PROMPT not in got.kept


def test_every_fault_has_one_row_with_its_meaning() -> None:
    meanings = {name: fault.meaning for name, fault in FAULTS.items()}
    assert [(row.fault, row.meaning) for row in USUAL] == [*meanings.items()]
    assert len(USUAL) >= 50
    assert all(meanings[row.fault] == row.meaning for row in APART)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_router_does_what_the_page_says(
    fault: str, seen: dict[tuple[str, str], Future[Seen]]
) -> None:
    layer = "L1" if FAULTS[fault].api == "responses" else "L2"
    _check(EXPECTED[fault], seen[fault, layer].result())


@pytest.mark.parametrize("fault", [name for name, each in FAULTS.items() if each.group in IN_BOTH])
def test_the_responses_api_differs_only_where_the_page_says_so(
    fault: str, seen: dict[tuple[str, str], Future[Seen]]
) -> None:
    _check(IN_RESPONSES[fault], seen[fault, "L4"].result())


def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one(tmp_path: Path) -> None:
    settings = load_settings(EXAMPLE, today=TODAY)
    first = settings.chain("L2", "primary")[0]
    with StandIn(
        lambda asked: Said(f"about {asked.prompt}"), faults={first.model_id: "second-answer"}
    ) as standin:
        environ = {"AI_ENABLED": "1", "AI_ARMED": "1", "AI_LOCAL_URL": standin.url}
        with Router(settings, environ=environ, runs=tmp_path) as router:
            replies = [
                router.call(
                    "L2",
                    "primary",
                    [{"role": "user", "content": f"question {number}"}],
                    run_id=RUN,
                    prompt_version="faults",
                )
                for number in range(3)
            ]
    assert [reply.text for reply in replies] == [f"about question {n}" for n in range(3)]
    assert [reply.row for reply in replies] == ["L2.primary"] * 3


def test_short_names_on_the_page_are_those_of_the_code() -> None:
    text = " ".join(PAGE.read_text("utf-8").split("## ")[0].split())
    assert dict(re.findall(r"`(\w+)` is `([\w-]+)`", text)) == dict(ALIASES)
