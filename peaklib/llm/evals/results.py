"""What a run of an eval holds: cases, answers, calls, and the scores that follow from them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence import Ledger, SealedRun
from peaklib.evidence.canonical import to_json
from peaklib.evidence.redaction.secrets import Secrets
from peaklib.evidence.run import Run
from peaklib.llm.books.lines import EVENTS
from peaklib.llm.evals.case import Case
from peaklib.llm.evals.kept import CALLS, REPLIES, Kept, calls_of, read_kept, replies_of
from peaklib.llm.evals.plan import EvalPlan
from peaklib.llm.evals.scoring import Scored, score
from peaklib.llm.evals.suite import read_cases
from peaklib.llm.evals.summary import Summary, summarize, table_of

CASES: Final = "evals/cases"
"""Folder of the run's inputs with the files of cases."""
PROMPTS: Final = "evals/prompts"
LEDGER: Final = "llm/ledger.jsonl"
"""Output with the ledger's lines about the calls."""
TABLE: Final = "cases"
"""Table with one row a case."""
# Who is asked twice takes another time for it, under another id.
_INCIDENTAL: Final = ("latency_ms", "call_id")


def keep_cases(run: Run, plan: EvalPlan, hidden: Secrets) -> None:
    """Keep the files of the cases and the prompts with a run, without secrets.

    Args:
        run: that is being made.
        plan: of the eval.
        hidden: secrets.
    """
    for path in plan.suite.files:
        text = hidden.text(path.read_text("utf-8"))
        run.save_input(f"{CASES}/{path.name}", text.encode())
    for name, prompt in plan.prompts.items():
        run.save_input(f"{PROMPTS}/{name}.json", to_json(prompt.model_dump()))


def keep_ledger(run: Run, ledger: Ledger) -> None:
    """Keep the ledger's lines about a run's calls with it."""
    folder = _folder(run)
    lines = [
        to_json(asdict(event)).decode()
        for event in ledger.events(*EVENTS)
        if event.data.get("run_id") == folder.name
    ]
    run.save_text(LEDGER, "".join(f"{line}\n" for line in lines))


def keep_results(
    run: Run, config: Mapping[str, Any], kept: Sequence[Kept]
) -> tuple[tuple[Scored, ...], Summary]:
    """Keep answers and calls, score them, and keep the scores.

    Args:
        run: that is being made, and holds its cases.
        config: of the run.
        kept: the cases as they went.
    """
    run.save_input(REPLIES, replies_of(kept))
    run.save_input(CALLS, calls_of(kept))
    cases = _cases(_folder(run), config)
    scored = tuple(score(case, each) for case, each in zip(cases, kept, strict=True))
    summary = summarize(scored, kept)
    titles = [case.title for case in cases]
    run.save_table(TABLE, table_of(scored, kept, titles), incidental=_INCIDENTAL)
    run.log_metrics(summary.metrics())
    return scored, summary


def read_eval(run: SealedRun) -> tuple[tuple[Scored, ...], tuple[Kept, ...], Summary]:
    """Scores of a published eval, worked out again from what it keeps.

    Raises:
        EvidenceError: the run is none of an eval, or lacks something.
    """
    record = run.record()
    if record["kind"] != "eval":
        raise EvidenceError(f"run {run.run_id} is of kind {record['kind']!r}, no eval")
    kept = read_answers(run.folder)
    cases = _cases(run.folder, record["config"])
    scored = tuple(score(case, each) for case, each in zip(cases, kept, strict=True))
    return scored, tuple(kept), summarize(scored, kept)


def read_answers(folder: Path) -> list[Kept]:
    """What a published eval keeps of its calls.

    Raises:
        EvidenceError: it cannot be read.
    """
    try:
        calls, replies = ((folder / "inputs" / name).read_bytes() for name in (CALLS, REPLIES))
        return read_kept(calls, replies)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvidenceError(f"run {folder.name}: its answers cannot be read: {error}") from None


def _cases(folder: Path, config: Mapping[str, Any]) -> list[Case]:
    """The asked cases in the order of the config, out of the files that the run holds."""
    files = sorted((folder / "inputs" / CASES).glob("*.jsonl"))
    found = {case.id: case for path in files for case in read_cases(path)}
    return [found[name] for name in config["cases"]]


def _folder(run: Run) -> Path:
    if run.folder is None:
        raise EvidenceError("an eval needs a run that keeps something")
    return run.folder
