"""What every strategy promises, checked on real prices; plugins are held to the same.

A strategy is causal (removing later rows changes nothing before them), flat during the
warm-up that it declares, deterministic, in [-1, 1], and leaves its input alone.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import LookaheadError, PeakError, StrategyError
from peaklib.features import Bars
from peaklib.features.parameters import Number
from peaklib.strategies.strategy import Strategy

_TOLERANCE: Final = 1e-12
_CUTS: Final = (0.1, 0.35, 0.5, 0.77, 0.99)
_CHANGES: Final = 6

Floats = NDArray[np.float64]
Params = Mapping[str, Number]
Check = Callable[[Strategy, Bars, Params], None]


def shortened(bars: Bars, stop: int) -> Bars:
    """The first `stop` bars, without anything remembered."""
    return Bars(
        {name: bars.column(name)[:stop].copy() for name in bars.columns},
        bars.index[:stop],
        name=bars.name,
        bars_per_year=bars.bars_per_year,
    )


def is_causal(rule: Strategy, bars: Bars, params: Params) -> None:
    """Targets do not change when later rows are removed.

    Raises:
        LookaheadError: names the first bar that did.
    """
    whole = rule.targets(shortened(bars, len(bars)), params)
    for stop in _cuts(whole):
        past = rule.targets(shortened(bars, stop), params)
        changed = np.flatnonzero(np.abs(past - whole[:stop]) > _TOLERANCE)
        if changed.size:
            t = changed[0]
            raise LookaheadError(
                f"strategy {rule.name!r} with {dict(params)} at {bars.index[t]:%Y-%m-%d} is "
                f"{whole[t]:g} with later rows and {past[t]:g} without them; a strategy may read "
                "rows up to its own bar only: look for a centred window, a backward fill or a "
                "statistic of the whole column"
            )


def _cuts(target: Floats) -> list[int]:
    """Where to cut: at fixed places, and right behind bars where the rule changes its mind.

    A rule that looks one bar ahead is wrong about the last bar before a cut only, and only
    if something changes there.
    """
    changes = np.flatnonzero(np.diff(target)) + 1
    places = np.linspace(0, changes.size, _CHANGES, endpoint=False).astype(int)
    near = [int(bar) + after for bar in changes[places[places < changes.size]] for after in (0, 1)]
    fixed = [int(len(target) * share) for share in _CUTS]
    # From the longest: a rule that fails on a few bars shall be told first that it looks ahead.
    return sorted({*fixed, *near} - {0}, reverse=True)


def warms_up_as_declared(rule: Strategy, bars: Bars, params: Params) -> None:
    """The target is 0 during the declared warm-up.

    Raises:
        StrategyError: names the first bar that is not.
    """
    declared = rule.warm_up_bars(params)
    early = np.flatnonzero(rule.targets(shortened(bars, len(bars)), params)[:declared])
    if early.size:
        raise StrategyError(
            f"strategy {rule.name!r} with {dict(params)} declares {declared} bars of warm-up, but "
            f"its target at bar {early[0]} is not 0; mend `warm_up` or the rule"
        )


def is_deterministic(rule: Strategy, bars: Bars, params: Params) -> None:
    """The same bars and parameters give the same target, bit for bit.

    Raises:
        StrategyError: they do not.
    """
    first = rule.targets(shortened(bars, len(bars)), params)
    again = rule.targets(shortened(bars, len(bars)), params)
    if first.tobytes() != again.tobytes():
        raise StrategyError(
            f"strategy {rule.name!r} with {dict(params)} gave two targets for the same bars; look "
            "for a random number, a clock or state that is kept between calls"
        )


def leaves_input_alone(rule: Strategy, bars: Bars, params: Params) -> None:
    """The columns it reads are not written to.

    Raises:
        StrategyError: it tried to, or did.
    """
    given = shortened(bars, len(bars))
    try:
        rule.targets(given, params)
    except ValueError as error:
        raise StrategyError(
            f"strategy {rule.name!r} with {dict(params)} failed: {error}; if it writes into the "
            "bars, let it work on a copy"
        ) from error
    for name in bars.columns:
        if given.column(name).tobytes() != bars.column(name).tobytes():
            raise StrategyError(f"strategy {rule.name!r} changed the column {name!r} of its input")


CHECKS: Final[tuple[Check, ...]] = (
    leaves_input_alone,
    is_causal,
    warms_up_as_declared,
    is_deterministic,
)


def samples(rule: Strategy) -> Iterator[dict[str, Number]]:
    """Parameters to check a strategy with: its defaults, and shorter and longer ones."""
    yield rule.resolve()
    for factor in (0.5, 3.0):
        yield {
            name: p.check(p.type(min(max(p.default * factor, p.low), p.high)))
            for name, p in rule.parameters.items()
        }


def violations(rule: Strategy, bars: Bars) -> list[str]:
    """What a strategy breaks of its contract, one line each; empty if nothing."""
    found = []
    for params in samples(rule):
        for check in CHECKS:
            try:
                check(rule, bars, params)
            except PeakError as error:
                found.append(str(error))
            except Exception as error:
                kind = type(error).__name__
                found.append(f"strategy {rule.name!r} with {params} failed: {kind}: {error}")
    return found
