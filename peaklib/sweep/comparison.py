"""A comparison of runs as one page: what differs, and the equity curves side by side."""

import json
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from peaklib.render import commands, equity_and_drawdown, key_values, note, render_page, table
from peaklib.render.curves import HOLD
from peaklib.render.figures import MIMETYPE
from peaklib.sweep.curves import Curve

if TYPE_CHECKING:
    from nbformat import NotebookNode

Equities = dict[str, "pd.Series[float]"]

# What `equity_and_drawdown` can tell apart, besides the benchmark.
_MOST_CURVES: Final = 4
# Differing lines that are shown before the rest is folded away.
_LINES: Final = 40


def write_comparison(
    target: Path,
    *,
    title: str,
    warnings: Sequence[str],
    facts: Sequence[tuple[str, str]],
    differing: pd.DataFrame,
    curves: Sequence[Curve],
    hold: "pd.Series[float] | None",
    command: str,
) -> Path:
    """Write a comparison as one HTML file that needs no network.

    Args:
        target: the file; its folder must exist.
        title: of the page.
        warnings: what a reader must know before the numbers.
        facts: what is said about all runs together.
        differing: one row for each thing that differs, a column for each run.
        curves: of the runs, in their order.
        hold: the benchmark, drawn beside the curves that share its bars, or None.
        command: that makes the same comparison.

    Returns:
        `target`.

    Raises:
        NotebookError: the page would be too large.
    """
    parts: list[Any] = [*map(note, warnings), key_values(facts)]
    for equities in _sharing_bars(curves):
        parts += _figures(equities, hold)
    parts += [note(f"{one.label}: no curve, {one.reason}") for one in curves if one.reason]
    parts.append(table(differing, caption="What differs", fold=_LINES))
    parts.append(commands([("The same comparison in a terminal", command)]))
    return render_page(_notebook(title, parts), target, title=title)


def return_correlations(curves: Sequence[Curve]) -> dict[tuple[str, str], float]:
    """Correlation of returns for each pair of curves that share their bars."""
    found = {}
    for equities in _sharing_bars(curves):
        matrix = pd.DataFrame(equities).pct_change().iloc[1:].corr().to_numpy()
        for (i, one), (k, other) in combinations(enumerate(equities), 2):
            found[one, other] = float(matrix[i, k])
    return found


def _sharing_bars(curves: Sequence[Curve]) -> list[Equities]:
    """Curves that can be drawn over one axis of time stand together."""
    groups: list[Equities] = []
    for curve in curves:
        if curve.equity is None:
            continue
        for equities in groups:
            if curve.equity.index.equals(next(iter(equities.values())).index):
                equities[curve.label] = curve.equity
                break
        else:
            groups.append({curve.label: curve.equity})
    return groups


def _figures(equities: Equities, hold: "pd.Series[float] | None") -> Iterator[Any]:
    first = next(iter(equities.values()))
    beside = {HOLD: hold} if hold is not None and hold.index.equals(first.index) else {}
    labels = list(equities)
    for start in range(0, len(labels), _MOST_CURVES):
        shown = {label: equities[label] for label in labels[start : start + _MOST_CURVES]}
        yield equity_and_drawdown(
            {**shown, **beside},
            title="Growth of 1",
            # A curve starts with the capital before the first bar.
            subtitle=f"{first.index[:2][-1]:%Y-%m-%d} to {first.index[-1]:%Y-%m-%d}",
        )


def _notebook(title: str, parts: Sequence[Any]) -> "NotebookNode":
    """What the page shows, in the form that pages are made from."""
    from nbformat import v4

    cells = [v4.new_markdown_cell(f"# {title}", id="title")]
    for number, part in enumerate(parts):
        output = v4.new_output("display_data", data=_shown(part))
        cells.append(v4.new_code_cell("", outputs=[output], id=f"part-{number}"))
    made: NotebookNode = v4.new_notebook(cells=cells)
    return made


def _shown(part: Any) -> dict[str, Any]:
    if hasattr(part, "to_plotly_json"):
        return {MIMETYPE: json.loads(part.to_json())}
    return {"text/html": part._repr_html_()}
