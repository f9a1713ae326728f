"""Words of a text as a search compares them."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

# A number with its decimals, or letters and digits; `S&P` is one word, `out-of-sample` three.
_WORD: Final = re.compile(r"\d+(?:\.\d+)?(?![^\W_])|[^\W_]+(?:&[^\W_]+)*")
_FREQUENT: Final = (
    "a about above after all also an and any are as at be because been before being below between "
    "both but by can could did do does doing down during each few for from further had has have "
    "having he her here hers him his how i if in into is it its just many may me mean means more "
    "most much must my no nor not of off often on once one only or other our out over own s same "
    "say says she should so some such t than that the their them then there these they this those "
    "through to too under until up upon very was we were what when where which while who whom why "
    "will with would you your "
    "aber als am an auch auf aus bei bis da dann das dass dem den der des die dies diese dieser "
    "doch du durch ein eine einem einen einer eines er es für hat haben ich ihr im in ist ja kann "
    "kein keine man mit nach nicht noch nur oder ob ohne sehr sein seine sich sie sind so um und "
    "uns vom von vor war warum was welche welcher wenn wer wie wieder wird wo zu zum zur"
)
_STOP: Final = frozenset(_FREQUENT.split())


def terms(text: str) -> Iterator[str]:
    """Words that carry meaning, in order, in the form in which they are compared.

    Case, plurals, the endings of English verbs and the zeros at the ends of a number make no
    difference; frequent words that mean little (English and German) are left out.

    Source: Harman (1991), How effective is suffixing? J. of the American Society for Information
    Science 42(1), the S stemmer; -ed, -ing and -e are then cut off where four letters stay.

    >>> list(terms("How many gates are SUPPORTED at 0.80?"))
    ['gate', 'support', '0.8']
    """
    for match in _WORD.finditer(text.casefold()):
        word = match[0]
        if word[0].isdecimal() and word.isascii() and word.replace(".", "").isdigit():
            yield f"{Decimal(word).normalize():f}"
        elif word not in _STOP:
            yield _stem(_singular(word))


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s"):
        return word
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return f"{word[:-3]}y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    return word if word.endswith(("us", "ss")) else word[:-1]
