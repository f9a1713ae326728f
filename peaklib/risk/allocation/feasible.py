"""Which of several constraints cannot hold together."""

import numpy as np
from numpy.typing import NDArray

from peaklib.risk.allocation.constraints import Limits

Floats = NDArray[np.float64]


def why_infeasible(limits: Limits, *, invested: bool) -> str | None:
    """The constraint that no weights can obey beside those before it, in words.

    Args:
        limits: on the weights.
        invested: whether the weights must sum to 1.

    Returns:
        None if some weights obey all of them.
    """
    n_assets = len(limits.assets)
    start = "weights that sum to 1" if invested else "weights"
    rows: list[Floats] = []
    most: list[float] = []
    before = [start]
    for kind, more, bound in _kinds(limits, n_assets):
        rows += list(more)
        most += list(bound)
        if not _exists(limits, np.array(rows).reshape(-1, 3 * n_assets), np.array(most), invested):
            return (
                f"constraints, {kind}: no {' and '.join(before)} can obey {_shown(kind, limits)}; "
                "widen one of them"
            )
        before.append(kind)
    return None


def _kinds(limits: Limits, n: int) -> list[tuple[str, Floats, Floats]]:
    """Rows and bounds over the variables (weights, sizes, trades), kind by kind."""
    none = np.zeros((n, n))
    eye = np.eye(n)
    found = [("bounds", np.zeros((0, 3 * n)), np.zeros(0))]
    if len(limits.rows):
        zeros = np.zeros((len(limits.rows), 2 * n))
        found.append(("groups", np.hstack([limits.rows, zeros]), limits.most))
    if limits.max_leverage is not None:
        size = np.hstack([np.zeros((1, n)), np.ones((1, n)), np.zeros((1, n))])
        block = np.vstack([np.hstack([eye, -eye, none]), np.hstack([-eye, -eye, none]), size])
        found.append(("leverage", block, np.append(np.zeros(2 * n), limits.max_leverage)))
    if limits.max_turnover is not None:
        size = np.hstack([np.zeros((1, 2 * n)), np.ones((1, n))])
        block = np.vstack([np.hstack([eye, none, -eye]), np.hstack([-eye, none, -eye]), size])
        bound = np.concatenate([limits.previous, -limits.previous, [limits.max_turnover]])
        found.append(("turnover", block, bound))
    return found


def _exists(limits: Limits, rows: Floats, most: Floats, invested: bool) -> bool:
    from scipy.optimize import linprog

    n = len(limits.assets)
    total = np.concatenate([np.ones(n), np.zeros(2 * n)]).reshape(1, -1)
    found = linprog(
        np.zeros(3 * n),
        A_ub=rows if len(rows) else None,
        b_ub=most if len(rows) else None,
        A_eq=total if invested else None,
        b_eq=np.ones(1) if invested else None,
        bounds=[*zip(limits.lower, limits.upper, strict=True)] + [(0, None)] * (2 * n),
        method="highs",
    )
    return found.status != 2


def _shown(kind: str, limits: Limits) -> str:
    return {
        "bounds": f"bounds that sum to {limits.lower.sum():g} at least and "
        f"{limits.upper.sum():g} at most",
        "groups": "the limits of the groups",
        "leverage": f"max_leverage = {limits.max_leverage}",
        "turnover": f"max_turnover = {limits.max_turnover}",
    }[kind]
