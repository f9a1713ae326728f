"""What an eval keeps of each case, so that it can be scored again without asking anybody."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from peaklib.evidence.canonical import to_json

REPLIES: Final = "evals/replies.jsonl"
"""Input of the run: answers by request, as a stand-in reads them."""
CALLS: Final = "evals/calls.jsonl"
"""Input of the run: what the ledger says of each case."""
NOT_ASKED: Final = "not_asked"
"""In the place of an outcome: nothing was sent."""


@dataclass(frozen=True)
class Kept:
    """One case as it went.

    Args:
        case: its id.
        request_hash: of what was asked.
        outcome: of the last attempt, or `NOT_ASKED`.
        reason: in words, if it did not go well.
        service: `provider:model_id` that was asked.
        returned: model that the reply named; empty without one.
        endpoint: `provider`, or `local` for a stand-in on this machine; empty without a call.
        tokens: charged over all attempts.
        cost_micro_eur: likewise.
        latency_ms: of the last attempt; None without one.
        call_id: in the ledger; empty without a call.
        text: of the answer, secrets redacted; None without one.
    """

    case: str
    request_hash: str
    outcome: str
    reason: str = ""
    service: str = ""
    returned: str = ""
    endpoint: str = ""
    tokens: int = 0
    cost_micro_eur: int = 0
    latency_ms: int | None = None
    call_id: str = ""
    text: str | None = None

    @property
    def asked(self) -> bool:
        """Whether anything was sent."""
        return self.outcome != NOT_ASKED


def replies_of(kept: Iterable[Kept]) -> bytes:
    """Answers as lines that `peaklib.llm.standin.recorded` reads."""
    return _lines(
        {
            "case": each.case,
            "request_hash": each.request_hash,
            "text": each.text,
            "model": each.returned,
        }
        for each in kept
        if each.text is not None
    )


def calls_of(kept: Iterable[Kept]) -> bytes:
    """Everything but the texts of the answers."""
    return _lines({k: v for k, v in asdict(each).items() if k != "text"} for each in kept)


def read_kept(calls: bytes, replies: bytes) -> list[Kept]:
    """What was kept, out of its two files."""
    texts = {line["case"]: line["text"] for line in _read(replies)}
    return [Kept(**line, text=texts.get(line["case"])) for line in _read(calls)]


def _lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(to_json(dict(row)) + b"\n" for row in rows)


def _read(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines() if line.strip()]
