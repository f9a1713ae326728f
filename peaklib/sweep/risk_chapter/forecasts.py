"""Value at risk forecast bar by bar, of what was held, and whether it kept its promise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk import (
    ROLLING_MEASURES,
    Exceptions,
    RollingRisk,
    exceptions_of,
    rolling_var,
    run_var_tests,
)
from peaklib.sweep.risk_chapter.account import Account, Position

_REFIT: Final = "refit"


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of one model for an account, and the days that judge them.

    Args:
        measure: name of the model.
        exceptions: days in the market with a forecast. Days without a position are no test of
            anything, and are left out.
        refits, failed: how often parameters were estimated, and how often that failed.
        idle: days after the first forecast on which nothing was held.
    """

    measure: str
    exceptions: Exceptions
    refits: int
    failed: int
    idle: int


def forecasts_of(
    account: Account, measure: str, *, level: float, options: Mapping[str, Any] | None = None
) -> Forecasts:
    """Forecast the loss of each bar from the bars before it.

    Of a trial it is the asset's risk times the share of equity that is held: past returns of an
    account that was mostly in cash say nothing of the risk of being in the market today. Of an
    account whose positions are not known it is that of its own returns.

    Args:
        account: whose risk it is.
        measure: a name in `risk.ROLLING_MEASURES`.
        level: confidence.
        options: of the measure, such as `window`. `refit` goes to measures that estimate now and
            then; the others do so at every bar.

    Raises:
        DataError: another name, too few bars, or no bar in the market.
    """
    known = {"level": level, **_fitting(measure, options or {})}
    if account.position is None:
        made = rolling_var(account.returns.to_numpy(), measure, **known)
        return _judged(account, measure, made.var, made.expected_shortfall, made, level)
    position = account.position
    sides = {sign: _asset_risk(position, sign, measure, known) for sign in _sides(position)}
    share = position.exposure.to_numpy()
    var, shortfall = np.zeros(len(share)), np.zeros(len(share))
    for sign, (_, of_asset) in sides.items():
        on = share * sign > 0
        var[on] = np.abs(share[on]) * of_asset["var"].to_numpy()[on]
        shortfall[on] = np.abs(share[on]) * of_asset["expected_shortfall"].to_numpy()[on]
    first = next(iter(sides.values()))[0]
    return _judged(account, measure, var, shortfall, first, level, held=share != 0)


def _fitting(measure: str, options: Mapping[str, Any]) -> dict[str, Any]:
    of_measure = ROLLING_MEASURES.get(measure)
    refits = of_measure is not None and _REFIT in signature(of_measure).parameters
    return {name: value for name, value in options.items() if name != _REFIT or refits}


def _sides(position: Position) -> list[int]:
    found = sorted(set(np.sign(position.exposure.to_numpy()).astype(int)) - {0}, reverse=True)
    if not found:
        raise DataError("the account never held anything, so there is no risk to forecast")
    return found


def _asset_risk(
    position: Position, sign: int, measure: str, known: Mapping[str, Any]
) -> tuple[RollingRisk, pd.DataFrame]:
    """Risk of holding (1) or being short of (-1) the asset, on the bars of the account."""
    made = rolling_var(sign * position.asset.to_numpy(), measure, **known)
    table = pd.DataFrame(
        {"var": made.var, "expected_shortfall": made.expected_shortfall}, index=position.asset.index
    )
    return made, table.reindex(position.exposure.index)


def _judged(
    account: Account,
    measure: str,
    var: NDArray[np.float64],
    shortfall: NDArray[np.float64],
    made: RollingRisk,
    level: float,
    *,
    held: NDArray[np.bool_] | None = None,
) -> Forecasts:
    kept = np.ones(len(var), dtype=bool) if held is None else held
    begun = np.cumsum(np.isfinite(var) & kept) > 0
    days = account.returns.index[kept]
    exceptions = exceptions_of(
        pd.Series(account.returns.to_numpy()[kept], index=days),
        pd.Series(var[kept], index=days),
        level=level,
        shortfall=pd.Series(shortfall[kept], index=days),
    )
    return Forecasts(
        measure, exceptions, len(made.refits), len(made.failed), int((begun & ~kept).sum())
    )


def models_table(models: Sequence[Forecasts], *, significance: float, seed: int) -> pd.DataFrame:
    """Every test of every model.

    Args:
        models: with their days.
        significance: a p-value below it is a rejection.
        seed: of the simulations.

    Returns:
        A row a model and test: `model`, then the columns of `risk.run_var_tests`.
    """
    parts = [
        run_var_tests(one.exceptions, significance=significance, seed=seed).assign(
            model=one.measure
        )
        for one in models
    ]
    table = pd.concat(parts, ignore_index=True)
    return table[["model", *(name for name in table if name != "model")]]


def coverage_table(models: Sequence[Forecasts]) -> pd.DataFrame:
    """How often each model was exceeded, beside how often it should have been.

    Returns:
        `model, n_days, n_exceptions, expected, share, n_refits, failed`.
    """
    rows = []
    for one in models:
        found = one.exceptions
        rows.append(
            {
                "model": one.measure,
                "n_days": found.n_days,
                "n_exceptions": found.n_exceedances,
                "expected": found.tail * found.n_days,
                "share": found.n_exceedances / found.n_days,
                "n_refits": one.refits,
                "failed": one.failed,
            }
        )
    return pd.DataFrame(rows)
