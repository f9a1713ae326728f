"""Which sweep is meant by what a person types."""

from pathlib import Path
from typing import Final

from peaklib.errors import EvidenceError
from peaklib.evidence import Query, Registry, home, open_if_there
from peaklib.sweep import SweepResults, preview
from peaklib.sweep.find import find_sweep, trusted_results
from peaklib.sweep.session import KIND

_DEFAULT: Final = "configs/sweeps/quick.toml"


def results_of(sweep: str | Path | SweepResults, runs: Path | None = None) -> SweepResults:
    """The results of a sweep.

    Args:
        sweep: results; the id of a sweep's run, short or full; the name of a sweep; the path of
            a configuration, which is computed here and now and counted nowhere; or empty: the
            newest sweep, and a preview of the quick one where there is none.
        runs: folder of runs; that of the project by default.

    Raises:
        EvidenceError: nothing of that name, the run of something else, or an altered pack.
        ConfigError: the configuration has mistakes.
    """
    if isinstance(sweep, SweepResults):
        return sweep
    text, registry = str(sweep), Registry(runs)
    found = "" if text.endswith(".toml") else find_sweep(text, registry) if text else _newest(runs)
    return trusted_results(found, registry) if found else _previewed(text or _DEFAULT)


def _newest(runs: Path | None) -> str:
    """The newest sweep whose cells were all tried; empty if there is none."""
    registry = Registry(runs)
    for row in registry.select(Query(kind=KIND)):
        if row.status != "interrupted" and open_if_there(row.run_id, runs=registry.runs):
            return row.run_id
    return ""


def _previewed(path: str) -> SweepResults:
    if not (home() / path).is_file():
        raise EvidenceError(
            f"explore: there is no file {path} below {home()}; name a configuration as in "
            "configs/sweeps/quick.toml, or the id or name of a sweep on record"
        )
    return preview(path)
