"""All measures by name, and one table of what they say about the same returns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import signature
from types import MappingProxyType
from typing import Any, Final, TypeVar

import pandas as pd
from numpy.typing import ArrayLike

from peaklib.errors import DataError
from peaklib.risk.measures.cornish_fisher import (
    LEAST as LEAST_MOMENTS,
    cornish_fisher_risk,
    rolling_cornish_fisher,
)
from peaklib.risk.measures.filtered_historical import (
    filtered_historical_risk,
    rolling_filtered_historical,
)
from peaklib.risk.measures.garch import garch_risk, rolling_garch
from peaklib.risk.measures.historical import historical_risk, rolling_historical
from peaklib.risk.measures.normal import normal_risk, rolling_normal
from peaklib.risk.measures.results import RollingRisk, TailRisk
from peaklib.risk.measures.student_fit import LEAST as LEAST_STUDENT_T
from peaklib.risk.measures.student_t import rolling_student_t, student_t_risk
from peaklib.risk.measures.volatility_model import LEAST as LEAST_VARIANCE, Innovations, Model

# Take (returns, *, level, …) and options of their own by name; the first also `horizon`.
Single = Callable[..., TailRisk]
Rolling = Callable[..., RollingRisk]
Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What the workbench knows of a measure.

    Args:
        single: value at risk and expected shortfall of returns, for one horizon.
        rolling: one-bar forecasts of each bar from a `window` of bars before it.
        least: returns that it needs at any level, and the shortest window of `rolling`.
        ordered: whether it reads the order of the bars, so that none can be left out.
    """

    single: Single
    rolling: Rolling
    least: int
    ordered: bool = False


def _of_variance(model: Model, innovations: Innovations) -> Measure:
    return Measure(
        single=partial(garch_risk, model=model, innovations=innovations),
        rolling=partial(rolling_garch, model=model, innovations=innovations),
        least=LEAST_VARIANCE,
        ordered=True,
    )


CATALOGUE: Final[Mapping[str, Measure]] = MappingProxyType(
    {
        "historical": Measure(single=historical_risk, rolling=rolling_historical, least=2),
        "normal": Measure(single=normal_risk, rolling=rolling_normal, least=2),
        "student_t": Measure(
            single=student_t_risk, rolling=rolling_student_t, least=LEAST_STUDENT_T
        ),
        "cornish_fisher": Measure(
            single=cornish_fisher_risk, rolling=rolling_cornish_fisher, least=LEAST_MOMENTS
        ),
        "cornish_fisher_matched": Measure(
            single=partial(cornish_fisher_risk, parameters="matched"),
            rolling=partial(rolling_cornish_fisher, parameters="matched"),
            least=LEAST_MOMENTS,
        ),
        "garch_normal": _of_variance("garch", "normal"),
        "garch_t": _of_variance("garch", "t"),
        "gjr_normal": _of_variance("gjr", "normal"),
        "gjr_t": _of_variance("gjr", "t"),
        "filtered_historical": Measure(
            single=filtered_historical_risk,
            rolling=rolling_filtered_historical,
            least=LEAST_VARIANCE,
            ordered=True,
        ),
    }
)
MEASURES: Final[Mapping[str, Single]] = MappingProxyType(
    {name: measure.single for name, measure in CATALOGUE.items()}
)
ROLLING_MEASURES: Final[Mapping[str, Rolling]] = MappingProxyType(
    {name: measure.rolling for name, measure in CATALOGUE.items()}
)
ORDERED_MEASURES: Final = frozenset(name for name, measure in CATALOGUE.items() if measure.ordered)

# Arguments of the functions below, which are no options of a measure.
_OWN: Final = ("returns", "level", "horizon")


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
        DataError: another name, an option that the measure does not have, or as it says.
    """
    found = _named(MEASURES, measure)
    _check_options(measure, found, options)
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
        DataError: another name, an option that the measure does not have, or as it says.
    """
    found = _named(ROLLING_MEASURES, measure)
    _check_options(measure, found, options)
    return found(returns, level=level, **options)


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
    if isinstance(measures, str):
        raise DataError(f"measures = {measures!r}; give a list of names, such as [{measures!r}]")
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


def _named(catalogue: Mapping[str, Found], name: object) -> Found:
    if not isinstance(name, str) or name not in catalogue:
        raise DataError(f"measure = {name!r}; give one of {', '.join(catalogue)}")
    return catalogue[name]


def _check_options(name: str, compute: Single | Rolling, options: Mapping[str, Any]) -> None:
    known = [each for each in signature(compute).parameters if each not in _OWN]
    for option in options:
        if option not in known:
            raise DataError(
                f"measure {name!r} has no option {option!r}; its options: "
                f"{', '.join(known) or 'none'}"
            )
