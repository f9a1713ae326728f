"""The lock of verified models held against the lines of the ledger that tell its story."""

from pathlib import Path
from typing import Final

from peaklib.errors import ConfigError
from peaklib.evidence.ledger.ledger import Ledger

EVENT: Final = "llm_lock"
"""Event of the ledger when another lock takes the place of the present one."""
ELSEWHERE: Final = "file"
"""Key of such a line about a lock that is not the project's own."""


def ledger_of(folder: Path) -> Path:
    """The ledger of the project whose `configs/ai` a folder is; it need not exist."""
    return folder.resolve().parents[1] / "runs" / "ledger.jsonl"


def unrecorded(digest: str, ledger: Path) -> str | None:
    """Why a lock is not the one that the ledger knows last, or None if it is.

    A ledger without a line about locks knows nothing, and has nothing to say: it may be that of
    a fresh checkout.

    Args:
        digest: of the present lock.
        ledger: of the project; it need not exist.

    Raises:
        EvidenceError: a line cannot be read.
    """
    lines = _lines(ledger)
    if not lines or lines[-1][1] == digest:
        return None
    return (
        f"is {digest[:12]}, and the ledger's last lock is {lines[-1][1][:12]}: it was changed by "
        "hand or came from elsewhere; put that one back, or run `peak llm verify`"
    )


def refuse_unknown(digest: str, ledger: Path, kept: Path) -> None:
    """Refuse to go back to a lock that never stood in this project.

    Args:
        digest: of the lock before.
        ledger: of the project; it need not exist.
        kept: file of the lock before.

    Raises:
        ConfigError: the ledger has lines about locks, and none names this one.
        EvidenceError: a line cannot be read.
    """
    lines = _lines(ledger)
    if lines and not any(digest in line for line in lines):
        raise ConfigError(
            str(kept),
            ["no line of the ledger names this lock, so it never stood here; see `previous`"],
        )


def _lines(ledger: Path) -> list[tuple[str, str]]:
    """Digests before and after each change of the project's own lock, in order."""
    return [
        (str(event.data.get("before", "")), str(event.data.get("after", "")))
        for event in Ledger(ledger).events(EVENT)
        if ELSEWHERE not in event.data
    ]
