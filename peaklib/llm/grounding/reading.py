"""A text as a person sees it: nothing invisible in it, and letters that look plain are plain."""

import re
import unicodedata
from typing import Final

# Cyrillic and Greek letters that nobody tells from Latin ones.
_TWINS: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d\u03bf"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "aeopcyxijshdqwo" + "ABEKMHOPCTYXIJS" + "ABEZHIKMNOPTYX",
)
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
# A keycap and the selectors of a glyph's looks stand around a plain digit.
_MARKS: Final = frozenset("\u20e3\u034f") | {chr(code) for code in range(0xFE00, 0xFE10)}


def as_seen(text: str) -> tuple[str, tuple[int, ...]]:
    """A text without invisible characters, and with plain letters for those that look so.

    Returns:
        The text, and of each of its characters the offset in the one given.
    """
    if text.isascii():
        return text, tuple(range(len(text)))
    kept = [(place, char) for place, char in enumerate(text) if not _is_invisible(char)]
    shown = "".join(char for _, char in kept)
    places = [place for place, _ in kept]
    parts, offsets, done = [], [], 0
    for found in _WORD.finditer(shown):
        start, end = found.span()
        plain = _plain(found[0])
        if plain == found[0]:
            continue
        parts += [shown[done:start], plain]
        last = end - start - 1
        offsets += places[done:start] + [places[start + min(k, last)] for k in range(len(plain))]
        done = end
    return "".join((*parts, shown[done:])), (*offsets, *places[done:])


def _is_invisible(char: str) -> bool:
    return char > "\x7f" and (unicodedata.category(char) == "Cf" or char in _MARKS)


def _plain(word: str) -> str:
    """A word in plain letters, if all of it can be written so."""
    if word.isascii() or not word.isalpha():
        return word
    plain = unicodedata.normalize("NFKC", word).translate(_TWINS)
    return plain if plain.isascii() else word
