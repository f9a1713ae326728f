"""A text as a reader sees it: sentences, citations, and digits that are no claims.

No claims are names (`S&P 500`), keys, list markers, numbers of headings, tables and footnotes,
versions, addresses, and letters with digits such as `L2`. `shown` has the text with those
overwritten, at the same offsets.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from peaklib.llm.grounding.facts import Evidence
from peaklib.llm.grounding.units import suffix_at

_AROUND: Final = 300
_BRACKET: Final = re.compile(r"\[([^\[\]\n]{1,400})\](?!\()")
_ITEM: Final = re.compile(r"[A-Za-z0-9_.-]{1,120}", re.ASCII)
_TELLS_A_KEY: Final = re.compile(r"[._0-9]")
_FOOTNOTE_LINE: Final = re.compile(r"^\s{0,3}\[(\d{1,3})\]:?\s", re.MULTILINE)
_BETWEEN_CITATIONS: Final = re.compile(r"[\s,;]{0,3}(?:and\s)?")

_MARKER: Final = re.compile(r"^[ \t]{0,12}(?:>\s?)?\(?(\d{1,2})[.)][ \t]+(?=\D)", re.MULTILINE)
_HEADING: Final = re.compile(r"^#{1,6}[ \t]+(\d{1,2}(?:\.\d{1,2}){0,3})[.):]?[ \t]+", re.MULTILINE)
_IDENTIFIER: Final = re.compile(r"(?<![\w.,\-−])[A-Za-z_][A-Za-z_&]{0,30}\d{1,4}[A-Za-z0-9_]{0,40}")
_NO_IDENTIFIER: Final = re.compile(
    r"(?:USD?|EUR|GBP|CHF|JPY|[xX])\d|(?:FY|CY)\d{4}|[Qq]\d[A-Z\d]|[Qq][1-4]$"
)
_GOES_ON: Final = re.compile(r"[.,]\d|[’'·]\d")
_REFERENCE: Final = re.compile(
    r"\b(?:tables?|figures?|fig\.|sections?|sec\.|chapters?|steps?|questions?|notes?|footnotes?|"
    r"appendix|items?|equations?|eq\.|exhibits?|annex|parts?|pages?|p\.|phases?|layers?|columns?|"
    r"rows?|panels?)[ \u00a0](\d{1,2})(?![\w.,%]*\d)",
    re.IGNORECASE,
)
_OTHER: Final = (
    re.compile(r"\[\^[\w-]{1,40}\]:?"),
    re.compile(r"(?<=[A-Za-z])[¹²³⁰-⁹]{1,2}(?![\w.,]*\d)|(?<=[.,;:)])[¹²³⁰-⁹]{1,2}(?=\s|$)"),
    re.compile(r"\b(?:https?|ftp)://[^\s<>\])]{1,2000}"),
    re.compile(r"\b(?:[vV]|[vV]ersions? )\d{1,3}(?:\.\d{1,4}){0,3}(?![\d.]*\d|\s?%)"),
)
_LABEL_NAME: Final = re.compile(
    r"(?<![\w&])(?:[A-Z][\w.]{0,20}&[\w.]{1,20}|[A-Z]{2,10}|[A-Z][a-z]{2,20}) \d{2,4}(?![\w.,%-])"
)

_BLOCK_START: Final = r"(?:[-*•+]\s|\(?\d{1,3}[.)]\s|#{1,6}\s|\||>|```)"
_BREAK: Final = re.compile(
    rf"(?P<block>\n[ \t\r]*(?=\n)|\n(?=[ \t]{{0,12}}{_BLOCK_START})|(?<=\|)\n|(?<=\|) {{1,3}}\n)"
    r"|(?P<stop>[.!?][\"')*_”»]{0,4})(?P<tail>(?:\s?\[[^\[\]\n]{1,400}\]){0,4})(?P<gap>\s{1,4}|\Z)"
)
_STARTS: Final = re.compile(r"[\"'(*_“«]{0,4}[A-Z0-9\u00c0-\u00de+−\-$€#|]")
_DAY_OF_MONTH: Final = re.compile(
    r"\b\d{1,2}\. (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE
)
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:vs|e\.g|i\.e|approx|ca|cf|no|nr|fig|eq|sec|ch|pp?|al|resp|max|min|avg|incl|excl|mio|"
    r"tsd|pct|yrs?|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|u\.s|[a-z]))\.$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Citation:
    """Keys in square brackets, or several brackets in a row.

    Args:
        start: offset of the first bracket.
        end: offset behind the last one.
        keys: as written, known or not.
    """

    start: int
    end: int
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """A text, what of it is shown, and how it is divided.

    Args:
        text: as it came.
        shown: of the same length, with everything overwritten that is no claim.
        citations: in order.
        sentences: offsets of start and end, in order; they cover the text.
    """

    text: str
    shown: str
    citations: tuple[Citation, ...]
    sentences: tuple[tuple[int, int], ...]

    def excerpt(self, sentence: tuple[int, int], place: int) -> str:
        """A sentence on one line; of a very long one, the part around an offset."""
        start = max(sentence[0], place - _AROUND)
        end = min(sentence[1], place + _AROUND)
        words = " ".join(self.text[start:end].split())
        return f"{'… ' * (start > sentence[0])}{words}{' …' * (end < sentence[1])}"


def lay_out(text: str, evidence: Evidence, names: Collection[str] = ()) -> Layout:
    """Divide a text into sentences and citations, and overwrite what is no claim.

    Args:
        text: prose with citations in square brackets.
        evidence: tells keys, and names in its labels.
        names: more phrases whose digits are no claims.
    """
    footnotes = set(_FOOTNOTE_LINE.findall(text))
    brackets = [
        Citation(found.start(), found.end(), keys)
        for found in _BRACKET.finditer(text)
        if (keys := _keys(found[1], evidence)) and not footnotes.issuperset(keys)
    ]
    hidden = list(text)
    for citation in brackets:
        _overwrite(hidden, citation.start + 1, citation.end - 1, "c")
    for found in _BRACKET.finditer(text):
        if found[1] in footnotes:
            _overwrite(hidden, found.start(), found.end(), " ")
    for start, end in _phrases(text, {*evidence, *names, *label_names(evidence)}):
        _overwrite(hidden, start, end, "n")
    for start, end in _marks("".join(hidden)):
        _overwrite(hidden, start, end, " ")
    for start, end in _identifiers("".join(hidden)):
        _overwrite(hidden, start, end, "n")
    citations = tuple(_merged(text, brackets))
    return Layout(text, "".join(hidden), citations, tuple(_sentences(text)))


def label_names(evidence: Evidence) -> set[str]:
    """Names with a number in the labels of facts, such as `S&P 500`; years make no name."""
    found = set()
    for fact in evidence.values():
        for match in _LABEL_NAME.finditer(fact.label):
            word, number = match[0].rsplit(" ", 1)
            is_year = len(number) == 4 and number[:2] in ("18", "19", "20", "21")
            if not suffix_at(fact.label, match.end()).unit and not (is_year and "&" not in word):
                found.add(match[0])
    return found


def _keys(content: str, evidence: Evidence) -> tuple[str, ...]:
    """The keys that a bracket cites; none if it is a remark such as `[sic]`."""
    items = [item.strip().strip("`") for item in re.split(r"[,;]", content)]
    if any(item in evidence for item in items):
        return tuple(items)
    if all(_ITEM.fullmatch(item) and _TELLS_A_KEY.search(item) for item in items):
        return tuple(items)
    return ()


def _merged(text: str, brackets: Iterable[Citation]) -> Iterator[Citation]:
    row: list[Citation] = []
    for citation in brackets:
        if row and not _BETWEEN_CITATIONS.fullmatch(text, row[-1].end, citation.start):
            yield _as_one(row)
            row = []
        row.append(citation)
    if row:
        yield _as_one(row)


def _as_one(row: Sequence[Citation]) -> Citation:
    keys = tuple(chain.from_iterable(citation.keys for citation in row))
    return Citation(row[0].start, row[-1].end, keys)


def _overwrite(hidden: list[str], start: int, end: int, char: str) -> None:
    hidden[start:end] = char * (end - start)


def _phrases(text: str, phrases: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where known names stand alone, whatever blanks they are written with."""
    written = sorted(
        {p.strip() for p in phrases if re.search(r"\d", p)}, key=lambda p: (-len(p), p)
    )
    if not written:
        return
    blanks = r"[\s\u00a0\u2009\u202f]{1,3}"
    spelled = [blanks.join(re.escape(part) for part in phrase.split()) for phrase in written]
    pattern = re.compile(
        rf"(?<![\w.])(?:{'|'.join(spelled)})(?![\w%]|[.,]\d|[\s\u00a0\u2009\u202f]?%)",
        re.IGNORECASE,
    )
    yield from (found.span() for found in pattern.finditer(text))


