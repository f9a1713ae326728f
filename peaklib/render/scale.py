"""Colour scales: their limits, the colour of a value, and the ink that is legible on it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.render.template import DIVERGING, SEQUENTIAL, Stops

RGB = tuple[int, int, int]
Floats = NDArray[np.float64]

DARK_TEXT: Final = "rgb(17,24,32)"
LIGHT_TEXT: Final = "rgb(255,255,255)"
# Plotly writes numpy arrays byte by byte: without rounding, the last bit of another CPU
# would make another figure.
DECIMALS: Final = 6


@dataclass(frozen=True)
class Scale:
    """Which colour means which number.

    Args:
        low: value of the first colour.
        high: value of the last colour, above `low`.
        stops: position in 0..1 and colour, in order.
    """

    low: float
    high: float
    stops: Stops

    def text_colour(self, value: float) -> str:
        """Dark or light text, whichever has more contrast on the colour of `value`."""
        return text_colour(self.colour(value))

    def colour(self, value: float) -> RGB:
        """The colour of `value`; values beyond the ends get the end's colour."""
        at = min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)
        positions = [position for position, _ in self.stops]
        channels = np.array([_rgb(colour) for _, colour in self.stops], dtype=float)
        red, green, blue = (
            round(float(np.interp(at, positions, channels[:, channel]))) for channel in range(3)
        )
        return red, green, blue


def diverging(limit: float) -> Scale:
    """Orange, near-white, blue around zero, from `-limit` to `limit`."""
    return Scale(-limit, limit, DIVERGING)


def sequential(values: Sequence[Floats], *, step: float) -> Scale:
    """One-way scale over the range of the values, both ends rounded outwards to `step`."""
    finite = _finite(values)
    if not finite.size:
        return Scale(0.0, step, SEQUENTIAL)
    low = math.floor(round(float(finite.min()) / step, 9)) * step
    high = math.ceil(round(float(finite.max()) / step, 9)) * step
    return Scale(_clean(low), _clean(high if high > low else low + step), SEQUENTIAL)


def shared_limit(frames: Iterable[pd.DataFrame], *, step: float = 0.05) -> float:
    """Limit of one diverging scale for several panels or figures.

    Args:
        frames: values of all panels that are to share the scale; NaN is left out.
        step: the limit is rounded up to a multiple of this.

    Returns:
        The 98th percentile (linear interpolation) of the absolute values, rounded up; one
        step where there is no value or all are zero.

    >>> shared_limit([pd.DataFrame({5: [0.1, -0.31]})])
    0.35
    """
    if step <= 0:
        raise DataError(f"shared_limit: step is {step}, it must be above 0")
    finite = np.abs(_finite([frame.to_numpy(dtype=float) for frame in frames]))
    if not finite.size:
        return step
    # The inner rounding keeps 0.35 / 0.05 = 7.000000000000001 from becoming 8 steps.
    steps = math.ceil(round(float(np.percentile(finite, 98)) / step, 9))
    return _clean(max(steps, 1) * step)


def text_colour(background: RGB) -> str:
    """Dark or light text by the contrast ratio of WCAG 2.1."""
    dark = _contrast(background, _rgb(DARK_TEXT))
    light = _contrast(background, _rgb(LIGHT_TEXT))
    return DARK_TEXT if dark >= light else LIGHT_TEXT


def _finite(values: Sequence[Floats]) -> Floats:
    if not values:
        return np.empty(0)
    flat = np.concatenate([np.ravel(part) for part in values])
    finite: Floats = flat[np.isfinite(flat)]
    return finite


def _clean(value: float) -> float:
    return round(value, 9) + 0.0


def _rgb(colour: str) -> RGB:
    red, green, blue = (int(part) for part in colour.removeprefix("rgb(").rstrip(")").split(","))
    return red, green, blue


def _contrast(one: RGB, other: RGB) -> float:
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: RGB) -> float:
    """Relative luminance of an sRGB colour (WCAG 2.1)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
