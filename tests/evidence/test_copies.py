"""Copies of inputs beside the packs are part of what is verified."""

from pathlib import Path

import pandas as pd
import pytest

from peaklib.data import Dataset, load
from peaklib.evidence import Registry, SealedRun, open_run, start_run, verify_pack
from peaklib.evidence.copies import kept_copies


@pytest.fixture
def prices(tmp_path: Path) -> Dataset:
    path = tmp_path / "prices.csv"
    days = pd.bdate_range("2024-01-01", periods=30)
    pd.DataFrame({"date": days, "close": range(100, 130)}).to_csv(path, index=False)
    return load(path, bars_per_year=252, licence="CC0")


@pytest.fixture
def sealed(prices: Dataset, tmp_path: Path) -> SealedRun:
    runs = tmp_path / "runs"
    with start_run(kind="test", config={}, inputs=[prices, load("sp500")], runs=runs) as run:
        pass
    return open_run(run.run_id, runs=runs)


def problems(run: SealedRun) -> list[str]:
    """What `verify_pack` says of a run and the copies beside it."""
    root = Registry(run.runs).root_of(run.run_id)
    report = verify_pack(run.folder, root=root, data=run.runs / "data")
    return [f"{check.name}: {line}" for check in report.failed for line in check.details]


def test_untouched_copy_passes_and_is_counted(sealed: SealedRun) -> None:
    report = verify_pack(sealed.folder, root=sealed.root, data=sealed.runs / "data")
    assert report.ok
    assert report.checks[0].against == "6 files of SHA256SUMS, and 1 beside it"


def test_changed_copy_is_found(sealed: SealedRun, prices: Dataset) -> None:
    with (sealed.runs / "data" / f"{prices.digest}.parquet").open("r+b") as file:
        file.seek(40)
        file.write(b"\xff")
    (line,) = problems(sealed)
    assert line.startswith("unchanged: data/")
    assert line.endswith("a copy of 'prices', was changed")


def test_missing_copy_is_found(sealed: SealedRun, prices: Dataset) -> None:
    (sealed.runs / "data" / f"{prices.digest}.parquet").unlink()
    (line,) = problems(sealed)
    assert line == f"complete: data/{prices.digest}.parquet, a copy of 'prices', is missing"


def test_copy_that_was_left_out_may_be_missing_but_not_changed(
    sealed: SealedRun, prices: Dataset
) -> None:
    copy = sealed.runs / "data" / f"{prices.digest}.parquet"
    content = copy.read_bytes()

    def is_well(left_out: str) -> bool:
        data = sealed.runs / "data"
        return verify_pack(sealed.folder, root=sealed.root, data=data, left_out=[left_out]).ok

    copy.unlink()
    assert (is_well("prices"), is_well("other")) == (True, False)
    copy.write_bytes(content[:-1] + b"?")
    assert not is_well("prices")
    copy.write_bytes(content)
    assert is_well("other")


@pytest.mark.parametrize("record", [None, {}, {"inputs": 3}, {"inputs": [1, {}, {"kept": None}]}])
def test_damaged_record_names_no_copies(record: dict[str, object] | None, tmp_path: Path) -> None:
    assert kept_copies(record, tmp_path) == []
