"""Brinson attribution, one period and many."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from peaklib.data import load_panel
from peaklib.errors import DataError
from peaklib.risk.attribution.brinson import EFFECTS, brinson_fachler, brinson_hood_beebower
from peaklib.risk.attribution.linking import carino_factors, menchero_factors
from peaklib.risk.attribution.segments import group_segments

MODELS = (brinson_hood_beebower, brinson_fachler)
SEGMENTS = ["UK", "Japan", "US"]


def series(*values):
    return pd.Series(values, index=SEGMENTS)


# Weights of portfolio and benchmark, with their returns.
TEXTBOOK = (
    series(0.4, 0.3, 0.3),
    series(0.2, -0.05, 0.06),
    series(0.4, 0.2, 0.4),
    series(0.1, -0.04, 0.08),
)


@st.composite
def histories(draw):
    """Four tables of some periods and segments; weights sum to 1 and may be negative."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(1, 4)))
    tables = []
    for _ in range(2):
        raw = draw(arrays(np.float64, shape, elements=st.floats(-0.2, 1)))
        raw[:, 0] += 1.0 - raw.sum(axis=1)
        tables.append(raw)
        tables.append(draw(arrays(np.float64, shape, elements=st.floats(-0.09, 0.1))))
    return [pd.DataFrame(table) for table in tables]


def test_textbook_example_of_three_markets():
    """UK, Japanese and US equities: 8.3 % against 6.4 %.

    The example of Bacon, Practical Portfolio Performance Measurement and Attribution (chapter
    on Brinson's models), recalled and recomputed by hand: (0.4 - 0.4) 10 %, (0.3 - 0.2)(-4 %) and
    so on; the book was not at hand.
    """
    expected = {
        brinson_hood_beebower: [0.0, -0.004, -0.008],
        brinson_fachler: [0.0, -0.0104, -0.0016],
    }
    for model, allocation in expected.items():
        linked = model(*TEXTBOOK).linked()
        table = linked.segments
        assert table["allocation"].tolist() == pytest.approx(allocation, abs=1e-15)
        assert table["selection"].tolist() == pytest.approx([0.04, -0.002, -0.008], abs=1e-15)
        assert table["interaction"].tolist() == pytest.approx([0.0, -0.001, 0.002], abs=1e-15)
        assert linked.totals.tolist() == pytest.approx([-0.012, 0.03, 0.001, 0.019], abs=1e-15)
        assert linked.portfolio_return == pytest.approx(0.083, abs=1e-15)
        assert linked.benchmark_return == pytest.approx(0.064, abs=1e-15)
        assert list(table.index) == SEGMENTS


@given(histories())
@settings(max_examples=80)
def test_effects_sum_to_the_active_return_in_each_period_and_linked(history):
    weights, returns, base_weights, base_returns = (table.to_numpy() for table in history)
    active = (weights * returns).sum(axis=1) - (base_weights * base_returns).sum(axis=1)
    grown = np.prod(1 + (weights * returns).sum(axis=1))
    lead = grown - np.prod(1 + (base_weights * base_returns).sum(axis=1))
    for model in MODELS:
        effects = model(*history)
        parts = sum(getattr(effects, name).to_numpy().sum(axis=1) for name in EFFECTS)
        assert parts == pytest.approx(active, abs=1e-12)
        for linking in ("carino", "menchero"):
            linked = effects.linked(linking)
            assert linked.active_return == pytest.approx(lead, abs=1e-12)
            assert linked.segments["total"].sum() == pytest.approx(lead, abs=1e-12), linking
            assert linked.totals[list(EFFECTS)].sum() == pytest.approx(lead, abs=1e-12), linking


@given(histories())
@settings(max_examples=40)
def test_the_order_of_segments_and_of_tables_does_not_matter(history):
    for model in MODELS:
        given_order = model(*history).linked().segments
        first = history[0][history[0].columns[::-1]]
        turned = model(first, *history[1:]).linked().segments
        pd.testing.assert_frame_equal(turned[::-1], given_order, rtol=0, atol=1e-12)


