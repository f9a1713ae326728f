"""Student's t distribution fitted to returns by maximum likelihood.

scipy's own `t.fit` searches without derivatives and stops at four digits, which is too
coarse for numbers that another machine shall find again; here the gradient is given.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, digamma

from peaklib.errors import DataError
from peaklib.risk.measures.inputs import checked_returns

Floats = NDArray[np.float64]

LEAST: Final = 10
# Below, the tail has no mean; above, nobody can tell it from a normal one.
_LEAST_DOF: Final = 1.01
_MOST_DOF: Final = 10_000.0
# In units of the middle half of the returns: a fit this narrow has collapsed onto one value.
_COLLAPSED: Final = 1e-3
_FLAT: Final = 1e-5
# Normal returns have 0.74 of their middle half as deviation.
_START: Final = (0.0, math.log(0.65), math.log(6.0))


@dataclass(frozen=True)
class StudentT:
    """A fitted distribution of returns.

    Args:
        location: mean, and median.
        scale: *not* the deviation, which is scale·√(dof / (dof − 2)).
        dof: degrees of freedom, 1.01 … 10,000.
    """

    location: float
    scale: float
    dof: float

    @property
    def deviation(self) -> float:
        """Standard deviation; infinite for 2 degrees of freedom or fewer."""
        return self.scale * math.sqrt(self.dof / (self.dof - 2.0)) if self.dof > 2.0 else math.inf


def fit_student_t(returns: ArrayLike) -> StudentT:
    """Location, scale and degrees of freedom of the highest likelihood.

    Degrees of freedom are kept inside 1.01 … 10,000; a fit that ends at the upper end is
    normal for all that can be told.

    Args:
        returns: (n,) simple returns as fractions per bar, ten or more.

    Raises:
        DataError: returns that are not finite, too few, so many of one value that the
            likelihood has no maximum (a strategy that is mostly flat), a tail without a
            mean, or a search that does not end.

    Source: McNeil, Frey and Embrechts (2005), Quantitative Risk Management, 3.1.
    """
    from scipy.optimize import minimize

    array = checked_returns(returns, LEAST)
    low, centre, high = np.quantile(array, (0.25, 0.5, 0.75))
    if not high > low:
        raise DataError(_collapsed(array))
    middle = float(high - low)
    scaled = (array - centre) / middle
    found = minimize(
        _cost,
        _START,
        args=(scaled,),
        jac=True,
        method="L-BFGS-B",
        bounds=(
            (None, None),
            (math.log(0.1 * _COLLAPSED), None),
            (math.log(_LEAST_DOF), math.log(_MOST_DOF)),
        ),
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 500},
    )
    location, log_scale, log_dof = (float(value) for value in found.x)
    if math.exp(log_scale) < _COLLAPSED:
        raise DataError(_collapsed(array))
    if log_dof <= math.log(_LEAST_DOF):
        raise DataError(
            f"a t distribution fitted to {array.size} returns has {_LEAST_DOF} degrees of freedom "
            "or fewer, so its tail has no mean; look for outliers, or take the historical measure"
        )
    slope = np.asarray(found.jac)[: 3 if log_dof < math.log(_MOST_DOF) else 2]
    if np.abs(slope).max() > _FLAT:
        raise DataError(
            f"no maximum of the t likelihood of {array.size} returns was found "
            f"({found.message}); take the historical or the normal measure"
        )
    return StudentT(
        float(centre) + middle * location, middle * math.exp(log_scale), math.exp(log_dof)
    )


def _cost(point: Floats, values: Floats) -> tuple[float, Floats]:
    """Mean negative log-likelihood and its slope in location, log scale and log dof."""
    location, scale, dof = point[0], math.exp(point[1]), math.exp(point[2])
    z = (values - location) / scale
    squares = z * z
    logs = float(np.mean(np.log1p(squares / dof)))
    pull = (dof + 1.0) / (dof + squares)
    constant = float(betaln(0.5, 0.5 * dof)) + 0.5 * math.log(dof)
    cost = constant + point[1] + 0.5 * (dof + 1.0) * logs
    by_dof = (
        0.5 * float(digamma(0.5 * (dof + 1.0)) - digamma(0.5 * dof))
        - 0.5 / dof
        - 0.5 * logs
        + 0.5 * float(np.mean(pull * squares)) / dof
    )
    slope = np.array(
        [-float(np.mean(pull * z)) / scale, 1.0 - float(np.mean(pull * squares)), -dof * by_dof]
    )
    return float(cost), slope


def _collapsed(returns: Floats) -> str:
    values, counts = np.unique(returns, return_counts=True)
    most = int(counts.argmax())
    return (
        f"{counts[most]} of {returns.size} returns are {values[most]:g}: the t likelihood grows "
        "without end as the scale shrinks onto that value; take the historical measure, or only "
        "the bars with a position"
    )
