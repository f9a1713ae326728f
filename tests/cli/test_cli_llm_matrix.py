"""`peak llm matrix` and `peak llm rollback`: who serves what, and the way back."""

import json
from pathlib import Path

import pytest
from ai_settings import LOCK, MATRIX, copy_ai, edit, entry, make_fit
from click.testing import CliRunner, Result

from peaklib.cli.llm_matrix import command as matrix
from peaklib.cli.llm_rollback import command as rollback
from peaklib.errors import ConfigError, PolicyViolation
from peaklib.evidence import Ledger
from peaklib.llm.settings import read_lock, write_lock


@pytest.fixture
def folder(project: Path) -> Path:
    """`configs/ai` of the project at work."""
    return copy_ai(project)


def show(*arguments: str) -> str:
    done = CliRunner().invoke(matrix, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def go_back(*arguments: str) -> Result:
    return CliRunner().invoke(rollback, arguments)


def line_of(output: str, *words: str) -> str:
    (line,) = [line for line in output.splitlines() if line.startswith(" ".join(words))]
    return line


def test_every_row_stands_on_one_line_of_80_columns(folder: Path) -> None:
    output = show()
    # 1.75 and 14 dollars at 0.88.
    assert line_of(output, "L3 primary").split() == [
        *("L3", "primary", "openai:gpt-5.2", "chat", "1.54/12.3", "–")
    ]
    assert line_of(output, "L3 critic").split() == ["L3", "critic", "the", "L4", "service"]
    assert max(map(len, output.splitlines())) <= 80
    assert "verified, 0 of 14 rows" in output


def test_model_that_ended_and_one_that_is_degraded_are_marked(folder: Path) -> None:
    edit(folder / MATRIX, "sunset = 2026-12-11", "sunset = 2999-12-31")
    output = show()
    assert line_of(output, "L1 primary").endswith("2026-07-23 ✕")
    assert line_of(output, "L0 primary").endswith("2999-12-31")
    assert line_of(output, "L4 fallback1~")


def test_model_without_a_price_is_shown_as_such(folder: Path) -> None:
    edit(folder / "prices.toml", 'model_id = "gpt-5-nano"', 'model_id = "gpt-5-pico"')
    assert "unknown" in line_of(show(), "L0 primary")


def test_verified_models_are_ticked(project: Path) -> None:
    make_fit(project)
    output = show()
    assert "verified, 14 of 14 rows" in output
    assert "✓" in line_of(output, "L0 critic")


def test_json_has_the_prices_in_micro_eur(project: Path) -> None:
    make_fit(project)
    shown = json.loads(show("--json"))
    assert shown["services"] == {"L3": "L4"}
    (row,) = [r for r in shown["rows"] if (r["layer"], r["name"]) == ("L3", "primary")]
    assert row["price"]["input_micro_eur_per_million"] == 1_540_000
    assert row["price"]["output_micro_eur_per_million"] == 12_320_000
    assert row["verified"] == {"score": 0.95, "measured_on": "2026-11-20", "signer": "ada"}
    assert (row["sunset"], row["ended"], row["degraded"]) == (None, False, False)


def test_forbidden_model_is_not_shown_but_refused(folder: Path) -> None:
    edit(folder / MATRIX, '"gpt-5-nano"', '"claude-4"')
    done = CliRunner().invoke(matrix)
    assert isinstance(done.exception, PolicyViolation)


def test_rollback_shows_what_changes_and_tells_the_ledger(project: Path, folder: Path) -> None:
    path = folder / LOCK
    first = write_lock(path, [entry("L0", "openai", "gpt-5-nano", "0" * 64, score=0.91)])
    second = write_lock(
        path,
        [
            entry("L0", "openai", "gpt-5-nano", "0" * 64, score=0.99),
            entry("L2", "openai", "gpt-5-mini", "0" * 64),
        ],
    )
    done = go_back("--yes", "--by", "ada", "--reason", "L2 drifts")
    assert done.exit_code == 0, done.output
    assert "L0 openai:gpt-5-nano  0.990 of 2026-11-20 → 0.910 of 2026-11-20" in done.output
    assert "L2 openai:gpt-5-mini  0.950 of 2026-11-20 → not verified" in done.output
    assert read_lock(path) == first
    (event,) = Ledger(project / "runs" / "ledger.jsonl").events("llm_lock")
    assert event.data == {
        "action": "rollback",
        "before": second.digest,
        "after": first.digest,
        "models": ["L0 openai:gpt-5-nano"],
        "by": "ada",
        "reason": "L2 drifts",
    }


def test_rollback_does_nothing_where_nobody_can_be_asked(project: Path, folder: Path) -> None:
    present = write_lock(folder / LOCK, [])
    done = go_back()
    assert done.exit_code == 2
    assert "say --yes if it is" in done.output
    assert read_lock(folder / LOCK) == present
    assert not (project / "runs").exists()


def test_first_lock_has_none_before_it(project: Path, folder: Path) -> None:
    done = go_back("--yes")
    assert isinstance(done.exception, ConfigError)
    assert "there is no lock to go back to" in str(done.exception)
    assert not (project / "runs").exists()


def test_planted_lock_is_not_gone_back_to(project: Path, folder: Path) -> None:
    present = write_lock(folder / LOCK, [])
    ledger = Ledger(project / "runs" / "ledger.jsonl")
    ledger.append("llm_lock", {"before": "", "after": present.digest})
    done = go_back("--yes")
    assert isinstance(done.exception, ConfigError)
    assert "it never stood here" in str(done.exception)
    assert read_lock(folder / LOCK) == present
    assert len(list(ledger.events("llm_lock"))) == 1


def test_altered_lock_is_not_gone_back_to_and_not_recorded(project: Path, folder: Path) -> None:
    present = write_lock(folder / LOCK, [])
    (kept,) = (folder / "locks").iterdir()
    kept.write_text("", "utf-8")
    done = go_back("--yes")
    assert isinstance(done.exception, ConfigError)
    assert "was altered" in str(done.exception)
    assert read_lock(folder / LOCK) == present
    assert not (project / "runs").exists()
