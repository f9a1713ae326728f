"""Columns that were computed before, on the disk, found by everything they depend on."""

import os
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from peaklib.errors import FeatureError
from peaklib.features.cache.entry import (
    DamagedEntryError,
    Floats,
    read_entry,
    read_record,
    write_entry,
)
from peaklib.features.cache.keys import CacheKey, changed_code, checked_name, nearest, reason
from peaklib.features.cache.room import (
    TooLargeError,
    admit,
    entries_in,
    remove_entries,
    touch,
    unfinished_path,
)
from peaklib.features.code.values import UNKNOWN


class CacheWarning(UserWarning):
    """The cache could not keep or give back columns; they are computed instead."""


@dataclass(frozen=True)
class Found:
    """Columns of the cache: (n,) each, read-only, bit for bit as they were computed."""

    columns: tuple[Floats, ...]


@dataclass(frozen=True)
class Missing:
    """The cache has no columns for a key, and why."""

    why: str


@dataclass(frozen=True)
class FeatureStats:
    """What the cache holds of one feature: the number of entries, and their bytes."""

    entries: int
    bytes: int


@dataclass(frozen=True)
class CacheStats:
    """What the cache holds.

    Args:
        entries: how many.
        bytes: that all of them take.
        max_bytes: that they may take.
        by_feature: the same by feature, sorted.
        oldest_use, newest_use: when the longest unused entry, and the one used last, was
            written or read, UTC; None when there is none.
    """

    entries: int
    bytes: int
    max_bytes: int
    by_feature: Mapping[str, FeatureStats]
    oldest_use: datetime | None
    newest_use: datetime | None


