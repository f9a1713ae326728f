"""A published run as a source: its question, its config, and its metrics as numeric facts."""

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from peaklib.evidence import Registry, SealedRun, open_run
from peaklib.evidence.canonical import from_json
from peaklib.evidence.checks.verify import refuse_altered
from peaklib.llm.grounding import Fact
from peaklib.llm.sources.source import RUN, Source

NOTEBOOK: Final = "notebook.ipynb"
_QUESTION: Final = re.compile(r"\*\*Question\*\*\s+(\S[^\n]*(?:\n(?!\s*\n)[^\n]*)*)")
# Metrics in the words in which somebody asks for them.
_WORDS: Final = {
    "sharpe": "Sharpe ratio",
    "sortino": "Sortino ratio",
    "calmar": "Calmar ratio",
    "cagr": "return a year",
    "ret": "total return",
    "vol": "volatility a year",
    "max_dd": "largest drawdown",
    "dd_days": "longest drawdown in days",
    "turnover": "turnover a year",
    "exposure": "share of days in the market",
    "n_trials": "number of trials",
    "n_trades": "number of trades",
    "dsr": "deflated Sharpe ratio",
    "psr": "probabilistic Sharpe ratio",
    "pbo": "probability of backtest overfitting",
}
_PREFIXES: Final = {
    "is_": "{} in sample",
    "oos_": "{} out of sample",
    "best_": "best {}",
    "median_": "median {}",
    "hold_": "{} of holding",
}
_SUFFIXES: Final = {
    "_lo": "lower end of the {}",
    "_hi": "upper end of the {}",
    "_diff": "difference of the {}",
}
# Stored as fractions, read as percent.
_FRACTIONS: Final = (
    "ret return total_return cagr vol volatility max_dd exposure hit_rate win_rate ulcer avg_trade "
    "te alpha var es share above_hold flat_opens"
)
PERCENT: Final = frozenset(_FRACTIONS.split())


def run_source(run_id: str, *, runs: Path) -> Source:
    """What a run has to say.

    Args:
        run_id: its id.
        runs: folder of runs.

    Returns:
        A source whose text has the kind and status of the run, its question, its config one
        value a line, its remarks, and each metric with the key of its fact.

    Raises:
        EvidenceError: there is no such run, or it is not what was published.
    """
    run = open_run(run_id, runs=runs)
    root = Registry(runs).root_of(run_id)
    refuse_altered(run.folder, root=root)
    facts = tuple(_facts(run))
    text = "\n".join(_lines(run, facts))
    return Source(run_id, RUN, run.root, len(text.encode()), text, facts=facts, run=run)


def _facts(run: SealedRun) -> Iterator[Fact]:
    """Metrics that are defined; one that is not, or is infinite, has no number to agree with."""
    short = run.run_id.rpartition("_")[2]
    metrics: Mapping[str, Any] = run.record()["metrics"]
    for name, value in sorted(metrics.items()):
        if isinstance(value, int | float) and math.isfinite(value):
            key = f"run.{short}.{re.sub(r'[^a-z0-9_.-]', '_', name.casefold())}"
            base, label = _words(name)
            if base in PERCENT:
                yield Fact(key, float(value), "%", decimals=1, label=label)
            else:
                whole = float(value).is_integer()
                yield Fact(key, value, "", decimals=0 if whole else 2, label=label)


def _words(name: str) -> tuple[str, str]:
    """What a metric is called without prefix and suffix, and the whole of it in words."""
    base, frame = name, "{}"
    for prefix, words in _PREFIXES.items():
        if base.startswith(prefix):
            base, frame = base.removeprefix(prefix), frame.format(words)
    for suffix, words in _SUFFIXES.items():
        if base.endswith(suffix):
            base, frame = base.removesuffix(suffix), words.format(frame)
    said = frame.format(_WORDS.get(base, base))
    return base, said if said == name else f"{said} ({name})"


def _lines(run: SealedRun, facts: tuple[Fact, ...]) -> Iterator[str]:
    record = run.record()
    yield f"Run {run.run_id} is a {record['kind']}; it {record['status']}."
    if question := _question(run):
        yield f"Question: {question}"
    for path, value in _leaves(run.config(), ""):
        yield f"config {path}: {value}"
    for note in record["notes"]:
        yield f"note: {' '.join(str(note).split())}"
    for fact in facts:
        yield f"{fact.label} is {fact.written} [{fact.key}]"


def _question(run: SealedRun) -> str:
    """What the run asks: of a sweep by its config, else by the opening of its notebook."""
    asked = run.config().get("config", {})
    if isinstance(asked, Mapping) and asked.get("question"):
        return str(asked["question"])
    notebook = run.folder / NOTEBOOK
    cells = from_json(notebook.read_bytes())["cells"] if notebook.is_file() else []
    for cell in cells:
        found = _QUESTION.search("".join(cell["source"]))
        if found and cell["cell_type"] == "markdown":
            return " ".join(found[1].split())
    return ""


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        yield path, ", ".join(" ".join(str(item).split()) for item in value) or "none"
    else:
        yield path, " ".join(str(value).split()) or "empty"
