"""From a choice to what is drawn: the map and the curves."""

from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from peaklib.backtest import BacktestResult
from peaklib.metrics import METRIC_NAMES
from peaklib.render import Period, equity_and_drawdown, format_metric
from peaklib.render.formats import base_name
from peaklib.render.scale import Floats
from peaklib.strategies import get
from peaklib.widgets.accounts import Accounts
from peaklib.widgets.book import Book
from peaklib.widgets.choice import Choice, Spot, slices
from peaklib.widgets.map_figure import Map, MapAxis, MapPanel, draw_map
from peaklib.widgets.replays import is_inside
from peaklib.widgets.thinning import thinned

_COVER: Final = "hidden: “reveal” shows it, and is counted"
_DAY: Final = pd.Timedelta(days=1)
_TITLES: Final = {name: name.replace("_", " ") for name in METRIC_NAMES} | {
    "sharpe": "Sharpe",
    "cagr": "CAGR",
    "ret": "total return",
    "max_dd": "max drawdown",
}


def axes_of(book: Book, choice: Choice) -> tuple[MapAxis, MapAxis]:
    """The parameters across and up the map."""
    number = choice.spot.cell
    return _axis(book, number, choice.x), _axis(book, number, choice.y)


def map_view(book: Book, choice: Choice) -> go.Figure:
    """The slice through the selected spot, in sample and out of sample."""
    number, metric = choice.spot.cell, choice.metric
    seen, unseen = periods_of(book, number)
    panels = [MapPanel(_title(book, number, metric), _plane(book, choice, metric), seen)]
    if unseen is not None:
        panels.append(_unseen_panel(book, choice, unseen))
    at, pinned = choice.spot.at, choice.pinned
    on_map = pinned is not None and slices(choice, book) == slices_of(book, choice, pinned)
    return draw_map(
        Map(
            tuple(panels),
            *axes_of(book, choice),
            metric if not book.is_compared(number, metric) else f"{metric}_diff",
            "as hold" if book.is_compared(number, metric) else "",
            book.scale(number, metric),
            _place(choice, at),
            _place(choice, pinned.at) if on_map and pinned else None,
            *_words(book, choice),
        )
    )


def slices_of(book: Book, choice: Choice, spot: Spot) -> dict[str, int | float] | None:
    """Where a spot lies off the map; None if it is of another cell."""
    if spot.cell != choice.spot.cell:
        return None
    values = book.grid(spot.cell).params(spot.at)
    return {name: values[name] for name in slices(choice, book)}


def curves_view(book: Book, accounts: Accounts, choice: Choice) -> go.Figure:
    """Equity and drawdown of the selected and the pinned trial, with the benchmark in grey."""
    number = choice.spot.cell
    hold = accounts.hold(number)
    drawn = {"hold": hold}
    for prefix, spot in (("", choice.spot), ("pinned ", choice.pinned)):
        account = accounts.of(spot) if spot is not None else None
        is_new = spot is not None and (prefix == "" or spot != choice.spot)
        if spot is not None and is_new and account is not None and is_drawable(account, hold):
            drawn[f"{prefix}{spot_name(book, spot)}"] = account
    seen, unseen = periods_of(book, number)
    periods = [seen] if unseen is None or not choice.revealed else [seen, unseen]
    curves = {name: _shown(book, choice, account) for name, account in drawn.items()}
    at = book.split(number) if choice.revealed else None
    costs = book.cell(number).conventions["terms"]
    per_side = costs["fees_bps"] + costs["slippage_bps"]
    restarts = "; both periods start at 1" if len(periods) > 1 else ""
    return equity_and_drawdown(
        thinned(curves, at),
        periods=periods,
        log=True,
        title=f"{spot_name(book, choice.spot)} against hold, on {_where(book, number)}",
        subtitle=f"Growth of 1 after {per_side:g} bp a side{restarts}",
    )


def is_drawable(account: BacktestResult, hold: BacktestResult) -> bool:
    """Whether a curve has the bars of the benchmark and stays above zero."""
    return account.equity.index.equals(hold.equity.index) and bool((account.equity > 0).all())


def periods_of(book: Book, number: int) -> tuple[Period, Period | None]:
    """The periods of a cell: in sample, and out of sample where it was split."""
    used, at = book.cell(number).conventions, book.split(number)
    start, end = pd.Timestamp(used["start"]), pd.Timestamp(used["end"])
    if at is None:
        return Period("in_sample", start, end), None
    return Period("in_sample", start, at - _DAY), Period("out_of_sample", at, max(end, at))


