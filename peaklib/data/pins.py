"""Recorded inputs: loading them again, and whether they are still what they were."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peaklib.data.catalog import load, load_panel
from peaklib.data.dataset import Dataset
from peaklib.data.holdout import in_force
from peaklib.data.kept import read_kept
from peaklib.data.names import PANELS


def load_again(entry: Mapping[str, Any], runs: Path) -> Dataset:
    """A recorded series: from the copy that the run kept, or by the same call as then.

    Args:
        entry: of a run's `inputs/dataset.json`; a whole series, not a part of one.
        runs: the folder of runs that the run lies in.

    Raises:
        DataError: it can no longer be loaded, or its copy was changed.
    """
    if entry["kept"]:
        copy = read_kept(runs / "data", entry)
        held = in_force(copy.holdout_from)
        # A copy may hold what must not be read here.
        return copy if held in (None, copy.holdout_from) else copy.without_holdout(held)
    asked = entry["meta"]["load"]
    return load(asked["source"], **asked["options"])


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
    asked = entry["meta"]["load"]
    if asked["part"] and not entry["kept"]:
        return str(entry["digest"])
    if asked["source"] in PANELS:
        return load_panel(asked["source"], **asked["options"]).digest
    return load_again(entry, runs).digest
