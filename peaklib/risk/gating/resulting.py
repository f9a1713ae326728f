"""Numbers of the book as an order would leave it, each beside its limit.

Every function counts in whatever numbers it is given. The gate gives floats first; a figure
that lands so near its limit that rounding could decide is counted again in fractions, with the
numbers as they are printed. So no limit is passed by a rounding error, and an order that is
just as large as allowed is allowed.
"""

import math
from typing import Any, Final, NamedTuple

from peaklib.risk.gating.book import Account, Others, Stress, Tail
from peaklib.risk.gating.limits import Bounds

_NEAR: Final = 1e-9
_THIN: Final = 1e-6


class Deal(NamedTuple):
    """A well-formed order: 1 to buy or -1 to sell, units, price per unit."""

    sign: int
    quantity: Any
    price: Any


Figure = tuple[str, Any, Any, Any, str]
"""A number beside its limit; a plain tuple, as dozens are made for each decision.

Name of the check; value, None if it cannot be computed; limit that it must not be above; size of
what the value was made of, beside which rounding errors are tiny; why it cannot be computed.
"""


class After(NamedTuple):
    """The book after the order, filled at the order's price if that is the worse one.

    Args:
        equity: less what a fill at a price worse than the state's costs.
        value: of the position, signed, at the state's price.
        gross: sum of the sizes of all positions.
        span: what `gross` would be if order and former position did not cancel.
        strain: how much larger the equity was before; rounding errors of ratios grow by it.
    """

    equity: Any
    value: Any
    gross: Any
    span: Any
    strain: Any


def after_order(account: Account, others: Others, deal: Deal) -> After:
    """The book that an order makes of an account."""
    worse = deal.sign * (deal.price - others.price)
    equity = account.equity - deal.quantity * worse if worse > 0 else account.equity
    value = (others.held + deal.sign * deal.quantity) * others.price
    span = others.gross + (abs(others.held) + deal.quantity) * others.price
    strain = account.equity / equity if equity > 0 else 0
    return After(equity, value, others.gross + abs(value), span, strain)


def figures(
    account: Account, others: Others, deal: Deal, after: After, bounds: Bounds
) -> list[Figure]:
    """Everything but value at risk and stress."""
    price, size = others.price, abs(after.value)
    notional = deal.quantity * max(price, deal.price)
    net = abs(others.net + after.value)
    gap = abs(deal.price - price) / price
    day, peak, equity = account.day_start, account.peak, after.equity
    span = after.span
    return [
        ("price_gap", gap, bounds.max_price_gap, 1 + gap, ""),
        ("order_notional", notional, bounds.max_order_notional, notional, ""),
        ("position_notional", size, bounds.max_position_notional, span, ""),
        ("gross_exposure", after.gross, bounds.max_gross_exposure, span, ""),
        ("net_exposure", net, bounds.max_net_exposure, span, ""),
        _by_equity("leverage", after, after.gross, bounds.max_leverage),
        _by_equity("concentration", after, max(others.largest, size), bounds.max_concentration),
        ("daily_loss", (day - equity) / day, bounds.max_daily_loss, _span(account, day), ""),
        ("drawdown", (peak - equity) / peak, bounds.max_drawdown, _span(account, peak), ""),
    ]


def _span(account: Account, start: Any) -> Any:
    return 2 + account.equity / start


def _by_equity(name: str, after: After, amount: Any, limit: Any, widest: float = 0.0) -> Figure:
    if after.equity <= 0:
        return name, None, limit, 0.0, _NO_EQUITY
    scale = float(after.span / after.equity * after.strain) * (1.0 + widest)
    return name, amount / after.equity, limit, scale, ""


_NO_EQUITY: Final = "the order would leave no equity"


def value_at_risk(after: After, tail: Tail, limit: Any, probability: float, least: int) -> Figure:
    """Historical value at risk of the resulting book over the period of one scenario.

    The loss, as a fraction of equity, in the k-th worst of n scenarios, k = n × probability
    rounded up: NumPy's quantile `inverted_cdf` of the profits. Where n × probability is whole,
    the next better scenario would do by other definitions; this one is never the smaller.

    Args:
        after: the book after the order.
        tail: scenarios of the book without the order's symbol.
        limit: that it must not be above.
        probability: of the tail, such as 0.01.
        least: scenarios that there must be.
    """
    if not after.gross:
        return "var", 0 * limit, limit, 0.0, ""
    count = len(tail.profits)
    expected = round(count * probability, 9)
    problem = _no_tail(after, tail, count, expected, least)
    if problem:
        return "var", None, limit, 0.0, problem
    profits = tail.profits + tail.moves * after.value if after.value else tail.profits + 0
    rank = math.ceil(expected)
    profits.partition(rank - 1)
    return _by_equity("var", after, 0 - profits.item(rank - 1), limit, tail.widest)


def _no_tail(after: After, tail: Tail, count: int, expected: float, least: int) -> str:
    if tail.lacking:
        return f"no scenario returns of {', '.join(map(ascii, tail.lacking[:3]))}"
    if tail.moves is None and after.value:
        return "no scenario returns of the order's symbol"
    if count < least:
        return f"{count} scenarios, and {least} are demanded"
    if expected < 1.0:
        return f"{count} scenarios are too few for a tail of {count and expected / count:g}"
    return ""


def stress_loss(after: After, scenarios: tuple[Stress, ...], limit: Any, widest: float) -> Figure:
    """Loss of the resulting book in the worst stress scenario, as a fraction of equity.

    Args:
        after: the book after the order.
        scenarios: of the book without the order's symbol.
        limit: that it must not be above.
        widest: largest size of any of their moves.
    """
    if not after.gross:
        return "stress_loss", 0 * limit, limit, 0.0, ""
    if not scenarios:
        return "stress_loss", None, limit, 0.0, "the state has no stress scenario"
    worst: Any = None
    for name, profit, move, lacking in scenarios:
        if lacking or (move is None and after.value):
            who = ascii(lacking[0]) if lacking else "the order's symbol"
            problem = f"stress scenario {name!a} has no move of {who}"
            return "stress_loss", None, limit, 0.0, problem
        total = profit + move * after.value if move is not None else profit
        if worst is None or total < worst:
            worst = total
    return _by_equity("stress_loss", after, 0 - worst, limit, widest)


def is_thin(account: Account, after: After) -> bool:
    """Whether so little equity is left that floats may not even know its sign."""
    return bool(after.equity <= _THIN * account.equity)


def is_near(value: Any, limit: Any, scale: Any) -> bool:
    """Whether rounding could decide on which side of its limit a value is."""
    return bool(abs(value - limit) <= _NEAR * (scale if scale > limit else limit))
