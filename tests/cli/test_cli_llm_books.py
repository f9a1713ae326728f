"""`peak llm why | spend | enable`: a reader understands what happened without the source."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from llm.ledgers import ANSWER, OTHER_RUN, RUN, SCOPES, books_in, intent, refusal

from peaklib.cli import llm_enable, llm_spend, llm_why
from peaklib.errors import DataError, EvidenceError
from peaklib.llm.books import Books, Ending
from peaklib.llm.roles import Outcome

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

Call = Callable[..., Result]
COMMANDS = {"why": llm_why.command, "spend": llm_spend.command, "enable": llm_enable.command}


@pytest.fixture
def books(project: Path) -> Books:
    """A run whose first row gave no answer, and that met a drifted model."""
    made = books_in(project / "runs")
    ticket = made.open(intent("c1", 1, endpoint="local"), SCOPES)
    made.close(ticket, Ending(Outcome.TIMEOUT, "no answer within 60 s", latency_ms=60_012))
    row = {"row": "L1.fallback1", "asked": "o4-mini-deep-research"}
    made.close(made.open(intent("c1", 2, **row), SCOPES), ANSWER)
    made.open(intent("c2", 1), SCOPES)
    made.refuse(refusal("c3", 1, Outcome.BUDGET, "nothing is left", row="L1.primary"))
    made.disable("openai:o3-deep-research", "the reply names gpt-4o", RUN)
    return made


@pytest.fixture
def llm(project: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call `peak llm …` in the project, on a screen of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")

    def _call(name: str, *arguments: str) -> Result:
        return CliRunner().invoke(COMMANDS[name], [*arguments])

    return _call


def test_the_story_of_a_run_is_told_row_by_row(llm: Call, books: Books) -> None:
    done = llm("why", "abcdef")
    assert done.exit_code == 0
    assert (
        done.output
        == """\
run 20261121_140000_abcdef
3 calls, 1 answered · 3 attempts · 2,234 tokens · 0.011234 EUR
! 1 of 3 went to a stand-in on this machine: no model, no bill
matrix in force  77aa77aa77aa
policy in force  3f2a3f2a3f2a

1  L1 primary · 2026-11-21 14:00:04 UTC
  prompt l1-research/3 · request 8f3a8f3a8f3a
  ✕ L1.primary  openai:o3-deep-research  no answer in time (timeout)
      chosen: first in the matrix for L1 primary
      reason: no answer within 60 s
      1,000 tokens · 0.005 EUR · 60.0 s · stand-in on this machine; usage not
        reported: all that was set aside is charged
  ✓ L1.fallback1  openai:o4-mini-deep-research  answered
      chosen: next in the matrix after L1.primary (no answer in time)
      the reply names the model o3-deep-research
      234 tokens · 0.001234 EUR · 2.3 s · HTTP 200
  → answered by openai:o4-mini-deep-research (L1.fallback1)

2  L1 primary · 2026-11-21 14:00:12 UTC
  prompt l1-research/3 · request 8f3a8f3a8f3a
  ? L1.primary  openai:o3-deep-research  no outcome: the process died in the
    middle, or is still at it
      chosen: first in the matrix for L1 primary
      1,000 tokens · 0.005 EUR; all that was set aside counts as spent
  → no answer is recorded

3  L1 primary · 2026-11-21 14:00:14 UTC
  – L1.primary  openai:o4-mini-deep-research  not asked: not enough budget left
      reason: nothing is left
  → no answer; the caller got an error

! openai:o3-deep-research was disabled at 2026-11-21 14:00:18 UTC: the reply
  names gpt-4o
  nobody may ask it until a person clears it
