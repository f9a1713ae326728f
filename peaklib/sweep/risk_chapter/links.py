"""What a sweep's report says of the risk chapter of its selected trial."""

import pandas as pd

from peaklib.evidence import Registry, open_run
from peaklib.sweep.analysis import Best
from peaklib.sweep.results import SweepResults
from peaklib.sweep.risk_chapter.make import chapter_of


def chapter_table(
    results: SweepResults, best: Best, *, as_of: int | None = None
) -> tuple[pd.DataFrame, dict[str, str]] | None:
    """The newest risk chapter about a sweep's selected trial, and where its page lies.

    Args:
        results: of the sweep; a preview has none.
        best: the trial.
        as_of: lines of the ledger that count; all by default.

    Returns:
        One row `of, verdict, finding, run` with the link of its first word, for `render.table`;
        None if there is no chapter.
    """
    if not results.run_id:
        return None
    registry = Registry()
    chapter = chapter_of(best.trial, registry, as_of=as_of)
    if chapter is None:
        return None
    said = pd.read_parquet(open_run(chapter.run_id, runs=registry.runs).table("verdict")).iloc[0]
    row = {
        "of": best.trial,
        "verdict": said["verdict"],
        "finding": said["headline"],
        "run": chapter.run_id,
    }
    return pd.DataFrame([row]), {best.trial: chapter.page} if chapter.page else {}
