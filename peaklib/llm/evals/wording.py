"""Whether words occur in a text, whatever their case, hyphens and line breaks."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_QUOTES: Final = str.maketrans("’\u2018“”−–—", "''\"\"---")
# A hyphen between letters or digits, or white space.
_GAP: Final = re.compile(r"(?<=\w)-(?=\w)|\s+")


def folded(text: str) -> str:
    """A text without the differences that do not count: case, kinds of quotes, hyphens, blanks."""
    plain = unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold()
    return _GAP.sub(" ", plain).strip()


def occurs(phrase: str, text: str) -> bool:
    """Whether a phrase occurs in a text in whole words.

    Args:
        phrase: words; `*` at the end of a word stands for any letters that follow, so that
            `volatil*` is found in "volatility".
        text: that is searched.
    """
    return _pattern(phrase).search(folded(text)) is not None


@lru_cache(maxsize=4096)
def _pattern(phrase: str) -> re.Pattern[str]:
    words = r"\w*".join(map(re.escape, folded(phrase).split("*")))
    return re.compile(rf"(?<!\w){words}(?!\w)")
