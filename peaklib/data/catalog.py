"""Load a data set by name, spelling or path; list what there is."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from peaklib.data.builtin import PANEL_SERIES, SERIES, BuiltIn, load_built_in, read_packaged
from peaklib.data.dataset import Dataset
from peaklib.data.files import read_table
from peaklib.data.frames import NOT_STATED, Missing, Provenance, ReadOptions, read_dataset
from peaklib.data.holdout import in_force
from peaklib.data.kept import repeated_input
from peaklib.data.meta import Kind
from peaklib.data.names import (
    DEFAULT_BARS,
    PROCESSES,
    SUFFIXES,
    is_synthetic,
    locate_file,
    parse_synthetic,
)
from peaklib.data.origin import Origin
from peaklib.data.panel import Panel, read_panel
from peaklib.data.stamps import StampUnit
from peaklib.data.synthetic import (
    SYNTHETIC_LICENCE,
    describe_process,
    make_synthetic,
    session_dates,
)
from peaklib.errors import DataError

# Options of `load` that only a file needs; in the order in which a message names them.
_FILES_ONLY: Final = (
    "timezone",
    "stamp_unit",
    "stamp_format",
    "name",
    "kind",
    "currency",
    "licence",
)


@dataclass(frozen=True)
class DatasetInfo:
    """One line of `list_datasets`; `period` is the first and the last date."""

    name: str
    kind: str
    period: tuple[str, str]
    rows: int
    source: str
    licence: str
    meaning: str


def load(
    source: str | Path,
    *,
    missing: Missing = "error",
    adjusted: bool = False,
    bars_per_year: float | None = None,
    timezone: str = "UTC",
    stamp_unit: StampUnit | None = None,
    stamp_format: str | None = None,
    name: str | None = None,
    kind: Kind = "tradable",
    currency: str | None = None,
    licence: str | None = None,
    holdout_from: str | dt.date | None = None,
) -> Dataset:
    """Load one series of bars, checked.

    Args:
        source: a built-in name (``sp500 nasdaq vix wti``), a synthetic spelling
            (``synthetic:garch,seed=3,bars=2520``) or the path of a ``.csv``, ``.csv.gz`` or
            ``.parquet`` file. Files need a time column and either open, high, low and close
            (volume if there is one) or one value a day.
        missing: what to do with rows that miss a value: refuse the file, or leave them out
            and list them in ``meta.dropped``. Built-in series always leave them out.
        adjusted: use the adjusted close, and scale open, high and low with it; volume stays
            as it is.
        bars_per_year: for annualising; derived from the calendar unless given.
        timezone: of stamps that carry none, and of the sessions (files only).
        stamp_unit: what whole-number stamps count since 1970 (files only).
        stamp_format: `strftime` pattern of stamps that are not ISO 8601 (files only).
        name: of the data set; the file's name without suffix unless given (files only).
        kind: what the numbers are; a ``rate`` may be zero or negative (files only).
        currency: quote currency, ISO 4217 (files only).
        licence: terms on which the numbers may be passed on; without one, an export of a run
            leaves them out (files only).
        holdout_from: date, as in `2016-01-01`: bars that start then or later, in the sessions'
            time zone, are kept as a holdout and are no part of the data set, its digest or its
            facts. In the notebooks of a sweep with a holdout the runner sets the date for
            every call; a later one given here does not widen it.

    Returns:
        The bars, stamped with the start of their interval in UTC. Daily built-in series
        carry midnight UTC of the session's date.

    Raises:
        DataError: no such data set, bad data (with row and column), an option that means
            nothing for this source, or no bar before the holdout.
    """
    text, held = str(source), in_force(holdout_from)
    given = _chosen(
        missing=(missing, "error"),
        adjusted=(adjusted, False),
        bars_per_year=(bars_per_year, None),
        timezone=(timezone, "UTC"),
        stamp_unit=(stamp_unit, None),
        stamp_format=(stamp_format, None),
        name=(name, None),
        kind=(kind, "tradable"),
        currency=(currency, None),
        licence=(licence, None),
        holdout_from=(held, None),
    )
    if text in SERIES:
        _refuse(text, "a built-in series", given, _FILES_ONLY)
        built_in = load_built_in(text, adjusted=adjusted, bars_per_year=bars_per_year)
        return _handed_on(built_in, held, Origin(text, given, ships=True))
    if is_synthetic(text):
        _refuse(text, "a synthetic series", given, ("adjusted", *_FILES_ONLY))
        synthetic = make_synthetic(parse_synthetic(text), bars_per_year=bars_per_year)
        return _handed_on(synthetic, held, Origin(text, given, ships=True))
    repeated = repeated_input(text, given)
    if repeated is not None:
        return repeated
    options = ReadOptions(
        missing=missing,
        adjusted=adjusted,
        bars_per_year=bars_per_year,
        timezone=timezone,
        stamp_unit=stamp_unit,
        stamp_format=stamp_format,
        kind=kind,
        currency=currency,
    )
    path = locate_file(source)
    provenance = _file_provenance(path, licence or NOT_STATED)
    loaded = read_dataset(read_table(path), name or _stem(path), options, provenance)
    return _handed_on(loaded, held, Origin(text, given))


def load_panel(
    source: str | Path,
    *,
    adjusted: bool = False,
    bars_per_year: float | None = None,
    timezone: str = "UTC",
    stamp_unit: StampUnit | None = None,
    stamp_format: str | None = None,
    name: str | None = None,
    currency: str | None = None,
    holdout_from: str | dt.date | None = None,
) -> Panel:
    """Load the closes of several assets, checked.

    Args:
        source: ``stocks20``, or the path of a ``.csv``, ``.csv.gz`` or ``.parquet`` file with
            a time column and one column of closes per asset, empty where not listed.
        adjusted: whether the closes of the file are adjusted; only recorded.
        bars_per_year: see `load`.
        timezone: see `load`.
        stamp_unit: see `load`.
        stamp_format: see `load`.
        name: see `load`.
        currency: see `load`.
        holdout_from: see `load`; an asset that is listed only later is left out.

    Raises:
        DataError: no such panel, bad data (with row and column), an option that means nothing
            for this source, or no row before the holdout.
    """
    text, held = str(source), in_force(holdout_from)
    if text in PANEL_SERIES:
        given = _chosen(
            adjusted=(adjusted, False),
            timezone=(timezone, "UTC"),
            stamp_unit=(stamp_unit, None),
            stamp_format=(stamp_format, None),
            name=(name, None),
            currency=(currency, None),
        )
        _refuse(text, "a built-in panel", given, given)
        return _built_in_panel(text, bars_per_year, held)
    options = ReadOptions(
        adjusted=adjusted,
        bars_per_year=bars_per_year,
        timezone=timezone,
        stamp_unit=stamp_unit,
        stamp_format=stamp_format,
        currency=currency,
    )
    path = locate_file(source, panel=True)
    return read_panel(
        read_table(path),
        name or _stem(path),
        options,
        _file_provenance(path),
        # The copy that a run keeps of a file is what counts: it is not asked for again by path.
        Origin(options=_chosen(holdout_from=(held, None))),
        holdout_from=held,
    )


def list_datasets() -> tuple[DatasetInfo, ...]:
    """Everything that loads without a file of one's own; reads no data."""
    series = [
        _info(name, "bars" if spec.has_adjusted else "one value a day", spec)
        for name, spec in SERIES.items()
    ]
    panels = [_info(name, "panel", spec) for name, spec in PANEL_SERIES.items()]
    return (*series, *panels, *(_synthetic_info(process) for process in PROCESSES))


