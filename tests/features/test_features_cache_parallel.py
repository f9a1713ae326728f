"""Many processes and threads at one cache of features: no exception, no wrong value."""

import multiprocessing
import threading
import time
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from peaklib.features.cache import CacheKey, FeatureCache, Found
from peaklib.features.cache.room import entries_in

CODE = {"numpy": "2.4.0"}
N_KEYS = 12


def key(k: int) -> CacheKey:
    rows, rest = (sha256(str(part).encode()).hexdigest() for part in (k, "rest"))
    return CacheKey(f"feature{k % 3}", rows, rest, rest, rest)


def columns(k: int) -> dict[str, np.ndarray]:
    """Values that tell which key they belong to; entries of different sizes."""
    rng = np.random.default_rng(k)
    return {name: rng.normal(size=200 + 300 * k) + k for name in ("x", "y")}


def hammer(folder: Path, max_bytes: int, seed: int, steps: int) -> Counter[str]:
    """Put, get, look and clear at random; every value that is found is checked."""
    warnings.simplefilter("error")
    cache, rng, seen = FeatureCache(folder, max_bytes), np.random.default_rng(seed), Counter()
    for _ in range(steps):
        k, dice = int(rng.integers(N_KEYS)), rng.random()
        if dice < 0.55:
            answer = cache.get(key(k), ["x", "y"], CODE)
            seen["hit" if isinstance(answer, Found) else "miss"] += 1
            if isinstance(answer, Found):
                for got, made in zip(answer.columns, columns(k).values(), strict=True):
                    assert got.tobytes() == made.tobytes()
        elif dice < 0.9:
            cache.put(key(k), columns(k), CODE)
            seen["put"] += 1
        elif dice < 0.97:
            assert cache.stats().entries <= N_KEYS
        else:
            cache.clear(None if dice < 0.98 else key(k).feature)
            seen["clear"] += 1
    return seen


def check_end(folder: Path, max_bytes: int) -> None:
    cache = FeatureCache(folder, max_bytes)
    assert cache.stats().bytes <= max_bytes
    assert [each.name for each in folder.iterdir() if each.name.endswith(".tmp")] == []
    assert int((folder / ".lock").read_text()) >= cache.stats().bytes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "max_bytes"), [("fork", 60_000), ("fork", 10**9), ("spawn", 10**9)]
)
def test_processes_at_one_folder(tmp_path: Path, start: str, max_bytes: int) -> None:
    folder, context = tmp_path / "cache", multiprocessing.get_context(start)
    with ProcessPoolExecutor(4, context) as pool, warnings.catch_warnings():
        # Python warns that forking a process with threads is risky, which is what is tried here.
        warnings.filterwarnings("ignore", message=".*fork", category=DeprecationWarning)
        done = [pool.submit(hammer, folder, max_bytes, k, 300) for k in range(4)]
        seen = sum((each.result(timeout=240) for each in done), Counter())
    assert min(seen[what] for what in ("hit", "miss", "put", "clear")) > 10
    check_end(folder, max_bytes)


@pytest.mark.parametrize("max_bytes", [60_000, 10**9])
def test_threads_at_one_folder(tmp_path: Path, max_bytes: int) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(hammer, tmp_path / "cache", max_bytes, k, 200) for k in range(4)]
        seen = sum((each.result(timeout=120) for each in done), Counter())
    assert seen["hit"] > 10
    check_end(tmp_path / "cache", max_bytes)


def test_two_that_make_room_at_once_do_not_remove_twice_as_much(tmp_path: Path) -> None:
    """Eight writers pass the limit together; after each, what fits is still there."""
    whole = FeatureCache(tmp_path / "cache")
    for k in range(60):
        made = key(k)
        whole.put(made, {"x": np.random.default_rng(k).normal(size=500)}, CODE)
    size = max(entry.size for entry in entries_in(whole.folder))
    cache = FeatureCache(whole.folder, max_bytes=size * 50)
    start = threading.Barrier(8)

    def add(k: int) -> int:
        start.wait()
        cache.put(key(k), {"x": np.random.default_rng(k).normal(size=500)}, CODE)
        return cache.stats().entries

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(add, range(100, 108)))
    # One round of removing leaves nine tenths of the room, 45 entries or so.
    assert min(counts) >= 44
    assert cache.stats().bytes <= cache.max_bytes


@pytest.mark.slow
def test_a_reader_keeps_what_is_removed_under_its_hands(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path / "cache")
    big = np.random.default_rng(0).normal(size=300_000)
    cache.put(key(1), {"x": big}, CODE)
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            cache.clear()
            cache.put(key(1), {"x": big}, CODE)

    worker = threading.Thread(target=churn)
    worker.start()
    try:
        hits, end = 0, time.monotonic() + 20
        while hits < 15 and time.monotonic() < end:
            answer = cache.get(key(1), ["x"], CODE)
            if isinstance(answer, Found):
                hits += 1
                assert np.array_equal(answer.columns[0], big)
    finally:
        stop.set()
        worker.join()
    assert hits == 15
