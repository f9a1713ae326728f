"""The best parameters over half-years and years, and whether the ranking of trials lasts."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from peaklib.errors import DataError
from peaklib.render import Line, Mark, format_metric, line_chart
from peaklib.robustness import Evaluated, Stability, rolling_stability, window_moments
from peaklib.robustness.selection.moments import rolled
from peaklib.robustness.verdict.subject import stability_windows
from peaklib.sweep.stories.grounds import Ground

HALF_YEAR: Final = "half-year"
YEAR: Final = "year"
# How many half-years make each window; a year rolls on by half of one.
_WIDTHS: Final = {HALF_YEAR: 1, YEAR: 2}
# A window of the data's first or last days says little about anything.
_LEAST: Final = 0.5


def windows_of(ground: Ground, field: Evaluated) -> dict[str, Stability]:
    """Best parameters and rank stability of a grid over rolling windows.

    Args:
        ground: bars and terms.
        field: one of its grids.

    Returns:
        `half-year` and `year` to what `rolling_stability` finds; the index of its tables is when
        a window ends, in years (2003.5 is the end of June 2003). A length is left out where
        there are fewer than two such windows, or no account ever moved.
    """
    names = list(stability_windows(ground.subject))
    moments = window_moments(field.frame, names)
    counts = moments[0, :, 0]
    whole = counts >= _LEAST * np.median(counts)
    moments, ends = (
        moments[:, whole],
        [_end(n) for n, keep in zip(names, whole, strict=True) if keep],
    )
    axes = list(field.frame.attrs["grid"]["order"])
    found = {}
    for label, width in _WIDTHS.items():
        if len(ends) < 2 * width:
            continue
        try:
            found[label] = rolling_stability(
                field.frame,
                axes,
                rolled(moments, width),
                [f"{end:.1f}" for end in ends[width - 1 :]],
                periods_per_year=ground.subject.year,
                overlap=width,
            )
        except DataError:
            continue
    return found


def windows_table(grounds: Sequence[Ground]) -> pd.DataFrame:
    """How stable each cell is, one row a cell and length of window.

    Returns:
        The sweep's axes, `windows` (their length), `n_windows`, `bests` (different best points),
        `moved` (median way from one best to the next, as a share of the longest axis), `rank_rho`
        (mean Spearman correlation with the next window that shares no bar), `in_top` (share of
        windows in which the best of all years is among the best tenth).
    """
    rows: list[dict[str, Any]] = []
    for ground in grounds:
        for cell, field in ground.parts():
            for label, found in windows_of(ground, field).items():
                trials = found.best["trial"]
                rows.append(
                    {
                        **cell.label,
                        "windows": label,
                        "n_windows": len(trials),
                        "bests": int(trials[trials >= 0].nunique()),
                        "moved": float(found.best["moved"].median()),
                        "rank_rho": float(found.ranks["spearman"].mean()),
                        "in_top": found.top_share,
                    }
                )
    return pd.DataFrame(rows)


def windows_words(table: pd.DataFrame) -> str:
    """What the table says about next year, in one or two sentences."""
    yearly = table[table["windows"] == YEAR] if len(table) else table
    known = yearly["rank_rho"].dropna() if len(yearly) else pd.Series(dtype=float)
    if known.empty:
        return "Too few years to say whether the ranking lasts."
    mean = float(known.mean())
    lasts = (
        "knowing the ranking of one year says a good deal about the next"
        if mean >= 0.5
        else "knowing the ranking of one year says little about the next"
        if mean >= 0.15
        else "the ranking of one year says nothing about the next"
    )
    top = float(yearly["in_top"].mean())
    return (
        f"Mean rank correlation from one year to the next {format_metric('rho', mean)}: {lasts}. "
        f"What was best over all years was among the best tenth in {top:.0%} of single years, on "
        "average over the cells; by chance it would be in 10%."
    ).replace("%", "\N{NO-BREAK SPACE}%")


def best_figure(
    found: dict[str, Stability], axis: str, *, unit: str = "", title: str = "", subtitle: str = ""
) -> go.Figure | None:
    """The value of one parameter that was best in each window; None without windows."""
    lines = [
        Line(label, _years(stability.best.index), stability.best[axis].tolist())
        for label, stability in found.items()
        if stability.best[axis].notna().any()
    ]
    if not lines:
        return None
    return line_chart(
        lines,
        x_label="end of the window",
        y_label=", ".join(part for part in (axis, unit) if part),
        x_metric="year",
        title=title,
        subtitle=subtitle,
    )


def ranks_figure(
    found: dict[str, Stability], *, title: str = "", subtitle: str = ""
) -> go.Figure | None:
    """Rank correlation of all trials from each window to the next; None without windows."""
    lines = [
        Line(
            label,
            _years(stability.ranks.index.get_level_values("after")),
            stability.ranks["spearman"].tolist(),
        )
        for label, stability in found.items()
        if stability.ranks["spearman"].notna().any()
    ]
    if not lines:
        return None
    return line_chart(
        lines,
        x_label="end of the later window",
        y_label="rank correlation",
        x_metric="year",
        y_metric="rho",
        y_range=(-1.0, 1.0),
        levels=[Mark(0.0, "")],
        title=title,
        subtitle=subtitle,
    )


def _end(name: str) -> float:
    """When a half-year ends: `2003H1` at 2003.5."""
    return int(name[:4]) + (0.5 if name.endswith("H1") else 1.0)


def _years(index: "pd.Index[Any]") -> list[float]:
    return [float(name) for name in index]