next  peak llm enable openai:o3-deep-research --by NAME --reason TEXT
"""
    )


def test_a_script_reads_the_same_story(llm: Call, books: Books) -> None:
    told = json.loads(llm("why", RUN, "--json").output)
    assert told["run_id"] == RUN
    assert [step["outcome"] for step in told["calls"][0]["steps"]] == ["timeout", "ok"]
    assert told["switches"][0]["service"] == "openai:o3-deep-research"


def test_a_run_is_found_by_parts_of_its_id(llm: Call, books: Books) -> None:
    books.refuse(refusal("c9", 1, Outcome.DENIED, "by the policy"))
    books.open(intent("c8", run_id=OTHER_RUN), SCOPES)
    for text in (RUN, "abcdef", "abc", "20261121_14"):
        assert llm("why", text).output.startswith(f"run {RUN}\n")
    with pytest.raises(EvidenceError, match=f"may be {RUN}, {OTHER_RUN}; write more"):
        raise llm("why", "202611").exception or AssertionError
    with pytest.raises(EvidenceError, match=f"no run 'nope'.*asked models: {OTHER_RUN}, {RUN}"):
        raise llm("why", "nope").exception or AssertionError


def test_a_run_that_asked_no_model_says_so(llm: Call, project: Path) -> None:
    from peaklib.evidence import start_run

    with start_run(kind="test", config={}, seed=1, runs=project / "runs") as run:
        run.note("nothing to ask")
    done = llm("why", run.run_id)
    assert done.output == f"run {run.run_id} asked no model\nnext  peak llm spend\n"


def test_what_came_over_the_wire_cannot_steer_the_terminal(llm: Call, books: Books) -> None:
    ticket = books.open(intent("c4"), SCOPES)
    books.close(ticket, Ending(Outcome.DRIFT, "\x1b[2J\x07gone", returned="\x1b]0;x\x07"))
    output = llm("why", "abcdef").output
    assert "\x1b" not in output
    assert "\x07" not in output
    assert "�[2J�gone" in output


def test_sums_are_a_table_with_its_remarks(llm: Call, books: Books) -> None:
    assert (
        llm("spend", "--by", "model").output
        == """\
model                         calls attempts       tokens       EUR
openai:o3-deep-research           2        2        2,000  0.010000
openai:o4-mini-deep-research      1        1          234  0.001234
total                             2        3        2,234  0.011234
! 1 attempt without an outcome (the process died, or is still at it): 1,000
  tokens and 0.005 EUR of the sums are what was set aside for them
! 0.005 EUR of the sums went to stand-ins on this machine: that counts against
  budgets, and nobody pays it
next  peak llm spend --by run
"""
    )


def test_a_script_reads_sums_in_whole_micro_eur(llm: Call, books: Books) -> None:
    found = json.loads(llm("spend", "--json", "--since", "2026-11-21").output)
    assert (found["by"], found["since"]) == ("layer", "2026-11-21T00:00:00+00:00")
    assert found["sums"]["L1"] == found["total"]
    assert (found["total"]["cost_micro_eur"], found["total"]["held_micro_eur"]) == (6234, 5000)


def test_a_project_without_calls_has_no_sums(llm: Call, project: Path) -> None:
    assert llm("spend").output == "no model was asked\nnext  peak llm matrix\n"
    assert llm("spend", "--since", "2030-01-01").output.startswith("no model was asked since 2030")
    done = llm("spend", "--since", "yesterday")
    assert done.exit_code == 2
    assert "no date or time" in done.output
    assert not (project / "runs" / "llm").exists()


def test_a_person_clears_a_service(llm: Call, books: Books) -> None:
    assert (
        llm("enable").output
        == f"""\
✕ openai:o3-deep-research since 2026-11-21 14:00:18 UTC
  the reply names gpt-4o (run {RUN})
next  peak llm enable SERVICE --by NAME --reason TEXT
"""
    )
    (listed,) = json.loads(llm("enable", "--json").output)
    assert listed["reason"] == "the reply names gpt-4o"
    service = "openai:o3-deep-research"
    done = llm("enable", service, "--by", "mira", "--reason", "the alias was announced")
    first, *_, last = done.output.splitlines()
    assert first == f"✓ {service} may be asked again; mira: the alias was announced"
    assert last == f"next  peak llm why {RUN}"
    assert books.disabled(service) is None
    assert llm("enable").output == "no service is disabled\nnext  peak llm matrix\n"
    assert re.search(r"enabled again by mira on \d{4}-\d\d-\d\d", llm("why", "abcdef").output)
    again = llm("enable", service, "--by", "mira", "--reason", "once more")
    assert isinstance(again.exception, DataError)


@pytest.mark.parametrize(
    "arguments",
    [("openai:o3-deep-research",), ("openai:o3-deep-research", "--by", "mira"), ("--by", "mira")],
)
def test_nobody_clears_a_service_without_name_and_reason(
    llm: Call, books: Books, arguments: tuple[str, ...]
) -> None:
    assert llm("enable", *arguments).exit_code == 2
    assert books.disabled("openai:o3-deep-research") is not None
