"""The pages on the gate: their examples run, and what they list is what there is."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from scratch import ROOT

import peaklib.risk.gate
from peaklib.cli.risk_check import command
from peaklib.risk.gate import CHECKS, STAGES
from peaklib.risk.gating.limits import LIMIT_NAMES

HOW_TO = (ROOT / "docs" / "how-to" / "check-an-order.md").read_text("utf-8")
PAGE = (ROOT / "docs" / "reference" / "risk-gate.md").read_text("utf-8")
ADR = (ROOT / "docs" / "adr" / "ADR-0005-risk-gate.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
LIMITS = ROOT / "configs" / "risk" / "limits.toml"


def test_the_how_to_prints_what_its_files_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, state = (text for language, text in BLOCK.findall(HOW_TO) if language == "toml")
    typed, printed, *_ = (text for language, text in BLOCK.findall(HOW_TO) if not language)
    (tmp_path / "order.toml").write_text(order, "utf-8")
    (tmp_path / "state.toml").write_text(state, "utf-8")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(typed)
    assert words[:3] == ["peak", "risk", "check"]
    done = CliRunner().invoke(command, [*words[3:], "--limits", str(LIMITS)])
    assert done.exit_code == 1
    assert re.sub(r"digest \w{64}", "digest …", done.output) == printed


def test_the_example_of_the_reference_gives_what_the_page_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (example,) = (text for language, text in BLOCK.findall(PAGE) if language == "python")
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    exec(compile(example, "risk-gate.md", "exec"), names)
    decision = names["decision"]
    assert isinstance(decision, peaklib.risk.gate.GateDecision)
    values = {check.name: check.shown[0] for check in decision.checks}
    assert f"`decision.allowed` is {decision.allowed}:" in PAGE
    assert f"lose {values['var']} of equity" in PAGE
    assert f"and {values['stress_loss']} in the crash" in PAGE


def test_the_reference_lists_every_check_in_order_and_every_limit() -> None:
    rows = re.findall(r"(?m)^\| `(\w+)` \|", PAGE)
    assert tuple(rows) == CHECKS
    for name in (*LIMIT_NAMES, "RULES", "Tally", "from_fields"):
        assert f"`{name}`" in PAGE or name in PAGE, name
    assert all(stage in HOW_TO for stage in STAGES)


def test_the_decision_says_what_would_fail_and_what_is_not_promised() -> None:
    for head in ("Status", "Question", "Options", "Choice", "What gets worse", "Revisit when"):
        assert f"**{head}**" in ADR
    for path in re.findall(r"`(tests/[\w/.]+)`", ADR):
        assert (ROOT / path).is_file(), path
