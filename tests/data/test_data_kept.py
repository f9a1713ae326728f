"""Copies of inputs: kept by digest, and read again when a run is repeated."""

import json
from pathlib import Path

import pandas as pd
import pytest

from peaklib.data import Dataset, digest_today, from_frame, load
from peaklib.data.kept import read_kept
from peaklib.data.origin import Origin
from peaklib.errors import DataError
from peaklib.evidence import start_run

DAYS = pd.bdate_range("2024-01-01", periods=30)


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    path = tmp_path / "prices.csv"
    pd.DataFrame({"date": DAYS, "close": range(100, 130)}).to_csv(path, index=False)
    return path


def pack_of(dataset: Dataset, runs: Path) -> Path:
    """Folder of a sealed run that read one data set."""
    with start_run(kind="test", config={}, inputs=[dataset], runs=runs) as run:
        pass
    return runs / run.run_id


def entry(dataset: Dataset) -> dict[str, object]:
    """What a record says of an input."""
    return {"name": dataset.name, "digest": dataset.digest, "meta": dataset.describe()}


def entry_of(pack: Path) -> dict[str, object]:
    (entry,) = json.loads((pack / "inputs" / "dataset.json").read_bytes())
    return dict(entry)


def test_file_is_kept_and_comes_back_the_same(prices: Path, tmp_path: Path) -> None:
    loaded = load(prices, bars_per_year=252, currency="EUR")
    assert loaded.keep(tmp_path / "data")
    back = read_kept(tmp_path / "data", entry(loaded))
    pd.testing.assert_frame_equal(back.frame, loaded.frame, check_freq=False)
    assert (back.name, back.digest, back.meta) == (loaded.name, loaded.digest, loaded.meta)


def test_a_copy_holds_all_a_data_set_knows_of_itself(tmp_path: Path) -> None:
    table = pd.DataFrame({"date": DAYS, "close": [*range(29), None]}).iloc[1:]
    whole = from_frame(table, name="x", missing="drop", kind="rate", timezone="America/New_York")
    whole.keep(tmp_path)
    assert read_kept(tmp_path, entry(whole)).describe() == whole.describe()


@pytest.mark.parametrize("source", ["sp500", "synthetic:garch,seed=3,bars=100"])
def test_what_ships_is_not_kept(source: str, tmp_path: Path) -> None:
    assert not load(source).keep(tmp_path / "data")
    assert not load(source).between("2000-02").keep(tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_part_of_a_file_is_kept_by_its_own_digest(prices: Path, tmp_path: Path) -> None:
    part = load(prices, bars_per_year=252).between("2024-01-15")
    assert part.keep(tmp_path)
    assert read_kept(tmp_path, entry(part)).frame.index[0] == pd.Timestamp("2024-01-15", tz="UTC")


def test_changed_copy_is_refused(prices: Path, tmp_path: Path) -> None:
    loaded = load(prices, bars_per_year=252)
    loaded.keep(tmp_path)
    copy = tmp_path / f"{loaded.digest}.parquet"
    (loaded.frame + 1).to_parquet(copy)
    with pytest.raises(DataError, match=r"kept copy was changed"):
        read_kept(tmp_path, entry(loaded))
    copy.unlink()
    with pytest.raises(DataError, match=r"cannot be read"):
        read_kept(tmp_path, entry(loaded))


def test_repeated_run_reads_the_copy_where_the_file_is_gone(
    prices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load(prices, bars_per_year=252)
    pack = pack_of(loaded, tmp_path / "runs")
    prices.unlink()
    with pytest.raises(DataError, match="neither a known data set nor an existing file"):
        load(prices, bars_per_year=252)
    monkeypatch.setenv("PEAK_INPUTS", str(pack))
    again = load(prices, bars_per_year=252)
    assert (again.digest, again.name, again.meta) == (loaded.digest, loaded.name, loaded.meta)


def test_repeated_run_reads_the_copy_and_not_a_file_that_changed(
    prices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load(prices, bars_per_year=252)
    monkeypatch.setenv("PEAK_INPUTS", str(pack_of(loaded, tmp_path / "runs")))
    prices.write_text(prices.read_text("utf-8").replace("129", "1"), "utf-8")
    assert load(prices, bars_per_year=252).digest == loaded.digest


def test_another_option_is_another_input(
    prices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "PEAK_INPUTS", str(pack_of(load(prices, bars_per_year=252), tmp_path / "runs"))
    )
    prices.unlink()
    with pytest.raises(DataError, match="neither"):
        load(prices, bars_per_year=250)


def test_input_says_how_it_was_loaded(prices: Path) -> None:
    assert load("sp500", adjusted=True).origin == Origin("sp500", {"adjusted": True}, ships=True)
    assert load(prices, bars_per_year=252).describe()["load"] == {
        "source": str(prices),
        "options": {"bars_per_year": 252},
        "part": False,
    }


def test_digest_today_notices_data_that_changed(prices: Path, tmp_path: Path) -> None:
    pack = pack_of(load("sp500"), tmp_path / "runs")
    entry = entry_of(pack)
    assert digest_today(entry, pack.parent) == entry["digest"] == load("sp500").digest

    loaded = load(prices, bars_per_year=252)
    pack = pack_of(loaded, tmp_path / "runs")
    assert digest_today(entry_of(pack), pack.parent) == loaded.digest
    (tmp_path / "runs" / "data" / f"{loaded.digest}.parquet").write_bytes(b"")
    with pytest.raises(DataError, match="cannot be read"):
        digest_today(entry_of(pack), pack.parent)


def test_two_writers_of_one_copy_do_not_harm_each_other(prices: Path, tmp_path: Path) -> None:
    loaded = load(prices, bars_per_year=252)
    loaded.keep(tmp_path / "data")
    before = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "data").iterdir()}
    loaded.keep(tmp_path / "data")
    assert {p.name: p.stat().st_mtime_ns for p in (tmp_path / "data").iterdir()} == before
    assert set(before) == {f"{loaded.digest}.parquet"}


def test_facts_come_from_the_run_and_not_from_whoever_copied_first(
    prices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packs = {}
    for count in (252, 100):
        loaded = load(prices, bars_per_year=count, name=f"n{count}")
        packs[count] = pack_of(loaded, tmp_path / "runs")
    for count, pack in packs.items():
        monkeypatch.setenv("PEAK_INPUTS", str(pack))
        again = load(prices, bars_per_year=count, name=f"n{count}")
        assert (again.meta.bars_per_year, again.name) == (count, f"n{count}")