@given(histories())
@settings(max_examples=40)
def test_the_same_weights_have_no_allocation_and_the_same_returns_no_selection(history):
    weights, returns, base_weights, base_returns = history
    for model in MODELS:
        passive = model(base_weights, returns, base_weights, base_returns)
        assert not passive.allocation.to_numpy().any()
        assert not passive.interaction.to_numpy().any()
        index_like = model(weights, base_returns, base_weights, base_returns)
        assert not index_like.selection.to_numpy().any()


@given(histories())
@settings(max_examples=40)
def test_both_models_have_the_same_effects_over_all_segments(history):
    totals = [model(*history).linked().totals.to_numpy() for model in MODELS]
    assert totals[0] == pytest.approx(totals[1], abs=1e-12)


def test_linking_factors_are_those_of_their_papers():
    """Independent of the code: plain formulas, and the smallest correction by least squares.

    The papers' own examples were not at hand.
    """
    ours = np.array([0.10, -0.05, 0.02, 0.08])
    base = np.array([0.08, -0.02, 0.05, 0.01])
    whole, other = np.prod(1 + ours) - 1, np.prod(1 + base) - 1

    def slope(up, down):
        return (np.log(1 + up) - np.log(1 + down)) / (up - down)

    assert carino_factors(ours, base) == pytest.approx(slope(ours, base) / slope(whole, other))
    natural = (whole - other) / 4 / ((1 + whole) ** 0.25 - (1 + other) ** 0.25)
    active = ours - base
    gap = whole - other - natural * active.sum()
    least = np.linalg.lstsq(active[np.newaxis], [gap])[0]
    assert menchero_factors(ours, base) == pytest.approx(natural + least, rel=1e-12)


def test_equal_returns_link_without_a_division_by_zero():
    same = np.array([0.10, -0.05, 0.02])
    assert carino_factors(same, same) == pytest.approx((np.prod(1 + same)) / (1 + same), rel=1e-14)
    assert menchero_factors(same, same) == pytest.approx(np.prod(1 + same) ** (2 / 3), rel=1e-14)
    # A lead that the next period takes back: the compounded returns are equal, the periods not.
    ours, base = np.array([0.25, -0.2]), np.array([0.0, 0.0])
    for factors in (carino_factors, menchero_factors):
        assert factors(ours, base) @ (ours - base) == pytest.approx(0.0, abs=1e-15)


def test_what_one_side_does_not_hold_is_all_allocation():
    weights, returns = series(0.6, 0.4, 0.0), series(0.1, 0.02, np.nan)
    base_weights, base_returns = series(0.5, 0.0, 0.5), series(0.08, np.nan, 0.04)
    table = brinson_fachler(weights, returns, base_weights, base_returns).linked().segments
    # Benchmark 6 %. Japan: 0.4 (2 - 6) %; US: -0.5 (4 - 6) %.
    assert table.loc["Japan"].tolist() == pytest.approx([-0.016, 0, 0, -0.016], abs=1e-15)
    assert table.loc["US"].tolist() == pytest.approx([0.01, 0, 0, 0.01], abs=1e-15)


