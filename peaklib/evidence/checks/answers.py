"""Answers of models that a pack kept, held against the ledger's lines about the calls.

What a run was answered is written into the ledger when it is answered, by whatever asked: an
answer that came out of a file has no such line.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.checks.claims import read_object
from peaklib.evidence.ledger.ledger import Ledger

KEPT: Final = "inputs/llm/session.json"
"""Who was asked, and every answer."""
# What stands in the place of a secret begins so; the ledger's digest is of the text before.
_REDACTED: Final = "[redacted"
# Of an answer and of the lines about its call, under the same name.
_INTENT: Final = ("run_id", "role", "row", "service", "endpoint", "request_hash", "prompt_version")
_OUTCOME: Final = ("run_id", "role", "row", "service", "endpoint", "returned", "degraded")


class CallLines:
    """The ledger's lines about calls of models, by call; they are read when first asked for.

    Args:
        ledger: of the store.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[str, list[tuple[str, Mapping[str, Any]]]] | None = None

    def of(self, call_id: str) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Name and values of each line about a call, in order.

        Raises:
            EvidenceError: a line cannot be read.
        """
        if self._known is None:
            self._known = {}
            for event in self._ledger.events("llm_intent", "llm_outcome"):
                lines = self._known.setdefault(str(event.data.get("call_id")), [])
                lines.append((event.event, event.data))
        return self._known.get(call_id, ())


def answers_kept(pack: Path) -> tuple[Mapping[str, Any], ...]:
    """The answers in a pack, each with the version of its prompt; none if no model answered.

    Raises:
        EvidenceError: the list of them cannot be read.
    """
    path = pack / KEPT
    if not path.is_file():
        return ()
    content = read_object(path)
    calls, prompt = content.get("calls"), content.get("prompt")
    if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
        raise EvidenceError(f"{KEPT} has no list of calls that can be read")
    version = prompt.get("version") if isinstance(prompt, dict) else None
    # Whatever is not plainly unanswered has to be accounted for.
    return tuple({**c, "prompt_version": version} for c in calls if c.get("answered") is not False)


def is_redacted(answer: Mapping[str, Any]) -> bool:
    """Whether words were taken out of an answer, so that no digest can be held against it."""
    return _REDACTED in str(answer.get("text"))


def answer_problems(
    answers: Sequence[Mapping[str, Any]], run_id: str, lines: CallLines
) -> Iterator[str]:
    """Where kept answers are not what the ledger says came back.

    Args:
        answers: see `answers_kept`.
        run_id: of the run that kept them.
        lines: of the ledger.

    Raises:
        EvidenceError: the ledger cannot be read.
    """
    counts = Counter(str(answer.get("call_id")) for answer in answers)
    yield from (f"call {call_id}: is named {n} times" for call_id, n in counts.items() if n > 1)
    for number, answer in enumerate(answers, 1):
        call_id = str(answer.get("call_id"))
        about = lines.of(call_id)
        ended = [data for name, data in about if name == "llm_outcome" and _is_answer(data)]
        if not ended:
            yield f"answer {number}, call {call_id}: the ledger has no answer to such a call"
            continue
        attempt = ended[-1].get("attempt")
        sent = [d for name, d in about if name == "llm_intent" and d.get("attempt") == attempt]
        said = {**answer, "run_id": run_id}
        wrong = [*_differing(said, sent[-1] if sent else {}, _INTENT)]
        wrong += [name for name in _differing(said, ended[-1], _OUTCOME) if name not in wrong]
        wrong += _text_problems(answer, ended[-1])
        if wrong:
            yield f"answer {number}, call {call_id}: other in the ledger: {', '.join(wrong)}"


def _is_answer(data: Mapping[str, Any]) -> bool:
    return data.get("outcome") == "ok"


def _differing(
    said: Mapping[str, Any], line: Mapping[str, Any], names: Sequence[str]
) -> Iterator[str]:
    known = {**line, "service": f"{line.get('provider')}:{line.get('asked')}"}
    yield from (name for name in names if name not in known or said.get(name) != known[name])


def _text_problems(answer: Mapping[str, Any], line: Mapping[str, Any]) -> Iterator[str]:
    """What a page shows is `parsed`, and what the ledger has is the digest of `text`."""
    if is_redacted(answer):
        return
    text, parsed = str(answer.get("text")), answer.get("parsed")
    if sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != line.get("reply_hash"):
        yield "text"
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    if parsed is not None and parsed != read:
        yield "parsed"
