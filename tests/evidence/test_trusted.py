"""Whether a pack's files are those that the ledger vouches for."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from peaklib.errors import EvidenceError
from peaklib.evidence import SealedRun, open_run, start_run
from peaklib.evidence.files import SUMS
from peaklib.evidence.trials.trusted import check_trusted

TABLE = "outputs/tables/t.parquet"


@pytest.fixture
def pack(tmp_path: Path) -> SealedRun:
    with start_run(kind="test", config={}, runs=tmp_path) as run:
        run.save_table("t", pd.DataFrame({"a": [1.0]}))
    return open_run(run.run_id, runs=tmp_path)


def test_pack_as_published_is_trusted(pack: SealedRun) -> None:
    check_trusted(pack, pack.root)
    check_trusted(pack, pack.root, "run.json", TABLE)


def test_run_that_the_ledger_does_not_know_is_not(pack: SealedRun) -> None:
    with pytest.raises(EvidenceError, match=r"ledger does not know run .*peak runs recover"):
        check_trusted(pack, None)


def test_only_the_files_that_are_asked_for_are_looked_at(pack: SealedRun) -> None:
    (pack.folder / TABLE).write_bytes(b"x")
    check_trusted(pack, pack.root, "run.json")
    for names in ((TABLE,), ()):
        with pytest.raises(EvidenceError, match=f"altered: {TABLE} is not what its SHA256SUMS"):
            check_trusted(pack, pack.root, *names)


def test_missing_or_added_file_is_told(pack: SealedRun) -> None:
    added = pack.folder / "outputs" / "tables" / "equity.parquet"
    shutil.copy(pack.folder / TABLE, added)
    with pytest.raises(EvidenceError, match=r"equity\.parquet is not in its SHA256SUMS"):
        check_trusted(pack, pack.root)
    added.unlink()
    (pack.folder / TABLE).unlink()
    with pytest.raises(EvidenceError, match=f"{TABLE} is missing; see `peak evidence verify"):
        check_trusted(pack, pack.root)


def test_list_that_was_rewritten_is_told(pack: SealedRun) -> None:
    """Also after the run was opened: what counts is what lies there now."""
    with (pack.folder / SUMS).open("ab") as file:
        file.write(b"\n")
    with pytest.raises(EvidenceError, match="its root hash is"):
        check_trusted(pack, pack.root, "run.json")
    (pack.folder / SUMS).unlink()
    with pytest.raises(EvidenceError, match=f"was altered: .*{SUMS}"):
        check_trusted(pack, pack.root, "run.json")
