"""Plateaus on grids drawn by hand, and against a count that looks at every pair of trials."""

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from peaklib.errors import DataError
from peaklib.robustness.selection.plateaus import broadest, grid_places, plateau, plateau_scores

NAN = np.nan
AXES = ["row", "column"]


def drawn(rows: list[list[float]], holes: Collection[tuple[int, int]] = ()) -> pd.DataFrame:
    """A picture as trials, the last axis fastest; axis values are not evenly spaced."""
    points = [
        {"row": (i + 1) ** 2, "column": 10 * j, "sharpe": value}
        for i, line in enumerate(rows)
        for j, value in enumerate(line)
        if (i, j) not in holes
    ]
    return pd.DataFrame(points)


PICTURE = [
    [0.1, 0.2, 0.9, 0.1],
    [0.8, 1.0, 0.7, 0.1],
    [0.9, 0.3, 0.8, 0.9],
    [0.1, 0.1, 0.1, 0.1],
]


def test_neighbourhood_by_hand() -> None:
    found = plateau(drawn(PICTURE), AXES)
    assert (found.peak, found.value) == (5, 1.0)
    # Around it .1 .2 .9 .8 .7 .9 .3 .8: four of eight keep 0.8.
    assert (found.neighbours, found.share) == (8, 0.5)
    assert_allclose(found.median, 0.75)
    assert_allclose(found.mean, 4.7 / 8)
    assert found.on_edge == ()
    # .9 of the first row, .8 and .9 on the left, .8 below to the right and .9 beside that.
    assert_array_equal(np.flatnonzero(found.connected), [2, 4, 5, 8, 10, 11])
    assert found.size == 6


def test_holes_and_edges_have_no_neighbours() -> None:
    trials = drawn(PICTURE, holes={(0, 1), (2, 0), (1, 2)})
    found = plateau(trials, AXES, at=int(trials.index[trials["sharpe"] == 0.8][0]))
    assert (trials["row"][found.peak], trials["column"][found.peak]) == (4, 0)
    # The left edge: .1 above, 1.0 beside it, .3 below it; two holes.
    assert found.neighbours == 3
    assert_allclose(found.median, 0.3)
    assert found.on_edge == ("column",)


def test_a_wider_radius_looks_further() -> None:
    found = plateau(drawn(PICTURE), AXES, radius=2)
    assert found.neighbours == 15
    assert_allclose(found.share, 5 / 15)
    assert found.size == 6, "the region is walked in single steps all the same"


def test_keep_is_a_share_of_what_is_above_the_benchmark() -> None:
    trials = drawn([[-0.9, -0.5, -0.6, -1.1]])
    # 0.5 above the benchmark of -1; half of it is -0.75.
    found = plateau(trials, AXES, keep=0.5, benchmark=-1.0)
    assert (found.peak, found.share, found.neighbours) == (1, 0.5, 2)
    assert_array_equal(found.connected, [False, True, True, False])


def test_a_peak_below_the_benchmark_has_nothing_to_keep() -> None:
    found = plateau(drawn([[-0.2, -0.1, -0.2]]), AXES)
    assert (found.peak, found.share, found.size) == (1, 0.0, 0)
    assert_allclose(found.median, -0.2)
    assert found.on_edge == (), "an axis of one value has no edge"


def test_a_trial_without_the_metric_is_a_neighbour_that_does_not_keep() -> None:
    trials = drawn([[NAN, 1.0, 0.9], [NAN, NAN, 0.9]])
    found = plateau(trials, AXES)
    assert (found.neighbours, found.share) == (5, 0.4)
    assert_allclose(found.mean, 0.9)
    assert np.isnan(found.median), "three of five are lowest"


def test_one_point_has_no_neighbourhood() -> None:
    found = plateau(drawn([[0.5]]), AXES)
    assert (found.neighbours, found.size) == (0, 1)
    assert np.isnan([found.share, found.median, found.mean]).all()
    with pytest.raises(DataError, match="is the grid one point"):
        broadest(plateau_scores(drawn([[0.5]]), AXES))


