"""The rules one by one: how numbers are written, what they cite, what is no number."""

import pytest
from hypothesis import given, settings, strategies as st
from llm.every_case import every_case
from llm.growth import grows_with_length_only

from peaklib.llm.grounding import STATUSES, Evidence, Fact, check_grounding

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

EVIDENCE = Evidence(
    [
        Fact("vol", 0.18312, "%", 1, "1999-2018", "S&P 500 volatility a year"),
        Fact("nq", 0.25111, "%", 1, "1999-2018", "Nasdaq volatility a year"),
        Fact("half", 0.1825, "%", 1),
        Fact("dd", -0.3342, "%", 1, "", "largest drawdown"),
        Fact("ret", -0.3849, "%", 1, "2008", "return"),
        Fact("es", 0.031, "%", 1, "", "expected shortfall"),
        Fact("days", 1258, "days", 0, "", "days from peak to recovery"),
        Fact("peak", "2012-09-14", "date", None, "", "day of the peak"),
        Fact("ratio", 1.7, "x", 1),
        Fact("two", 2.04, "x", 2),
        Fact("level", 2506.85, "", 2, "2018-12-31", "closing level"),
        Fact("n", 3, "count", 0, "", "regimes"),
        Fact("one", 1, "count", 0, "", "regimes"),
        Fact("share", 0.4, "%", 1, "", "share of regimes"),
        Fact("fwd", 0.0123, "%", 1, "", "median return over the next 21 days"),
        Fact("gap", 0.068, "%", 1, "", "difference of the two"),
        Fact("cash", 1234567.5, "EUR", 2),
        Fact("tiny", 0.000183, "", 6),
        Fact("note", "the first 250 bars are warm-up", "text"),
        Fact("q", 0.021, "%", 1, "2018-Q3", "return"),
    ]
)
SUPPORTED = "supported"


def statuses(text: str, **more: object) -> list[str]:
    """Of all claims, in order."""
    return [claim.status for claim in check_grounding(text, EVIDENCE, **more).claims]


WRITTEN = {
    "percent": ["18.3 % [vol]", "18.3% [vol]", "18.3 percent [vol]", "18.3 per cent [vol]"],
    "fraction": ["0.183 [vol]", "0.18312 [vol]", ".183 [vol]"],
    "basis points": ["1,831 basis points [vol]", "1831 bp [vol]", "1,831bps [vol]"],
    "other marks": ["**18.3 %** [vol]", "18.3\u00a0% [vol]", "18.3\\% [vol]", "183 ‰ [vol]"],
    "powers": ["1.83e1 % [vol]", "1.83×10^1 % [vol]", "1.83 × 10¹ % [vol]", "1.83e-4 [tiny]"],
    "signs": ["-33.4 % [dd]", "−33.4 % [dd]", "minus 33.4 % [dd]", "+18.3 % [vol]", "–33.4 % [dd]"],
    "falls": ["fell by 33.4 % [dd]", "a loss of 33.4 % [dd]", "33.4 % [dd] below the peak"],
    "groups": [
        "1,258 days [days]",
        "1\u2009258 days [days]",
        "1\u202f258 days [days]",
        "1 258 days [days]",
    ],
    "scales": [
        "1.26 thousand days [days]",
        "1.258k days [days]",
        "€1.235 million [cash]",
        "EUR 1.235m [cash]",
    ],
    "times": [
        "1.7x [ratio]",
        "×1.7 [ratio]",
        "1.7 times [ratio]",
        "1.7-fold [ratio]",
        "twice [two]",
    ],
    "dates": [
        "2012-09-14 [peak]",
        "14 September 2012 [peak]",
        "Sept. 14, 2012 [peak]",
        "in 2012 [peak]",
    ],
    "more dates": [
        "14th of September 2012 [peak]",
        "September 2012 [peak]",
        "14. September 2012 [peak]",
    ],
    "words": ["three regimes [n]", "Three [n] regimes", "one regime [one]"],
    "shares": [
        "two of five [share]",
        "2 of 5 [share]",
        "2 out of 5 [share]",
        "two fifths [share]",
        "2/5 [share]",
    ],
    "halves": ["18.3 % [half]", "18.2 % [half]"],
    "coarser": ["about 18 % [vol]", "2,507 [level]", "2,506.9 [level]", "about 1,260 days [days]"],
    "finer": ["18.31 % [vol]", "18.312 % [vol]"],
    "comparisons": ["more than 18.3 % [vol]", "at most 1,258 days [days]"],
    "unit behind": ["1,258 [days] days", "18.3 [vol] %"],
    "percentage points": ["6.8 percentage points [gap]", "6.8 pp [gap]"],
    "quoted": ["250 bars [note]"],
    "quarters": ["in Q3 2018 it made 2.1 % [q]", "2018Q3: 2.1 % [q]"],
}


