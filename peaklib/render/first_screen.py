"""What a reviewer sees before scrolling: question, verdict, finding and at most five facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from peaklib.errors import DataError
from peaklib.render.html import Fragment, escape, linked, rich
from peaklib.render.verdict import Verdict

Sign = Literal["pass", "fail", "open", "info"]
MARKER: Final = "peak-first-screen"
MAX_FACTS: Final = 5
SIGNS: Final[dict[str, str]] = {
    "pass": "✓ pass",
    "fail": "✕ fail",
    "open": "~ open",
    "info": "·",
}


@dataclass(frozen=True)
class Fact:
    """One row beside the finding: a gate with its rule, or a number worth knowing.

    Args:
        sign: `pass`, `fail` or `open` (neither is shown) for a gate, `info` for a fact that
            nothing is judged by.
        name: what was looked at.
        rule: the threshold, or how the value came about.
        value: formatted value.
        link: where the name is defined: `#def-dsr` (see `definitions`) or an address.
    """

    sign: Sign
    name: str
    rule: str
    value: str
    link: str = ""

    def __post_init__(self) -> None:
        if self.sign not in SIGNS:
            raise DataError(
                f"fact {self.name!r}: sign is {self.sign!r}; it is one of {list(SIGNS)}"
            )


@dataclass(frozen=True, repr=False)
class FirstScreen(Fragment):
    """See `first_screen`."""

    provenance: tuple[tuple[str, str], ...]
    question: str
    verdict: Verdict
    headline: str
    sentences: tuple[str, ...]
    facts: tuple[Fact, ...]
    facts_title: str

    def html(self) -> str:
        """The whole screen; the verdict word is also an attribute for the page's title."""
        return (
            f'<section class="{MARKER}" data-verdict="{escape(self.verdict.word)}">'
            f"{self._provenance()}"
            f'<div class="peak-answer"><div>{self._answer()}</div>{self._facts()}</div></section>'
        )

    def _provenance(self) -> str:
        items = "".join(
            f"<li><span>{escape(label)}</span> {escape(value)}</li>"
            for label, value in self.provenance
        )
        return f'<ul class="peak-provenance">{items}</ul>' if items else ""

    def _answer(self) -> str:
        verdict = self.verdict
        return (
            f'<p class="peak-question">{escape(self.question)}</p>'
            f'<p class="peak-verdict peak-{verdict.tone}">'
            f"<span>{escape(verdict.sign)}</span> {escape(verdict.word)}</p>"
            f'<h1 class="peak-headline">{escape(self.headline)}</h1>'
            f"<p>{rich(' '.join(self.sentences))}</p>"
        )

    def _facts(self) -> str:
        if not self.facts:
            return ""
        rows = "".join(
            f'<tr class="peak-{fact.sign}"><td>{SIGNS[fact.sign]}</td>'
            f"<th scope=row>{linked(fact.name, fact.link)}<small>{escape(fact.rule)}</small></th>"
            f'<td class="n">{escape(fact.value)}</td></tr>'
            for fact in self.facts
        )
        head = f"<caption>{escape(self.facts_title)}</caption>"
        return f'<table class="peak-facts">{head}<tbody>{rows}</tbody></table>'

    def __repr__(self) -> str:
        lines = [
            " · ".join(f"{label} {value}".strip() for label, value in self.provenance),
            self.question,
            f"{self.verdict.sign} {self.verdict.word}",
            self.headline,
            " ".join(self.sentences).replace("**", ""),
            *(f"{SIGNS[f.sign]}  {f.name}: {f.value} ({f.rule})" for f in self.facts),
        ]
        return "\n".join(line for line in lines if line)


def first_screen(
    provenance: Sequence[tuple[str, str]],
    question: str,
    verdict: Verdict,
    headline: str,
    sentences: Sequence[str],
    facts: Sequence[Fact] = (),
    *,
    facts_title: str = "",
) -> FirstScreen:
    """The first screen of a report; the one figure that belongs to it is displayed after it.

    Args:
        provenance: label and value of run, data, code, costs; one line.
        question: what was asked, as a question.
        verdict: word of the closed vocabulary.
        headline: the finding in one line.
        sentences: two to four; ``**words**`` are set in bold.
        facts: at most five rows.
        facts_title: heading of the facts; by default the number of gates passed.

    Raises:
        DataError: more than five facts, or no headline.
    """
    if len(facts) > MAX_FACTS:
        raise DataError(
            f"first_screen: {len(facts)} facts, at most {MAX_FACTS} fit; "
            "put the others into a table below the figure"
        )
    if not headline.strip():
        raise DataError("first_screen: the headline is empty; state the finding in one line")
    return FirstScreen(
        provenance=tuple(provenance),
        question=question,
        verdict=verdict,
        headline=headline,
        sentences=tuple(sentences),
        facts=tuple(facts),
        facts_title=facts_title or _gates_passed(facts),
    )


def _gates_passed(facts: Sequence[Fact]) -> str:
    gates = [fact for fact in facts if fact.sign != "info"]
    passed = sum(fact.sign == "pass" for fact in gates)
    undecided = sum(fact.sign == "open" for fact in gates)
    also = f", {undecided} open" if undecided else ""
    return f"Gates · {passed} of {len(gates)} passed{also}" if gates else "Facts"
