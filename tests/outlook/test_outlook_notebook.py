"""The notebook with a model that breaks the rules: what does not hold is struck out or withheld."""

import json
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import pyarrow.parquet as pq
import pytest
from scratch import PEAK, environment, make_project, run_folders

from peaklib.llm.standin import Asked, Said, StandIn

pytestmark = pytest.mark.notebook
GOOD = "The regime is wild [sp500.regime], for 7 days [sp500.regime.days]."
WRONG = "Volatility is 39.9 % [sp500.vol] a year."
ADVICE = "You should buy the index now and set a stop loss at 1200."


def careless(asked: Asked) -> Said:
    """One right section, one with a wrong number, one with advice, one without numbers."""
    if "critic" in asked.messages[0]["content"]:
        return Said(json.dumps({"verdict": "fail", "findings": ["advises a purchase"]}))
    titles = ["Summary", "Regime", "Risks", "What would change this view"]
    texts = [GOOD, WRONG, ADVICE, "The evidence does not answer this."]
    sections = dict(zip(titles, texts, strict=True))
    return Said(json.dumps({"sections": sections, "confidence": "sure"}))


def told(folder: Path) -> list[str]:
    notebook: Any = nbformat.read(folder / "notebook.ipynb", as_version=4)
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    return [str(out.get("text") or out.get("data", {}).get("text/plain")) for out in outputs]


def test_a_careless_model_is_struck_out_in_the_open(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    settings = ["as_of=2008-09-12", 'datasets=["sp500"]', "panel=", "resamples=50"]
    command = [PEAK, "run", "notebooks/l2_market_outlook.ipynb"]
    with StandIn(careless) as standin:
        done = subprocess.run(
            [*command, *(part for each in settings for part in ("-p", each))],
            cwd=project,
            env={**environment(project), "AI_ENABLED": "1", "AI_LOCAL_URL": standin.url},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = run_folders(project)
    outputs = told(folder)
    (prose,) = [text for text in outputs if text.startswith("Written by a stand-in")]
    assert GOOD in prose
    assert "✕ 39.9 %" in prose
    assert "You should buy" not in prose
    assert "not shown: " in prose
    unsupported = pq.read_table(folder / "outputs/tables/unsupported.parquet").to_pylist()
    assert {row["section"] for row in unsupported} == {"Regime", "Risks"}
    assert "Breadth" in outputs[0]
    assert "not measured" in outputs[0]

    kept = json.loads((folder / "inputs/llm/session.json").read_bytes())
    assert kept["matrix_digest"]
    assert kept["policy_digest"]
    lines = (folder / "outputs/llm/ledger.jsonl").read_text("utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    assert {event["data"]["run_id"] for event in events} == {folder.name}
    record = json.loads((folder / "run.json").read_bytes())
    assert record["trials"] in (None, [], 0)