@every_case("text", [text for texts in WRITTEN.values() for text in texts])
def test_a_number_may_be_written_so(text: str) -> None:
    found = statuses(text)
    assert found
    assert set(found) == {SUPPORTED}


@every_case(
    ("text", "status"),
    [
        # value, scale, neighbours
        ("13.8 % [vol]", "wrong_value"),
        ("183 % [vol]", "wrong_value"),
        ("1,268 days [days]", "wrong_value"),
        ("1.26 million days [days]", "wrong_value"),
        ("1.258 days [days]", "wrong_value"),
        ("four regimes [n]", "wrong_value"),
        ("one regime [n]", "wrong_value"),
        ("three of five [share]", "wrong_value"),
        ("half [share]", "wrong_value"),
        ("15 September 2012 [peak]", "wrong_value"),
        ("in 2013 [peak]", "wrong_value"),
        ("251 bars [note]", "wrong_value"),
        ("more than 1,258.4 days [days]", "wrong_rounding"),
        ("more than 1,259 days [days]", "wrong_value"),
        ("less than 18.3 % [vol]", "wrong_value"),
        ("18.3 % [nq]", "wrong_value"),
        # unit
        ("18.3 [vol]", "wrong_unit"),
        ("0.183 % [vol]", "wrong_unit"),
        ("18.3 days [vol]", "wrong_unit"),
        ("18.3 percentage points [vol]", "wrong_unit"),
        ("1,258 weeks [days]", "wrong_unit"),
        ("1,258 [days]", "wrong_unit"),
        ("1.7 % [ratio]", "wrong_unit"),
        ("$1,234,567.50 [cash]", "wrong_unit"),
        ("3 % [n]", "wrong_unit"),
        ("2,506.85 % [level]", "wrong_unit"),
        ("a daily volatility of 18.3 % [vol]", "wrong_unit"),
        ("18.3 % a month [vol]", "wrong_unit"),
        # sign
        ("+33.4 % [dd]", "wrong_sign"),
        ("a gain of 33.4 % [dd]", "wrong_sign"),
        ("33.4 % [dd] above", "wrong_sign"),
        ("a return of 38.5 % [ret]", "wrong_sign"),
        ("it rose by -38.5 % [ret]", "wrong_sign"),
        ("-18.3 % [vol]", "wrong_sign"),
        ("it fell by 18.3 % [vol]", "wrong_sign"),
        ("18.3 % lower [vol]", "wrong_sign"),
        ("plus 33.4 % [dd]", "wrong_sign"),
        # rounding
        ("18.4 % [vol]", "wrong_rounding"),
        ("18.30 % [vol]", "wrong_rounding"),
        ("2 [ratio]", "wrong_rounding"),
        ("1.3 thousand days [days]", "wrong_rounding"),
        ("2,500 [level]", "wrong_rounding"),
        ("1,260 days [days]", "wrong_rounding"),
        # what nobody can read for certain
        ("18,3 % [vol]", "ambiguous"),
        ("1\uff1258 days [days]", "ambiguous"),
        ("\uff11\uff18.\uff13 % [vol]", "ambiguous"),
        ("١٨ % [vol]", "ambiguous"),
        ("½ [share]", "ambiguous"),
        ("vol18.3 % [vol]", "ambiguous"),
        ("18.3abc [vol]", "ambiguous"),
        ("±18.3 % [vol]", "ambiguous"),
        ("1,258 days % [days]", "ambiguous"),
        ("14/09/2012 [peak]", "ambiguous"),
        ("at 16:00 [n]", "ambiguous"),
        ("hundreds of days [days]", "ambiguous"),
        ("1.2.3.4.5 [n]", "ambiguous"),
        # citations
        ("18.3 %", "uncited"),
        ("[vol] 18.3 %", "uncited"),
        ("18.3 % (vol)", "uncited"),
        ("18.3 % [vol.x]", "unknown_key"),
        ("18.3 % [Vol_1]", "unknown_key"),
        ("The volatility of 2018 [9]", "unknown_key"),
    ],
)
def test_what_is_wrong_has_a_name(text: str, status: str) -> None:
    assert status in STATUSES
    assert status in statuses(text), check_grounding(text, EVIDENCE).claims


@every_case(
    "text",
    [
        "The S&P 500 is calm.",
        "The S&P\u00a0500 is calm.",
        "1. First\n2. Second\n3. Third",
        "1) First\n2) Second",
        "## 2. Outcomes\n\nNothing to say.",
        "### 2.1 Risks",
        "See table 2 and section 3.",
        "It stands in the sources.[^1]\n\n[^1]: A note.",
        "It stands in the notes [1].\n\n[1] A note.",
        "With R² and CO2 at L2 the VIX3M is a name.",
        "Version 2.1 and v3.11.2 are versions.",
        "One may say so; no one knows the first or the second half.",
        "A two-sided test, on the one hand.",
        "The key vol is in the list [vol, nq].",
        "The regime is calm [note].",
        "See https://example.org/2018/33.4 there.",
    ],
)
def test_what_is_no_number_is_no_claim(text: str) -> None:
    assert check_grounding(text, EVIDENCE).claims == ()


