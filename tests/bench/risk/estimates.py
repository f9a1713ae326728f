"""What estimates of risk cost beside the bare NumPy operation that each of them rests on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from chapters.errors import BenchError
from numpy.typing import NDArray
from paired.worker import timed
from research.weighing import Timing, grown_by, in_turns, ratios

from peaklib.data import load
from peaklib.risk.measures.cornish_fisher import cornish_fisher_risk
from peaklib.risk.measures.filtered_historical import rolling_filtered_historical
from peaklib.risk.measures.historical import historical_risk, rolling_historical
from peaklib.risk.measures.normal import normal_risk
from peaklib.risk.measures.order_statistics import METHODS

Floats = NDArray[np.float64]

SEED: Final = 1
ROWS: Final = 1_000_000
LEVEL: Final = 0.99
WINDOW: Final = 250
DATASET: Final = "sp500"
REFIT: Final = 20

_TAIL: Final = round(1.0 - LEVEL, 12)
_CHECKED: Final = 100


@dataclass(frozen=True, kw_only=True)
class Beside:
    """One measure and its bare operation, in turns.

    Args:
        ours, bare: timings; the k-th of both ran one after the other.
        operation: the bare one, as text.
    """

    ours: Sequence[Timing]
    bare: Sequence[Timing]
    operation: str

    def times(self, clock: str = "wall") -> list[float]:
        """Our time over that of the bare operation, turn by turn."""
        return ratios(self.ours, self.bare, clock)


@dataclass(frozen=True, kw_only=True)
class Estimates:
    """All that was measured of the measures.

    Args:
        rows: returns of one measure and of a rolling forecast.
        window: bars that a rolling forecast looks back on.
        beside: by name of the measure.
        rolling: by quantile method, timings of a rolling historical forecast of all rows.
        grown: by number of rows, a quarter and all, MB by which the process grew at its peak.
        filtered: timings of filtered historical simulation over the whole data set.
        filtered_window: bars of each of its fits, the first of which are not forecast.
        filtered_bars, refits, failed: its bars, refits, and those without a fit.
    """

    rows: int
    window: int
    beside: Mapping[str, Beside]
    rolling: Mapping[str, Sequence[Timing]]
    grown: Mapping[int, float]
    filtered: Sequence[Timing]
    filtered_window: int
    filtered_bars: int
    refits: int
    failed: int


def measure_estimates(
    *,
    rows: int = ROWS,
    window: int = WINDOW,
    bars: int | None = None,
    repeats: int = 7,
    forecasts: int = 3,
) -> Estimates:
    """Measure everything.

    Args:
        rows: returns of one measure and of a rolling forecast.
        window: bars that a rolling forecast looks back on.
        bars: of the data set for filtered historical simulation, the last ones; None for all.
        repeats: turns of a measure, after one that does not count.
        forecasts: the same of rolling forecasts.

    Raises:
        BenchError: a forecast is not the quantile that it should be.
    """
    returns = fat_returns(rows)
    _check_historical(returns, window)
    rolling: dict[str, Callable[[], Timing]] = {
        method: partial(
            timed, partial(rolling_historical, returns, window=window, level=LEVEL, method=method)
        )
        for method in METHODS
    }
    close = load(DATASET).frame["close"].to_numpy()
    real = (close[1:] / close[:-1] - 1.0)[-(bars or close.size) :]
    filtered = partial(rolling_filtered_historical, real, level=LEVEL, refit=REFIT)
    found = filtered()
    return Estimates(
        rows=rows,
        window=window,
        beside={name: _beside(name, returns, repeats) for name in _WORKS},
        rolling=in_turns(rolling, forecasts),
        grown={
            count: grown_by(partial(rolling_historical, returns[:count], window=window))
            for count in (rows // 4, rows)
        },
        filtered=[timed(filtered) for _ in range(forecasts)],
        filtered_window=found.window,
        filtered_bars=real.size,
        refits=len(found.refits),
        failed=len(found.failed),
    )


def _check_historical(returns: Floats, window: int) -> None:
    """The first and the last forecasts of each quantile method against NumPy's quantile."""
    rows = np.arange(window, returns.size)
    for method in METHODS:
        var = rolling_historical(returns, window=window, level=LEVEL, method=method).var
        for row in {*rows[:_CHECKED], *rows[-_CHECKED:]}:
            wanted = -np.quantile(returns[row - window : row], _TAIL, method=method)
            if var[row] != wanted:
                raise BenchError(
                    f"rolling VaR by {method!r} at row {row} is {var[row]:.17g}, and by NumPy "
                    f"{wanted:.17g}: a wrong result was not timed"
                )


def fat_returns(rows: int) -> Floats:
    """(rows,) returns of a t distribution, about 1 % a bar."""
    found: Floats = 0.008 * np.random.default_rng(SEED).standard_t(6.0, rows)
    return found


def _beside(name: str, returns: Floats, repeats: int) -> Beside:
    ours, bare, operation = _WORKS[name]
    turns = in_turns(
        {
            "ours": partial(timed, partial(ours, returns)),
            "bare": partial(timed, partial(bare, returns)),
        },
        repeats,
    )
    return Beside(ours=turns["ours"], bare=turns["bare"], operation=operation)


def _quantile(returns: Floats) -> object:
    return np.quantile(returns, _TAIL)


def _partition(returns: Floats) -> object:
    return np.partition(returns, round(returns.size * _TAIL))


def _mean_and_deviation(returns: Floats) -> object:
    return returns.mean(), returns.std(ddof=1)


def _moments(returns: Floats) -> object:
    gaps = returns - returns.mean()
    squares = gaps * gaps
    return squares.mean(), (squares * gaps).mean(), (squares * squares).mean()


_Work = tuple[Callable[[Floats], object], Callable[[Floats], object], str]
_HISTORICAL: Final = partial(historical_risk, level=LEVEL)
_WORKS: Final[Mapping[str, _Work]] = {
    "historical": (_HISTORICAL, _quantile, "np.quantile"),
    "historical, again": (_HISTORICAL, _partition, "np.partition"),
    "normal": (partial(normal_risk, level=LEVEL), _mean_and_deviation, "mean and std"),
    "Cornish–Fisher": (partial(cornish_fisher_risk, level=LEVEL), _moments, "four moments"),
}
