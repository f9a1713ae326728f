"""The words a report uses, explained at its end and linked from where they stand."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from peaklib.errors import DataError
from peaklib.render.html import Fragment, escape, rich

ANCHOR: Final = "def-"
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True)
class Definition:
    """One term.

    Args:
        key: lower-case letters, digits and hyphens; `#def-KEY` leads to it.
        term: as the report writes it.
        words: what it means, in plain words; ``**words**`` are bold.
    """

    key: str
    term: str
    words: str

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise DataError(
                f"definition {self.term!r}: key is {self.key!r}; use lower-case letters, digits "
                "and hyphens"
            )


@dataclass(frozen=True, repr=False)
class Definitions(Fragment):
    """See `definitions`."""

    rows: tuple[Definition, ...]

    def html(self) -> str:
        """A definition list; every term is an anchor."""
        rows = "".join(
            f'<div id="{ANCHOR}{row.key}"><dt>{escape(row.term)}</dt>'
            f"<dd>{rich(row.words)}</dd></div>"
            for row in self.rows
        )
        return f'<dl class="peak-definitions">{rows}</dl>'

    def __repr__(self) -> str:
        return "\n".join(f"{row.term}: {row.words}".replace("**", "") for row in self.rows)


def definitions(rows: Sequence[tuple[str, str, str]]) -> Definitions:
    """A list of terms; a gate (`Fact.link`) or a table (`links`) leads to `#def-KEY`.

    Args:
        rows: key, term, plain words.

    Raises:
        DataError: a key is not made for an address, or stands there twice.
    """
    made = tuple(Definition(*row) for row in rows)
    keys = [row.key for row in made]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise DataError(f"definitions: {twice} stand there twice; a link leads to one place")
    return Definitions(made)
