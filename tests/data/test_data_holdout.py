"""Rows that are kept as a holdout: no call of the loader hands them on, or tells of them."""

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from peaklib.data import (
    Dataset,
    digest_today,
    frame_digest,
    from_frame,
    load,
    load_again,
    load_panel,
)
from peaklib.errors import DataError
from peaklib.evidence import start_run
from peaklib.evidence.places import HOLDOUT_VARIABLE

# Two rows before 4 January 2024, and 3 from it on, the first of them on the day itself.
DAY = "2024-01-04"
ODD = ["2016", "2016-1-1", "20160101", "01.02.2016", "2016-02-30", "", "2016-01-01T00:00", 2016]


def last_day(data: Dataset) -> str:
    return f"{data.frame.index[-1]:%Y-%m-%d}"


def entry_of(data: Dataset, runs: Path) -> dict[str, object]:
    """What the record of a run that read it says."""
    with start_run(kind="test", config={}, inputs=[data], runs=runs) as run:
        pass
    (entry,) = json.loads((runs / run.run_id / "inputs" / "dataset.json").read_bytes())
    return dict(entry)


def test_only_bars_before_the_day_are_left(bars_csv: Path) -> None:
    data = load(bars_csv, holdout_from=DAY)
    assert [f"{stamp:%d}" for stamp in data.frame.index] == ["02", "03"]
    assert data.column("close").tolist() == [11.0, 12.0]
    assert data.holdout_from == DAY


def test_digest_is_that_of_exactly_these_rows(bars_csv: Path) -> None:
    whole = load(bars_csv)
    data = load(bars_csv, holdout_from=DAY)
    assert data.digest == frame_digest(whole.frame.iloc[:2]) != whole.digest


def test_a_date_object_means_the_same(bars_csv: Path) -> None:
    data = load(bars_csv, holdout_from=dt.date(2024, 1, 4))
    assert data.origin.options == {"holdout_from": DAY}


@settings(max_examples=25)
@given(st.dates(dt.date(1999, 1, 5), dt.date(2019, 12, 31)))
def test_what_is_left_is_what_a_period_up_to_the_day_before_holds(
    sp500: Dataset, day: dt.date
) -> None:
    left = sp500.without_holdout(day.isoformat())
    before = sp500.between(None, day - dt.timedelta(days=1))
    assert left.digest == before.digest
    assert len(left) == sp500.bars_before(day.isoformat())


def test_later_rows_change_nothing_of_what_is_seen(bars_csv: Path) -> None:
    before = load(bars_csv, holdout_from=DAY)
    bars_csv.write_text(bars_csv.read_text().replace("2024-01-08,14,16,13,15,500", ""))
    bars_csv.write_text(bars_csv.read_text().replace("12,14,11,13,300", "12,99,11,98,300"))
    after = load(bars_csv, holdout_from=DAY)
    assert (after.digest, after.describe()) == (before.digest, before.describe())


def test_data_say_that_rows_were_kept_back_and_nothing_of_them() -> None:
    whole, left = load("wti"), load("wti", holdout_from="2010-01-01")
    assert left.meta.notes == (*whole.meta.notes, "rows from 2010-01-01 on are kept as a holdout")
    assert max(left.meta.dropped) < "2010-01-01" < max(whole.meta.dropped)
    assert left.meta.bars_per_year == whole.meta.bars_per_year
    assert "holdout_from" not in whole.describe()["load"]["options"]


def test_a_day_is_that_of_the_session_in_its_own_zone() -> None:
    # 19:00 and 20:00 in New York on 31 December are 00:00 and 01:00 UTC on 1 January.
    hours = pd.date_range("2015-12-31 22:00", periods=10, freq="h", tz="UTC")
    table = pd.DataFrame({"time": hours, "close": range(1, 11)})
    data = from_frame(table, name="x", timezone="America/New_York", bars_per_year=8760)
    left = data.without_holdout("2016-01-01")
    assert left.frame.index[-1] == pd.Timestamp("2016-01-01 04:00", tz="UTC")


def test_a_day_without_midnight_begins_where_its_first_hour_does() -> None:
    # Clocks in São Paulo went from 23:59 on 14 October 2017 to 01:00 on the 15th.
    hours = pd.date_range("2017-10-15 00:00", periods=8, freq="h", tz="UTC")
    table = pd.DataFrame({"time": hours, "close": range(1, 9)})
    data = from_frame(table, name="x", timezone="America/Sao_Paulo", bars_per_year=8760)
    assert data.bars_before("2017-10-15") == 3


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_date_is_refused(odd: str) -> None:
    with pytest.raises(DataError, match="write one as in 2016-01-01"):
        load("sp500", holdout_from=odd)


