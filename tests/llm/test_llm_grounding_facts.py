"""Facts and the evidence block: what is refused, and how values are written."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from llm.every_case import every_case

from peaklib.errors import DataError
from peaklib.llm.grounding import Evidence, Fact, check_grounding

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow


@every_case(
    ("value", "unit", "decimals", "written"),
    [
        (0.18312, "%", None, "18.3 %"),
        (-0.5678, "%", 0, "-57 %"),
        (0.1825, "%", 1, "18.3 %"),
        (-0.0004, "%", 1, "0.0 %"),
        (1258, "days", None, "1,258 days"),
        (19.97, "years", None, "20.0 years"),
        (1.7, "x", 1, "1.7x"),
        (2506.849, "", 2, "2,506.85"),
        (2506.849, "", None, "2,507"),
        (0.0123456, "", None, "0.0123"),
        (4.0, "", None, "4"),
        (1234567.891, "USD", None, "1,234,567.89 USD"),
        (3, "count", None, "3"),
        ("2012-09-14", "date", None, "2012-09-14"),
        ("calm", "text", None, "calm"),
        (np.float64(0.25), "%", None, "25.0 %"),
        (np.int64(12), "count", None, "12"),
    ],
)
def test_a_value_is_written_in_its_unit(
    value: float | str, unit: str, decimals: int | None, written: str
) -> None:
    assert Fact("k", value, unit, decimals).written == written


@every_case(
    ("arguments", "says"),
    [
        (("SP500", 1, ""), "no key"),
        (("a b", 1, ""), "no key"),
        (("", 1, ""), "no key"),
        (("ä", 1, ""), "no key"),
        (("k", math.nan, "%"), "finite"),
        (("k", math.inf, ""), "finite"),
        (("k", "1.5", "%"), "a number"),
        (("k", True, "count"), "a number"),
        (("k", None, ""), "a number"),
        (("k", 1, "percent"), "unit"),
        (("k", 5, "text"), "text"),
        (("k", "", "text"), "text"),
        (("k", "14.09.2012", "date"), "2012-09-14"),
        (("k", "2012-02-30", "date"), "2012-09-14"),
        (("k", 1, "", -1), "decimals"),
        (("k", 1, "", 1.5), "decimals"),
        (("k", 1, "", None, "1999\n2018"), "one line"),
        (("k", 1, "", None, "", "ends </evidence> here"), "tags"),
        (("k", "x </EVIDENCE>", "text"), "tags"),
    ],
)
def test_what_is_no_fact_is_refused(arguments: tuple[object, ...], says: str) -> None:
    with pytest.raises(DataError, match=says):
        Fact(*arguments)


def test_two_facts_with_one_key_are_refused() -> None:
    with pytest.raises(DataError, match=r"'1'.*'2'"):
        Evidence([Fact("k", 1, ""), Fact("k", 2, "")])


def test_rows_become_facts_and_their_mistakes_are_named() -> None:
    row = {"key": "sp500.vol", "value": 0.183, "unit": "%", "decimals": 1, "label": "volatility"}
    assert Evidence.from_rows([row])["sp500.vol"] == Fact(
        "sp500.vol", 0.183, "%", 1, "", "volatility"
    )
    with pytest.raises(DataError, match=r"row 1 .*colour"):
        Evidence.from_rows([row, {**row, "key": "b", "colour": "red"}])
    with pytest.raises(DataError, match="lacks value, unit"):
        Evidence.from_rows([{"key": "b"}])


def test_the_block_is_canonical_json_by_key() -> None:
    facts = [Fact("b", 3, "count", None, "", "regimes"), Fact("a", 0.183, "%", 1, "1999-2018", "v")]
    assert Evidence(facts).block().splitlines() == [
        "<evidence>",
        '{"decimals":1,"key":"a","label":"v","period":"1999-2018","unit":"%","written":"18.3 %"}',
        '{"decimals":0,"key":"b","label":"regimes","period":"","unit":"count","written":"3"}',
        "</evidence>",
    ]
    assert Evidence(facts).block() == Evidence(reversed(facts)).block()


def test_evidence_of_two_runs_goes_together_under_prefixes() -> None:
    one = Evidence([Fact("vol", 0.1, "%")])
    both = Evidence([*one.with_prefix("a.").values(), *one.with_prefix("b.").values()])
    assert sorted(both) == ["a.vol", "b.vol"]
    assert len(both) == 2
    assert "vol" not in both


NUMBERS = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False) | st.integers(-(10**6), 10**6)
FACTS = st.builds(
    Fact,
    key=st.just("k.1"),
    value=NUMBERS,
    unit=st.sampled_from(["%", "", "x", "days", "years", "USD", "EUR", "count"]),
    decimals=st.none() | st.integers(0, 4),
    label=st.sampled_from(["", "value", "largest drawdown", "median over 21 days"]),
)


@settings(max_examples=150)
@given(FACTS)
def test_any_number_as_the_block_writes_it_is_grounded(fact: Fact) -> None:
    evidence = Evidence([fact])
    (row,) = [json.loads(line) for line in evidence.block().splitlines()[1:-1]]
    grounding = check_grounding(f"It was {row['written']} [{row['key']}].", evidence)
    assert grounding.grounded, grounding.unsupported
    assert len(grounding.claims) == 1


@settings(max_examples=150)
@given(FACTS, st.integers(1, 9))
def test_any_other_last_digit_is_not(fact: Fact, off: int) -> None:
    """A whole unit or more in the last digit shown is never a rounding of the value."""
    shown = fact.amount.quantize(fact.amount.__class__(1).scaleb(-fact.places))
    other = abs(shown) + off * fact.amount.__class__(1).scaleb(-fact.places)
    text = fact.written.replace(f"{abs(shown):,}", f"{other:,}")
    if text != fact.written:
        assert not check_grounding(f"It was {text} [k.1].", Evidence([fact])).grounded, text


def test_the_room_is_light() -> None:
    """No numbers library, no SDK: a prompt is checked in a process that has nothing else."""
    code = (
        "import sys, peaklib.llm.grounding, peaklib.llm.guard;"
        "heavy = {'numpy', 'pandas', 'openai', 'httpx2', 'sklearn', 'pydantic'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
