"""GARCH and GJR models of the variance, estimated by arch and carried forward bar by bar.

arch fits, and its residuals and variances of the fitted window are taken over. Later bars
continue its recursion here: arch's own forecasts over bars after the fit bound the variance
by the residuals of *all* bars it was given, later ones included, which is a look ahead.
"""

import math
import warnings
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled
from peaklib.risk.measures.inputs import checked_returns
from peaklib.risk.measures.standard import normal_tail, student_t_tail, unit_variance

Floats = NDArray[np.float64]
Model = Literal["garch", "gjr"]
Innovations = Literal["normal", "t"]

LEAST: Final = 100


@dataclass(frozen=True, kw_only=True)
class Variance:
    """A fitted model: r = mean + √v·z, v' = omega + (alpha + gamma·[e < 0])·e² + beta·v.

    Args:
        mean: constant mean of the returns.
        omega, alpha, gamma, beta: of the variance; gamma is 0 in a GARCH model.
        dof: degrees of freedom of z, which has variance 1; infinite if it is normal.
        residuals: (n,) z of the bars that were fitted.
        following: variance of the first bar after them.
        estimates: as arch has them, to begin the next search from.
    """

    mean: float
    omega: float
    alpha: float
    gamma: float
    beta: float
    dof: float
    residuals: Floats
    following: float
    estimates: Floats

    @property
    def persistence(self) -> float:
        """Share of a shock to the variance that is left a bar later."""
        return self.alpha + 0.5 * self.gamma + self.beta

    def tail(self, tail: float) -> tuple[float, float]:
        """VaR and expected shortfall of z, as losses."""
        if math.isinf(self.dof):
            return normal_tail(tail)
        quantile, shortfall = student_t_tail(tail, self.dof)
        size = unit_variance(self.dof)
        return size * quantile, size * shortfall

    def simulate(self, shocks: Floats) -> Floats:
        """(paths, bars) returns of the bars that follow, from shocks z of the same shape."""
        return _simulated(
            shocks, self.mean, self.following, self.omega, self.alpha, self.gamma, self.beta
        )

    def details(self) -> dict[str, float]:
        """Parameters, `dof` only of a t, and the deviation of the bar that follows."""
        found = {
            "mean": self.mean,
            "omega": self.omega,
            "alpha": self.alpha,
            "gamma": self.gamma,
            "beta": self.beta,
            "deviation": math.sqrt(self.following),
        }
        return found if math.isinf(self.dof) else {**found, "dof": self.dof}


def fit_variance(
    returns: ArrayLike,
    *,
    model: Model = "garch",
    innovations: Innovations = "normal",
    start: Floats | None = None,
) -> Variance:
    """Estimate GARCH(1,1) or GJR(1,1,1) with a constant mean by maximum likelihood.

    Returns are brought to deviation 1 for the search, so that their unit makes no difference.

    Args:
        returns: (n,) simple returns as fractions per bar, a hundred or more.
        model: `garch`, or `gjr`, where losses raise the variance by more than gains.
        innovations: `normal`, or `t` with a fitted shape.
        start: `estimates` of an earlier fit to begin from; a search that fails from there
            is made again from arch's own start.

    Raises:
        DataError: returns that are not finite, too few or all the same, a model or innovations
            that do not exist, or no convergence.

    Source: Bollerslev (1986), J. of Econometrics 31(3); Glosten, Jagannathan and Runkle (1993),
    J. of Finance 48(5); Bollerslev (1987), Review of Economics and Statistics 69(3).
    """
    if model not in get_args(Model) or innovations not in get_args(Innovations):
        raise DataError(
            f"model = {model!r}, innovations = {innovations!r}; give garch or gjr, normal or t"
        )
    array = checked_returns(returns, LEAST)
    unit = float(array.std())
    if not unit > 1e-12 * float(np.abs(array).max()):
        raise DataError(f"all {array.size} returns are {array[0]:g}; there is no variance to model")
    message = ""
    for begin in (start, None) if start is not None else (None,):
        found, message = _searched(array / unit, model, innovations, begin)
        if found is not None:
            return _taken_over(found, array, unit, model)
    raise DataError(
        f"{model} with {innovations} innovations over {array.size} returns: {message}; give more "
        "returns, or take another measure"
    )


def _searched(
    scaled: Floats, model: Model, innovations: Innovations, start: Floats | None
) -> tuple[Any, str]:
    """arch's result, or None and why there is none."""
    from arch.univariate import GARCH, ConstantMean, Normal, StudentsT

    asked = ConstantMean(
        scaled,
        volatility=GARCH(p=1, o=1 if model == "gjr" else 0, q=1),
        distribution=StudentsT() if innovations == "t" else Normal(),
        rescale=False,
    )
    # arch warns of what is checked below, and changes the filters of the whole process.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = asked.fit(disp="off", show_warning=False, starting_values=start)
        except (ValueError, np.linalg.LinAlgError) as error:
            return None, f"arch failed ({error})"
    if found.convergence_flag != 0:
        return None, f"the search did not converge ({found.optimization_result.message})"
    if not (np.isfinite(found.params).all() and np.isfinite(found.conditional_volatility).all()):
        return None, "the search ended at values that are not finite"
    return found, ""


def _taken_over(found: Any, array: Floats, unit: float, model: Model) -> Variance:
    """What arch found, in units of the returns."""
    estimates = np.asarray(found.params, dtype=np.float64)
    mean, omega, alpha = unit * estimates[0], unit * unit * estimates[1], estimates[2]
    gamma, beta = (estimates[3], estimates[4]) if model == "gjr" else (0.0, estimates[3])
    names = list(found.params.index)
    deviations = unit * np.asarray(found.conditional_volatility, dtype=np.float64)
    gaps = array - mean
    following = continued(gaps[-1:], float(deviations[-1]) ** 2, omega, alpha, gamma, beta)[1]
    return Variance(
        mean=float(mean),
        omega=float(omega),
        alpha=float(alpha),
        gamma=float(gamma),
        beta=float(beta),
        dof=float(found.params["nu"]) if "nu" in names else math.inf,
        residuals=gaps / deviations,
        following=float(following),
        estimates=estimates,
    )


@compiled
def continued(
    gaps: Floats, first: float, omega: float, alpha: float, gamma: float, beta: float
) -> Floats:
    """(n + 1,) variances of bars with the (n,) gaps from the mean, and of the bar after them.

    Args:
        gaps: returns minus their mean.
        first: variance of the first of them.
        omega, alpha, gamma, beta: as in `Variance`.
    """
    variances = np.empty(gaps.size + 1)
    variances[0] = first
    for t in range(gaps.size):
        weight = alpha + gamma if gaps[t] < 0.0 else alpha
        variances[t + 1] = omega + weight * gaps[t] * gaps[t] + beta * variances[t]
    return variances


@compiled
def _simulated(
    shocks: Floats,
    mean: float,
    first: float,
    omega: float,
    alpha: float,
    gamma: float,
    beta: float,
) -> Floats:
    """See `Variance.simulate`."""
    out = np.empty_like(shocks)
    for path in range(shocks.shape[0]):
        variance = first
        for t in range(shocks.shape[1]):
            gap = math.sqrt(variance) * shocks[path, t]
            out[path, t] = mean + gap
            weight = alpha + gamma if gap < 0.0 else alpha
            variance = omega + weight * gap * gap + beta * variance
    return out
