"""An account under stress: as it is held, through the past and through what is supposed."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from peaklib.risk import Book, Scenario, book_of, stress_table
from peaklib.sweep.risk_chapter.account import Account

MARKET = "market"


def book_of_account(account: Account) -> Book:
    """The account as a book: its parts by their present share of wealth, or one whole.

    One whole is the rule itself: in a window of the past it does what it then did, in the market
    or out of it. The factor `market` is holding.
    """
    market = account.market.to_frame(MARKET)
    if account.parts is None:
        return book_of(account.returns, name="account", factors=market)
    return Book(present_shares(account), account.parts, factors=market)


def present_shares(account: Account) -> dict[str, float]:
    """Shares of the wealth at the last bar, of parts that were never divided anew.

    Args:
        account: of several parts.
    """
    assert account.parts is not None
    worth = {
        name: share * float(np.prod(1.0 + account.parts[name].to_numpy()))
        for name, share in account.shares.items()
    }
    total = sum(worth.values())
    return {name: value / total for name, value in worth.items()}


def stressed(
    account: Account, scenarios: Sequence[Scenario], *, limit: float, level: float
) -> pd.DataFrame:
    """Every scenario for the account, and for holding beside it.

    Args:
        account: whose stress it is.
        scenarios: windows and supposed moves.
        limit: loss that the reverse stress asks for, a positive share of equity.
        level: of the values at risk.

    Returns:
        As `risk.stress_table`, with `hold_loss`: the loss of holding in the same scenario; NaN in
        the rows of the reverse stress, whose shocks are those of the account alone.
    """
    own = stress_table(book_of_account(account), scenarios, limit=limit, level=level)
    held = stress_table(
        book_of(account.market, name="hold", factors=account.market.to_frame(MARKET)),
        scenarios,
        limit=limit,
        level=level,
    ).set_index("scenario")["loss"]
    # Holding has reverse rows of the same names, but under other shocks.
    own["hold_loss"] = own["scenario"].map(held).where(own["kind"] != "reverse")
    return own
