"""An account under stress: through the past as it went, and under supposed moves as it is held.

Windows of the past are those of the account itself, in the market or out of it. What is only
supposed hits what is held: a rule that was in cash half of the time is not half as risky on the
days on which it is in. So a trial is stressed at the largest share of equity that it took, long and
short, and an account of parts with all parts in the market at once.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd

from peaklib.errors import DataError
from peaklib.risk import Book, Historical, Hypothetical, Scenario, book_of, stress_table
from peaklib.sweep.risk_chapter.account import Account, Position

MARKET: Final = "market"
HISTORICAL: Final = "historical"
_ASSET: Final = "asset"
_ALONE: Final = "not applicable"
_NUMBERS: Final = ("loss", "var_before", "var_after")


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
        As `risk.stress_table`: first the windows, then what is supposed for each way in which the
        account is held. With `held`, that way (empty for windows), and `hold_loss`: the loss of
        holding in the same scenario; NaN in reverse rows, whose shocks are the account's own.
    """
    past = [one for one in scenarios if isinstance(one, Historical)]
    supposed = [one for one in scenarios if isinstance(one, Hypothetical)]
    market = account.market.to_frame(MARKET)
    rows = [stress_table(book_of(account.returns, name="account"), past).assign(held="")]
    books = list(books_of(account))
    for held, book in books:
        found = stress_table(book, supposed, limit=limit, level=level)
        told = _told(found, supposed, alone=len(book.held) < 2).assign(held=held)
        if len(books) > 1:
            told["title"] += f", {held.partition(',')[0]}"
        rows.append(told)
    table = pd.concat([part for part in rows if len(part)], ignore_index=True)
    hold = stress_table(book_of(account.market, factors=market), scenarios, level=level)
    losses = hold.loc[hold["measure"] != "var"].set_index("scenario")["loss"]
    table["hold_loss"] = table["scenario"].map(losses).where(table["kind"] != "reverse")
    return table


def books_of(account: Account) -> Iterator[tuple[str, Book]]:
    """What is held where something is, by a word for it.

    Of a trial the asset, at the largest share of equity that was ever held long, and short if it
    was. Of an account of parts all parts by their present shares, each as it moves on the days on
    which it is in the market. Of any other account its own returns.
    """
    market = account.market.to_frame(MARKET)
    if account.position is not None:
        yield from _sides(account.position, market)
    elif account.parts is not None:
        shares = present_shares(account)
        betas = pd.DataFrame(
            {MARKET: {name: _beta(account.parts[name], account.market) for name in shares}}
        )
        yield "all parts in the market", Book(shares, account.parts[list(shares)], betas=betas)
    else:
        yield "as it was", book_of(account.returns, name="account", factors=market)


def _sides(position: Position, market: pd.DataFrame) -> Iterator[tuple[str, Book]]:
    moves = position.asset.reindex(market.index).dropna().to_frame(_ASSET)
    for word, share in (("long", position.exposure.max()), ("short", position.exposure.min())):
        if share > 0 if word == "long" else share < 0:
            held = f"{word}, {100 * abs(share):.0f} % of equity"
            yield held, Book({_ASSET: float(share)}, moves, factors=market.loc[moves.index])


def _beta(part: "pd.Series[float]", market: "pd.Series[float]") -> float:
    """Slope on the market on the days on which a part moved; 0 if it never did."""
    moved = part != 0.0
    own, others = part[moved].to_numpy(), market[moved].to_numpy()
    spread = float(np.var(others)) if len(others) else 0.0
    return float(np.mean((own - own.mean()) * (others - others.mean())) / spread) if spread else 0.0


def _told(table: pd.DataFrame, supposed: Sequence[Hypothetical], *, alone: bool) -> pd.DataFrame:
    """Without what says nothing of a single holding: other correlations, joint moves."""
    if not alone:
        return table
    only_correlation = {
        one.name
        for one in supposed
        if one.correlation is not None and one.volatility is None and not one.moves_prices
    }
    idle = table["scenario"].isin(only_correlation)
    table.loc[idle, list(_NUMBERS)] = float("nan")
    table.loc[idle, ["status", "reason"]] = [_ALONE, "one holding has no correlations"]
    return table[~table["scenario"].str.contains("likeliest")]


def present_shares(account: Account) -> dict[str, float]:
    """Shares of the wealth at the last bar, of parts that were never divided anew.

    Raises:
        DataError: the account has no parts.
    """
    if account.parts is None:
        raise DataError(f"{account.name}: it is one whole, so there are no shares of parts")
    worth = {
        name: share * float(np.prod(1.0 + account.parts[name].to_numpy()))
        for name, share in account.shares.items()
    }
    total = sum(worth.values())
    return {name: value / total for name, value in worth.items()}


def shown_stress(table: pd.DataFrame) -> pd.DataFrame:
    """The table of a page: losses apart from values at risk.

    Returns:
        `title, what` (the days of a window, or the shock), `share, lost`, `share, hold lost`,
        `share, worst drawdown`, `var, after` the shock, `status`.
    """
    is_var = table["measure"] == "var"
    nothing = pd.Series(float("nan"), index=table.index)
    what = table["period"].where(table["period"] != "", table["shock"])
    return pd.DataFrame(
        {
            "title": table["title"],
            "what": what,
            "share, lost": nothing.where(is_var, table["loss"]),
            "share, hold lost": table["hold_loss"],
            "share, worst drawdown": table["worst_drawdown"],
            "var, after": table["var_after"],
            "status": table["status"],
        }
    ).round(9)
