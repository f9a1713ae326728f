"""The chapter on models: the text of `chapter.md` beside this file, filled from measurements."""

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from string import Template
from typing import Final

from chapters.bars import judged, spread
from chapters.page import Chapter
from chapters.table import table

from models.asking import CALLERS
from models.bars import judge
from models.measure import Measured, Sided

_TEXT: Final = Path(__file__).with_suffix(".md")


def chapter(measured: Measured, date: str) -> Chapter:
    """The chapter of these measurements.

    Args:
        measured: all of them.
        date: of the measurement, as it shall be printed.
    """
    bars = judge(measured)
    sizes, ours = measured.sizes, measured.ours
    text = Template(_TEXT.read_text(encoding="utf-8")).substitute(
        judged=judged(bars),
        one=_one(measured),
        many=_many(measured),
        brought=_brought(measured),
        callers=str(CALLERS),
        rounds=str(sizes.rounds),
        turns=f"{sizes.turns:,}",
        each=str(sizes.each),
        starts=str(sizes.starts),
        disk=f"{median(ours.medians('disk')):.2f}",
        machine=measured.machine.line(date),
        file_system=measured.file_system,
        our_versions=_versions(ours),
        peer_versions=_versions(measured.peer),
    )
    return Chapter(text, bars)


def _one(measured: Measured) -> str:
    rows = [
        _row("bare SDK", measured, lambda side: side.medians("bare"), " ms", 2),
        _row("routed", measured, lambda side: side.medians("routed"), " ms", 2),
        _row("routing adds", measured, lambda side: side.added, " ms", 2),
    ]
    return _table("one caller", rows)


def _many(measured: Measured) -> str:
    rows = [
        _row(f"{kind}, {words}", measured, _rates(what, how), " a second", 0)
        for what, kind in (("bare", "bare SDK"), ("routed", "routed"))
        for how, words in (("threads", "threads"), ("loop", "event loop"))
    ]
    share = _row("routed in threads, of the better bare", measured, _shares, " %", 1)
    return _table(f"{CALLERS} callers", [*rows, share])


def _rates(what: str, how: str) -> Callable[[Sided], Sequence[float]]:
    return lambda side: side.rates(what, how)


def _shares(side: Sided) -> Sequence[float]:
    return side.shares


def _brought(measured: Measured) -> str:
    rows = [
        _row("start of Python with the import", measured, _imported, " ms", 0),
        _row("the import alone", measured, lambda side: side.started.added, " ms", 0),
        _row("the import with its `Router`", measured, lambda side: side.ready.added, " ms", 0),
        ["packages", *(f"{side.weight['packages']:.0f}" for side in _sides(measured))],
        ["on the disk", *(f"{side.weight['megabytes']:.0f} MB" for side in _sides(measured))],
    ]
    return _table("what comes with it", rows)


def _imported(side: Sided) -> Sequence[float]:
    return side.started.imported


def _row(
    what: str,
    measured: Measured,
    values: Callable[[Sided], Sequence[float]],
    unit: str,
    digits: int,
) -> list[str]:
    return [what, *(spread(values(side), unit, digits) for side in _sides(measured))]


def _sides(measured: Measured) -> tuple[Sided, Sided]:
    return measured.ours, measured.peer


def _table(what: str, rows: Sequence[Sequence[str]]) -> str:
    return table([what, "peaklib", "LiteLLM"], rows)


def _versions(side: Sided) -> str:
    return ", ".join(f"{name} {version}" for name, version in side.versions.items())
