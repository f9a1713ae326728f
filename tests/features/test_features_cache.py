"""The features' cache: what it gives back, why it has nothing, and what makes room."""

import copy
import os
import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
from hypothesis import given, strategies as st

from peaklib.errors import FeatureError
from peaklib.evidence.canonical import digest
from peaklib.features.cache import (
    CacheKey,
    CacheWarning,
    FeatureCache,
    FeatureStats,
    Found,
    Missing,
)
from peaklib.features.cache.room import entries_in

CODE = {"numpy": "2.4.0", "pack.averages": "a" * 64}


def sha(text: object) -> str:
    return sha256(str(text).encode()).hexdigest()


def key(feature="rsi", rows="rows", spec="spec", code="code", state="state") -> CacheKey:
    return CacheKey(feature, sha(rows), sha(spec), sha(code), sha(state))


def noise(n: int = 1000, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


def put(cache: FeatureCache, at: CacheKey, seed: int = 0, n: int = 1000) -> Path:
    cache.put(at, {"x": noise(n, seed)}, CODE)
    return cache.folder / at.feature / at.file_name


def why(cache: FeatureCache, at: CacheKey, code=CODE) -> str:
    answer = cache.get(at, ["x"], code)
    assert isinstance(answer, Missing)
    return answer.why


@pytest.fixture
def cache(tmp_path: Path) -> FeatureCache:
    return FeatureCache(tmp_path / "runs" / "cache")


# ---- values ---------------------------------------------------------------------------


def test_values_come_back_bit_for_bit_and_read_only(cache: FeatureCache) -> None:
    odd = np.array([0x7FF8000000000001, 0xFFF8DEADBEEF0000, 0x7FF0000000000001], dtype=np.uint64)
    special = [0.0, -0.0, np.inf, -np.inf, 5e-324, np.finfo(float).max]
    column = np.concatenate([odd.view(np.float64), special, noise(50)])
    cache.put(key(), {"low": column, "high": column[::-1]}, CODE)
    answer = cache.get(key(), ["low", "high"], CODE)
    assert isinstance(answer, Found)
    for got, kept in zip(answer.columns, (column, column[::-1]), strict=True):
        assert got.dtype == np.float64
        assert got.tobytes() == kept.tobytes()
        with pytest.raises(ValueError, match="read-only"):
            got[0] = 1.0


@given(st.lists(st.integers(0, 2**64 - 1), max_size=40))
def test_any_bits_come_back(tmp_path_factory: pytest.TempPathFactory, bits: list[int]) -> None:
    column = np.array(bits, dtype=np.uint64).view(np.float64)
    cache = FeatureCache(tmp_path_factory.mktemp("cache"))
    cache.put(key(), {"x": column}, CODE)
    answer = cache.get(key(), ["x"], CODE)
    assert isinstance(answer, Found)
    assert answer.columns[0].tobytes() == column.tobytes()


def test_an_entry_is_a_parquet_file_that_other_tools_read(cache: FeatureCache) -> None:
    path = put(cache, key())
    assert path.relative_to(cache.folder).as_posix() == (
        f"rsi/{sha('rows')[:16]}-{sha('spec')[:16]}-{sha('code')[:16]}-{sha('state')[:16]}.parquet"
    )
    assert np.array_equal(parquet.read_table(path).column("x").to_numpy(), noise())


def test_the_same_entry_is_the_same_bytes(cache: FeatureCache, tmp_path: Path) -> None:
    first = put(cache, key()).read_bytes()
    assert put(FeatureCache(tmp_path / "other"), key()).read_bytes() == first


def test_a_later_entry_of_the_same_key_replaces_the_first(cache: FeatureCache) -> None:
    put(cache, key(), seed=1)
    put(cache, key(), seed=2)
    answer = cache.get(key(), ["x"], CODE)
    assert isinstance(answer, Found)
    assert np.array_equal(answer.columns[0], noise(seed=2))
    assert cache.stats().entries == 1


def test_columns_under_other_names_are_not_taken_for_those_asked(cache: FeatureCache) -> None:
    put(cache, key())
    answer = cache.get(key(), ["x", "y"], CODE)
    assert answer == Missing("other columns wanted: kept were x")
    assert isinstance(cache.get(key(), ["x"], CODE), Found)


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"x": np.zeros(3), "y": np.zeros(4)},
        {"x": np.zeros((3, 1))},
        {"x": np.zeros(3, dtype=np.float32)},
        {"x": np.zeros(3, dtype=np.int64)},
    ],
)
def test_columns_that_are_none_are_refused(cache: FeatureCache, columns) -> None:
    with pytest.raises(FeatureError, match="'rsi' cannot be kept"):
        cache.put(key(), columns, CODE)