def test_data_that_lie_in_the_holdout_as_a_whole_are_refused(bars_csv: Path) -> None:
    with pytest.raises(DataError, match="begins on 2024-01-02; the data begin on 2024-01-02"):
        load(bars_csv, holdout_from="2024-01-02")


@pytest.mark.parametrize("end", ["2016", "2016-01", "2016-01-01", dt.date(2017, 3, 1)])
def test_a_period_that_reaches_into_the_holdout_is_refused(end: str | dt.date) -> None:
    data = load("sp500", holdout_from="2016-01-01")
    with pytest.raises(DataError, match=r"begins on 2016-01-01 .* peak sweeps open-holdout SWEEP"):
        data.between("2010", end)


def test_a_period_that_begins_in_the_holdout_is_refused_also_of_a_part() -> None:
    part = load("sp500", holdout_from="2016-01-01").between("2010")
    with pytest.raises(DataError, match="lies in the holdout"):
        part.between("2016-05")


def test_a_period_before_the_holdout_is_as_ever() -> None:
    data = load("sp500", holdout_from="2016-01-01")
    assert last_day(data.between("2010", "2015")) == "2015-12-31"
    assert last_day(data.between("2010")) == "2015-12-31"


class TestVariable:
    """The runner sets it for a cell; no notebook has to know of it."""

    @pytest.fixture(autouse=True)
    def variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(HOLDOUT_VARIABLE, "2010-01-01")

    @pytest.mark.parametrize("source", ["sp500", "wti", "synthetic:garch,seed=3,bars=3000"])
    def test_every_call_is_cut(self, source: str) -> None:
        data = load(source)
        assert last_day(data) < "2010-01-01"
        assert data.origin.options["holdout_from"] == "2010-01-01"

    def test_panels_are_cut(self) -> None:
        panel = load_panel("stocks20")
        assert f"{panel.close.index[-1]:%Y-%m-%d}" == "2009-12-31"
        assert panel.describe()["load"]["options"] == {"holdout_from": "2010-01-01"}

    def test_a_later_date_does_not_widen_it(self) -> None:
        data = load("sp500", holdout_from="2016-01-01")
        assert last_day(data) == "2009-12-31"
        assert data.origin.options == {"holdout_from": "2010-01-01"}

    def test_an_earlier_date_narrows_it(self) -> None:
        assert last_day(load("sp500", holdout_from="2005-01-01")) == "2004-12-31"

    def test_a_copy_of_all_rows_is_cut(
        self, tmp_path: Path, bars_csv: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(HOLDOUT_VARIABLE)
        entry = entry_of(load(bars_csv), tmp_path / "runs")
        monkeypatch.setenv(HOLDOUT_VARIABLE, DAY)
        assert len(load_again(entry, tmp_path / "runs")) == 2

    def test_nonsense_in_it_stops_everything(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(HOLDOUT_VARIABLE, "soon")
        with pytest.raises(DataError, match="PEAK_HOLDOUT_FROM is 'soon', which is no date"):
            load("sp500")


def test_an_asset_that_is_listed_only_later_is_no_part_of_a_panel(tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    days = pd.bdate_range("2024-01-01", periods=6)
    table = pd.DataFrame({"date": days, "old": range(1, 7), "new": [None] * 4 + [5.0, 6.0]})
    table.to_csv(path, index=False)
    panel = load_panel(path, holdout_from="2024-01-05", bars_per_year=252)
    assert (panel.assets, len(panel)) == (("old",), 4)
    assert panel.digest == load_panel(_first_rows(table, tmp_path), bars_per_year=252).digest


def _first_rows(table: pd.DataFrame, folder: Path) -> Path:
    path = folder / "first.csv"
    table.iloc[:4][["date", "old"]].to_csv(path, index=False)
    return path


def test_a_panel_that_lies_in_the_holdout_as_a_whole_is_refused() -> None:
    with pytest.raises(DataError, match="stocks20: no bar before the holdout"):
        load_panel("stocks20", holdout_from="1990-01-02")


@pytest.mark.parametrize("source", ["sp500", "file"])
def test_what_a_record_pins_is_found_again(source: str, bars_csv: Path, tmp_path: Path) -> None:
    name, day = (str(bars_csv), DAY) if source == "file" else (source, "2010-01-01")
    data = load(name, holdout_from=day)
    entry = entry_of(data, tmp_path / "runs")
    assert digest_today(entry, tmp_path / "runs") == data.digest
    again = load_again(entry, tmp_path / "runs")
    assert (again.digest, again.holdout_from, again.meta) == (data.digest, day, data.meta)


def test_the_copy_that_a_run_keeps_holds_no_row_of_the_holdout(
    bars_csv: Path, tmp_path: Path
) -> None:
    entry_of(load(bars_csv, holdout_from=DAY), tmp_path / "runs")
    (copy,) = (tmp_path / "runs" / "data").glob("*.parquet")
    assert len(pd.read_parquet(copy)) == 2
