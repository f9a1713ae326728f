"""`docs/benchmarks.md`: chapters that are measured, and replaced, one by one."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chapters.bars import Bar, failures

# In the order of the page.
TITLES: Final = ("Grids", "Evidence", "Features and labels", "Luck", "Risk", "Models")

_HEAD: Final = Path(__file__).with_suffix(".md")
_CHAPTER: Final = re.compile(r"^(?=## )", re.MULTILINE)


@dataclass(frozen=True)
class Chapter:
    """One measurement, written down.

    Args:
        text: Markdown; its first line is `## ` and one of `TITLES`.
        bars: what was required.
        trouble: what is wrong besides missed bars, a line each.
    """

    text: str
    bars: Sequence[Bar]
    trouble: Sequence[str] = ()

    def problems(self) -> list[str]:
        """All that is wrong, a line each; none when all is well."""
        return [*self.trouble, *failures(self.bars)]


def compose(page: str, chapters: Iterable[Chapter]) -> str:
    """The page with new chapters in place of their earlier ones; the others stay as they are.

    Args:
        page: as it was; empty if there was none.
        chapters: measured just now.
    """
    _, *earlier = _CHAPTER.split(page)
    texts = {_title(text): text for text in [*earlier, *(one.text for one in chapters)]}
    parts = [texts[title].strip("\n") for title in TITLES if title in texts]
    return "\n\n".join([_HEAD.read_text(encoding="utf-8").strip("\n"), *parts]) + "\n"


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("## ")