def random_trials(seed: int, n: int = 120) -> pd.DataFrame:
    """Points of a 5 x 6 x 7 grid with holes, in random order, some without the metric."""
    rng = np.random.default_rng(seed)
    flat = rng.choice(5 * 6 * 7, n, replace=False)
    a, b, c = np.unravel_index(flat, (5, 6, 7))
    values = rng.normal(0.3, 0.4, n)
    values[rng.random(n) < 0.1] = NAN
    return pd.DataFrame({"a": a * 0.5, "b": b**2, "c": -c, "sharpe": values}, index=flat)


@pytest.mark.parametrize("radius", [1, 2])
def test_scores_equal_a_look_at_every_pair(radius: int) -> None:
    trials = random_trials(1)
    scores = plateau_scores(trials, ["a", "b", "c"], keep=0.6, radius=radius, benchmark=0.1)
    assert scores.index.equals(trials.index)
    places = np.column_stack([trials[name].rank(method="dense") for name in "abc"])
    values = trials["sharpe"].to_numpy()
    for k in range(len(trials)):
        near = np.abs(places - places[k]).max(axis=1) <= radius
        near[k] = False
        around = values[near]
        row = scores.iloc[k]
        assert row["neighbours"] == near.sum()
        keeps = around - 0.1 >= 0.6 * (values[k] - 0.1)
        share = np.mean(keeps) if values[k] > 0.1 else 0.0
        lowest = np.median(np.where(np.isnan(around), -1e9, around))
        assert_allclose(row["share"], share)
        assert_allclose(row["median"], lowest if lowest > -1e8 else NAN)
        assert_allclose(row["mean"], np.nanmean(around))


def test_every_row_of_the_scores_is_its_own_plateau() -> None:
    trials = random_trials(2)
    scores = plateau_scores(trials, ["a", "b", "c"])
    for k in np.flatnonzero(trials["sharpe"].notna())[:30]:
        alone = plateau(trials, ["a", "b", "c"], at=int(k))
        for name in ("neighbours", "share", "median", "mean"):
            assert_allclose(scores[name].iloc[k], getattr(alone, name), err_msg=name)


def test_a_lonely_peak_is_not_the_broadest() -> None:
    # Medians: .575 around the centre; .55 around the .6 above it, and .55 again above that at .1.
    hill = [
        [0.1, 0.1, 0.1, 0.1, 0.10, 0.1, 0.10, 0.1],
        [0.1, 2.0, 0.1, 0.1, 0.55, 0.6, 0.55, 0.1],
        [0.1, 0.1, 0.1, 0.1, 0.60, 0.7, 0.60, 0.1],
        [0.1, 0.1, 0.1, 0.1, 0.55, 0.6, 0.55, 0.1],
        [0.1, 0.1, 0.1, 0.1, 0.10, 0.1, 0.10, 0.1],
    ]
    trials = drawn(hill)
    assert plateau(trials, AXES).share == 0.0
    centre = broadest(plateau_scores(trials, AXES))
    assert (trials["row"][centre], trials["column"][centre]) == (9, 50)


def test_a_corner_with_one_neighbour_is_not_the_broadest() -> None:
    trials = drawn(
        [[9.0, 9.0, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.5, 0.5]],
        holes={(0, 2), (1, 0), (1, 1)},
    )
    best = broadest(plateau_scores(trials, AXES))
    assert trials["sharpe"][best] == 0.5


def test_places_count_the_values_of_each_axis() -> None:
    trials = pd.DataFrame({"a": [3.0, 1.0, 10.0, 1.0], "b": [1, 1, 1, 2]})
    assert_array_equal(grid_places(trials, ["a", "b"]), [[1, 0], [0, 0], [2, 0], [0, 1]])
    assert grid_places(trials, []).shape == (4, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"params": ["row"]}, "rows 0 and 1 are the same point"),
        ({"params": ["depth"]}, "no column 'depth'"),
        ({"metric": "omega"}, "no column 'omega'"),
        ({"keep": 0.0}, "keep = 0"),
        ({"radius": 0}, "radius = 0"),
        ({"radius": 80}, "more than 20,000"),
        ({"benchmark": NAN}, "benchmark = nan"),
        ({"at": 99}, "at = 99"),
    ],
)
def test_questions_without_a_sense_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        plateau(drawn(PICTURE), **{"params": AXES, **arguments})


def test_no_metric_at_all_is_refused() -> None:
    with pytest.raises(DataError, match="none of 2 has the metric"):
        plateau(drawn([[NAN, NAN]]), AXES)
