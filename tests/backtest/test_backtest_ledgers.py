"""Six-bar ledgers worked by hand, to the cent, for one asset.

Each test names its capital; comments carry the arithmetic in money and shares. A decision
of bar t is filled at the open of bar t + 1 unless a test says otherwise.
"""

import pytest

from peaklib.backtest import run_backtest


def test_long_with_costs_on_both_sides(make_bars, books) -> None:
    data = make_bars(
        open=[98, 99, 100, 104, 110, 107],
        close=[99, 101, 103, 108, 109, 106],
    )
    result = run_backtest([0, 1, 1, 0, 0, 0], data, fees_bps=60, slippage_bps=40)
    book = books(result, capital=10_100)
    # Bar 2: 100 shares at 100 = 10,000, cost 1 % = 100, cash 0. Marked at 103.
    # Bar 3: still held (the exit is decided at its close), marked at 108.
    # Bar 4: sold at 110 = 11,000, cost 110, cash 10,890.
    assert book.equity == [10_100, 10_100, 10_300, 10_800, 10_890, 10_890]
    assert book.shares() == [0, 0, 100, 100, 0, 0]
    columns = ("side", "quantity", "entry_price", "exit_price", "costs", "profit", "bars_held")
    assert book.trades(*columns) == [("long", 100, 100, 110, 210, 790, 2)]


def test_short_with_costs_on_both_sides(make_bars, books) -> None:
    data = make_bars(
        open=[98, 99, 100, 96, 90, 91],
        close=[99, 101, 97, 92, 93, 95],
    )
    result = run_backtest([0, -1, -1, 0, 0, 0], data, fees_bps=100)
    book = books(result, capital=10_100)
    # Bar 2: 100 sold short at 100, cost 100: cash 10,100 + 10,000 - 100 = 20,000.
    #        The position, -10,000, is minus the equity after costs. Marked at 97.
    # Bar 3: 20,000 - 9,200. Bar 4: bought back at 90 = 9,000, cost 90.
    assert book.equity == [10_100, 10_100, 10_300, 10_800, 10_910, 10_910]
    assert book.shares() == [0, 0, -100, -100, 0, 0]
    columns = ("side", "quantity", "entry_price", "exit_price", "costs", "profit")
    assert book.trades(*columns) == [("short", 100, 100, 90, 190, 810)]


def test_flip_from_long_to_short_in_one_fill(make_bars, books) -> None:
    data = make_bars(
        open=[98, 99, 100, 110, 104, 100],
        close=[99, 101, 108, 105, 102, 101],
    )
    result = run_backtest([0, 1, -1, -1, 0, 0], data, fees_bps=1500, slippage_bps=1000)
    book = books(result, capital=12_500)
    # A quarter of what is traded is lost, so that the numbers are round.
    # Bar 2: 100 bought at 100, cost 2,500, cash 0. Marked at 108.
    # Bar 3: 160 sold at 110 = 17,600, cost 4,400, cash 13,200; 60 short = -6,600, which
    #        is minus the equity 13,200 - 6,600. Marked at 105: 13,200 - 6,300.
    # Bar 4: 13,200 - 60 x 102.
    # Bar 5: 60 bought at 100 = 6,000, cost 1,500: 13,200 - 7,500.
    assert book.equity == [12_500, 12_500, 10_800, 6_900, 7_080, 5_700]
    assert book.shares() == [0, 0, 100, -60, -60, 0]
    columns = ("side", "quantity", "entry_price", "exit_price", "costs", "profit", "bars_held")
    assert book.trades(*columns) == [
        # 100 x 10 - 2,500 - 100 x 110 / 4.
        ("long", 100, 100, 110, 5_250, -4_250, 1),
        # 60 x 10 - 60 x 110 / 4 - 60 x 100 / 4.
        ("short", 60, 110, 100, 3_150, -2_550, 2),
    ]


