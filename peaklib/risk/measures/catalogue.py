"""All measures by name, and one table of what they say about the same returns."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final, TypeVar

import pandas as pd
from numpy.typing import ArrayLike

from peaklib.errors import DataError
from peaklib.risk.measures.cornish_fisher import cornish_fisher_risk, rolling_cornish_fisher
from peaklib.risk.measures.filtered_historical import (
    filtered_historical_risk,
    rolling_filtered_historical,
)
from peaklib.risk.measures.garch import garch_risk, rolling_garch
from peaklib.risk.measures.historical import historical_risk, rolling_historical
from peaklib.risk.measures.normal import normal_risk, rolling_normal
from peaklib.risk.measures.results import RollingRisk, TailRisk
from peaklib.risk.measures.student_t import rolling_student_t, student_t_risk

# Take (returns, *, level, …) and options of their own by name; the first also `horizon`.
Measure = Callable[..., TailRisk]
RollingMeasure = Callable[..., RollingRisk]
Found = TypeVar("Found")

MEASURES: Final[Mapping[str, Measure]] = MappingProxyType(
    {
        "historical": historical_risk,
        "normal": normal_risk,
        "student_t": student_t_risk,
        "cornish_fisher": cornish_fisher_risk,
        "cornish_fisher_matched": partial(cornish_fisher_risk, parameters="matched"),
        "garch_normal": partial(garch_risk, model="garch", innovations="normal"),
        "garch_t": partial(garch_risk, model="garch", innovations="t"),
        "gjr_normal": partial(garch_risk, model="gjr", innovations="normal"),
        "gjr_t": partial(garch_risk, model="gjr", innovations="t"),
        "filtered_historical": filtered_historical_risk,
    }
)

ROLLING_MEASURES: Final[Mapping[str, RollingMeasure]] = MappingProxyType(
    {
        "historical": rolling_historical,
        "normal": rolling_normal,
        "student_t": rolling_student_t,
        "cornish_fisher": rolling_cornish_fisher,
        "cornish_fisher_matched": partial(rolling_cornish_fisher, parameters="matched"),
        "garch_normal": partial(rolling_garch, model="garch", innovations="normal"),
        "garch_t": partial(rolling_garch, model="garch", innovations="t"),
        "gjr_normal": partial(rolling_garch, model="gjr", innovations="normal"),
        "gjr_t": partial(rolling_garch, model="gjr", innovations="t"),
        "filtered_historical": rolling_filtered_historical,
    }
)


def tail_risk(
    returns: ArrayLike,
    measure: str = "historical",
    *,
    level: float = 0.99,
    horizon: int = 1,
    **options: Any,
) -> TailRisk:
    """Value at risk and expected shortfall by the name of a measure; losses are positive.

    Args:
        returns: (n,) simple returns as fractions per bar.
        measure: a name in `MEASURES`.
        level: confidence.
        horizon: bars.
        options: what that measure takes besides, such as `method` or `seed`.

    Raises:
        DataError: another name, or as the measure says.
    """
    found = _named(MEASURES, measure)
    return found(returns, level=level, horizon=horizon, **options)


def rolling_var(
    returns: ArrayLike, measure: str = "historical", *, level: float = 0.99, **options: Any
) -> RollingRisk:
    """Forecasts of each bar from the bars before it, by the name of a measure.

    Losses are positive. The forecast for bar t uses returns up to t − 1.

    Args:
        returns: (n,) simple returns as fractions per bar.
        measure: a name in `ROLLING_MEASURES`.
        level: confidence.
        options: what that measure takes besides, such as `window`, `refit` or `method`.

    Raises:
        DataError: another name, or as the measure says.
    """
    return _named(ROLLING_MEASURES, measure)(returns, level=level, **options)


def tail_risk_table(
    returns: ArrayLike,
    *,
    level: float = 0.99,
    horizon: int = 1,
    measures: Sequence[str] | None = None,
) -> pd.DataFrame:
    """What several measures say about the same returns; losses are positive.

    Args:
        returns: (n,) simple returns as fractions per bar.
        level: confidence.
        horizon: bars.
        measures: names in `MEASURES`, in the order of the rows; None for all.

    Returns:
        A row per measure: `measure`, `var`, `expected_shortfall`, `n_obs`, and `remark`. A
        measure that refuses these returns has NaN and its reason as remark.

    Raises:
        DataError: another name, or no measure has an answer.
    """
    rows = []
    for name in MEASURES if measures is None else measures:
        compute = _named(MEASURES, name)
        try:
            found = compute(returns, level=level, horizon=horizon)
        except DataError as error:
            rows.append((name, float("nan"), float("nan"), 0, str(error)))
        else:
            rows.append((name, found.var, found.expected_shortfall, found.n_obs, ""))
    if rows and all(row[-1] for row in rows):
        raise DataError(f"no measure has an answer; {rows[0][0]}: {rows[0][-1]}")
    columns = ["measure", "var", "expected_shortfall", "n_obs", "remark"]
    return pd.DataFrame(rows, columns=columns)


def _named(catalogue: Mapping[str, Found], name: str) -> Found:
    if name not in catalogue:
        raise DataError(f"measure = {name!r}; give one of {', '.join(catalogue)}")
    return catalogue[name]
