"""What must be said beside the best grid point: the edge of its grid, and luck."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from peaklib.errors import EvidenceError, PeakError

if TYPE_CHECKING:
    from peaklib.evidence import Registry
    from peaklib.evidence.registry.best import Point
    from peaklib.evidence.trials.count import FamilyCount, SharpeSpread
    from peaklib.robustness.sharpe.deflation import Deflated

# An axis of two values has no inside.
_LEAST_VALUES: Final = 3


def grid_of(registry: "Registry", point: "Point") -> Mapping[str, Any]:
    """The grid that a point belongs to, as its run's record holds it; empty for a run."""
    from peaklib.evidence import open_run

    row = point.n
    if row is not None:
        for trials in open_run(point.run_id, runs=registry.runs).record()["trials"]:
            if row < trials["count"]:
                found: Mapping[str, Any] = trials
                return found
            row -= trials["count"]
    return {}


def edges_of(trials: Mapping[str, Any], params: Mapping[str, Any]) -> list[str]:
    """Axes on whose first or last value a point stands, of those with three values or more."""
    axes: Mapping[str, list[Any]] = trials["grid"]["axes"] if trials else {}
    return [
        name
        for name, values in axes.items()
        if len(values) >= _LEAST_VALUES and params[name] in (min(values), max(values))
    ]


def deflated_of(
    registry: "Registry", point: "Point", among: Mapping[str, "FamilyCount"]
) -> "Deflated":
    """The deflated Sharpe ratio of the best point.

    It is deflated by all trials that it was chosen among, and by all others that were ever
    made in its own family: raw counts, as if each was independent.

    Args:
        registry: of the runs.
        point: a grid point; it is computed once more.
        among: counts of the trials that were ranked, by family.

    Raises:
        PeakError: it cannot be computed any more, or the spread of the trials is unknown.
    """
    from peaklib.evidence import open_run
    from peaklib.evidence.trials.points import read_record
    from peaklib.robustness.sharpe.deflation import deflated_sharpe
    from peaklib.sweep.curves import bars_per_year_of, curve_of, curve_returns

    run = open_run(point.run_id, runs=registry.runs)
    record = read_record(run, point.n)
    counted = {**among, **_family_of(registry, record)}
    n_trials = sum(family.distinct for family in counted.values())
    returns = curve_returns(curve_of(run, record, str(point)))
    bars = bars_per_year_of(record)
    if bars is None:
        raise EvidenceError(f"{point} does not say how many bars a year has")
    variance = pooled_variance(family.sharpe for family in counted.values())
    if variance is None and n_trials > 1:
        raise EvidenceError(
            f"the ledger does not say how far the Sharpe ratios of {n_trials:,} trials lie apart"
        )
    return deflated_sharpe(
        returns, n_trials=n_trials, variance=variance or 0.0, periods_per_year=bars
    )


def pooled_variance(spreads: Iterable["SharpeSpread"]) -> float | None:
    """Sample variance (ddof 1) over several groups of Sharpe ratios.

    Returns:
        None for fewer than two ratios, or where a group does not know its own spread.
    """
    known = [(s.count, s.mean, s.variance) for s in spreads if s.count]
    total = sum(count for count, _, _ in known)
    if total < 2 or any(
        mean is None or (count > 1 and variance is None) for count, mean, variance in known
    ):
        return None
    centre = math.fsum(count * (mean or 0.0) for count, mean, _ in known) / total
    squares = math.fsum(
        (count - 1) * (variance or 0.0) + count * ((mean or 0.0) - centre) ** 2
        for count, mean, variance in known
    )
    return squares / (total - 1)


def deflated_json(found: "Deflated | None") -> dict[str, Any] | None:
    """A deflated Sharpe ratio as plain values."""
    return None if found is None else asdict(found)


def deflated_text(found: "Deflated") -> str:
    """One line: the probability, and what luck alone would have shown."""
    from peaklib.render import format_metric

    return (
        f"DSR {format_metric('dsr', found.dsr)} for {found.n_trials:,.0f} trials; the best of so "
        f"many without skill shows {format_metric('sharpe', found.expected_maximum)}"
    )


def try_deflated(
    registry: "Registry", point: "Point", among: Mapping[str, "FamilyCount"]
) -> "tuple[Deflated | None, str]":
    """The deflated Sharpe ratio, or the reason why there is none.

    A run that names no data has no returns to look at, and none are missed.
    """
    from peaklib.evidence import open_run

    inputs = open_run(point.run_id, runs=registry.runs).record()["inputs"]
    if all(entry["role"] != "data" for entry in inputs):
        return None, ""
    try:
        return deflated_of(registry, point, among), ""
    except PeakError as error:
        return None, str(error)


def _family_of(registry: "Registry", record: Mapping[str, Any]) -> "dict[str, FamilyCount]":
    """All trials that were ever made in the family of a point."""
    from peaklib.evidence.trials.count import count_trials

    trials = record["trials"][0]
    family = record["family"] or f"{trials['strategy']}/{trials['conventions']['data']}"
    return count_trials((event.data for event in registry.ledger.events("publish")), family)
