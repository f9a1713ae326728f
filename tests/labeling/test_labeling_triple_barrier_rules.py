"""Triple-barrier labels, one rule at a time, on paths worked by hand.

Prices start at 100 and the target is 0.01, so that a barrier of two targets is at 102 or 98.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from peaklib.labeling.triple_barrier import compute_triple_barrier_labels

NAN = np.nan


def series(values: list[float]) -> pd.Series:
    stamps = pd.date_range("2024-01-01", periods=len(values), freq="D", tz="UTC")
    return pd.Series(values, index=stamps, dtype=np.float64)


def first_row(prices: list[float], **options: Any) -> tuple[int, float, int, str] | None:
    """Bar of the exit, return, label and barrier of the event at bar 0, or None."""
    close = series(prices)
    for name in ("side", "open_", "high", "low"):
        if name in options:
            options[name] = series(options[name])
    rules = {"target": 0.01, "profit_taking": 2.0, "stop_loss": 2.0, "max_holding": 3} | options
    labels = compute_triple_barrier_labels(close, close.index[:1], **rules)
    if labels.empty:
        return None
    row = labels.iloc[0]
    held = int((row["exit_time"] - close.index[0]).days)
    assert row["bars_held"] == held
    return held, round(float(row["return"]), 10), int(row["label"]), str(row["barrier"])


# ---- barriers and touches


def test_a_close_above_the_upper_barrier_takes_the_profit() -> None:
    assert first_row([100, 101, 103, 90]) == (2, 0.03, 1, "profit")


def test_a_close_below_the_lower_barrier_is_stopped_at_that_close() -> None:
    # 95 is beyond the stop at 98: a jump loses more than the stop.
    assert first_row([100, 101, 95, 110]) == (2, -0.05, -1, "stop")


@pytest.mark.parametrize(("price", "barrier"), [(102.0, "profit"), (98.0, "stop")])
def test_a_close_exactly_at_a_barrier_touches_it(price: float, barrier: str) -> None:
    row = first_row([100, price, 100, 100])
    assert row is not None
    assert (row[0], row[3]) == (1, barrier)


@pytest.mark.parametrize("price", [101.99, 98.01])
def test_a_close_short_of_a_barrier_does_not_touch_it(price: float) -> None:
    row = first_row([100, price, 100, 100])
    assert row is not None
    assert row[3] == "vertical"


def test_the_first_touch_decides() -> None:
    assert first_row([100, 97, 103, 103]) == (1, -0.03, -1, "stop")


def test_each_side_has_its_own_multiple() -> None:
    prices = [100, 101.2, 98.9, 100]
    assert first_row(prices, profit_taking=1.0, stop_loss=3.0) == (1, 0.012, 1, "profit")
    assert first_row(prices, profit_taking=3.0, stop_loss=1.0) == (2, -0.011, -1, "stop")


def test_without_a_profit_multiple_there_is_no_upper_barrier() -> None:
    assert first_row([100, 150, 97, 100], profit_taking=None) == (2, -0.03, -1, "stop")


def test_without_a_stop_multiple_there_is_no_lower_barrier() -> None:
    assert first_row([100, 50, 103, 100], stop_loss=None) == (2, 0.03, 1, "profit")


def test_without_any_multiple_time_alone_ends_a_label() -> None:
    row = first_row([100, 50, 200, 110], profit_taking=None, stop_loss=None)
    assert row == (3, 0.1, 0, "vertical")


def test_a_stop_as_wide_as_the_price_is_never_touched() -> None:
    assert first_row([100, 1, 1, 1], stop_loss=100.0) == (3, -0.99, 0, "vertical")


def test_the_bar_of_the_event_is_not_scanned() -> None:
    row = first_row([100, 100, 100, 100], high=[150, 100, 100, 100], low=[50, 100, 100, 100])
    assert row == (3, 0.0, 0, "vertical")


# ---- the vertical barrier


def test_a_touch_on_the_last_bar_of_the_horizon_counts() -> None:
    assert first_row([100, 100, 100, 103, 90]) == (3, 0.03, 1, "profit")


def test_a_touch_one_bar_after_the_horizon_does_not_count() -> None:
    assert first_row([100, 100, 100, 101, 103]) == (3, 0.01, 0, "vertical")


def test_the_horizon_counts_bars_and_not_days() -> None:
    stamps = pd.DatetimeIndex(["2024-01-05", "2024-01-08", "2024-01-09", "2024-02-01"])
    close = pd.Series([100.0, 101.0, 100.5, 103.0], index=stamps)
    labels = compute_triple_barrier_labels(
        close, stamps[:1], target=0.01, profit_taking=2.0, stop_loss=2.0, max_holding=2
    )
    assert labels["exit_time"].tolist() == [stamps[2]]


@pytest.mark.parametrize(("last", "label"), [(101.0, 1), (99.0, -1), (100.0, 0)])
def test_vertical_exits_are_labelled_zero_or_by_the_sign_of_their_return(
    last: float, label: int
) -> None:
    prices = [100, 100, 100, last]
    change = round(last / 100 - 1, 10)
    assert first_row(prices) == (3, change, 0, "vertical")
    assert first_row(prices, vertical="zero") == (3, change, 0, "vertical")
    assert first_row(prices, vertical="sign") == (3, change, label, "vertical")


# ---- the end of the data


def test_a_horizon_past_the_data_gives_no_label() -> None:
    assert first_row([100, 101, 101], max_holding=3) is None


def test_a_horizon_that_ends_with_the_last_bar_gives_a_label() -> None:
    assert first_row([100, 101, 101, 101], max_holding=3) == (3, 0.01, 0, "vertical")


def test_a_touch_before_the_end_of_the_data_gives_a_label_even_if_the_horizon_is_longer() -> None:
    assert first_row([100, 103, 101], max_holding=3) == (1, 0.03, 1, "profit")
    assert first_row([100, 101, 103], max_holding=3) == (2, 0.03, 1, "profit")


def test_a_short_horizon_can_exit_at_the_last_bar() -> None:
    prices = [100, 101, 101.5]
    assert first_row(prices, on_short="last") == (2, 0.015, 0, "end")
    assert first_row(prices, on_short="last", vertical="sign") == (2, 0.015, 1, "end")
    assert first_row([*prices, NAN], on_short="last", max_holding=4) == (2, 0.015, 0, "end")


def test_an_event_on_the_last_bar_gets_no_label() -> None:
    assert first_row([100], on_short="last") is None
    assert first_row([100, NAN], on_short="last") is None


# ---- bars without prices


def test_a_bar_without_a_price_is_skipped() -> None:
    assert first_row([100, NAN, 103, 100]) == (2, 0.03, 1, "profit")


def test_a_vertical_exit_on_a_bar_without_a_price_moves_back() -> None:
    assert first_row([100, 100.5, 101, NAN, 105]) == (2, 0.01, 0, "vertical")


def test_a_path_without_any_price_gives_no_label() -> None:
    assert first_row([100, NAN, NAN, NAN, 105]) is None


def test_an_event_without_a_price_gets_no_label() -> None:
    assert first_row([NAN, 103, 103, 103, 103]) is None


@pytest.mark.parametrize("column", ["open_", "high", "low"])
def test_a_bar_that_lacks_any_column_given_is_skipped(column: str) -> None:
    bars = {
        "open_": [100.0, 100.0, 100.0, 100.0],
        "high": [100.0, 105.0, 100.0, 100.0],
        "low": [100.0, 100.0, 100.0, 100.0],
    }
    assert first_row([100, 100, 100, 100], **bars) == (1, 0.02, 1, "profit")
    bars[column][1] = NAN
    assert first_row([100, 100, 100, 100], **bars) == (3, 0.0, 0, "vertical")


def test_a_missing_high_on_the_bar_of_the_event_does_not_matter() -> None:
    row = first_row([100, 100, 103, 100], high=[NAN, 100, 103, 100], low=[NAN, 100, 100, 100])
    assert row == (2, 0.02, 1, "profit")


# ---- high, low and open


def test_with_a_range_the_exit_is_at_the_barrier() -> None:
    prices, high, low = [100, 100, 101, 101], [100, 101, 103, 101], [100, 99, 100, 101]
    assert first_row(prices, high=high, low=low) == (2, 0.02, 1, "profit")
    low = [100, 97, 100, 101]
    assert first_row(prices, high=high, low=low) == (1, -0.02, -1, "stop")


def test_a_bar_that_reaches_both_barriers_goes_by_the_rule_for_ties() -> None:
    bars = {"high": [100, 105, 100, 100], "low": [100, 95, 100, 100]}
    prices = [100, 100, 100, 100]
    assert first_row(prices, **bars) == (1, -0.02, -1, "stop")
    assert first_row(prices, **bars, tie="stop") == (1, -0.02, -1, "stop")
    assert first_row(prices, **bars, tie="profit") == (1, 0.02, 1, "profit")
    assert first_row(prices, **bars, tie="drop") is None


def test_a_tie_goes_by_the_same_rule_for_a_short_side() -> None:
    bars = {"high": [100, 105, 100], "low": [100, 95, 100], "side": [-1, 0, 0]}
    assert first_row([100, 100, 100], **bars, tie="stop") == (1, -0.02, 0, "stop")
    assert first_row([100, 100, 100], **bars, tie="profit") == (1, 0.02, 1, "profit")


def test_a_gap_across_the_stop_exits_at_the_open() -> None:
    bars = {"open_": [100, 95, 100], "high": [100, 99, 100], "low": [100, 94, 100]}
    assert first_row([100, 98.5, 100], **bars) == (1, -0.05, -1, "stop")


def test_a_gap_across_the_profit_exits_at_the_open() -> None:
    bars = {"open_": [100, 104, 100], "high": [100, 106, 100], "low": [100, 103, 100]}
    assert first_row([100, 105, 100], **bars) == (1, 0.04, 1, "profit")


def test_an_open_exactly_at_a_barrier_exits_there() -> None:
    bars = {"open_": [100, 98, 100], "high": [100, 99, 100], "low": [100, 90, 100]}
    assert first_row([100, 98.5, 100], **bars) == (1, -0.02, -1, "stop")


def test_a_gap_decides_before_a_tie() -> None:
    bars = {"open_": [100, 104, 100], "high": [100, 105, 100], "low": [100, 95, 100]}
    assert first_row([100, 100, 100], **bars, tie="stop") == (1, 0.04, 1, "profit")
    assert first_row([100, 100, 100], **bars, tie="drop") == (1, 0.04, 1, "profit")


def test_without_an_open_a_gap_exits_at_the_barrier() -> None:
    row = first_row([100, 95, 100], high=[100, 96, 100], low=[100, 94, 100])
    assert row == (1, -0.02, -1, "stop")


def test_with_an_open_alone_the_open_comes_before_the_close() -> None:
    assert first_row([100, 105, 100], open_=[100, 97, 100]) == (1, -0.03, -1, "stop")
    assert first_row([100, 105, 100], open_=[100, 101, 100]) == (1, 0.05, 1, "profit")


# ---- side and meta-labels


def test_a_short_side_mirrors_the_barriers() -> None:
    assert first_row([100, 97, 100, 100], side=[-1, 0, 0, 0]) == (1, 0.03, 1, "profit")
    assert first_row([100, 103, 100, 100], side=[-1, 0, 0, 0]) == (1, -0.03, 0, "stop")


def test_a_short_side_has_its_profit_multiple_below() -> None:
    rules = {"side": [-1, 0, 0, 0], "profit_taking": 1.0, "stop_loss": 3.0}
    assert first_row([100, 102, 99, 100], **rules) == (2, 0.01, 1, "profit")


def test_with_a_range_a_short_side_exits_at_its_own_barrier() -> None:
    bars = {"high": [100, 100, 101, 100], "low": [100, 99, 96, 100], "side": [-1, 1, 1, 1]}
    assert first_row([100, 100, 100, 100], **bars) == (2, 0.02, 1, "profit")


def test_a_long_side_makes_a_meta_label() -> None:
    assert first_row([100, 103, 100, 100], side=[1, 0, 0, 0]) == (1, 0.03, 1, "profit")
    assert first_row([100, 97, 100, 100], side=[1, 0, 0, 0]) == (1, -0.03, 0, "stop")


@pytest.mark.parametrize("side", [0.0, NAN])
def test_no_side_gives_no_label(side: float) -> None:
    assert first_row([100, 103, 103, 103], side=[side, 1, 1, 1]) is None


@pytest.mark.parametrize(("last", "label"), [(101.0, 0), (99.0, 1), (100.0, 0)])
def test_a_vertical_exit_with_a_side_goes_by_money_unless_it_is_to_be_zero(
    last: float, label: int
) -> None:
    prices, change = [100, 100, 100, last], round(1 - last / 100, 10)
    side = [-1, 0, 0, 0]
    assert first_row(prices, side=side) == (3, change, label, "vertical")
    assert first_row(prices, side=side, vertical="sign") == (3, change, label, "vertical")
    assert first_row(prices, side=side, vertical="zero") == (3, change, 0, "vertical")


# ---- targets


@pytest.mark.parametrize("target", [NAN, 0.0, -0.01])
def test_a_target_that_is_not_positive_gives_no_label(target: float) -> None:
    close = series([100, 103, 103, 103])
    unit = series([target, 0.01, 0.01, 0.01])
    labels = compute_triple_barrier_labels(
        close, target=unit, profit_taking=2.0, stop_loss=2.0, max_holding=1
    )
    assert labels.index.tolist() == close.index[1:3].tolist()


def test_an_event_whose_target_is_below_the_least_return_is_dropped() -> None:
    assert first_row([100, 103, 103, 103], min_return=0.0101) is None
    assert first_row([100, 103, 103, 103], min_return=0.01) == (1, 0.03, 1, "profit")


def test_each_event_has_its_own_target() -> None:
    close = series([100, 101, 100, 101, 100])
    unit = series([0.001, NAN, 0.5, NAN, NAN])
    labels = compute_triple_barrier_labels(
        close, target=unit, profit_taking=1.0, stop_loss=1.0, max_holding=2
    )
    assert labels["barrier"].tolist() == ["profit", "vertical"]


def test_barriers_that_round_to_one_price_make_a_tie() -> None:
    options = {"target": 1e-30, "max_holding": 1}
    assert first_row([100, 100], **options) == (1, 0.0, -1, "stop")
    assert first_row([100, 100], **options, tie="drop") is None