def spot_name(book: Book, spot: Spot) -> str:
    """The parameters of a spot that vary, in words."""
    grid = book.grid(spot.cell)
    values = grid.params(spot.at)
    varied = [name for name, axis in grid.axes.items() if len(axis) > 1] or list(values)
    words = " / ".join(f"{name} {values[name]:g}" for name in varied)
    return words or str(book.cell(spot.cell).trials.attrs["strategy"])


def neighbours(book: Book, choice: Choice) -> str:
    """How many of the neighbours on the map are above the benchmark, in words."""
    if not book.is_compared(choice.spot.cell, choice.metric):
        return ""
    values = _plane(book, choice, choice.metric)
    column, row = _place(choice, choice.spot.at)
    around = values[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
    others = np.isfinite(around).sum() - int(np.isfinite(values[row, column]))
    above = (around > 0).sum() - int(values[row, column] > 0)
    return f"{above} of {others} neighbours above hold" if others else ""


def axis_label(book: Book, number: int, name: str) -> str:
    """Parameter and its unit."""
    strategy = get(book.cell(number).trials.attrs["strategy"])
    return f"{name}, {strategy.parameters[name].unit}"


def _unseen_panel(book: Book, choice: Choice, period: Period) -> MapPanel:
    """The second panel, covered until it is revealed; other metrics have no such sister."""
    number = choice.spot.cell
    sister = book.unseen(number, choice.metric)
    empty = np.full(_plane(book, choice, choice.metric).shape, np.nan)
    if sister is None:
        return MapPanel("", empty, period, "this metric is not kept out of sample")
    title = _title(book, number, sister)
    if not choice.revealed:
        return MapPanel(title, empty, period, _COVER)
    return MapPanel(title, _plane(book, choice, sister), period)


def _plane(book: Book, choice: Choice, metric: str) -> Floats:
    number = choice.spot.cell
    values = book.grid(number).plane(metric, choice.spot.at, choice.x, choice.y)
    compared = book.is_compared(number, metric)
    return values - book.hold(number, metric) if compared else values


def _title(book: Book, number: int, metric: str) -> str:
    name = _TITLES.get(base_name(metric), metric)
    return f"{name} minus hold" if book.is_compared(number, metric) else name


def _axis(book: Book, number: int, axis: int | None) -> MapAxis:
    if axis is None:
        return MapAxis("", (0,))
    name = book.grid(number).names[axis]
    return MapAxis(axis_label(book, number, name), book.grid(number).axes[name])


def _place(choice: Choice, at: tuple[int, ...]) -> tuple[int, int]:
    return (
        0 if choice.x is None else at[choice.x],
        0 if choice.y is None else at[choice.y],
    )


def _words(book: Book, choice: Choice) -> tuple[str, str]:
    number = choice.spot.cell
    cell = book.cell(number)
    first = book.first_metric(number)
    held = ", ".join(f"{name} {value:g}" for name, value in slices(choice, book).items())
    parts = [
        f"{len(cell.trials):,} trials, after costs",
        f"hold has {format_metric(choice.metric, book.hold(number, choice.metric))}"
        if np.isfinite(book.hold(number, choice.metric))
        else "",
        held and f"{held} held",
        neighbours(book, choice),
    ]
    grid = book.grid(number)
    value = format_metric(first, float(grid.values(first)[choice.spot.at]))
    title = f"{_where(book, number)}: {spot_name(book, choice.spot)} has an in-sample Sharpe of"
    return f"{title} {value}", "; ".join(part for part in parts if part)


def _where(book: Book, number: int) -> str:
    cell = book.cell(number)
    words = [str(cell.trials.attrs["strategy"]), str(cell.conventions["data"])]
    others = [value for name, value in cell.label.items() if name not in ("strategy", "dataset")]
    return " · ".join([*words, *others])


def _shown(book: Book, choice: Choice, account: BacktestResult) -> "pd.Series[float]":
    """The curve, cut at the split as long as nothing behind it is revealed."""
    curve: pd.Series[float] = account.curve
    if not choice.revealed:
        at = book.split(choice.spot.cell)
        curve = curve[is_inside(pd.DatetimeIndex(curve.index), at, "in_sample")]
    return curve
