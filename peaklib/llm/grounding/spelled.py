"""Numbers in words: `three regimes`, `twenty-five`, `twice`, `two thirds`, `two of five`."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from peaklib.llm.grounding.numerals import Numeral
from peaklib.llm.grounding.units import GAP, suffix_at

_UP_TO_NINETEEN: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_ROUND: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL: Final = {word: number for number, word in enumerate(_UP_TO_NINETEEN)}
_TENS: Final = {word: 10 * number for number, word in enumerate(_ROUND, start=2)}
_SCALES: Final = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_NUMBERS: Final = {**_SMALL, **_TENS, "dozen": 12}
_MULTIPLES: Final = {
    **dict.fromkeys(("twice", "double", "doubled", "doubles", "doubling", "twofold"), 2),
    **dict.fromkeys(("thrice", "triple", "tripled", "triples", "tripling", "threefold"), 3),
    **dict.fromkeys(("quadruple", "quadrupled", "fourfold"), 4),
    **{f"{word}fold": number for word, number in {**_SMALL, **_TENS}.items() if number > 4},
    "quintupled": 5,
    "hundredfold": 100,
    "thousandfold": 1000,
}
_SHARES: Final = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
_SHARES_OF: Final = "half|halves|thirds?|quarters?|fifths?|tenths?"

_WORD: Final = "|".join(sorted([*_NUMBERS, *_SCALES], key=len, reverse=True))
_CHAIN: Final = re.compile(
    rf"(?<![\w-])(?:{_WORD})(?:(?:[\s-]|\sand\s)(?:{_WORD})){{0,7}}(?!\w)", re.IGNORECASE
)
_MULTIPLE: Final = re.compile(rf"(?<![\w-])(?:{'|'.join(_MULTIPLES)})(?![\w-])", re.IGNORECASE)
_SHARE: Final = re.compile(
    rf"(?<![\w-])(?:(?P<count>{'|'.join(_SMALL)})[\s-](?P<many>{_SHARES_OF})(?!\w)"
    rf"|an?\s(?P<one>half|third|quarter|fifth|tenth)(?=\s(?:of|the)\b|\s?[\[.,;])"
    rf"|(?<!first\s)(?<!second\s)(?<!other\s)(?P<half>half|halved)(?!\w|-|\s(?:year|a\s(?:year|day))))",
    re.IGNORECASE,
)
_OF: Final = re.compile(
    rf"(?<![\w-])(?P<few>{_WORD}|\d{{1,4}})\s(?:out\s)?(?:of|in)\s(?:the\s|every\s)?"
    rf"(?P<all>{_WORD}|\d{{1,4}})(?![\w-]|[.,]\d|\s?%)",
    re.IGNORECASE,
)
_VAGUE: Final = re.compile(
    r"(?<![\w-])(?:dozens|hundreds|thousands|millions|billions|scores? of(?=\s[a-z]{3,20}s\b)|"
    r"(?:single|double|triple|two|three|four|five|six|seven)(?:[\s-]digits?|-figures?)"
    r"(?=[\s-]\w|\s?\[))(?!\w)",
    re.IGNORECASE,
)
_ROMAN: Final = re.compile(
    rf"(?<![\w&-])(?=[IVXLCDM]+(?![A-Za-z]))M{{0,4}}(?:CM|CD|D?C{{0,3}})(?:XC|XL|L?X{{0,3}})(?:IX|IV|V?I{{0,3}})"
    rf"(?={GAP}-?(?:%|(?i:percent|per cent|basis points?|(?:trading )?days?|weeks?|months?|years?|"
    r"times|fold|dollars|euros|regimes)\b))"
)
# `One day it will end` counts no days.
_IDIOMS: Final = ("days", "years", "x")
# Said of a kind of thing, not of how many there are.
_KINDS: Final = re.compile(
    r"-(?:sided|way|off|tailed|handed|edged|dimensional|mean|sum)\b|\s(?:hand|another)\b",
    re.IGNORECASE,
)


def spelled(shown: str) -> list[Numeral]:
    """Numbers in words of a text, in order."""
    taken = bytearray(len(shown))
    found: list[Numeral] = []
    for numeral in (*_shares_of(shown), *_shares(shown), *_multiples(shown), *_chains(shown)):
        if not any(taken[numeral.start : numeral.end]):
            taken[numeral.start : numeral.end] = b"\1" * (numeral.end - numeral.start)
            found.append(numeral)
    return sorted(found, key=lambda numeral: numeral.start)


def _shares_of(shown: str) -> Iterator[Numeral]:
    """`two of five`; digits on both sides are left to the numbers in digits."""
    for match in _OF.finditer(shown):
        few, whole = _number(match["few"]), _number(match["all"])
        both_digits = match["few"].isdigit() and match["all"].isdigit()
        if not both_digits and whole > 0:
            share = Decimal(few) / whole
            yield Numeral(*match.span(), share, places=None, parts=(few, whole))


def _shares(shown: str) -> Iterator[Numeral]:
    for match in _SHARE.finditer(shown):
        if match["half"] or match["one"]:
            share = Decimal(1) / _denominator(match["one"] or "half")
        else:
            share = Decimal(_number(match["count"])) / _denominator(match["many"])
        yield Numeral(*match.span(), share, places=None, unit="share", spelling=match[0])


def _multiples(shown: str) -> Iterator[Numeral]:
    for match in _MULTIPLE.finditer(shown):
        times = Decimal(_MULTIPLES[match[0].lower()])
        yield Numeral(*match.span(), times, places=None, unit="x", spelling=match[0])


def _chains(shown: str) -> Iterator[Numeral]:
    for match in _VAGUE.finditer(shown):
        yield Numeral(*match.span(), Decimal(0), problem="gives no number")
    for match in _ROMAN.finditer(shown):
        yield Numeral(*match.span(), Decimal(0), problem="is not written with the digits 0 to 9")
    for match in _CHAIN.finditer(shown):
        suffix = suffix_at(shown, match.end())
        if _KINDS.match(shown, match.end()):
            continue
        before = shown[max(0, match.start() - 3) : match.start()].rstrip()
        if match[0].lower() in _SCALES and before[-1:].isdigit():
            continue
        yield Numeral(
            start=match.start(),
            end=suffix.end,
            amount=Decimal(_number(match[0])).scaleb(suffix.power),
            places=None if suffix.spelling.lower().endswith("fold") else 0,
            unit=suffix.unit,
            spelling=suffix.spelling,
            is_pronoun=match[0].lower() == "one" and suffix.unit in ("", *_IDIOMS),
        )


def _denominator(word: str) -> int:
    return 2 if word.lower() == "halves" else _SHARES[word.lower().rstrip("s")]


def _number(words: str) -> int:
    """The value of a chain such as `two hundred and fifty-three`."""
    if words.isdigit():
        return int(words)
    total, current = 0, 0
    for word in re.split(r"[\s-]", words.lower()):
        if word in _SCALES and _SCALES[word] > 100:
            total, current = total + (current or 1) * _SCALES[word], 0
        elif word in _SCALES or word == "dozen":
            current = (current or 1) * {**_SCALES, "dozen": 12}[word]
        elif word != "and":
            current += _NUMBERS[word]
    return total + current
