"""How losses beyond the VaR are distributed if a model's VaR and expected shortfall are right.

A loss beyond the VaR is `VaR + (ES - VaR)·E`, where the excess `E` is positive and has mean 1:
location and scale cancel, and only the shape of the tail remains. These classes draw it.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

from peaklib.errors import DataError
from peaklib.risk.measures.standard import normal_tail, student_t_tail
from peaklib.risk.var_tests.exceptions import Floats

_FEWEST: Final = 10


class NullTail(Protocol):
    """A shape of the tail to simulate from."""

    @property
    def name(self) -> str:
        """What the shape is, for tables."""

    def excesses(self, tail: float, size: int, rng: np.random.Generator) -> Floats:
        """Draw excesses over the VaR, in units of their mean.

        Args:
            tail: probability of the tail, in (0, 0.5).
            size: how many.
            rng: source of the draws.

        Returns:
            (size,), positive, with mean 1.
        """


@dataclass(frozen=True)
class NormalTail:
    """The tail of a normal distribution, whatever its mean and variance."""

    @property
    def name(self) -> str:
        """What the shape is, for tables."""
        return "normal"

    def excesses(self, tail: float, size: int, rng: np.random.Generator) -> Floats:
        """Draw excesses over the VaR, in units of their mean; see `NullTail.excesses`."""
        quantile, mean = normal_tail(tail)
        losses = -ndtri(tail * (1.0 - rng.random(size)))
        return np.asarray((losses - quantile) / (mean - quantile), dtype=float)


@dataclass(frozen=True)
class StudentTail:
    """The tail of a Student-t distribution; its scale cancels, so unit variance is no matter.

    Args:
        dof: degrees of freedom, above 1: with fewer there is no expected shortfall.
    """

    dof: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.dof) and self.dof > 1):
            raise DataError(
                f"Student-t with {self.dof} degrees of freedom has no expected shortfall; give "
                "more than 1, or NormalTail() for the limit"
            )

    @property
    def name(self) -> str:
        """What the shape is, for tables."""
        return f"Student-t, {self.dof:g} degrees of freedom"

    def excesses(self, tail: float, size: int, rng: np.random.Generator) -> Floats:
        """Draw excesses over the VaR, in units of their mean; see `NullTail.excesses`."""
        quantile, mean = student_t_tail(tail, self.dof)
        losses = -stdtrit(self.dof, tail * (1.0 - rng.random(size)))
        return np.asarray((losses - quantile) / (mean - quantile), dtype=float)


@dataclass(frozen=True, eq=False)
class ResampledTail:
    """The tail of the model's own standardised residuals, drawn with replacement.

    Args:
        residuals: (n,), returns divided by the volatility forecast for them (a loss is
            negative, as in returns); their scale cancels.
    """

    residuals: ArrayLike

    @property
    def name(self) -> str:
        """What the shape is, for tables."""
        return f"{np.size(self.residuals)} residuals, resampled"

    def excesses(self, tail: float, size: int, rng: np.random.Generator) -> Floats:
        """Draw excesses over the VaR, in units of their mean; see `NullTail.excesses`.

        Raises:
            DataError: residuals missing or infinite, too few of them in the tail, or all of
                these alike.
        """
        losses = -np.asarray(self.residuals, dtype=float)
        if losses.ndim != 1 or not np.isfinite(losses).all():
            raise DataError("residuals must be one row of finite numbers; drop the warm-up")
        count = int(round(len(losses) * tail, 9))
        if count < _FEWEST:
            raise DataError(
                f"{len(losses)} residuals have {count} in a tail of {tail}; at least {_FEWEST} "
                f"are needed: give {int(np.ceil(round(_FEWEST / tail, 6)))} or take StudentTail"
            )
        ordered = np.sort(losses)
        beyond = ordered[-count:] - ordered[-count - 1]
        mean = float(beyond.mean())
        if mean <= 0:
            raise DataError(
                f"the {count + 1} largest losses among the residuals are all {ordered[-1]:.6g}; "
                "they have no tail to draw from"
            )
        return np.asarray(rng.choice(beyond / mean, size=size))