def _marks(shown: str) -> Iterator[tuple[int, int]]:
    yield from _markers(shown)
    for found in _HEADING.finditer(shown):
        if not suffix_at(shown, found.end(1)).unit and not suffix_at(shown, found.end()).unit:
            yield found.span(1)
    for found in _REFERENCE.finditer(shown):
        if not suffix_at(shown, found.end()).unit:
            yield found.span(1)
    for pattern in _OTHER:
        yield from (found.span() for found in pattern.finditer(shown))


def _markers(shown: str) -> Iterator[tuple[int, int]]:
    """Numbers of lists: they begin with 1 and count on, so no other number hides as one."""
    expected = {1}
    for found in _MARKER.finditer(shown):
        number = int(found[1]) if found[1].isascii() else 0
        if number in expected:
            expected.update((number, number + 1))
            yield found.span(1)


def _identifiers(shown: str) -> Iterator[tuple[int, int]]:
    """Letters with digits, such as `L2` or `VIX3M`; not `USD5`, nor with a unit behind."""
    for found in _IDENTIFIER.finditer(shown):
        end = found.end()
        if _NO_IDENTIFIER.match(found[0]) or _GOES_ON.match(shown, end):
            continue
        if not suffix_at(shown, end).unit:
            yield found.span()


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for found in _BREAK.finditer(text):
        end = found.end()
        if found["stop"] and (
            (end < len(text) and not _STARTS.match(text, end))
            or _DAY_OF_MONTH.search(text, max(0, found.start() - 3), min(len(text), end + 4))
            or _ABBREVIATION.search(text, max(start, found.start() - 12), found.start() + 1)
        ):
            continue
        if end > start:
            yield start, end
            start = end
    if start < len(text):
        yield start, len(text)
