"""Colour scales: limits worked by hand, colours, contrast."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from peaklib.errors import DataError
from peaklib.render.scale import diverging, sequential, shared_limit, text_colour


def test_the_limit_is_the_98th_percentile_over_all_frames_rounded_up():
    # |z| of both frames sorted: 0.00, 0.01, ..., 0.50. Place 0.98 * 50 = 49 -> 0.49 -> 0.50.
    first = pd.DataFrame({"a": [at / 100 for at in range(0, 51, 2)]})
    second = pd.DataFrame({"b": [-at / 100 for at in range(1, 51, 2)]})
    assert shared_limit([first, second]) == 0.5
    assert shared_limit([first, second], step=0.01) == 0.49


def test_a_limit_that_is_a_multiple_already_is_not_raised():
    assert shared_limit([pd.DataFrame({"a": [0.35]})]) == 0.35
    assert shared_limit([pd.DataFrame({"a": [0.15]})]) == 0.15


def test_a_single_outlier_among_many_does_not_set_the_limit():
    values = [0.1] * 200 + [9.0]
    assert shared_limit([pd.DataFrame({"a": values})]) == 0.1


@pytest.mark.parametrize("frame", [pd.DataFrame({"a": [np.nan]}), pd.DataFrame({"a": [0.0]})])
def test_without_any_difference_the_limit_is_one_step(frame):
    assert shared_limit([frame]) == 0.05


def test_a_step_of_zero_is_an_error():
    with pytest.raises(DataError, match="step is 0"):
        shared_limit([], step=0)


def test_zero_is_near_white_and_the_ends_are_orange_and_blue():
    scale = diverging(0.35)
    assert min(scale.colour(0.0)) > 235
    red, _, blue = scale.colour(-0.35)
    assert red > blue
    red, _, blue = scale.colour(0.35)
    assert blue > red
    assert scale.colour(9.9) == scale.colour(0.35)


def test_a_sequential_scale_covers_the_range_rounded_outwards():
    scale = sequential([np.array([[-0.431, np.nan], [-0.136, -0.2]])], step=0.005)
    assert (scale.low, scale.high) == (-0.435, -0.135)


def test_a_sequential_scale_of_one_value_has_a_width():
    scale = sequential([np.array([[0.2, 0.2]])], step=0.05)
    assert scale.high > scale.low == 0.2


def _luminance(rgb):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@given(st.floats(-0.35, 0.35))
def test_text_is_legible_on_every_colour_of_the_scale(value):
    background = diverging(0.35).colour(value)
    ink = text_colour(background)
    text = 1.0 if ink == "rgb(255,255,255)" else _luminance([17 / 255, 24 / 255, 32 / 255])
    ground = _luminance([channel / 255 for channel in background])
    # 4.1 is what the darker of the two inks leaves in the worst case; 3 is WCAG's floor.
    assert (max(text, ground) + 0.05) / (min(text, ground) + 0.05) > 4.1
