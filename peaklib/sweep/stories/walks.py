"""Walk-forward two ways: choosing on all years so far, or on the last few only."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from peaklib.backtest import run_backtest
from peaklib.metrics import max_drawdown
from peaklib.render import Period, format_metric, format_range, walk_forward_figure
from peaklib.render.curves import HOLD
from peaklib.robustness import Evaluated, Interval, WalkForward, follow
from peaklib.robustness.verdict.certainty import sharpe_difference
from peaklib.robustness.verdict.subject import walk_windows
from peaklib.sweep.review.pictures import selections_of
from peaklib.sweep.stories.grounds import Ground

ANCHORED: Final = "anchored"
ROLLING: Final = "rolling"
_MONTHS: Final = 12


@dataclass(frozen=True)
class Walks:
    """Following the choices of both ways over the same bars.

    Args:
        ways: `anchored` and `rolling` to what following them gave.
        hold: returns of the benchmark on these bars.
        differences: Sharpe minus hold's of each way, with its interval; a way whose account
            never moved has none.
        first_bar: of the bars that the first choice was made on.
        last_before: the last bar before the first choice is followed.
        train_years: that the rolling way looks back.
    """

    ways: Mapping[str, WalkForward]
    hold: "pd.Series[float]"
    differences: Mapping[str, Interval]
    first_bar: pd.Timestamp
    last_before: pd.Timestamp
    train_years: int


def walks_of(
    ground: Ground,
    fields: Sequence[Evaluated],
    *,
    train_years: int,
    seed: int = 0,
    threads: int | None = None,
) -> Walks | None:
    """Choose anew in each window, among some of the grids of a ground.

    Both ways begin with the same window: the first one with `train_years` and the thresholds'
    `first_years` before it. The embargo is the one that the ground was made with.

    Args:
        ground: bars, terms, and when choices are made.
        fields: grids that are chosen from.
        train_years: that the rolling way looks back.
        seed: of the intervals.
        threads: all processors by default.

    Returns:
        None with too few years, or fewer than a window of them.
    """
    rule, subject = ground.thresholds.out_of_sample, ground.subject
    windows = walk_windows(subject, ground.thresholds)
    train = train_years * _MONTHS // rule.months
    earliest = subject.index[0] + pd.DateOffset(years=max(rule.first_years, train_years))
    begins = [start for start, _ in windows.values()]
    first = next((k for k, at in enumerate(begins) if k >= train and at >= earliest), None)
    if not first or train < 1:
        return None
    ways = {
        name: follow(
            list(fields),
            subject.dataset,
            windows,
            first=first,
            train=back,
            embargo_bars=rule.embargo_bars,
            **subject.agreed,
        )
        for name, back in ((ANCHORED, None), (ROLLING, train))
    }
    hold = run_backtest(subject.benchmark, subject.dataset, **subject.agreed)
    later = hold.returns.loc[ways[ANCHORED].returns.index]
    at = int(subject.index.searchsorted(later.index[0]))
    return Walks(
        ways,
        later,
        _differences(ground, ways, later, seed, threads),
        subject.index[0],
        subject.index[at - 1],
        train_years,
    )


def _differences(
    ground: Ground,
    ways: Mapping[str, WalkForward],
    hold: "pd.Series[float]",
    seed: int,
    threads: int | None,
) -> dict[str, Interval]:
    how: dict[str, Any] = {"year": ground.subject.year, "seed": seed, "threads": threads}
    held = np.asarray(hold, dtype=np.float64)
    return {
        name: sharpe_difference(
            np.asarray(way.returns, dtype=np.float64), held, ground.thresholds, **how
        )
        for name, way in ways.items()
        if not math.isnan(way.result.metrics["sharpe"])
    }


def walks_figure(found: Walks, *, title: str = "", subtitle: str = "") -> go.Figure:
    """Both accounts beside hold, with what the anchored way chose when."""
    one = found.ways[ANCHORED]
    curves = {_words(name, found): way.result.curve for name, way in found.ways.items()}
    start = pd.Series([1.0], index=next(iter(curves.values())).index[:1])
    hold = pd.concat([start, (1.0 + found.hold).cumprod()])
    return walk_forward_figure(
        {**curves, HOLD: hold},
        in_sample=Period("in_sample", found.first_bar, found.last_before),
        out_of_sample=Period("out_of_sample", found.hold.index[0], found.hold.index[-1]),
        selections=selections_of(one),
        log=True,
        title=title,
        subtitle=subtitle,
    )


def walks_rows(found: Walks | None, label: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row a way: `label`, `way`, `sharpe`, `sharpe_diff` with its ends, `max_dd`, `changes`."""
    if found is None:
        return []
    rows = []
    for name, way in found.ways.items():
        difference = found.differences.get(name)
        trials = way.choices["trial"].to_numpy()
        rows.append(
            {
                **label,
                "way": _words(name, found),
                "sharpe": way.result.metrics["sharpe"],
                "sharpe_diff": float("nan") if difference is None else difference.estimate,
                "sharpe_diff_lo": float("nan") if difference is None else difference.low,
                "sharpe_diff_hi": float("nan") if difference is None else difference.high,
                "max_dd": way.result.metrics["max_dd"],
                "hold_max_dd": max_drawdown(found.hold),
                "changes": int((trials[1:] != trials[:-1]).sum()),
                "choices": len(trials),
            }
        )
    return rows


def walks_words(found: Walks | None) -> str:
    """What choosing on the past was worth, in one or two sentences."""
    if found is None:
        return "Too few years to choose on the past and look at what followed."
    return " ".join([*(_against_hold(name, found) for name in found.ways), _one_or_other(found)])


def _against_hold(name: str, found: Walks) -> str:
    difference = found.differences.get(name)
    what = f"Choices by {_memory(name, found)}"
    if difference is None:
        return f"{what} never traded."
    if math.isnan(difference.low):
        return f"{what} traded too rarely on unseen years to be told from anything."
    ends = format_range("sharpe_diff", difference.low, difference.high)
    shown = f"Sharpe {format_metric('sharpe_diff', difference.estimate)} to hold ({ends})"
    if difference.low > 0:
        return f"{what} beat holding on unseen years: {shown}."
    if difference.high < 0:
        return f"{what} lost to holding on unseen years: {shown}."
    return f"{what} cannot be told from holding on unseen years: {shown}."


def _one_or_other(found: Walks) -> str:
    sharpes = {name: way.result.metrics["sharpe"] for name, way in found.ways.items()}
    gain = sharpes[ROLLING] - sharpes[ANCHORED]
    if not abs(gain) >= 0.05:
        return "Forgetting the older years made no difference."
    word = "helped" if gain > 0 else "did not help"
    return f"Forgetting the older years {word} (Sharpe {format_metric('sharpe_diff', gain)})."


def _memory(name: str, found: Walks) -> str:
    return "all years so far" if name == ANCHORED else f"the last {found.train_years} years"


def _words(name: str, found: Walks) -> str:
    if name == ANCHORED:
        return "anchored"
    return f"rolling {found.train_years} years"
