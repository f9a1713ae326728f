"""The methods of allocation, and which constraints each of them admits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from peaklib.errors import DataError
from peaklib.risk.allocation.constraints import KINDS, Constraints

Answer = Literal["yes", "always", "no"]


@dataclass(frozen=True)
class Method:
    """A way to weigh assets.

    Args:
        name: what `allocate` takes.
        meaning: what the weights are, in a sentence.
        objective: what `Allocation.objective` measures.
        admits: by kind of constraint: `yes` if the weights are chosen under it, `always` if
            they obey it by construction, `no` if asking for it is an error.
        options: arguments of `allocate` that belong to this method alone.
        invested: whether the weights sum to 1.
        by_risk: whether the weights follow from the covariance.
    """

    name: str
    meaning: str
    objective: str
    admits: Mapping[str, Answer]
    options: tuple[str, ...] = ()
    invested: bool = True
    by_risk: bool = True


_FIXED: Final[Mapping[str, Answer]] = {
    "long_only": "always",
    "bounds": "no",
    "groups": "no",
    "turnover": "no",
    "leverage": "always",
}
_CHOSEN: Final[Mapping[str, Answer]] = dict.fromkeys(KINDS, "yes")

METHODS: Final[Mapping[str, Method]] = {
    method.name: method
    for method in (
        Method("equal_weight", "1/N in each asset", "variance a bar", _FIXED, by_risk=False),
        Method(
            "inverse_volatility",
            "proportional to 1 / volatility",
            "variance a bar",
            _FIXED,
        ),
        Method("minimum_variance", "least variance", "variance a bar", _CHOSEN),
        Method(
            "maximum_sharpe",
            "largest mean return above the risk-free one per volatility",
            "Sharpe ratio a bar",
            _CHOSEN,
            ("expected", "risk_free"),
        ),
        Method(
            "risk_parity",
            "every asset contributes its budget of risk, equal ones by default",
            "largest gap between a contribution and its budget",
            _FIXED,
            ("budgets",),
        ),
        Method(
            "hrp",
            "hierarchical risk parity: neighbours in a tree of correlations share their weight",
            "variance a bar",
            {**_FIXED, "bounds": "yes"},
            ("linkage", "linkage_on", "leaves"),
        ),
        Method(
            "black_litterman",
            "largest utility under returns that blend market equilibrium and views",
            "utility a bar",
            _CHOSEN,
            ("market", "views", "delta", "tau"),
            invested=False,
        ),
    )
}

ADMITS: Final[Mapping[str, Mapping[str, Answer]]] = {
    name: method.admits for name, method in METHODS.items()
}


def constraints_table() -> pd.DataFrame:
    """Which method admits which constraint.

    Returns:
        Index ``method``, a column per kind of constraint, each `yes` (chosen under it),
        `always` (holds by construction) or `no` (asking for it is an error).
    """
    table = pd.DataFrame.from_dict(
        {name: dict(row) for name, row in ADMITS.items()}, orient="index", columns=list(KINDS)
    )
    return table.rename_axis("method")


def method_named(name: object) -> Method:
    """A method by its name.

    Raises:
        DataError: there is none of this name.
    """
    found = METHODS.get(name) if isinstance(name, str) else None
    if found is None:
        raise DataError(f"method = {name!r}; allowed: {', '.join(METHODS)}")
    return found


def check_admits(method: Method, constraints: Constraints) -> None:
    """Make sure that a method can obey what is asked of it.

    Raises:
        DataError: it admits one of the constraints not, or could never obey it; the message
            names the methods that can.
    """
    for kind in constraints.asked():
        if method.admits[kind] == "no":
            able = [name for name, row in ADMITS.items() if row[kind] != "no"]
            raise DataError(
                f"method {method.name!r} admits no constraint of kind {kind!r}; "
                f"these do: {', '.join(able)}"
            )
    most = constraints.max_leverage
    if method.admits["leverage"] == "always" and most is not None and most < 1:
        raise DataError(
            f"constraints, leverage: the weights of {method.name!r} sum to 1, and max_leverage is "
            f"{most:g}; give at least 1"
        )
