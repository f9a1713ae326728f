"""What every measure says of an account, and of holding beside it."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk import MEASURES, ORDERED_MEASURES, tail_risk
from peaklib.sweep.risk_chapter.account import Account

ACCOUNT: Final = "account"
HOLD: Final = "hold"
_GAPS: Final = "needs bars that follow one another; the forecasts day by day have its answer"
_IDLE: Final = "would take idle days for calm ones; the historical measure has an answer"
_HISTORICAL: Final = "historical"

Row = tuple[object, ...]
Floats = NDArray[np.float64]


def measures_table(account: Account, *, level: float, horizons: Sequence[int]) -> pd.DataFrame:
    """Value at risk and expected shortfall by every measure; losses are positive.

    Only bars with something at risk count: cash loses nothing, and would make the rule look
    safer than it is when it is in the market. Where there are idle bars, a measure that reads the
    order of the bars is refused, and over several bars every measure but the historical one, which
    takes the stretches of that length in which something was at risk.

    Args:
        account: whose risk it is.
        level: confidence.
        horizons: bars.

    Returns:
        A row a measure, account and horizon: `measure`, `account` (`account` or `hold`), `bars`,
        `var`, `expected_shortfall`, `n_obs`, `remark`: why there is no number.
    """
    idle = not account.held.all()
    rows = [
        row
        for bars in horizons
        for whose, part in (
            (ACCOUNT, _with_gaps(account, bars, level) if idle else None),
            (HOLD, None),
        )
        for row in part or _whole(whose, account, bars, level)
    ]
    columns = ["measure", "account", "bars", "var", "expected_shortfall", "n_obs", "remark"]
    return pd.DataFrame(rows, columns=columns)


def _whole(whose: str, account: Account, bars: int, level: float) -> list[Row]:
    series = account.returns if whose == ACCOUNT else account.market
    returns = np.asarray(series, dtype=np.float64)
    return [_row(name, whose, bars, returns, level, horizon=bars) for name in MEASURES]


def _with_gaps(account: Account, bars: int, level: float) -> list[Row]:
    """The account where it held something."""
    returns = stretches(account, bars)
    nan = float("nan")
    rows: list[Row] = []
    for name in MEASURES:
        refused = _GAPS if name in ORDERED_MEASURES else _IDLE if bars > 1 else ""
        if refused and name != _HISTORICAL:
            rows.append((name, ACCOUNT, bars, nan, nan, len(returns), refused))
        else:
            rows.append(_row(name, ACCOUNT, bars, returns, level, horizon=1))
    return rows


def stretches(account: Account, bars: int) -> Floats:
    """Compounded returns of all stretches of some bars with something at risk, overlapping.

    Args:
        account: whose returns.
        bars: length of a stretch, 1 or more.

    Raises:
        DataError: there are fewer bars than that.
    """
    returns, held = account.returns.to_numpy(), account.held
    if not 1 <= bars <= len(returns):
        raise DataError(f"{bars} bars asked for, and {account.name} has {len(returns)}")
    runs = np.lib.stride_tricks.sliding_window_view(1.0 + returns, bars)
    at_risk = np.lib.stride_tricks.sliding_window_view(held, bars).any(axis=1)
    return np.asarray(runs[at_risk].prod(axis=1) - 1.0, dtype=np.float64)


def _row(
    name: str,
    whose: str,
    bars: int,
    returns: Floats,
    level: float,
    *,
    horizon: int,
) -> Row:
    nan = float("nan")
    try:
        found = tail_risk(returns, name, level=level, horizon=horizon)
    except DataError as error:
        return name, whose, bars, nan, nan, len(returns), str(error)
    return name, whose, bars, found.var, found.expected_shortfall, found.n_obs, ""


def by_measure(table: pd.DataFrame, column: str, shown: str) -> pd.DataFrame:
    """One number of `measures_table`, a row a measure and a column an account and horizon.

    Args:
        table: of `measures_table`.
        column: `var` or `expected_shortfall`.
        shown: what the columns are called, `var` or `es`.
    """
    names = {
        (whose, bars): f"{shown}, {whose}, {bars} bar{'' if bars == 1 else 's'}"
        for whose, bars in dict.fromkeys(zip(table["account"], table["bars"], strict=True))
    }
    columns = {
        name: table[(table["account"] == whose) & (table["bars"] == bars)].set_index("measure")[
            column
        ]
        for (whose, bars), name in names.items()
    }
    return pd.DataFrame(columns).reindex(list(MEASURES)).rename_axis("measure").reset_index()


def refusals(table: pd.DataFrame) -> pd.DataFrame:
    """Why measures have no number, each reason once: `measure, account, bars, remark`."""
    rows = table[table["remark"] != ""][["measure", "account", "bars", "remark"]]
    return rows.reset_index(drop=True)
