"""How an eval is made again: the answers that it kept are scored again, nobody is asked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from peaklib.evidence import Repeated, Rerunner, RunSpec, SealedRun, create_run
from peaklib.llm.evals.measure import KIND
from peaklib.llm.evals.results import keep_results, read_answers


def rescore(run: SealedRun, place: Path) -> Repeated:
    """Score the kept answers of an eval again.

    Args:
        run: of kind `eval`.
        place: folder of runs for the new one.
    """
    again = create_run(RunSpec(KIND, run.config(), run.record()["seed"]), runs=place)
    try:
        folder = run.folder / "inputs" / "evals"
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                again.save_input(f"evals/{path.relative_to(folder).as_posix()}", path.read_bytes())
        keep_results(again, run.config(), read_answers(run.folder))
    except BaseException as error:
        again.seal("failed", f"{type(error).__name__}: {error}")
        raise
    return Repeated(again.seal())


def _nothing(run: SealedRun) -> Mapping[str, str]:
    """All that an eval stands on lies in its pack, or is peaklib itself."""
    return {}


RERUNNERS: Final = (Rerunner(KIND, _nothing, _nothing, rescore),)
