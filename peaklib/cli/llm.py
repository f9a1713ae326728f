"""`peak llm`: who serves what, what was asked, what it cost."""

from typing import Final

import click

from peaklib.cli.lazy import Lazy, LazyGroup

_COMMANDS: Final = {
    "matrix": Lazy("llm_matrix", "Who serves which layer, at what price."),
    "why": Lazy("llm_why", "Which model a run asked, and why that one."),
    "spend": Lazy("llm_spend", "What calls have cost, by layer, run, day or model."),
    "dry-run": Lazy("llm_dry_run", "Rehearse a call whose services fail."),
    "serve": Lazy("llm_serve", "A stand-in for all providers, on this machine."),
    "enable": Lazy("llm_enable", "Let a service be asked again that was locked out."),
    "verify": Lazy("llm_verify", "Write models that passed their evals into the lock."),
    "rollback": Lazy("llm_rollback", "Go back to the lock before the present one."),
    "metrics": Lazy("llm_metrics", "Counts of all calls, as Prometheus reads them."),
}


@click.group("llm", cls=LazyGroup, lazy=_COMMANDS)
def command() -> None:
    """Language models: matrix, calls, budgets and locks.

    No model is asked unless AI_ENABLED is 1 or true, and no critic unless AI_ARMED is, too. With
    AI_LOCAL_URL a server on this machine stands in for every provider: `peak llm serve`.
    """