def test_tables_that_do_not_belong_together_are_refused_by_name():
    weights, returns, base_weights, base_returns = TEXTBOOK
    other = base_returns.rename({"US": "France"})
    twice = pd.Series([0.4, 0.3, 0.3], index=["UK", "UK", "US"])
    frame = weights.to_frame().T
    cases = [
        (
            (weights * 1.01, returns, base_weights, base_returns),
            "portfolio_weights: they sum to 1.01",
        ),
        ((weights, returns, base_weights, other), "benchmark_returns: lacks US and has France"),
        ((twice, returns, base_weights, base_returns), "column 'UK' stands there twice"),
        ((weights, series(0.2, np.nan, 0.1), base_weights, base_returns), "nan for 'Japan'"),
        ((weights, returns, series(0.4, np.inf, 0.4), base_returns), "benchmark_weights: inf"),
        ((frame.set_index([[2020]]), returns, base_weights, base_returns), "the same periods"),
        ((list(weights), returns, base_weights, base_returns), "portfolio_weights: a list"),
        ((pd.Series(dtype=float), returns, base_weights, base_returns), "nothing in it"),
    ]
    for tables, message in cases:
        with pytest.raises(DataError, match=message):
            brinson_fachler(*tables)


def test_a_loss_of_everything_or_an_unknown_method_does_not_link():
    weights, _, base_weights, base_returns = TEXTBOOK
    lost = brinson_fachler(weights, series(-1.0, -1.0, -1.0), base_weights, base_returns)
    with pytest.raises(DataError, match="portfolio: return -1 in period 0; all is lost"):
        lost.linked()
    with pytest.raises(DataError, match="choose one of carino, menchero"):
        brinson_fachler(*TEXTBOOK).linked("grap")


def test_assets_are_grouped_by_hand():
    weights = pd.DataFrame({"A": [0.3, 0.0], "B": [0.1, np.nan], "C": [0.6, 1.0]})
    returns = pd.DataFrame({"A": [0.10, np.nan], "B": [-0.10, 0.5], "C": [0.02, 0.03]})
    groups = {"A": "shares", "B": "shares", "C": "bonds"}
    sums, yields = group_segments(weights, returns, groups)
    assert list(sums.columns) == list(yields.columns) == ["shares", "bonds"]
    assert sums.to_numpy() == pytest.approx(np.array([[0.4, 0.6], [0.0, 1.0]]))
    assert yields["shares"][0] == pytest.approx((0.03 - 0.01) / 0.4)
    assert np.isnan(yields["shares"][1])
    assert yields["bonds"].tolist() == pytest.approx([0.02, 0.03])


def test_assets_that_cannot_be_grouped_are_refused_by_name():
    weights = pd.DataFrame({"A": [0.5], "B": [-0.5], "C": [1.0]})
    returns = pd.DataFrame({"A": [0.1], "B": [0.0], "C": [0.02]})
    groups = {"A": "x", "B": "x", "C": "y"}
    cases = [
        (weights, returns, {"A": "x", "C": "y"}, "none is given for B"),
        (weights, returns, groups, "segment 'x' cancel"),
        (weights, returns.rename(columns={"C": "D"}), groups, "returns: lacks C and has D"),
        (weights, returns.assign(B=np.nan), groups, "returns: nan for 'B'"),
        (weights, returns.set_index([[9]]), groups, "the same bars"),
    ]
    for held, moved, segments, message in cases:
        with pytest.raises(DataError, match=message):
            group_segments(held, moved, segments)


@pytest.mark.slow
def test_a_year_of_daily_returns_of_twenty_stocks_is_explained_to_the_last_digit():
    panel = load_panel("stocks20")
    returns = panel.close.pct_change().iloc[-252:]
    names = list(returns.columns)
    tilted = np.linspace(2.0, 0.0, len(names))
    weights = pd.DataFrame([tilted / tilted.sum()] * 252, returns.index, names)
    equal = pd.DataFrame(1 / len(names), returns.index, names)
    groups = {name: "first ten" if at < 10 else "last ten" for at, name in enumerate(names)}
    ours, theirs = (group_segments(held, returns, groups) for held in (weights, equal))
    lead = [np.prod(1 + (held * returns).sum(axis=1)) for held in (weights, equal)]
    for model in MODELS:
        for linking in ("carino", "menchero"):
            linked = model(*ours, *theirs).linked(linking)
            assert linked.totals["total"] == pytest.approx(lead[0] - lead[1], abs=1e-12)
