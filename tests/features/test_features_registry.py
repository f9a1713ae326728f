"""The registry of features: written once, never changed."""

import copy
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from peaklib.errors import FeatureError
from peaklib.evidence import digest
from peaklib.features.registry import FeatureRegistry

ENTRY = {"name": "rsi", "params": {"window": 14}, "columns": ["rsi"], "warm_up": 14}


@pytest.fixture
def registry(tmp_path: Path) -> FeatureRegistry:
    return FeatureRegistry(tmp_path / "registry" / "features")


def test_a_description_is_canonical_json_under_name_and_digest(registry: FeatureRegistry) -> None:
    path = registry.record(ENTRY, "rsi", digest(ENTRY))
    assert path == registry.folder / "rsi" / f"{digest(ENTRY)}.json"
    # By hand after RFC 8785: keys sorted, no blanks.
    text = b'{"columns":["rsi"],"name":"rsi","params":{"window":14},"warm_up":14}'
    assert path.read_bytes() == text
    assert path.stem == sha256(text).hexdigest()
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_the_same_description_is_left_as_it_lies(registry: FeatureRegistry) -> None:
    path = registry.record(ENTRY, "rsi", digest(ENTRY))
    before = path.stat()
    assert registry.record(dict(reversed(ENTRY.items())), "rsi", digest(ENTRY)) == path
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_another_description_of_the_same_digest_is_refused(registry: FeatureRegistry) -> None:
    path = registry.record(ENTRY, "rsi", digest(ENTRY))
    with pytest.raises(FeatureError, match=rf"{path} describes feature 'rsi' otherwise"):
        registry.record({**ENTRY, "warm_up": 13}, "rsi", digest(ENTRY))
    assert json.loads(path.read_bytes()) == ENTRY


def test_a_cut_file_is_named_when_it_is_written_again_or_read(registry: FeatureRegistry) -> None:
    path = registry.record(ENTRY, "rsi", digest(ENTRY))
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(FeatureError, match="changed or damaged: restore or remove it"):
        registry.record(ENTRY, "rsi", digest(ENTRY))
    with pytest.raises(FeatureError, match=rf"{path} cannot be read"):
        registry.entries()
    path.write_bytes(b"[]")
    with pytest.raises(FeatureError, match="describes no feature"):
        registry.entries("rsi")


def test_entries_come_by_name_and_digest(registry: FeatureRegistry) -> None:
    assert registry.entries() == []
    described = [("rsi", {"window": k}) for k in range(5)] + [("atr", {"window": 3})]
    for name, entry in described:
        registry.record(entry, name, digest(entry))
    (registry.folder / "rsi" / ".0123456789abcdef.tmp").write_text("half")
    by_digest = sorted((entry for name, entry in described if name == "rsi"), key=digest)
    assert registry.entries("rsi") == by_digest
    assert registry.entries() == [{"window": 3}, *by_digest]
    assert registry.entries("macd") == []


@pytest.mark.parametrize("name", ["", "..", "../rsi", "/etc", "a/b", "*", "rsi\n", ".x"])
def test_a_name_that_leads_elsewhere_is_refused(registry: FeatureRegistry, name: str) -> None:
    with pytest.raises(FeatureError, match="cannot be the name"):
        registry.record(ENTRY, name, digest(ENTRY))
    with pytest.raises(FeatureError, match="cannot be the name"):
        registry.entries(name)
    assert not registry.folder.exists()


@pytest.mark.parametrize("bad", ["", "../x", "abc", "A" * 64])
def test_a_digest_that_is_none_is_refused(registry: FeatureRegistry, bad: str) -> None:
    with pytest.raises(FeatureError, match="64 hexadecimal digits"):
        registry.record(ENTRY, "rsi", bad)


def test_a_value_that_json_cannot_say_is_named(registry: FeatureRegistry) -> None:
    with pytest.raises(FeatureError, match=r"feature 'rsi': params\.window: set"):
        registry.record({"params": {"window": {1}}}, "rsi", "0" * 64)


@pytest.mark.parametrize("place", ["registry", "registry/features", "registry/features/rsi"])
def test_a_file_in_the_place_of_a_folder_is_told(
    registry: FeatureRegistry, tmp_path: Path, place: str
) -> None:
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text("in the way")
    with pytest.raises(FeatureError, match=r"cannot be written: .*another registry or none"):
        registry.record(ENTRY, "rsi", digest(ENTRY))


def test_many_may_record_the_same_at_once(registry: FeatureRegistry) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(lambda _: registry.record(ENTRY, "rsi", digest(ENTRY)), range(80)))
    assert [each.name for each in (registry.folder / "rsi").iterdir()] == [paths.pop().name]


def test_a_registry_can_be_copied_and_compared(registry: FeatureRegistry) -> None:
    for twin in (pickle.loads(pickle.dumps(registry)), copy.deepcopy(registry)):
        assert twin == registry
        assert hash(twin) == hash(registry)
    assert FeatureRegistry(registry.folder / "other") != registry
    assert str(registry.folder) in repr(registry)
