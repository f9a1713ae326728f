"""The figures of a report that show how sure its answer is."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from peaklib.render import (
    Dial,
    IntervalRow,
    Intervals,
    Line,
    Period,
    Selection,
    histogram,
    line_chart,
    scatter_is_oos,
    walk_forward_figure,
)
from peaklib.render.bands import Role
from peaklib.render.marks import Mark
from peaklib.robustness import (
    Interval,
    Stability,
    WalkForward,
    cost_sensitivity,
    rolling_stability,
    window_moments,
)
from peaklib.robustness.bootstrap.run_metrics import RETURN_METRICS
from peaklib.robustness.verdict.subject import stability_windows
from peaklib.sweep.figures import Extras, heatmap_of, slice_rows
from peaklib.sweep.intervals import cell_intervals
from peaklib.sweep.review.examination import Review
from peaklib.sweep.review.facts import trial_of
from peaklib.sweep.review.shown import number, percent

_COSTS_BPS = (0.0, 2.0, 5.0, 10.0, 20.0, 50.0)


def evidence_figure(
    found: Review,
    metrics: Sequence[str],
    *,
    limits: Mapping[str, float] | None = None,
    threads: int | None = None,
    title: str = "",
    subtitle: str = "",
) -> go.Figure | None:
    """The neighbourhood of the best trial with its plateau, and how sure the answer is."""
    cell = found.best.cell
    rule = found.thresholds.intervals
    ends = cell_intervals(
        cell,
        [name for name in metrics if name in RETURN_METRICS],
        slice_rows(cell, found.best.params),
        benchmark=found.results.config.benchmark,
        rule=rule,
        seed=found.results.config.seed,
        threads=threads,
    )
    keep = found.thresholds.plateau.keep
    return heatmap_of(
        cell,
        metrics,
        limits=limits,
        chosen=found.best.params,
        extras=Extras(
            ends=ends,
            level=rule.level,
            plateau=found.assessment.plateau.connected,
            plateau_label=f"plateau: keeps {percent(keep)} of its Sharpe",
            beside=Intervals(
                tuple(_rows(found)),
                x_label="Sharpe minus hold",
                title="The choice",
                note=f"{percent(rule.level)} interval",
            ),
        ),
        title=title,
        subtitle=subtitle,
    )


def _rows(found: Review) -> Iterator[IntervalRow]:
    assessment = found.assessment
    yield _row("in sample", "in_sample", assessment.in_sample_diff)
    if assessment.out_of_sample_diff is not None:
        yield _row("walk-forward", "out_of_sample", assessment.out_of_sample_diff)
    if found.look is not None and found.look.difference is not None:
        yield _row("holdout", "out_of_sample", found.look.difference)


def _row(label: str, role: Role, found: Interval) -> IntervalRow:
    return IntervalRow(label, role, found.low, found.estimate, found.high)


def walked_figure(found: Review, *, title: str = "", subtitle: str = "") -> go.Figure | None:
    """The account that follows the choices, beside hold; None with too few years."""
    walked = found.assessment.walk_forward
    if walked is None:
        return None
    ours = walked.result.curve
    hold = found.assessment.benchmark.equity
    before = hold.loc[: ours.index[1]].iloc[-2] if len(hold) > len(walked.returns) else 1.0
    later = hold.loc[walked.returns.index[0] :] / before
    start = pd.Series([1.0], index=ours.index[:1])
    index = found.assessment.subject.index
    return walk_forward_figure(
        {"walk-forward": ours, "hold": pd.concat([start, later])},
        in_sample=Period("in_sample", index[0], _day_before(index, walked.returns.index[0])),
        out_of_sample=Period("out_of_sample", walked.returns.index[0], walked.returns.index[-1]),
        selections=selections_of(walked),
        log=True,
        title=title,
        subtitle=subtitle,
    )


def selections_of(walked: WalkForward) -> list[Selection]:
    """What was chosen when, as a figure marks it."""
    made = walked.choices
    rows = zip(pd.DatetimeIndex(made["start"]), made["strategy"], made["params"], strict=True)
    return [Selection(start, _words(strategy, params)) for start, strategy, params in rows]


def _day_before(index: pd.DatetimeIndex, day: pd.Timestamp) -> pd.Timestamp:
    return index[int(index.searchsorted(day)) - 1]


def _words(strategy: object, params: object) -> str:
    if not isinstance(params, dict):
        return "nothing: no trial had a Sharpe"
    return f"{strategy} " + ", ".join(f"{name} {value:g}" for name, value in params.items())


def dials_of(found: Review) -> list[Dial]:
    """Deflated Sharpe and overfitting as gauges, one sentence each."""
    deflated, pbo = found.assessment.deflated, found.assessment.overfitting
    rows = [
        Dial(
            "Deflated Sharpe",
            deflated.dsr,
            found.thresholds.deflated_sharpe.pass_at,
            "higher",
            "The chance that the true Sharpe is above "
            f"{number('sharpe', deflated.expected_maximum)}, the best that "
            f"{deflated.n_trials:.0f} independent tries without any skill would show.",
            "#def-deflated-sharpe",
        )
    ]
    if pbo is not None:
        rows.append(
            Dial(
                "Overfitting (PBO)",
                pbo.probability,
                found.thresholds.overfitting.pass_at,
                "lower",
                f"In {percent(pbo.probability)} of {pbo.n_splits:,} ways to halve the years, what "
                "was best in one half was no better than the middle in the other.",
                "#def-pbo",
            )
        )
    return rows


def costs_figure(found: Review, *, title: str = "", subtitle: str = "") -> go.Figure:
    """Sharpe of the best trial at other costs, in sample, beside hold."""
    table = cost_sensitivity(trial_of(found), _COSTS_BPS)
    hold = found.assessment.benchmark.metrics["sharpe"]
    return line_chart(
        [Line("best trial", table.index.tolist(), table["sharpe"].tolist())],
        x_label="costs a side, basis points",
        y_label="Sharpe",
        y_metric="sharpe",
        levels=[Mark(hold, "hold")],
        title=title,
        subtitle=subtitle,
    )


def stability_of(found: Review) -> Stability:
    """The best parameters of the best trial's strategy, half-year by half-year."""
    assessment = found.assessment
    field = assessment.fields[assessment.selected.candidate]
    names = list(stability_windows(assessment.subject))
    return rolling_stability(
        field.frame,
        list(field.frame.attrs["grid"]["order"]),
        window_moments(field.frame, names),
        names,
        periods_per_year=assessment.subject.year,
    )


