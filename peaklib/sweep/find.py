"""Finding a finished sweep by what a person types, and its results if nobody altered them."""

import re
from difflib import get_close_matches
from typing import Final

import pandas as pd

from peaklib.errors import EvidenceError
from peaklib.evidence import Query, Registry, open_if_there, open_run
from peaklib.evidence.trials.trusted import check_trusted
from peaklib.sweep.results import SweepResults, read_results
from peaklib.sweep.session import KIND

_SHOWN: Final = 8
_LIKE_AN_ID: Final = re.compile(r"[0-9a-f]{6}|[0-9]{8}\w*|.*:.*")


def find_sweep(text: str, registry: Registry) -> str:
    """Id of the sweep's run that a short text stands for.

    Args:
        text: an id, its beginning or its last six digits; or the name of a sweep, which stands
            for its newest run whose cells were all tried. An id comes before a name.
        registry: of the folder of runs.

    Raises:
        EvidenceError: there is no such sweep, or the id is that of something else.
    """
    try:
        ref = registry.find(text)
    except EvidenceError as error:
        return _named(text, registry, error)
    row = registry.row(ref.run_id)
    if row.kind != KIND or ref.point is not None:
        what = f"a run of kind {row.kind}" if ref.point is None else "a grid point of a run"
        of = f"; it belongs to {row.parent}" if row.parent else ""
        raise EvidenceError(f"{text!r} is {what}, not a sweep{of}; name the run of a sweep")
    return row.run_id


def _named(text: str, registry: Registry, error: EvidenceError) -> str:
    """The newest run of the sweep of a name; the error of the id if no sweep has it."""
    seen: dict[str, None] = {}
    for row in registry.select(Query(kind=KIND)):
        run = open_if_there(row.run_id, runs=registry.runs)
        if run is None or row.status == "interrupted":
            continue
        name = str(run.record()["config"]["sweep"])
        if name == text:
            return row.run_id
        seen[name] = None
    if not seen or _LIKE_AN_ID.fullmatch(text):
        raise error
    near = get_close_matches(text, seen, n=3) or list(seen)[:_SHOWN]
    raise EvidenceError(
        f"no finished sweep has the name or the id {text!r}; there are {', '.join(near)}; see "
        "`peak runs list --kind sweep`"
    )


def trusted_results(run_id: str, registry: Registry) -> SweepResults:
    """Results of a sweep whose packs, those of its cells included, are as they were published.

    Raises:
        EvidenceError: a pack is missing or was altered.
    """
    _check(run_id, registry)
    own = open_run(run_id, runs=registry.runs)
    cells = pd.read_parquet(own.table("cells"), columns=["run_id", "state"])
    try:
        for cell in cells["run_id"][cells["state"] != "failed"]:
            _check(cell, registry)
    except EvidenceError as error:
        raise EvidenceError(f"sweep run {run_id}: {error}") from None
    return read_results(run_id, runs=registry.runs)


def _check(run_id: str, registry: Registry) -> None:
    row = registry.row(run_id)
    if row.deleted is not None:
        raise EvidenceError(f"run {run_id} was deleted: {row.deleted}")
    check_trusted(open_run(run_id, runs=registry.runs), row.root)
