"""`peak llm dry-run`: which way a call takes when services fail, on this machine."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from peaklib.cli.show import console, emit_json, next_step

if TYPE_CHECKING:
    from peaklib.llm.rehearsal import Rehearsal

_FORM: Final = "{:>2}  {:<13} {:<30} {:<13} {:>7}  {}"


@click.command("dry-run")
@click.option("--layer", required=True, help="L0 … L4.")
@click.option("--role", default="primary", show_default=True, help="primary or critic.")
@click.option(
    "--fail",
    default="",
    metavar="ROW=FAULT,…",
    help="Which rows fail and how; ROW=FAULT+FAULT… fails in turn. The others are well.",
)
@click.option(
    "--deadline",
    type=click.FloatRange(0.1, 600),
    default=2.0,
    show_default=True,
    help="Seconds for each row, in this rehearsal.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def command(layer: str, role: str, fail: str, deadline: float, as_json: bool) -> None:
    """Rehearse one call against a server on this machine that fails as told.

    The router is the real one; ledger and budgets are thrown away. No key, no network, no model.

    \b
    Examples:
      peak llm dry-run --layer L1 --fail primary=timeout,fallback1=429
      peak llm dry-run --layer L2 --fail primary=429-soon+ok
      peak llm serve --list-faults

    Exit status: 0 the call was answered, 1 it was aborted, 2 it cannot be rehearsed like this.
    """
    from peaklib.cli.project import find_project
    from peaklib.llm.rehearsal import rehearse
    from peaklib.llm.settings import load_settings

    settings = load_settings(find_project() / "configs" / "ai", today=datetime.now(UTC).date())
    done = rehearse(settings, layer, role, _read(fail), deadline_s=deadline)
    if as_json:
        emit_json(_plain(done))
    else:
        _show(done)
    if done.error is not None:
        raise SystemExit(1)


def _read(fail: str) -> dict[str, str | list[str]]:
    from peaklib.llm.standin.faults import in_turn

    faults: dict[str, str | list[str]] = {}
    for each in filter(None, fail.split(",")):
        row, equals, names = each.partition("=")
        if not (row and equals and names) or row in faults:
            raise click.BadParameter(
                f"{each!r}; give each row once, as primary=timeout,fallback1=429",
                param_hint="--fail",
            )
        faults[row] = in_turn(names)
    return faults


def _show(done: "Rehearsal") -> None:
    from peaklib.cli.llm_words import write

    call = done.call
    write(f"{call.layer} {call.role}: a rehearsal on this machine; no model was asked")
    console.print(_FORM.format("", "row", "service", "outcome", "time", "then"), soft_wrap=True)
    for step, then in zip(call.steps, done.decisions(), strict=True):
        time = "" if step.latency_ms is None else f"{step.latency_ms / 1000:.2f} s"
        line = _FORM.format(step.attempt, step.row, step.service, step.outcome or "?", time, then)
        console.print(line.rstrip(), soft_wrap=True)
        if step.reason:
            write(step.reason, 4)
    if done.error is None:
        write(f"✓ answered by {call.steps[-1].service}: {done.text}")
    else:
        write(f"✕ aborted, the caller gets a {type(done.error).__name__}")
    next_step("peak llm matrix" if done.error is None else "peak llm serve --list-faults")


def _plain(done: "Rehearsal") -> dict[str, Any]:
    return {
        "layer": done.call.layer,
        "role": done.call.role,
        "answered": done.error is None,
        "text": done.text,
        "error": done.error and type(done.error).__name__,
        "message": done.error and str(done.error),
        "requests": done.requests,
        "steps": [
            {
                "attempt": step.attempt,
                "row": step.row,
                "service": step.service,
                "sent": step.sent,
                "outcome": step.outcome,
                "reason": step.reason,
                "latency_ms": step.latency_ms,
                "tokens": step.tokens,
                "cost_micro_eur": step.cost_micro_eur,
                "then": then,
            }
            for step, then in zip(done.call.steps, done.decisions(), strict=True)
        ],
    }
