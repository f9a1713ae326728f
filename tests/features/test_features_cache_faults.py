"""The features' cache under real faults: damaged files, no room, no right, killed writers."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from scratch import wait_until

from peaklib.errors import FeatureError
from peaklib.evidence import to_json
from peaklib.features.cache import CacheKey, CacheWarning, FeatureCache, Found, Missing

CODE = {"numpy": "2.4.0"}
KEY = CacheKey("rsi", *(sha256(part).hexdigest() for part in (b"r", b"s", b"c", b"t")))
COLUMNS = {
    "x": np.concatenate([np.full(7, np.nan), np.random.default_rng(1).normal(size=93)]),
    "y": np.arange(100.0),
}


@pytest.fixture
def cache(tmp_path: Path) -> FeatureCache:
    return FeatureCache(tmp_path / "cache")


@pytest.fixture
def path(cache: FeatureCache) -> Path:
    """An entry that is in order."""
    cache.put(KEY, COLUMNS, CODE)
    return cache.folder / "rsi" / KEY.file_name


def is_right(answer: Found | Missing) -> bool:
    return isinstance(answer, Found) and all(
        got.tobytes() == kept.tobytes()
        for got, kept in zip(answer.columns, COLUMNS.values(), strict=True)
    )


def outcome(cache: FeatureCache, path: Path, content: bytes) -> str:
    """`right`, or `reported` if the damage was noticed, told, and removed."""
    path.write_bytes(content)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        answer = cache.get(KEY, list(COLUMNS), CODE)
    if is_right(answer):
        assert not told
        return "right"
    assert isinstance(answer, Missing), "values that were never kept"
    assert answer.why.startswith("entry unreadable: ")
    assert [each.category for each in told] == [CacheWarning]
    assert str(path) in str(told[0].message)
    assert not path.exists()
    return "reported"


def test_a_file_cut_anywhere_is_reported_removed_and_written_anew(
    cache: FeatureCache, path: Path
) -> None:
    whole = path.read_bytes()
    lengths = [
        0,
        1,
        3,
        4,
        5,
        8,
        12,
        *range(13, len(whole), 37),
        *range(len(whole) - 12, len(whole)),
    ]
    assert {outcome(cache, path, whole[:length]) for length in lengths} == {"reported"}
    cache.put(KEY, COLUMNS, CODE)
    assert is_right(cache.get(KEY, list(COLUMNS), CODE))


def test_a_file_that_goes_on_is_reported(cache: FeatureCache, path: Path) -> None:
    whole = path.read_bytes()
    assert outcome(cache, path, whole + b"\0") == "reported"
    assert outcome(cache, path, whole + whole[:100]) == "reported"


@pytest.mark.slow
def test_no_single_flipped_bit_gives_a_wrong_value(cache: FeatureCache, path: Path) -> None:
    whole = path.read_bytes()
    outcomes = []
    for place in range(len(whole)):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            outcomes.append(outcome(cache, path, bytes(damaged)))
    # Some bits decide nothing, as those of the name of the program that wrote the file.
    assert outcomes.count("reported") > 0.85 * len(outcomes)


def test_no_other_byte_gives_a_wrong_value(cache: FeatureCache, path: Path) -> None:
    whole = path.read_bytes()
    rng = np.random.default_rng(2)
    for place in rng.choice(len(whole), 150, replace=False):
        damaged = bytearray(whole)
        damaged[place] = (damaged[place] + int(rng.integers(1, 256))) % 256
        outcome(cache, path, bytes(damaged))


def test_every_damaged_byte_of_the_values_is_noticed(cache: FeatureCache, path: Path) -> None:
    whole = path.read_bytes()
    pages = parquet.ParquetFile(path).metadata.row_group(0)
    ends = [
        pages.column(k).data_page_offset + pages.column(k).total_compressed_size for k in (0, 1)
    ]
    for place in [end - 1 - back for end in ends for back in range(0, 60, 3)]:
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        assert outcome(cache, path, bytes(damaged)) == "reported"


@pytest.mark.parametrize("blank", [b"\0", b"\xff"])
def test_a_lost_sector_is_noticed(cache: FeatureCache, blank: bytes) -> None:
    """A disk gives back a block of zeros or ones in the middle of a large entry."""
    columns = {"x": np.random.default_rng(3).normal(size=20_000)}
    cache.put(KEY, columns, CODE)
    path = cache.folder / "rsi" / KEY.file_name
    whole = path.read_bytes()
    for start in range(512, len(whole) - 512, 512 * 37):
        path.write_bytes(whole[:start] + blank * 512 + whole[start + 512 :])
        with pytest.warns(CacheWarning, match="entry unreadable"):
            assert isinstance(cache.get(KEY, ["x"], CODE), Missing)


def rewrite(path: Path, columns: Sequence[np.ndarray], **changed: object) -> None:
    """The record of an entry over other values; its digest is left as it was."""
    facts = parquet.ParquetFile(path).metadata.metadata
    told = {**json.loads(facts[b"peaklib.feature"]), **changed}
    kind = pa.from_numpy_dtype(columns[0].dtype)
    schema = pa.schema([pa.field(name, kind, nullable=False) for name in COLUMNS])
    with parquet.ParquetWriter(path, schema) as file:
        file.write_table(pa.table(list(columns), schema=schema))
        file.add_key_value_metadata({**facts, b"peaklib.feature": to_json(told)})


def foreign(path: Path) -> None:
    parquet.write_table(pa.table(dict(COLUMNS)), path)


def other_values(path: Path) -> None:
    rewrite(path, [COLUMNS["y"], COLUMNS["x"]])


def fewer_rows(path: Path) -> None:
    rewrite(path, [column[:99] for column in COLUMNS.values()])


def integers(path: Path) -> None:
    rewrite(path, [column.view(np.int64) for column in COLUMNS.values()])


def edited_record(path: Path) -> None:
    rewrite(path, [*COLUMNS.values()], code={"numpy": "9"})


def test_the_same_record_over_the_same_values_is_right(cache: FeatureCache, path: Path) -> None:
    rewrite(path, [*COLUMNS.values()])
    assert outcome(cache, path, path.read_bytes()) == "right"


@pytest.mark.parametrize("make", [foreign, other_values, fewer_rows, integers, edited_record])
def test_a_readable_file_that_is_not_the_entry_is_reported(
    cache: FeatureCache, path: Path, make
) -> None:
    make(path)
    assert parquet.read_table(path).num_columns == 2
    assert outcome(cache, path, path.read_bytes()) == "reported"


@pytest.mark.parametrize("content", [b"not parquet", b"PAR1PAR1", b"PAR1" + b"\xff" * 64 + b"PAR1"])
def test_a_file_of_another_kind_is_reported(
    cache: FeatureCache, path: Path, content: bytes
) -> None:
    assert outcome(cache, path, content) == "reported"


def test_a_damaged_neighbour_does_not_hinder_the_reason(cache: FeatureCache, path: Path) -> None:
    path.write_bytes(b"rubbish")
    other = replace(KEY, code="0" * 64)
    assert cache.get(other, list(COLUMNS), CODE) == Missing("code changed")


def test_a_folder_in_the_place_of_an_entry_is_told_and_left_alone(
    cache: FeatureCache, path: Path
) -> None:
    path.unlink()
    path.mkdir()
    (path / "mine.txt").write_text("keep")
    with pytest.warns(CacheWarning, match="remove what lies there"):
        assert isinstance(cache.get(KEY, list(COLUMNS), CODE), Missing)
    with pytest.warns(CacheWarning, match="is not kept"):
        cache.put(KEY, COLUMNS, CODE)
    assert (path / "mine.txt").read_text() == "keep"
    assert cache.stats().entries == 0
    assert [each for each in os.listdir(cache.folder) if each.endswith(".tmp")] == []


@pytest.mark.parametrize("place", ["cache", "cache/rsi"])
def test_a_file_in_the_place_of_a_folder_hinders_keeping_not_computing(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("in the way")
    cache = FeatureCache(tmp_path / "cache")
    assert cache.get(KEY, list(COLUMNS), CODE) == Missing("never computed")
    with pytest.warns(CacheWarning, match="'rsi' is not kept .* its values are right"):
        cache.put(KEY, COLUMNS, CODE)
    assert (tmp_path / place).read_text() == "in the way"


def test_looking_into_a_file_instead_of_a_folder_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    cache = FeatureCache(tmp_path / "cache")
    with pytest.raises(FeatureError, match="cannot be listed: Not a directory; it has to be"):
        cache.stats()
    with pytest.raises(FeatureError, match="cannot be cleared: Not a directory; it has to be"):
        cache.clear()


FULL = """
import resource, warnings
import numpy as np
import test_features_cache_faults as t
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
cache = t.FeatureCache("cache")
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    cache.put(t.KEY, {"x": np.random.default_rng(0).normal(size=5000)}, t.CODE)
    assert [each.category for each in told] == [t.CacheWarning], told
    assert "see to its room and rights" in str(told[0].message), told[0].message
    cache.put(t.KEY, t.COLUMNS, t.CODE)
    assert len(told) == 1
