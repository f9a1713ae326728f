"""Value at risk forecast bar by bar, of what was held, and whether it kept its promise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
    kupiec_region,
    rolling_var,
    run_var_tests,
)
from peaklib.sweep.risk_chapter.account import Account, Position

_REFIT: Final = "refit"
# Bars below which no model is fitted, whatever was asked for.
_LEAST_WINDOW: Final = 100


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of one model for an account, and the days that judge them.

    Args:
        measure: name of the model.
        exceptions: days with something at risk and a forecast. Other days are no test of
            anything, and are left out.
        refits, failed: how often parameters were estimated, and how often that failed.
        idle: days after the first forecast with nothing at risk.
        places: (n_days,) number of each judged day among all bars of the account.
    """

    measure: str
    exceptions: Exceptions
    refits: int
    failed: int
    idle: int
    places: NDArray[np.int64]

    @property
    def apart(self) -> float:
        """Share of the judged days that do not follow the judged day before them."""
        steps = np.diff(self.places)
        return float((steps != 1).mean()) if steps.size else 0.0

    def power(self, significance: float) -> float:
        """Probability that Kupiec's test finds a model that is passed twice as often as it says."""
        found = self.exceptions
        twice = 2 * found.tail
        return kupiec_region(
            found.n_days, found.tail, significance=significance, rate=twice
        ).rejection


def fitting_window(account: Account, asked: int) -> int:
    """Bars that a model looks back on: those that were asked for, or half of what there is.

    Of an account whose positions are not known only bars on which it moved count, since these
    alone are what a model is fitted to.

    Raises:
        DataError: there are too few bars for any model.
    """
    position = account.position
    if position is None:
        n_bars, what = int(account.held.sum()), "bars on which it moved"
    else:
        n_bars, what = len(position.asset), "bars of its asset"
    most = n_bars // 2
    if most < _LEAST_WINDOW:
        raise DataError(
            f"{account.name}: {n_bars} {what} are too few to fit a model to one half and judge it "
            f"by the other; {2 * _LEAST_WINDOW} are the least"
        )
    return min(asked, most)


def forecasts_of(
    account: Account, measure: str, *, level: float, options: Mapping[str, Any] | None = None
) -> Forecasts:
    """Forecast the loss of each bar from the bars before it.

    Of a trial it is the asset's risk times the share of equity that was held the evening before:
    past returns of an account that was mostly in cash say nothing of the risk of being in the
    market today. Of an account whose positions are not known it is that of its own returns, on
    the days on which it moved at all.

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
    if not account.held.any():
        raise DataError("the account never held anything, so there is no risk to forecast")
    if account.position is None:
        moved = account.returns[account.held].to_numpy()
        made = rolling_var(moved, measure, **known)
        return _judged(account, measure, made.var, made.expected_shortfall, made, level)
    var, shortfall, made = _of_position(account.position, measure, known)
    held = account.held
    return _judged(account, measure, var[held], shortfall[held], made, level)


def _of_position(
    position: Position, measure: str, known: Mapping[str, Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64], RollingRisk]:
    share = position.exposure.to_numpy()
    var, shortfall = np.zeros(len(share)), np.zeros(len(share))
    for sign in sorted(set(np.sign(share).astype(int)) - {0}):
        made, of_asset = _asset_risk(position, sign, measure, known)
        on = share * sign > 0
        var[on] = np.abs(share[on]) * of_asset["var"].to_numpy()[on]
        shortfall[on] = np.abs(share[on]) * of_asset["expected_shortfall"].to_numpy()[on]
    return var, shortfall, made


def _fitting(measure: str, options: Mapping[str, Any]) -> dict[str, Any]:
    of_measure = ROLLING_MEASURES.get(measure)
    refits = of_measure is not None and _REFIT in signature(of_measure).parameters
    return {name: value for name, value in options.items() if name != _REFIT or refits}


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
) -> Forecasts:
    """Forecasts of the days with something at risk, in their order."""
    held = np.flatnonzero(account.held)
    days = account.returns.index[held]
    found = exceptions_of(
        pd.Series(account.returns.to_numpy()[held], index=days),
        pd.Series(var, index=days),
        level=level,
        shortfall=pd.Series(shortfall, index=days),
    )
    places = held[found.dropped :]
    idle = int(places[-1] - places[0] + 1 - len(places))
    return Forecasts(measure, found, len(made.refits), len(made.failed), idle, places)


def beside(
    main: Forecasts, account: Account, asked: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Forecasts], dict[str, str]]:
    """Other models on the days that judge one of them, so that they compare.

    Args:
        main: the model whose days count.
        account: whose risk it is.
        asked: options of each other model, by its name.

    Returns:
        The models, and of those that have no forecast on these days the reason, by name: none of
        them costs the main model a day.
    """
    found, refused = [], {}
    for name, options in asked.items():
        try:
            one = forecasts_of(account, name, level=main.exceptions.level, options=options)
        except DataError as error:
            refused[name] = str(error)
            continue
        if one.places[0] > main.places[0]:
            late = f"its first forecast is of {account.returns.index[one.places[0]]:%Y-%m-%d}"
            refused[name] = f"{late}, later than that of {main.measure}"
        else:
            found.append(_from(one, int((one.places >= main.places[0]).sum())))
    return found, refused


def _from(one: Forecasts, n_days: int) -> Forecasts:
    places = one.places[-n_days:]
    idle = int(places[-1] - places[0] + 1 - len(places))
    return replace(one, exceptions=one.exceptions.last(n_days), places=places, idle=idle)


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
        `model, n_days, n_exceedances, expected, share, n_refits, failed`.
    """
    rows = []
    for one in models:
        found = one.exceptions
        rows.append(
            {
                "model": one.measure,
                "n_days": found.n_days,
                "n_exceedances": found.n_exceedances,
                "expected": found.tail * found.n_days,
                "share": found.n_exceedances / found.n_days,
                "n_refits": one.refits,
                "failed": one.failed,
            }
        )
    return pd.DataFrame(rows)
