"""`peak risk check`: what the L5 gate says to an order. Nothing is sent anywhere."""

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from peaklib.cli.llm_words import count, write
from peaklib.cli.show import console, emit_json, next_step

if TYPE_CHECKING:
    from peaklib.risk.gate import GateDecision

_FILE = click.Path(path_type=Path, dir_okay=False)
_WIDEST_VALUE = 19


@click.command("check")
@click.option("--order", "order_file", type=_FILE, required=True, help="The order, JSON or TOML.")
@click.option("--state", "state_file", type=_FILE, required=True, help="The account, the same.")
@click.option(
    "--limits", "limits_file", type=_FILE, help="[default: configs/risk/limits.toml of the project]"
)
@click.option("--now", "moment", metavar="TIME", help="ISO 8601 with a zone.  [default: the clock]")
@click.option("--json", "as_json", is_flag=True, help="Print the decision for a script.")
def command(
    order_file: Path, state_file: Path, limits_file: Path | None, moment: str | None, as_json: bool
) -> None:
    """Ask the risk gate whether an order may pass. It only answers: nothing is sent.

    Every check is shown with value and limit, also after one that failed. A field that is
    missing, unknown or malformed blocks; --now makes an answer that can be repeated.

    \b
    Examples:
      peak risk check --order order.json --state state.json
      peak risk check --order order.toml --state state.json --now 2026-11-27T15:00:00Z

    Exit status: 0 allowed, 1 blocked, 2 a file cannot be read.
    """
    from peaklib.cli.project import find_project
    from peaklib.evidence.clock import utc_now
    from peaklib.risk.gate import evaluate
    from peaklib.risk.gating.limits_file import load_limits
    from peaklib.risk.gating.request_files import read_order, read_state

    now = _parsed(moment) if moment else utc_now()
    path = limits_file or find_project(order_file) / "configs" / "risk" / "limits.toml"
    limits = load_limits(path)
    decision = evaluate(read_order(order_file), read_state(state_file), limits, now=now)
    if as_json:
        emit_json(_plain(decision, now))
    else:
        _print(decision, now)
        if decision.allowed:
            again = ["peak", "risk", "check", "--order", str(order_file)]
            again += ["--state", str(state_file), "--now", now.isoformat(), "--json"]
            again += ["--limits", str(limits_file)] if limits_file else []
            next_step(shlex.join(again))
    if not decision.allowed:
        raise SystemExit(1)


def _parsed(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise click.BadParameter(
            f"{text!r} is no time with a zone; write it as 2026-11-27T15:00:00Z",
            param_hint="--now",
        )
    return moment.astimezone(UTC)


def _print(decision: "GateDecision", now: datetime) -> None:
    from peaklib.risk.gating.judging import MALFORMED

    word = "allowed" if decision.allowed else "blocked"
    failed = sum(not check.ok for check in decision.checks)
    console.print(
        f"{word} at {now:%Y-%m-%d %H:%M:%S} UTC, {failed} of {len(decision.checks)} checks failed"
        "\n",
        soft_wrap=True,
    )
    console.print(f"  {'check':<39} {'value':>{_WIDEST_VALUE}} {'limit':>18}", soft_wrap=True)
    for check in decision.checks:
        value, limit = (_cut(text, _WIDEST_VALUE - k) for k, text in enumerate(check.shown))
        sign = "✓" if check.ok else "✕"
        line = f"{sign} {check.label.rstrip(':'):<39} {value:>{_WIDEST_VALUE}} {limit:>18}"
        console.print(line, soft_wrap=True)
    console.print(f"\ndigest {decision.digest}", soft_wrap=True)
    blank = 0
    for check in decision.checks:
        if check.problem == MALFORMED:
            blank += 1
        elif not check.ok:
            write(f"blocked: {check.sentence}")
    if blank:
        write(f"blocked: {count(blank, 'check')} not computable, as {MALFORMED}")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _plain(decision: "GateDecision", now: datetime) -> dict[str, Any]:
    return {
        "allowed": decision.allowed,
        "reasons": list(decision.reasons),
        "checks": [
            {
                "name": check.name,
                "value": check.value,
                "limit": check.limit,
                "ok": check.ok,
                "sentence": check.sentence,
            }
            for check in decision.checks
        ],
        "digest": decision.digest,
        "now": now.isoformat(),
    }
