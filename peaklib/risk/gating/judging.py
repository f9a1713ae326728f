"""All checks of the gate, one after the other."""

from bisect import bisect_right
from typing import Any, Final

from peaklib.risk.gating.book import ReadBook, Wealth, read_state
from peaklib.risk.gating.checks import CHECKS, Check
from peaklib.risk.gating.intent import OrderIntent, order_problems, unknown_problems
from peaklib.risk.gating.limits import ReadLimits, RiskLimits, read_limits
from peaklib.risk.gating.reading import exact, microseconds, shown, time_problem
from peaklib.risk.gating.resulting import (
    Deal,
    Figure,
    after_order,
    figures,
    is_near,
    is_thin,
    stress_loss,
    value_at_risk,
)
from peaklib.risk.gating.state import PortfolioState

MALFORMED: Final = "an input is malformed"
"""Why a check is not computable, if it is not its own fault."""

_TOLD: Final = 5
_SECOND: Final = 1_000_000
_FIRST: Final = ("stage", "kill_switch", "inputs", "symbol")
_LIMIT_OF: Final = {
    **{name: f"max_{name}" for name in CHECKS if name not in _FIRST},
    "price_age": "max_price_age_s",
    "order_rate": "max_orders",
}


def all_checks(order: object, state: object, limits: object, now: object) -> tuple[Check, ...]:
    """Every check of an order, in the order of `CHECKS`.

    Args:
        order, state, limits, now: as `evaluate` takes them, of whatever type.
    """
    read = read_limits(limits)
    state_wrong, book = read_state(state)
    order_wrong, not_a_time = order_problems(order), time_problem("now", now)
    strange = unknown_problems("order", order.unknown) if type(order) is OrderIntent else []
    wrong = [*order_wrong, *strange, *state_wrong, *read.problems]
    if not_a_time:
        wrong.append(not_a_time)
    first = [
        _stage(order, limits, read),
        _kill_switch(state),
        _inputs(wrong),
        _symbol(order, limits, read),
    ]
    if order_wrong or book is None or read.problems or not_a_time:
        blank = [_blank(name, limits, MALFORMED) for name in CHECKS[len(first) :]]
        return (*first, *blank)
    return (*first, *_Judge(order, book, limits, read, now).checks())


def _stage(order: object, limits: Any, read: ReadLimits) -> Check:
    stage = order.stage if type(order) is OrderIntent else None
    if type(stage) is not str:
        return Check("stage", None, None, False, "the order names none")
    if stage == "live":
        return Check("stage", "live", None, False, "live orders do not exist here, by design")
    if read.problems:
        return Check("stage", shown(stage), None, False, "the limits are malformed")
    ok = stage in limits.stages
    return Check("stage", stage if ok else shown(stage), ", ".join(limits.stages), ok)


def _kill_switch(state: object) -> Check:
    switch = state.kill_switch if type(state) is PortfolioState else None
    if type(switch) is not bool:
        return Check("kill_switch", None, False, False, "the state does not say that it is off")
    return Check("kill_switch", switch, False, not switch)


def _inputs(wrong: list[str]) -> Check:
    if not wrong:
        return Check("inputs", 0, 0, True)
    more = f"; and {len(wrong) - _TOLD} more" if len(wrong) > _TOLD else ""
    return Check("inputs", len(wrong), 0, False, "; ".join(wrong[:_TOLD]) + more)


def _symbol(order: object, limits: Any, read: ReadLimits) -> Check:
    symbol = order.symbol if type(order) is OrderIntent else None
    if type(symbol) is not str:
        return Check("symbol", None, None, False, "the order names none")
    if read.problems:
        return Check("symbol", shown(symbol), None, False, "the limits are malformed")
    ok = symbol in limits.symbols
    allowed = f"{len(limits.symbols)} symbols"
    return Check("symbol", symbol if ok else shown(symbol), allowed, ok)