def test_fractional_targets_grow_and_shrink_a_position(make_bars, books) -> None:
    data = make_bars(
        open=[99, 100, 95, 80, 100, 105],
        close=[101, 104, 90, 90, 102, 110],
    )
    result = run_backtest([0.5, 0.5, 1, 0.8, 0.8, 0.8], data, fees_bps=2500)
    book = books(result, capital=22_500)
    # Bar 1: 100 at 100 = 10,000, cost 2,500, cash 10,000: half of 20,000.
    # Bar 2: the target is the same, so nothing is traded although it drifted.
    # Bar 3: 100 more at 80 = 8,000, cost 2,000, cash 0: all of 16,000.
    # Bar 4: 50 sold at 100 = 5,000, cost 1,250, cash 3,750: 15,000 is 0.8 x 18,750.
    assert book.equity == [22_500, 20_400, 19_000, 18_000, 19_050, 20_250]
    assert book.shares() == [0, 100, 100, 200, 150, 150]
    columns = ("quantity", "entry_price", "exit_price", "costs", "profit", "bars_held", "open")
    # Entry (100 x 100 + 100 x 80) / 200; exit (50 x 100 + 150 x 110) / 200, the rest marked.
    assert book.trades(*columns) == [(200, 90, 107.5, 5_750, -2_250, 4, True)]
    assert result.trades["exit_time"].isna().all()


def test_a_gap_is_paid_at_the_open_and_not_at_the_close_that_decided(make_bars, books) -> None:
    data = make_bars(
        open=[98, 99, 120, 118, 90, 92],
        close=[99, 100, 118, 119, 95, 93],
    )
    result = run_backtest([0, 1, 1, 0, 0, 0], data)
    book = books(result, capital=12_000)
    # Decided at 100, filled at 120: 100 shares. Decided to leave at 119, sold at 90.
    assert book.equity == [12_000, 12_000, 11_800, 11_900, 9_000, 9_000]
    assert book.trades("entry_price", "exit_price", "profit") == [(120, 90, -3_000)]


def test_ruin_through_a_gap_ends_the_account_for_good(make_bars, books) -> None:
    data = make_bars(
        open=[100, 100, 110, 210, 150, 100],
        close=[100, 105, 120, 150, 100, 300],
    )
    result = run_backtest([-1, -1, -1, -1, 1, 1], data)
    book = books(result, capital=10_000)
    # Bar 1: 100 short at 100, cash 20,000. Bars 1 and 2: 20,000 - 10,500, - 12,000.
    # Bar 3 opens at 210: 20,000 - 21,000 = -1,000. Bought back there, and never again.
    assert book.equity == [10_000, 9_500, 8_000, -1_000, -1_000, -1_000]
    assert book.shares() == [0, -100, -100, 0, 0, 0]
    assert result.ruined
    assert result.metrics["ruined"] == 1
    assert result.metrics["ret"] == pytest.approx(-1.1)
    assert result.metrics["cagr"] == -1
    assert book.trades("side", "exit_price", "profit", "open") == [("short", 210, -11_000, False)]


def test_ruin_within_a_bar_is_settled_at_its_close_with_costs(make_bars, books) -> None:
    data = make_bars(
        open=[100, 100, 150, 100, 100, 100],
        close=[100, 120, 250, 100, 100, 100],
    )
    result = run_backtest([-1, -1, -1, -1, 1, 1], data, fees_bps=100)
    book = books(result, capital=10_100)
    # Bar 1: 100 short at 100, cost 100, cash 20,000. The open of bar 2 leaves 5,000.
    # Its close: 20,000 - 25,000, so 100 are bought back at 250 and 250 paid for it.
    assert book.equity == [10_100, 8_000, -5_250, -5_250, -5_250, -5_250]
    assert book.shares() == [0, -100, 0, 0, 0, 0]
    assert result.ruined


def test_losing_exactly_everything_is_ruin(make_bars, books) -> None:
    data = make_bars(
        open=[100, 100, 200, 100, 100, 100],
        close=[100, 100, 100, 100, 100, 100],
    )
    result = run_backtest([-1, -1, -1, 1, 1, 1], data)
    assert books(result, capital=10_000).equity == [10_000, 10_000, 0, 0, 0, 0]
    assert result.ruined
    assert list(result.returns) == [0, 0, -1, 0, 0, 0]


def test_a_signal_on_the_last_bar_finds_no_open_to_be_filled_at(make_bars, books) -> None:
    data = make_bars([100, 101, 102, 103, 104, 105])
    result = run_backtest([0, 0, 0, 0, 0, 1], data)
    assert books(result, capital=100).equity == [100] * 6
    assert result.trades.empty
    assert result.unfilled
    assert result.metrics["n_trades"] == 0


