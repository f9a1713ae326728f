"""Holding the ledger against the checkpoints that packs carry, for many packs at once."""

from collections.abc import Iterable
from typing import Any

from peaklib.errors import EvidenceError
from peaklib.evidence.ledger import file as ledger_file
from peaklib.evidence.ledger.checkpoint import Checkpoint
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.evidence.ledger.merkle import Frontier


class LedgerHistory:
    """The ledger as it is, and as packs say it was when they were sealed.

    Args:
        ledger: of the store.
        anchors: checkpoints as plain values, out of the packs' records; None for a pack
            without one.

    Raises:
        EvidenceError: the ledger cannot be read at all.
    """

    def __init__(self, ledger: Ledger, anchors: Iterable[Any]) -> None:
        known = {point for anchor in anchors if (point := _read(anchor)) is not None}
        self.report = ledger.verify(known)
        """What a look at every line found."""
        self._roots = _roots(ledger, {p.size for p in known}) if self.report.problems else {}

    def __call__(self, anchor: Any) -> str | None:
        """What is wrong with one of the anchors, or None."""
        point = _read(anchor)
        if point is None:
            return "the anchor in run.json is no checkpoint of a ledger"
        if not self.report.problems:
            return None
        now = self.report.checkpoint
        if point.size > now.size:
            return f"the ledger had {point.size} lines when the run was sealed, and has {now.size}"
        if point.size and point.origin != now.origin:
            return f"the run was sealed beside the ledger {point.origin}, this one is {now.origin}"
        if self._roots.get(point.size) != point.root:
            return f"the first {point.size} lines of the ledger are not what they were then"
        return None


def _read(anchor: Any) -> Checkpoint | None:
    try:
        return Checkpoint.from_json(anchor)
    except EvidenceError:
        return None


def _roots(ledger: Ledger, sizes: set[int]) -> dict[int, bytes]:
    """Root of the first lines, for each number of lines, from one pass."""
    frontier = Frontier()
    roots = {0: frontier.root()}
    with ledger_file.reading(ledger.path) as fd:
        lines = ledger_file.lines(fd, 0, ledger_file.complete_end(fd)) if fd is not None else ()
        for line in lines:
            frontier.add(line)
            if frontier.size in sizes:
                roots[frontier.size] = frontier.root()
    return roots
