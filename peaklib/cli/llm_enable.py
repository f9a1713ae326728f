"""`peak llm enable`: a person clears a service that was disabled."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from peaklib.cli.llm_words import moment, write
from peaklib.cli.project import find_project
from peaklib.cli.show import console, emit_json, next_step

if TYPE_CHECKING:
    from peaklib.llm.books import Disabled


@click.command("enable")
@click.argument("service", required=False)
@click.option("--by", help="Who decides it; kept in the ledger.")
@click.option("--reason", help="Why it may be asked again; kept in the ledger.")
@click.option("--json", "as_json", is_flag=True, help="Print what is, or was, disabled.")
def command(service: str | None, by: str | None, reason: str | None, as_json: bool) -> None:
    """Let SERVICE be asked again, or list what is disabled.

    A service (provider:model) is disabled when another model answered in its name.

    \b
    Examples:
      peak llm enable
      peak llm enable openai:gpt-5-mini --by mira --reason "alias announced, snapshot allowed"
    """
    from peaklib.evidence import runs_folder
    from peaklib.evidence.ledger.ledger import Ledger
    from peaklib.llm.books import Books
    from peaklib.llm.books.state import state_of

    find_project()
    ledger = Ledger(runs_folder() / "ledger.jsonl")
    if service is None:
        if by or reason:
            raise click.UsageError("name the service; `peak llm enable` alone lists them")
        _list(list(state_of(ledger).disabled.values()), as_json)
        return
    if not by or not reason:
        raise click.UsageError("--by and --reason are needed: a person decides it, for a reason")
    known = Books(runs_folder() / "llm", ledger).enable(service, by, reason)
    if as_json:
        emit_json(asdict(known))
        return
    write(f"✓ {service} may be asked again; {by}: {reason}")
    _tell("– it was disabled", known)
    next_step(f"peak llm why {known.run_id}" if known.run_id else "peak llm matrix")


def _list(disabled: "list[Disabled]", as_json: bool) -> None:
    if as_json:
        emit_json([asdict(one) for one in disabled])
        return
    for one in disabled:
        _tell(f"✕ {one.service}", one)
    if disabled:
        next_step("peak llm enable SERVICE --by NAME --reason TEXT")
    else:
        console.print("no service is disabled")
        next_step("peak llm matrix")


def _tell(what: str, disabled: "Disabled") -> None:
    write(f"{what} since {moment(disabled.since)}")
    write(f"{disabled.reason} (run {disabled.run_id or 'unknown'})", 2, 2)
