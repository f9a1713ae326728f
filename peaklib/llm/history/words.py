"""Outcomes and choices, in words for people."""

from collections.abc import Mapping, Sequence
from typing import Final

from peaklib.llm.books.lines import ENDED_HERE
from peaklib.llm.roles import CRITIC, PRIMARY, Outcome

IN_WORDS: Final[Mapping[str, str]] = {
    Outcome.OK: "answered",
    Outcome.DENIED: "refused by the model policy",
    Outcome.BUDGET: "not enough budget left",
    Outcome.TIMEOUT: "no answer in time",
    Outcome.RATE_LIMITED: "the provider limits the rate",
    Outcome.QUOTA: "the quota at the provider is used up",
    Outcome.OUTAGE: "the provider failed",
    Outcome.CLIENT_ERROR: "the provider found the request wrong",
    Outcome.AUTH: "the provider refused the key",
    Outcome.GONE: "the provider no longer has the model",
    Outcome.DRIFT: "another model answered; its reply was discarded",
    Outcome.FORMAT: "the reply could not be used and was discarded",
    Outcome.DISABLED: "out of service",
}
"""What an outcome means."""
_NOT_SENT: Final[Mapping[str, str]] = {
    Outcome.AUTH: "not asked: there is no key",
    Outcome.GONE: "not asked: the model has ended",
    Outcome.DISABLED: "not asked: out of service",
}
UNFINISHED: Final = "no outcome: the process died in the middle, or is still at it"
"""What an attempt without an outcome means."""


def in_words(outcome: str, reason: str, *, sent: bool) -> str:
    """What an outcome means, as far as somebody else had a part in it.

    Args:
        outcome: in one word.
        reason: that is recorded with it.
        sent: whether a request went out.
    """
    if reason.startswith(ENDED_HERE):
        return "given up on this side; what was sent may have to be paid for"
    known = IN_WORDS.get(outcome, outcome)
    return known if sent else _NOT_SENT.get(outcome, known)


def reason_of(layer: str, role: str, row: str, before: Sequence[tuple[str, str]]) -> str:
    """Why this row was chosen.

    Args:
        layer: that was asked.
        role: that was asked for.
        row: that was chosen, such as `L1.primary`.
        before: rows of the call that came before it, each with how it ended, in words.
    """
    if before:
        return "next in the matrix after " + ", ".join(f"{name} ({how})" for name, how in before)
    place, _, name = row.rpartition(".")
    if name not in (PRIMARY, CRITIC):
        return f"the rows before it were passed over; no line says why {row} was the first"
    if place not in ("", layer):
        return f"the matrix gives the {role} of {layer} to {place}; first there"
    return f"first in the matrix for {layer} {role}"
