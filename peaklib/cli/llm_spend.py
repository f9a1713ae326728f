"""`peak llm spend`: what models have used, from the ledger."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from peaklib.cli.llm_words import count, write
from peaklib.cli.project import find_project
from peaklib.cli.show import console, emit_json, next_step
from peaklib.cli.since import first_moment

if TYPE_CHECKING:
    from peaklib.llm.history import Spend, Sum

_BY: Final = ("layer", "run", "day", "model")
_WIDEST: Final = 44


@click.command("spend")
@click.option("--by", type=click.Choice(_BY), default="layer", show_default=True)
@click.option("--since", help="Only attempts since this date or time (ISO 8601; UTC).")
@click.option("--json", "as_json", is_flag=True, help="Print the sums for a script.")
def command(by: str, since: str | None, as_json: bool) -> None:
    """Sum calls, attempts, tokens and money of all models that were asked.

    Money is counted in micro-EUR and shown exactly. An attempt without an outcome counts
    as all that it set aside.

    \b
    Examples:
      peak llm spend
      peak llm spend --by day --since 2026-11-01
    """
    from peaklib.evidence import runs_folder
    from peaklib.evidence.ledger.ledger import Ledger
    from peaklib.llm.history import spend

    first = first_moment(since)
    find_project()
    found = spend(Ledger(runs_folder() / "ledger.jsonl"), by, first)
    if as_json:
        sums = {heading: asdict(one) for heading, one in found.sums.items()}
        start = None if first is None else first.isoformat()
        emit_json({"by": by, "since": start, "sums": sums, "total": asdict(found.total)})
        return
    if found.sums:
        _table(found)
        _remarks(found.total)
        next_step("peak llm why RUN" if by == "run" else "peak llm spend --by run")
    else:
        console.print(f"no model was asked{f' since {since}' if since else ''}")
        next_step("peak llm matrix")


def _table(found: "Spend") -> None:
    names = (*found.sums, "total")
    width = min(max(len(name) for name in names), _WIDEST)
    money = max(len(_money(one)) for one in (*found.sums.values(), found.total))
    _row(found.by, ("calls", "attempts", "tokens", "EUR"), width, money)
    for name, one in (*found.sums.items(), ("total", found.total)):
        cells = (f"{one.calls:,}", f"{one.attempts:,}", f"{_tokens(one):,}", _money(one))
        if len(name) > width:
            console.print(name, soft_wrap=True)
            name = ""
        _row(name, cells, width, money)


def _row(name: str, cells: tuple[str, str, str, str], width: int, money: int) -> None:
    calls, attempts, tokens, cost = cells
    line = f"{name:<{width}}{calls:>7}{attempts:>9}{tokens:>13}{cost:>{money + 2}}"
    console.print(line.rstrip(), soft_wrap=True)


def _tokens(one: "Sum") -> int:
    return one.tokens + one.held_tokens


def _money(one: "Sum") -> str:
    """EUR with all decimals, so that the points stand below each other."""
    from peaklib.llm.books.money import EUR

    whole, rest = divmod(one.cost_micro_eur + one.held_micro_eur, EUR)
    return f"{whole:,}.{rest:06d}"


def _remarks(total: "Sum") -> None:
    from peaklib.llm.books.money import eur

    if total.unfinished:
        held = f"{total.held_tokens:,} tokens and {eur(total.held_micro_eur)}"
        write(
            f"! {count(total.unfinished, 'attempt')} without an outcome (the process died, or is "
            f"still at it): {held} of the sums are what was set aside for them"
        )
    if total.local_micro_eur:
        write(
            f"! {eur(total.local_micro_eur)} of the sums went to stand-ins on this machine: that "
            "counts against budgets, and nobody pays it"
        )