@every_case(
    "text",
    [
        "33. The drawdown",
        "2. Only a second",
        "## 33.4 % lost",
        "## 20 years",
        "S&P 500.5 [n]",
        "S&P 600",
    ],
)
def test_numbers_do_not_pass_as_markers_or_names(text: str) -> None:
    assert not check_grounding(text, EVIDENCE).grounded


def test_names_of_the_caller_are_no_numbers() -> None:
    text = "Studio 54 was calm."
    assert statuses(text) == ["uncited"]
    assert statuses(text, names=["Studio 54"]) == []


def test_names_of_well_known_indices_are_no_numbers() -> None:
    assert statuses("The S&P 500 and the Russell 2000 were calm.") == []
    assert statuses("The Russell 2001 was calm.") == ["uncited"]


@every_case(
    ("text", "keys"),
    [
        # the nearest citation behind the number, in the same sentence
        ("18.3 % [vol] and 25.1 % [nq]", ["vol", "nq"]),
        ("from 18.3 [vol] to 25.1 % [nq]", ["vol", "nq"]),
        ("18.3 % in all [vol]. Later 25.1 % [nq].", ["vol", "nq"]),
        ("It was 18.3 %. [vol] It was 25.1 %. [nq]", ["vol", "nq"]),
        # as many numbers as keys: in order
        ("18.3 % and 25.1 % [vol, nq]", ["vol", "nq"]),
        ("18.3 and 25.1 % [vol; nq]", ["vol", "nq"]),
        ("18.3 % and 25.1 % [vol] [nq]", ["vol", "nq"]),
        # fewer or more: any
        ("25.1 % [vol, nq]", ["nq"]),
        ("18.3 %, 25.1 % and 18.3 % [vol, nq]", ["vol", "nq", "vol"]),
    ],
)
def test_which_fact_a_number_cites(text: str, keys: list[str]) -> None:
    grounding = check_grounding(text, EVIDENCE)
    assert grounding.unsupported == ()
    assert [claim.key for claim in grounding.claims] == keys


def test_numbers_in_the_wrong_order_of_a_list_are_wrong() -> None:
    assert statuses("25.1 % and 18.3 % [vol, nq]") == ["wrong_value", "wrong_value"]


def test_every_number_before_one_citation_has_to_agree_with_it() -> None:
    assert statuses("18.3 % and 33.4 % [vol]") == [SUPPORTED, "wrong_value"]


def test_an_unknown_key_is_named_even_without_a_number() -> None:
    (claim,) = check_grounding("It was calm [sp500.mood].", EVIDENCE).claims
    assert (claim.status, claim.key, claim.number) == ("unknown_key", "sp500.mood", "")
    assert statuses("18.3 % [vol, nothing.here]") == [SUPPORTED, "unknown_key"]


@every_case(
    ("text", "expected"),
    [
        ("Over 1999–2018 it was 18.3 % [vol].", SUPPORTED),
        ("From 1999 to 2018 it was 18.3 % [vol].", SUPPORTED),
        ("Between 1999 and 2018 it was 18.3 % [vol].", SUPPORTED),
        ("It was 18.3 % [vol] in 1999-2018.", SUPPORTED),
        ("It has been 18.3 % [vol] since 1999.", SUPPORTED),
        ("By 2018 it was 18.3 % [vol].", SUPPORTED),
        ("It lost 38.5 % [ret] in 2008.", SUPPORTED),
        ("On 31 December 2018 it closed at 2,506.85 [level].", SUPPORTED),
        ("At the end of 2018 it closed at 2,506.85 [level].", SUPPORTED),
        ("In 2008 it was 18.3 % [vol].", "wrong_period"),
        ("Over 1999–2017 it was 18.3 % [vol].", "wrong_period"),
        ("It has been 18.3 % [vol] since 2000.", "wrong_period"),
        ("In the 1990s it was 18.3 % [vol].", "wrong_period"),
        ("It lost 38.5 % [ret] in 2009.", "wrong_period"),
        ("It lost 38.5 % [ret] in 2008–2009.", "wrong_period"),
        ("On 30 December 2018 it closed at 2,506.85 [level].", "wrong_period"),
        ("In 2008 there were three regimes [n].", "uncited"),
        ("2008 was bad.", "uncited"),
    ],
)
def test_years_agree_with_the_period_of_the_fact(text: str, expected: str) -> None:
    assert set(statuses(text)) - {SUPPORTED} == {expected} - {SUPPORTED}


