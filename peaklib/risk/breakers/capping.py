"""Limits on the risk of a simulated book, as its own prices or a model show it."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.backtest import AccountView
from peaklib.errors import DataError, PeakError
from peaklib.risk.attribution.contributions import risk_contributions

Floats = NDArray[np.float64]

CovarianceModel = Callable[[AccountView], Floats | None]
"""Covariance (n_assets, n_assets) of simple returns per bar, from no later prices than the
view's; None, or NaN for an asset, where it is not known."""


@dataclass(frozen=True)
class RiskCap:
    """A limit on a multiple of the volatility of what is held.

    Args:
        name: of the measure, as reasons show it.
        limit: a positive share of equity, over one bar; 0.02 is a loss of 2 %.
        multiple: of the volatility that is limited, above 0.
        covariance: asked once a bar, whether anything is held or not.

    Raises:
        DataError: a number outside its range.
    """

    name: str
    limit: float
    multiple: float
    covariance: CovarianceModel

    def __post_init__(self) -> None:
        for name in ("limit", "multiple"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise DataError(f"RiskCap: {name} = {value!r}; expected a number above 0")

    @property
    def volatility(self) -> float:
        """The limit on the volatility itself, per bar, a share of equity."""
        return self.limit / self.multiple

    def risk_of(self, weights: Floats, covariance: Floats | None) -> float | None:
        """The measure for weights, a positive share of equity per bar; None if not known.

        Args:
            weights: (n_assets,) shares of equity.
            covariance: (n_assets, n_assets); that of assets with weight 0 is not needed.
        """
        held = weights != 0.0
        if not held.any():
            return 0.0
        if covariance is None or np.shape(covariance) != (weights.size, weights.size):
            return None
        try:
            parts = risk_contributions(weights[held], covariance[np.ix_(held, held)])
        except PeakError:
            return None
        return self.multiple * math.fsum(parts)


def volatility_cap(limit: float, covariance: CovarianceModel) -> RiskCap:
    """A limit on the volatility per bar.

    Args:
        limit: a share of equity, 0.01 for 1 % a bar.
        covariance: see `CovarianceModel`.
    """
    return RiskCap("volatility", limit, 1.0, covariance)


def var_cap(limit: float, level: float, covariance: CovarianceModel) -> RiskCap:
    """A limit on the value at risk over one bar, of normal returns with mean 0.

    Args:
        limit: a positive share of equity: 0.02 is a loss of 2 %.
        level: confidence, above 0.5 and below 1; 0.99 leaves a tail of 0.01.
        covariance: see `CovarianceModel`.

    Raises:
        DataError: the level is outside its range.
    """
    if not 0.5 < level < 1.0:
        raise DataError(f"level = {level!r}; a confidence above 0.5 and below 1, such as 0.99")
    return RiskCap(f"{100 * level:g} % VaR", limit, NormalDist().inv_cdf(level), covariance)


class TrailingCovariance:
    """Sample covariance of the returns between the last fill prices that a guard saw.

    It serves one account and has to be asked on every bar. It is not known before
    `window + 1` prices are seen, and then a book that holds something counts as one of unknown
    risk: give the prices before the account opens, or hold nothing so long.

    Args:
        window: returns that count, at least 2; (n - 1) in the denominator.
        history: (n_bars, n_assets) prices before the account's first bar, the latest last.

    Raises:
        DataError: a window of fewer than 2 returns.
    """

    def __init__(self, window: int, history: ArrayLike | None = None) -> None:
        if window < 2:
            raise DataError(f"window = {window}; a covariance takes 2 returns or more")
        self._prices: deque[Floats] = deque(maxlen=window + 1)
        self._bar = -1
        if history is not None:
            self._prices.extend(np.atleast_2d(np.asarray(history, dtype=np.float64)))

    def __call__(self, account: AccountView) -> Floats | None:
        """The covariance (n_assets, n_assets) per bar; None while it is not known."""
        if account.bar > self._bar:
            self._bar = account.bar
            self._prices.append(account.prices)
        if len(self._prices) < (self._prices.maxlen or 0):
            return None
        prices = np.stack(self._prices)
        found: Floats = np.atleast_2d(np.cov(prices[1:] / prices[:-1] - 1.0, rowvar=False))
        return found
