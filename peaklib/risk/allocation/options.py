"""Whether options of an allocation are of their kind; what they say is checked where it is used."""

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from peaklib.errors import DataError
from peaklib.risk.allocation.black_litterman import View
from peaklib.risk.allocation.constraints import Constraints
from peaklib.risk.measures.inputs import is_number

_NUMBERS: Final = ("half_life", "risk_free", "delta", "tau")
_BY_ASSET: Final = ("expected", "budgets", "market")
_WORDS: Final = ("linkage", "linkage_on", "leaves")


def check_options(given: Mapping[str, object]) -> None:
    """Make sure that each option is of its kind.

    Args:
        given: fields of `AllocationSpec` by name; None where an option is left out.

    Raises:
        DataError: names the option, what was given and what to give.
    """
    for name, value in given.items():
        wanted = "" if value is None else _wanted(name, value)
        if wanted:
            raise DataError(f"{name}: a {type(value).__name__}; give {wanted}")
    if given.get("constraints") is None:
        raise DataError("constraints: None; leave them out, or give Constraints(long_only=False)")


def _wanted(name: str, value: object) -> str:
    """What to give instead; empty if the value may be what it is."""
    if name == "covariance" and not isinstance(value, str | pd.DataFrame):
        return (
            "'sample', 'ewm' or 'ledoit_wolf', or a DataFrame of assets x assets: "
            "pd.DataFrame(matrix, index=returns.columns, columns=returns.columns)"
        )
    if name == "constraints" and not isinstance(value, Constraints):
        return "Constraints(...), such as Constraints(upper=0.3, max_leverage=1.0)"
    if name in _NUMBERS and not is_number(value):
        return "a number"
    if name in _BY_ASSET and not isinstance(value, Mapping | pd.Series):
        return "one number for each asset by its name, as a dict or a pandas Series"
    if name in _WORDS and not isinstance(value, str):
        return "one of its names"
    if name == "views" and not (
        isinstance(value, Sequence) and all(isinstance(one, View) for one in value)
    ):
        return "a list of views, each made by absolute_view or relative_view"
    return ""
