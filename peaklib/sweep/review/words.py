"""The words of the first screen, each computed from what was found: headline, sentences, gates."""

import math
from collections.abc import Iterator
from typing import Final

from peaklib.render import Fact, Verdict, format_metric
from peaklib.robustness.verdict.gates import Gate, all_fail
from peaklib.sweep.analysis import edges
from peaklib.sweep.review.examination import Review, is_of
from peaklib.sweep.review.matched import held_beside
from peaklib.sweep.review.shown import beside, number, percent, span, times

_NAMES: Final = {
    "out_of_sample": "Beats hold on unseen years",
    "deflated_sharpe": "Better than luck",
    "overfitting": "The choice carries over",
    "plateau": "A plateau, not a peak",
    "holdout": "Survives the holdout",
}
_LINKS: Final = {
    "out_of_sample": "#def-walk-forward",
    "deflated_sharpe": "#def-deflated-sharpe",
    "overfitting": "#def-pbo",
    "plateau": "#def-plateau",
    "holdout": "#def-holdout",
}


def verdict_of(found: Review) -> Verdict:
    """The verdict as the page shows it."""
    return Verdict[found.judgement.verdict]


def gates_of(found: Review) -> list[Fact]:
    """The five gates, each with its rule and what was found."""
    told = {
        "out_of_sample": (_out_of_sample_rule(found), _out_of_sample_value(found)),
        "deflated_sharpe": (
            _deflated_rule(found),
            beside(found.assessment.deflated.dsr, found.thresholds.deflated_sharpe.pass_at),
        ),
        "overfitting": (_overfitting_rule(found), _overfitting_value(found)),
        "plateau": (_plateau_rule(found), _plateau_value(found)),
        "holdout": (_holdout_rule(found), _holdout_value(found)),
    }
    return [
        Fact(gate.state, _NAMES[gate.key], *told[gate.key], link=_LINKS[gate.key])
        for gate in found.judgement.gates
    ]


def gates_title(found: Review) -> str:
    """Whether the thresholds can have been bent to the result."""
    passed = sum(gate.state == "pass" for gate in found.judgement.gates)
    when = {
        True: "thresholds set before the sweep",
        False: "some runs were made under other thresholds",
        None: "a preview",
    }[found.fixed_before]
    return f"Gates · {passed} of {len(found.judgement.gates)} passed · {when}"


def headline_of(found: Review) -> str:
    """The finding in one line."""
    verdict = found.judgement.verdict
    if verdict == "INVALID":
        return "The evidence does not verify: rely on nothing here"
    if verdict == "SUPPORTED":
        return (
            f"{found.best.cell.trials.attrs['strategy']} on {found.best.cell.conventions['data']} "
            "keeps its edge on unseen years"
        )
    gates = found.judgement.gates
    decisive = next((gate for gate in gates if gate.decisive), None)
    if decisive is not None:
        return _lost(found, decisive)
    if all_fail(gates):
        return "Nothing that was asked speaks for an edge"
    return _open(found, next(g for g in gates if g.state != "pass" and _counts(g)))


def _counts(gate: Gate) -> bool:
    return gate.key != "holdout" or gate.state == "fail"


def _lost(found: Review, gate: Gate) -> str:
    trials = f"{found.results.n_trials:,} trials"
    return {
        "out_of_sample": "On unseen years the choice loses to holding",
        "deflated_sharpe": f"The best of {trials} is what luck alone brings",
        "overfitting": "Choosing the best of the past did worse than choosing blind",
        "plateau": "The best trial is a lone peak",
        "holdout": "The edge is gone on the holdout",
    }[gate.key]


def _open(found: Review, gate: Gate) -> str:
    if gate.key == "out_of_sample" and gate.state == "open":
        return "Too few years to try any choice on unseen ones"
    return {
        "out_of_sample": "On unseen years the edge over holding cannot be told from chance",
        "deflated_sharpe": f"The best of {found.results.n_trials:,} trials is not clear of luck",
        "overfitting": "Nothing was there to choose from",
        "plateau": "The best trial stands on a narrow peak",
        "holdout": "The holdout does not confirm the edge",
    }[gate.key]


