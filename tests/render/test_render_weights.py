"""Weights over time: what is stacked, named, left out and refused."""

import numpy as np
import pandas as pd
import pytest

from peaklib.errors import DataError
from peaklib.render.template import LIGHT, SEQUENTIAL
from peaklib.render.weights import weights_over_time

DATES = pd.bdate_range("2024-01-01", periods=6, tz="UTC")


def held(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame(columns, index=DATES, dtype=np.float64)


def test_areas_stand_on_each_other_largest_first_and_only_changes_are_drawn() -> None:
    figure = weights_over_time(
        held(a=[0, 0.25, 0.25, 0.25, 0.4, 0.4], b=[0, 0.75, 0.75, 0.75, 0.6, 0.6]), title="Calm"
    )
    assert [trace.name for trace in figure.data] == ["b", "a"]
    assert {trace.stackgroup for trace in figure.data} == {"weights"}
    assert list(figure.data[0].x) == ["2024-01-02", "2024-01-05", "2024-01-08"]
    assert list(figure.data[0].y) == [0.75, 0.6, 0.6]
    assert figure.data[0].line.shape == "hv"
    assert "Calm" in figure.layout.title.text


def test_each_area_is_named_with_its_last_weight_at_its_middle() -> None:
    figure = weights_over_time(held(a=[0.5] * 6, b=[0.3] * 6, gone=[0.2, 0.2, 0, 0, 0, 0]))
    texts = [note.text for note in figure.layout.annotations]
    assert [text.split()[0] for text in texts] == ["a", "b"]
    assert [text.split()[1] for text in texts] == ["50.0", "30.0"]
    assert figure.layout.annotations[0].y == pytest.approx(0.25)
    assert figure.layout.annotations[1].y == pytest.approx(0.65)


def test_small_assets_share_an_area() -> None:
    parts = {f"x{at}": [0.1] * 6 for at in range(8)}
    figure = weights_over_time(held(big=[0.2] * 6, **parts), top=3)
    assert [trace.name for trace in figure.data] == ["big", "x0", "x1", "6 others"]
    assert list(figure.data[-1].y) == pytest.approx([0.6] * 2)
    assert figure.data[-1].fillcolor == LIGHT.hatch
    assert figure.data[-2].fillcolor == SEQUENTIAL[-1][1]


def test_the_axis_reaches_one_or_what_is_invested() -> None:
    assert list(weights_over_time(held(a=[0.4] * 6)).layout.yaxis.range) == [0.0, 1.0]
    geared = weights_over_time(held(a=[0.9] * 6, b=[0.4] * 6))
    assert geared.layout.yaxis.range[1] == pytest.approx(1.3)


def test_shades_run_through_one_scale_and_stay_the_same_in_the_dark() -> None:
    figure = weights_over_time(held(a=[0.5] * 6, b=[0.3] * 6, c=[0.2] * 6))
    fills = [trace.fillcolor for trace in figure.data]
    assert fills[0] == SEQUENTIAL[0][1]
    assert fills[-1] == SEQUENTIAL[-1][1]
    assert len(set(fills)) == 3


def test_what_cannot_be_stacked_is_refused() -> None:
    with pytest.raises(DataError, match=r"'a' weighs -0\.1 on 2024-01-03"):
        weights_over_time(held(a=[0.1, 0.1, -0.1, 0, 0, 0]))
    with pytest.raises(DataError, match="'a' weighs nan"):
        weights_over_time(held(a=[0.1, float("nan"), 0.1, 0, 0, 0]))
    with pytest.raises(DataError, match="no dates in order"):
        weights_over_time(held(a=[0.1] * 6).iloc[::-1])
    with pytest.raises(DataError, match="top = 0"):
        weights_over_time(held(a=[0.1] * 6), top=0)
