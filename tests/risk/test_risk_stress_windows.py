"""Books held through past windows: by hand, on real closes, and outside the data."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from peaklib.data import load_panel
from peaklib.errors import DataError
from peaklib.risk.stress.book import Book, book_of
from peaklib.risk.stress.scenarios import Historical
from peaklib.risk.stress.windows import coverage, replay

DAYS = pd.date_range("2010-01-01", periods=6, tz="UTC")


def window(start, end, name="a-window"):
    return Historical.model_validate(
        {
            "kind": "historical",
            "name": name,
            "title": "A window",
            "from": pd.Timestamp(start).date(),
            "to": pd.Timestamp(end).date(),
            "happened": "Something happened.",
            "source": "Made up for a test.",
        }
    )


def frame(**columns):
    return pd.DataFrame(columns, index=DAYS, dtype=float)


MIDDLE = window("2010-01-02", "2010-01-05")
WHOLE = {"a": [0.5, 0.5, -0.5, 0.2, -0.25, 0.5], "b": [0.5, 0.5, 0.1, 0.1, 0.1, 0.5]}


# --- by hand ------------------------------------------------------------------------------


def test_one_symbol_by_hand():
    """1 -> 0.5 -> 0.6 -> 0.45: returns of 3, 4 and 5 January, not that of the 2nd."""
    held = replay(Book({"a": 1.0}, frame(**WHOLE)), MIDDLE)
    assert held.equity.tolist() == pytest.approx([1.0, 0.5, 0.6, 0.45])
    assert held.equity.index[0] == DAYS[1]
    assert (held.loss, held.worst_drawdown, held.worst_day) == pytest.approx((0.55, 0.55, 0.5))
    assert (held.days, held.worst_date, held.ruined) == (3, DAYS[2].date(), False)
    assert held.last_held == DAYS[4].date()


def test_quantities_are_held_and_not_weights():
    """Half of each: 1 + 0.5 (0.45 - 1) + 0.5 (1.331 - 1) = 0.8905; 0.851 if rebalanced."""
    held = replay(Book({"a": 0.5, "b": 0.5}, frame(**WHOLE)), MIDDLE)
    assert held.loss == pytest.approx(1 - 0.8905)
    assert held.moves == pytest.approx({"a": -0.55, "b": 0.331})


def test_a_short_position_gains_where_its_symbol_falls():
    held = replay(Book({"a": -0.4, "b": 0.0}, frame(**WHOLE)), MIDDLE)
    assert held.loss == pytest.approx(-0.4 * 0.55)
    assert held.moves == pytest.approx({"a": -0.55})


def test_gains_every_day_leave_a_negative_worst_day_and_no_drawdown():
    held = replay(Book({"b": 1.0}, frame(**WHOLE)), MIDDLE)
    assert held.worst_day == pytest.approx(-0.1)
    assert held.worst_drawdown == 0.0


def test_a_ruined_book_is_closed_and_stays_ruined():
    """Three times a: 1 + 3 (0.5 - 1) = -0.5 on the first day; what a does later is lost on it."""
    held = replay(Book({"a": 3.0}, frame(**WHOLE)), MIDDLE)
    assert held.equity.tolist() == pytest.approx([1.0, -0.5, -0.5, -0.5])
    assert (held.loss, held.worst_day, held.ruined) == (pytest.approx(1.5), 1.5, True)
    assert held.last_held == DAYS[2].date()


def test_a_symbol_that_lost_everything_stays_there():
    returns = frame(a=[0, 0, -1.0, 0.5, 0.5, 0], b=[0, 0, -1.5, 0, 0, 0])
    assert replay(Book({"a": 0.5}, returns), MIDDLE).loss == 0.5
    assert replay(Book({"b": 0.1}, returns), MIDDLE).moves == {"b": -1.5}


def test_a_book_of_cash_loses_nothing():
    held = replay(Book({"a": 0.0}, frame(**WHOLE)), MIDDLE)
    assert (held.loss, held.worst_drawdown, held.worst_day) == (0.0, 0.0, 0.0)


def test_bars_of_a_day_are_one_day():
    """Two bars a day of -10 % and +5 % are a day of -5.5 %."""
    stamps = pd.date_range("2010-01-01", periods=12, freq="12h", tz="UTC")
    held = replay(book_of(pd.Series([-0.1, 0.05] * 6, index=stamps)), MIDDLE)
    assert (held.days, held.worst_day) == (3, pytest.approx(0.055))
    assert held.loss == pytest.approx(1 - 0.945**3)


# --- real closes --------------------------------------------------------------------------


def test_known_falls_of_the_index_are_those_of_its_closes(sp500):
    """Closes to the cent as in Yardeni Research's table of 23 March 2020 and in the series."""
    closes = {
        ("2000-03-24", "2002-10-09"): (1527.46, 776.76),
        ("2007-10-09", "2009-03-09"): (1565.15, 676.53),
        ("2011-04-29", "2011-10-03"): (1363.61, 1099.23),
        ("2018-01-26", "2018-02-08"): (2872.87, 2581.00),
        ("2018-09-20", "2018-12-24"): (2930.75, 2351.10),
    }
    book = book_of(sp500.frame["close"].pct_change(), name="sp500")
    for (start, end), (first, last) in closes.items():
        held = replay(book, window(start, end))
        assert held.loss == pytest.approx(1 - last / first, abs=5e-6), start
        assert held.worst_drawdown == pytest.approx(held.loss, abs=1e-12), start
    crisis = replay(book, window("2007-10-09", "2009-03-09"))
    assert round(crisis.loss, 3) == 0.568
    assert f"{crisis.worst_date}" == "2008-10-15"
    assert crisis.worst_day == pytest.approx(1 - 907.84 / 998.01, abs=5e-6)


