"""Fixed-horizon labels, worked by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.labeling.horizon import fixed_horizon_labels
from peaklib.labeling.triple_barrier import compute_triple_barrier_labels

NAN = np.nan


def series(values: list[float]) -> pd.Series:
    stamps = pd.date_range("2024-01-01", periods=len(values), freq="D", tz="UTC")
    return pd.Series(values, index=stamps, dtype=np.float64)


def test_the_label_is_the_sign_of_the_return_after_the_horizon() -> None:
    close = series([100, 90, 110, 90, 110])
    labels = fixed_horizon_labels(close, horizon=2)
    assert labels["label"].tolist() == [1, 0, 0]
    assert labels["return"].tolist() == pytest.approx([0.1, 0.0, 0.0])
    assert labels["exit_time"].tolist() == close.index[2:].tolist()
    assert labels["bars_held"].tolist() == [2, 2, 2]
    assert fixed_horizon_labels(close, horizon=1)["label"].tolist() == [-1, 1, -1, 1]


@pytest.mark.parametrize(("last", "label"), [(145, 1), (144, 0), (128, 0), (112, 0), (111, -1)])
def test_a_return_at_the_threshold_is_labelled_zero(last: float, label: int) -> None:
    # An eighth of 128 is 16, and no number here is rounded.
    labels = fixed_horizon_labels(series([128, last]), horizon=1, threshold=0.125)
    assert labels["label"].tolist() == [label]


def test_each_event_has_its_own_threshold() -> None:
    close = series([100, 102, 104.04, 106])
    limits = series([0.01, 0.03, NAN, NAN])
    labels = fixed_horizon_labels(close, horizon=1, threshold=limits)
    assert labels["label"].tolist() == [1, 0]


def test_a_horizon_past_the_data_gives_no_label() -> None:
    assert len(fixed_horizon_labels(series([1, 2, 3]), horizon=2)) == 1
    assert fixed_horizon_labels(series([1, 2, 3]), horizon=3).empty
    assert fixed_horizon_labels(series([]), horizon=3).empty


def test_a_missing_price_at_the_exit_moves_it_back() -> None:
    labels = fixed_horizon_labels(series([100, 101, NAN, 103, 104]), horizon=2)
    assert labels["bars_held"].tolist() == [1, 2]
    assert labels["return"].tolist() == pytest.approx([0.01, 103 / 101 - 1])
    assert labels.index.day.tolist() == [1, 2]


def test_a_path_without_a_price_gives_no_label() -> None:
    assert fixed_horizon_labels(series([100, NAN, NAN, 100]), horizon=2).empty
    assert fixed_horizon_labels(series([NAN, NAN, 100]), horizon=2).empty


def test_only_events_are_labelled() -> None:
    close = series([100, 101, 100, 101, 100])
    labels = fixed_horizon_labels(close, close.index[[1, 2]], horizon=1)
    assert labels.index.tolist() == close.index[[1, 2]].tolist()
    assert labels["label"].tolist() == [-1, 1]


def test_is_the_triple_barrier_without_barriers(sp500: Dataset) -> None:
    close = sp500.frame["close"].copy()
    close.iloc[100:3000:7] = NAN
    close.iloc[400:430] = NAN
    labels = fixed_horizon_labels(close, horizon=10)
    barriers = compute_triple_barrier_labels(
        close, target=0.01, profit_taking=None, stop_loss=None, max_holding=10, vertical="sign"
    )
    pd.testing.assert_frame_equal(labels, barriers)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizon": 0}, "horizon is 0"),
        ({"threshold": -0.1}, "threshold is -0.1: give a number that is not negative"),
        ({"threshold": series([0.1, -0.1, 0.1])}, "threshold at 2024-01-02.* is -0.1"),
        ({"threshold": series([0.1, np.inf, 0.1])}, "threshold at 2024-01-02.* is inf"),
        ({"close": series([1, 0, 1])}, "close at 2024-01-02.* is 0.0"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        fixed_horizon_labels(**({"close": series([1, 2, 3]), "horizon": 1} | options))
