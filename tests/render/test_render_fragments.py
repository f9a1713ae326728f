"""Fragments: everything is escaped, the vocabulary is closed."""

import pytest

from peaklib.errors import DataError
from peaklib.render import Fact, Verdict, commands, first_screen, key_values, note

EVIL = '<img src=x onerror="alert(1)">'


def screen(**changes):
    given = {
        "provenance": [("data", "sp500 e35cf660")],
        "question": "Does it beat holding?",
        "verdict": Verdict.NOT_SUPPORTED,
        "headline": "It drew down less",
        "sentences": ["**5,026** trials were made."],
        "facts": [Fact("pass", "trials", "counted by the ledger", "5,026")],
    } | changes
    return first_screen(**given)


@pytest.mark.parametrize(
    "fragment",
    [
        screen(
            provenance=[(EVIL, EVIL)],
            question=EVIL,
            headline=EVIL,
            sentences=[EVIL],
            facts=[Fact("info", EVIL, EVIL, EVIL)],
            facts_title=EVIL,
        ),
        key_values([(EVIL, EVIL)]),
        commands([(EVIL, EVIL)]),
        note(EVIL),
    ],
)
def test_text_never_becomes_markup(fragment):
    assert "<img" not in fragment._repr_html_()
    assert EVIL in repr(fragment)


def test_two_stars_make_words_bold_and_text_leaves_them_out():
    assert "<strong>5,026</strong> trials" in screen().html()
    assert "\n5,026 trials were made.\n" in f"{screen()!r}\n"


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_is_told_by_word_and_sign_not_by_colour_alone(verdict):
    html = screen(verdict=verdict).html()
    assert f"<span>{verdict.sign}</span> {verdict.word}" in html
    assert f'data-verdict="{verdict.word}"' in html


def test_verdict_signs_and_words_are_all_different():
    assert len({verdict.sign for verdict in Verdict}) == len(Verdict)
    assert len({verdict.word for verdict in Verdict}) == len(Verdict)


def test_gates_passed_are_counted_without_plain_facts():
    facts = [Fact("pass", "a", "", "1"), Fact("fail", "b", "", "2"), Fact("info", "c", "", "3")]
    assert "Gates · 1 of 2 passed" in screen(facts=facts).html()


def test_more_than_five_facts_do_not_fit_the_first_screen():
    with pytest.raises(DataError, match="6 facts, at most 5"):
        screen(facts=[Fact("info", "a", "", "1")] * 6)


def test_a_first_screen_without_a_finding_is_an_error():
    with pytest.raises(DataError, match="headline is empty"):
        screen(headline=" ")


def test_commands_are_one_copyable_block_each():
    html = commands([("Run it again", "peak sweep a.toml"), ("Verify", "sha256sum -c X")]).html()
    assert html.count("<pre><code>") == 2
