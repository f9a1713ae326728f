"""How long it takes to weigh many assets, beside skfolio where it has the same weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from paired.worker import timed
from research.weighing import Timing, in_turns

from peaklib.risk.allocation.allocate import Allocation, allocate_as
from peaklib.risk.allocation.black_litterman import relative_view
from peaklib.risk.allocation.constraints import Constraints
from peaklib.risk.allocation.spec import AllocationSpec
from peaklib.risk.attribution.contributions import risk_shares

Floats = NDArray[np.float64]

SEED: Final = 1
ASSETS: Final = 500
DAYS: Final = 2_500
# Of these the weights come from skfolio, so that most of their time is its time.
CARRIED: Final = ("minimum_variance", "maximum_sharpe")


@dataclass(frozen=True, kw_only=True)
class Allocated:
    """Timings of weights from returns, covariance included.

    Args:
        n_assets, n_bars: size.
        ours: by method, one turn after another, after a first call that does not count.
        skfolio: by the name of our method, the same work there, from the same returns.
        apart: of those methods, the largest difference of a weight, as a share of 1/N.
        missed: by library, the largest gap between a share of risk under risk parity and 1/N,
            as a share of 1/N.
    """

    n_assets: int
    n_bars: int
    ours: Mapping[str, Sequence[Timing]]
    skfolio: Mapping[str, Sequence[Timing]]
    apart: Mapping[str, float]
    missed: Mapping[str, float]


def measure_allocation(
    n_assets: int = ASSETS, n_bars: int = DAYS, repeats: int = 3, peers: int = 1
) -> Allocated:
    """Weigh made-up assets by every method.

    Args:
        n_assets, n_bars: size; more bars than assets.
        repeats: turns of ours.
        peers: turns of skfolio's.
    """
    returns = factor_returns(n_assets, n_bars)
    ours = {name: partial(allocate_as, returns, spec) for name, spec in _specs(returns).items()}
    theirs = {name: partial(_fitted, model, returns) for name, model in _peers().items()}
    pairs = {name: (_weights(ours[name]()), theirs[name]()) for name in theirs}
    covariance = returns.cov().to_numpy()
    return Allocated(
        n_assets=n_assets,
        n_bars=n_bars,
        ours=in_turns({name: partial(timed, work) for name, work in ours.items()}, repeats),
        # Slow, and warm from the pairs.
        skfolio={name: [timed(work) for _ in range(peers)] for name, work in theirs.items()},
        apart={name: n_assets * _largest(one - other) for name, (one, other) in pairs.items()},
        missed={
            library: _largest(n_assets * risk_shares(weights, covariance) - 1)
            for library, weights in zip(("peaklib", "skfolio"), pairs["risk_parity"], strict=True)
        },
    )


def factor_returns(n_assets: int, n_bars: int) -> pd.DataFrame:
    """Returns of assets with five common factors and noise of 1 to 3 % a bar."""
    rng = np.random.default_rng(SEED)
    factors = rng.normal(0.0, 0.01, (n_bars, 5)) @ rng.normal(0.5, 0.3, (5, n_assets))
    noise = rng.standard_normal((n_bars, n_assets)) * rng.uniform(0.01, 0.03, n_assets)
    return pd.DataFrame(factors + noise + 3e-4, columns=[f"a{at}" for at in range(n_assets)])


def _specs(returns: pd.DataFrame) -> dict[str, AllocationSpec]:
    assets = [str(name) for name in returns.columns]
    plain = ("equal_weight", "inverse_volatility", "risk_parity", "hrp")
    return {
        **{name: AllocationSpec(method=name) for name in plain},
        "hrp, rows": AllocationSpec(method="hrp", linkage_on="rows", leaves="tree"),
        "black_litterman": AllocationSpec(
            method="black_litterman",
            market=dict.fromkeys(assets, 1.0 / len(assets)),
            views=(relative_view(assets[0], assets[1], 1e-5),),
            # Under constraints that bind, a solver would be timed and not our own work.
            constraints=Constraints(long_only=False),
        ),
        **{name: AllocationSpec(method=name) for name in CARRIED},
    }


def _peers() -> dict[str, Any]:
    """skfolio's estimators, by the name of our method whose weights they find."""
    from skfolio.cluster import HierarchicalClustering, LinkageMethod
    from skfolio.optimization import (
        EqualWeighted,
        HierarchicalRiskParity,
        InverseVolatility,
        MeanRisk,
        ObjectiveFunction,
        RiskBudgeting,
    )
    from skfolio.seriation import HierarchicalSeriation

    tree = HierarchicalClustering(linkage_method=LinkageMethod.SINGLE)
    order = HierarchicalSeriation(hierarchical_clustering_estimator=tree)
    return {
        "equal_weight": EqualWeighted(),
        "inverse_volatility": InverseVolatility(),
        "risk_parity": RiskBudgeting(),
        "hrp": HierarchicalRiskParity(seriation_estimator=order),
        "minimum_variance": MeanRisk(),
        "maximum_sharpe": MeanRisk(objective_function=ObjectiveFunction.MAXIMIZE_RATIO),
    }


def _fitted(model: Any, returns: pd.DataFrame) -> Floats:
    return np.asarray(model.fit(returns).weights_, dtype=np.float64)


def _weights(allocation: Allocation) -> Floats:
    return allocation.weights.to_numpy(np.float64)


def _largest(gaps: Floats) -> float:
    return float(np.abs(gaps).max())