def test_a_signal_on_the_bar_before_the_last_is_filled(make_bars, books) -> None:
    data = make_bars(open=[100, 100, 100, 100, 100, 100], close=[100, 100, 100, 100, 100, 105])
    result = run_backtest([0, 0, 0, 0, 1, 1], data)
    assert books(result, capital=100).equity == [100, 100, 100, 100, 100, 105]
    assert not result.unfilled


def test_an_open_position_is_marked_and_not_sold(make_bars, books) -> None:
    data = make_bars(open=[99, 100, 102, 104, 106, 108], close=[100, 101, 103, 105, 107, 110])
    result = run_backtest([1, 1, 1, 1, 1, 1], data, fees_bps=100)
    book = books(result, capital=10_100)
    assert book.equity == [10_100, 10_100, 10_300, 10_500, 10_700, 11_000]
    assert book.shares()[-1] == 100
    # Marked at 110, with the cost of the entry alone.
    assert book.trades("exit_price", "costs", "profit", "open") == [(110, 100, 900, True)]


def test_liquidation_sells_at_the_last_close_and_pays_for_it(make_bars, books) -> None:
    data = make_bars(open=[99, 100, 102, 104, 106, 108], close=[100, 101, 103, 105, 107, 110])
    result = run_backtest([1, 1, 1, 1, 1, 1], data, fees_bps=100, liquidate=True)
    book = books(result, capital=10_100)
    # 100 at 110 = 11,000, cost 110.
    assert book.equity == [10_100, 10_100, 10_300, 10_500, 10_700, 10_890]
    assert book.shares()[-1] == 0
    assert book.trades("exit_price", "costs", "profit", "open") == [(110, 210, 790, False)]
    assert result.trades["exit_time"].iloc[0] == data.frame.index[-1]


def test_liquidation_of_a_short_position_buys_it_back(make_bars, books) -> None:
    data = make_bars(open=[99, 100, 98, 96, 94, 92], close=[100, 99, 97, 95, 93, 90])
    result = run_backtest([-1] * 6, data, fees_bps=100, liquidate=True)
    book = books(result, capital=10_100)
    # 100 short at 100, cash 20,000; bought at 90 = 9,000, cost 90.
    assert book.equity[-1] == 10_910
    assert book.shares()[-1] == 0


def test_a_fill_at_the_close_pays_the_price_that_decided(make_bars, books) -> None:
    data = make_bars(
        open=[98, 99, 102, 104, 110, 107],
        close=[99, 100, 103, 108, 109, 106],
    )
    result = run_backtest([0, 1, 1, 0, 0, 1], data, fill="close", fees_bps=100)
    book = books(result, capital=10_100)
    # Bar 1: 100 at its close, 100. Bar 3: sold at its close, 108, cost 108. Bar 5: the
    # last decision has a price, its own close: (10,692 / 1.01) is put into it.
    assert book.equity == [10_100, 10_000, 10_300, 10_692, 10_692, 10_586.14]
    assert book.shares()[:5] == [0, 100, 100, 0, 0]
    assert not result.unfilled
    assert result.trades.attrs["fill_at"] == "close"


@pytest.mark.parametrize(
    ("fill", "lag", "entry_bar", "entry_price"),
    [
        ("close", 1, 1, 101),
        ("next_open", 1, 2, 202),
        ("close", 2, 2, 102),
        ("next_open", 2, 3, 203),
        ("close", 3, 3, 103),
        ("next_open", 3, 4, 204),
    ],
)
def test_lag_counts_bars_from_the_decision(make_bars, fill, lag, entry_bar, entry_price) -> None:
    data = make_bars(open=[200, 201, 202, 203, 204, 205], close=[100, 101, 102, 103, 104, 105])
    trades = run_backtest([0, 1, 1, 1, 1, 1], data, fill=fill, lag=lag).trades
    assert trades["entry_time"].iloc[0] == data.frame.index[entry_bar]
    assert trades["entry_price"].iloc[0] == entry_price


@pytest.mark.parametrize(("target", "unfilled"), [([0, 0, 0, 0, 1, 1], True), ([1] * 6, False)])
def test_with_lag_two_the_last_two_decisions_stay_unfilled(make_bars, target, unfilled) -> None:
    result = run_backtest(target, make_bars([100, 101, 102, 103, 104, 105]), lag=2)
    assert result.unfilled is unfilled
    assert len(result.trades) == (0 if unfilled else 1)