def _handed_on(dataset: Dataset, held: str | None, origin: Origin) -> Dataset:
    """A data set with the call that it came from, less the holdout that is in force."""
    return (dataset.without_holdout(held) if held else dataset).asked_for(origin)


def _built_in_panel(name: str, bars_per_year: float | None, held: str | None) -> Panel:
    spec = PANEL_SERIES[name]
    options = ReadOptions(adjusted=True, bars_per_year=bars_per_year, currency=spec.currency)
    given = _chosen(bars_per_year=(bars_per_year, None), holdout_from=(held, None))
    origin = Origin(name, given, ships=True)
    table, provenance = read_packaged(spec), spec.provenance(name)
    return read_panel(table, name, options, provenance, origin, holdout_from=held)


def _info(name: str, kind: str, spec: BuiltIn) -> DatasetInfo:
    period = (spec.first, spec.last)
    return DatasetInfo(name, kind, period, spec.rows, spec.source, spec.licence, spec.meaning)


def _synthetic_info(process: str) -> DatasetInfo:
    dates = session_dates(DEFAULT_BARS)
    return DatasetInfo(
        f"synthetic:{process}",
        "synthetic",
        (f"{dates[0]:%Y-%m-%d}", f"{dates[-1]:%Y-%m-%d}"),
        DEFAULT_BARS,
        "generated by peaklib",
        SYNTHETIC_LICENCE,
        describe_process(process),
    )


def _chosen(**options: tuple[Any, Any]) -> dict[str, Any]:
    """The options, as (value, default), that are not left at their defaults."""
    return {name: value for name, (value, default) in options.items() if value != default}


def _refuse(source: str, what: str, given: Mapping[str, object], refused: Iterable[str]) -> None:
    names = [name for name in refused if name in given]
    if names:
        raise DataError(
            f"{source!r} is {what}: {', '.join(names)} cannot be chosen for it; leave it out"
        )


def _stem(path: Path) -> str:
    lowered = path.name.lower()
    suffix = next(suffix for suffix in sorted(SUFFIXES, key=len)[::-1] if lowered.endswith(suffix))
    return path.name[: -len(suffix)]


def _file_provenance(path: Path, licence: str = NOT_STATED) -> Provenance:
    return Provenance(source=f"file {path.name}", place=str(path), licence=licence)
