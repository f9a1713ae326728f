"""What must hold of the chapter on luck, and whether it does; what counts is the median."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Final

from chapters.bars import Bar, spread
from costs.timing import Cost
from research.weighing import highest, lowest, walls

from luck.bootstrap import FIRST, Bootstraps
from luck.measure import Cells, Measured, Reported

MIN_SHARPE: Final = 15.0
MIN_OTHER: Final = 5.0
MIN_SAME: Final = 0.01
MAX_SHARPE_CELLS_S: Final = 30.0
MAX_OTHER_CELLS_S: Final = 90.0
MAX_CELLS_MB: Final = 1000.0
MAX_PBO_S: Final = 2.0
MAX_WALK_S: Final = 3.0
MIN_TRIALS: Final = 100_000
MAX_REPORT_S: Final = 60.0
MAX_PAGE_MB: Final = 15.0
MAX_INTERACTION_MS: Final = 200.0


def judge(measured: Measured) -> list[Bar]:
    """All bars; of several metrics, sweeps or interactions, the worst counts."""
    explorer = measured.explorer
    return [
        *_bootstraps(measured.bootstraps),
        *_cells(measured.cells),
        _below("probability of backtest overfitting", walls(measured.pbo.turns), MAX_PBO_S),
        _below("walk-forward, after the grid", walls(measured.walk_forward.turns), MAX_WALK_S),
        *_reports(measured.reports),
        _below(
            f"slowest interaction, {explorer.trials:,} trials",
            highest(milliseconds(costs) for costs in explorer.costs.values()),
            MAX_INTERACTION_MS,
            " ms",
        ),
    ]


def others(metrics: Iterable[str]) -> list[str]:
    """All but the Sharpe ratio."""
    return [metric for metric in metrics if metric != FIRST]


def _bootstraps(found: Bootstraps) -> list[Bar]:
    return [
        *_faster(found, "by the clock", "wall"),
        *_faster(found, "in processor time", "cpu"),
        *_alike(found),
    ]


def _faster(found: Bootstraps, how: str, clock: str) -> list[Bar]:
    slowest = lowest(found.faster(metric, clock) for metric in others(found.ours))
    sharpe = f"interval of Sharpe, faster than arch {how}"
    return [
        _at_least(sharpe, found.faster(FIRST, clock), MIN_SHARPE),
        _at_least(f"of the slowest other metric, {how}", slowest, MIN_OTHER),
    ]


def _alike(found: Bootstraps) -> list[Bar]:
    p_values = [found.same[metric] for metric in others(found.same)]
    # Of several tests the lowest is low by chance, at most as much as there are tests.
    corrected = min(1.0, min(p_values) * len(p_values))
    return [
        _above("same distribution as arch's, Sharpe: p-value", found.same[FIRST], MIN_SAME),
        _above("of the least alike other metric, corrected", corrected, MIN_SAME),
    ]


def _cells(found: Cells) -> list[Bar]:
    times = {metric: timing["wall"] for metric, timing in found.timings.items()}
    slowest = max(others(times), key=lambda metric: times[metric])
    return [
        _below(f"{found.pairs:,} intervals of Sharpe", [times[FIRST]], MAX_SHARPE_CELLS_S),
        _below("of the slowest other metric", [times[slowest]], MAX_OTHER_CELLS_S),
        _below("memory of their process at its peak", [found.peak], MAX_CELLS_MB, " MB"),
    ]


def _reports(reports: Mapping[int, Reported]) -> list[Bar]:
    fewest = min(one.trials for one in reports.values())
    slowest = highest(walls(one.turns) for one in reports.values())
    page = max(one.page for one in reports.values())
    return [
        Bar(
            "trials of the smaller sweep", f"≥ {MIN_TRIALS:,}", f"{fewest:,}", fewest >= MIN_TRIALS
        ),
        _below(f"report of {MIN_TRIALS:,} trials or more", slowest, MAX_REPORT_S),
        _below("its page", [page], MAX_PAGE_MB, " MB"),
    ]


def milliseconds(costs: Sequence[Cost], clock: str = "wall") -> list[float]:
    """Of each piece of work; `clock` is wall or cpu."""
    return [1e3 * (cost.wall if clock == "wall" else cost.cpu) for cost in costs]


def _below(what: str, values: Sequence[float], limit: float, unit: str = " s") -> Bar:
    return Bar(what, f"< {limit:g}{unit}", shown(values, unit), median(values) < limit)


def _at_least(what: str, ratios: Sequence[float], least: float) -> Bar:
    return Bar(what, f"≥ {least:g}×", shown(ratios, "×"), median(ratios) >= least)


def _above(what: str, p_value: float, least: float) -> Bar:
    return Bar(what, f"> {least:g}", f"{p_value:.3f}", p_value > least)


def shown(values: Sequence[float], unit: str) -> str:
    """Median and spread, or the one value there is; fewer digits of large numbers."""
    digits = 1 if median(values) >= 10 else 2
    return spread(values, unit, digits) if len(values) > 1 else f"{values[0]:,.{digits}f}{unit}"
