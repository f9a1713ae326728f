"""Numbers of the book as an order would leave it, each beside its limit.

Every function counts in whatever numbers it is given. The gate gives floats first; a figure
that lands so near its limit that rounding could decide is counted again in fractions, with the
numbers as they are printed. So no limit is passed by a rounding error, and an order that is
just as large as allowed is allowed.
"""

from fractions import Fraction
from typing import Any, Final, NamedTuple

from peaklib.risk.gating.book import Others, Stress, Tail, Wealth
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
        is_flat: whether nothing at all is held.
        span: what `gross` would be if order and former position did not cancel.
        spread: what `equity` would be if nothing in it cancelled, neither the two prices nor
            their difference and the equity before.
    """

    equity: Any
    value: Any
    gross: Any
    is_flat: bool
    span: Any
    spread: Any


def after_order(wealth: Wealth, others: Others, deal: Deal) -> After:
    """The book that an order makes of an account."""
    equity = spread = wealth.equity
    worse = deal.sign * (deal.price - others.price)
    if worse > 0:
        equity = equity - deal.quantity * worse
        spread = spread + deal.quantity * (deal.price + others.price)
    value = (others.held + deal.sign * deal.quantity) * others.price
    span = others.gross + (abs(others.held) + deal.quantity) * others.price
    # By count, as the product of a tiny position and a tiny price may be no float but 0.
    is_flat = not (others.n_positions or value)
    return After(equity, value, others.gross + abs(value), is_flat, span, spread)


def figures(
    wealth: Wealth, others: Others, deal: Deal, after: After, bounds: Bounds
) -> list[Figure]:
    """Everything but value at risk and stress."""
    price, size = others.price, abs(after.value)
    notional = deal.quantity * max(price, deal.price)
    net = abs(others.net + after.value)
    gap = abs(deal.price - price) / price
    day, peak, equity = wealth.day_start, wealth.peak, after.equity
    span, spread = after.span, after.spread
    return [
        ("price_gap", gap, bounds["max_price_gap"], 1 + gap, ""),
        ("order_notional", notional, bounds["max_order_notional"], notional, ""),
        ("position_notional", size, bounds["max_position_notional"], span, ""),
        ("gross_exposure", after.gross, bounds["max_gross_exposure"], span, ""),
        ("net_exposure", net, bounds["max_net_exposure"], span, ""),
        _by_equity("leverage", after, after.gross, bounds["max_leverage"]),
        _by_equity("concentration", after, max(others.largest, size), bounds["max_concentration"]),
        ("daily_loss", (day - equity) / day, bounds["max_daily_loss"], 1 + spread / day, ""),
        ("drawdown", (peak - equity) / peak, bounds["max_drawdown"], 1 + spread / peak, ""),
    ]


def _by_equity(name: str, after: After, amount: Any, limit: Any, widest: float = 0.0) -> Figure:
    if after.equity <= 0:
        return name, None, limit, 0.0, _NO_EQUITY
    # An error of the equity counts as often as the amount is larger than the equity.
    scale = float(after.span / after.equity * (after.spread / after.equity)) * (1.0 + widest)
    return name, amount / after.equity, limit, scale, ""


_NO_EQUITY: Final = "the order would leave no equity"


def value_at_risk(
    after: After, tail: Tail, limit: Any, probability: Fraction, least: int
) -> Figure:
    """Historical value at risk of the resulting book over the period of one scenario.

    The loss, as a fraction of equity, in the k-th worst of n scenarios, k = n × probability
    rounded up: NumPy's quantile `inverted_cdf` of the profits. Where n × probability is whole,
    the next better scenario would do by other definitions; this one is never the smaller.

    Args:
        after: the book after the order.
        tail: scenarios of the book without the order's symbol.
        limit: that it must not be above.
        probability: of the tail, such as 1/100: in floats, 100 × (1 − 0.93) is more than 7.
        least: scenarios that there must be.
    """
    if after.is_flat:
        return "var", 0 * limit, limit, 0.0, ""
    count = len(tail.profits)
    problem = _no_tail(after, tail, probability, least)
    if problem:
        return "var", None, limit, 0.0, problem
    profits = tail.profits + tail.moves * after.value if after.value else tail.profits + 0
    rank = -(-count * probability.numerator // probability.denominator)
    profits.partition(rank - 1)
    return _by_equity("var", after, 0 - profits.item(rank - 1), limit, tail.widest)


def _no_tail(after: After, tail: Tail, probability: Fraction, least: int) -> str:
    count = len(tail.profits)
    if tail.lacking:
        return f"no scenario returns of {', '.join(map(ascii, tail.lacking[:3]))}"
    if tail.moves is None and after.value:
        return "no scenario returns of the order's symbol"
    if count < least:
        return f"{count} scenarios, and {least} are demanded"
    if count * probability.numerator < probability.denominator:
        return f"{count} scenarios are too few for a tail of {float(probability):g}"
    return ""


def stress_loss(after: After, scenarios: tuple[Stress, ...], limit: Any, widest: float) -> Figure:
    """Loss of the resulting book in the worst stress scenario, as a fraction of equity.

    Args:
        after: the book after the order.
        scenarios: of the book without the order's symbol.
        limit: that it must not be above.
        widest: largest size of any of their moves.
    """
    if after.is_flat:
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


def is_thin(after: After) -> bool:
    """Whether so little equity is left that floats may not even know its sign."""
    return bool(after.equity <= _THIN * after.spread)


def is_near(value: Any, limit: Any, scale: Any) -> bool:
    """Whether rounding could decide on which side of its limit a value is."""
    return bool(abs(value - limit) <= _NEAR * (scale if scale > limit else limit))
