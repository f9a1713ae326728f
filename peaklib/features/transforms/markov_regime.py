"""Probability of the wild regime in a Markov switching model of returns."""

import warnings
from typing import Annotated, Any

import numpy as np

from peaklib.errors import DataError
from peaklib.features.feature import Floats, State, feature
from peaklib.features.parameters import Param
from peaklib.features.regimes import hamilton_filter

_ROWS_PER_REGIME = 50


def _learn(close: Floats, *, regimes: int) -> State:
    needed = regimes * _ROWS_PER_REGIME + 1
    returns = np.diff(np.log(close))
    spread = float(returns.std()) if returns.size else 0.0
    if close.size < needed or spread < 1e-12:
        raise DataError(
            f"markov_regime learns from {close.size} rows whose log returns deviate by "
            f"{spread:g}; {regimes} regimes need {needed} rows, and prices that move"
        )
    model, params, converged = _fitted(returns / spread, regimes)
    transition = np.asarray(model.regime_transition_matrix(params))[:, :, 0]
    initial = np.asarray(model.initial_probabilities(params))
    means = np.asarray(params[model.parameters["exog"]]) * spread
    variances = np.asarray(params[model.parameters["variance"]]) * spread**2
    parts = (transition, initial, means, variances)
    if not all(np.isfinite(part).all() for part in parts) or variances.min() <= 0.0:
        raise DataError(
            f"markov_regime found no {regimes} regimes in {close.size} rows: the likelihood has no "
            "usable maximum; give more rows or ask for fewer regimes"
        )
    order = np.argsort(variances, kind="stable")
    return {
        "mean": means[order].tolist(),
        "variance": variances[order].tolist(),
        "transition": transition[np.ix_(order, order)].tolist(),
        "initial": initial[order].tolist(),
        "converged": converged,
    }


def _fitted(returns: Floats, regimes: int) -> tuple[Any, Floats, int]:
    """Model, maximum-likelihood parameters, and whether the search came to an end (0 or 1)."""
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    model = MarkovRegression(returns, k_regimes=regimes, trend="c", switching_variance=True)
    try:
        # What they say is in `converged`, or seen in the parameters.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = model.fit(disp=False, search_reps=0, cov_type="none")
    except (ValueError, RuntimeError, np.linalg.LinAlgError) as error:
        raise DataError(
            f"markov_regime found no {regimes} regimes in {returns.size} returns ({error}); give "
            "more rows or ask for fewer regimes"
        ) from error
    return model, np.asarray(found.params), int(bool(found.mle_retvals["converged"]))


@feature(
    "markov_regime",
    version="1",
    warm_up=lambda **_: 1,
    outputs=("high_volatility",),
    learn=_learn,
)
def markov_regime(
    close: Floats,
    *,
    regimes: Annotated[int, Param(2, 3, "regimes", "number of regimes in the model")] = 2,
    state: State,
) -> Floats:
    """Probability, 0 … 1, that the regime with the largest variance rules, given the past.

    Log returns are normal with a mean and variance of their regime, which changes as a
    Markov chain. Learns the model by maximum likelihood on the training rows (from
    statsmodels' own start, nothing is drawn by chance; `converged` is 0 if the search ended
    early), and keeps means and variances per bar, sorted by variance. Probabilities are
    filtered, never smoothed: each row is judged by the rows up to it. They start from the
    chain's steady state.

    Source: Hamilton (1989), Econometrica 57(2).
    """
    out = np.full(close.size, np.nan)
    means, variances, transition, initial = (
        np.array(state[name]) for name in ("mean", "variance", "transition", "initial")
    )
    found = hamilton_filter(np.diff(np.log(close)), means, variances, transition, initial)
    out[1:] = found[:, regimes - 1]
    return out
