"""What a portfolio amounts to, in words that are computed: verdict, headline, gates."""

import math
from collections.abc import Sequence

from peaklib import metrics
from peaklib.render import Fact, Verdict, format_metric
from peaklib.render.first_screen import Sign
from peaklib.robustness import Interval
from peaklib.sweep.portfolio.made import BEST, EQUAL, HOLD, PORTFOLIO, Choice, Portfolio
from peaklib.sweep.portfolio.tables import correlations_table


def verdict_of(difference: Interval | None, gates: Sequence[Fact]) -> Verdict:
    """Supported if every gate passes; not supported without members, or beyond doubt below hold.

    Args:
        difference: Sharpe of the portfolio minus that of holding on unseen days; None without
            members.
        gates: of `gates_of`.
    """
    if difference is None or difference.high < 0:
        return Verdict.NOT_SUPPORTED
    passed = all(gate.sign == "pass" for gate in gates)
    return Verdict.SUPPORTED if passed else Verdict.INCONCLUSIVE


def headline_of(choice: Choice, made: Portfolio | None, difference: Interval | None) -> str:
    """One line."""
    if made is None or difference is None:
        return f"None of {len(choice.candidates)} trials meets the rules: there is no portfolio"
    count = len(made.weights)
    who = "One member" if count == 1 else f"{count} members"
    if math.isnan(difference.estimate):
        return f"{who}, but no trade on unseen days: nothing to judge there"
    side = "above" if difference.estimate > 0 else "below"
    gap = format_metric("sharpe", abs(difference.estimate))
    sure = "" if difference.low > 0 or difference.high < 0 else ", which may be luck"
    return f"{who}, Sharpe {gap} {side} hold on unseen days{sure}"


def sentences_of(choice: Choice, made: Portfolio | None, difference: Interval | None) -> list[str]:
    """What else a reader should know at once."""
    looked = len(choice.candidates)
    # The tries of each data set count those on the others, too.
    tries = max(ground.tries for ground in choice.grounds)
    first = (
        f"{looked} trial{' was' if looked == 1 else 's were'} looked at on the days before "
        f"{choice.split}, the best of each run; "
        f"all that was tried amounts to {tries:.1f} independent tries."
    )
    if made is None or difference is None:
        return [first, f"The best of them fails by: {_nearest(choice)}."]
    return [first, _against_hold(made, difference), _against_simpler(made)]


def _nearest(choice: Choice) -> str:
    return choice.candidates[0].verdict if choice.candidates else "a Sharpe that is not above 0"


def _against_hold(made: Portfolio, difference: Interval) -> str:
    own, held = (format_metric("sharpe", _sharpe(made, name)) for name in (PORTFOLIO, HOLD))
    if math.isnan(difference.estimate):
        return (
            f"From {made.after.index[0]:%Y-%m-%d} on its Sharpe is {own}, holding's {held}: an "
            "account that never moves has none."
        )
    low, high = (format_metric("sharpe", end) for end in (difference.low, difference.high))
    falls = [metrics.max_drawdown(made.after[name].to_numpy()) for name in (PORTFOLIO, HOLD)]
    deep, held_deep = (format_metric("max_dd", fall) for fall in falls)
    return (
        f"From {made.after.index[0]:%Y-%m-%d} on its Sharpe is {own}, holding's {held} "
        f"({100 * difference.level:g} % interval of the difference {low} to {high}); it fell "
        f"{'less' if falls[0] > falls[1] else 'more'} ({deep} against {held_deep})."
    )


def _against_simpler(made: Portfolio) -> str:
    if len(made.weights) == 1:
        return "With one member there is nothing to divide: it is that trial alone."
    equal, best = _sharpe(made, EQUAL), _sharpe(made, BEST)
    return (
        f"Equal weights have {format_metric('sharpe', equal)} on the same days, the member that "
        f"was best before them {format_metric('sharpe', best)} alone."
    )


def gates_of(
    choice: Choice, made: Portfolio | None, difference: Interval | None, looks: int
) -> list[Fact]:
    """What the verdict and its reader hold the portfolio to.

    Args:
        choice: members and rules.
        made: None without members.
        difference: its Sharpe minus holding's on unseen days.
        looks: times that numbers after the split were shown, this one included; 0 for a preview.
    """
    rules, count = choice.rules, len(choice.members)
    floors = f"DSR ≥ {rules.min_dsr:.2f}, PBO ≤ {rules.max_pbo:.2f} before the split"
    gates = [
        Fact("pass" if count else "fail", "Trials above the floors", floors, f"{count} taken"),
        Fact(
            "pass" if count > 1 else "fail",
            "More than one idea",
            f"members correlate at most {rules.max_correlation:.2f}",
            "1 member" if count == 1 else f"{count} members",
        ),
    ]
    if made is None or difference is None:
        return gates
    unseen = _unseen(choice, looks)
    return [*gates, _beats(difference), *_apart(made, rules.max_correlation), unseen]


def _beats(difference: Interval) -> Fact:
    state: Sign = "pass" if difference.low > 0 else "fail" if difference.high < 0 else "open"
    low, high = (format_metric("sharpe", end) for end in (difference.low, difference.high))
    ends = "undefined" if math.isnan(difference.estimate) else f"{low} to {high}"
    rule = f"{100 * difference.level:g} % interval of Sharpe minus hold above 0"
    return Fact(state, "Beats hold on unseen days", rule, ends)


def _apart(made: Portfolio, cap: float) -> list[Fact]:
    pairs = correlations_table(made)["oos_rho"].dropna()
    if pairs.empty:
        return []
    worst = float(pairs.max())
    rule = f"no pair correlates above {cap:.2f} after the split"
    state: Sign = "pass" if worst <= cap else "fail"
    # A number that rounds to the cap would not say on which side of it it lies.
    shown = f"{worst:.2f}" if f"{worst:.2f}" != f"{cap:.2f}" else f"{worst:.4f}"
    return [Fact(state, "Members stay apart", rule, f"{shown} at most")]


def _unseen(choice: Choice, looks: int) -> Fact:
    rule = "no look behind the split on record before"
    own = choice.results.config.split_at
    if looks == 0:
        return Fact("open", "Days were unseen", rule, "a preview, not counted")
    if own is None or choice.split < own:
        word = "the sweep has no split" if own is None else f"the sweep's own split is {own}"
        return Fact("open", "Days were unseen", rule, word)
    before = looks - 1
    words = {0: "never", 1: "once", 2: "twice"}.get(before, f"{before} times")
    return Fact("pass" if before == 0 else "open", "Days were unseen", rule, f"looked at {words}")


def _sharpe(made: Portfolio, name: str) -> float:
    return metrics.sharpe(made.after[name].to_numpy(), periods_per_year=made.choice.year)
