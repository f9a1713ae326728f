"""What an account's risk comes from: the market, its parts, and the falls that it had."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from peaklib.render import format_metric
from peaklib.risk import (
    DrawdownAttribution,
    FactorRegression,
    attribute_drawdowns,
    estimate_covariance,
    factor_regression,
    profits_of_backtest,
    risk_shares,
    shortfall_contributions,
)
from peaklib.sweep.risk_chapter.account import Account
from peaklib.sweep.risk_chapter.stress import MARKET, present_shares

# How much the account gains from large moves either way, as a rule that times the market does.
SQUARED: Final = "market, squared"


@dataclass(frozen=True)
class MarketRegressions:
    """An account beside holding: how much of the market is in it, and whether it times it.

    Args:
        market: returns on those of holding; its intercept is alpha.
        timing: the same with the square of the market. A positive coefficient of the square
            belongs to an account that is in the market when it moves up, and out of it when it
            falls; the intercept beside it is no alpha.
    """

    market: FactorRegression
    timing: FactorRegression


def market_regression(account: Account, *, level: float) -> MarketRegressions | None:
    """The account's returns on those of holding, and on these with their square.

    Args:
        account: whose returns they are.
        level: of the intervals.

    Returns:
        None for an account that is the benchmark itself, where there is nothing to find.

    Source: Treynor and Mazuy (1966), Harvard Business Review 44(4).
    """
    if np.allclose(account.returns, account.market, rtol=0, atol=1e-15):
        return None
    market = account.market.to_numpy()
    factors = pd.DataFrame({MARKET: market, SQUARED: market**2}, index=account.returns.index)
    plain, timing = (
        factor_regression(account.returns, part, periods_per_year=account.year, level=level)
        for part in (factors[[MARKET]], factors)
    )
    return MarketRegressions(plain, timing)


def factors_table(found: MarketRegressions) -> pd.DataFrame:
    """Both regressions as a page shows them: the market alone, and its square beside it."""
    names = {
        "error": "beta, error",
        "low": "beta_lo",
        "high": "beta_hi",
        "return_contribution": "ret, contributed",
        "variance_share": "share, of variance",
    }
    rows = pd.concat([found.market.factors, found.timing.factors.loc[[SQUARED]]])
    return rows.rename(columns=names).round(9).reset_index()


def alpha_words(found: MarketRegressions) -> str:
    """What the market leaves unexplained, with its interval."""
    plain = found.market
    numbers = (plain.alpha, plain.alpha_low, plain.alpha_high)
    alpha, low, high = (format_metric("alpha", number) for number in numbers)
    return (
        f"alpha {alpha} a year ({low} to {high}), R² {plain.r_squared:.2f}, errors over "
        f"{plain.lags} lags; the square stands beside the market in a regression of its own"
    )


def falls_of(account: Account, *, count: int) -> DrawdownAttribution:
    """The deepest drawdowns of an account, by what lost the money.

    Of a trial these are the asset, costs and financing; of an account of parts the parts.
    """
    return attribute_drawdowns(_profits(account), count=count)


def _profits(account: Account) -> pd.DataFrame:
    if account.position is not None:
        found = profits_of_backtest(account.position.result, account.position.data)
        return found.loc[:, (found != 0).any()]
    if account.parts is None:
        returns = account.returns.to_frame(account.name)
        shares = {account.name: 1.0}
    else:
        returns, shares = account.parts, dict(account.shares)
    wealth = (1.0 + returns).cumprod()
    earned = wealth - wealth.shift(1, fill_value=1.0)
    return earned * pd.Series(shares)


def falls_table(falls: DrawdownAttribution) -> pd.DataFrame:
    """Drawdowns beside what they are made of, as a page shows them.

    Returns:
        `rank, peak, trough, recovery, max_dd`, and `share, …` of the wealth at the peak for each
        source.
    """
    dates = falls.drawdowns[["peak", "trough", "recovery", "depth"]]
    shares = falls.contributions.round(9).add_prefix("share, ")
    return dates.rename(columns={"depth": "max_dd"}).join(shares).reset_index()


def parts_table(account: Account, *, level: float) -> pd.DataFrame | None:
    """Share of wealth beside share of risk, one row a part; None for one whole.

    Args:
        account: whose parts they are.
        level: of the expected shortfall.

    Returns:
        `part`, `share` of the wealth at the last bar, `share, of variance` and `share, of
        shortfall` (historical); both shares of risk sum to 1, and a hedge has a negative one.
    """
    if account.parts is None:
        return None
    now = present_shares(account)
    weights = np.array(list(now.values()))
    returns = account.parts[list(now)]
    losses = shortfall_contributions(weights, returns.to_numpy(), level=level)
    return pd.DataFrame(
        {
            "part": list(now),
            "share": weights,
            "share, of variance": risk_shares(weights, estimate_covariance(returns)),
            "share, of shortfall": losses / losses.sum(),
        }
    )