def sentences_of(found: Review) -> list[str]:
    """Three or four sentences under the headline."""
    if found.problems:
        return [f"{len(found.problems)} checks failed: {'; '.join(found.problems[:3])}."]
    best, hold = found.best, found.best.cell.hold
    name = f"{best.cell.trials.attrs['strategy']} {best.text}"
    return [
        f"**{name}** on {found.where}{_hindsight(found)} has a Sharpe of "
        f"{number('sharpe', best.metrics['sharpe'])} against {number('sharpe', hold['sharpe'])} "
        "for hold, over the years that it was chosen on.",
        *_walked(found),
        f"{found.search.trials:,} trials, worth about {found.assessment.tries:.0f} independent "
        "tries, bring a best Sharpe of about "
        f"**{number('sharpe', found.assessment.deflated.expected_maximum)}** by luck alone.",
        _good_thing(found),
    ]


def _hindsight(found: Review) -> str:
    """How many data sets there were to pick from, in sight of all years."""
    count = len({cell.conventions["data"] for cell in found.results.base})
    return f" (the best of {count} data sets)" if count > 1 else ""


def _walked(found: Review) -> Iterator[str]:
    difference, walked = found.assessment.out_of_sample_diff, found.assessment.walk_forward
    if difference is None or walked is None:
        return
    months = found.thresholds.out_of_sample.months
    often = "year" if months == 12 else f"{months} months"
    if math.isnan(difference.low):
        yield "Chosen anew on the past only, it traded too rarely on unseen years to be judged."
        return
    years = f"{walked.returns.index[0]:%Y}–{walked.returns.index[-1]:%Y}"
    yield (
        f"Chosen anew every {often} on the past only, it is at "
        f"**{number('sharpe_diff', difference.estimate)}** to hold in {years} "
        f"({percent(difference.level)} interval {span(difference)})."
    )


def _good_thing(found: Review) -> str:
    """What it was like to follow the choices: growth, time in the market, largest loss."""
    walked = found.assessment.walk_forward
    if walked is None:
        return "There is no unseen period to look at."
    ours = walked.result.metrics
    hold = held_beside(found)
    word = "less" if ours["max_dd"] > hold.max_dd else "more"
    return (
        f"There it grew to ×{1 + ours['ret']:.2f} against ×{hold.growth:.2f}, invested "
        f"{percent(ours['exposure'])} of the time, and drew down {word}: "
        f"{format_metric('max_dd', ours['max_dd'])} against "
        f"{format_metric('max_dd', hold.max_dd)}."
    )


def _out_of_sample_rule(found: Review) -> str:
    level = found.thresholds.intervals.level
    return f"{percent(level)} interval of Sharpe − hold above 0"


def _out_of_sample_value(found: Review) -> str:
    difference = found.assessment.out_of_sample_diff
    return "too few years" if difference is None else span(difference)


def _deflated_rule(found: Review) -> str:
    pass_at = found.thresholds.deflated_sharpe.pass_at
    return f"deflated Sharpe ≥ {pass_at:.2f}; {found.search.trials:,} trials"


def _overfitting_rule(found: Review) -> str:
    rule, pbo = found.thresholds.overfitting, found.assessment.overfitting
    splits = f", {pbo.n_splits:,} splits" if pbo else ""
    return f"PBO ≤ {rule.pass_at:.2f}{splits}"


def _overfitting_value(found: Review) -> str:
    pbo = found.assessment.overfitting
    if pbo is None:
        return "nothing to choose"
    return beside(pbo.probability, found.thresholds.overfitting.pass_at)


def _plateau_rule(found: Review) -> str:
    rule = found.thresholds.plateau
    return f"≥ {percent(rule.pass_at)} of neighbours keep {percent(rule.keep)} of it"


def _plateau_value(found: Review) -> str:
    plateau = found.assessment.plateau
    kept = round(plateau.share * plateau.neighbours) if plateau.neighbours else 0
    return f"{kept} of {plateau.neighbours}" if plateau.neighbours else "no neighbours"


def _holdout_rule(found: Review) -> str:
    first = found.results.config.holdout_from
    if first is None:
        return "the sweep kept no rows back"
    return f"from {first}, opened {times(found.thresholds.holdout.openings)} at most"


def _holdout_value(found: Review) -> str:
    if found.results.config.holdout_from is None:
        return "none kept"
    if found.look is None:
        return f"unopened, {found.seen:,} trials saw it" if found.seen else "unopened"
    if found.look.difference is None:
        own = any(is_of(opening, found.best) for opening in found.openings)
        return "opened, result gone" if own else "used up by others"
    return span(found.look.difference)


def edge_of(found: Review) -> str:
    """A warning where the best trial stands on the grid's edge, or nothing."""
    axes = edges(found.best.cell, found.best.params)
    if not axes:
        return ""
    listed = ", ".join(f"{name} {found.best.params[name]:g}" for name in axes)
    return f"The best trial stands on the grid's edge ({listed}): a better one may lie outside"
