"""The chapter on evidence: the text of `chapter.md` beside this file, filled from measurements."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from string import Template

from chapters.bars import judged, spread
from chapters.page import Chapter
from chapters.table import table

from costs.bars import judge, milliseconds
from costs.ledger import Verified
from costs.lines import RUN_METRICS
from costs.measure import Measured
from costs.registry import Searched
from costs.timing import Cost
from peaklib.metrics import METRIC_NAMES

_TEXT = Path(__file__).with_suffix(".md")


def chapter(measured: Measured, date: str) -> Chapter:
    """The chapter of these measurements.

    Args:
        measured: all of them.
        date: of the measurement, as it shall be printed.
    """
    bars = judge(measured)
    text = Template(_TEXT.read_text(encoding="utf-8")).substitute(
        {**_packed(measured), **_large(measured)},
        judged=judged(bars),
        ledgers=_ledgers(measured),
        registries=_registries(measured),
        machine=measured.machine.line(date),
        file_system=measured.file_system,
        versions=", ".join(f"{name} {found}" for name, found in measured.versions.items()),
    )
    return Chapter(text, bars)


def _packed(measured: Measured) -> dict[str, str]:
    packed = measured.packed
    rows = [
        ["make", *_cost(packed.making)],
        ["verify", *_cost(packed.verifying)],
        ["digests of environment and code, once a process", *_cost([packed.digests])],
    ]
    return {
        "packs": table(["a small pack", "processor time", "by the clock"], rows),
        "n_packs": str(len(packed.making)),
        "files": str(packed.files),
        "kilobytes": f"{packed.bytes / 1e3:.0f}",
    }


def _cost(costs: Sequence[Cost]) -> list[str]:
    of_both = ([one.cpu for one in costs], [one.wall for one in costs])
    if len(costs) == 1:
        return [f"{1e3 * values[0]:,.0f} ms" for values in of_both]
    return [spread(milliseconds(values), " ms", 1) for values in of_both]


def _large(measured: Measured) -> dict[str, str]:
    hashed, appended = measured.hashed, measured.appended
    return {
        "gigabytes": f"{hashed.bytes / 1e9:.2f}",
        "hash_speed": f"{hashed.bytes / 1e6 / median(hashed.ours):,.0f}",
        "append_ms": f"{1e3 * median(appended.append):.2f}",
        "bare_ms": f"{1e3 * median(appended.bare):.2f}",
        "n_metrics": str(len(METRIC_NAMES)),
        "run_metrics": str(len(RUN_METRICS)),
        "runs": f"{measured.plain.runs:,}",
    }


def _ledgers(measured: Measured) -> str:
    short, long = measured.short, measured.long
    rows = [
        ["lines", f"{short.lines:,}", f"{long.lines:,}"],
        ["bytes of a line", f"{short.line_bytes:,.0f}", f"{long.line_bytes:,.0f}"],
        ["events verified a second", _rate(short), _rate(long)],
        ["megabytes verified a second", *(_megabytes(one) for one in (short, long))],
        ["checkpoint, from nothing", *(f"{x.checkpoint_cold:.2f} s" for x in (short, long))],
        ["checkpoint, continued", *(f"{1e3 * x.checkpoint_warm:.1f} ms" for x in (short, long))],
    ]
    return table(["ledger", "short events", "runs with grids"], rows)


def _rate(verified: Verified) -> str:
    return spread(verified.rates, "", 0)


def _megabytes(verified: Verified) -> str:
    return f"{median(verified.rates) * verified.line_bytes / 1e6:,.0f}"


def _registries(measured: Measured) -> str:
    both = measured.plain, measured.with_grids
    rows = [["rebuild of the index", *(spread(one.rebuilds, " s", 1) for one in both)]]
    rows += [
        [name, *(spread(milliseconds(one.searches[name]), " ms", 1) for one in both)]
        for name in measured.plain.searches
    ]
    rows.append(["one run added, with fsync", *map(_added, both)])
    return table([f"{measured.plain.runs:,} runs", "without grids", "with grids"], rows)


def _added(searched: Searched) -> str:
    return spread(milliseconds(searched.adds), " ms", 1)
