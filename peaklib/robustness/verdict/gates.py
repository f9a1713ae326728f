"""From an assessment to a verdict: five gates, and words that nobody types.

- A gate that fails decisively makes the answer NOT SUPPORTED, and so do all of them together
  where each fails only just (the holdout aside).
- Otherwise, a gate that does not pass leaves it INCONCLUSIVE.
- A holdout that nobody has opened yet is open, and holds nothing up.
- Evidence that does not verify makes the answer INVALID, whatever the numbers say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from peaklib.robustness.bootstrap.intervals import Interval
from peaklib.robustness.verdict.assessment import Assessment
from peaklib.robustness.verdict.thresholds import Thresholds

State = Literal["pass", "fail", "open"]
Word = Literal["SUPPORTED", "INCONCLUSIVE", "NOT_SUPPORTED", "INVALID"]
Key = Literal["out_of_sample", "deflated_sharpe", "overfitting", "plateau", "holdout"]


@dataclass(frozen=True)
class Gate:
    """One thing that a result has to stand up to.

    Args:
        key: which one.
        state: passed, failed, or open where it was not put to the test.
        decisive: whether the failure alone answers the question.
    """

    key: Key
    state: State
    decisive: bool = False


@dataclass(frozen=True)
class HoldoutLook:
    """What was seen where the holdout was opened for the selected trial.

    Args:
        difference: Sharpe there minus the benchmark's, with its interval; None where the result
            is not there any more.
        openings: how often the instrument's holdout was opened in all, this time included.
    """

    difference: Interval | None
    openings: int


@dataclass(frozen=True)
class Judgement:
    """The answer and the gates behind it, in the order of the report."""

    verdict: Word
    gates: tuple[Gate, ...]

    def gate(self, key: Key) -> Gate:
        """One gate by its key."""
        return next(gate for gate in self.gates if gate.key == key)


def judge(
    assessment: Assessment,
    thresholds: Thresholds,
    *,
    holdout: HoldoutLook | None = None,
    bent: bool = False,
    problems: Sequence[str] = (),
) -> Judgement:
    """Hold an assessment against the thresholds.

    Args:
        assessment: see `assess`.
        thresholds: as they were fixed before the sweep ran.
        holdout: what an opened holdout said; None while it is untouched, or where there is none.
        bent: whether some of the runs were made under other thresholds; then the answer is
            INCONCLUSIVE at best.
        problems: what does not verify about the evidence.
    """
    gates = (
        _out_of_sample(assessment),
        _deflated(assessment, thresholds),
        _overfitting(assessment, thresholds),
        _plateau(assessment, thresholds),
        _holdout(holdout, thresholds),
    )
    if problems:
        return Judgement("INVALID", gates)
    word = _verdict(gates)
    return Judgement("INCONCLUSIVE" if bent and word == "SUPPORTED" else word, gates)


def _verdict(gates: Sequence[Gate]) -> Word:
    if any(gate.decisive for gate in gates) or all_fail(gates):
        return "NOT_SUPPORTED"
    asked = [gate for gate in gates if gate.key != "holdout" or gate.state != "open"]
    return "SUPPORTED" if all(gate.state == "pass" for gate in asked) else "INCONCLUSIVE"


def all_fail(gates: Sequence[Gate]) -> bool:
    """Whether every gate that a backtest alone can answer was tried and failed."""
    return all(gate.state == "fail" for gate in gates if gate.key != "holdout")


def _out_of_sample(assessment: Assessment) -> Gate:
    found = assessment.out_of_sample_diff
    if found is None:
        return Gate("out_of_sample", "open")
    return Gate("out_of_sample", "pass" if found.low > 0 else "fail", decisive=found.high < 0)


def _deflated(assessment: Assessment, thresholds: Thresholds) -> Gate:
    rule, found = thresholds.deflated_sharpe, assessment.deflated.dsr
    passed = found >= rule.pass_at
    return Gate("deflated_sharpe", "pass" if passed else "fail", decisive=found < rule.fail_below)


def _overfitting(assessment: Assessment, thresholds: Thresholds) -> Gate:
    rule = thresholds.overfitting
    if assessment.overfitting is None:
        return Gate("overfitting", "open")
    found = assessment.overfitting.probability
    passed = found <= rule.pass_at
    return Gate("overfitting", "pass" if passed else "fail", decisive=found > rule.fail_above)


def _plateau(assessment: Assessment, thresholds: Thresholds) -> Gate:
    found = assessment.plateau
    if not found.neighbours:
        return Gate("plateau", "open")
    return Gate("plateau", "pass" if found.share >= thresholds.plateau.pass_at else "fail")


def _holdout(look: HoldoutLook | None, thresholds: Thresholds) -> Gate:
    if look is None:
        return Gate("holdout", "open")
    if look.difference is None:
        return Gate("holdout", "fail")
    untouched = look.openings <= thresholds.holdout.openings
    passed = untouched and look.difference.estimate > 0
    return Gate("holdout", "pass" if passed else "fail", decisive=look.difference.high < 0)
