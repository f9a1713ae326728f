"""A model's text on a page: marked as such, harmless, with what does not hold struck out."""

import pytest

from peaklib import render
from peaklib.errors import DataError

TEXT = "Volatility was 13.8 % [sp500.vol] & <b>falling</b>."
FAULT = render.Fault(15, 21, "sp500.vol is '18.3 %'")


def shown(*passages: render.Passage, note: str = "") -> str:
    return render.prose(passages, by="openai:gpt-5-mini", note=note).html()


def test_it_says_who_wrote_it_before_anything_else() -> None:
    html = shown(render.Passage("Summary", "Calm."), note="A critic was wanted.")
    assert html.index("Written by <strong>openai") < html.index("A critic") < html.index("Calm.")
    assert "openai:gpt-5-mini" in html


def test_what_does_not_hold_is_struck_out_with_its_reason() -> None:
    html = shown(render.Passage("Summary", TEXT, (FAULT,)))
    assert '<del title="sp500.vol is &#x27;18.3 %&#x27;">13.8 %</del>' in html
    assert html.count("<del") == 1
    assert '<small class="peak-cite">[sp500.vol]</small>' in html


def test_markup_of_a_model_is_text() -> None:
    html = shown(render.Passage("<script>", TEXT))
    assert "<script>" not in html
    assert "&amp; &lt;b&gt;falling" in html


def test_a_withheld_part_shows_the_reason_and_none_of_its_words() -> None:
    passage = render.Passage("Risks", "Buy now.", (), "not shown: it advises a trade")
    assert "Buy now" not in shown(passage)
    assert "not shown: it advises a trade" in shown(passage)
    assert "Buy now" not in repr(render.prose([passage], by="x"))


def test_in_a_terminal_faults_stand_below_the_text() -> None:
    lines = repr(render.prose([render.Passage("Summary", TEXT, (FAULT,))], by="x")).splitlines()
    assert lines[0] == "Written by x, not computed"
    assert lines[-1] == "✕ 13.8 %: sp500.vol is '18.3 %'"


@pytest.mark.parametrize("faults", [((3, 9), (5, 12)), ((40, 90),), ((9, 3),)])
def test_faults_that_cannot_be_shown_are_refused(faults: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(DataError, match="overlap or lie outside"):
        render.Passage("S", TEXT, tuple(render.Fault(a, b, "x") for a, b in faults))
