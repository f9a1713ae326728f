"""Reading lines of the ledger that may lack something."""

from collections.abc import Iterator
from contextlib import contextmanager

from peaklib.errors import EvidenceError
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.evidence.ledger.line import Event


@contextmanager
def line_of(ledger: Ledger, event: Event) -> Iterator[None]:
    """Name the line when something is looked for in it that it does not have.

    Raises:
        EvidenceError: instead of the error of a missing or odd value.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise EvidenceError(
            f"{ledger.path}: line {event.seq + 1}, {event.event}, is not as model calls are "
            f"recorded ({error!r}); run `peak ledger verify`, and put the file back from a copy"
        ) from None
