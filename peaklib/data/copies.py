"""Copies of data that no dependency ships, named by their digest."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

import pandas as pd


def write_copy(frame: pd.DataFrame, digest: str, folder: Path) -> None:
    """Write `<digest>.parquet` into a folder, unless it is there.

    Args:
        frame: the values; what is known of them besides stands in the run's own record.
        digest: content digest, the name of the file.
        folder: of all copies; made if missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / f"{digest}.parquet"
    if table.is_file():
        return
    with NamedTemporaryFile(dir=folder, prefix=".", suffix=".part", delete=False) as part:
        frame.to_parquet(part)
        part.flush()
        os.fsync(part.fileno())
    os.replace(part.name, table)
