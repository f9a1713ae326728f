"""The night before: the newest one of the same name whose pack is what it was."""

from dataclasses import dataclass
from typing import Final

from peaklib.errors import EvidenceError
from peaklib.evidence import Query, Registry, SealedRun, open_if_there, verify_pack
from peaklib.sweep.nightly.compare import Finding
from peaklib.sweep.nightly.record import CellId, CellRecord, read_cells

KIND: Final = "nightly"


@dataclass(frozen=True)
class Previous:
    """What tonight is compared with.

    Args:
        run: of that night.
        start: when it began, ISO 8601.
        cells: what it kept.
    """

    run: SealedRun
    start: str
    cells: dict[CellId, CellRecord]


def previous_night(registry: Registry, name: str) -> tuple[Previous | None, list[Finding]]:
    """The last finished night of a name; nights that were interrupted are passed over.

    Args:
        registry: of the folder of runs.
        name: of the nights.

    Returns:
        The night, None if there is none, and an alert for each newer one that was altered.
    """
    findings: list[Finding] = []
    for row in registry.select(Query(kind=KIND, status="completed")):
        run = open_if_there(row.run_id, runs=registry.runs)
        try:
            if run is None:
                continue
            untouched = verify_pack(run.folder, root=row.root).ok
            if untouched and run.record()["config"]["night"] != name:
                continue
            if untouched:
                return Previous(run, row.start, read_cells(run)), findings
        except EvidenceError:
            pass
        said = f"night {row.run_id} was altered or cannot be read; an older one is compared with"
        findings.append(Finding("alert", "evidence", "", "", f"{said}: peak evidence verify it"))
    return None, findings
