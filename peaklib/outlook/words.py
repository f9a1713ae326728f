"""Sentences about what was found. Each is computed; none says what to do."""

import math
from typing import Final

import pandas as pd

from peaklib.outlook.after import ALL
from peaklib.outlook.falls import DrawdownState
from peaklib.outlook.participation import BreadthState
from peaklib.outlook.regime import RegimeNow
from peaklib.outlook.variability import VolatilityState

_LOW, _HIGH = 0.1, 0.9
_RARE: Final = 0.05


def percent(value: float, *, signed: bool = False) -> str:
    """A fraction with one decimal, as in `−12.3 %`."""
    text = f"{abs(100.0 * value):.1f}"
    is_zero = not text.strip("0.")
    sign = "" if is_zero else "−" if value < 0.0 else "+" if signed else ""
    return f"{sign}{text} %"


def counted(number: int, one: str) -> str:
    """A number with its noun, as in `1 day` and `2 days`."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def regime_words(now: RegimeNow, history: pd.DataFrame) -> str:
    """The regime, since when, how usual that is."""
    own = history.loc[history["regime"] == now.name].iloc[0]
    lasted = (
        ""
        if math.isnan(now.lasted)
        else f", at least as many as in {percent(now.lasted)} of the "
        f"{counted(int(own['n_spells']) - 1, f'{now.name} spell')} before"
    )
    return (
        f"The regime is {now.name}, since {now.since:%Y-%m-%d}: {counted(now.n_days, 'day')} so far"
        f"{lasted}. {percent(own['share'])} of all days were {now.name}."
    )


def volatility_words(state: VolatilityState) -> str:
    """Volatility beside its own history."""
    return (
        f"Volatility is {percent(state.now)} a year, no lower than on {percent(state.rank)} of "
        f"{counted(state.n_days, 'day')} ({_standing(state.rank)}); the median is "
        f"{percent(state.median)}, the highest {percent(state.highest)} on "
        f"{state.highest_on:%Y-%m-%d}."
    )


def drawdown_words(state: DrawdownState) -> str:
    """The drawdown beside the worst one."""
    if state.depth == 0.0:
        where = "The last close is the highest"
    else:
        where = (
            f"The last close is {percent(-state.depth)} below the highest, "
            f"{counted(state.n_days, 'day')} after it ({state.high_on:%Y-%m-%d}); on "
            f"{percent(state.rank)} of all days the distance was as large or larger"
        )
    worst = f"the worst was {percent(state.worst)} on {state.worst_on:%Y-%m-%d}"
    return f"{where}; {worst}." if state.worst < 0.0 else f"{where}; it never fell."


def breadth_words(state: BreadthState, average: int = 200) -> str:
    """How many take part, beside the days before."""
    return (
        f"{percent(state.above)} of {counted(state.n_assets, 'asset')} are above their "
        f"{average}-day average, no fewer than on {percent(state.rank)} of "
        f"{counted(state.n_days, 'day')} ({_standing(state.rank)}; median "
        f"{percent(state.median)}); {percent(state.at_high)} are at a 52-week high, "
        f"{percent(state.at_low)} at a 52-week low."
    )


def outcome_words(outcomes: pd.DataFrame, chance: float, now: str) -> str:
    """Whether any regime was followed by other returns than all days, and how thin that is.

    Args:
        outcomes: of `outcomes`.
        chance: of `chance_of_largest` for the same days.
        now: name of the regime of the last day.
    """
    looks = int((outcomes["regime"] != ALL).sum())
    verdict = (
        "rarer than luck usually is"
        if chance <= _RARE
        else "what came after the regimes cannot be told from what came after any day"
    )
    text = (
        f"The largest of {counted(looks, 'difference')} to all days has a p-value of "
        f"{chance:.2f}, all looked at together: {verdict}."
    )
    own = outcomes[outcomes["regime"] == now]
    if own.empty:
        return text
    fewest = own.sort_values("n_apart", kind="stable").iloc[0]
    windows = counted(int(fewest["n_apart"]), "window")
    return (
        f"{text} After {now} days there are {windows} of {int(fewest['horizon'])} days that do not "
        "overlap."
    )


def _standing(rank: float) -> str:
    if rank >= _HIGH:
        return "among the highest tenth"
    if rank <= _LOW:
        return "among the lowest tenth"
    return "not extreme"
