"""Black-Litterman: returns that blend the market's equilibrium with an investor's views.

skfolio has the posterior, for views written as equations of asset names. Here a view is a
portfolio with a variance, as in He and Litterman, and the portfolio that follows is exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.allocation.covariance import check_covariance, check_definite, check_moving
from peaklib.risk.measures.inputs import checked_array, is_number

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """What a portfolio is expected to return; `absolute_view`, `relative_view` make one.

    Args:
        weights: of the portfolio, by asset.
        expected: its excess return a bar, in the period of the covariance.
        confidence: in (0, 1]; the variance of the view is tau * p C p * (1 - c) / c. At 0.5 it
            is tau * p C p, He and Litterman's choice; at 1 the view holds for certain.
        variance: of the view itself, instead of a confidence.
    """

    weights: Mapping[str, float]
    expected: float
    confidence: float = 0.5
    variance: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.weights, Mapping):
            raise DataError(
                f"view: weights are a {type(self.weights).__name__}; give them by asset, "
                "{'KO': 1.0, 'PEP': -1.0}"
            )
        given = {"expected": self.expected, "confidence": self.confidence, **self.weights}
        for name, value in given.items():
            if not is_number(value):
                raise DataError(f"view: {name} = {value!r}; give a number")
        numbers = [*self.weights.values(), self.expected]
        if not np.isfinite(numbers).all() or not any(self.weights.values()):
            raise DataError(f"view {self}: give finite numbers and a weight that is not 0")
        if not 0 < self.confidence <= 1:
            raise DataError(
                f"view: confidence = {self.confidence!r}; give more than 0 and at most 1, and "
                "leave out a view without any"
            )
        if self.variance is not None and not (
            is_number(self.variance) and 0 <= self.variance < np.inf
        ):
            raise DataError(f"view: variance = {self.variance!r}; give a number of 0 or more")


def absolute_view(
    asset: str, expected: float, *, confidence: float = 0.5, variance: float | None = None
) -> View:
    """The view that an asset returns `expected` a bar; the rest as in `View`."""
    return View({asset: 1.0}, expected, confidence, variance)


def relative_view(
    better: str,
    worse: str | Mapping[str, float],
    expected: float,
    *,
    confidence: float = 0.5,
    variance: float | None = None,
) -> View:
    """The view that an asset returns `expected` a bar more than others.

    Args:
        better: the asset.
        worse: another one, or several with weights in any scale, such as market weights.
        expected: difference of the returns a bar.
        confidence, variance: as in `View`.

    Raises:
        DataError: the weights of the others do not sum to more than 0, or hold `better`.
    """
    others = {worse: 1.0} if isinstance(worse, str) else dict(worse)
    total = sum(others.values())
    if not total > 0 or better in others:
        raise DataError(
            f"view of {better!r} over {sorted(others)}: give other assets with positive weights"
        )
    short = {asset: -weight / total for asset, weight in others.items()}
    return View({better: 1.0, **short}, expected, confidence, variance)


@dataclass(frozen=True)
class Posterior:
    """What the market and the views say together; returns are excess returns a bar.

    Args:
        prior: (n_assets,) equilibrium returns.
        expected: (n_assets,) posterior means.
        covariance: (n_assets, n_assets) of returns to come: that of returns plus that of the
            posterior mean.
        weights: (n_assets,) portfolio of greatest utility, (delta * covariance)^-1 expected.
            Without views it is the market divided by 1 + tau: what the uncertainty of the
            mean takes off stays in cash.
        view_weights: (n_views,) multiples of the views' portfolios that
            (1 + tau) * weights holds beside the market.
    """

    prior: pd.Series
    expected: pd.Series
    covariance: pd.DataFrame
    weights: pd.Series
    view_weights: pd.Series


def equilibrium_returns(
    covariance: pd.DataFrame, market: Mapping[str, float] | pd.Series, delta: float
) -> pd.Series:
    """Excess returns a bar under which the market portfolio is the best: delta C w.

    Args:
        covariance: (n_assets, n_assets) of returns a bar.
        market: (n_assets,) weights of the market, by asset.
        delta: risk aversion of the market, about its Sharpe ratio by its volatility.

    Raises:
        DataError: assets do not match, or delta is not positive.

    Source: Black and Litterman (1992), Financial Analysts J. 48(5).
    """
    check_covariance(covariance)
    if not (is_number(delta) and 0 < delta < np.inf):
        raise DataError(f"black_litterman: delta = {delta!r}; give a positive risk aversion")
    implied = delta * covariance.to_numpy(np.float64) @ _market(market, covariance)
    return pd.Series(implied, index=covariance.columns, name="prior")


def black_litterman(
    covariance: pd.DataFrame,
    market: Mapping[str, float] | pd.Series,
    views: Sequence[View] = (),
    *,
    delta: float = 2.5,
    tau: float = 0.05,
) -> Posterior:
    """Blend equilibrium returns with views.

    Args:
        covariance: (n_assets, n_assets) of returns a bar, positive definite.
        market: (n_assets,) weights of the market, by asset.
        views: of any number; their errors are independent.
        delta: risk aversion, positive.
        tau: variance of the equilibrium mean as a share of the covariance, positive.

    Returns:
        Means, covariance and the portfolio that follows.

    Raises:
        DataError: assets do not match, a parameter out of range, a covariance that is not
            positive definite, or certain views that contradict or repeat each other.

    Source: He and Litterman (1999), The intuition behind Black-Litterman model portfolios,
    Goldman Sachs, equations 4 to 13; confidence as in Walters (2014), after Idzorek (2005).
    """
    check_covariance(covariance)
    check_moving(covariance)
    sigma = covariance.to_numpy(np.float64)
    check_definite(sigma, "black_litterman")
    if isinstance(views, View) or not all(isinstance(view, View) for view in views):
        raise DataError(
            "black_litterman: views are no list of views; give [absolute_view(...), ...]"
        )
    if not (is_number(tau) and 0 < tau < np.inf):
        raise DataError(f"black_litterman: tau = {tau!r}; give a positive number such as 0.05")
    prior = equilibrium_returns(covariance, market, delta)
    picks = _picks(views, covariance)
    lift = tau * sigma @ picks.T
    spread = picks @ lift + np.diag(_variances(views, np.einsum("ij,ji->i", picks, lift)))
    surprise = np.array([view.expected for view in views]) - picks @ prior.to_numpy()
    try:
        mean = prior.to_numpy() + lift @ np.linalg.solve(spread, surprise)
        total = (1 + tau) * sigma - lift @ np.linalg.solve(spread, lift.T)
    except np.linalg.LinAlgError:
        raise DataError(
            "black_litterman: views of full confidence repeat or contradict each other; lower "
            "the confidence of one or leave it out"
        ) from None
    total = (total + total.T) / 2
    weights = np.linalg.solve(delta * total, mean)
    beside = (1 + tau) * weights - _market(market, covariance)
    names = covariance.columns
    return Posterior(
        prior=prior,
        expected=pd.Series(mean, index=names, name="expected"),
        covariance=pd.DataFrame(total, index=names, columns=names),
        weights=pd.Series(weights, index=names, name="weight"),
        view_weights=pd.Series(
            np.linalg.lstsq(picks.T, beside, rcond=None)[0], dtype=np.float64, name="view_weight"
        ),
    )


def _market(market: Mapping[str, float] | pd.Series, covariance: pd.DataFrame) -> Floats:
    names = covariance.columns
    if not isinstance(market, Mapping | pd.Series):
        raise DataError(
            f"black_litterman: market weights are a {type(market).__name__}; give them by asset, "
            "as a dict or a pandas Series"
        )
    market = pd.Series(market)
    if set(market.index) != set(names) or not market.index.is_unique:
        odd = sorted(set(map(str, market.index)) ^ set(map(str, names)))
        raise DataError(
            f"black_litterman: market weights and covariance differ in {odd[:5]}; give a weight "
            "for each asset, 0 where the market holds none"
        )
    weights = checked_array("market weights", market.reindex(names).to_numpy())
    if not np.isfinite(weights).all():
        raise DataError("black_litterman: a market weight is not finite; give fractions")
    return weights


def _picks(views: Sequence[View], covariance: pd.DataFrame) -> Floats:
    names = [str(name) for name in covariance.columns]
    picks = np.zeros((len(views), len(names)))
    for row, view in enumerate(views):
        for asset, weight in view.weights.items():
            if asset not in names:
                raise DataError(
                    f"black_litterman, view {row}: {asset!r} is no asset of the covariance; "
                    "correct its name"
                )
            picks[row, names.index(asset)] = weight
    return picks


def _variances(views: Sequence[View], of_prior: Floats) -> Floats:
    """Variance of each view, (n_views,); `of_prior` is tau p C p."""
    return np.array(
        [
            prior * (1 - view.confidence) / view.confidence
            if view.variance is None
            else view.variance
            for view, prior in zip(views, of_prior, strict=True)
        ],
        dtype=np.float64,
    )
