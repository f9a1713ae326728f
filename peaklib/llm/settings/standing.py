"""Whether a row of the matrix may serve: ended models, and what the lock vouches for."""

from collections.abc import Iterator, Mapping
from datetime import date

from peaklib.llm.settings.lock import Lock
from peaklib.llm.settings.matrix import Matrix
from peaklib.llm.settings.values import Demand, LockEntry, Row


def vouching(lock: Lock, row: Row, demands: Mapping[str, Demand]) -> LockEntry | None:
    """The entry that makes a row's model a verified one, if there is one.

    Args:
        lock: as it was read.
        row: of the matrix.
        demands: of each layer as they are now.
    """
    for entry in lock.entries:
        if entry.about(row) and not entry.shortfalls(demands[row.layer]):
            return entry
    return None


def unfit_for_prod(
    matrix: Matrix, lock: Lock, demands: Mapping[str, Demand], today: date
) -> Iterator[tuple[str, str]]:
    """Rows that production cannot stand on.

    Yields:
        Place in the matrix and why; a row may be unfit for two reasons.
    """
    for row in matrix.rows:
        if row.ended(today):
            yield row.key, f"{row.service} ended on {row.sunset}; name a model that is served"
        if vouching(lock, row, demands) is None:
            yield row.key, f"{row.service} is not verified: {_why(lock, row, demands)}"


def _why(lock: Lock, row: Row, demands: Mapping[str, Demand]) -> str:
    entry = next((entry for entry in lock.entries if entry.about(row)), None)
    if entry is None:
        return f"the lock has no entry for it in {row.layer}; run `peak llm verify`"
    short = "; it ".join(entry.shortfalls(demands[row.layer]))
    return f"it {short}; run `peak llm verify`"