assert t.is_right(cache.get(t.KEY, list(t.COLUMNS), t.CODE))
assert sorted(each.name for each in cache.folder.iterdir()) == [".lock", "rsi"]
"""


def run_in(folder: Path, script: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PATHS))}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=folder, env=environment
    )


PATHS = (Path(__file__).parent, Path(__file__).parents[1])


@pytest.mark.slow
def test_a_file_that_may_not_grow_is_a_warning_and_leaves_nothing(tmp_path: Path) -> None:
    """What a full disk does to a writer, by the limit on the size of a process's files."""
    assert run_in(tmp_path, FULL).wait(120) == 0


ENDLESS = """
import numpy as np
import test_features_cache_faults as t
cache = t.FeatureCache("cache")
columns = {f"c{k}": np.random.default_rng(k).normal(size=400_000) for k in range(6)}
while True:
    cache.put(t.KEY, columns, t.CODE)
    cache.clear()
"""


@pytest.mark.slow
def test_a_writer_killed_in_the_middle_leaves_no_entry(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path / "cache")

    def unfinished() -> list[Path]:
        return [each for each in cache.folder.glob(".*.tmp") if each.stat().st_size > 100_000]

    for _ in range(3):
        writer = run_in(tmp_path, ENDLESS)
        try:
            while not unfinished():
                try:
                    wait_until(lambda: bool(unfinished()), "an unfinished file")
                except FileNotFoundError:  # finished between being listed and looked at
                    continue
        finally:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        names = [f"c{k}" for k in range(6)]
        answer = cache.get(KEY, names, CODE)  # a warning would be an error here
        assert isinstance(answer, Missing) or answer.columns[0].size == 400_000
    left = list(cache.folder.glob(".*.tmp"))
    cache.clear()
    assert cache.stats().entries == 0
    assert set(cache.folder.glob(".*.tmp")) == set(left), "a file so young may still be written"
    for each in left:
        os.utime(each, (0, 0))
    cache.put(KEY, COLUMNS, CODE)
    assert list(cache.folder.glob(".*.tmp")) == []
    assert cache.stats().entries == 1


def test_unfinished_files_are_removed_after_an_hour_and_strange_ones_never(
    cache: FeatureCache, path: Path
) -> None:
    old, young = cache.folder / f".{'0' * 16}.tmp", cache.folder / f".{'1' * 16}.tmp"
    strange = cache.folder / ".mine.tmp"
    now = path.stat().st_mtime
    for each, age in ((old, 3700), (young, 3500), (strange, 9**9)):
        each.write_bytes(b"half")
        os.utime(each, (now - age,) * 2)
    cache.put(replace(KEY, rows="0" * 64), COLUMNS, CODE)
    assert [each.exists() for each in (old, young, strange)] == [False, True, True]
    assert cache.stats().entries == 2
