"""`peak sweeps`: what is done with finished sweeps. Each subcommand loads when asked for."""

from typing import Final

import click

from peaklib.cli.lazy import Lazy, LazyGroup

_COMMANDS: Final = {
    "compare": Lazy("sweeps_compare", "Lay sweeps side by side."),
    "open-holdout": Lazy(
        "sweeps_holdout", "Evaluate the chosen trial on the holdout; counted.", "open_holdout"
    ),
    "page": Lazy("sweeps_page", "Look closer at a sweep: heatmaps, robustness."),
    "portfolio": Lazy(
        "sweeps_portfolio", "Choose a portfolio in sample, judge it unseen; counted."
    ),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def command() -> None:
    """Compare finished sweeps, open a holdout, look closer, make a portfolio.

    SWEEP is the id of a sweep's run, its beginning or its last six digits, or the name of a
    sweep, which stands for its newest run.
    """
