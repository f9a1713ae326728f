"""Moments that are known already, in the form that skfolio's optimisers ask for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skfolio.prior import BasePrior, ReturnDistribution

Floats = NDArray[np.float64]


class GivenMoments(BasePrior):
    """A prior that estimates nothing.

    Args:
        mu: (n_assets,) means.
        covariance: (n_assets, n_assets).
    """

    def __init__(self, mu: Floats, covariance: Floats) -> None:
        self.mu = mu
        self.covariance = covariance

    def fit(self, X: Any, y: Any = None, **params: Any) -> "GivenMoments":
        """Hand over the moments; the returns are looked at for their shape alone."""
        self.return_distribution_ = ReturnDistribution(
            mu=self.mu, covariance=self.covariance, returns=np.asarray(X, dtype=np.float64)
        )
        return self
