"""The best quotes for a question: words of the sources, never words about them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from peaklib.errors import DataError
from peaklib.llm.grounding.names import INDEX_NAMES
from peaklib.llm.sources.library import Library
from peaklib.llm.sources.literal import SHORTEST, collapsed
from peaklib.llm.sources.numbers import without_names
from peaklib.llm.sources.ranking import Hit, Ranking
from peaklib.llm.sources.words import terms

FAINT: Final = 0.5
"""Coverage below which a passage is no answer."""
STRONG: Final = 0.7
"""Coverage from which on a passage meets the question well."""
OWN: Final = 0.25
"""Share of a question that a quote meets by itself, whatever the headings above it say."""
LONGEST: Final = 400
"""Letters of a quote, so that a table of quotes can be read."""
_MARKER: Final = re.compile(r"[ \t]*(?:[-*+>]|\d{1,3}[.)])[ \t]+")
_LINK: Final = re.compile(r"\[([^][]{1,200})\]\([^()\s]{1,300}\)")
_EMPHASIS: Final = re.compile(r"(?<![\w*])\*([^*\s][^*]{0,200})\*(?![\w*])")
_SENTENCE: Final = re.compile(r"(?<=[.!?])[\"')\]*_]{0,3}\s+(?=[\"'(\[*_`]{0,3}[A-ZÄÖÜ0-9])")
_SHORTENED: Final = re.compile(r"(?:\b[A-Z]|\be\.g|\bi\.e|\bcf|\bvs|\bNo|\bFig|\bal|z\.B|\bS)\.$")


@dataclass(frozen=True)
class Quote:
    """What a source says about a question.

    Args:
        question: what was asked.
        source: name of the source.
        first, last: lines of the quote in the source's text, from 1.
        text: its words, with one blank for all white space.
        reading: the same without the marks of Markdown; of a row of a table, each cell with the
            name of its column.
        score: BM25 of its passage; comparable within one question only.
        coverage: share of the question that the quote and the headings above it meet, 0 … 1.
        also: other sources that meet the question well in words of their own.
        copies: other sources that have the same words.
    """

    question: str
    source: str
    first: int
    last: int
    text: str
    reading: str
    score: float
    coverage: float
    also: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()


def best_quotes(library: Library, questions: Sequence[str], *, most: int) -> tuple[Quote, ...]:
    """What the sources say about each question, the closest first.

    A passage gives one quote: all of it, or of a long one the sentences that meet the question
    best. The same words are quoted once. Where a question names a number that a source has, only
    passages with that number answer it.

    Args:
        library: the sources.
        questions: in order.
        most: quotes of one question.

    Returns:
        Quotes with a coverage of `FAINT` or more, `OWN` of it by themselves; a question without
        any is not answered.

    Raises:
        DataError: `most` is below 1, nothing is asked, a question is asked twice or has no word
            that can be looked for.
    """
    if most < 1:
        raise DataError(f"max_quotes is {most}; a question needs 1 quote or more")
    if not questions or len({*questions}) < len(questions):
        wrong = "a question twice" if questions else "no question"
        raise DataError(f"questions: there is {wrong} in {list(questions)}; ask each once")
    ranking = Ranking(library.passages)
    return tuple(quote for text in questions for quote in _answers(library, ranking, text, most))


def _answers(library: Library, ranking: Ranking, question: str, most: int) -> list[Quote]:
    if not ranking.has_words(question):
        raise DataError(
            f"question {question!r} has no word that could be looked for; ask with the words that "
            "a source would use"
        )
    needed = _numbers(ranking, question)
    hits = [
        hit
        for hit in ranking.ask(question)
        if hit.coverage >= FAINT and needed.issubset(terms(hit.passage.text))
    ]
    strong = sorted({hit.passage.source for hit in hits if hit.coverage >= STRONG})
    found: dict[str, Quote] = {}
    for hit in hits:
        if len(found) == most:
            break
        quote = _quote(library, ranking, question, hit)
        if quote and quote.coverage >= FAINT and quote.text not in found:
            found[quote.text] = _with_others(library, quote, strong)
    return list(found.values())


def _numbers(ranking: Ranking, question: str) -> frozenset[str]:
    """Numbers of a question that any source has: whoever asks for 0.8 does not want 0.02."""
    asked = {term for term in terms(without_names(question, INDEX_NAMES)) if term[0].isdigit()}
    return frozenset(term for term in asked if ranking.has(term))


def _quote(library: Library, ranking: Ranking, question: str, hit: Hit) -> Quote | None:
    passage = hit.passage
    text = collapsed(_cut(_without_marker(passage.text), ranking, question))
    place = library.find(passage.source, text)
    if len(text) < SHORTEST or place is None:
        return None
    # The same words may stand elsewhere, too; the lines are those of the passage.
    inside = passage.first <= place.first and place.last <= passage.last
    first, last = (place.first, place.last) if inside else (passage.first, passage.last)
    said = passage.reading or text
    reading = plain(said) if library.is_marked_up(passage.source) else said
    # The heading of a page must not make an answer of everything below it.
    if ranking.coverage(question, reading) < OWN:
        return None
    coverage = ranking.coverage(question, f"{passage.section} {text}")
    return Quote(question, passage.source, first, last, text, reading, hit.score, coverage)


def plain(text: str) -> str:
    """Markdown without emphasis, code marks and the addresses of links."""
    linked = _LINK.sub(r"\1", text)
    return _EMPHASIS.sub(r"\1", linked.replace("**", "").replace("`", ""))


def _without_marker(text: str) -> str:
    marker = _MARKER.match(text)
    return text[marker.end() :] if marker else text


def _with_others(library: Library, quote: Quote, strong: Sequence[str]) -> Quote:
    others = [name for name in library.names if name != quote.source]
    copies = tuple(name for name in others if library.find(name, quote.text))
    also = tuple(name for name in strong if name != quote.source and name not in copies)
    return replace(quote, also=also, copies=copies)


def _cut(text: str, ranking: Ranking, question: str) -> str:
    """A long text's run of sentences that meets the question best; the shortest of equals."""
    if len(text) <= LONGEST:
        return text
    runs = [
        (-ranking.coverage(question, text[start:stop]), stop - start, start)
        for start, stop in _runs([*sentences(text)])
    ]
    _, length, start = min(runs)
    chosen = text[start : start + length]
    if len(chosen) <= LONGEST:
        return chosen
    return chosen[:LONGEST].rpartition(" ")[0] or chosen[:LONGEST]


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Beginning and end of each sentence; an abbreviation such as `J.` ends none."""
    start = 0
    for gap in _SENTENCE.finditer(text):
        if not _SHORTENED.search(text, max(start, gap.start() - 8), gap.start()):
            yield start, gap.start()
            start = gap.end()
    yield start, len(text)


def _runs(sentences: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Every run of sentences that is short enough, and each sentence by itself."""
    for at, (start, own) in enumerate(sentences):
        yield start, own
        for _, stop in sentences[at + 1 :]:
            if stop - start > LONGEST:
                break
            yield start, stop
