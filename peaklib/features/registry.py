"""Descriptions of the features that were ever used, one file for each distinct one."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from peaklib.errors import EvidenceError, FeatureError
from peaklib.evidence.canonical import from_json, to_json
from peaklib.features.cache.keys import checked_digest, checked_name


class FeatureRegistry:
    """A folder of descriptions, `<name>/<digest>.json`; written once and never changed.

    Args:
        folder: made when the first description is recorded.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FeatureRegistry) and self.folder == other.folder

    def __hash__(self) -> int:
        return hash(self.folder)

    def __repr__(self) -> str:
        return f"FeatureRegistry({str(self.folder)!r})"

    def record(self, entry: Mapping[str, Any], name: str, digest: str) -> Path:
        """Write a description, unless it is there already.

        Args:
            entry: plain values.
            name: of the feature.
            digest: SHA-256 that tells this description from others, hexadecimal.

        Returns:
            The file, `<folder>/<name>/<digest>.json`, in canonical JSON.

        Raises:
            FeatureError: another description has this digest, the name cannot be a folder's,
                the entry is not made of plain values, or the folder cannot be written.
        """
        path = self.folder / checked_name(name) / f"{checked_digest(digest, 'the digest')}.json"
        try:
            content = to_json(entry)
        except EvidenceError as error:
            raise FeatureError(f"the description of feature {name!r}: {error}") from None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                _write(path, content)
            found = path.read_bytes()
        except OSError as error:
            raise FeatureError(
                f"{path} cannot be written: {error.strerror or error}; make room, allow writing "
                "there, or give the pipeline another registry or none"
            ) from None
        if found != content:
            raise FeatureError(
                f"{path} describes feature {name!r} otherwise than it is now, under the same "
                "digest; the file was changed or damaged: restore or remove it"
            )
        return path

    def entries(self, name: str | None = None) -> list[dict[str, Any]]:
        """All descriptions, or those of one feature, by name and then by digest.

        Raises:
            FeatureError: a file is no description, or cannot be read.
        """
        inside = "*" if name is None else checked_name(name)
        return [_read(path) for path in sorted(self.folder.glob(f"{inside}/[0-9a-f]*.json"))]


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{token_hex(8)}.tmp")
    try:
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
    finally:
        with suppress(OSError):  # it is in its place, or was never begun
            unfinished.unlink()


def _read(path: Path) -> dict[str, Any]:
    try:
        entry = from_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise FeatureError(f"{path} cannot be read: {error}; restore or remove it") from None
    if not isinstance(entry, dict):
        raise FeatureError(f"{path} describes no feature; restore or remove it")
    return entry
