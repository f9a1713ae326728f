"""`peak eval` and `peak llm verify`: what they say, what they leave, how they end."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ai_settings import LOCK, edit
from click.testing import CliRunner, Result
from llm.evals_project import EvalProject, answer, good, make_eval_project, unlike

from peaklib.cli import eval as eval_command, llm_rollback, llm_verify
from peaklib.errors import ConfigError, EvidenceError, SwitchedOffError
from peaklib.evidence import Ledger, open_run
from peaklib.llm.settings import read_lock
from peaklib.llm.standin import StandIn

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

Call = Callable[..., Result]
COMMANDS = {
    "eval": eval_command.command,
    "verify": llm_verify.command,
    "rollback": llm_rollback.command,
}


@pytest.fixture
def evals(project: Path) -> EvalProject:
    """The project at work, with cases of the test's own."""
    return make_eval_project(project)


@pytest.fixture
def peak(evals: EvalProject, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call a command on a screen of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("AI_ENABLED", "AI_LOCAL_URL"):
        monkeypatch.delenv(name, raising=False)

    def _call(name: str, *arguments: str) -> Result:
        return CliRunner().invoke(COMMANDS[name], [*arguments])

    return _call


@pytest.fixture
def served(peak: Call, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that passes every case, in the place of all providers."""
    with StandIn(good) as standin:
        monkeypatch.setenv("AI_ENABLED", "1")
        monkeypatch.setenv("AI_LOCAL_URL", standin.url)
        yield


def run_id_of(output: str) -> str:
    found = re.search(r"\d{8}_\d{6}_[0-9a-f]{6}", output)
    assert found
    return found[0]


def test_eval_of_the_parrot_says_so_and_shows_what_failed(evals: EvalProject, peak: Call) -> None:
    done = peak("eval", "--layer", "L2", "--local")
    assert done.exit_code == 0
    assert done.output.startswith("openai:gpt-5-mini on 4 cases of L2: a parrot on this machine")
    assert "✕ L2-001\n    1 contains sections.Summary: has none of ['low', 'calm']" in done.output
    assert re.search(r"pass@1 +75\.0% +3 of 4, \d", done.output)
    assert re.search(r"p95 latency +[\d.]+ s +[\d.]+ s – not enough cases", done.output)
    assert re.search(r"policy violations +0 +at most 52\.7% of answers", done.output)
    assert max(map(len, done.output.splitlines())) <= 80
    run = run_id_of(done.output)
    assert open_run(run).record()["kind"] == "eval"
    assert done.output.endswith(f"next  peak runs show {run}\n")


def test_eval_of_a_server_names_it_and_is_in_the_ledger(
    evals: EvalProject, peak: Call, served: None
) -> None:
    done = peak("eval", "--layer", "L2", "--json")
    found = json.loads(done.output)
    assert (found["source"], found["status"], found["whole"]) == ("local", "completed", True)
    assert "no provider was asked" in found["said"]
    assert found["metrics"]["pass_at_1"] == 1.0
    assert [each["passed"] for each in found["cases"]] == [True] * 4
    calls = [*Ledger(evals.runs / "ledger.jsonl").events("llm_outcome")]
    assert {call.data["run_id"] for call in calls} == {found["run_id"]}


def test_without_a_model_nothing_is_run(evals: EvalProject, peak: Call) -> None:
    done = peak("eval", "--layer", "L2")
    assert isinstance(done.exception, SwitchedOffError)
    assert "--local or --replay" in str(done.exception)
    assert not evals.runs.exists()
    assert peak("eval", "--layer", "L2", "--local", "--replay", "x").exit_code == 2
    assert isinstance(peak("eval", "--layer", "L5", "--local").exception, Exception)
    unknown = peak("eval", "--layer", "L2", "--local", "--cases", "L2-09")
    assert isinstance(unknown.exception, ConfigError)


def test_baseline_says_what_fails_now(evals: EvalProject, peak: Call, tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    with_file = ("--layer", "L2", "--local", "--save-baseline", str(file))
    assert "no case went otherwise" not in peak("eval", *with_file).output
    same = peak("eval", "--layer", "L2", "--local", "--baseline", str(file))
    assert "no case went otherwise" in same.output
    content = json.loads(file.read_text("utf-8"))
    content["cases"]["L2-001"] = []
    file.write_text(json.dumps(content), "utf-8")
    worse = peak("eval", "--layer", "L2", "--local", "--baseline", str(file))
    assert "✕ L2-001  fails now: 1 contains sections.Summary" in worse.output
    assert "3 of 4 common cases passed, 4 before: −25.0 points, p = 1.000" in worse.output


def test_run_of_before_serves_as_replies_and_as_baseline(
    evals: EvalProject, peak: Call, served: None
) -> None:
    before = run_id_of(peak("eval", "--layer", "L2").output)
    again = peak("eval", "--layer", "L2", "--replay", before, "--baseline", before)
    assert again.exit_code == 0
    assert "recorded replies answered, no model was asked" in again.output.replace("\n  ", " ")
    assert "no case went otherwise" in again.output
    assert f"next  peak runs show {run_id_of(again.output)}" in again.output


def test_eval_that_stops_early_ends_with_1(peak: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    with StandIn(good, faults={"gpt-5-mini": ["429-quota"]}) as standin:
        monkeypatch.setenv("AI_ENABLED", "1")
        monkeypatch.setenv("AI_LOCAL_URL", standin.url)
        done = peak("eval", "--layer", "L2", "--at-once", "1")
    assert done.exit_code == 1
    assert "· 3 cases not asked (openai:gpt-5-mini is left alone" in done.output
    assert "peak llm verify" not in done.output
    assert "stopped early" in done.output


def test_verify_writes_lock_and_ledger_and_rollback_takes_it_back(
    evals: EvalProject, peak: Call, served: None
) -> None:
    path = evals.folder / "configs" / "ai" / LOCK
    before = read_lock(path)
    run = run_id_of(peak("eval", "--layer", "L2").output)
    done = peak("verify", run, "--signer", "ada", "--reason", "first measurement")
    assert done.exit_code == 0, done.output
    assert "✓ L2 openai:gpt-5-mini: 4 of 4 cases, 1.000" in done.output
    assert "verifies nothing in prod" in done.output.replace("\n      ", " ")
    lock = read_lock(path)
    assert [(e.layer, e.model_id, e.signer, e.endpoint) for e in lock.entries] == [
        ("L2", "gpt-5-mini", "ada", "local")
    ]
    (line,) = Ledger(evals.runs / "ledger.jsonl").events("llm_lock")
    assert line.data["action"] == "verify"
    assert (line.data["before"], line.data["after"]) == (before.digest, lock.digest)
    assert (line.data["by"], line.data["reason"]) == ("ada", "first measurement")
    assert peak("rollback", "--yes").exit_code == 0
    assert read_lock(path).entries == before.entries


def test_one_run_that_falls_short_leaves_the_lock_as_it_is(evals: EvalProject, peak: Call) -> None:
    path = evals.folder / "configs" / "ai" / LOCK
    before = path.read_bytes()
    fine = evals.measure()
    short = evals.measure(unlike(n3=answer("Buy the index now.")))
    done = peak("verify", fine.run_id, short.run_id, "--signer", "ada")
    assert done.exit_code == 1
    assert "policy violations: 1, tolerated: 0" in done.output
    assert "the lock was left as it is" in done.output
    assert path.read_bytes() == before
    assert not [*Ledger(evals.runs / "ledger.jsonl").events("llm_lock")]


def test_verify_asks_for_a_signer_and_for_evals(evals: EvalProject, peak: Call) -> None:
    assert peak("verify", "20261121_120000_abcdef").exit_code == 2
    assert peak("verify", "20261121_120000_abcdef", "--signer", " ").exit_code == 2
    missing = peak("verify", "20261121_120000_abcdef", "--signer", "ada")
    assert isinstance(missing.exception, EvidenceError)


def test_another_lock_may_be_written(evals: EvalProject, peak: Call, tmp_path: Path) -> None:
    run = evals.measure()
    other = tmp_path / "other.lock"
    done = peak("verify", run.run_id, "--signer", "ada", "--lock", str(other))
    assert done.exit_code == 0
    assert [entry.model_id for entry in read_lock(other).entries] == ["gpt-5-mini"]
    assert not read_lock(evals.folder / "configs" / "ai" / LOCK).entries
    # So that nobody takes it for a line about the project's own.
    (line,) = Ledger(evals.runs / "ledger.jsonl").events("llm_lock")
    assert line.data["file"] == str(other)


def test_threshold_comes_from_the_project(evals: EvalProject, peak: Call) -> None:
    run = evals.measure(unlike(n1=answer("It was wild.")))
    assert peak("verify", run.run_id, "--signer", "ada").exit_code == 1
    edit(evals.folder / "configs" / "ai" / "evals.toml", "min_pass = 0.82", "min_pass = 0.75")
    assert peak("verify", run.run_id, "--signer", "ada").exit_code == 0
