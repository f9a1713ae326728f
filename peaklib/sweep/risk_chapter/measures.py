"""What every measure says of an account, and of holding beside it."""

from collections.abc import Iterator, Sequence
from typing import Final

import pandas as pd

from peaklib.errors import DataError
from peaklib.risk import MEASURES, tail_risk
from peaklib.sweep.risk_chapter.account import Account

ACCOUNT: Final = "account"
HOLD: Final = "hold"
# They read the order of the bars, so that bars cannot be left out.
_WITH_MEMORY: Final = tuple(
    name for name in MEASURES if name.startswith(("garch", "gjr", "filtered"))
)
_GAPS: Final = "needs bars that follow one another; the forecasts day by day have its answer"


def measures_table(account: Account, *, level: float, horizons: Sequence[int]) -> pd.DataFrame:
    """Value at risk and expected shortfall by every measure; losses are positive.

    Over one bar, only bars with a position count: cash loses nothing, and would make the rule look
    safer than it is when it is in the market. Longer horizons take all bars as they came.

    Args:
        account: whose risk it is.
        level: confidence.
        horizons: bars.

    Returns:
        A row a measure, account and horizon: `measure`, `account` (`account` or `hold`), `bars`,
        `var`, `expected_shortfall`, `n_obs`, `remark`: why there is no number.
    """
    rows = [
        row
        for bars in horizons
        for whose, returns, whole in _series(account, bars)
        for row in _rows(whose, returns, bars, level, whole=whole)
    ]
    columns = ["measure", "account", "bars", "var", "expected_shortfall", "n_obs", "remark"]
    return pd.DataFrame(rows, columns=columns)


def _series(account: Account, bars: int) -> Iterator[tuple[str, "pd.Series[float]", bool]]:
    held = account.returns
    if bars == 1 and account.position is not None:
        held = account.returns[account.position.exposure != 0.0]
    yield ACCOUNT, held, len(held) == len(account.returns)
    yield HOLD, account.market, True


def _rows(
    whose: str, returns: "pd.Series[float]", bars: int, level: float, *, whole: bool
) -> Iterator[tuple[object, ...]]:
    nan = float("nan")
    for name in MEASURES:
        if not whole and name in _WITH_MEMORY:
            yield name, whose, bars, nan, nan, len(returns), _GAPS
            continue
        try:
            found = tail_risk(returns.to_numpy(), name, level=level, horizon=bars)
        except DataError as error:
            yield name, whose, bars, nan, nan, len(returns), str(error)
        else:
            yield name, whose, bars, found.var, found.expected_shortfall, found.n_obs, ""


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
