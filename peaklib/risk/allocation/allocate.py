"""`allocate`: returns of assets in, weights of a portfolio out, whatever the method."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.allocation.catalogue import Method, method_named
from peaklib.risk.allocation.constraints import LONG_ONLY, Constraints, Limits
from peaklib.risk.allocation.covariance import (
    Estimator,
    check_covariance,
    check_moving,
    check_returns,
    estimate_covariance,
)
from peaklib.risk.allocation.quadratic import NOISE
from peaklib.risk.allocation.solvers import SOLVERS, Task
from peaklib.risk.allocation.spec import AllocationSpec

Floats = NDArray[np.float64]

_EWM_HALF_LIFE: Final = 63.0


@dataclass(frozen=True)
class Allocation:
    """Weights, and how they came about.

    Args:
        weights: (n_assets,) fractions of wealth, by asset; what they do not sum to is cash.
        method: by its name in `METHODS`.
        covariance: the estimator's name, or `given`.
        constraints: that were asked for.
        objective: what the method's entry in `METHODS` says it measures.
        notes: what a reader should know, in sentences.
    """

    weights: pd.Series
    method: str
    covariance: str
    constraints: Constraints
    objective: float
    notes: tuple[str, ...] = ()


def allocate(
    returns: pd.DataFrame,
    method: str,
    *,
    covariance: Estimator | pd.DataFrame = "sample",
    constraints: Constraints = LONG_ONLY,
    **options: Any,
) -> Allocation:
    """Weigh assets by their returns.

    Args:
        returns: (n_bars, n_assets) simple returns as fractions, finite; older bars first.
        method: a name in `METHODS`; `constraints_table` says which constraints it admits.
        covariance: `sample`, `ewm`, `ledoit_wolf`, or a frame of assets x assets a bar.
        constraints: asked of the weights; long-only by default.
        **options: of the method, and `half_life` of `ewm`: the fields of `AllocationSpec`.

    Returns:
        Weights with method, covariance, constraints and objective. Those of all methods but
        `black_litterman` sum to 1.

    Raises:
        DataError: returns that cannot be used; a constraint or an option that the method does
            not have; constraints that no weights obey (it says which); no best weights.

    >>> returns = pd.DataFrame({"a": [0.01, -0.01, 0.0], "b": [0.02, 0.0, -0.02]})
    >>> allocate(returns, "inverse_volatility").weights.round(4).to_dict()
    {'a': 0.6667, 'b': 0.3333}
    """
    known = AllocationSpec.__dataclass_fields__
    unknown = [name for name in options if name not in known]
    if unknown:
        raise DataError(
            f"allocate: unknown option {unknown[0]!r}; of {method!r}: "
            f"{', '.join(method_named(method).options) or 'none'}"
        )
    spec = AllocationSpec(method=method, covariance=covariance, constraints=constraints, **options)
    return allocate_as(returns, spec)


def allocate_as(returns: pd.DataFrame, spec: AllocationSpec) -> Allocation:
    """Weigh assets by their returns, as a spec says: `allocate` for one set after another.

    Args:
        returns: (n_bars, n_assets) simple returns as fractions, finite; older bars first.
        spec: the method and everything that it is told.

    Raises:
        DataError: as `allocate`.
    """
    check_returns(returns)
    covariance, estimator = _covariance(returns, spec)
    if method_named(spec.method).by_risk:
        check_moving(covariance)
    assets = [str(name) for name in returns.columns]
    task = Task(
        spec=spec,
        returns=returns.set_axis(assets, axis=1),
        covariance=covariance.set_axis(assets, axis=0).set_axis(assets, axis=1),
        limits=spec.constraints.limits(assets),
    )
    weights, objective, notes = SOLVERS[spec.method](task)
    _check_out(weights, method_named(spec.method), task.limits)
    return Allocation(
        weights=pd.Series(weights, index=returns.columns, name="weight"),
        method=spec.method,
        covariance=estimator,
        constraints=spec.constraints,
        objective=objective,
        notes=notes,
    )


def _covariance(returns: pd.DataFrame, spec: AllocationSpec) -> tuple[pd.DataFrame, str]:
    if isinstance(spec.covariance, pd.DataFrame):
        check_covariance(spec.covariance)
        if not spec.covariance.columns.equals(returns.columns):
            raise DataError(
                "covariance: its assets are not the columns of the returns in their order; "
                "reindex it"
            )
        return spec.covariance, "given"
    half_life = _EWM_HALF_LIFE if spec.half_life is None else spec.half_life
    found = estimate_covariance(returns, spec.covariance, half_life=half_life)
    decay = f" (half-life {half_life:g} bars)" if spec.covariance == "ewm" else ""
    return found, spec.covariance + decay


def _check_out(weights: Floats, method: Method, limits: Limits) -> None:
    """A last look at what goes out: finite, of the right sum, inside its limits."""
    problem = limits.broken(weights, 10 * NOISE) if np.isfinite(weights).all() else "not finite"
    if problem is None and method.invested and abs(float(weights.sum()) - 1.0) > 1e-9:
        problem = f"the weights sum to {weights.sum():.10g}"
    if problem is not None:
        raise DataError(f"method {method.name!r} gave weights that break a rule: {problem}")