def test_a_panel_held_is_its_prices_weighted():
    """Bought at the first close and never traded: prices alone say what is left."""
    close = load_panel("stocks20").close
    weights = {"JPM": 0.8, "XOM": 0.4, "KO": -0.3}
    held = replay(Book(weights, close.pct_change().iloc[1:]), window("2020-02-19", "2020-03-23"))
    bought = sum(
        w / close.at[pd.Timestamp("2020-02-19", tz="UTC"), s] * close[s] for s, w in weights.items()
    )
    value = 1 - sum(weights.values()) + bought["2020-02-19":"2020-03-23"]
    assert held.loss == pytest.approx(1 - value.iloc[-1], abs=1e-12)
    assert held.worst_drawdown == pytest.approx((1 - value / value.cummax()).max(), abs=1e-12)
    assert held.days == len(value) - 1 == 23


@settings(max_examples=15)
@given(
    st.lists(st.floats(-0.3, 0.3), min_size=2, max_size=2),
    st.lists(st.floats(-0.3, 0.3), min_size=12, max_size=12),
)
def test_the_loss_is_linear_in_the_weights(shares, numbers):
    returns = frame(a=numbers[:6], b=numbers[6:])
    alone = [replay(Book({name: 1.0}, returns), MIDDLE).loss for name in "ab"]
    both = replay(Book(dict(zip("ab", shares, strict=True)), returns), MIDDLE)
    assert both.loss == pytest.approx(float(np.dot(shares, alone)), abs=1e-12)
    assert both.worst_drawdown >= both.loss - 1e-12


# --- outside the data ---------------------------------------------------------------------


def test_a_window_outside_the_data_is_an_error_that_names_both_periods(sp500):
    book = book_of(sp500.frame["close"].pct_change(), name="sp500")
    with pytest.raises(DataError) as caught:
        replay(book, window("1987-08-25", "1987-12-04", "1987-crash"))
    text = str(caught.value)
    assert "'1987-crash' runs from 1987-08-25 to 1987-12-04" in text
    assert "the data of sp500 from 1999-01-05 to 2018-12-31" in text


