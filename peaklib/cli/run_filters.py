"""The filters that `peak runs list` and `peak runs best` share."""

import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from peaklib.errors import EvidenceError

if TYPE_CHECKING:
    from peaklib.evidence import Registry
    from peaklib.evidence.registry.query import Bound, Query

Command = TypeVar("Command", bound=Callable[..., Any])

_BOUND: Final = re.compile(r"\s*([\w.:/-]+?)\s*(<=|>=|==|!=|<|>|=)\s*([^<>=!]+?)\s*")
_AGO: Final = re.compile(r"(\d+)([dhm])")
_SHOWN: Final = 8
_NAMED: Final = {
    "kind": "of kind",
    "family": "of family",
    "strategy": "with a grid of strategy",
    "dataset": "with the data set",
}
_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes"}


def _moment(ctx: click.Context, option: click.Parameter, text: str | None) -> datetime | None:
    """A date or time in UTC, or a span before now."""
    from peaklib.evidence import utc_now

    if text is None:
        return None
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return utc_now() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{text!r} is no date (2026-03-01, 2026-03-01T14:00) and no span (7d, 12h)"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bounds(
    ctx: click.Context, option: click.Parameter, texts: tuple[str, ...]
) -> tuple["Bound", ...]:
    return tuple(map(_bound, texts))


def _bound(text: str) -> "Bound":
    """`sharpe>0.5` or `max_dd >= -20%` as (metric, sign, number)."""
    form = _BOUND.fullmatch(text)
    try:
        if form is None:
            raise ValueError
        number = form[3].replace("−", "-")
        scale = 0.01 if number.endswith("%") else 1.0
        value = float(number.removesuffix("%")) * scale
        if math.isnan(value):
            raise ValueError
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no bound; write it as 'sharpe>0.5' or 'max_dd >= -20%'"
        ) from None
    return form[1], form[2], value


_OPTIONS: Final = (
    click.option("--kind", metavar="K", help="Such as sweep_cell, sweep, report, interactive."),
    click.option("--family", metavar="F", help="Such as sma_crossover/sp500."),
    click.option("--strategy", metavar="S", help="Runs that evaluated a grid of it."),
    click.option("--data", "dataset", metavar="D", help="Name of a data set, or its digest."),
    click.option("--parent", metavar="RUN", help="Runs that belong to this one."),
    click.option("--since", metavar="T", callback=_moment, help="A date, or 7d or 12h ago; UTC."),
    click.option("--until", metavar="T", callback=_moment, help="Likewise; the run began before."),
    click.option(
        "--where",
        "bounds",
        metavar="BOUND",
        callback=_bounds,
        multiple=True,
        help="Such as 'sharpe>0.5'; may be repeated.",
    ),
)


def filters(command: Command) -> Command:
    """Add the options that choose runs to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def plain(value: Any) -> Any:
    """Values that JSON has: infinities become words."""
    from peaklib.evidence import to_json

    return json.loads(to_json(value))


def to_query(chosen: dict[str, Any], **more: Any) -> "Query":
    """The query that the options ask for; a short id of a parent is looked up."""
    from peaklib.evidence import Query, Registry

    parent = chosen["parent"]
    if parent is not None:
        chosen = {**chosen, "parent": Registry().find(parent).run_id}
    return Query(**chosen, **more)


def check_known(registry: "Registry", query: "Query", metrics: Iterable[str]) -> None:
    """Tell a condition that no run can meet from one that merely leaves nothing.

    Args:
        registry: without any run, nothing is said.
        query: its kind, family, strategy and data set are looked up.
        metrics: names to be looked up, too.

    Raises:
        EvidenceError: no run, deleted or not, has such a value; those that there are are named.
    """
    from peaklib.evidence import Query

    if not registry.ids(Query(limit=1, include_deleted=True)):
        return
    for name, words in _NAMED.items():
        value = getattr(query, name)
        only = {name: value, "limit": 1, "include_deleted": True}
        if value is not None and not registry.ids(Query(**only)):
            raise unknown(f"{words} {value!r}", value, registry.index.known(name))
    known = registry.metric_names()
    for metric in metrics:
        if metric not in known:
            raise unknown(f"with a metric {metric!r}", metric, known)


def unknown(what: str, value: str, known: Sequence[str]) -> EvidenceError:
    """An error that says that there is no run of this sort, and which sorts there are."""
    near = get_close_matches(value, known, n=3)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else "."
    listed = ", ".join(known[:_SHOWN]) + (" and more" if len(known) > _SHOWN else "")
    return EvidenceError(f"no run {what}{hint} There are: {listed or 'none'}")
