"""The notebook of L1 as a run: without a model, with one that lies, and once more from its pack."""

import gc
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from scratch import make_project

from peaklib.evidence import SealedRun, open_run, reproduce, verify_pack
from peaklib.llm.standin import StandIn
from peaklib.llm.standin.asked import Asked, Said
from peaklib.sweep import make_job, run_alone

# nbclient leaves the event loop of a thread that has ended to the garbage collector.
pytestmark = [
    pytest.mark.notebook,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]
SERIES = "notebooks/sources/sp500-series.md"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project at work in this process, in which no model may be asked."""
    made = make_project(tmp_path / "project")
    monkeypatch.setenv("PEAK_HOME", str(made))
    for name in ("AI_ENABLED", "AI_ARMED", "AI_LOCAL_URL"):
        monkeypatch.delenv(name, raising=False)
    yield made
    gc.collect()


def run_of(project: Path, *settings: str) -> SealedRun:
    outcome = run_alone(make_job(project / "notebooks" / "l1_deep_research.ipynb", settings))
    assert outcome.error is None
    sealed = open_run(outcome.run_id)
    assert verify_pack(sealed.folder, root=sealed.root).ok
    return sealed


def again(sealed: SealedRun, place: Path) -> str:
    return reproduce(sealed, {sealed.run_id: sealed.root}, place).word


def printed(sealed: SealedRun) -> str:
    cells = json.loads((sealed.folder / "notebook.ipynb").read_text("utf-8"))["cells"]
    texts = [out.get("text", out.get("data", {}).get("text/plain", "")) for c in cells
             for out in c.get("outputs", ())]  # fmt: skip
    return "\n".join("".join(text) for text in texts)


def test_without_a_model_the_run_is_whole_and_says_so(project: Path, tmp_path: Path) -> None:
    sealed = run_of(project)
    assert "No model was asked: AI_ENABLED is not set." in printed(sealed)
    claims = pd.read_parquet(sealed.table("claims"))
    assert set(claims["by"]) == {"rule"}
    assert (claims["status"] == "supported").all()
    metrics = sealed.record()["metrics"]
    assert (metrics["n_questions"], metrics["n_answered"]) == (5, 4)

    shutil.rmtree(project / "notebooks" / "sources")
    assert again(sealed, tmp_path / "again") == "identical"


def liar(asked: Asked) -> Said:
    """Quotes what it was given; one claim holds, the others are wrong in one way each."""
    if "verdict" in (asked.schema or {}).get("properties", {}):
        return Said(json.dumps({"verdict": "fail", "findings": ["two claims do not hold"]}))
    (block,) = re.findall(r"<sources>\n(.*?)\n</sources>", asked.prompt, re.DOTALL)
    passages = [json.loads(line) for line in block.split("\n")]
    text = next(p["text"] for p in passages if "50.9 %" in p["text"])
    quote = " ".join(text.removeprefix("- ").split())
    claims = [
        {"claim": "50.9 % of the opens repeat the close", "quote": quote, "source": SERIES},
        {"claim": "59.0 % of the opens repeat the close", "quote": quote, "source": SERIES},
        {"claim": "Opens are fine", "quote": "Its opens can be relied on.", "source": SERIES},
        {"claim": "Opens are bad", "quote": quote, "source": "notebooks/sources/made-up.md"},
    ]
    answer = {
        "claims": [{**claim, "confidence": "high"} for claim in claims],
        "assumptions": ["The series is the index."],
        "unanswered": [],
    }
    return Said(json.dumps(answer))


def test_models_claims_are_checked_and_the_wrong_ones_listed(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_ENABLED", "1")
    with StandIn(liar) as standin:
        monkeypatch.setenv("AI_LOCAL_URL", standin.url)
        sealed = run_of(project)
    claims = pd.read_parquet(sealed.table("claims")).query("by == 'model'")
    assert list(claims["status"]) == ["supported", "wrong_number", "no_quote", "unknown_source"]
    assert claims.iloc[0]["confidence"] == "high"
    said = printed(sealed)
    assert "a stand-in on this machine" in said
    assert "not in the quote: 59.0 %" in said
    stated = pd.read_parquet(sealed.table("assumptions"))
    assert list(stated.query("by == 'model'")["assumption"]) == ["The series is the index."]
    ledger = (project / "runs" / "ledger.jsonl").read_text("utf-8")
    assert '"llm_intent"' in ledger
    assert '"llm_outcome"' in ledger

    # The server is gone, and so are the sources: the pack is enough.
    shutil.rmtree(project / "notebooks" / "sources")
    assert again(sealed, tmp_path / "again") == "identical"


def test_runs_and_documents_are_read_together(project: Path, tmp_path: Path) -> None:
    first = run_of(project)
    asked = 'questions=["How many questions were answered (n_answered)?"]'
    page = "notebooks/sources/sp500-series.md"
    sealed = run_of(project, asked, f'sources=["{first.run_id}", "{page}"]')
    (claim, *_) = pd.read_parquet(sealed.table("claims")).to_dict("records")
    assert claim["source"] == first.run_id
    assert claim["keys"] == f"run.{first.run_id[-6:]}.n_answered"
    assert (pd.read_parquet(sealed.table("facts"))["written"] == "4").any()
    roots = {run.run_id: run.root for run in (first, sealed)}
    assert reproduce(sealed, roots, tmp_path / "again").word == "identical"
