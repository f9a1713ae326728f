"""Planted numbers: real facts in many natural styles, right ones and wrong ones, counted.

The sentences and the wrong values are made here, without any part of the critic.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

import numpy as np
import pytest
from llm.every_case import every_case

from peaklib.data import load
from peaklib.llm.grounding import Evidence, Fact, check_grounding
from peaklib.metrics import cagr, max_drawdown, sharpe, volatility

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

SERIES = {"sp500": "S&P 500", "nasdaq": "Nasdaq", "vix": "VIX"}
YEARS = {"sp500": (2001, 2003, 2008, 2013, 2017), "nasdaq": (2000, 2002, 2009), "vix": (2015, 2017)}


def _facts() -> Iterator[Fact]:
    """Statistics of years, of the kinds that an outlook writes about."""
    for key, name in SERIES.items():
        closes = load(key).frame["close"]
        for year in YEARS[key]:
            close = closes[closes.index.year == year]
            returns = close.pct_change().dropna().to_numpy()
            at, period = f"{key}.{year}", str(year)
            half = returns.size // 2
            first = volatility(returns[:half], periods_per_year=252)
            second = volatility(returns[half:], periods_per_year=252)
            yield Fact(f"{at}.vol", first, "%", 1, period, f"{name} volatility a year")
            yield Fact(
                f"{at}.ret", cagr(returns, periods_per_year=252), "%", 1, period, f"{name} return"
            )
            yield Fact(
                f"{at}.dd", max_drawdown(returns), "%", 1, period, f"{name} largest drawdown"
            )
            yield Fact(
                f"{at}.worst", float(returns.min()), "%", 2, period, "return of the worst day"
            )
            yield Fact(
                f"{at}.sharpe", sharpe(returns, periods_per_year=252), "", 2, period, "Sharpe ratio"
            )
            yield Fact(f"{at}.days", int((returns > 0).sum()), "days", 0, period, "days that rose")
            yield Fact(
                f"{at}.n", int((np.abs(returns) > 0.03).sum()), "count", 0, period, "large moves"
            )
            yield Fact(f"{at}.ratio", second / first, "x", 1, period, "second half over the first")
            yield Fact(f"{at}.close", float(close.iloc[-1]), "", 2, period, "closing level")
            yield Fact(
                f"{at}.usd", round(float(close.iloc[-1]) * 1250, 2), "USD", 0, period, "a holding"
            )
            day = close.idxmin().date().isoformat()
            yield Fact(f"{at}.low", day, "date", None, period, "day of the lowest close")


class Said(NamedTuple):
    """A sentence and the fact that it is about."""

    text: str
    kind: str
    key: str


Style = Callable[[Fact, Decimal], str]


def _fixed(amount: Decimal, places: int) -> str:
    return f"{abs(amount).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,}"


def _exact(fact: Fact) -> Decimal:
    value = Decimal(repr(fact.value))
    return value * 100 if fact.unit == "%" else value


def _size(fact: Fact, amount: Decimal) -> str:
    return _fixed(amount, fact.decimals or 0)


GAINS: Sequence[Style] = (
    lambda f, a: f"The figure was {_size(f, a)} % [{f.key}].",
    lambda f, a: f"It stood at {_size(f, a)}% [{f.key}], by the S&P 500's standards a calm year.",
    lambda f, a: f"That is {_size(f, a)} percent [{f.key}]",
    lambda f, a: f"1. About {_size(f, a)} per cent [{f.key}].",
    lambda f, a: f"- a share of {_fixed(a / 100, (f.decimals or 0) + 2)} [{f.key}]",
    lambda f, a: f"It was **{_size(f, a)} %** [{f.key}].",
    lambda f, a: f"In {f.period} it was {_size(f, a)}\u00a0% [{f.key}].",
    lambda f, a: f"It was +{_size(f, a)}\u2009% ([{f.key}]) in {f.period}.",
    lambda f, a: f"It came to {_size(f, a)} %. [{f.key}] Nothing else is said.",
    lambda f, a: f"| {f.label} | {_size(f, a)} % [{f.key}] |",
    lambda f, a: f"{f.label} is {_fixed(a * 100, 0)} basis points [{f.key}].",
    lambda f, a: f"It was {_fixed(a / 10, (f.decimals or 0) + 1)}e1 % [{f.key}].",
)
LOSSES: Sequence[Style] = (
    lambda f, a: f"It was -{_size(f, a)} % [{f.key}].",
    lambda f, a: f"It was −{_size(f, a)}% [{f.key}].",
    lambda f, a: f"The market fell by {_size(f, a)} % [{f.key}].",
    lambda f, a: f"That is a loss of {_size(f, a)} percent [{f.key}].",
    lambda f, a: f"It ended {_size(f, a)} % [{f.key}] below where it began.",
    lambda f, a: f"In {f.period} the S&P 500 or its like lost about {_size(f, a)} % [{f.key}].",
    lambda f, a: f"It was minus {_size(f, a)} per cent [{f.key}] in {f.period}.",
    lambda f, a: f"A decline of {_fixed(a * 100, 0)} bp [{f.key}] was recorded.",
)
STYLES: dict[str, Sequence[Style]] = {
    "": (
        lambda f, a: f"It is {_sign(a)}{_size(f, a)} [{f.key}].",
        lambda f, a: f"The value ({_sign(a)}{_size(f, a)} [{f.key}]) is that of {f.period}.",
        lambda f, a: f"- {f.label}: {_sign(a)}{_size(f, a)} [{f.key}]",
        lambda f, a: f"With {_sign(a)}{_size(f, a).replace(',', '')} [{f.key}] it ended the year.",
    ),
    "x": (
        lambda f, a: f"It was {_size(f, a)}x [{f.key}] the other.",
        lambda f, a: f"It was ×{_size(f, a)} [{f.key}].",
        lambda f, a: f"It was {_size(f, a)} times [{f.key}] as large.",
        lambda f, a: f"The ratio is {_size(f, a)} [{f.key}].",
    ),
    "days": (
        lambda f, a: f"It took {_size(f, a)} days [{f.key}].",
        lambda f, a: f"There were {_size(f, a)} trading days [{f.key}] in {f.period}.",
        lambda f, a: f"A {_size(f, a)}-day stretch [{f.key}].",
        lambda f, a: f"That is {_size(f, a)} [{f.key}] days.",
    ),
    "count": (
        lambda f, a: f"There were {_size(f, a)} large moves [{f.key}].",
        lambda f, a: f"It made {_word(a)} moves [{f.key}].",
        lambda f, a: f"It happened {_size(f, a)} times [{f.key}].",
    ),
    "USD": (
        lambda f, a: f"That was ${_size(f, a)} [{f.key}].",
        lambda f, a: f"It came to USD {_size(f, a)} [{f.key}].",
        lambda f, a: f"The holding was worth {_thin(_size(f, a))} dollars [{f.key}].",
        lambda f, a: f"A total of {_fixed(a / 1000, 3)} thousand USD [{f.key}].",
    ),
}
NUMBER_WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve"),
)


def _sign(amount: Decimal) -> str:
    return "-" if amount < 0 else ""


def _thin(digits: str) -> str:
    return digits.replace(",", "\u2009")


def _word(amount: Decimal) -> str:
    return NUMBER_WORDS[int(amount)] if 0 <= amount <= 12 else f"{amount:,.0f}"


def _styles(fact: Fact) -> Sequence[Style]:
    if fact.unit == "%":
        return LOSSES if _exact(fact) < 0 else GAINS
    return STYLES[fact.unit]


def _dates(fact: Fact, day: np.datetime64) -> list[str]:
    when = day.item()
    long = f"{when:%B}"
    return [
        f"The low came on {when.isoformat()} [{fact.key}].",
        f"The low came on {when.day} {long} {when.year} [{fact.key}].",
        f"{long} {when.day}, {when.year} [{fact.key}] was the low.",
        f"It was the {when.day}th of {long[:3]} {when.year} [{fact.key}].",
        f"The low came in {long} {when.year} [{fact.key}].",
    ]


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """All facts."""
    return Evidence(_facts())


def _right(evidence: Evidence) -> Iterator[Said]:
    for fact in evidence.values():
        if fact.unit == "date":
            texts = _dates(fact, np.datetime64(str(fact.value)))
        else:
            texts = [style(fact, _exact(fact)) for style in _styles(fact)]
        yield from (Said(text, fact.unit, fact.key) for text in texts)


# ---- wrong values: each says how, and gives an amount that no rounding of the fact has -----------


def _swapped(fact: Fact, amount: Decimal) -> Decimal | None:
    """Two neighbouring digits change places."""
    digits = _size(fact, amount).replace(",", "")
    for left in range(len(digits) - 1):
        a, b = digits[left : left + 2]
        if a.isdigit() and b.isdigit() and a != b:
            return Decimal(digits[:left] + b + a + digits[left + 2 :]).copy_sign(amount)
    return None


WRONG: dict[str, Callable[[Fact, Decimal], Decimal | None]] = {
    "swapped digits": _swapped,
    "last digit up": lambda f, a: a + Decimal(1).scaleb(-(f.decimals or 0)).copy_sign(a),
    "last digit down": lambda f, a: a - Decimal(1).scaleb(-(f.decimals or 0)).copy_sign(a),
    "off by 10": lambda f, a: a + Decimal(10).copy_sign(a),
    "ten times": lambda f, a: a * 10,
    "a tenth": lambda f, a: a / 10,
    "thousand times": lambda f, a: a * 1000,
    "millionth": lambda f, a: a / 10**6,
}


def _wrong_values(evidence: Evidence) -> Iterator[Said]:
    numbers = [fact for fact in evidence.values() if fact.unit != "date"]
    for place, fact in enumerate(numbers):
        amount, styles = _exact(fact), _styles(fact)
        for turn, (name, change) in enumerate(WRONG.items()):
            other = change(fact, amount)
            if other is None or _size(fact, other) == _size(fact, amount):
                continue
            yield Said(styles[(place + turn) % len(styles)](fact, other), name, fact.key)


def _wrong_keys(evidence: Evidence) -> Iterator[Said]:
    """The number of one fact with the key of another of the same unit, and of none at all."""
    numbers = [fact for fact in evidence.values() if fact.unit != "date"]
    for place, fact in enumerate(numbers):
        others = [
            o
            for o in numbers
            if o.unit == fact.unit and _size(o, _exact(o)) != _size(fact, _exact(fact))
        ]
        other = others[(7 * place) % len(others)]
        text = _styles(fact)[place % len(_styles(fact))](fact, _exact(fact))
        yield Said(text.replace(fact.key, other.key), "wrong key", other.key)
        yield Said(text.replace(fact.key, f"{fact.key}x"), "unknown key", f"{fact.key}x")
        yield Said(text.replace(f"[{fact.key}]", ""), "uncited", fact.key)


def _wrong_units(evidence: Evidence) -> Iterator[Said]:
    swaps = {
        "%": ("days", "points", "x", "USD", "years"),
        "days": ("weeks", "%", "years", "months", ""),
        "x": ("%", "days", "USD"),
        "USD": ("EUR", "%", "", "million USD"),
        "count": ("%", "years", "EUR"),
        "": ("%", "days", "USD"),
    }
    for fact in evidence.values():
        for unit in swaps.get(fact.unit, ()):
            sign = _sign(_exact(fact)) if fact.unit != "date" else ""
            text = f"It was {sign}{_size(fact, _exact(fact))} {unit}".rstrip()
            yield Said(f"{text} [{fact.key}].", "wrong unit", fact.key)


def _wrong_signs(evidence: Evidence) -> Iterator[Said]:
    for fact in evidence.values():
        if fact.unit != "%":
            continue
        size = _size(fact, _exact(fact))
        losses = (
            f"It was -{size} %",
            f"It fell by {size} %",
            f"A loss of {size} percent",
            f"It was −{size}%",
        )
        gains = (
            f"It was +{size} %",
            f"It rose {size} %",
            f"A gain of {size} percent",
            f"It returned {size}%",
        )
        for text in losses if _exact(fact) > 0 else gains:
            yield Said(f"{text} [{fact.key}].", "wrong sign", fact.key)


def _wrong_periods(evidence: Evidence) -> Iterator[Said]:
    for fact in evidence.values():
        year = int(fact.period)
        if fact.unit != "%":
            continue
        said = f"{_sign(_exact(fact))}{_size(fact, _exact(fact))} % [{fact.key}]"
        yield Said(f"In {year + 1} it was {said}.", "wrong period", fact.key)
        yield Said(f"It was {said} in {year - 1}.", "wrong period", fact.key)
        yield Said(f"From {year - 2} to {year} it was {said}.", "wrong period", fact.key)
        yield Said(f"It was {said} over {year}–{year + 5}.", "wrong period", fact.key)


def _wrong_dates(evidence: Evidence) -> Iterator[Said]:
    for fact in evidence.values():
        if fact.unit == "date":
            day = np.datetime64(str(fact.value))
            for shift in (1, -31, 400):
                yield from (
                    Said(text, "wrong date", fact.key)
                    for text in _dates(fact, day + shift)[: 4 if abs(shift) < 31 else 5]
                )


def _wrong(evidence: Evidence) -> Iterator[Said]:
    yield from _wrong_values(evidence)
    yield from _wrong_keys(evidence)
    yield from _wrong_units(evidence)
    yield from _wrong_signs(evidence)
    yield from _wrong_periods(evidence)
    yield from _wrong_dates(evidence)


def test_right_numbers_are_left_alone(evidence: Evidence) -> None:
    """At most 2 of 100 are flagged, over every unit and style."""
    said = list(_right(evidence))
    flagged = []
    for example in said:
        grounding = check_grounding(example.text, evidence)
        assert grounding.claims, example
        if not grounding.grounded:
            flagged.append((example.text, [(c.status, c.reason) for c in grounding.unsupported]))
    assert len(said) >= 200
    assert len(flagged) <= 0.02 * len(said), flagged[:20]


@pytest.mark.slow
def test_wrong_numbers_are_caught(evidence: Evidence) -> None:
    """At least 99 of 100 are flagged, over every way of being wrong."""
    said = list(_wrong(evidence))
    missed = [e for e in said if check_grounding(e.text, evidence).grounded]
    assert len(said) >= 200
    assert len(missed) <= 0.01 * len(said), missed[:20]


@every_case(
    ("maker", "statuses"),
    [
        (_wrong_units, {"wrong_unit", "wrong_value"}),
        (_wrong_signs, {"wrong_sign"}),
        (_wrong_periods, {"wrong_period"}),
        (_wrong_dates, {"wrong_value"}),
    ],
)
def test_the_status_names_what_is_wrong(
    maker: Callable[[Evidence], Iterator[Said]], statuses: set[str], evidence: Evidence
) -> None:
    found: Counter[str] = Counter()
    for example in maker(evidence):
        found.update(c.status for c in check_grounding(example.text, evidence).unsupported)
    named = sum(found[status] for status in statuses)
    assert named >= 0.97 * found.total(), found


def test_every_fact_is_grounded_in_its_own_words(evidence: Evidence) -> None:
    """What the block shows can be quoted: label, number as written, key."""
    for key, fact in evidence.items():
        text = f"{fact.label} is {fact.written} [{key}]."
        grounding = check_grounding(text, evidence)
        assert grounding.grounded, (text, grounding.unsupported)
        assert grounding.claims, text