def test_a_date_has_a_period_too() -> None:
    low = Fact("low", "2009-03-09", "date", None, "1999-2018", "day of the lowest close")
    evidence = Evidence([low])
    right = "It was lowest on 9 March 2009 [low] in 1999–2018."
    assert check_grounding(right, evidence).grounded
    assert not check_grounding("It was lowest in 1999–2018 [low].", evidence).grounded
    assert not check_grounding("It was lowest on 2018-12-31 [low].", evidence).grounded
    assert not check_grounding("It was lowest on 9 March 2009 [low] in 2010.", evidence).grounded


def test_four_digits_before_a_plain_fact_are_a_number_not_a_year() -> None:
    evidence = Evidence([Fact("close", 2104.0, "", 0, "2014-06-30", "closing level")])
    assert check_grounding("It closed at 2104 [close].", evidence).grounded
    assert not check_grounding("It closed at 2014 [close].", evidence).grounded


def test_a_number_of_the_label_needs_no_key_of_its_own() -> None:
    assert statuses("Over the next 21 days it was 1.2 % [fwd].") == [SUPPORTED, SUPPORTED]
    assert statuses("Over the next 63 days it was 1.2 % [fwd].") == ["wrong_unit", SUPPORTED]
    assert statuses("It lasted 21 days [fwd].") == ["wrong_unit"]


def test_the_table_has_plain_rows_and_both_values() -> None:
    text = "Volatility was 18.4 % [vol]."
    grounding = check_grounding(text, EVIDENCE)
    assert not grounding.grounded
    assert grounding.table() == [
        {
            "number": "18.4 %",
            "key": "vol",
            "status": "wrong_rounding",
            "reason": "the text says '18.4 %', vol is '18.3 %': that is not how it rounds",
            "sentence": text,
            "start": 15,
        }
    ]


def test_a_text_without_numbers_is_grounded() -> None:
    assert check_grounding("Nothing is known.", EVIDENCE).grounded
    assert check_grounding("", EVIDENCE).claims == ()


@settings(max_examples=200)
@given(st.text(alphabet="0123456789.,-−–% []volnqes()x×eE\u2009\n/of", max_size=60))
def test_any_text_has_claims_in_order_at_their_places(text: str) -> None:
    claims = check_grounding(text, EVIDENCE).claims
    assert all(0 <= c.start < c.end <= len(text) and c.status in STATUSES for c in claims)
    assert [c.start for c in claims] == sorted(c.start for c in claims)


@settings(max_examples=100)
@given(st.integers(10, 99), st.sampled_from(["It was {} %.", "{} days, it said", "- {} [", "({})"]))
def test_a_number_alone_is_never_grounded(number: int, frame: str) -> None:
    assert not check_grounding(frame.format(number), EVIDENCE).grounded


HARD = {
    "digits": "1",
    "numbers": "1.5 % and so on, ",
    "groups": "1,111",
    "blanks": " ",
    "lines": "\n",
    "brackets": "[",
    "citations": "[vol] ",
    "cited": "fell 18.3 % [vol] in 1999, ",
    "years": "1999–",
    "dates": "14 September 2012 [peak] ",
    "words": "two of ",
    "chains": "twenty-",
    "stops": "A. ",
    "stars": "*",
    "fillers": "by about ",
    "wide": "\uff11",
    "headings": "# 1 ",
    "keys": "[vol,",
    "ranges": "2011-2012 [peak] ",
}
# So many characters of the first, and behind them as many of the second.
ROWS = [
    ("1.5 % and ", "[vol] ", 500),
    ("1.5 % and ", "[x.y] ", 2_000),
    ("2104 ", "[level] ", 500),
    ("one and ", "[n] ", 1_000),
    ("in 1999, ", "[vol] ", 500),
    ("last year and ", "[vol] ", 4_000),
    ("21 days ", "[fwd] ", 2_000),
    ("[vol] ", "in 1999, ", 500),
    ("2011-2012 ", "[peak] ", 500),
]


@pytest.mark.slow
@every_case("piece", HARD.values())
def test_time_grows_with_the_length_only(piece: str) -> None:
    """100 kB of the worst take about as long as eight times an eighth of it."""
    assert grows_with_length_only(_check, lambda parts: piece * (parts * 12_500 // len(piece)))


@pytest.mark.slow
@every_case(("piece", "then", "size"), ROWS)
def test_time_grows_with_the_length_of_a_row_and_of_what_cites_it_only(
    piece: str, then: str, size: int
) -> None:
    """Many numbers before one row of many citations are no more work than the two apart."""

    def text_of(parts: int) -> str:
        return "".join(each * (parts * size // len(each)) for each in (piece, then))

    assert grows_with_length_only(_check, text_of)


def _check(text: str) -> None:
    check_grounding(text, EVIDENCE, names=["Russell 2000"])
