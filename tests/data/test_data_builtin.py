"""Built-in series against the shipped files, read by the standard library alone."""

import csv
import gzip
import json
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from peaklib.data import list_datasets, load, load_panel
from peaklib.errors import DataError


def _shipped(name: str) -> tuple[list[pd.Timestamp], list[list[str]]]:
    """Stamps and texts of a file of the arch package."""
    spec = find_spec("arch")
    assert spec is not None
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0], "data", name, f"{name}.csv.gz")
    with gzip.open(path, "rt", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    days = [datetime.strptime(row[0], "%m/%d/%Y") for row in rows]
    return [pd.Timestamp(day, tz="UTC") for day in days], [row[1:] for row in rows]


@pytest.mark.parametrize("name", ["sp500", "nasdaq"])
def test_bars_are_those_of_the_shipped_file(name: str) -> None:
    stamps, rows = _shipped(name)
    bars = load(name)
    assert len(bars) == 5031
    assert bars.frame.index.to_list() == stamps
    # The file has the adjusted close before the volume.
    expected = [[float(text) for text in (*row[:4], row[5])] for row in rows]
    assert bars.frame.to_numpy().tolist() == expected
    assert bars.meta.kind == "index"
    assert any("dividends" in note for note in bars.meta.notes)


@pytest.mark.parametrize(("name", "dropped"), [("vix", 46), ("wti", 290)])
def test_one_value_a_day_leaves_out_missing_days_and_says_which(name: str, dropped: int) -> None:
    stamps, rows = _shipped(name)
    series = load(name)
    assert series.column("close").tolist() == [float(row[0]) for row in rows if row[0] != "."]
    missing = [f"{day:%F}" for day, row in zip(stamps, rows, strict=True) if row[0] == "."]
    assert list(series.meta.dropped) == missing
    assert len(missing) == dropped
    for column in ("open", "high", "low", "volume"):
        with pytest.raises(DataError, match=f"{name}: there is no '{column}'.*one value a day"):
            series.column(column)
    with pytest.raises(DataError, match="no adjusted close"):
        load(name, adjusted=True)


def test_an_index_is_the_same_adjusted_or_not() -> None:
    plain, adjusted = load("sp500"), load("sp500", adjusted=True)
    assert adjusted.digest == plain.digest
    assert adjusted.meta.adjusted


def test_the_panel_is_the_one_of_skfolio_and_states_its_bias() -> None:
    panel = load_panel("stocks20")
    assert (len(panel), panel.n_assets) == (8313, 20)
    assert panel.open is None
    assert panel.close.loc["1990-01-03", "AAPL"] == 0.266
    assert panel.close.loc["2022-12-28", "XOM"] == 106.627
    assert any("survivorship bias" in note for note in panel.meta.notes)
    assert panel.meta.adjusted


def test_the_list_repeats_what_the_data_hold() -> None:
    listed = list_datasets()
    assert [info.name for info in listed][:5] == ["sp500", "nasdaq", "vix", "wti", "stocks20"]
    for info in listed:
        frame = load_panel(info.name).close if info.kind == "panel" else load(info.name).frame
        period = (f"{frame.index[0]:%Y-%m-%d}", f"{frame.index[-1]:%Y-%m-%d}")
        assert (info.rows, info.period) == (len(frame), period), info.name
        assert (info.kind == "one value a day") == (list(frame.columns) == ["close"])
        assert info.meaning
        assert info.licence


@pytest.mark.parametrize("name", ["sp500", "wti", "synthetic:garch"])
def test_facts_are_plain_json(name: str) -> None:
    meta = load(name).meta.to_json()
    assert json.loads(json.dumps(meta, allow_nan=False)) == meta
    assert meta["bars_per_year_basis"] == "derived: 252 sessions a year, one bar each"


def test_a_count_of_bars_may_be_given_for_any_source() -> None:
    for name in ("sp500", "synthetic:garch"):
        meta = load(name, bars_per_year=250).meta
        assert (meta.bars_per_year, meta.bars_per_year_basis) == (250.0, "given")