def test_a_window_partly_outside_is_outside():
    book = Book({"a": 1.0}, frame(**WHOLE))
    inside = [("2010-01-01", "2010-01-06"), ("2010-01-01", "2010-01-02")]
    outside = [("2009-12-31", "2010-01-03"), ("2010-01-03", "2010-01-07")]
    assert [coverage(book, window(*ends)) for ends in inside] == ["", ""]
    assert all("a-window" in coverage(book, window(*ends)) for ends in outside)


def test_a_held_symbol_listed_too_late_or_gone_too_soon_is_named():
    gap = np.nan
    returns = frame(a=WHOLE["a"], late=[gap, gap, 0, 0, 0, 0], gone=[0, 0, 0, 0, gap, gap])
    late = coverage(Book({"a": 0.5, "late": 0.5}, returns), MIDDLE)
    assert "the data of late and a from 2010-01-03 to 2010-01-06" in late
    gone = coverage(Book({"gone": 0.5}, returns), MIDDLE)
    assert "the data of gone from 2010-01-01 to 2010-01-04" in gone
    assert coverage(Book({"a": 0.5, "late": 0.0}, returns), MIDDLE) == ""


def test_a_window_between_two_bars_has_nothing_to_replay():
    weekend = frame(a=WHOLE["a"]).drop([DAYS[2], DAYS[3]])
    assert coverage(Book({"a": 1.0}, weekend), window("2010-01-02", "2010-01-04"))


# --- books --------------------------------------------------------------------------------


def test_what_is_no_book_is_refused_by_name():
    good = frame(**WHOLE)
    hole = good.copy()
    hole.iloc[2, 0] = np.nan
    infinite = good.copy()
    infinite.iloc[3, 1] = np.inf
    weekly = good.set_axis(pd.date_range("2010-01-01", periods=6, freq="7D", tz="UTC"))
    empty = good.assign(a=np.nan)
    twice = good.set_axis(["a", "a"], axis=1)
    cases = [
        ({}, good, "no weights"),
        ({"a": np.nan}, good, "the weight of 'a' is nan"),
        ({"c": 1.0}, good, "no returns of 'c'"),
        ({"a": 1.0}, hole, "returns of 'a' at 2010-01-03 00:00 is nan; fill it"),
        ({"b": 1.0}, infinite, "returns of 'b' at 2010-01-04 00:00 is inf"),
        ({"a": 1.0}, empty, "returns of 'a' are all NaN"),
        ({"a": 1.0}, weekly, "7 days apart"),
        ({"a": 1.0}, good[::-1], "not strictly increasing"),
        ({"a": 1.0}, good.tz_localize(None), "in zone None"),
        ({"a": 1.0}, good.tz_convert("Europe/Berlin"), "in zone Europe/Berlin"),
        ({"a": 1.0}, good.reset_index(drop=True), "RangeIndex"),
        ({"a": 1.0}, good.iloc[:0], "have no bar"),
        ({"a": 1.0}, twice, "two columns 'a'"),
    ]
    for weights, returns, message in cases:
        with pytest.raises(DataError, match=message):
            Book(weights, returns)
    with pytest.raises(DataError, match="give one of them"):
        Book({"a": 1.0}, good, factors=good, betas=good)


def test_a_book_keeps_what_it_was_given():
    weights, returns = {"a": 0.5, "b": -0.7, "c": 0.0}, frame(**WHOLE, c=[0.0] * 6)
    book = Book(weights, returns)
    weights["a"] = returns.iloc[2, 0] = 9.0
    assert (book.symbols, book.held, book.gross) == (("a", "b", "c"), ("a", "b"), 1.2)
    assert book.shares.tolist() == [0.5, -0.7, 0.0]
    assert book.returns.iloc[2, 0] == -0.5
    with pytest.raises(TypeError):
        book.weights["a"] = 9.0
