"""Text that a model has written, set apart from everything that was computed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from peaklib.errors import DataError
from peaklib.render.html import Fragment, escape

_CITATION: Final = re.compile(r"\[([a-z0-9_.-]+(?:, ?[a-z0-9_.-]+)*)\]")


@dataclass(frozen=True)
class Fault:
    """Words of a passage that do not hold.

    Args:
        start, end: of the words in the text, as of a slice.
        why: what is wrong with them.
    """

    start: int
    end: int
    why: str


@dataclass(frozen=True)
class Passage:
    """One part of a model's text.

    Args:
        title: heading.
        text: as it came; it is shown as text, whatever markup it holds.
        faults: words that do not hold, in order, not overlapping.
        withheld: why the text is not shown at all; empty if it is.

    Raises:
        DataError: faults overlap or lie outside of the text.
    """

    title: str
    text: str
    faults: tuple[Fault, ...] = ()
    withheld: str = ""

    def __post_init__(self) -> None:
        edges = [0, *(edge for fault in self.faults for edge in (fault.start, fault.end))]
        if edges != sorted(edges) or edges[-1] > len(self.text):
            raise DataError(
                f"faults of the passage {self.title!r} overlap or lie outside of its "
                f"{len(self.text)} characters: give them in order"
            )


@dataclass(frozen=True, repr=False)
class Prose(Fragment):
    """See `prose`."""

    passages: tuple[Passage, ...]
    by: str
    note: str

    def html(self) -> str:
        """The text in a frame that says who wrote it; what does not hold is struck out."""
        parts = "".join(_html(passage) for passage in self.passages)
        note = f'<p class="peak-prose-note">{escape(self.note)}</p>' if self.note else ""
        return (
            f'<section class="peak-prose"><p class="peak-prose-by">Written by <strong>'
            f"{escape(self.by)}</strong>, not computed</p>{note}{parts}</section>"
        )

    def __repr__(self) -> str:
        lines = [f"Written by {self.by}, not computed", *([self.note] if self.note else [])]
        for passage in self.passages:
            lines += [f"## {passage.title}", passage.withheld or passage.text]
            lines += [
                f"✕ {passage.text[fault.start : fault.end]}: {fault.why}"
                for fault in passage.faults
            ]
        return "\n".join(lines)


def prose(passages: Sequence[Passage], *, by: str, note: str = "") -> Prose:
    """A model's text, marked as such.

    Args:
        passages: its parts.
        by: which model, in words; or that a stand-in took its place.
        note: one line below that, such as what a critic says.
    """
    return Prose(tuple(passages), by, note)


def _html(passage: Passage) -> str:
    title = f"<h4>{escape(passage.title)}</h4>"
    if passage.withheld:
        return f'{title}<p class="peak-withheld">✕ {escape(passage.withheld)}</p>'
    pieces, end = [], 0
    for fault in passage.faults:
        words = escape(passage.text[fault.start : fault.end])
        pieces.append(_cited(passage.text[end : fault.start]))
        pieces.append(f'<del title="{escape(fault.why)}">{words}</del>')
        pieces.append(f'<small class="peak-fault">✕ {escape(fault.why)}</small>')
        end = fault.end
    pieces.append(_cited(passage.text[end:]))
    return f"{title}<p>{''.join(pieces)}</p>"


def _cited(text: str) -> str:
    """Escaped text with its citations in small print."""
    return _CITATION.sub(r'<small class="peak-cite">[\1]</small>', escape(text))