def _blank(name: str, limits: Any, problem: str) -> Check:
    limit = None
    if type(limits) is RiskLimits and not read_limits(limits).problems:
        key = _LIMIT_OF[name]
        limit = read_limits(limits).bounds.get(key, getattr(limits, key))
    return Check(name, None, limit, False, problem)


class _Judge:
    """The checks that need numbers; all inputs are well-formed."""

    __slots__ = ("book", "deal", "limits", "moment", "read", "symbol")

    def __init__(self, order: Any, book: ReadBook, limits: Any, read: ReadLimits, now: Any) -> None:
        self.book, self.limits, self.read = book, limits, read
        self.symbol: str = order.symbol
        self.moment = microseconds(now)
        sign = 1 if order.side == "buy" else -1
        self.deal = Deal(sign, float(order.quantity), float(order.price))

    def checks(self) -> list[Check]:
        """From the age of prices to the stress loss."""
        book, symbol, read = self.book, self.symbol, self.read
        if symbol not in book.prices:
            problem = f"the state has no price of {shown(symbol)}"
            found = [_blank(name, self.limits, problem) for name in CHECKS[len(_FIRST) :]]
            found[_RATE] = self._order_rate()
            return found
        others, bounds = book.others(symbol), read.bounds
        after = after_order(book.wealth, others, self.deal)
        stress = book.stress(symbol)
        var = value_at_risk(
            after, book.tail(symbol), bounds["max_var"], read.tail, self.limits.min_scenarios
        )
        drop = stress_loss(after, stress, bounds["max_stress_loss"], book.widest_stress)
        thin = is_thin(after)
        found = [self._price_age(others.oldest, others.newest)]
        found += [
            self._check(figure, thin)
            for figure in figures(book.wealth, others, self.deal, after, bounds)
        ]
        found += [self._order_rate(), self._check(var, thin), self._check(drop, thin)]
        return found

    def _check(self, figure: Figure, thin: bool) -> Check:
        name, value, limit, scale, problem = figure
        if thin or (value is not None and is_near(value, limit, scale)):
            return self._exactly(name, limit)
        return Check(name, value, limit, value is not None and value <= limit, problem)

    def _exactly(self, name: str, limit: float) -> Check:
        """A figure in fractions, where rounding could decide."""
        book, symbol = self.book, self.symbol
        bounds = {key: exact(bound) for key, bound in self.read.bounds.items()}
        wealth = Wealth(*map(exact, book.wealth))
        deal = Deal(self.deal.sign, exact(self.deal.quantity), exact(self.deal.price))
        others = book.count_others(symbol, exact)
        after = after_order(wealth, others, deal)
        if name == "var":
            tail = book.count_tail(symbol, exact)
            least = self.limits.min_scenarios
            figure = value_at_risk(after, tail, bounds["max_var"], self.read.tail, least)
        elif name == "stress_loss":
            stress = book.count_stress(symbol, exact)
            figure = stress_loss(after, stress, bounds["max_stress_loss"], 0.0)
        else:
            every = figures(wealth, others, deal, after, bounds)
            figure = next(each for each in every if each[0] == name)
        _, value, bound, _, problem = figure
        if value is None:
            return Check(name, None, limit, False, problem)
        return Check(name, float(value), limit, value <= bound)

    def _price_age(self, oldest: int, newest: int) -> Check:
        limit = self.read.bounds["max_price_age_s"]
        if newest > self.moment:
            early = (newest - self.moment) / _SECOND
            return Check("price_age", -early, limit, False, f"one is {early:,.1f} s in the future")
        age = self.moment - oldest
        # Rounded once, and so in the order of the decimals that they print as.
        seconds = age / _SECOND
        return Check("price_age", seconds, limit, seconds <= limit)

    def _order_rate(self) -> Check:
        times, limit = self.book.order_times, self.limits.max_orders
        if times and times[-1] > self.moment:
            return Check("order_rate", None, limit, False, "an order was sent in the future")
        before = len(times) - bisect_right(times, self.moment - self.read.window)
        return Check("order_rate", before + 1, limit, before + 1 <= limit)


_RATE: Final = CHECKS.index("order_rate") - len(_FIRST)
