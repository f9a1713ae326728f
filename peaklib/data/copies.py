"""Copies of data that no dependency ships, named by their digest."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

import pandas as pd

from peaklib.data.meta import DatasetMeta
from peaklib.evidence.canonical import to_json


def write_copy(
    name: str, frame: pd.DataFrame, digest: str, meta: DatasetMeta, folder: Path
) -> None:
    """Write `<digest>.parquet` and `<digest>.json` into a folder, unless they are there.

    Args:
        name, meta: of the data set, for a reader of the copy.
        frame: its bars.
        digest: content digest, the name of the files.
        folder: of all copies; made if missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table, facts = folder / f"{digest}.parquet", folder / f"{digest}.json"
    if not table.is_file():
        with NamedTemporaryFile(dir=folder, prefix=".", suffix=".part", delete=False) as part:
            frame.to_parquet(part)
        os.replace(part.name, table)
    if not facts.is_file():
        with NamedTemporaryFile(dir=folder, prefix=".", suffix=".part", delete=False) as part:
            part.write(to_json({"name": name, "meta": meta.to_json()}))
        os.replace(part.name, facts)
