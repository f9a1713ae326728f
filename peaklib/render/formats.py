"""How a number is printed, decided by the name of its metric.

Metrics are stored as fractions and ratios; here is the one place that knows which of them
is read as percent and with how many decimals. Prefixes (``is_``, ``oos_``, ``best_``,
``median_``, ``hold_``) and suffixes (``_lo``, ``_hi``, ``_diff``) do not change the kind of a
metric; a difference gets a sign.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from numbers import Integral, Real
from typing import Final

import pandas as pd

MINUS: Final = "\N{MINUS SIGN}"
MISSING: Final = "\N{EN DASH}"
_NARROW_SPACE: Final = "\N{NARROW NO-BREAK SPACE}"
_NO_BREAK_SPACE: Final = "\N{NO-BREAK SPACE}"

# fmt: off
_PERCENT: Final = frozenset({
    "ret", "return", "total_return", "cagr", "vol", "volatility", "max_dd", "exposure", "hit_rate",
    "win_rate", "ulcer", "avg_trade", "te", "alpha", "var", "es", "share",
    "above_hold", "flat_opens",
})
_RATIO: Final = frozenset({
    "sharpe", "sortino", "calmar", "martin", "omega", "recovery", "profit_factor", "tail_ratio",
    "ir", "ic", "beta", "skew", "kurt", "dsr", "psr", "pbo", "rho", "p_value",
})
_COUNT: Final = frozenset({
    "trials", "trades", "runs", "cells", "bars", "obs", "days", "dd_days", "bars_held", "rank",
    "failed",
})
_FLAG: Final = frozenset({"ruined"})
_MONEY: Final = frozenset({"pnl", "profit", "costs", "cash", "notional"})
_MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)
# fmt: on


@dataclass(frozen=True)
class Style:
    """How the numbers of one metric are printed.

    Args:
        decimals: places after the point; None prints up to four significant digits.
        factor: what the stored number is multiplied by (100 for percent).
        unit: printed behind a single number, or in the header of a table.
        signed: print a plus before positive numbers.
        grouped: separate thousands from four digits on.
        flag: 1 and 0 are read as yes and no.
    """

    decimals: int | None = None
    factor: float = 1.0
    unit: str = ""
    signed: bool = False
    grouped: bool = False
    flag: bool = False


def base_name(name: str) -> str:
    """Metric name without what tells whose it is (prefix) and which end of it (suffix)."""
    stem = name.strip().lower().partition(",")[0].replace(" ", "_")
    for prefix in ("is_", "oos_", "best_", "median_", "hold_"):
        stem = stem.removeprefix(prefix)
    for suffix in ("_lo", "_hi", "_diff"):
        stem = stem.removesuffix(suffix)
    return stem


@cache
def style_of(name: str) -> Style:
    """Printing style of the metric called `name`; an unknown name gets a plain style."""
    stem = base_name(name)
    signed = name.strip().lower().endswith("_diff")
    if stem in _PERCENT:
        return Style(decimals=1, factor=100.0, unit="%", signed=signed)
    if stem in _RATIO:
        return Style(decimals=2, signed=signed)
    if stem == "turnover":
        return Style(decimals=1, unit="× a year", signed=signed)
    if stem in _COUNT or stem.startswith("n_"):
        return Style(decimals=0, signed=signed, grouped=True)
    if stem in _MONEY:
        return Style(decimals=0, signed=signed, grouped=True)
    if stem in _FLAG:
        return Style(flag=True)
    if stem == "year":
        return Style(decimals=0)
    return Style(signed=signed)


def format_metric(name: str, value: object) -> str:
    """One value with its unit, as a sentence or a fact shows it.

    Args:
        name: metric name (`max_dd`, `oos_sharpe_lo`, ...), which decides the style.
        value: stored number (percent metrics as fractions), or any other object.

    >>> format_metric("max_dd", -0.1694)
    '−16.9\\xa0%'
    >>> format_metric("sharpe_diff", 0.321)
    '+0.32'
    """
    style = style_of(name)
    text = format_value(value, style)
    if not style.unit or text == MISSING:
        return text
    return f"{text}{_NO_BREAK_SPACE}{style.unit}"


def format_range(name: str, low: float, high: float) -> str:
    """An interval in the style of its metric, the unit once.

    Args:
        name: metric name, which decides the style.
        low: stored lower end; a missing end makes the whole an en dash.
        high: stored upper end.

    >>> format_range("max_dd", -0.2, -0.05)
    '−20.0 to −5.0\\xa0%'
    """
    if math.isnan(low) or math.isnan(high):
        return MISSING
    return f"{format_value(low, style_of(name))} to {format_metric(name, high)}"


def format_value(value: object, style: Style) -> str:
    """One value without unit; missing values are an en dash, dates are ISO."""
    if value is None or value is pd.NaT or value is pd.NA:
        return MISSING
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if isinstance(value, date | datetime):
        return format_date(value)
    if isinstance(value, Real):
        return _format_number(value, style)
    return str(value)


def format_date(stamp: date | datetime) -> str:
    """ISO date; the time of day is added only where there is one."""
    if isinstance(stamp, datetime) and (stamp.hour or stamp.minute or stamp.second):
        return f"{stamp:%Y-%m-%d %H:%M}"
    return f"{stamp:%Y-%m-%d}"


def format_span(start: date, end: date) -> str:
    """Range of months in English, whatever the locale: ``Jan 2013 – Dec 2018``."""
    first, last = (f"{_MONTHS[stamp.month - 1]} {stamp.year}" for stamp in (start, end))
    return first if first == last else f"{first} {MISSING} {last}"


def _format_number(value: Real, style: Style) -> str:
    number = float(value)
    if math.isnan(number):
        return MISSING
    if style.flag:
        return "yes" if number else "no"
    number *= style.factor
    if math.isinf(number):
        text = "∞"
    elif style.decimals is not None:
        text = f"{abs(number):,.{style.decimals}f}"
    elif isinstance(value, Integral):
        text = str(abs(int(value)))
    else:
        text = f"{abs(number):.4g}"
    # Rounding decides whether a number is zero: -0.001 with two decimals has no sign.
    is_zero = not text.strip("0.,")
    sign = "" if is_zero else MINUS if number < 0 else "+" if style.signed else ""
    return sign + text.replace(",", _NARROW_SPACE if style.grouped else "")
