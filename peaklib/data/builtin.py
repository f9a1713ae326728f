"""Real series that ship inside dependencies, read without importing those packages."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pandas as pd

from peaklib.data.dataset import Dataset
from peaklib.data.files import read_table
from peaklib.data.frames import Provenance, ReadOptions, read_dataset
from peaklib.data.meta import Kind
from peaklib.errors import DataError

_ARCH_LICENCE: Final = "NCSA (the arch package; it states no other terms for the data)"
_SKFOLIO_LICENCE: Final = "BSD-3-Clause (the skfolio package); for tests and examples only"


@dataclass(frozen=True, kw_only=True)
class BuiltIn:
    """A file inside an installed package, and what is known about it.

    `first`, `last` and `rows` repeat what the file holds after missing days are dropped, so
    that a list of data sets reads no file; a test compares them with the data.
    """

    package: str
    file: str
    meaning: str
    source: str
    licence: str
    first: str
    last: str
    rows: int
    kind: Kind
    currency: str | None
    stamp_format: str | None = None
    has_adjusted: bool = False
    notes: tuple[str, ...] = ()

    def provenance(self, name: str) -> Provenance:
        """The same facts as a reader of tables wants them."""
        return Provenance(
            source=self.source,
            place=f"built-in data set {name!r}",
            licence=self.licence,
            notes=self.notes,
        )


_STAMPS: Final = "stamps are midnight UTC of the session's date, not the exchange's opening"
_NO_DIVIDENDS: Final = (
    "a price index: dividends are not in it, and the index itself cannot be bought"
)

SERIES: Final = {
    "sp500": BuiltIn(
        package="arch",
        file="data/sp500/sp500.csv.gz",
        meaning="S&P 500 index, daily bars",
        source="arch.data.sp500",
        licence=_ARCH_LICENCE,
        first="1999-01-04",
        last="2018-12-31",
        rows=5031,
        kind="index",
        currency="USD",
        stamp_format="%m/%d/%Y",
        has_adjusted=True,
        notes=(
            _NO_DIVIDENDS,
            "up to 2005 nearly every open repeats the close before: see quality()",
            _STAMPS,
        ),
    ),
    "nasdaq": BuiltIn(
        package="arch",
        file="data/nasdaq/nasdaq.csv.gz",
        meaning="Nasdaq Composite index, daily bars",
        source="arch.data.nasdaq",
        licence=_ARCH_LICENCE,
        first="1999-01-04",
        last="2018-12-31",
        rows=5031,
        kind="index",
        currency="USD",
        stamp_format="%m/%d/%Y",
        has_adjusted=True,
        notes=(_NO_DIVIDENDS, _STAMPS),
    ),
    "vix": BuiltIn(
        package="arch",
        file="data/vix/vix.csv.gz",
        meaning="Cboe volatility index, one value a day, in percent a year",
        source="arch.data.vix",
        licence=_ARCH_LICENCE,
        first="2014-01-03",
        last="2019-01-03",
        rows=1259,
        kind="rate",
        currency=None,
        stamp_format="%m/%d/%Y",
        notes=("an implied volatility in percent a year, which cannot be bought", _STAMPS),
    ),
    "wti": BuiltIn(
        package="arch",
        file="data/wti/wti.csv.gz",
        meaning="West Texas Intermediate crude oil, one spot price a day, USD a barrel",
        source="arch.data.wti (FRED DCOILWTICO)",
        licence=_ARCH_LICENCE,
        first="1986-01-02",
        last="2019-01-03",
        rows=8321,
        kind="index",
        currency="USD",
        stamp_format="%m/%d/%Y",
        notes=("a published spot price: no futures contract returned this", _STAMPS),
    ),
}

PANEL_SERIES: Final = {
    "stocks20": BuiltIn(
        package="skfolio",
        file="datasets/data/sp500_dataset.csv.gz",
        meaning="20 large stocks of the S&P 500, daily adjusted closes",
        source="skfolio.datasets.load_sp500_dataset",
        licence=_SKFOLIO_LICENCE,
        first="1990-01-02",
        last="2022-12-28",
        rows=8313,
        kind="tradable",
        currency="USD",
        has_adjusted=True,
        notes=(
            "survivorship bias: the stocks were chosen among those still large at the end, "
            "so past returns are better than anyone could have had",
            "prices are rounded to three decimals, coarse for the lowest of the early years",
            _STAMPS,
        ),
    ),
}


def load_built_in(name: str, *, adjusted: bool, bars_per_year: float | None) -> Dataset:
    """Load a built-in series; days without a value are dropped and kept on record.

    Raises:
        DataError: `adjusted` of a series that has no adjusted close.
    """
    spec = SERIES[name]
    if adjusted and not spec.has_adjusted:
        raise DataError(f"{name}: one value a day has no adjusted close; use adjusted=False")
    options = ReadOptions(
        missing="drop",
        adjusted=adjusted,
        bars_per_year=bars_per_year,
        stamp_format=spec.stamp_format,
        kind=spec.kind,
        currency=spec.currency,
    )
    return read_dataset(read_packaged(spec), name, options, spec.provenance(name))


def read_packaged(spec: BuiltIn) -> pd.DataFrame:
    """Read a file of an installed package as it stands.

    Raises:
        DataError: the package or the file in it is not there.
    """
    found = find_spec(spec.package)
    if found is None or not found.submodule_search_locations:
        raise DataError(f"{spec.source}: package {spec.package!r} is not installed; run make setup")
    path = Path(found.submodule_search_locations[0], spec.file)
    if not path.is_file():
        raise DataError(
            f"{spec.source}: package {spec.package!r} no longer holds {spec.file}; "
            "install the version of requirements.lock"
        )
    return read_table(path)
