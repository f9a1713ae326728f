"""`peak risk check`: what the L5 gate says to an order. Nothing is sent anywhere."""

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

import click

from peaklib.cli.llm_words import count, write
from peaklib.cli.show import console, emit_json, next_step

if TYPE_CHECKING:
    from peaklib.risk.gate import Check, GateDecision, OrderIntent

_FILE = click.Path(path_type=Path, dir_okay=False)
_LABEL: Final = 39
_VALUE: Final = 19
_LIMIT: Final = 18
# As long as a symbol may be, and what is longer is no name.
_LONGEST_NAME: Final = 32


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
      peak risk check --order order.toml --state state.json \\
        --now 2026-11-27T15:00:00Z

    Exit status: 0 allowed, 1 blocked, 2 a file cannot be read.
    """
    from peaklib.cli.project import find_project
    from peaklib.evidence.clock import utc_now
    from peaklib.risk.gate import evaluate
    from peaklib.risk.gating.limits_file import load_limits
    from peaklib.risk.gating.request_files import load_order, load_state

    now = _parsed(moment) if moment else utc_now()
    path = limits_file or find_project(order_file) / "configs" / "risk" / "limits.toml"
    limits = load_limits(path)
    order = load_order(order_file)
    decision = evaluate(order, load_state(state_file), limits, now=now)
    if as_json:
        emit_json(_plain(decision, now))
    else:
        _print(decision, order, limits.symbols, now)
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


def _print(
    decision: "GateDecision", order: "OrderIntent", symbols: Sequence[str], now: datetime
) -> None:
    word = "allowed" if decision.allowed else "blocked"
    failed = sum(not check.ok for check in decision.checks)
    write(_order_in_words(order))
    console.print(
        f"{word} at {now:%Y-%m-%d %H:%M:%S} UTC, {failed} of {len(decision.checks)} checks failed"
        "\n",
        soft_wrap=True,
    )
    console.print(f"  {'check':<{_LABEL}} {'value':>{_VALUE}} {'limit':>{_LIMIT}}", soft_wrap=True)
    for check in decision.checks:
        _print_check(check)
    console.print(f"\ndigest {decision.digest}", soft_wrap=True)
    for reason in _reasons(decision, order, symbols):
        write(f"blocked: {reason}")


def _order_in_words(order: "OrderIntent") -> str:
    """What was judged, `buy 4 sp500 at 2,500.00, paper`, with whatever stands in its fields."""
    quantity, price = _number(order.quantity, decimals=0), _number(order.price, decimals=2)
    side, symbol, stage = map(_name, (order.side, order.symbol, order.stage))
    return f"{side} {quantity} {symbol} at {price}, {stage}"


def _number(value: object, *, decimals: int) -> str:
    """A number with at least so many decimals; anything else as it is told in a sentence."""
    from peaklib.risk.gating.reading import LARGEST, shown

    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        return shown(value)
    text = f"{value:,.12g}"
    whole, _, rest = text.partition(".")
    return text if "e" in text or len(rest) >= decimals else f"{whole}.{rest:0<{decimals}}"


def _name(value: object) -> str:
    """A text as it is if it is one word; anything else as it is told in a sentence."""
    from peaklib.risk.gating.reading import shown

    is_word = isinstance(value, str) and value.isascii() and value.isprintable()
    if is_word and str(value).split() == [value] and len(str(value)) <= _LONGEST_NAME:
        return str(value)
    return shown(value)


def _print_check(check: "Check") -> None:
    """A line of the table, and further ones where the limit is a list."""
    value, limit = check.shown
    first, *others = wrap(limit, _LIMIT, break_on_hyphens=False) or [""]
    start = f"{'✓' if check.ok else '✕'} {check.label.rstrip(':'):<{_LABEL}} "
    console.print(f"{start}{_cut(value, _VALUE):>{_VALUE}} {first:>{_LIMIT}}", soft_wrap=True)
    for other in others:
        console.print(f"{other:>{len(start) + _VALUE + 1 + _LIMIT}}", soft_wrap=True)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _reasons(decision: "GateDecision", order: "OrderIntent", symbols: Sequence[str]) -> list[str]:
    """Why an order is blocked; a cause that several checks share is told once, where it is first.

    Args:
        decision: of the gate.
        order: whose symbol may be misspelt.
        symbols: that the limits allow.
    """
    shared: dict[str, list[Check]] = {}
    for check in decision.checks:
        if not check.ok:
            cause = check.problem if check.value is None and check.problem else check.name
            shared.setdefault(cause, []).append(check)
    reasons = []
    for cause, checks in shared.items():
        reason = checks[0].sentence
        if len(checks) > 1:
            reason = f"{count(len(checks), 'check')} not computable: {cause}"
        elif checks[0].name == "symbol":
            reason += _suggested(order.symbol, symbols)
        reasons.append(reason)
    return reasons


def _suggested(symbol: object, symbols: Sequence[str]) -> str:
    """The allowed symbol that is spelt most alike, as a question; capitals do not count."""
    spelt = {each.casefold(): each for each in symbols}
    text = symbol[:_LONGEST_NAME].casefold() if isinstance(symbol, str) else ""
    near = get_close_matches(text, spelt, n=1)
    return f"; did you mean {spelt[near[0]]!r}?" if near else ""


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