# ---- why there is nothing -------------------------------------------------------------


def test_an_empty_cache_makes_no_folder_and_says_never_computed(cache: FeatureCache) -> None:
    assert why(cache, key()) == "never computed"
    assert not cache.folder.exists()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"rows": 2}, "data changed"),
        ({"spec": 2}, "parameters changed"),
        ({"state": 2}, "fitted on other rows"),
        ({"rows": 2, "spec": 2}, "data and parameters changed"),
        ({"rows": 2, "state": 2}, "data changed; fitted on other rows"),
        ({"code": 2}, "code changed: pack.averages"),
        ({"rows": 2, "code": 2}, "data and code changed: pack.averages"),
        (
            {"rows": 2, "spec": 2, "code": 2, "state": 2},
            "data, parameters and code changed: pack.averages; fitted on other rows",
        ),
    ],
)
def test_why_names_what_differs(cache: FeatureCache, changed, says: str) -> None:
    put(cache, key())
    code = {**CODE, "pack.averages": "b" * 64} if "code" in changed else CODE
    assert why(cache, key(**changed), code) == says


def test_another_feature_is_no_reason(cache: FeatureCache) -> None:
    put(cache, key("atr"))
    assert why(cache, key("rsi")) == "never computed"


def test_why_names_libraries_with_their_versions_and_what_came_or_went(
    cache: FeatureCache,
) -> None:
    put(cache, key())
    now = {"numpy": "2.5.0", "pack.new": "c" * 64}
    assert why(cache, key(code=2), now) == (
        "code changed: numpy (2.4.0, now 2.5.0), pack.averages (no longer used), pack.new (new)"
    )


def test_why_names_some_of_many_modules(cache: FeatureCache) -> None:
    cache.put(key(), {"x": noise()}, {f"pack.m{k}": "a" * 64 for k in range(9)})
    now = {f"pack.m{k}": "b" * 64 for k in range(9)}
    assert why(cache, key(code=2), now) == (
        "code changed: pack.m0, pack.m1, pack.m2, pack.m3 and 5 more"
    )


def test_why_looks_at_the_entry_that_differs_least_and_of_those_at_the_newest(
    cache: FeatureCache,
) -> None:
    now = {"pack.a": "1" * 64, "pack.b": "1" * 64}
    cache.put(key(code="far", rows=3), {"x": noise()}, {"pack.a": "0" * 64, "pack.b": "0" * 64})
    cache.put(key(code="old"), {"x": noise()}, {"pack.a": "0" * 64, "pack.b": "1" * 64})
    cache.put(key(code="new"), {"x": noise()}, {"pack.a": "1" * 64, "pack.b": "0" * 64})
    assert why(cache, key(code="now"), now) == "code changed: pack.b"
    assert isinstance(cache.get(key(code="old"), ["x"], {}), Found)
    assert why(cache, key(code="now"), now) == "code changed: pack.a"


def test_a_key_that_shares_its_first_digits_gets_nothing(cache: FeatureCache) -> None:
    put(cache, key())
    twin = replace(key(), rows=sha("rows")[:16] + "0" * 48)
    assert twin.file_name == key().file_name
    assert why(cache, twin).startswith("never computed; the entry of another key")
    put(cache, twin, seed=5)
    assert isinstance(cache.get(twin, ["x"], CODE), Found)
    assert isinstance(cache.get(key(), ["x"], CODE), Missing)


