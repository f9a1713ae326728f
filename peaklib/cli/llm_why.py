"""`peak llm why`: who selected which model in a run, and why."""

from collections.abc import Iterator
from dataclasses import asdict
from shlex import quote
from typing import TYPE_CHECKING, Final

import click

from peaklib.cli.llm_words import count, moment, write
from peaklib.cli.project import find_project
from peaklib.cli.show import console, emit_json, next_step
from peaklib.errors import EvidenceError

if TYPE_CHECKING:
    from peaklib.evidence.ledger.ledger import Ledger
    from peaklib.llm.history import Call, Step, Story

_SHORT: Final = 12
_STEP: Final = 4
_DETAIL: Final = 6


@click.command("why")
@click.argument("run", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="Print the story for a script.")
def command(run: str, as_json: bool) -> None:
    """Tell who selected which model in RUN, and why, from the ledger alone.

    Each call is told row by row: why the row was chosen, what came back, what it cost.

    \b
    Examples:
      peak llm why 5527bb
      peak llm why 5527bb --json
    """
    from peaklib.evidence import runs_folder
    from peaklib.evidence.ledger.ledger import Ledger
    from peaklib.llm.history import why

    find_project()
    ledger = Ledger(runs_folder() / "ledger.jsonl")
    story = why(ledger, _full_id(run, ledger))
    if as_json:
        emit_json(asdict(story))
        return
    _show(story)
    next_step(_then(story))


def _full_id(run: str, ledger: "Ledger") -> str:
    """The id that a text stands for: of a run in the store, else of one only the ledger knows."""
    from peaklib.evidence import Registry
    from peaklib.llm.history import runs

    try:
        return Registry().find(run).run_id
    except EvidenceError as error:
        unknown = error
    asked = runs(ledger)
    found = [one for one in asked if run in (one, one.rpartition("_")[2])] or [
        one for one in asked if one.startswith(run) or one.rpartition("_")[2].startswith(run)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise EvidenceError(f"{run!r} may be {', '.join(found[:5])}; write more of the id")
    last = f"; the last runs that asked models: {', '.join(asked[:-4:-1])}" if asked else ""
    raise EvidenceError(f"{unknown}{last}") from None


def _show(story: "Story") -> None:
    if not story.calls:
        console.print(f"run {story.run_id} asked no model", soft_wrap=True)
    else:
        _show_head(story)
    for number, call in enumerate(story.calls, 1):
        console.print()
        _show_call(number, call)
    for switch in story.switches:
        console.print()
        write(f"! {switch.service} was disabled at {moment(switch.time)}: {switch.reason}")
        cleared = f"enabled again by {switch.cleared}"
        write(cleared if switch.cleared else "nobody may ask it until a person clears it", 2)


def _show_head(story: "Story") -> None:
    from peaklib.llm.books.money import eur

    steps = [step for call in story.calls for step in call.steps]
    sent = [step for step in steps if step.sent]
    answered = sum(call.answer is not None for call in story.calls)
    console.print(f"run {story.run_id}", soft_wrap=True)
    write(
        f"{count(len(story.calls), 'call')}, {answered} answered · "
        f"{count(len(sent), 'attempt')} · {sum(s.tokens for s in sent):,} tokens · "
        f"{eur(sum(s.cost_micro_eur for s in sent))}",
    )
    if any(step.local for step in sent):
        local = sum(step.local for step in sent)
        write(f"! {local} of {len(sent)} went to a stand-in on this machine: no model, no bill")
    for name, digests in (
        (
            "matrix in force",
            {call.matrix_digest: None for call in story.calls if call.matrix_digest},
        ),
        (
            "policy in force",
            {call.policy_digest: None for call in story.calls if call.policy_digest},
        ),
    ):
        if digests:
            write(f"{name}  {', '.join(one[:_SHORT] for one in digests)}")


def _show_call(number: int, call: "Call") -> None:
    write(f"{number}  {call.layer} {call.role} · {moment(call.steps[0].time)}")
    made = [("prompt", call.prompt_version), ("request", call.request_hash[:_SHORT])]
    if any(text for _, text in made):
        write(" · ".join(f"{name} {text}" for name, text in made if text), 2)
    for step in call.steps:
        write(_headline(step), _STEP - 2, _STEP)
        for text in _details(step):
            write(text, _DETAIL)
    write(_verdict(call), _STEP - 2)


def _headline(step: "Step") -> str:
    if not step.sent:
        who = f"{step.row}  {step.service}  not asked" if step.row else "nobody was asked"
        return f"– {who}: {step.in_words}"
    sign = {"ok": "✓", None: "?"}.get(step.outcome, "✕")
    how = f" ({step.outcome})" if step.outcome not in ("ok", None) else ""
    return f"{sign} {step.row}  {step.service}  {step.in_words}{how}"


def _details(step: "Step") -> Iterator[str]:
    if step.why:
        yield f"chosen: {step.why}"
    if step.reason:
        yield f"reason: {step.reason}"
    if step.returned is not None:
        yield f"the reply names the model {step.returned}"
    if step.degraded:
        yield "a weaker stand-in for the primary row (degraded)"
    if step.tools:
        yield f"tools offered: {', '.join(step.tools)}"
    if step.tool_events:
        yield f"the service used: {', '.join(step.tool_events)}"
    if step.sent:
        yield _cost(step)


def _cost(step: "Step") -> str:
    from peaklib.llm.books.money import eur

    said = [f"{step.tokens:,} tokens", eur(step.cost_micro_eur)]
    if step.latency_ms is not None:
        said.append(f"{step.latency_ms / 1000:.1f} s")
    if step.status is not None:
        said.append(f"HTTP {step.status}")
    said += ["stand-in on this machine"] if step.local else []
    remark = {
        None: "all that was set aside counts as spent",
        "missing": "usage not reported: all that was set aside is charged",
        "absurd": "usage cannot be true: all that was set aside is charged",
    }.get(step.usage)
    if step.outcome == "drift":
        remark = "the price of what answered is not known: all that was set aside is charged"
    return " · ".join(said) + (f"; {remark}" if remark else "")


def _verdict(call: "Call") -> str:
    answer = call.answer
    if answer is not None:
        return f"→ answered by {answer.service} ({answer.row})"
    if any(step.sent and step.outcome is None for step in call.steps):
        return "→ no answer is recorded"
    return "→ no answer; the caller got an error"


def _then(story: "Story") -> str:
    disabled = [switch.service for switch in story.switches if not switch.cleared]
    if not disabled:
        # In another run than this one.
        steps = (step for call in story.calls for step in call.steps if not step.sent)
        disabled = [step.service for step in steps if " is disabled since " in step.reason]
    if disabled:
        return f"peak llm enable {quote(disabled[0])} --by NAME --reason TEXT"
    return "peak llm spend --by run" if story.calls else "peak llm spend"
