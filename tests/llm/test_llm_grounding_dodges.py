"""Ways around the critic that an attacker tried: comparisons, denial, disguise, periods, words."""

import pytest
from llm.every_case import every_case
from llm.growth import grows_with_length_only

from peaklib.llm.grounding import Evidence, Fact, check_grounding

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

EVIDENCE = Evidence(
    [
        Fact("up", 0.1834, "%", 1, "1999-2018", "volatility a year"),
        Fact("down", 0.1826, "%", 1, "1999-2018", "volatility a year"),
        Fact("even", 0.183, "%", 1, "1999-2018", "volatility a year"),
        Fact("quarter", 0.25, "%", 0, "", "share of days"),
        Fact("dd", -0.3342, "%", 1, "", "largest drawdown"),
        Fact("ret", 0.183, "%", 1, "2018", "return"),
        Fact("q", 0.021, "%", 1, "2018-Q3", "return"),
        Fact("now", 0.237, "%", 1, "2018-12-31", "volatility"),
        Fact("trailing", 0.237, "%", 1, "1999-2018", "volatility over the last 21 days"),
        Fact("ratio", 0.47, "", 2),
        Fact("ten", 10, "x", 0),
        Fact("days", 20, "days"),
        Fact("n", 3, "count", 0, "", "regimes"),
        Fact("regime", "calm", "text", None, "2018-12-31", "regime now"),
        Fact("stress", "stressed", "text"),
        Fact("note", "prices are closes without dividends", "text"),
    ]
)

WRONG = [
    # 0.1834 is more than what is written, 0.1826 less, 0.183 is just that
    *("below 18.3 % [up]", "under 18.3 % [up]", "less than 18.3 % [up]", "< 18.3 % [up]"),
    *("above 18.3 % [down]", "over about 18.3 % [down]", "it exceeded 18.3 % [down]"),
    *("more than 18.3 % [even]", "less than 18.3 % [even]", "above 18.3 % [even]"),
    *("over 20 % [days]", "it took over 20 days [days]", "fewer than three regimes [n]"),
    *("18.3 % [up] or less", "18.3 % or more [down]", "it never exceeded 18.3 % [up]"),
    *("above -33.4 % [dd]", "it has not been below 18.3 % [down]"),
    # denied
    *("It was not 18.3 % [even]", "It never reached 18.3 % [even]", "It wasn't 18.3 % [even]"),
    *("nowhere near 18.3 % [even]", "It has not fallen by 33.4 % [dd]", "far from 18.3 % [even]"),
    *("It failed to reach 18.3 % [even]", "There are not three regimes [n]"),
    # disguised
    *(
        "t\u200bwenty-five percent",
        "tw\u00adenty percent [quarter]",
        "tw\u0435nty percent [quarter]",
    ),
    *("\u0455\u0456\u0445 percent", "\U0001f51f percent [quarter]", "\uff54\uff45\uff4e percent"),
    *("XXV percent", "XXX % [quarter]", "\u2169\u2169\u2164 percent [quarter]", "XX days [days]"),
    *("a score of days [days]", "a ten-fold rise", "a double-digit gain [ret]", "ninefold [ten]"),
    *("an eleven-fold rise [ten]", "0.47 bn [ratio]", "0.47 k [ratio]", "0.47 Mrd. [ratio]"),
    # another time
    *("last year it was 18.3 % [even]", "last week it was 18.3 % [even]", "18.3 % [even] in Q3"),
    *("in the third quarter it was 18.3 % [even]", "in Q2 2018 it made 2.1 % [q]"),
    *("yesterday it was 18.3 % [even]", "a year ago it was 33.4 % lower [dd]", "2.1 % [q] in Q2"),
    # another word
    *("The regime was stressed [regime].", "The regime is not calm [regime].", "Stress [regime]."),
]
RIGHT = [
    *("above 18.3 % [up]", "below 18.3 % [down]", "more than 18.3 % [up]", "> 18.3 % [up]"),
    *("at least 18.3 % [even]", "at most 18.3 % [even]", "no more than 18.3 % [even]"),
    *("18.3 % [even] or more", "it never exceeded 18.3 % [down]", "below -33.4 % [dd]"),
    *("25 % [quarter], well above 18.3 % [ret]", "18.3 % [ret], below 25 % [quarter]"),
    *("It made 18.3 % [ret] over 20 days [days].", "If it fell below 18.3 % [up], so be it."),
    *("It was not only 18.3 % [even] but steady.", "It was not so: 18.3 % [even]."),
    *(
        "a ten-fold rise [ten]",
        "tenfold [ten]",
        "A score of 0.47 [ratio]",
        "VIX points: 0.47 [ratio]",
    ),
    *("Days of a single figure, 0.47 [ratio]", "18\u00ad.3 % [even]", "25 % [quarter] of \u03c3"),
    *("Last year it made 18.3 % [ret]", "2.1 % [q] in Q3", "in Q3 2018 it made 2.1 % [q]"),
    *("last month it was 23.7 % [now]", "over the last month it was 23.7 % [trailing]"),
    *("Next quarter may differ; Q3 may as well.", "It is up 18.3 % [up] and above its median."),
    *("It is calm [regime].", "It is CALMER [regime].", "under stress [stress]"),
    *("It is not stressed but calm [regime].", "Prices are closes [note]."),
]


@every_case("text", WRONG)
def test_a_way_around_the_critic_is_closed(text: str) -> None:
    assert not check_grounding(text, EVIDENCE).grounded


@every_case("text", RIGHT)
def test_what_is_right_in_the_same_words_is_grounded(text: str) -> None:
    assert check_grounding(text, EVIDENCE).unsupported == ()


def test_places_are_those_of_the_text_that_came() -> None:
    text = "It was \u200b\u200bt\u200bw\u0435nty\u00ad-six\u2060 percent \ufb01ve times [ten]."
    first, second = check_grounding(text, EVIDENCE).claims
    assert first.number == "twenty-six percent"
    assert text[first.start : first.end] == "t\u200bw\u0435nty\u00ad-six\u2060 percent"
    assert text[second.start : second.end] == "\ufb01ve times"


PIECES = {
    "denials": "was not been ",
    "bounds": "more than ",
    "levels": "18.3 % [up] over ",
    "romans": "XX ",
    "periods": "last year ",
    "invisible": "a\u200b",
    "alien": "\u0435a",
    "words": "calm [regime] ",
    "denied words": "not calm [regime] ",
}


@pytest.mark.slow
@every_case("piece", PIECES.values())
def test_time_grows_with_the_length_only(piece: str) -> None:
    """80 kB of the worst take about as long as eight times 10 kB, and not 64 times."""

    def check(text: str) -> None:
        check_grounding(text, EVIDENCE)

    assert grows_with_length_only(check, lambda parts: piece * (parts * 10_000 // len(piece)))
