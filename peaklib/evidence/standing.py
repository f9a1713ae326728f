"""The runs that a run stands on: a report on its sweep, a sweep on its cells."""

from collections.abc import Iterator

from peaklib.evidence.pack import SealedRun, open_run
from peaklib.evidence.run import RUN_ROLE


def standing_on(run: SealedRun) -> Iterator[SealedRun]:
    """A run, and every run that it or these name as input, each once.

    Raises:
        EvidenceError: one of them is not there.
    """
    waiting, seen = [run], {run.run_id}
    while waiting:
        current = waiting.pop(0)
        yield current
        for entry in current.record()["inputs"]:
            if entry["role"] == RUN_ROLE and entry["name"] not in seen:
                seen.add(entry["name"])
                waiting.append(open_run(entry["name"], runs=run.runs))
