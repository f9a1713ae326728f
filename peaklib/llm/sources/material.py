"""Sources as a prompt holds them: data on lines of their own, whatever they say."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from peaklib.evidence import to_json
from peaklib.llm.guard import findings
from peaklib.llm.sources.library import Library
from peaklib.llm.sources.passages import Passage
from peaklib.llm.sources.quotes import FAINT
from peaklib.llm.sources.ranking import Ranking

BUDGET: Final = 60_000
"""Letters of passages in one prompt: about 15,000 tokens."""


def material(library: Library, questions: Sequence[str], *, budget: int = BUDGET) -> str:
    """The passages that speak about some questions, for the prompt of a model.

    Each passage is one line of canonical JSON between `<sources>` and `</sources>`, with its
    source and lines. Angle brackets are escaped, so that no passage can end the block. Passages
    that give orders to a model are left out, or whose source's name does; of headings that do,
    nothing is shown.

    Args:
        library: the sources.
        questions: in order; passages are taken in turns, the best of each first.
        budget: letters at most, those of the lines of JSON.
    """
    lines: dict[str, None] = {}
    left = budget
    for passage in _in_turns(library, questions):
        line = _line(passage)
        orders = _orders(passage.text) or _orders(passage.source)
        if line not in lines and len(line) < left and not orders:
            lines[line] = None
            left -= len(line) + 1
    return "\n".join(["<sources>", *lines, "</sources>"])


def _in_turns(library: Library, questions: Sequence[str]) -> Iterator[Passage]:
    ranking = Ranking(library.passages)
    answers = [
        [hit.passage for hit in ranking.ask(question) if hit.coverage >= FAINT]
        for question in questions
    ]
    for place in range(max(map(len, answers), default=0)):
        yield from (found[place] for found in answers if place < len(found))


def _orders(text: str) -> bool:
    return bool(findings(text, groups=("injection",)))


def _section(passage: Passage) -> str:
    """Headings above a passage; empty if one gives orders, by itself or with what follows."""
    section = passage.section
    ways = (section, *section.split(" / "), f"{section} {passage.text}")
    return "" if any(map(_orders, ways)) else section


def _line(passage: Passage) -> str:
    content = {
        "source": passage.source,
        "lines": [passage.first, passage.last],
        "section": _section(passage),
        "text": passage.text,
    }
    return to_json(content).decode().replace("<", "\\u003c").replace(">", "\\u003e")


def numbered(lines: Iterable[str]) -> str:
    """Questions or assumptions as a prompt holds them; `none` if there are none."""
    return "\n".join(f"{number}. {text}" for number, text in enumerate(lines, 1)) or "none"
