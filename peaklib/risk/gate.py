"""The L5 gate: may this order pass, given this account and these limits?

A pure function: no file, no clock, no random number, and nothing is fitted. It denies by
default: whatever is missing, malformed or not computable blocks, with its reason and without an
exception. It judges the book as the order would leave it. What it promises and what it does
not: ADR-0005.
"""

from datetime import datetime

from peaklib.risk.gating.checks import CHECKS, Check
from peaklib.risk.gating.decision import RULES, GateDecision
from peaklib.risk.gating.intent import OrderIntent
from peaklib.risk.gating.judging import all_checks
from peaklib.risk.gating.limits import STAGES, RiskLimits
from peaklib.risk.gating.reading import kind_of
from peaklib.risk.gating.state import PortfolioState
from peaklib.risk.gating.tally import Tally

__all__ = [
    "CHECKS",
    "RULES",
    "STAGES",
    "Check",
    "GateDecision",
    "OrderIntent",
    "PortfolioState",
    "RiskLimits",
    "Tally",
    "evaluate",
]


def evaluate(
    order: OrderIntent, state: PortfolioState, limits: RiskLimits, *, now: datetime
) -> GateDecision:
    """Decide on one order.

    Every check is made and reported, also after one that failed. Losses are positive numbers.

    Args:
        order: what somebody would like to send.
        state: the account, its prices, and scenarios per symbol.
        limits: what may be.
        now: the time to judge staleness and order rate by, at a fixed offset of UTC.

    Returns:
        The decision. Nothing is raised, whatever the arguments are: one that is not what it
        should be is a block.
    """
    try:
        checks = all_checks(order, state, limits, now)
    except Exception as error:
        # The last fence: an object whose parts are not even there must not open the gate.
        reason = f"an input cannot be read ({kind_of(error)})"
        checks = tuple(Check(name, None, None, False, reason) for name in CHECKS)
        return GateDecision(checks, kind_of(order), kind_of(state), kind_of(limits), None)
    return GateDecision(checks, order, state, limits, now)
