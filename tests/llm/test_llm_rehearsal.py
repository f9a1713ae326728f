"""Dry runs: the path of one call when services fail, and what they leave alone."""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from peaklib.cli.llm_dry_run import command
from peaklib.errors import ConfigError, GuardrailError, PolicyViolation, ProviderError
from peaklib.llm.rehearsal import rehearse
from peaklib.llm.settings import Settings, load_settings

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings(ROOT / "configs" / "ai", today=date(2026, 11, 21))


def test_a_call_that_finds_everybody_well_is_answered_by_the_first_row(settings: Settings) -> None:
    done = rehearse(settings, "L2")
    assert [(step.row, step.outcome) for step in done.call.steps] == [("L2.primary", "ok")]
    assert done.decisions() == ("answers",)
    assert json.loads(done.text or "")["note"].startswith("This is a stand-in")
    assert done.requests == 1


@pytest.mark.parametrize("layer", ["L0", "L1", "L2", "L3", "L4"])
def test_every_layer_falls_back_when_its_first_row_has_an_outage(
    settings: Settings, layer: str
) -> None:
    done = rehearse(settings, layer, fail={"primary": "503"})
    assert [step.outcome for step in done.call.steps] == ["outage", "ok"]
    assert done.decisions() == ("falls back", "answers")
    assert done.error is None


def test_the_path_of_the_issue_ends_in_an_abort(settings: Settings) -> None:
    fail = {"primary": "timeout", "fallback1": "429"}
    done = rehearse(settings, "L1", fail=fail, deadline_s=0.3)
    assert [(step.row, step.outcome) for step in done.call.steps] == [
        ("L1.primary", "timeout"),
        ("L1.fallback1", "rate_limited"),
    ]
    assert 300 <= (done.call.steps[0].latency_ms or 0) < 1500
    assert done.decisions() == ("falls back", "aborts")
    assert isinstance(done.error, ProviderError)
    assert (done.text, done.requests) == (None, 2)


def test_a_wait_that_fits_is_waited_for(settings: Settings) -> None:
    done = rehearse(settings, "L2", fail={"primary": ["429-ms", "ok"]})
    assert [step.outcome for step in done.call.steps] == ["rate_limited", "ok"]
    assert done.decisions() == ("asks again", "answers")


def test_a_strange_model_is_not_answered_around(settings: Settings) -> None:
    done = rehearse(settings, "L2", fail={"primary": "drift"})
    assert [step.outcome for step in done.call.steps] == ["drift"]
    assert isinstance(done.error, GuardrailError)
    assert done.requests == 1


def test_the_critic_of_a_layer_may_be_the_service_of_another(settings: Settings) -> None:
    done = rehearse(settings, "L3", "critic", {"primary": "500"})
    assert [step.row for step in done.call.steps] == ["L4.primary", "L4.fallback1"]
    assert done.call.steps[-1].degraded


def test_mistakes_are_told_all_at_once(settings: Settings) -> None:
    with pytest.raises(ConfigError) as caught:
        rehearse(
            settings, "L2", fail={"fallback9": "429", "primary": "timout", "fallback1": "never"}
        )
    told = str(caught.value)
    assert "3 mistakes" in told
    assert all(word in told for word in ("fallback9", "'timout'", "timeout", "responses API"))


def test_a_layer_without_models_is_not_rehearsed(settings: Settings) -> None:
    with pytest.raises(PolicyViolation, match="deterministic"):
        rehearse(settings, "L5")


def test_nothing_of_the_project_is_touched_and_no_switch_is_read(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEAK_HOME", str(tmp_path))
    monkeypatch.setenv("AI_ENABLED", "0")
    monkeypatch.setenv("AI_LOCAL_URL", "http://127.0.0.1:1/v1")
    before = dict(os.environ)
    assert rehearse(settings, "L2").error is None
    assert list(tmp_path.iterdir()) == []
    assert dict(os.environ) == before


def run(*options: str) -> Result:
    """What the command does in the project."""
    return CliRunner(env={"PEAK_HOME": str(ROOT)}).invoke(command, options)


def test_the_command_shows_the_path_and_ends_with_0_when_answered() -> None:
    done = run("--layer", "L2", "--fail", "primary=429")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert any(
        all(word in line for word in ("L2.primary", "rate_limited", "falls back")) for line in lines
    )
    assert any(all(word in line for word in ("L2.fallback1", "ok", "answers")) for line in lines)
    assert any(line.startswith("✓ answered by ") for line in lines)
    assert lines[-1].startswith("next  ")


def test_the_command_ends_with_1_when_aborted_and_gives_the_same_as_json() -> None:
    done = run("--layer", "L2", "--fail", "primary=500,fallback1=quota", "--json")
    plain: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == 1
    assert [step["outcome"] for step in plain["steps"]] == ["outage", "quota"]
    assert [step["then"] for step in plain["steps"]] == ["falls back", "aborts"]
    assert (plain["answered"], plain["error"]) == (False, "ProviderError")


@pytest.mark.parametrize("fail", ["primary", "=429", "primary=", "primary=429,primary=500"])
def test_the_command_refuses_what_it_cannot_read(fail: str) -> None:
    done = run("--layer", "L2", "--fail", fail)
    assert (done.exit_code, "give each row once" in done.output) == (2, True)