def test_columns_of_code_without_a_digest_are_not_kept(cache: FeatureCache) -> None:
    code = {"__main__.f": "unknown", "numpy": "2.4.0"}
    cache.put(key(), {"x": noise()}, code)
    assert cache.stats().entries == 0
    assert why(cache, key(), code).endswith("its code changed: __main__.f")


# ---- keys -----------------------------------------------------------------------------


def test_the_digest_of_a_key_covers_all_of_it() -> None:
    assert key().digest() == digest(
        {
            "feature": "rsi",
            "rows": sha("rows"),
            "spec": sha("spec"),
            "code": sha("code"),
            "state": sha("state"),
        }
    )
    changed = [key("atr"), key(rows=2), key(spec=2), key(code=2), key(state=2)]
    assert len({key().digest(), *(each.digest() for each in changed)}) == 6


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "-rf", "a\n", "a\0", "é" * 101, "a b"]
)
def test_a_name_that_leads_elsewhere_is_refused(name: str, cache: FeatureCache) -> None:
    with pytest.raises(FeatureError, match="cannot be the name of a feature's folder"):
        key(name)
    if name:
        with pytest.raises(FeatureError, match="cannot be the name of a feature's folder"):
            cache.clear(name)


@pytest.mark.parametrize("bad", ["", "abc", "A" * 64, "g" * 64, "../" + "a" * 61, "a" * 64 + "\n"])
def test_a_digest_that_is_none_is_refused(bad: str) -> None:
    with pytest.raises(FeatureError, match="rows of the key of feature 'rsi'"):
        replace(key(), rows=bad)


# ---- room -----------------------------------------------------------------------------


def kept(cache: FeatureCache) -> set[str]:
    """Rows of the entries that are there, of those made by `fill`."""
    present = {path.name for path in cache.folder.glob("*/*.parquet")}
    return {rows for rows in "abcdefgh" if key(rows=rows).file_name in present}


def fill(cache: FeatureCache, rows: str) -> None:
    for each in rows:
        put(cache, key(rows=each))


@pytest.fixture
def size(tmp_path: Path) -> int:
    """Bytes of one entry."""
    return put(FeatureCache(tmp_path / "measure"), key()).stat().st_size


