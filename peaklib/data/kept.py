"""Reading back the copies that runs keep of their inputs.

When a run is repeated, `PEAK_INPUTS` names its folder, and what it loaded from a file is
read from the copy: the file may be gone, or be another one by now.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from peaklib.data.dataset import Dataset
from peaklib.data.digest import frame_digest
from peaklib.data.meta import DatasetMeta
from peaklib.data.origin import Origin
from peaklib.errors import DataError
from peaklib.evidence.places import INPUTS_VARIABLE


def read_kept(folder: Path, entry: Mapping[str, Any]) -> Dataset:
    """The data set of a copy.

    Args:
        folder: of all copies.
        entry: of a run's `inputs/dataset.json`: name, digest and facts of the data set. Two
            runs may know different facts of the same values.

    Raises:
        DataError: the copy is missing, cannot be read, or no longer has its digest.
    """
    digest, facts = str(entry["digest"]), entry["meta"]
    table = folder / f"{digest}.parquet"
    try:
        frame = pd.read_parquet(table)
    except (OSError, ValueError) as error:
        raise DataError(f"{table}: the kept copy cannot be read: {error}") from None
    found = frame_digest(frame)
    if found != digest:
        raise DataError(f"{table}: the kept copy was changed, its digest is now {found}")
    meta = DatasetMeta.from_json(facts)
    return Dataset(str(entry["name"]), frame, digest, meta, Origin(**facts["load"]))


def repeated_input(source: str, options: Mapping[str, Any]) -> Dataset | None:
    """What the run that is being repeated read for this very call of `load`.

    Returns:
        The copy, or None if no run is being repeated or it kept no such input.

    Raises:
        DataError: the run's list of inputs or the copy cannot be read.
    """
    pack = os.environ.get(INPUTS_VARIABLE)
    if not pack:
        return None
    listed = Path(pack) / "inputs" / "dataset.json"
    try:
        entries = json.loads(listed.read_bytes()) if listed.is_file() else []
    except ValueError as error:
        raise DataError(f"{listed}: cannot be read: {error}") from None
    asked = Origin(source, dict(options))
    for entry in entries:
        if entry.get("kept") and entry["meta"].get("load") == asked.to_json():
            return read_kept(Path(pack).parent / "data", entry)
    return None
