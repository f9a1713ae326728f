"""Metrics as a user of arch would write them in numpy."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

YEAR: Final = 252.0


def _growth(returns: Floats) -> tuple[float, Floats]:
    """Compound growth a year, and drawdowns."""
    wealth = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
    drawdowns = (wealth / np.maximum.accumulate(wealth) - 1.0)[1:]
    return float(wealth[-1] ** (YEAR / returns.size) - 1.0), drawdowns


def _calmar(returns: Floats) -> float:
    growth, drawdowns = _growth(returns)
    return growth / -float(drawdowns.min())


def _martin(returns: Floats) -> float:
    growth, drawdowns = _growth(returns)
    return growth / float(np.sqrt(np.mean(drawdowns**2)))


def _recovery(returns: Floats) -> float:
    return float((np.prod(1.0 + returns) - 1.0) / -_growth(returns)[1].min())


def _tail_ratio(returns: Floats) -> float:
    low, high = np.quantile(returns, [0.05, 0.95])
    return float(abs(high) / abs(low))


PLAIN: Final[Mapping[str, Callable[[Floats], float]]] = {
    "sharpe": lambda r: r.mean() / r.std(ddof=1) * np.sqrt(YEAR),
    "vol": lambda r: r.std(ddof=1) * np.sqrt(YEAR),
    "sortino": lambda r: r.mean() / np.sqrt(np.mean(np.minimum(r, 0.0) ** 2)) * np.sqrt(YEAR),
    "omega": lambda r: np.maximum(r, 0.0).sum() / np.maximum(-r, 0.0).sum(),
    "ret": lambda r: np.prod(1.0 + r) - 1.0,
    "cagr": lambda r: np.prod(1.0 + r) ** (YEAR / r.size) - 1.0,
    "max_dd": lambda r: _growth(r)[1].min(),
    "calmar": _calmar,
    "ulcer": lambda r: np.sqrt(np.mean(_growth(r)[1] ** 2)),
    "martin": _martin,
    "recovery": _recovery,
    "tail_ratio": _tail_ratio,
}
