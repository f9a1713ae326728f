"""The grounding critic: every number of a text, what it cites, and whether they agree."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from peaklib.llm.grounding.claims import Claim, Grounding
from peaklib.llm.grounding.compare import Verdict, compare
from peaklib.llm.grounding.facts import Evidence, Fact
from peaklib.llm.grounding.layout import Citation, Layout, lay_out
from peaklib.llm.grounding.moments import Moment, moments, unclear
from peaklib.llm.grounding.names import INDEX_NAMES
from peaklib.llm.grounding.numerals import Numeral, numerals
from peaklib.llm.grounding.periods import Mention, agrees, mentions
from peaklib.llm.grounding.reading import as_seen
from peaklib.llm.grounding.relative import Relative, may_be, relatives
from peaklib.llm.grounding.spelled import spelled
from peaklib.llm.grounding.stated import is_name, says
from peaklib.llm.grounding.units import suffix_at

_ADJACENT: Final = re.compile(r"[\s\u00a0\u2009\u202f*_)\"'”]{0,6}")
_BACK: Final = re.compile(
    r"[\s\u00a0*_(]{0,4}(?:(?:in|over|for|during|since|from|between|through|until|as|of|at|by|on|within|"
    r"across|the|years?|period|end|daily|whole|full|to)[\s\u00a0]{1,2}){0,6}",
    re.IGNORECASE,
)
_NEXT_WORD: Final = re.compile(r"[\s\u00a0-]{0,3}([^\W\d_]{1,20})")
_HEADING: Final = re.compile(r"\s{0,4}#{1,6}\s")
# So many citations away from a year, one has nothing to do with it.
_FAR: Final = 10
_TIMES: Final = ("days", "years", "weeks", "months", "quarters", "decades", "hours")


def check_grounding(
    text: str, evidence: Evidence, names: Collection[str] = INDEX_NAMES
) -> Grounding:
    """Compare every number of a text with the fact that it cites.

    A number cites the nearest citation behind it in its sentence; `docs/explanation/grounding.md`
    has all the rules.

    Args:
        text: prose with citations in square brackets, such as `18.3 % [sp500.vol]`.
        evidence: the facts.
        names: phrases whose digits are no claims; those of well-known indices by default, and
            names in the labels of facts are known as well.
    """
    shown, places = as_seen(text)
    found = _Critic(lay_out(shown, evidence, names), evidence).grounding()
    if shown == text:
        return found
    moved = (replace(c, start=places[c.start], end=places[c.end - 1] + 1) for c in found.claims)
    return Grounding(tuple(moved))


class _Critic:
    """One text and its evidence, with what was found in it."""

    def __init__(self, layout: Layout, evidence: Evidence) -> None:
        self.layout = layout
        self.evidence = evidence
        self._sentence_starts = [start for start, _ in layout.sentences]
        self._citation_starts = [citation.start for citation in layout.citations]
        self._labels: dict[str, list[tuple[Numeral, str]]] = {}
        self._cited_facts: dict[tuple[int, int], dict[str, Fact]] = {}
        self._distinct_facts: dict[int, list[Fact]] = {}

    def grounding(self) -> Grounding:
        """All claims of the text, in its order."""
        times = self._times()
        numbers = self._numbers(times)
        claims = [*self._of_numbers(numbers), *self._of_times(times)]
        claims += self._of_unknown_keys(numbers)
        claims += [*self._of_relatives(times), *self._of_names()]
        return Grounding(tuple(sorted(claims, key=lambda claim: (claim.start, claim.end))))

    # ---- what there is -------------------------------------------------------------------------

    def _times(self) -> list[Moment]:
        """Moments, without four digits that are a plain number."""
        return [m for m in moments(self.layout.shown) if not (m.is_bare and self._is_number(m))]

    def _is_number(self, moment: Moment) -> bool:
        shown = self.layout.shown
        suffix = suffix_at(shown, moment.end)
        if suffix.unit or suffix.power:
            return True
        citation = self._following(moment.start, moment.end)
        if citation is None or not self._adjacent(moment.end, citation):
            return False
        return any(
            f.unit in ("", "count") and f.is_number and 1000 <= abs(f.amount) < 10_000
            for f in self._distinct(citation)
        )

    def _numbers(self, times: Sequence[Moment]) -> list[Numeral]:
        hidden = list(self.layout.shown)
        dubious = []
        for moment in times:
            hidden[moment.start : moment.end] = "\0" * (moment.end - moment.start)
        for start, end in unclear("".join(hidden)):
            problem = "may be a date in one of several orders, or a time; write 2012-09-14"
            dubious.append(Numeral(start, end, amount=numerals("0")[0].amount, problem=problem))
            hidden[start:end] = "\0" * (end - start)
        for period in relatives("".join(hidden)):
            hidden[period.start : period.end] = "\0" * (period.end - period.start)
        rest = "".join(hidden)
        in_words = spelled(rest)
        spans = [(word.start, word.end) for word in in_words]
        in_digits = [
            n
            for n in numerals(rest)
            if not any(s < n.end and n.start < e for s, e in _near(spans, n))
        ]
        return sorted([*in_words, *in_digits, *dubious], key=lambda numeral: numeral.start)

    # ---- where it belongs ----------------------------------------------------------------------

    def _sentence(self, place: int) -> tuple[int, int]:
        return self.layout.sentences[max(0, bisect_right(self._sentence_starts, place) - 1)]

    def _cited(self, sentence: tuple[int, int]) -> Sequence[Citation]:
        first = bisect_left(self._citation_starts, sentence[0])
        last = bisect_left(self._citation_starts, sentence[1])
        return self.layout.citations[first:last]

    def _following(self, start: int, end: int) -> Citation | None:
        sentence = self._sentence(start)
        place = bisect_left(self._citation_starts, end)
        if place == len(self._citation_starts) or self._citation_starts[place] >= sentence[1]:
            return None
        return self.layout.citations[place]

    def _adjacent(self, end: int, citation: Citation) -> bool:
        """Whether nothing but blanks and marks stands between a number and a citation."""
        return _ADJACENT.fullmatch(self.layout.shown, end, citation.start) is not None

    def _facts(self, citation: Citation) -> list[Fact]:
        """Its known facts as it names them, one as often as its key stands there."""
        return [self.evidence[key] for key in citation.keys if key in self.evidence]

    def _distinct(self, citation: Citation) -> Sequence[Fact]:
        """Its known facts, each once; many numbers may ask the same long row of keys."""
        if citation.start not in self._distinct_facts:
            once = {fact.key: fact for fact in self._facts(citation)}
            self._distinct_facts[citation.start] = list(once.values())
        return self._distinct_facts[citation.start]

    def _facts_of(self, sentence: tuple[int, int]) -> Iterable[Fact]:
        """All facts that a sentence cites, each once."""
        if sentence not in self._cited_facts:
            cited = self._cited(sentence)
            self._cited_facts[sentence] = {f.key: f for c in cited for f in self._distinct(c)}
        return self._cited_facts[sentence].values()

    # ---- verdicts ------------------------------------------------------------------------------

    def _of_numbers(self, found: Sequence[Numeral]) -> Iterator[Claim]:
        groups: dict[int, list[Numeral]] = {}
        for numeral in found:
            citation = self._following(numeral.start, numeral.end)
            if numeral.is_pronoun and not self._counts(citation):
                continue
            if numeral.problem:
                yield self._claim(numeral, None, ("ambiguous", f"it {numeral.problem}"))
            elif key := self._in_label(numeral, citation):
                reason = f"it is part of what {key} is: {self.evidence[key].label!r}"
                yield self._claim(numeral, key, ("supported", reason))
            elif citation is None:
                reason = "no citation stands behind it in its sentence"
                yield self._claim(numeral, None, ("uncited", reason))
            else:
                groups.setdefault(citation.start, []).append(numeral)
        for start, group in groups.items():
            citation = self.layout.citations[bisect_left(self._citation_starts, start)]
            yield from self._of_group(group, citation)

    def _counts(self, citation: Citation | None) -> bool:
        """Whether a citation is of counts only, so that `one` before it is a number."""
        facts = self._distinct(citation) if citation is not None else []
        return bool(facts) and all(fact.unit == "count" for fact in facts)

    def _of_group(self, group: Sequence[Numeral], citation: Citation) -> Iterator[Claim]:
        """Numbers before one citation: in the order of its keys if there are as many."""
        facts = self._facts(citation)
        if not facts:
            for numeral in group:
                verdict = "unknown_key", f"no fact of the run has the key {citation.keys[0]!r}"
                yield self._claim(numeral, citation.keys[0], verdict)
            return
        if len(group) > 1:
            group = [numeral for numeral in group if not numeral.is_pronoun]
        countable = [fact for fact in facts if fact.is_number] or facts
        in_order = len(countable) == len(group)
        for place, numeral in enumerate(group):
            choice = [countable[place]] if in_order else self._distinct(citation)
            key, verdict = self._best(numeral, choice)
            yield self._claim(numeral, key, verdict)

    def _best(self, numeral: Numeral, facts: Iterable[Fact]) -> tuple[str, Verdict]:
        """The fact that supports a number, else the first one and what is wrong with it."""
        sentence, shown = self._sentence(numeral.start), self.layout.shown
        verdicts = [(fact.key, compare(numeral, fact, shown, sentence)) for fact in facts]
        return next((v for v in verdicts if v[1][0] == "supported"), verdicts[0])

    def _in_label(self, numeral: Numeral, citation: Citation | None) -> str | None:
        """The cited fact whose label holds this number; none if the citation is right behind it."""
        if citation is not None and self._adjacent(numeral.end, citation):
            return None
        word = _next_word(self.layout.shown, numeral)
        for fact in self._facts_of(self._sentence(numeral.start)):
            for in_label, its_word in self._label(fact):
                same = (in_label.amount, in_label.unit) == (numeral.amount, numeral.unit)
                if same and (numeral.unit in _TIMES or word == its_word):
                    return fact.key
        return None

    def _label(self, fact: Fact) -> list[tuple[Numeral, str]]:
        if fact.key not in self._labels:
            found = [*numerals(fact.label), *spelled(fact.label)]
            self._labels[fact.key] = [(n, _next_word(fact.label, n)) for n in found]
        return self._labels[fact.key]

    def _of_times(self, times: Sequence[Moment]) -> Iterator[Claim]:
        shown = self.layout.shown
        starts = [moment.start for moment in times]
        for mention in mentions(shown, times):
            facts, is_behind = self._facts_for(mention)
            dates = [fact for fact in facts if fact.unit == "date"]
            if mention.kind != "range" or not dates or agrees(mention, dates[0], is_behind):
                yield self._of_time(mention, facts, is_behind)
                continue
            parts = times[bisect_left(starts, mention.start) : bisect_left(starts, mention.end)]
            for part in mentions(shown, parts, pairs=False):
                yield self._of_time(part, facts, is_behind)

    def _of_time(self, mention: Mention, facts: Sequence[Fact], is_behind: bool) -> Claim:
        known = [(fact, agrees(mention, fact, is_behind)) for fact in facts]
        for fact, answer in known:
            if answer:
                return self._claim(
                    mention, fact.key, ("supported", f"{fact.key} is about {_when(fact)}")
                )
        said = " ".join(self.layout.text[mention.start : mention.end].split())
        for fact, answer in known:
            if answer is False:
                reason = f"the text says {said!r}, {fact.key} is about {_when(fact)}"
                status = "wrong_value" if fact.unit == "date" else "wrong_period"
                return self._claim(mention, fact.key, (status, reason))
        reason = "no fact that its sentence cites has a period or a date"
        return self._claim(mention, None, ("uncited", reason))

    def _facts_for(self, mention: Mention) -> tuple[Sequence[Fact], bool]:
        """Facts of the citation that a time belongs to, and whether it stands behind that.

        That is the citation close before it, else the next one behind it, else one before.
        """
        sentence = self._sentence(mention.start)
        cited = self._cited(sentence)
        if not cited and _HEADING.match(self.layout.text, sentence[0]):
            return [fact for fact in self.evidence.values() if agrees(mention, fact)], True
        first = bisect_left(self._citation_starts, sentence[0])
        middle = bisect_left(self._citation_starts, mention.start) - first
        before, behind = cited[max(0, middle - _FAR) : middle], cited[middle : middle + _FAR]
        order = [*behind, *reversed(before)]
        is_behind = bool(behind) and self._adjacent(mention.end, behind[0])
        if (
            not is_behind
            and before
            and _BACK.fullmatch(self.layout.shown, before[-1].end, mention.start)
        ):
            order.insert(0, before[-1])
        for citation in order:
            facts = self._distinct(citation)
            if any(agrees(mention, fact) is not None for fact in facts):
                return facts, citation.end <= mention.start
        return [], False

    def _of_unknown_keys(self, found: Sequence[Numeral]) -> Iterator[Claim]:
        """Unknown keys that no number was told about already."""
        told = {
            citation.start
            for numeral in found
            if not numeral.problem
            and (citation := self._following(numeral.start, numeral.end))
            and not self._distinct(citation)
        }
        for citation in self.layout.citations:
            unknown = [key for key in citation.keys if key not in self.evidence]
            if unknown and citation.start not in told:
                reason = f"no fact of the run has the key {unknown[0]!r}"
                yield Claim(
                    self.layout.excerpt(self._sentence(citation.start), citation.start),
                    *(citation.start, citation.end),
                    *("", unknown[0], "unknown_key", reason),
                )

    def _of_relatives(self, times: Sequence[Moment]) -> Iterator[Claim]:
        """`last year` and its like, in sentences that cite facts of other periods only."""
        hidden = list(self.layout.shown)
        for moment in times:
            hidden[moment.start : moment.end] = "\0" * (moment.end - moment.start)
        for period in relatives("".join(hidden)):
            facts = self._facts_of(self._sentence(period.start))
            known = [(fact, may_be(period, fact)) for fact in facts]
            if not known or any(answer for _, answer in known):
                continue
            wrong = next((fact for fact, answer in known if answer is False), None)
            if wrong:
                reason = f"{wrong.key} is about {_when(wrong)}; write a date or a year"
                yield self._claim(period, wrong.key, ("wrong_period", reason))
            else:
                reason = "no fact that its sentence cites has a period or a date"
                yield self._claim(period, None, ("uncited", reason))

    def _of_names(self) -> Iterator[Claim]:
        """Citations of facts that are words, in sentences that do not say them."""
        known: dict[tuple[int, str], str] = {}
        for citation in self.layout.citations:
            sentence = self._sentence(citation.start)
            for fact in filter(is_name, self._facts(citation)):
                at = (sentence[0], fact.key)
                if at not in known:
                    known[at] = says(self.layout.shown[slice(*sentence)], fact)
                if reason := known[at]:
                    excerpt = self.layout.excerpt(sentence, citation.start)
                    place = (citation.start, citation.end)
                    yield Claim(excerpt, *place, "", fact.key, "wrong_value", reason)

    def _claim(
        self, place: Numeral | Mention | Relative, key: str | None, verdict: Verdict
    ) -> Claim:
        text = self.layout.text
        number = " ".join(text[place.start : place.end].split())
        sentence = self.layout.excerpt(self._sentence(place.start), place.start)
        return Claim(sentence, place.start, place.end, number, key, *verdict)


def _near(spans: Sequence[tuple[int, int]], numeral: Numeral) -> Sequence[tuple[int, int]]:
    """The spans, sorted, that may overlap a number."""
    place = bisect_left(spans, (numeral.start, 0))
    return spans[max(0, place - 1) : place + 3]


def _next_word(text: str, numeral: Numeral) -> str:
    """The first letters of the word behind a number, so that `stock` and `stocks` are one."""
    found = _NEXT_WORD.match(text, numeral.end)
    return found[1].lower()[:4] if found else ""


def _when(fact: Fact) -> str:
    return fact.written if fact.unit == "date" else fact.period or fact.label
