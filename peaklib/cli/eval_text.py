"""How `peak eval` writes: a bar while it asks, then cases, numbers and changes."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, Self

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from peaklib.cli.llm_words import count, write

if TYPE_CHECKING:
    from rich.console import Console

    from peaklib.evidence import SealedRun
    from peaklib.llm.evals import (
        Baseline,
        Case,
        Comparison,
        EvalPlan,
        Kept,
        Scored,
        Summary,
    )
    from peaklib.llm.evals.intervals import Estimate
    from peaklib.llm.routing.reply import Reply

_MICRO: Final = 1_000_000
_NAME: Final = 19
_LONGEST: Final = 100
_SIGNS: Final = {
    "fails now": "✕",
    "passes now": "✓",
    "fails elsewhere": "≠",
}


class Bar:
    """Listener of an eval; use it as a context around it.

    Args:
        console: where to write; on a terminal a bar, elsewhere nothing.
        total: cases.
    """

    def __init__(self, console: "Console", total: int) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=16),
            TextColumn("{task.completed}/{task.total}  {task.fields[note]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("cases", total=total, note="")
        self._without = 0
        self._cost = 0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._bar.stop()

    def __call__(self, case: "Case", reply: "Reply | None", problem: str) -> None:
        """Show that a case has ended."""
        self._without += reply is None
        self._cost += reply.cost_micro_eur if reply else 0
        note = f"{case.id}  {self._cost / _MICRO:.4f} EUR"
        note += f"  {self._without} without an answer" if self._without else ""
        self._bar.update(self._task, advance=1, note=note)


def announce(plan: "EvalPlan") -> None:
    """What is measured, and who is going to answer."""
    from peaklib.llm.evals import SOURCES

    part = "" if plan.whole else f" of {len(plan.suite)}"
    cases = f"{len(plan.cases)}{part} cases of {plan.suite.layer}"
    write(f"{plan.row.service} on {cases}: {SOURCES[plan.source]}")


def show(
    run: "SealedRun", scored: "Sequence[Scored]", kept: "Sequence[Kept]", summary: "Summary"
) -> None:
    """Cases that failed, then the numbers."""
    for result in scored:
        if result.asked and not result.passed:
            write(f"✕ {result.case_id}", 0)
            for failure in result.failures:
                write(f"{failure.check}: {_short(failure.problem)}", 4)
    left: dict[str, list[str]] = {}
    for one in kept:
        if not one.asked:
            left.setdefault(one.reason, []).append(one.case)
    for reason, cases in left.items():
        write(f"· {count(len(cases), 'case')} not asked ({_short(reason)}): {', '.join(cases)}")
    config, record = run.config(), run.record()
    write(f"{config['service']} on {config['layer']}: {config['said']}")
    for name, text in _numbers(summary):
        write(f"{name:<{_NAME}}{text}", 2, 2 + _NAME)
    if config["source"] != "provider":
        write("latency is that of this machine; cost is a count of tokens at list prices", 2)
    write("ranges hold 90 %, 5 % lie beyond each end", 2)
    sign = "✓" if record["status"] == "completed" else "✕"
    failed = record["status"] == "failed"
    write(f"{sign} {run.run_id}  {record['error'] if failed else record['status']}")


def show_comparison(before: "Baseline", found: "Comparison") -> None:
    """What changed since another eval, case by case."""
    write(f"since {before.service} ({before.source}):")
    for change in found.changes:
        if change.what in _SIGNS:
            failed = f": {', '.join(change.failed)}" if change.failed else ""
            write(f"{_SIGNS[change.what]} {change.case}  {change.what}{failed}", 2, 6)
    for what in ("new", "gone"):
        cases = [change.case for change in found.changes if change.what == what]
        if cases:
            write(f"{count(len(cases), 'case')} {what}, not compared: {', '.join(cases)}", 2, 4)
    if not found.changes:
        write("no case went otherwise", 2)
    if found.difference is not None:
        write(
            f"{found.now} of {count(found.common, 'common case')} passed, {found.before} before: "
            f"{_points(found.difference)}, p = {found.p_value:.3f} (exact McNemar test)",
            2,
        )
    if not found.same_cases:
        write("the files of cases are not the same as then", 2)


def plain(
    run: "SealedRun",
    scored: "Sequence[Scored]",
    kept: "Sequence[Kept]",
    summary: "Summary",
    changes: "Comparison | None",
) -> dict[str, Any]:
    """The same for a script."""
    config, record = run.config(), run.record()
    names = ("layer", "service", "source", "said", "eval_digest", "whole")
    return {
        "run_id": run.run_id,
        "status": record["status"],
        "error": record["error"],
        **{name: config[name] for name in names},
        "metrics": summary.metrics(),
        "cases": [
            {**asdict(result), "outcome": one.outcome, "reason": one.reason}
            for result, one in zip(scored, kept, strict=True)
        ],
        "changes": None
        if changes is None
        else {**asdict(changes), "difference": changes.difference},
    }


def _numbers(summary: "Summary") -> list[tuple[str, str]]:
    asked, most = summary.asked, summary.violations_at_most
    per_case = summary.cost_per_case
    return [
        ("pass@1", _share(summary.pass_at_1, summary.passed, asked)),
        (
            "format",
            _share(
                summary.format_ok,
                round((summary.format_ok.value or 0.0) * summary.answered),
                summary.answered,
            ),
        ),
        (
            "policy violations",
            f"{summary.violations}" + ("" if most is None else f"  at most {most:.1%} of answers"),
        ),
        ("p95 latency", _latency(summary.latency_p95_s)),
        (
            "cost",
            f"{summary.cost_micro_eur / _MICRO:.6f} EUR"
            + ("" if per_case is None else f"  {per_case / _MICRO:.6f} EUR a case"),
        ),
    ]


def _share(estimate: "Estimate", hits: int, of: int) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "no case was asked"
    return f"{estimate.value:.1%}  {hits} of {of}, {estimate.low:.1%} – {estimate.high:.1%}"


def _latency(estimate: "Estimate") -> str:
    if estimate.value is None:
        return "no case was answered"
    low, high = (
        "not enough cases" if end is None else f"{end:.2f} s"
        for end in (estimate.low, estimate.high)
    )
    return f"{estimate.value:.2f} s  {low} – {high}"


def _short(text: str) -> str:
    """On one line or two; all of it stands in the run's table."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f} points".replace("-", "−")
