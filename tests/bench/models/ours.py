"""Our side: `Router.call` over the project's own configuration. Run as `python -m models.ours`."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from paired.worker import serve

from models.asking import MESSAGES
from models.bare import Bare
from models.calls import stay_on_this_machine
from models.routed import Routed
from peaklib.llm import Limit, Router, Settings, load_settings

_CONFIGS = Path(__file__).resolve().parents[3] / "configs" / "ai"
_DAY = date(2026, 11, 21)
# As long as a line of the ledger about a call.
_LINE = b"x" * 1_100 + b"\n"


def roomy(settings: Settings) -> Settings:
    """The settings with budgets that no measurement uses up."""
    limit = Limit(max_tokens=10**14, max_cost=10**14, max_calls=10**9, deadline_s=60.0)
    budgets = settings.budgets
    return replace(
        settings,
        budgets=replace(
            budgets,
            layers=dict.fromkeys(budgets.layers, limit),
            run=limit,
            phases=dict.fromkeys(budgets.phases, limit),
        ),
    )


async def _nothing() -> None:
    """Our connections are closed with each call."""


def two_lines(path: Path) -> Callable[[], None]:
    """What the disk alone takes of a call: two lines, each on the disk when it is written."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write() -> None:
        for _ in range(2):
            os.write(file, _LINE)
            os.fsync(file)

    return write


def routed(url: str, folder: Path) -> Routed:
    """The side: all switches on, every provider replaced by the service."""
    environ = {"AI_ENABLED": "1", "AI_LOCAL_URL": url}
    settings = roomy(load_settings(_CONFIGS, today=_DAY))
    router = Router(settings, environ=environ, runs=folder)
    asked = {"run_id": "bench", "prompt_version": "bench/1"}
    return Routed(
        lambda: router.call("L2", "primary", MESSAGES, **asked),
        lambda: router.acall("L2", "primary", MESSAGES, **asked),
        _nothing,
        Bare(url),
        {"disk": two_lines(folder / "two_lines")},
    )


if __name__ == "__main__":
    stay_on_this_machine()
    serve(routed(sys.argv[1], Path(sys.argv[2])).commands())
