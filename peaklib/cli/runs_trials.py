"""`peak runs trials`: how many trials were really made."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from shlex import quote
from typing import TYPE_CHECKING, Any, Final

import click

from peaklib.cli.run_filters import unknown
from peaklib.cli.show import console, emit_json, next_step

if TYPE_CHECKING:
    from rich.table import Table

    from peaklib.evidence.trials.count import ContextCount, FamilyCount, SharpeSpread

_COUNTS: Final = ("distinct", "failed", "repeats", "runs")


@click.command("trials")
@click.option("--family", metavar="F", help="This family only, context by context.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts for a script.")
def command(family: str | None, as_json: bool) -> None:
    """Count the trials that were really made, by family.

    A trial is a distinct combination of strategy, version, all parameters, data, period,
    costs and fill. Every point of an evaluated grid is one. Trials that only failed or
    interrupted runs have evaluated stand apart; repeats and re-runs of kind `repro` are no
    trials; deleted runs still count, because the ledger remembers them.

    \b
    Examples:
      peak runs trials
      peak runs trials --family sma_crossover/sp500
    """
    from peaklib.cli.project import find_project
    from peaklib.evidence.registry.registry import Registry
    from peaklib.evidence.trials.count import count_trials

    find_project()
    registry = Registry()
    counted = count_trials((event.data for event in registry.ledger.events("publish")), family)
    if family is not None and family not in counted:
        known = count_trials(event.data for event in registry.ledger.events("publish"))
        if known:
            raise unknown(f"of family {family!r}", family, list(known))
    if as_json:
        emit_json({"families": [asdict(count) for count in counted.values()]})
    elif family in counted:
        _print_family(counted[family])
    else:
        _print_families(list(counted.values()))


def _print_families(counts: Sequence["FamilyCount"]) -> None:
    if not counts:
        console.print("no trials on record")
        next_step("peak sweep configs/sweeps/quick.toml")
        return
    table = _table("family", *_COUNTS, "failed runs")
    for count in counts:
        table.add_row(count.family, *_numbers(count), f"{count.failed_runs:,}")
    console.print(table)
    total = sum(count.distinct for count in counts)
    families = "1 family" if len(counts) == 1 else f"{len(counts):,} families"
    console.print(f"{families}, {_many(total, 'distinct trial')}", soft_wrap=True)
    largest = max(counts, key=lambda count: count.distinct)
    next_step(f"peak runs trials --family {quote(largest.family)}")


def _print_family(count: "FamilyCount") -> None:
    console.print(f"family  {count.family}", soft_wrap=True)
    console.print(
        f"{_many(count.distinct, 'distinct trial')} · {count.failed:,} failed · "
        f"{_many(count.repeats, 'repeat')} · {_many(count.runs, 'run')} · "
        f"{_many(count.failed_runs, 'failed run')}"
    )
    if count.contexts:
        _print_contexts(count)
    next_step(f"peak runs best --metric sharpe --family {quote(count.family)}")


def _print_contexts(count: "FamilyCount") -> None:
    facts = [_facts(context) for context in count.contexts]
    names = dict.fromkeys(name for fact in facts for name in fact)
    shared = [name for name in names if len({fact.get(name) for fact in facts}) == 1]
    console.print("the same in all  " + _listed(facts[0], shared))
    table = _table("context", *_COUNTS, "Sharpe", "sd")
    for context, fact in zip(count.contexts, facts, strict=True):
        apart = [name for name in names if name not in shared]
        words = _listed(fact, apart) or "all"
        table.add_row(words, *_numbers(context), *_spread(context.sharpe))
    if len(facts) > 1:
        table.add_row("all", *_numbers(count), *_spread(count.sharpe))
    console.print(table)
    if count.sharpe.overlapping:
        console.print(
            "! grids overlap: a trial that lies in several of them weighs more than once in mean "
            "and sd (the counts are exact)"
        )


def _facts(context: "ContextCount") -> dict[str, str]:
    """What a context is, by short names."""
    terms = {name: _plain(value) for name, value in context.terms.items()}
    return {
        "strategy": f"{context.strategy} v{context.version}",
        "parameters": " ".join(context.parameters) or "none",
        "data": f"{context.data} {context.digest[:8]}",
        "days": f"{context.start} to {context.end}",
        **terms,
    }


def _listed(facts: Mapping[str, str], names: Sequence[str]) -> str:
    return ", ".join(f"{name} {facts[name]}" for name in names if name in facts)


def _numbers(count: Any) -> list[str]:
    return [f"{getattr(count, name):,}" for name in _COUNTS]


def _spread(sharpe: "SharpeSpread") -> tuple[str, str]:
    """Mean and standard deviation, a tilde where trials weigh more than once."""
    sign = "~" if sharpe.overlapping else ""
    mean = "–" if sharpe.mean is None else f"{sign}{sharpe.mean:.2f}".replace("-", "−")
    deviation = "–" if sharpe.variance is None else f"{sign}{math.sqrt(sharpe.variance):.2f}"
    return mean, deviation


def _table(first: str, *numbers: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(first, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
