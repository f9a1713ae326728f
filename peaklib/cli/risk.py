"""`peak risk`: risk chapters of runs, and the gate's decision on an order."""

from typing import Final

import click

from peaklib.cli.lazy import Lazy, LazyGroup

_COMMANDS: Final = {
    "report": Lazy(
        "risk_report", "Write the risk chapter of a run: measures, stress, attribution."
    ),
    "check": Lazy("risk_check", "Ask the risk gate about an order; simulation only."),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def command() -> None:
    """Tell the risk of a run, and ask the gate about an order.

    Nothing here can reach an exchange: an order is a file, and the answer is a table.
    """
