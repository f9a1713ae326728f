"""Whether recorded inputs are still what they were."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peaklib.data.catalog import load, load_panel
from peaklib.data.kept import read_kept
from peaklib.data.names import PANELS


def digest_today(entry: Mapping[str, Any], runs: Path) -> str:
    """Digest of a recorded input as it would be read today.

    Args:
        entry: of a run's `inputs/dataset.json`.
        runs: the folder of runs that the run lies in.

    Returns:
        The digest; the recorded one for a part of another input, which follows from that.

    Raises:
        DataError: it can no longer be loaded.
    """
    if entry["kept"]:
        return read_kept(runs / "data", entry).digest
    asked = entry["meta"]["load"]
    if asked["part"]:
        return str(entry["digest"])
    read = load_panel if asked["source"] in PANELS else load
    return read(asked["source"], **asked["options"]).digest
