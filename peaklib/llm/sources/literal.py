"""Whether a text has certain words, letter by letter, and where."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from peaklib.llm.sources.numbers import numbers_in

SHORTEST: Final = 12
"""Letters that a quote has at least: fewer are found anywhere."""
_TOKEN: Final = re.compile(r"\S+")
_BLANKS: Final = re.compile("(?<=\\d)([\u00a0\u2009\u202f])(?=\\d{3}(?!\\d))|\\s+")
_EDGE: Final = 40


@dataclass(frozen=True)
class Place:
    """Where a text has a quote.

    Args:
        first, last: lines, from 1.
    """

    first: int
    last: int


class Literal:
    """A text that is asked for quotes. Breaks of lines and blanks count as one blank each.

    Args:
        text: lines ended by newlines.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def words(self) -> str:
        """The text with one blank for all white space."""
        return collapsed(self._text)

    def find(self, quote: str) -> Place | None:
        """The first place that has a quote in whole words and whole numbers; None if none has.

        `3 %` is not found in `13 %`, in `-3 %` or in `2.3 %`, nor is `18.3` in `18.3 %`.
        """
        wanted = collapsed(quote)
        at = self.words.find(wanted) if wanted else -1
        while at >= 0:
            if self._is_whole(at, at + len(wanted)):
                return Place(self._line(at), self._line(at + len(wanted) - 1))
            at = self.words.find(wanted, at + 1)
        return None

    def _is_whole(self, start: int, end: int) -> bool:
        """Whether no word and no number of the text crosses the edges of the quote."""
        text = self.words
        if any(0 < at < len(text) and text[at - 1 : at + 1].isalnum() for at in (start, end)):
            return False
        low = max(start - _EDGE, 0)
        near = ((low, start + _EDGE), (max(end - _EDGE, 0), end + _EDGE))
        return not any(
            number.start + offset < edge < number.end + offset
            for (offset, stop), edge in zip(near, (start, end), strict=True)
            for number in numbers_in(text[offset:stop])
        )

    def _line(self, at: int) -> int:
        return self._lines[bisect_right(self._starts, at) - 1]

    @cached_property
    def _tokens(self) -> list[re.Match[str]]:
        return list(_TOKEN.finditer(self._text))

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [], 0
        for token in self._tokens:
            starts.append(at)
            at += len(token[0]) + 1
        return starts

    @cached_property
    def _lines(self) -> list[int]:
        lines, line, seen = [], 1, 0
        for token in self._tokens:
            line += self._text.count("\n", seen, token.start())
            seen = token.start()
            lines.append(line)
        return lines


def collapsed(text: str) -> str:
    """A text with one blank for all white space, none at its ends.

    The narrow space between the thousands of a number stays: it is a part of the number.
    """
    return _BLANKS.sub(lambda match: match[1] or " ", text).strip()
