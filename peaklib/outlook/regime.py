"""The regime of each day, from what was known on that day, and how regimes last."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import pandas as pd

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.features.feature import Feature
from peaklib.features.parameters import Value
from peaklib.features.transforms.markov_regime import markov_regime
from peaklib.features.transforms.volatility_regime import volatility_regime
from peaklib.outlook.daily import Floats, daily_closes

Method = Literal["volatility", "markov"]

CALM, MIDDLING, WILD = "calm", "middling", "wild"
REGIMES: Final = (CALM, MIDDLING, WILD)
"""Names from the calmest on."""

_EVEN: Final = 0.5


def regimes(
    data: Dataset,
    method: Method = "volatility",
    *,
    window: int = 20,
    first: int = 504,
    refit: int = 252,
) -> "pd.Series[str]":
    """The regime of each day, judged by a rule that was learned on earlier days only.

    The rule is learned on the first `first` days, and anew on all days so far after every
    `refit` further ones; each day is judged by the rule learned last before it. So no day is
    judged by later ones, and removing later days changes nothing.

    "volatility": terciles of the realised volatility of `window` days (feature
    `volatility_regime`) are calm, middling and wild. "markov": wild where two regimes that
    switch as a Markov chain are more likely than not in the one with the larger variance
    (feature `markov_regime`, filtered), calm elsewhere.

    Args:
        data: daily bars of a price or an index.
        method: how regimes are told apart.
        window: days of the realised volatility; the Markov model has none.
        first: days that the first rule is learned on; they get no regime.
        refit: days after which it is learned anew.

    Returns:
        (n_days - first,) names of `REGIMES`, by day.

    Raises:
        DataError: no daily prices, another method, or too few days to learn from.

    Source: own definition over the terciles; Hamilton (1989), Econometrica 57(2).
    """
    close = daily_closes(data)
    if method not in get_args(Method):
        raise DataError(f"method = {method!r}; give one of {', '.join(get_args(Method))}")
    if refit < 1 or not 1 <= first < close.size:
        raise DataError(
            f"{data.name}: {close.size} days, of which first = {first} are learned from, again "
            f"every refit = {refit}; both are at least 1, and first leaves days to judge"
        )
    rule, params, named = _RULES[method](window)
    judged = np.empty(close.size - first, dtype=np.int64)
    for start in range(first, close.size, refit):
        stop = min(start + refit, close.size)
        state = rule.fit([close[:start]], params)
        (found,) = rule.compute([close[:stop]], params, state)
        judged[start - first : stop - first] = named(found[start:stop])
    names = np.array(REGIMES, dtype=object)[judged]
    return pd.Series(names, index=data.frame.index[first:], name="regime", dtype="str")


_Rule = tuple[Feature, Mapping[str, Value], Callable[[Floats], Floats]]


def _by_volatility(window: int) -> _Rule:
    return volatility_regime, volatility_regime.resolve({"window": window}), lambda found: found


def _by_markov(_: int) -> _Rule:
    return markov_regime, markov_regime.resolve(), lambda found: np.where(found > _EVEN, 2.0, 0.0)


_RULES: Final[Mapping[str, Callable[[int], _Rule]]] = {
    "volatility": _by_volatility,
    "markov": _by_markov,
}


def spells(regime: "pd.Series[str]") -> pd.DataFrame:
    """Stretches of days in the same regime.

    Returns:
        One row a spell in the order of time: `regime`, `start`, `end` (first and last day),
        `n_days`, and `over`, which is False for the last one: how it ends is not known.

    Raises:
        DataError: no day.
    """
    if regime.empty:
        raise DataError("spells: no day has a regime; give a series with at least one")
    names = regime.to_numpy()
    starts = np.flatnonzero(np.concatenate([[True], names[1:] != names[:-1]]))
    ends = np.append(starts[1:], names.size) - 1
    return pd.DataFrame(
        {
            "regime": names[starts],
            "start": regime.index[starts],
            "end": regime.index[ends],
            "n_days": ends - starts + 1,
            "over": np.arange(starts.size) < starts.size - 1,
        }
    )


@dataclass(frozen=True)
class RegimeNow:
    """The regime of the last day.

    Args:
        name: of `REGIMES`.
        since: first day of its spell.
        n_days: trading days of the spell so far, the last day included.
        lasted: share of the finished spells of this regime that were no longer; NaN if there
            is none.
    """

    name: str
    since: pd.Timestamp
    n_days: int
    lasted: float


def regime_now(regime: "pd.Series[str]") -> RegimeNow:
    """The regime of the last day, since when, and how that compares with its other spells."""
    found = spells(regime)
    last = found.iloc[-1]
    finished = found.loc[found["over"] & (found["regime"] == last["regime"]), "n_days"]
    lasted = float((finished <= last["n_days"]).mean()) if len(finished) else float("nan")
    return RegimeNow(str(last["regime"]), last["start"], int(last["n_days"]), lasted)


def regime_history(regime: "pd.Series[str]") -> pd.DataFrame:
    """How often each regime ruled, and for how long.

    Returns:
        One row for each regime that occurs, calmest first: `regime`, `share` of the days,
        `n_days`, `n_spells`, `median_days` and `longest_days` of a spell. A spell that still
        runs counts with its days so far.
    """
    found = spells(regime)
    rows = []
    for name in REGIMES:
        days = found.loc[found["regime"] == name, "n_days"]
        if len(days):
            rows.append(
                {
                    "regime": name,
                    "share": float(days.sum() / len(regime)),
                    "n_days": int(days.sum()),
                    "n_spells": len(days),
                    "median_days": float(days.median()),
                    "longest_days": int(days.max()),
                }
            )
    return pd.DataFrame(rows)


def agreement(one: "pd.Series[str]", other: "pd.Series[str]") -> float:
    """Share of the common days on which both, or neither, call the market wild.

    Raises:
        DataError: no day in common.
    """
    common = one.index.intersection(other.index)
    if common.empty:
        raise DataError("agreement: the two series of regimes have no day in common")
    return float(((one.loc[common] == WILD) == (other.loc[common] == WILD)).mean())
