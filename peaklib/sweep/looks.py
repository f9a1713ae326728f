"""Looks at what selection must not see: revealing numbers out of sample is counted."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from peaklib.evidence import Clock, Registry, SealedRun, utc_now
from peaklib.evidence.ledger.line import Event

EVENT: Final = "revealed"
OUT_OF_SAMPLE: Final = "out_of_sample"


@dataclass(frozen=True)
class Look:
    """One time that hidden numbers of a sweep were shown.

    Args:
        seq, time: of the ledger's event.
        sweep, name: run of the sweep, and what the sweep is called.
        what: was shown, such as `out_of_sample`.
        by: what showed it, such as `explorer`.
        instruments: names of the sweep's data sets.
    """

    seq: int
    time: datetime
    sweep: str
    name: str
    what: str
    by: str
    instruments: tuple[str, ...]


def reveal(
    sweep: SealedRun | None,
    what: str = OUT_OF_SAMPLE,
    *,
    by: str = "explorer",
    runs: Path | None = None,
    clock: Clock = utc_now,
) -> Look | None:
    """Note in the ledger that somebody is about to see what was hidden.

    Call it first, and show the numbers when it has returned.

    Args:
        sweep: the sweep's own run; None for a preview.
        what: is shown.
        by: what shows it.
        runs: folder of runs whose ledger is told; the one that the sweep lies in by default.
        clock: for the event.

    Returns:
        The look, which is on the disk; None for a preview, which no ledger knows of: nothing
        was written.

    Raises:
        EvidenceError: the run cannot be read, or the event was not written.
    """
    if sweep is None:
        return None
    record = sweep.record()
    name = str(record["config"].get("sweep", ""))
    used = [entry["name"] for entry in record["inputs"] if entry["role"] == "data"]
    data = {"sweep": sweep.run_id, "name": name, "what": what, "by": by, "instruments": used}
    return _look(Registry(runs or sweep.runs, clock).ledger.append(EVENT, data))


def looks(
    runs: Path | None = None,
    *,
    sweep: str | None = None,
    instrument: str | None = None,
    what: str | None = None,
) -> list[Look]:
    """How often hidden numbers were shown, by the ledger.

    Args:
        runs: folder of runs; the project's by default.
        sweep: id of a sweep's run; all by default.
        instrument: name of a data set; all by default.
        what: was shown; anything by default.

    Returns:
        The looks that meet all that is given, oldest first.
    """
    return [
        look
        for look in map(_look, Registry(runs).ledger.events(EVENT))
        if (sweep is None or look.sweep == sweep)
        and (instrument is None or instrument in look.instruments)
        and (what is None or look.what == what)
    ]


def _look(event: Event) -> Look:
    said = event.data
    return Look(
        seq=event.seq,
        time=datetime.fromisoformat(event.time),
        **{name: said[name] for name in ("sweep", "name", "what", "by")},
        instruments=tuple(said["instruments"]),
    )
