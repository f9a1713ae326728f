"""What everything on a page of robustness means for its trial, in sentences nobody types."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from peaklib.errors import DataError
from peaklib.render import format_metric, format_range
from peaklib.robustness import Interval, MonteCarlo, Plateau, plateau
from peaklib.sweep.review.shown import number, percent
from peaklib.sweep.stories.contests import Contests
from peaklib.sweep.stories.examined import Examined
from peaklib.sweep.stories.stress import Stress, break_even_words
from peaklib.sweep.stories.walks import ANCHORED, Walks

Word = Literal["yes", "no", "not known"]
IN_ALL: Final = "In all"
# Of the answers, the one that is quoted first where several are no.
_PROPER: Final = "by the sweep's own thresholds"


@dataclass(frozen=True)
class Findings:
    """What a page has computed besides the examination.

    Args:
        in_sample: Sharpe of the trial.
        minus_hold: the same minus hold's.
        walks: choosing anew, among all trials on these bars; None with too few years.
        contests: all trials at once.
        stress: other terms.
        drawn: days drawn again.
    """

    in_sample: Interval | None
    minus_hold: Interval | None
    walks: Walks | None
    contests: Contests
    stress: Stress
    drawn: MonteCarlo


@dataclass(frozen=True)
class Answer:
    """One question and its answer.

    Args:
        question: as it is asked.
        word: the answer.
        sentence: what it stands on.
    """

    question: str
    word: Word
    sentence: str


def answers_of(found: Examined, findings: Findings) -> list[Answer]:
    """The questions of a sceptic, in order, each with an answer that the numbers give."""
    return [
        _cash(findings),
        _hold(findings),
        _unseen(findings),
        _luck(found),
        _carries_over(found),
        _all_trials(findings),
        _plateau(found),
        _other_terms(found, findings),
    ]


def closing_of(found: Examined, findings: Findings) -> list[tuple[str, str]]:
    """The answers and a last sentence, for `render.key_values`."""
    answers = answers_of(found, findings)
    rows = [(one.question, f"**{one.word}**: {one.sentence}") for one in answers]
    return [
        *rows,
        ("How bad can it get?", _depth(found, findings)),
        (IN_ALL, _in_all(found, answers)),
    ]


def _by_interval(found: Interval | None) -> Word:
    if found is None:
        return "not known"
    return "yes" if found.low > 0 else "no" if found.high < 0 else "not known"


def _shown(metric: str, found: Interval) -> str:
    ends = format_range(metric, found.low, found.high)
    return f"{number(metric, found.estimate)}, {percent(found.level)} interval {ends}"


def _cash(findings: Findings) -> Answer:
    found = findings.in_sample
    told = "its Sharpe is undefined" if found is None else f"Sharpe {_shown('sharpe', found)}"
    return Answer(
        "Better than cash, where it was chosen?",
        _by_interval(found),
        f"{told}; the choice flatters it.",
    )


def _hold(findings: Findings) -> Answer:
    found = findings.minus_hold
    told = (
        "it is the same as holding" if found is None else f"Sharpe {_shown('sharpe_diff', found)}"
    )
    return Answer("Better than holding, where it was chosen?", _by_interval(found), f"{told}.")


def _unseen(findings: Findings) -> Answer:
    question = "Does choosing on the past beat holding on unseen years?"
    if findings.walks is None:
        return Answer(question, "not known", "there are too few years to try.")
    found = findings.walks.differences.get(ANCHORED)
    if found is None:
        return Answer(question, "no", "what was chosen never traded.")
    word = _by_interval(found)
    what = {"yes": "it helped", "no": "it did not help", "not known": "it may be chance"}[word]
    return Answer(question, word, f"{what}, Sharpe {_shown('sharpe_diff', found)}.")


def _luck(found: Examined) -> Answer:
    rule, dsr = found.thresholds.deflated_sharpe, found.deflated.dsr
    word: Word = "yes" if dsr >= rule.pass_at else "no" if dsr < rule.fail_below else "not known"
    return Answer(
        "Better than the best that luck brings?",
        word,
        f"deflated Sharpe {number('dsr', dsr)} for {found.deflated.n_trials:.1f} independent "
        f"tries; {rule.pass_at:.2f} is asked for, below {rule.fail_below:.2f} luck explains it.",
    )


def _carries_over(found: Examined) -> Answer:
    question = "Does the best of some years stay good in the others?"
    rule, pbo = found.thresholds.overfitting, found.assessment.overfitting
    if pbo is None:
        return Answer(question, "not known", "there was nothing to choose from.")
    value = pbo.probability
    word: Word = (
        "yes" if value <= rule.pass_at else "no" if value > rule.fail_above else "not known"
    )
    tilt = "higher" if pbo.slope > 0 else "lower"
    also = "" if pbo.slope > 0 else "; yet"
    return Answer(
        question,
        word,
        f"PBO {number('pbo', value)}, where 0.50 is a coin{also or ';'} the better the best of one "
        f"half looked, the {tilt} it was in the other (slope {number('beta', pbo.slope)}).",
    )


def _all_trials(findings: Findings) -> Answer:
    found = findings.contests
    beaten = found.hold.p_value <= round(1.0 - found.level, 12)
    best = format_metric("sharpe_diff", found.hold.sharpe)
    return Answer(
        "Is even the best of all trials better than hold, the search counted?",
        "yes" if beaten else "not known",
        f"p-value {number('p_value', found.hold.p_value)} over {found.n_searched:,} of "
        f"{found.n_trials:,} trials, of which the best is at {best} to hold.",
    )


def own_plateau(found: Examined) -> Plateau | None:
    """The neighbourhood of the trial in its grid; None for a grid of one point."""
    cell, rule = found.target.best.cell, found.thresholds.plateau
    row = int(found.target.best.trial.rpartition(":")[2])
    try:
        return plateau(
            cell.trials, cell.params, "sharpe", keep=rule.keep, radius=rule.radius, at=row
        )
    except DataError:
        return None


def _plateau(found: Examined) -> Answer:
    question, rule = "Do its neighbours on the grid keep it?", found.thresholds.plateau
    around = own_plateau(found)
    if around is None or not around.neighbours:
        return Answer(question, "not known", "it has none.")
    kept = round(around.share * around.neighbours)
    edge = f", and it stands on the edge of {', '.join(around.on_edge)}" if around.on_edge else ""
    return Answer(
        question,
        "yes" if around.share >= rule.pass_at else "no",
        f"{kept} of {around.neighbours} keep {percent(rule.keep)} of its Sharpe{edge}.",
    )


def _other_terms(found: Examined, findings: Findings) -> Answer:
    stress, keep = findings.stress, found.thresholds.plateau.keep
    ahead, starts = stress.ahead
    doubled = float(stress.costs["sharpe"].loc[stress.doubled_bps])
    later = float(stress.delays["sharpe"].loc[1])
    least = max(stress.hold, keep * found.result.metrics["sharpe"])
    stands = doubled > least and later > least and 2 * ahead > starts
    return Answer(
        f"Ahead of hold, and {percent(keep)} of it left, under other terms?",
        "yes" if stands else "no",
        f"Sharpe {number('sharpe', doubled)} at twice the costs and {number('sharpe', later)} "
        f"filled a bar later, hold has {number('sharpe', stress.hold)}; it is ahead from {ahead} "
        f"of {starts} first days; {break_even_words(stress)}.",
    )


def _depth(found: Examined, findings: Findings) -> str:
    depths = findings.drawn.quantiles((0.05,))["max_drawdown"]
    happened = format_metric("max_dd", abs(found.result.metrics["max_dd"]))
    half = findings.drawn.ruin_probability(0.5)
    return (
        f"It fell by {happened}; one in twenty histories drawn from its own days falls by "
        f"**{format_metric('max_dd', abs(float(depths.iloc[0])))}** or more, and "
        f"{format_metric('share', half)} lose half of the start at some time."
    )


def _in_all(found: Examined, answers: list[Answer]) -> str:
    return " ".join(_conclusion(found, answers))


def _conclusion(found: Examined, answers: list[Answer]) -> Iterator[str]:
    count = {word: sum(one.word == word for one in answers) for word in ("yes", "no", "not known")}
    yield (
        f"{count['yes']} of {len(answers)} questions are answered with yes, {count['no']} with no, "
        f"{count['not known']} are not known ({_PROPER})."
    )
    against = [one.question.rstrip("?").lower() for one in answers if one.word == "no"]
    unknown = [one.question.rstrip("?").lower() for one in answers if one.word == "not known"]
    name = f"**{found.target.name}** on {found.target.where}"
    if against:
        yield f"{name} is not shown to be real: “{against[0]}” is answered with no."
    elif unknown:
        yield (
            f"Whether {name} is real is not known: “{unknown[0]}” cannot be answered with these "
            "years."
        )
    else:
        yield (
            f"Nothing here speaks against {name}. It remains a choice made on these years; what "
            "would count is years that nobody has seen."
        )
    if not found.target.is_best:
        yield "It is not the trial that the sweep selects, so whoever looks at it has chosen again."
