"""A model's claims, held against the sources: nothing is believed that is not in a quote."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from peaklib.errors import GuardrailError
from peaklib.llm.grounding import check_grounding
from peaklib.llm.grounding.names import INDEX_NAMES
from peaklib.llm.guard import findings
from peaklib.llm.session.escalation import Reason
from peaklib.llm.session.recording import Said, Unanswered, words_of
from peaklib.llm.sources.claims import CONFIDENCES, SUPPORTED, Claim, cited
from peaklib.llm.sources.library import Library
from peaklib.llm.sources.literal import SHORTEST, collapsed
from peaklib.llm.sources.numbers import missing_from
from peaklib.llm.sources.quotes import sentences
from peaklib.llm.sources.words import terms

_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_CLAIM: Final = {
    "type": "object",
    "properties": {
        "claim": _TEXT,
        "source": _TEXT,
        "quote": _TEXT,
        "confidence": {"type": "string", "enum": [*CONFIDENCES]},
    },
    "required": ["claim", "source", "quote", "confidence"],
    "additionalProperties": False,
}
CLAIMS_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "claims": {"type": "array", "items": _CLAIM},
        "assumptions": _TEXTS,
        "unanswered": _TEXTS,
    },
    "required": ["claims", "assumptions", "unanswered"],
    "additionalProperties": False,
}
"""JSON schema of the answer that a model is asked for."""

_DENYING: Final = (
    "no not never none nor neither without cannot can't don't doesn't isn't aren't wasn't weren't "
    "won't nothing nobody kein keine nicht nie ohne"
)
_NEGATIONS: Final = frozenset(_DENYING.split())


@dataclass(frozen=True)
class Checked:
    """What became of a model's answer.

    Args:
        claims: all of them, in the model's order.
        assumptions: that the model says it made.
        unanswered: questions that it says it cannot answer.
    """

    claims: tuple[Claim, ...]
    assumptions: tuple[str, ...]
    unanswered: tuple[str, ...]

    @property
    def supported(self) -> tuple[Claim, ...]:
        """Claims whose source, quote and numbers hold."""
        return tuple(claim for claim in self.claims if claim.supported)

    @property
    def unsupported(self) -> tuple[Claim, ...]:
        """The others, to be listed and not to be used."""
        return tuple(claim for claim in self.claims if not claim.supported)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why a critic is asked: the model is unsure of all it says, or a check failed."""
        unsure = self.claims and all(claim.confidence == "low" for claim in self.claims)
        return (
            *([Reason("unsure", "no claim has more than low confidence")] if unsure else []),
            *(
                Reason(
                    "policy" if _is_trade(claim) else "grounding", f"{claim.claim}: {claim.reason}"
                )
                for claim in self.unsupported
            ),
        )


def _is_trade(claim: Claim) -> bool:
    """Whether a claim is refused because it advises a trade."""
    return claim.status.startswith("trade")


def critic_words(critic: Said | Unanswered | None) -> str:
    """What a critic says about the claims, in a sentence; why none was asked, or none answered."""
    if critic is None:
        return "No critic was wanted: no check failed, and the model is sure of a claim."
    return words_of(critic)


def check_claims(
    answer: Mapping[str, Any], library: Library, *, names: Collection[str] = INDEX_NAMES
) -> Checked:
    """Hold each claim of a model against the source that it names.

    A claim is supported if the source is one of the library, has the quote word for word, and
    each number of the claim stands in the quote (same value, sign and unit) or cites evidence
    of a run that agrees with it. What a claim means is not looked at, with two exceptions: one
    with a sentence that denies where the nearest sentence of its quote does not, or the other way
    round, has its confidence lowered to `low`, unless the sentence stands there word for word;
    and one that advises a trade is not supported, whatever it quotes.

    Args:
        answer: as `CLAIMS_SCHEMA` says.
        library: the sources that the model was given.
        names: names that hold digits, such as that of an index.

    Raises:
        GuardrailError: the answer does not follow the schema.
    """
    _refuse_misshapen(answer)
    return Checked(
        tuple(_checked(each, library, names) for each in answer["claims"]),
        tuple(map(_harmless, answer["assumptions"])),
        tuple(map(_harmless, answer["unanswered"])),
    )


