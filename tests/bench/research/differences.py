"""Fractional differencing, and the convolution in it. Run as `python -m research.differences`."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from paired.worker import Command, serve
from scipy.signal import oaconvolve

from peaklib.features import fractional_difference, fractional_weights
from research.series import bars
from research.setting import THRESHOLD, D
from research.weighing import Work, commands_of


def ours(rows: str) -> Work:
    """Our differences of so many log closes."""
    values = np.log(bars(int(rows))["close"].to_numpy())
    return partial(fractional_difference, values, D, THRESHOLD)


def bare(rows: str) -> Work:
    """`oaconvolve` with the same weights, which are at hand."""
    values = np.log(bars(int(rows))["close"].to_numpy())
    return partial(oaconvolve, values, fractional_weights(D, THRESHOLD))


def facts(rows: str) -> dict[str, float]:
    """Number of weights, and the largest difference between the two ways."""
    values = np.log(bars(int(rows))["close"].to_numpy())
    weights = fractional_weights(D, THRESHOLD)
    gaps = fractional_difference(values, D, THRESHOLD) - oaconvolve(values, weights)[: values.size]
    return {"width": float(weights.size), "gap": float(np.abs(gaps[weights.size - 1 :]).max())}


def commands() -> Mapping[str, Command]:
    """By name."""
    return {**commands_of({"ours": ours, "bare": bare}), "facts": facts}


if __name__ == "__main__":
    serve(commands())
