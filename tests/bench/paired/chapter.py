"""The chapter on grids: the text of `chapter.md` beside this file, filled from a comparison."""

from collections.abc import Mapping
from pathlib import Path
from string import Template

from chapters.bars import judged, spread
from chapters.page import Chapter
from chapters.table import table

from paired.bars import highest_peak, judge, ratios
from paired.measure import Measured, Sided, Timing
from paired.setting import FEES_BPS, LARGE_WINDOWS, WINDOWS, count_pairs

_TEXT = Path(__file__).with_suffix(".md")


def chapter(measured: Measured, date: str) -> Chapter:
    """The chapter of a comparison.

    Args:
        measured: a comparison.
        date: of the measurement, as it shall be printed.
    """
    bars = judge(measured)
    text = Template(_TEXT.read_text(encoding="utf-8")).substitute(
        _question(measured),
        judged=judged(bars) + _differs(measured.mismatch),
        times=_times(measured),
        repeats=len(measured.ours.warm),
        machine=measured.machine.line(date),
        our_versions=_versions(measured.ours),
        peer_versions=_versions(measured.peer),
        **_large(measured.large),
    )
    trouble = [f"results differ: {measured.mismatch}"] if measured.mismatch else []
    return Chapter(text, bars, trouble)


def _differs(mismatch: str) -> str:
    return f"\nThe results differ first in {mismatch}.\n" if mismatch else ""


def _question(measured: Measured) -> dict[str, str]:
    data = measured.data
    return {
        "pairs": f"{count_pairs(WINDOWS):,}",
        "windows": f"{WINDOWS[0]} to {WINDOWS[-1]}",
        "bars": f"{data['bars']:,}",
        "first": data["first"],
        "last": data["last"],
        "fees": str(FEES_BPS),
        "year": f"{data['bars_per_year']:g}",
        "digest": data["digest"],
        "n_metrics": str(data["n_metrics"]),
    }


def _times(measured: Measured) -> str:
    ours, peer = measured.ours, measured.peer
    rows = [
        _warm("warm, by the clock", measured, "wall"),
        _warm("warm, processor time", measured, "cpu"),
        _first("first grid, compiled code on disk", ours.starting, peer.starting),
        _first("first grid, compiling", ours.compiling, peer.compiling),
        _memory("peak memory, one grid", ours.starting["peak"], peer.starting["peak"]),
        _memory("peak memory, all grids", highest_peak(ours), highest_peak(peer)),
    ]
    return table(["", "peaklib", "vectorbt", "ratio"], rows)


def _warm(what: str, measured: Measured, clock: str) -> list[str]:
    ours = [timing[clock] for timing in measured.ours.warm]
    peer = [timing[clock] for timing in measured.peer.warm]
    ratio = spread(ratios(measured, clock), "×", 1)
    return [what, spread(ours, " s", 3), spread(peer, " s", 2), ratio]


def _first(what: str, ours: Timing, peer: Timing) -> list[str]:
    ratio = peer["wall"] / ours["wall"]
    return [what, f"{ours['wall']:.2f} s", f"{peer['wall']:.2f} s", f"{ratio:.1f}×"]


def _memory(what: str, ours: float, peer: float) -> list[str]:
    return [what, f"{ours:.0f} MB", f"{peer:,.0f} MB", f"{peer / ours:.1f}×"]


def _large(large: Mapping[str, float]) -> dict[str, str]:
    return {
        "large_pairs": f"{large['rows']:,.0f}",
        "large_windows": f"{LARGE_WINDOWS[0]} to {LARGE_WINDOWS[-1]}",
        "large_seconds": f"{large['wall']:.1f}",
        "large_each": f"{large['wall'] / large['rows'] * 1e6:.0f}",
        "large_grown": f"{large['grown']:.0f}",
    }


def _versions(side: Sided) -> str:
    return ", ".join(f"{name} {version}" for name, version in side.versions.items())
