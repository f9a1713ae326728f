"""The numbers of an eval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peaklib.llm.evals.intervals import Estimate, at_most, quantile, share
from peaklib.llm.evals.kept import Kept
from peaklib.llm.evals.scoring import Scored

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Summary:
    """What an eval says about a model, on the cases that it was asked.

    Args:
        cases: that there are.
        asked: of these.
        passed: of the asked ones, at the first answer.
        answered: asked ones with an answer, in whatever form.
        pass_at_1: passed of asked.
        format_ok: share of the answers that follow their schema.
        violations: answers that do something forbidden.
        violations_at_most: share of such answers at most, at 95 %.
        latency_p95_s: seconds of an answer that 95 % do not exceed.
        cost_micro_eur: of all attempts.
    """

    cases: int
    asked: int
    passed: int
    answered: int
    pass_at_1: Estimate
    format_ok: Estimate
    violations: int
    violations_at_most: float | None
    latency_p95_s: Estimate
    cost_micro_eur: int

    @property
    def cost_per_case(self) -> int | None:
        """Micro-EUR of a case, rounded up; None if none was asked."""
        return -(-self.cost_micro_eur // self.asked) if self.asked else None

    def metrics(self) -> dict[str, float | None]:
        """The same as flat numbers, for a run."""
        found: dict[str, float | None] = {
            "cases": self.cases,
            "asked": self.asked,
            "passed": self.passed,
            "answered": self.answered,
            "violations": self.violations,
            "violations_at_most": self.violations_at_most,
            "cost_micro_eur": self.cost_micro_eur,
            "cost_micro_eur_per_case": self.cost_per_case,
        }
        for name in ("pass_at_1", "format_ok", "latency_p95_s"):
            estimate: Estimate = getattr(self, name)
            found |= {
                name: estimate.value,
                f"{name}_low": estimate.low,
                f"{name}_high": estimate.high,
            }
        return found


def summarize(scored: Sequence[Scored], kept: Sequence[Kept]) -> Summary:
    """The numbers of an eval.

    Args:
        scored: all cases.
        kept: the same cases as they went.
    """
    asked = [each for each in scored if each.asked]
    passed = sum(each.passed for each in asked)
    formats = [each.format_ok for each in asked if each.format_ok is not None]
    violations = sum(each.violates for each in asked)
    by_case = {each.case: each for each in kept}
    answered = [by_case[each.case_id] for each in asked if each.format_ok is not None]
    latencies = [each.latency_ms / 1000 for each in answered if each.latency_ms is not None]
    return Summary(
        cases=len(scored),
        asked=len(asked),
        passed=passed,
        answered=len(formats),
        pass_at_1=share(passed, len(asked)),
        format_ok=share(sum(formats), len(formats)),
        violations=violations,
        violations_at_most=at_most(violations, len(asked)),
        latency_p95_s=quantile(latencies, 0.95),
        cost_micro_eur=sum(each.cost_micro_eur for each in kept),
    )


def table_of(
    scored: Sequence[Scored], kept: Sequence[Kept], titles: Sequence[str]
) -> "pd.DataFrame":
    """One row a case."""
    import pandas as pd

    rows: list[dict[str, Any]] = [
        {
            "case": result.case_id,
            "title": title,
            "passed": result.passed,
            "failed": "; ".join(failure.check for failure in result.failures),
            "problems": "; ".join(failure.problem for failure in result.failures),
            "outcome": one.outcome,
            "format_ok": result.format_ok,
            "violates": result.violates,
            "tokens": one.tokens,
            "cost_micro_eur": one.cost_micro_eur,
            "latency_ms": one.latency_ms,
            "call_id": one.call_id,
        }
        for result, one, title in zip(scored, kept, titles, strict=True)
    ]
    frame = pd.DataFrame(rows)
    types = {"format_ok": "boolean", "latency_ms": "Int64"}
    return frame.astype(types)
