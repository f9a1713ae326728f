"""Files of `configs/ai/` for tests, and what makes them fit for production.

They are those of `tests/llm/ai_example/`: prices, ends and budgets of the project itself change
with the world, and no test of code should notice.
"""

import re
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from scratch import ROOT

from peaklib.llm.roles import LAYERS
from peaklib.llm.settings import LockEntry, cases_digest, load_settings, write_lock

EXAMPLE = ROOT / "tests" / "llm" / "ai_example"
TODAY = date(2026, 11, 21)
MATRIX = "layer_model_matrix.toml"
LOCK = "verified_models.lock"


def copy_ai(project: Path) -> Path:
    """The example's files in a project of the test's own; returns its `configs/ai`."""
    folder = project / "configs" / "ai"
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first place where a text stands; it has to stand somewhere."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def write_cases(project: Path, content: str = '{"case": 1}\n') -> None:
    """One file of cases for each layer."""
    for layer in LAYERS:
        folder = project / "tests" / "evals" / layer
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cases.jsonl").write_text(content, "utf-8")


def entry(layer: str, provider: str, model_id: str, digest: str, **changes: object) -> LockEntry:
    """A model that passed, or what the changes make of it."""
    plain: Mapping[str, object] = {
        "score": 0.95,
        "threshold": 0.9,
        "cases": 1,
        "measured_on": date(2026, 11, 20),
        "signer": "ada",
        "endpoint": "provider",
        "cost_micro_eur": 100,
        "budget_micro_eur": 200,
    }
    return LockEntry(layer, provider, model_id, eval_digest=digest, **{**plain, **changes})


def make_fit(project: Path, **changes: object) -> Path:
    """Cases, a matrix whose models do not end, and a lock that vouches for every row."""
    folder = copy_ai(project)
    write_cases(project)
    matrix = folder / MATRIX
    matrix.write_text(re.sub(r"(?m)^sunset = .*\n", "", matrix.read_text("utf-8")), "utf-8")
    rows = load_settings(folder, today=TODAY).matrix.rows
    services = {(row.layer, row.provider, row.model_id) for row in rows}
    write_lock(
        folder / LOCK,
        [
            entry(*service, cases_digest(project / "tests" / "evals" / service[0]), **changes)
            for service in services
        ],
    )
    return folder
