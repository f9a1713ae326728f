"""What an allocation is told: a method, its options and constraints."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from peaklib.errors import DataError
from peaklib.risk.allocation.black_litterman import View
from peaklib.risk.allocation.catalogue import METHODS, check_admits, method_named
from peaklib.risk.allocation.constraints import LONG_ONLY, Constraints
from peaklib.risk.allocation.covariance import Estimator
from peaklib.risk.allocation.hierarchical import Leaves, Linkage, LinkageOn
from peaklib.risk.allocation.options import check_options

ByAsset = Mapping[str, float] | pd.Series


@dataclass(frozen=True, kw_only=True)
class AllocationSpec:
    """A method with everything it is told, to be applied to one set of returns after another.

    Args:
        method: a name in `METHODS`.
        covariance: `sample`, `ewm`, `ledoit_wolf`, or a frame of assets x assets a bar.
        half_life: bars, of `ewm` alone; 63 by default.
        constraints: asked of the weights.
        expected: of `maximum_sharpe`: means a bar by asset; those of the returns by default.
        risk_free: of `maximum_sharpe`: return a bar that is no risk; 0 by default.
        budgets: of `risk_parity`: positive shares of risk by asset, in any scale; equal by
            default.
        linkage, linkage_on, leaves: of `hrp`, as in `hrp_weights`; `single`, `distances` and
            `optimal` by default.
        market, views, delta, tau: of `black_litterman`, as there; `market` has no default.
    """

    method: str
    covariance: Estimator | pd.DataFrame = "sample"
    half_life: float | None = None
    constraints: Constraints = LONG_ONLY
    expected: ByAsset | None = None
    risk_free: float | None = None
    budgets: ByAsset | None = None
    linkage: Linkage | None = None
    linkage_on: LinkageOn | None = None
    leaves: Leaves | None = None
    market: ByAsset | None = None
    views: tuple[View, ...] | None = None
    delta: float | None = None
    tau: float | None = None

    def __post_init__(self) -> None:
        method = method_named(self.method)
        check_options(vars(self))
        check_admits(method, self.constraints)
        for owner in METHODS.values():
            for option in owner.options:
                if option not in method.options and getattr(self, option) is not None:
                    raise DataError(
                        f"method {self.method!r} has no option {option!r}, which belongs to "
                        f"{owner.name!r}; leave it out"
                    )
        ewm = isinstance(self.covariance, str) and self.covariance == "ewm"
        if self.half_life is not None and not ewm:
            raise DataError("half_life belongs to covariance='ewm'; leave it out or ask for that")
