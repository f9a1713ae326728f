"""Several assets: joint costs worked by hand, listing, and what does not fit."""

import numpy as np
import pandas as pd
import pytest

from peaklib.backtest import run_backtest
from peaklib.errors import DataError, StrategyError

NAN = float("nan")


def test_weights_are_met_after_the_costs_of_all_assets_together(make_panel, books) -> None:
    panel = make_panel({"A": [100, 110, 100, 90, 90, 100], "B": [20, 18, 20, 20, 20, 25]})
    weights = [[0.5, 0.5], [0.5, 0.5], [1, 0], [1, 0], [-0.5, 0.5], [-0.5, 0.5]]
    result = run_backtest(weights, panel, fill="close", fees_bps=2500)
    book = books(result, capital=12_500)
    # Bar 0: E' = 12,500 - E'/4 = 10,000: 50 A at 100 and 250 B at 20, cost 2,500.
    # Bar 1: the weights are the same, so nothing is traded: 5,500 + 4,500.
    # Bar 2: E' = 10,000 - (E' - 5,000 + 5,000) / 4 = 8,000: 80 A, no B, cost 2,000.
    # Bar 3: 80 x 90.
    # Bar 4: E' = 7,200 - (E'/2 + 7,200 + E'/2) / 4 = 4,320: 24 A short at 90, 108 B at 20.
    # Bar 5: cash 4,320 + 2,160 - 2,160, A -2,400, B +2,700.
    assert book.equity == [10_000, 10_000, 8_000, 7_200, 4_320, 4_620]
    assert book.shares(0) == [50, 50, 80, 80, -24, -24]
    assert book.shares(1) == [250, 250, 0, 0, 108, 108]
    columns = ("asset", "side", "quantity", "entry_price", "exit_price", "costs", "profit")
    assert book.trades(*columns) == [
        ("A", "long", 80, 100, 90, 3_800, -4_600),
        ("B", "long", 250, 20, 20, 2_500, -2_500),
        ("A", "short", 24, 90, 100, 540, -780),
        ("B", "long", 108, 20, 25, 540, 0),
    ]


def test_fills_happen_at_the_open_where_the_panel_has_one(make_panel, books) -> None:
    panel = make_panel({"A": [100.0, 100.0, 120.0]}, open={"A": [90.0, 80.0, 110.0]})
    result = run_backtest([[1], [1], [1]], panel)
    assert books(result, capital=80).shares() == [0, 1, 1]
    assert books(result, capital=80).equity == [80, 100, 120]


def test_an_asset_is_ignored_until_it_is_listed(make_panel, books) -> None:
    panel = make_panel({"A": [100, 110, 120, 130], "B": [NAN, NAN, 50, 60]})
    weights = [[1, 0], [1, 0], [0, 1], [0, 1]]
    result = run_backtest(weights, panel, fill="close")
    assert books(result, capital=100).equity == [100, 110, 120, 144]
    assert books(result, capital=100).shares(1) == [0, 0, 2.4, 2.4]


def test_a_target_where_there_is_no_price_is_an_error_that_names_the_place(make_panel) -> None:
    panel = make_panel({"A": [100, 110, 120, 130], "B": [NAN, NAN, 50, 60]})
    weights = [[1, 0], [0.5, 0.5], [0, 1], [0, 1]]
    with pytest.raises(DataError, match=r"'B' has no price at bar 1 \(2024-01-02\)"):
        run_backtest(weights, panel, fill="close")


def test_a_position_that_outlives_its_listing_is_an_error(make_panel) -> None:
    panel = make_panel({"A": [100, 110, 120, 130], "B": [50, 60, NAN, NAN]})
    with pytest.raises(DataError, match=r"'B' has no price at bar 2"):
        run_backtest([[0, 1]] * 4, panel, fill="close")
    left_in_time = [[0, 1], [1, 0], [1, 0], [1, 0]]
    result = run_backtest(left_in_time, panel, fill="close")
    assert result.equity.iloc[-1] == pytest.approx(60 / 50 * 130 / 110)


def test_a_panel_of_closes_cannot_be_filled_at_an_open(make_panel) -> None:
    with pytest.raises(DataError, match=r'closing prices only.*fill="close"'):
        run_backtest([[1]] * 3, make_panel({"A": [1, 2, 3]}))


def test_a_panel_of_one_asset_equals_a_data_set(make_panel, sp500) -> None:
    part = sp500.between("2001", "2003")
    closes, opens = part.frame["close"], part.frame["open"]
    target = np.sign(np.sin(np.arange(len(part)) / 9))
    panel = make_panel({"A": closes.to_numpy()}, open={"A": opens.to_numpy()})
    terms = {"fees_bps": 10, "borrow_bps": 50, "cash_rate": 0.02}
    alone = run_backtest(target, part, **terms)
    inside = run_backtest(target.reshape(-1, 1), panel, **terms)
    # The synthetic calendar of the panel is given 252 bars a year, so rates differ a little.
    assert part.meta.bars_per_year == pytest.approx(panel.meta.bars_per_year, rel=0.02)
    np.testing.assert_allclose(inside.equity.to_numpy(), alone.equity.to_numpy(), rtol=1e-3)
    assert len(inside.trades) == len(alone.trades)


def test_a_strategy_cannot_decide_over_a_panel(make_panel) -> None:
    with pytest.raises(StrategyError, match=r"decides on one asset.*give target weights"):
        run_backtest("buy_and_hold", make_panel({"A": [1, 2, 3]}), fill="close")


def test_targets_must_have_the_shape_of_the_panel(make_panel) -> None:
    panel = make_panel({"A": [1, 2, 3], "B": [1, 2, 3]})
    with pytest.raises(DataError, match=r"shape \(3,\), expected \(3, 2\)"):
        run_backtest([1, 1, 1], panel, fill="close")


def test_columns_of_a_frame_must_be_the_assets_in_their_order(make_panel) -> None:
    panel = make_panel({"A": [1, 2, 3], "B": [1, 2, 3]})
    swapped = pd.DataFrame({"B": [0, 0, 0], "A": [1, 1, 1]}, index=panel.close.index)
    with pytest.raises(DataError, match=r"columns \['B', 'A'\] are not the assets"):
        run_backtest(swapped, panel, fill="close")
    assert run_backtest(swapped[["A", "B"]], panel, fill="close").metrics["ret"] == 2


def test_a_frame_of_targets_must_have_the_index_of_the_data(make_panel) -> None:
    panel = make_panel({"A": [1, 2, 3]})
    late = pd.DataFrame({"A": [1, 1, 1]}, index=panel.close.index + pd.Timedelta("1D"))
    with pytest.raises(DataError, match="reindex it first"):
        run_backtest(late, panel, fill="close")


def test_a_lag_beyond_the_data_fills_nothing(make_panel) -> None:
    panel = make_panel({"A": [1, 2, 3, 4, 5], "B": [NAN, 1, 1, 1, 1]})
    result = run_backtest([[1, 0]] * 5, panel, fill="close", lag=9)
    assert result.trades.empty
    assert result.unfilled


def test_an_open_without_a_close_is_an_error_that_names_the_asset(make_panel) -> None:
    panel = make_panel(
        {"A": [1, 1, 1, 1], "B": [NAN, NAN, 5, 6]}, open={"A": [1, 1, 1, 1], "B": [NAN, 5, 5, 6]}
    )
    with pytest.raises(DataError, match="'B' has no price at bar 1"):
        run_backtest([[0, 1]] * 4, panel)