class FeatureCache:
    """Computed columns in a folder of Parquet files.

    Columns of code that has no digest, as `code_of` says by `unknown`, are not kept.

    Any number of processes and threads may use one folder. An entry is there wholly or not at
    all, and one that is damaged is reported and computed again. When the folder grows beyond
    its limit, the entries that were longest unused are removed.

    Args:
        folder: made when the first entry is kept.
        max_bytes: what all entries may take together.

    Raises:
        FeatureError: `max_bytes` is not positive.
    """

    def __init__(self, folder: Path | str, max_bytes: int = 2 * 2**30) -> None:
        if max_bytes <= 0:
            raise FeatureError(
                f"max_bytes of the cache {folder} is {max_bytes}; give a positive number of "
                "bytes, or no cache at all"
            )
        self.folder = Path(folder)
        self.max_bytes = max_bytes

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FeatureCache):
            return NotImplemented
        return (self.folder, self.max_bytes) == (other.folder, other.max_bytes)

    def __hash__(self) -> int:
        return hash((self.folder, self.max_bytes))

    def __repr__(self) -> str:
        return f"FeatureCache({str(self.folder)!r}, max_bytes={self.max_bytes})"

    def get(self, key: CacheKey, names: Sequence[str], code: Mapping[str, str]) -> Found | Missing:
        """Columns that were kept under a key, or why there are none.

        Warns with a `CacheWarning` if the entry is damaged, which removes it, or out of reach.

        Args:
            key: what the columns are computed from.
            names: of the columns.
            code: digests and versions behind the key's `code`, by label; names what changed.
        """
        unknown = _unknown(code)
        if unknown:
            return Missing(f"not kept, as nobody can tell whether its code changed: {unknown}")
        path = self._path(key)
        try:
            record, columns = read_entry(path, key, tuple(names))
        except DamagedEntryError as error:
            return self._discard(path, error)
        except (FileNotFoundError, NotADirectoryError):
            return Missing(self._why(key, code))
        except OSError as error:
            return _out_of_reach(path, error)
        if columns is not None:
            with suppress(OSError):  # gone by now, or in a folder that may only be read
                touch(path)
            return Found(columns)
        if record.key == key:
            return Missing(f"other columns wanted: kept were {', '.join(record.names)}")
        return Missing("never computed; the entry of another key has its place")

    def put(self, key: CacheKey, columns: Mapping[str, Floats], code: Mapping[str, str]) -> None:
        """Keep columns under a key, and make room if the cache has grown too large.

        Warns with a `CacheWarning`, and goes on, if they cannot be kept: no room, no right.

        Args:
            key: what the columns were computed from.
            columns: (n,) float64 each, by name.
            code: digests and versions behind the key's `code`, by label.

        Raises:
            FeatureError: the columns are none, of another type or of unequal length.
        """
        _check_columns(key, columns)
        if _unknown(code):
            return
        try:
            self._keep(key, columns, code)
        except OSError as error:
            is_large = isinstance(error, TooLargeError)
            remedy = "give the cache more max_bytes" if is_large else "see to its room and rights"
            warnings.warn(
                f"feature {key.feature!r} is not kept in the cache {self.folder}: "
                f"{error.strerror or error}; its values are right, and are computed again the "
                f"next time; {remedy}, or choose another folder",
                CacheWarning,
                stacklevel=2,
            )

    def stats(self) -> CacheStats:
        """What the cache holds now.

        Raises:
            FeatureError: its folder cannot be listed.
        """
        try:
            found = entries_in(self.folder)
        except OSError as error:
            raise self._unusable("listed", error) from None
        sizes: dict[str, list[int]] = {}
        for entry in found:
            sizes.setdefault(entry.feature, []).append(entry.size)
        return CacheStats(
            len(found),
            sum(entry.size for entry in found),
            self.max_bytes,
            {name: FeatureStats(len(sizes[name]), sum(sizes[name])) for name in sorted(sizes)},
            _time(found[0].used) if found else None,
            _time(found[-1].used) if found else None,
        )

    def clear(self, feature: str | None = None) -> int:
        """Remove all entries, or those of one feature.

        Returns:
            How many entries were removed; files in the folder that are none stay.

        Raises:
            FeatureError: the folder cannot be written, or the name cannot be a feature's.
        """
        try:
            return remove_entries(self.folder, feature and checked_name(feature))
        except OSError as error:
            raise self._unusable("cleared", error) from None

    def _path(self, key: CacheKey) -> Path:
        return self.folder / key.feature / key.file_name

    def _keep(self, key: CacheKey, columns: Mapping[str, Floats], code: Mapping[str, str]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = unfinished_path(self.folder)
        try:
            write_entry(unfinished, key, columns, code)
            admit(unfinished, self._path(key), self.max_bytes)
        finally:
            with suppress(OSError):  # it is in its place, or was never begun
                unfinished.unlink()

    def _why(self, key: CacheKey, code: Mapping[str, str]) -> str:
        """What is different from the entry that differs least; the newest of several."""
        folder = self.folder / key.feature
        try:
            differs, files = nearest(key, os.listdir(folder))
        except OSError:
            files = []
        if not files:
            return "never computed"
        modules = ""
        if differs[2]:
            with suppress(OSError, DamagedEntryError):  # removed meanwhile: less can be said
                newest = max(files, key=lambda name: ((folder / name).stat().st_mtime_ns, name))
                modules = changed_code(read_record(folder / newest).code, code)
        return reason(differs, modules)

    def _discard(self, path: Path, error: DamagedEntryError) -> Missing:
        with suppress(OSError):  # another process did it, or the folder may only be read
            path.unlink()
        why = f"entry unreadable: {error}, computed again"
        warnings.warn(f"{path}: {why}; if this happens often, check the disk", CacheWarning, 3)
        return Missing(why)

    def _unusable(self, what: str, error: OSError) -> FeatureError:
        return FeatureError(
            f"the features' cache {self.folder} cannot be {what}: {error.strerror or error}; it "
            "has to be a folder with the right to read and write"
        )


def _out_of_reach(path: Path, error: OSError) -> Missing:
    why = f"entry out of reach: {error.strerror or error}, computed again"
    warnings.warn(f"{path}: {why}; remove what lies there, or see to its rights", CacheWarning, 3)
    return Missing(why)


def _check_columns(key: CacheKey, columns: Mapping[str, Floats]) -> None:
    forms = {(column.dtype, column.shape) for column in columns.values()}
    if len(forms) != 1 or any(c.ndim != 1 or c.dtype != np.float64 for c in columns.values()):
        found = {name: f"{column.dtype}{column.shape}" for name, column in columns.items()}
        raise FeatureError(
            f"feature {key.feature!r} cannot be kept in the cache: its columns are {found}; they "
            "have to be float64 and one-dimensional, of one length, one at least"
        )


def _unknown(code: Mapping[str, str]) -> str:
    return ", ".join(sorted(label for label, value in code.items() if value == UNKNOWN))


def _time(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