def test_the_longest_unused_entries_make_room(tmp_path: Path, size: int) -> None:
    cache = FeatureCache(tmp_path / "cache", max_bytes=size * 7 // 2)
    fill(cache, "abc")
    assert kept(cache) == set("abc")
    fill(cache, "d")
    assert kept(cache) == set("bcd")
    assert cache.stats().bytes <= cache.max_bytes


def test_a_hit_makes_an_entry_young_again(tmp_path: Path, size: int) -> None:
    cache = FeatureCache(tmp_path / "cache", max_bytes=size * 7 // 2)
    fill(cache, "abc")
    assert isinstance(cache.get(key(rows="a"), ["x"], CODE), Found)
    fill(cache, "d")
    assert kept(cache) == set("acd")


def test_many_entries_within_a_tick_of_the_system_leave_in_order(tmp_path: Path, size: int) -> None:
    cache = FeatureCache(tmp_path / "cache", max_bytes=size * 9)
    fill(cache, "abcdefgh")
    for rows in "hgfedcba":
        cache.get(key(rows=rows), ["x"], CODE)
    smaller = FeatureCache(cache.folder, max_bytes=size * 9 // 2)
    put(smaller, key("atr"))
    assert kept(cache) == set("abc")


def test_entries_written_within_a_tick_of_the_system_are_in_order(cache: FeatureCache) -> None:
    written = [put(cache, key(rows=k), n=1) for k in range(40)]
    assert [entry.path for entry in entries_in(cache.folder)] == written


def test_room_is_made_over_all_features_and_stays_bounded(tmp_path: Path, size: int) -> None:
    cache = FeatureCache(tmp_path / "cache", max_bytes=size * 5)
    for k in range(40):
        put(cache, key(f"f{k % 7}", rows=k))
        assert cache.stats().bytes <= cache.max_bytes
    assert cache.stats().entries >= 4


def test_entries_that_came_and_went_without_the_cache_are_counted_in_the_end(
    tmp_path: Path, size: int
) -> None:
    cache = FeatureCache(tmp_path / "cache", max_bytes=size * 9 // 2)
    fill(cache, "abcd")
    for rows in "abc":
        (cache.folder / "rsi" / key(rows=rows).file_name).unlink()
    fill(cache, "efg")
    assert kept(cache) == set("defg")
    (cache.folder / ".lock").write_text("nonsense")
    fill(cache, "h")
    assert kept(cache) == set("efgh")


def test_an_entry_larger_than_the_cache_is_not_kept_and_pushes_nothing_out(
    tmp_path: Path, size: int
) -> None:
    cache = FeatureCache(tmp_path / "cache", max_bytes=size * 2)
    fill(cache, "a")
    with pytest.warns(CacheWarning, match="'rsi' is not kept .* give the cache more max_bytes"):
        put(cache, key(rows="b"), n=10_000)
    assert kept(cache) == {"a"}
    assert [path.name for path in cache.folder.glob(".*.tmp")] == []


@pytest.mark.parametrize("limit", [0, -1])
def test_a_cache_without_any_room_is_refused(tmp_path: Path, limit: int) -> None:
    with pytest.raises(FeatureError, match="positive number of bytes"):
        FeatureCache(tmp_path, max_bytes=limit)


# ---- looking and clearing -------------------------------------------------------------


def test_stats_count_by_feature_in_order(cache: FeatureCache) -> None:
    empty = cache.stats()
    assert (empty.entries, empty.bytes, empty.by_feature) == (0, 0, {})
    assert empty.oldest_use is empty.newest_use is None
    sizes = [put(cache, at).stat().st_size for at in (key("rsi"), key("atr"), key("rsi", rows=2))]
    now = datetime.now(UTC)
    long_ago = now - timedelta(days=9)
    os.utime(cache.folder / "atr" / key("atr").file_name, (long_ago.timestamp(),) * 2)
    (cache.folder / "notes.txt").write_text("mine")
    stats = cache.stats()
    assert (stats.entries, stats.bytes, stats.max_bytes) == (3, sum(sizes), 2 * 2**30)
    assert list(stats.by_feature.items()) == [
        ("atr", FeatureStats(1, sizes[1])),
        ("rsi", FeatureStats(2, sizes[0] + sizes[2])),
    ]
    assert abs(stats.oldest_use - long_ago) < timedelta(seconds=1)
    assert abs(stats.newest_use - now) < timedelta(seconds=60)


def test_clear_removes_one_feature_or_all_and_nothing_else(cache: FeatureCache) -> None:
    assert cache.clear() == 0
    for at in (key("rsi"), key("rsi", rows=2), key("atr")):
        put(cache, at)
    note = cache.folder / "rsi" / "notes.txt"
    note.write_text("mine")
    assert cache.clear("macd") == 0
    assert cache.clear("rsi") == 2
    assert list(cache.stats().by_feature) == ["atr"]
    assert cache.clear() == 1
    assert note.read_text() == "mine"
    assert not (cache.folder / "atr").exists()
    put(cache, key("atr"))
    assert cache.stats().entries == 1


def test_a_cache_can_be_copied_and_compared(cache: FeatureCache) -> None:
    put(cache, key())
    for twin in (pickle.loads(pickle.dumps(cache)), copy.deepcopy(cache)):
        assert twin == cache
        assert hash(twin) == hash(cache)
        assert isinstance(twin.get(key(), ["x"], CODE), Found)
    assert FeatureCache(str(cache.folder)) == cache
    assert FeatureCache(cache.folder, max_bytes=1) != cache
    assert cache != str(cache.folder)
    assert "2147483648" in repr(cache)
