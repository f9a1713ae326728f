"""Several assets over one calendar."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from peaklib.data.calendar import find_rhythm
from peaklib.data.checks import Rows, check_finite, check_order, to_float64
from peaklib.data.columns import find_time
from peaklib.data.copies import write_copy
from peaklib.data.digest import tables_digest
from peaklib.data.frames import Provenance, ReadOptions, number_rows
from peaklib.data.holdout import first_instant, note_of, nothing_before
from peaklib.data.meta import DatasetMeta
from peaklib.data.origin import Origin
from peaklib.errors import DataError


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Panel:
    """Prices of several assets; made by `load_panel`.

    Args:
        name: how people call it; not part of the digest.
        close: bars x assets, float64 over a strictly increasing UTC index ``time``; NaN
            where an asset is not listed.
        open: same shape, or None where the source has closes only.
        digest: SHA-256 of the content, asset names included.
        meta: interval, calendar, source and the like.
        origin: the call of `load_panel` that made it.
    """

    name: str
    digest: str
    meta: DatasetMeta
    origin: Origin
    _close: pd.DataFrame
    _open: pd.DataFrame | None

    def __init__(
        self,
        name: str,
        close: pd.DataFrame,
        open: pd.DataFrame | None,
        digest: str,
        meta: DatasetMeta,
        origin: Origin | None = None,
    ) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "_close", close.copy(deep=False))
        object.__setattr__(self, "_open", None if open is None else open.copy(deep=False))
        object.__setattr__(self, "digest", digest)
        object.__setattr__(self, "meta", meta)
        object.__setattr__(self, "origin", origin or Origin())

    @property
    def close(self) -> pd.DataFrame:
        """Closes, as a copy-on-write view: changing it leaves the panel as it was."""
        return self._close.copy(deep=False)

    @property
    def open(self) -> pd.DataFrame | None:
        """Opens in the same manner, None where the source has closes only."""
        return None if self._open is None else self._open.copy(deep=False)

    @property
    def assets(self) -> tuple[str, ...]:
        """Names of the assets, in the order of the columns."""
        return tuple(str(asset) for asset in self._close.columns)

    @property
    def n_assets(self) -> int:
        """Number of assets."""
        return self._close.shape[1]

    def __len__(self) -> int:
        return len(self._close)

    def describe(self) -> dict[str, Any]:
        """What a record of a run says about its data, as plain JSON values."""
        return {
            **self.meta.to_json(),
            "columns": list(self.assets),
            "load": self.origin.to_json(),
        }

    def keep(self, folder: Path) -> bool:
        """Write a copy of the closes into a folder, unless they ship with a dependency.

        Returns:
            Whether there is a copy.
        """
        if self.origin.ships:
            return False
        write_copy(self._close, self.digest, folder)
        return True

    def __repr__(self) -> str:
        first, last = self._close.index[0], self._close.index[-1]
        return (
            f"Panel({self.name!r}, {len(self):,} bars x {self.n_assets} assets, "
            f"{first:%Y-%m-%d} to {last:%Y-%m-%d}, digest {self.digest[:8]})"
        )


def read_panel(
    table: pd.DataFrame,
    name: str,
    options: ReadOptions,
    provenance: Provenance,
    origin: Origin | None = None,
    *,
    holdout_from: str | None = None,
) -> Panel:
    """Convert, check and describe a wide table: a time column, one column per asset.

    Rows from `holdout_from` on are checked, but no part of the panel, and neither are assets
    that are listed only there.

    Raises:
        DataError: bad data, with row and column.
    """
    place = provenance.place
    headers = [str(header).strip() for header in table.columns]
    time = find_time(headers, place)
    rows = number_rows(table, time, place, options, {})
    close = _prices(table, headers, time, rows)
    _check_panel(close, rows)
    kept_back: tuple[str, ...] = ()
    if holdout_from is not None:
        close = _before(close, holdout_from, options.timezone, name)
        kept_back = (note_of(holdout_from),)
    rhythm = find_rhythm(rows.stamps, options.timezone, options.bars_per_year, place)
    meta = DatasetMeta(
        interval=rhythm.interval,
        calendar=rhythm.calendar,
        timezone=options.timezone,
        currency=options.currency,
        adjusted=options.adjusted,
        kind=options.kind,
        source=provenance.source,
        licence=provenance.licence,
        bars_per_year=rhythm.bars_per_year,
        bars_per_year_basis=rhythm.basis,
        notes=(*provenance.notes, *_holes(close), *kept_back),
    )
    return Panel(name, close, None, tables_digest({"close": close}), meta, origin)


def _before(close: pd.DataFrame, date: str, timezone: str, name: str) -> pd.DataFrame:
    part = close.loc[close.index < first_instant(date, timezone)]
    if part.empty:
        raise nothing_before(name, f"{close.index[0]:%Y-%m-%d}", date)
    return part.dropna(axis="columns", how="all")


def _prices(table: pd.DataFrame, headers: list[str], time: int, rows: Rows) -> pd.DataFrame:
    columns: dict[str, object] = {}
    for at, asset in enumerate(headers):
        if at == time:
            continue
        if not asset or asset in columns:
            raise DataError(
                f"{rows.source}: column {at + 1} is called {asset!r}, "
                "but every asset needs a name of its own"
            )
        columns[asset] = to_float64(table.iloc[:, at], asset, rows)
    if not columns:
        raise DataError(f"{rows.source}: no assets; a panel has one column of closes for each")
    return pd.DataFrame(columns, index=rows.stamps)


def _check_panel(close: pd.DataFrame, rows: Rows) -> None:
    check_order(rows)
    check_finite(close, rows)
    for asset in close.columns:
        values = close[asset].to_numpy()
        if (values <= 0).any():
            at = int((values <= 0).argmax())
            problem = f"{values[at]} is not a price; leave the cell empty where it is not listed"
            raise rows.error(at, asset, problem)
        if close[asset].isna().all():
            raise DataError(f"{rows.source}, column {asset!r}: no price in any row; leave it out")
    unlisted = close.isna().all(axis=1).to_numpy()
    if unlisted.any():
        problem = "no asset has a price in this row; leave the row out"
        raise rows.error(int(unlisted.argmax()), str(close.columns[0]), problem)


def _holes(close: pd.DataFrame) -> tuple[str, ...]:
    listed = close.ffill().notna() & close.bfill().notna()
    counts = (listed & close.isna()).sum()
    broken = [f"{asset} ({count})" for asset, count in counts.items() if count]
    return (f"bars without a price while listed: {', '.join(broken)}",) if broken else ()
