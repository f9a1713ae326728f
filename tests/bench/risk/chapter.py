"""The chapter on risk: the text of `chapter.md` beside this file, filled from measurements."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Final

from chapters.bars import judged
from chapters.page import Chapter
from chapters.table import table
from costs.timing import Cost
from research.weighing import Timing, walls

from risk.allocation import CARRIED, Allocated
from risk.bars import judge, shown
from risk.estimates import LEVEL, REFIT, Estimates
from risk.gate import SENT, STRESSES, Decided, per_second
from risk.measure import Measured

_TEXT: Final = Path(__file__).with_suffix(".md")


def chapter(measured: Measured, date: str) -> Chapter:
    """The chapter of these measurements.

    Args:
        measured: all of them.
        date: of the measurement, as it shall be printed.
    """
    bars = judge(measured)
    text = Template(_TEXT.read_text(encoding="utf-8")).substitute(
        {**_estimated(measured.estimates), **_asked(measured)},
        judged=judged(bars),
        beside=_beside(measured.estimates),
        rolling=_rolling(measured.estimates),
        decisions=_decisions(measured.decided),
        allocations=_allocations(measured.allocated),
        machine=measured.machine.line(date),
        versions=", ".join(f"{name} {found}" for name, found in measured.versions.items()),
    )
    return Chapter(text, bars)


def _estimated(found: Estimates) -> dict[str, str]:
    few, many = sorted(found.grown)
    return {
        "level": f"{100 * LEVEL:g}",
        "rows": f"{found.rows:,}",
        "window": str(found.window),
        "methods": str(len(found.rolling)),
        "few": f"{few:,}",
        "few_mb": f"{found.grown[few]:,.1f}",
        "many_mb": f"{found.grown[many]:,.1f}",
        "a_row": f"{1e6 * found.grown[many] / many:,.0f}",
        "bars": f"{found.filtered_bars:,}",
        "fitted": f"{found.filtered_window:,}",
        "refit": str(REFIT),
        "refits": str(found.refits),
        "failed": str(found.failed) if found.failed else "none",
        "filtered": shown(walls(found.filtered), " s"),
        "filtered_cpu": shown(walls(found.filtered, "cpu"), " s"),
    }


def _asked(measured: Measured) -> dict[str, str]:
    decided, allocated, sizes = measured.decided, measured.allocated, measured.sizes
    return {
        "symbols": str(decided.n_symbols),
        "scenarios": str(decided.n_scenarios),
        "stresses": str(STRESSES),
        "sent": str(SENT),
        "orders": f"{decided.n_orders:,}",
        "states": f"{decided.n_states:,}",
        "allowed": f"{100 * decided.allowed:.0f}",
        "assets": f"{allocated.n_assets:,}",
        "days": f"{allocated.n_bars:,}",
        "ours_missed": f"{allocated.missed['peaklib']:.1e}",
        "theirs_missed": f"{allocated.missed['skfolio']:.1e}",
        "carried": " and ".join(f"`{name}`" for name in CARRIED),
        "repeats": str(sizes.repeats),
        "forecasts": str(sizes.forecasts),
        "decided": str(sizes.decisions),
        "allocated": str(sizes.allocations),
        "peers": "once" if sizes.peers == 1 else f"{sizes.peers} times",
    }


def _beside(found: Estimates) -> str:
    rows = [
        [
            f"{name}, beside {each.operation}",
            _ms(each.ours),
            _ms(each.bare),
            *(shown(each.times(clock), "×") for clock in ("wall", "cpu")),
        ]
        for name, each in found.beside.items()
    ]
    ratios = ["ratio, by the clock", "in processor time"]
    return table(["measure", "peaklib", "bare operation", *ratios], rows)


def _rolling(found: Estimates) -> str:
    rows = [
        [f"`{method}`", _ms(turns), _ms(turns, "cpu")] for method, turns in found.rolling.items()
    ]
    return table(["quantile method", "by the clock", "processor time"], rows)


def _decisions(found: Decided) -> str:
    kinds: Mapping[str, Sequence[Cost]] = {
        "no digest, known state": found.plain,
        "digest, known state": found.cached,
        "digest, that of the state taken anew": found.full,
        "digest, state not seen before": found.fresh,
        "digest, state made from lists and dicts": found.built,
    }
    rows = [
        [
            name,
            shown([1e6 * turn.wall for turn in turns], " µs"),
            *(shown(per_second(turns, clock), "") for clock in ("wall", "cpu")),
        ]
        for name, turns in kinds.items()
    ]
    rates = ["a second, by the clock", "a second of processor"]
    return table(["decision", "one takes", *rates], rows)


def _allocations(found: Allocated) -> str:
    rows = [
        [
            method,
            _ms(turns),
            _ms(turns, "cpu"),
            *(_peer(found, method) if method in found.skfolio else ["", "", ""]),
        ]
        for method, turns in found.ours.items()
    ]
    theirs = ["skfolio", "its processor time", "weights differ by"]
    return table(["method", "peaklib", "processor time", *theirs], rows)


def _peer(found: Allocated, method: str) -> list[str]:
    turns = found.skfolio[method]
    return [_ms(turns), _ms(turns, "cpu"), f"{found.apart[method]:.1e}"]


def _ms(timings: Sequence[Timing], clock: str = "wall") -> str:
    return shown([1e3 * seconds for seconds in walls(timings, clock)], " ms")
