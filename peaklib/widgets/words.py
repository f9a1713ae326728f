"""What the explorer says in words and tables: the selected trial, a comparison, trades."""

from typing import Any, Final

import numpy as np
import pandas as pd

from peaklib import metrics
from peaklib.backtest import BacktestResult
from peaklib.render import Table, format_metric, table
from peaklib.widgets.accounts import LEVEL, Accounts, Part
from peaklib.widgets.book import Book
from peaklib.widgets.choice import Choice, Spot
from peaklib.widgets.views import axis_label, spot_name

ROLES: Final = {"in_sample": "in sample", "out_of_sample": "out of sample"}
_TRADES: Final = ("entry_time", "exit_time", "side", "bars_held", "return")
_SHOWN_TRADES: Final = 100
_LEVEL: Final = f"{LEVEL:.0%}"
_FOLD: Final = 8
_INTERVAL: Final = f"{_LEVEL} interval"

Line = tuple[str, ...]


def address(book: Book, spot: Spot) -> str:
    """`RUN:N` of a trial; a preview has no run."""
    number = book.grid(spot.cell).number(spot.at)
    if number is None:
        return "not tried"
    return f"{book.cell(spot.cell).run_id or 'preview'}:{number}"


def roles_of(choice: Choice, book: Book) -> list[str]:
    """The periods that may be shown."""
    split = book.split(choice.spot.cell) is not None
    return ["in_sample", "out_of_sample"] if split and choice.revealed else ["in_sample"]


def numbers(book: Book, accounts: Accounts, choice: Choice) -> Table:
    """Selected, pinned and benchmark, one row each and period."""
    rows = []
    for role in roles_of(choice, book):
        for who, spot in (("selected", choice.spot), ("pinned", choice.pinned)):
            account = accounts.of(spot) if spot else None
            part = accounts.part(account, spot.cell, role) if spot and account else None
            if spot and part:
                rows.append(_row(who, part) | {_INTERVAL: _between(accounts.interval(spot, part))})
        hold = accounts.part(accounts.hold(choice.spot.cell), choice.spot.cell, role)
        if hold:
            rows.append(_row("hold", hold) | {_INTERVAL: "–"})
    caption = f"{spot_name(book, choice.spot)} · {address(book, choice.spot)}"
    order = ["who", "period", "sharpe", _INTERVAL, "cagr", "max_dd", "n_trades"]
    return table(pd.DataFrame(rows, columns=order), caption=caption, fold=_FOLD)


def comparison(book: Book, accounts: Accounts, choice: Choice) -> Table | None:
    """Selected beside pinned: what differs, and whether the Sharpe ratios can be told apart."""
    if choice.pinned is None or choice.pinned == choice.spot:
        return None
    rows = _differences(book, choice.spot, choice.pinned)
    for role in roles_of(choice, book):
        rows += _sharpes(accounts, choice.spot, choice.pinned, role)
    columns = ["", "selected", "pinned", "selected − pinned"]
    return table(pd.DataFrame(rows, columns=columns), caption="Compared", fold=2 * _FOLD)


def trades(book: Book, accounts: Accounts, choice: Choice) -> Table | None:
    """The last round trips of the selected trial that lie in what is shown."""
    account = accounts.of(choice.spot)
    parts = [
        accounts.part(account, choice.spot.cell, role) if account else None
        for role in roles_of(choice, book)
    ]
    frames = [part.trades[list(_TRADES)] for part in parts if part is not None]
    if not frames:
        return None
    everything = pd.concat(frames, ignore_index=True)
    last = everything.tail(_SHOWN_TRADES).iloc[::-1].reset_index(drop=True)
    count = len(everything)
    some = f"the last {len(last)} of {count} round trips" if count > len(last) else ""
    caption = some or f"{count} round trip{'s' * (count != 1)}"
    return table(last, caption=f"Trades: {caption}, newest first", fold=_FOLD)


def status(book: Book, choice: Choice) -> str:
    """What stands behind the view: trials, failures, data, costs."""
    results, cell = book.results, book.cell(choice.spot.cell)
    used = cell.conventions
    source = results.run_id or "preview, nothing recorded or counted"
    failed = len(results.failures)
    return (
        f"{results.name} · {source} · {results.n_trials:,} trials in {len(book)} cells, "
        f"{failed} failed · data {used['data']} {used['digest'][:8]}"
    )


def _row(who: str, part: Part) -> dict[str, Any]:
    returns, year = part.returns, part.periods_per_year
    return {
        "who": who,
        "period": ROLES[part.role],
        "sharpe": metrics.sharpe(returns, periods_per_year=year),
        "cagr": metrics.cagr(returns, periods_per_year=year),
        "max_dd": metrics.max_drawdown(returns),
        "n_trades": part.n_trades,
    }


def _between(ends: tuple[float, float] | None) -> str:
    if ends is None:
        return "–"
    low, high = (format_metric("sharpe", end) for end in ends)
    return f"[{low}, {high}]"


def _differences(book: Book, one: Spot, other: Spot) -> list[Line]:
    """Labels and parameters that differ."""
    labels = [book.cell(spot.cell).label for spot in (one, other)]
    values = [book.grid(spot.cell).params(spot.at) for spot in (one, other)]
    rows: list[Line] = [("trial", address(book, one), address(book, other), "")]
    for name in dict.fromkeys([*labels[0], *labels[1]]):
        pair = [label.get(name, "–") for label in labels]
        rows += [(name, *pair, "")] if pair[0] != pair[1] else []
    for name in dict.fromkeys([*values[0], *values[1]]):
        pair = [f"{found[name]:g}" if name in found else "–" for found in values]
        spot = one if name in values[0] else other
        rows += [(axis_label(book, spot.cell, name), *pair, "")] if pair[0] != pair[1] else []
    return rows


def _sharpes(accounts: Accounts, one: Spot, other: Spot, role: str) -> list[Line]:
    found: list[BacktestResult | None] = [accounts.of(spot) for spot in (one, other)]
    parts = [
        accounts.part(account, spot.cell, role) if account else None
        for account, spot in zip(found, (one, other), strict=True)
    ]
    if parts[0] is None or parts[1] is None:
        return []
    first, second = (
        metrics.sharpe(part.returns, periods_per_year=part.periods_per_year)
        for part in parts
        if part is not None
    )
    ends = accounts.difference(one, other, role)
    words = "other bars" if ends is None else f"{_LEVEL} {_between(ends)}, {_told_apart(ends)}"
    rows: list[Line] = [
        (
            f"Sharpe, {ROLES[role]}",
            format_metric("sharpe", first),
            format_metric("sharpe", second),
            f"{format_metric('sharpe_diff', first - second)} {words}",
        )
    ]
    if ends is not None:
        together = _correlation(parts[0], parts[1])
        rows.append((f"correlation of returns, {ROLES[role]}", "", "", together))
    return rows


def _told_apart(ends: tuple[float, float]) -> str:
    return "separable" if ends[0] > 0 or ends[1] < 0 else "not separable"


def _correlation(one: Part, other: Part) -> str:
    if min(np.ptp(part.returns) for part in (one, other)) == 0:
        return "–"
    return format_metric("rho", float(np.corrcoef(one.returns, other.returns)[0, 1]))
