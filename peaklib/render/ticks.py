"""Round numbers along an axis, printed in the style of their metric."""

import math
from collections.abc import Sequence
from dataclasses import replace

from peaklib.render.formats import format_value, style_of
from peaklib.render.template import plain

GROWTH = "growth"
YEAR = "year"


def linear_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers inside the range.

    >>> linear_ticks(-0.31, 0.42)
    [-0.2, 0.0, 0.2, 0.4]
    """
    step = _step(low, high, count)
    first = math.ceil(round(low / step, 9))
    last = math.floor(round(high / step, 9))
    return [round(at * step, 12) + 0.0 for at in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 of each decade inside the range, or closer ones where those are too few."""
    ticks: list[float] = []
    for steps in ((1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7)):
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        every = [round(step * 10.0**decade, 12) for decade in decades for step in steps]
        ticks = [tick for tick in every if low <= tick <= high]
        if len(ticks) >= 4:
            break
    return ticks


def number_axis(
    metric: str, low: float, high: float, *, title: str = "", count: int = 5
) -> dict[str, object]:
    """Layout of an axis of numbers from `low` to `high`.

    Args:
        metric: decides percent, sign and `×` (`growth`); an unknown name is a plain number.
        low: first value, as stored (percent metrics as fractions).
        high: last value.
        title: name with its unit.
        count: about how many ticks.
    """
    factor = style_of(metric).factor
    ticks = [tick / factor for tick in linear_ticks(low * factor, high * factor, count)]
    return {
        "range": [round(low, 9), round(high, 9)],
        "tickvals": [round(tick, 12) for tick in ticks],
        "ticktext": tick_texts(metric, ticks),
        "title": {"text": plain(title)},
        "fixedrange": True,
    }


def tick_texts(metric: str, ticks: Sequence[float]) -> list[str]:
    """Numbers with as many decimals as their distance needs."""
    if metric == GROWTH:
        return [f"×{tick:g}" for tick in ticks]
    style = style_of(metric)
    shown = [tick * style.factor for tick in ticks]
    decimals = 0
    while decimals < 6 and any(abs(round(at, decimals) - at) > 1e-9 for at in shown):
        decimals += 1
    unit = "\N{NO-BREAK SPACE}%" if style.unit == "%" else ""
    return [
        format_value(tick, replace(style, decimals=decimals, grouped=metric != YEAR)) + unit
        for tick in ticks
    ]


def padded(low: float, high: float, share: float = 0.04) -> tuple[float, float]:
    """The range with a margin on both sides; one of no width gets one."""
    pad = share * (high - low) or 0.05
    return float(low - pad), float(high + pad)


def _step(low: float, high: float, count: int) -> float:
    rough = (high - low or 1.0) / count
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough)
