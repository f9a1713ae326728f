"""One trial under dearer trading, later fills and other first days, beside hold."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd
import plotly.graph_objects as go

from peaklib.backtest import Terms
from peaklib.render import Line, Mark, line_chart
from peaklib.robustness import (
    break_even_cost,
    cost_sensitivity,
    delay_sensitivity,
    start_sensitivity,
)
from peaklib.sweep.stories.examined import Examined

_COSTS_BPS: Final = (0.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_DELAYS: Final = (0, 1, 2, 5)
# What costs are doubled from where none were agreed.
_SOME_BPS: Final = 5.0


@dataclass(frozen=True)
class Stress:
    """What changes when the terms do; all Sharpe ratios are in sample.

    Args:
        hold: Sharpe of the benchmark under the agreed terms.
        agreed_bps: cost a side, fees and slippage together.
        costs: metrics by cost a side; twice the agreed one is among them.
        break_even_bps: cost at which the trial is no better than hold, see `break_even_cost`.
        delays: metrics by bars that fills come later.
        starts: metrics by the day on which the account opens.
        hold_starts: those of the benchmark.
    """

    hold: float
    agreed_bps: float
    costs: pd.DataFrame
    break_even_bps: float
    delays: pd.DataFrame
    starts: pd.DataFrame
    hold_starts: pd.DataFrame

    @property
    def doubled_bps(self) -> float:
        """Twice the agreed cost a side."""
        return 2.0 * (self.agreed_bps or _SOME_BPS)

    @property
    def ahead(self) -> tuple[int, int]:
        """Starts from which the trial's Sharpe is above hold's, and all starts."""
        theirs = self.hold_starts["sharpe"].reindex(self.starts.index)
        return int((self.starts["sharpe"] > theirs).sum()), len(self.starts)


def stress_of(found: Examined, *, months: int = 6, starts: int = 10) -> Stress:
    """Run the trial under other terms.

    Args:
        found: the trial.
        months: from one start to the next.
        starts: number of first days, the agreed one included.
    """
    trial = found.trial
    held = replace(trial, strategy=found.assessment.subject.benchmark, params={})
    terms = Terms(**{k: v for k, v in trial.terms.items() if k != "warmup"})
    agreed = float(terms.fees_bps + terms.slippage_bps)
    doubled = 2.0 * (agreed or _SOME_BPS)
    hold = found.hold.metrics["sharpe"]
    return Stress(
        hold,
        agreed,
        cost_sensitivity(trial, sorted({*_COSTS_BPS, agreed, doubled})),
        break_even_cost(trial, benchmark=hold),
        delay_sensitivity(trial, _DELAYS),
        start_sensitivity(trial, months=months, n=starts),
        start_sensitivity(held, months=months, n=starts),
    )


def costs_line(found: Stress, *, title: str = "", subtitle: str = "") -> go.Figure:
    """Sharpe by cost a side, with hold as a level."""
    return line_chart(
        [Line("this trial", found.costs.index.tolist(), found.costs["sharpe"].tolist())],
        x_label="costs a side, basis points",
        y_label="Sharpe",
        y_metric="sharpe",
        levels=[Mark(found.hold, "hold")],
        marks=[Mark(found.agreed_bps, "agreed")],
        title=title,
        subtitle=subtitle,
    )


def starts_line(found: Stress, *, title: str = "", subtitle: str = "") -> go.Figure:
    """Sharpe by the first day, of the trial and of hold from the same day."""
    return line_chart(
        [
            Line(name, _years(table.index), table["sharpe"].tolist())
            for name, table in (("this trial", found.starts), ("hold", found.hold_starts))
        ],
        x_label="first day of the account",
        y_label="Sharpe from there on",
        x_metric="year",
        y_metric="sharpe",
        title=title,
        subtitle=subtitle,
    )


def delays_table(found: Stress) -> pd.DataFrame:
    """Later fills: `fills`, `sharpe`, `cagr`, `max_dd`, `n_trades`."""
    words = ["as agreed" if not late else f"{late} bars later" for late in found.delays.index]
    words = ["1 bar later" if word == "1 bars later" else word for word in words]
    shown = found.delays[["sharpe", "cagr", "max_dd", "n_trades"]].reset_index(drop=True)
    shown.insert(0, "fills", words)
    return shown


def break_even_words(found: Stress) -> str:
    """The cost at which the trial is no better than hold, in words."""
    value = found.break_even_bps
    if math.isnan(value):
        return "it never trades"
    if value == 0:
        return "not better than hold even for free"
    if math.isinf(value):
        return "better than hold even at 1,000 bp a side"
    return f"no better than hold from {value:.0f} bp a side on"


def _years(index: "pd.Index[pd.Timestamp]") -> Sequence[float]:
    return [round(at.year + (at.dayofyear - 1) / 366.0, 3) for at in index]
