"""Statistics of the dynamic quantile test if the VaR is right, by simulation."""

import numpy as np
from numpy.typing import NDArray

from peaklib.evidence.compiled import compiled
from peaklib.risk.var_tests.exceptions import Floats
from peaklib.risk.var_tests.null_hits import independent_hits

# Eigenvalues below it belong to regressors that repeat others.
_SINGULAR = 1e-10
_CHUNK = 20_000_000


def simulated_dynamic_quantile(
    var: Floats, *, tail: float, lags: int, simulations: int, seed: int
) -> Floats:
    """Draw independent exceedances and compute the statistic of `dynamic_quantile` of each.

    Args:
        var: (n_days,), VaR forecasts; they stay what they are in every simulation.
        tail: promised exceedance rate, in (0, 1).
        lags: lagged hits among the regressors.
        simulations: of the whole series.
        seed: of the draws.

    Returns:
        (simulations,) statistics.
    """
    rng = np.random.default_rng(seed)
    n_days = len(var)
    centred = _centred(var, lags)
    at_once = max(_CHUNK // n_days, 1)
    parts = []
    for start in range(0, simulations, at_once):
        count = min(at_once, simulations - start)
        series, day = np.divmod(independent_hits(count * n_days, tail, rng), n_days)
        products, cross = _products(series, day, count, centred, tail, lags)
        parts.append(_statistics(products, cross) / (tail * (1 - tail)))
    return np.concatenate(parts)


def _centred(var: Floats, lags: int) -> Floats:
    """The VaR without what the constant says already; all zero where it never moves."""
    judged = var[lags:]
    spread = float(judged.std())
    if spread <= 1e-12 * float(np.abs(judged).max()):
        return np.zeros(len(var))
    shifted: Floats = (var - judged.mean()) / spread
    return shifted


@compiled
def _products(
    series: NDArray[np.int64],
    day: NDArray[np.int64],
    count: int,
    var: Floats,
    tail: float,
    lags: int,
) -> tuple[Floats, Floats]:
    """Products of the regressors with each other and with the hits, of every series.

    Regressors are a constant, raw hits 1 to `lags` days back, and the centred VaR: they span
    what centred hits span. Only days near an exceedance are visited.
    """
    n_days, width = len(var), lags + 2
    products = np.zeros((count, width, width))
    cross = np.zeros((count, width))
    products[:, 0, 0] = n_days - lags
    products[:, -1, -1] = (var[lags:] ** 2).sum()
    cross[:, 0] = -tail * (n_days - lags)
    for at in range(len(day)):
        one = series[at]
        for lag in range(lags + 1):
            today = day[at] + lag
            if today < lags or today >= n_days:
                continue
            if lag == 0:
                cross[one, 0] += 1.0
                cross[one, -1] += var[today]
                continue
            cross[one, lag] -= tail
            products[one, lag, lag] += 1.0
            products[one, 0, lag] += 1.0
            products[one, lag, -1] += var[today]
        later = at + 1
        while later < len(day) and series[later] == one and day[later] - day[at] <= lags:
            gap = day[later] - day[at]
            for lag in range(lags - gap + 1):
                today = day[later] + lag
                if today < lags or today >= n_days:
                    continue
                if lag == 0:
                    cross[one, gap] += 1.0
                else:
                    products[one, lag, lag + gap] += 1.0
            later += 1
    return products, cross


def _statistics(products: Floats, cross: Floats) -> Floats:
    """Squared lengths of the fitted values, whatever regressors repeat others."""
    upper = np.triu(products, 1)
    whole = products + np.swapaxes(upper, 1, 2)
    lengths = np.sqrt(np.diagonal(products, axis1=1, axis2=2))
    scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    sizes, vectors = np.linalg.eigh(whole * scale[:, :, None] * scale[:, None, :])
    along = np.einsum("sij,si->sj", vectors, cross * scale)
    own = sizes > _SINGULAR * sizes[:, -1:]
    total: Floats = np.where(own, along**2 / np.where(own, sizes, 1.0), 0.0).sum(axis=1)
    return total
