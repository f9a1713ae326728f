"""A pipeline whose columns are cached, and reading them. `python -m research.pipeline FOLDER`."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as parquet
from chapters.errors import BenchError
from paired.worker import Command, serve

from peaklib.data import Dataset, from_frame
from peaklib.features import FeatureCache, FeaturePipeline
from research.series import bars
from research.setting import FEATURES
from research.weighing import Work, commands_of


def dataset(n: int) -> Dataset:
    """n bars as a data set, whose digest is known."""
    return from_frame(bars(n), name="bench", bars_per_year=252.0 * 390.0)


class Pipeline:
    """The commands of this side.

    Args:
        folder: of the cache.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._datasets: dict[int, Dataset] = {}
        self._pipelines: dict[int, FeaturePipeline] = {}

    def tiny(self, rows: str) -> Work:
        """The features of so many rows, computed, without a cache."""
        return partial(FeaturePipeline(FEATURES).fit_transform, self._dataset(int(rows)))

    def fill(self, rows: str) -> Work:
        """The features of so many rows, computed and kept."""
        pipeline = FeaturePipeline(FEATURES, cache=FeatureCache(self.folder))
        return partial(pipeline.fit_transform, self._dataset(int(rows)))

    def known(self, rows: str) -> Work:
        """`transform` of a data set, which carries the digest of its rows."""
        return partial(_found, self._fitted(int(rows)), self._dataset(int(rows)))

    def computed(self, rows: str) -> Work:
        """`transform` of a frame, whose rows have to be digested."""
        return partial(_found, self._fitted(int(rows)), self._dataset(int(rows)).frame)

    def read_table(self, _: str) -> Work:
        """`pyarrow.parquet.read_table` of the same files, into numpy."""
        return partial(_arrays, parquet.read_table, self._paths())

    def read_file(self, _: str) -> Work:
        """`pyarrow.parquet.ParquetFile` on the same files, which knows no data sets."""
        return partial(_arrays, lambda path: parquet.ParquetFile(path).read(), self._paths())

    def facts(self, rows: str) -> dict[str, float]:
        """What the cache holds, in files and MB, and how many columns that is."""
        paths, columns = self._paths(), self._fitted(int(rows)).get_feature_names_out()
        total = sum(path.stat().st_size for path in paths)
        return {"files": len(paths), "megabytes": total / 1e6, "columns": len(columns)}

    def _paths(self) -> list[Path]:
        return sorted(self.folder.rglob("*.parquet"))

    def _dataset(self, n: int) -> Dataset:
        if n not in self._datasets:
            self._datasets[n] = dataset(n)
        return self._datasets[n]

    def _fitted(self, n: int) -> FeaturePipeline:
        if n not in self._pipelines:
            pipeline = FeaturePipeline(FEATURES, cache=FeatureCache(self.folder))
            self._pipelines[n] = pipeline.fit(self._dataset(n))
        return self._pipelines[n]


def _arrays(read: Callable[[Path], Any], paths: Sequence[Path]) -> list[Any]:
    """Columns of files as numpy has them, without copies."""
    return [column.chunk(0).to_numpy() for path in paths for column in read(path).columns]


def _found(pipeline: FeaturePipeline, given: Dataset | pd.DataFrame) -> object:
    """The columns, all of them from the cache.

    Raises:
        BenchError: some were computed.
    """
    columns = pipeline.transform(given)
    origins = pipeline.last_.origins  # `explain` makes a table of them, which takes time
    missed = {name: origin.why for name, origin in origins.items() if origin.result != "hit"}
    if missed or len(origins) != len(FEATURES):
        raise BenchError(
            f"a pipeline over kept columns computed {len(missed)} of {len(FEATURES)} features: "
            f"{missed}; see FeaturePipeline.explain"
        )
    return columns


def commands(folder: str) -> Mapping[str, Command]:
    """By name."""
    side = Pipeline(Path(folder))
    works = {
        "tiny": side.tiny,
        "fill": side.fill,
        "known": side.known,
        "computed": side.computed,
        "read_table": side.read_table,
        "ParquetFile": side.read_file,
    }
    return {**commands_of(works), "facts": side.facts}


if __name__ == "__main__":
    serve(commands(sys.argv[1]))
