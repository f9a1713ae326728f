"""A comparison of sweeps as one page: what differs, then the best of each and their curves."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from peaklib.render import (
    commands,
    equity_and_drawdown,
    format_metric,
    key_values,
    note,
    table,
)
from peaklib.render.curves import HOLD
from peaklib.sweep.compare_sweeps import Match, SweepComparison
from peaklib.sweep.compare_trials import KEEP, Pair, Side
from peaklib.sweep.curves import is_separable
from peaklib.sweep.parts import write_parts

if TYPE_CHECKING:
    from peaklib.robustness.bootstrap.intervals import Interval

# What `equity_and_drawdown` can tell apart, besides the benchmark.
_MOST_CURVES: Final = 4
# Differing keys that are shown before the rest is folded away.
_LINES: Final = 40
IN_SAMPLE: Final = (
    "Each of these is the best of many trials, in sample: the intervals do not know of the choice."
)


def write_sweep_comparison(
    target: Path,
    found: SweepComparison,
    *,
    facts: Sequence[tuple[str, str]],
    differing: pd.DataFrame,
    command: str,
) -> Path:
    """Write a comparison of sweeps as one HTML file that needs no network.

    Args:
        target: the file; its folder must exist.
        found: the comparison.
        facts: what is said about the sweeps together.
        differing: one row for each key that differs, a column for each sweep.
        command: that makes the same comparison.

    Returns:
        `target`.

    Raises:
        NotebookError: the page would be too large.
    """
    parts: list[Any] = [
        note(f"{refusal.name} is not compared: {refusal.reason}") for refusal in found.refusals
    ]
    parts += [key_values(facts), table(differing, caption="What differs", fold=_LINES)]
    if found.matches:
        parts.append(note(IN_SAMPLE))
    for match in found.matches:
        parts += _match(match, found.labels)
    alone = [(found.labels[number], name) for number, name in found.alone]
    if alone:
        caption = "In one sweep only"
        parts.append(table(pd.DataFrame(alone, columns=["sweep", "what"]), caption=caption))
    parts.append(commands([("The same comparison in a terminal", command)]))
    return write_parts(target, f"{', '.join(found.labels)} compared", parts)


def _match(match: Match, labels: Sequence[str]) -> Iterator[Any]:
    used = match.conventions
    hold = format_metric("sharpe", match.hold_sharpe)
    caption = f"{match.name}, {used['start']} to {used['end']}, Sharpe of hold {hold}"
    yield table(pd.DataFrame([_best(side, labels) for side in match.sides]), caption=caption)
    caption = f"{match.name}: a minus b"
    yield table(pd.DataFrame([_pair(pair, labels) for pair in match.pairs]), caption=caption)
    yield from _figures(match, labels)
    for side in match.sides:
        if text := chosen_on(side, match):
            yield note(f"{labels[side.sweep]}: {text}")
        if side.curve.reason:
            yield note(f"{labels[side.sweep]}: no curve, {side.curve.reason}")


def chosen_on(side: Side, match: Match) -> str:
    """That a trial was chosen on more days than are compared; empty if it was not."""
    used = side.best.cell.conventions
    if used["start"] == match.conventions["start"]:
        return ""
    recorded = format_metric("sharpe", side.best.metrics["sharpe"])
    return f"chosen on days from {used['start']}, where its Sharpe is {recorded}"


def _best(side: Side, labels: Sequence[str]) -> Mapping[str, Any]:
    best = side.best
    edge = f" (grid edge: {', '.join(best.on_edge)})" if best.on_edge else ""
    return {
        "sweep": labels[side.sweep],
        "best": f"{best.cell.trials.attrs['strategy']} {best.text}{edge}",
        "sharpe": float("nan") if side.sharpe is None else side.sharpe,
        "90 %": _ends(side.interval),
        f"neighbours that keep {KEEP:.0%}": format_metric("share", side.plateau),
        "n_trials": side.n_trials,
        "trial": best.trial,
    }


def _pair(pair: Pair, labels: Sequence[str]) -> Mapping[str, Any]:
    found, difference = pair.overlap, pair.difference
    row = {
        "a": labels[pair.one],
        "b": labels[pair.other],
        "sharpe_diff": float("nan") if difference is None else difference.estimate,
        "90 %": _ends(difference, "sharpe_diff"),
        "separable": "–" if difference is None else "yes" if is_separable(difference) else "no",
        "return correlation": format_metric("rho", pair.correlation),
    }
    if found is None:
        return {**row, "same top": "–", "rank correlation": "–"}
    return {
        **row,
        "same top": f"{found.shared} of {found.top}, by chance {found.top**2 / found.common:.1f}",
        "rank correlation": (
            f"{format_metric('rho', found.rank_correlation)} over {found.common:,} points"
        ),
    }


def _ends(found: "Interval | None", metric: str = "sharpe") -> str:
    if found is None:
        return "–"
    return f"{format_metric(metric, found.low)} to {format_metric(metric, found.high)}"


def _figures(match: Match, labels: Sequence[str]) -> Iterator[Any]:
    """The curves of the best, which share their bars."""
    curves = {
        labels[side.sweep]: side.curve.equity
        for side in match.sides
        if side.curve.equity is not None
    }
    used, names = match.conventions, list(curves)
    for start in range(0, len(names), _MOST_CURVES):
        shown = {name: curves[name] for name in names[start : start + _MOST_CURVES]}
        if match.hold is not None:
            shown[HOLD] = match.hold
        yield equity_and_drawdown(
            shown,
            title=f"Growth of 1, {match.name}",
            subtitle=f"the best of each sweep, {used['start']} to {used['end']}",
        )
