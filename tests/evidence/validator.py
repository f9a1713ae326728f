"""The public validator of RO-Crates, which lives in an environment of its own.

`sh .ci/validator` makes the environment. The validator needs the JSON-LD context of RO-Crate: from
the folder that `PEAK_ROCRATE_CONTEXTS` names, or else from what it fetched before, or the network.
"""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CONTEXTS_VARIABLE = "PEAK_ROCRATE_CONTEXTS"
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".venv-validator"
PROCESS = Path(__file__).with_name("validator_process.py")


@dataclass(frozen=True)
class Judgement:
    """What the validator says of one pack at level RECOMMENDED of the process run profile.

    Attributes:
        passed: whether it accepts the pack.
        issues: what it objects to.
        skipped: checks that it left out.
        checks: how many it made.
        opened: what ro-crate-py found in the pack; None where it was not accepted.
    """

    passed: bool
    issues: list[str]
    skipped: list[str]
    checks: int
    opened: dict[str, Any] | None


def judge(packs: Sequence[Path]) -> list[Judgement]:
    """Let one process of the validator judge packs; the test is skipped where there is none."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists() or not any(ENVIRONMENT.glob(".ready-*")):
        pytest.skip("the validator of RO-Crates is not installed: run `sh .ci/validator`")
    contexts = os.environ.get(CONTEXTS_VARIABLE, "")
    done = subprocess.run(
        [
            python,
            PROCESS,
            ENVIRONMENT / f"contexts-{'copied' if contexts else 'fetched'}",
            contexts,
        ],
        input="".join(f"{pack}\n" for pack in packs),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    if why := answers.get("unavailable"):
        pytest.skip(
            f"the JSON-LD context cannot be fetched ({why}): set {CONTEXTS_VARIABLE} to a folder "
            "that holds a copy of it as ro-crate-1.1-context.jsonld"
        )
    return [Judgement(**answers[str(pack)]) for pack in packs]
