"""`peak llm rollback`: back to the lock of verified models that stood before."""

import os
import sys
from typing import TYPE_CHECKING, Final

import click

from peaklib.cli.show import console, next_step

if TYPE_CHECKING:
    from peaklib.llm.settings.lock import Lock

_CANNOT_ASK: Final = (
    "rolling back changes which models production may ask, and there is no terminal to ask at; "
    "say --yes if it is meant. Nothing was changed."
)


@click.command("rollback")
@click.option("--yes", is_flag=True, help="Roll back without asking.")
@click.option("--by", help="Who does it, for the ledger.  [default: the user of this machine]")
@click.option("--reason", default="", help="Why, for the ledger.")
def command(yes: bool, by: str | None, reason: str) -> None:
    """Put the lock of verified models back that stood before the present one.

    What changes is shown first, and the ledger is told. The present lock is kept too; calling
    again goes back one more.

    \b
    Examples:
      peak llm rollback
      peak llm rollback --yes --by ada --reason "L2 drifts since Monday"

    Exit status: 0 rolled back, 1 not, 2 there is no lock to go back to, or nobody can be asked.
    """
    from peaklib.cli.project import find_project
    from peaklib.evidence import Ledger, runs_folder
    from peaklib.llm.settings import lock, recorded

    path = find_project() / "configs" / "ai" / lock.FILE
    ledger = runs_folder() / "ledger.jsonl"
    present, before = lock.read_lock(path), lock.previous_lock(path, ledger)
    _announce(present, before)
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError(_CANNOT_ASK)
        if not click.confirm("Roll back?"):
            console.print("nothing was changed")
            raise SystemExit(1)
    who = by or os.environ.get("USER") or "unknown"
    # First the ledger: a change that nobody could record is not made.
    Ledger(ledger).append(
        recorded.EVENT, lock.change("rollback", present, before, by=who, reason=reason)
    )
    lock.rollback(path)
    console.print(f"{lock.FILE} is {before.digest[:12]} again; commit it", soft_wrap=True)
    next_step("peak config-lint --profile prod")


def _announce(present: "Lock", before: "Lock") -> None:
    console.print(
        f"from {present.digest[:12]} ({len(present.entries)} models) "
        f"to {before.digest[:12]} ({len(before.entries)} models)",
        soft_wrap=True,
    )
    old, new = (_named(lock) for lock in (present, before))
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            console.print(f"  {name}  {_score(old, name)} → {_score(new, name)}", soft_wrap=True)


def _named(lock: "Lock") -> dict[str, str]:
    return {
        " ".join(filter(None, (e.layer, e.role, f"{e.provider}:{e.model_id}"))): (
            f"{e.score:.3f} of {e.measured_on}"
        )
        for e in lock.entries
    }


def _score(scores: dict[str, str], name: str) -> str:
    return scores.get(name, "not verified")