def stability_figure(found: Review, *, title: str = "", subtitle: str = "") -> go.Figure:
    """How many trials the best one beats in each half-year."""
    best = stability_of(found).best
    years = [int(name[:4]) + (0.5 if name.endswith("H2") else 0.0) for name in best.index]
    return line_chart(
        [Line("the best overall", years, best["overall_place"].tolist())],
        x_label="half-year",
        y_label="share of trials it beats",
        x_metric="year",
        y_metric="share",
        y_range=(0.0, 1.0),
        levels=[Mark(0.5, "the middle")],
        title=title,
        subtitle=subtitle,
    )


def overfitting_figure(found: Review, *, title: str = "", subtitle: str = "") -> go.Figure | None:
    """Each split's choice, in sample against out of sample."""
    pbo = found.assessment.overfitting
    if pbo is None or not np.isfinite(pbo.is_sharpe + pbo.oos_sharpe).any():
        return None
    fit = (pbo.intercept, pbo.slope) if np.isfinite(pbo.slope) else None
    return scatter_is_oos(pbo.is_sharpe, pbo.oos_sharpe, fit=fit, title=title, subtitle=subtitle)


def logits_figure(found: Review, *, title: str = "", subtitle: str = "") -> go.Figure | None:
    """Where the choice of one half stands in the other, for all splits."""
    pbo = found.assessment.overfitting
    if pbo is None:
        return None
    return histogram(
        pbo.logits,
        metric="logit",
        x_label="logit of the rank in the other half",
        y_label="share of splits, %",
        marks=[Mark(0.0, "the middle")],
        tail="below",
        title=title,
        subtitle=subtitle,
    )