def _harmless(text: str) -> str:
    """A sentence of a model, or why it is not shown."""
    trades = findings(text, groups=("trade",))
    return f"(left out: {trades[0].reason})" if trades else collapsed(text)


def _refuse_misshapen(answer: Mapping[str, Any]) -> None:
    from jsonschema import Draft202012Validator

    problem = next(Draft202012Validator(dict(CLAIMS_SCHEMA)).iter_errors(answer), None)
    if problem:
        raise GuardrailError(
            f"the model's claims do not follow their schema at {problem.json_path}: "
            f"{problem.message[:200]}; the answer is not used"
        )


def _checked(given: Mapping[str, Any], library: Library, names: Collection[str]) -> Claim:
    text, quote = collapsed(given["claim"]), collapsed(given["quote"])
    keys = cited(f"{text} {quote}", sorted(fact.key for fact in library.facts()))
    claim = Claim(text, given["source"], quote, given["confidence"], keys)
    if claim.source not in library.names:
        return _refused(claim, "unknown_source", "no source of this run has that name")
    if len(quote) < SHORTEST:
        reason = f"the quote has {len(quote)} letters; {SHORTEST} or more can be looked for"
        return _refused(claim, "no_quote", reason)
    place = library.find(claim.source, quote)
    if place is None:
        return _refused(claim, "no_quote", "the source does not have these words")
    claim = replace(claim, first=place.first, last=place.last)
    if not text:
        return _refused(claim, "no_claim", "nothing is claimed")
    if wrong := _wrong_numbers(text, quote, library, names):
        return _refused(claim, "wrong_number", f"not in the quote: {', '.join(wrong)}")
    if trades := findings(text, groups=("trade",)):
        return _refused(claim, trades[0].rule, trades[0].reason)
    if _is_bent(text, quote):
        reason = "claim and quote do not deny the same; read both"
        return replace(claim, confidence="low", reason=reason)
    return replace(claim, reason="source, quote and numbers hold")


def _refused(claim: Claim, status: str, reason: str) -> Claim:
    return replace(claim, status=status, reason=reason)


def _wrong_numbers(text: str, quote: str, library: Library, names: Collection[str]) -> list[str]:
    """Numbers of a claim that neither its quote has nor the evidence that it cites."""
    bare = _without_citations(text)
    missing = [*missing_from(bare, _without_citations(quote), names)]
    if not missing or bare == text:
        return [number.text for number in missing]
    grounded = check_grounding(text, library.evidence).claims
    held = [(each.start, each.end) for each in grounded if each.status == SUPPORTED]
    return [n.text for n in missing if not any(a < n.end and n.start < b for a, b in held)]


def _without_citations(text: str) -> str:
    """Blanks in the place of `[keys]`, whose digits are no numbers."""
    parts = text.split("[")
    kept = [parts[0]]
    for part in parts[1:]:
        inside, closed, rest = part.partition("]")
        is_key = bool(closed) and "." in inside and " " not in inside.replace(", ", "")
        kept.append(" " * (len(inside) + 2) + rest if is_key else f"[{part}")
    return "".join(kept)


def _is_bent(text: str, quote: str) -> bool:
    """Whether a sentence denies what the nearest one of the quote does not, or the other way."""
    said = [quote[start:stop] for start, stop in sentences(quote)]
    claimed = [text[start:stop] for start, stop in sentences(text)]
    return any(
        not any(_has_clause(other, part) for other in said)
        and _denies(part) != _denies(_nearest(said, part))
        for part in claimed
    )


def _has_clause(said: str, part: str) -> bool:
    """Whether a sentence has a part word for word, and nothing before it that could deny it."""
    words = re.escape(part.rstrip(" .,;:!?"))
    return re.search(rf"(?:^|[;:(]\s?){words}(?:$|[.,;:!?)])", said, re.IGNORECASE) is not None


def _nearest(said: Sequence[str], part: str) -> str:
    """The sentence that shares most words with a part of a claim, the first of equals."""
    wanted = set(terms(part))
    return max(said, key=lambda each: len(wanted.intersection(terms(each))))


def _denies(text: str) -> bool:
    words = text.casefold().replace("’", "'").split()
    return any(word.strip('.,;:!?()"*_') in _NEGATIONS for word in words)
