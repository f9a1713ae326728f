"""What a page about a portfolio stands on, and its figure."""

from pathlib import Path

import pandas as pd
import plotly.graph_objects as go

from peaklib import render
from peaklib.errors import EvidenceError
from peaklib.evidence import Run, open_run
from peaklib.evidence.run import RUN_ROLE
from peaklib.sweep.looks import looks
from peaklib.sweep.portfolio.made import BEST, HOLD, PORTFOLIO, Choice, Portfolio
from peaklib.sweep.results import SweepResults


def cite_portfolio(run: Run, choice: Choice) -> None:
    """Name what a portfolio stands on as inputs: the sweep, its cells, the data read again."""
    results = choice.results
    if results.run_id:
        used = [results.run_id, *(cell.run_id for cell in results.cells)]
        run.use(*(open_run(run_id) for run_id in used), role=RUN_ROLE)
    run.use(*(ground.data for ground in choice.grounds))


def looks_behind(
    results: SweepResults, *, as_of: int | None = None, runs: Path | None = None
) -> int:
    """How often numbers after the split of a sweep were shown, by the ledger; 0 for a preview.

    The look that is about to happen has to be among them: a page that shows these numbers is made
    by `peak sweeps portfolio`, which counts first.

    Args:
        results: of the sweep.
        as_of: lines of the ledger that count.
        runs: folder of runs; the project's by default.

    Raises:
        EvidenceError: no look is on record.
    """
    if not results.run_id:
        return 0
    every = looks(runs, sweep=results.run_id)
    found = sum(look.seq < as_of for look in every) if as_of else 0
    if not found:
        raise EvidenceError(
            f"sweep run {results.run_id}: nobody has counted a look behind its split, so nothing "
            "there is shown; make the portfolio with `peak sweeps portfolio`, which counts it"
        )
    return found


def portfolio_figure(made: Portfolio, *, title: str, subtitle: str) -> go.Figure:
    """Growth and drawdown of the portfolio, its best member and holding, on both sides."""
    both = pd.concat([made.before, made.after])
    # The capital stands one bar ahead of the first return.
    start = both.index[0] - (both.index[1:] - both.index[:-1]).min()
    wealth = (1.0 + both[[PORTFOLIO, BEST, HOLD]]).cumprod()
    opening = pd.DataFrame(1.0, index=[start], columns=wealth.columns)
    curves = pd.concat([opening, wealth])
    last, first = made.before.index[-1], made.after.index[0]
    return render.equity_and_drawdown(
        {str(name): curves[name] for name in curves},
        periods=[
            render.Period("in_sample", start, last, "chosen and weighted here"),
            render.Period("out_of_sample", first, both.index[-1]),
        ],
        title=title,
        subtitle=subtitle,
    )
