"""The copies that runs keep of inputs which ship with no dependency, as files to be checked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peaklib.evidence.files import sha256_of, shown
from peaklib.evidence.run import DATA


@dataclass(frozen=True)
class KeptCopy:
    """A copy beside the packs.

    Args:
        path: of the file.
        sha256: of its bytes, when the run was made.
        says: its place, and what it is a copy of.
    """

    path: Path
    sha256: str
    says: str

    @property
    def is_missing(self) -> bool:
        """Whether it is gone."""
        return not self.path.is_file()

    @property
    def is_changed(self) -> bool:
        """Whether it is there and no longer what it was."""
        return self.path.is_file() and sha256_of(self.path) != self.sha256


def kept_copies(
    record: Mapping[str, Any] | None, data: Path | None, left_out: Collection[str] = ()
) -> list[KeptCopy]:
    """The copies that a record names.

    Args:
        record: what `run.json` holds; it may be damaged.
        data: folder of the copies; None to look for none.
        left_out: names of inputs whose copies are looked at only where they lie.
    """
    inputs = (record or {}).get("inputs")
    if data is None or not isinstance(inputs, list):
        return []
    named = (
        (entry, data / f"{entry.get('digest')}.parquet")
        for entry in inputs
        if isinstance(entry, dict) and isinstance(entry.get("kept"), str)
    )
    return [
        KeptCopy(
            path, entry["kept"], f"{DATA}/{shown(path.name)}, a copy of {entry.get('name')!r},"
        )
        for entry, path in named
        if path.is_file() or entry.get("name") not in left_out
    ]
