"""A pipeline whose columns are cached, and reading them. `python -m research.pipeline FOLDER`."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as parquet
from chapters.errors import BenchError
from paired.worker import Command, serve

from peaklib.data import Dataset, from_frame
from peaklib.features import FeatureCache, FeaturePipeline
from research.series import bars
from research.setting import FEATURES
from research.weighing import weighed


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

    def tiny(self, rows: str) -> dict[str, float]:
        """Time the features of so many rows, computed, without a cache."""
        given = self._dataset(int(rows))
        return weighed(lambda: FeaturePipeline(FEATURES).fit_transform(given))

    def fill(self, rows: str) -> dict[str, float]:
        """Time the features of so many rows, computed and kept."""
        given, cache = self._dataset(int(rows)), FeatureCache(self.folder)
        return weighed(lambda: FeaturePipeline(FEATURES, cache=cache).fit_transform(given))

    def known(self, rows: str) -> dict[str, float]:
        """Time `transform` of a data set, which carries the digest of its rows."""
        pipeline, given = self._fitted(int(rows)), self._dataset(int(rows))
        times = weighed(lambda: pipeline.transform(given))
        _check_only_hits(pipeline)
        return times

    def computed(self, rows: str) -> dict[str, float]:
        """Time `transform` of a frame, whose rows have to be digested."""
        pipeline, given = self._fitted(int(rows)), self._dataset(int(rows)).frame
        times = weighed(lambda: pipeline.transform(given))
        _check_only_hits(pipeline)
        return times

    def read_table(self, _: str) -> dict[str, float]:
        """Time `pyarrow.parquet.read_table` of the same files, into numpy."""
        paths = self._paths()
        return weighed(
            lambda: [
                column.chunk(0).to_numpy()
                for path in paths
                for column in parquet.read_table(path).columns
            ]
        )

    def read_file(self, _: str) -> dict[str, float]:
        """Time `pyarrow.parquet.ParquetFile` on the same files, which knows no data sets."""
        paths = self._paths()
        return weighed(
            lambda: [
                column.chunk(0).to_numpy()
                for path in paths
                for column in parquet.ParquetFile(path).read().columns
            ]
        )

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


def _check_only_hits(pipeline: FeaturePipeline) -> None:
    """Raise a BenchError unless every feature was found."""
    origins = pipeline.explain()
    missed = origins[origins["result"] != "hit"]
    if len(origins) != len(FEATURES) or len(missed):
        raise BenchError(
            f"a pipeline over kept columns found {len(origins) - len(missed)} of "
            f"{len(FEATURES)}: {missed['why'].to_dict()}; see peaklib/features/cache/"
        )


def commands(folder: str) -> Mapping[str, Command]:
    """By name."""
    side = Pipeline(Path(folder))
    return {
        "tiny": side.tiny,
        "fill": side.fill,
        "known": side.known,
        "computed": side.computed,
        "read_table": side.read_table,
        "ParquetFile": side.read_file,
        "facts": side.facts,
    }


if __name__ == "__main__":
    serve(commands(sys.argv[1]))
