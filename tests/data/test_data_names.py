"""Source strings are judged without reading data or importing pandas."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from peaklib import data
from peaklib.data.names import SyntheticSource, parse_synthetic
from peaklib.errors import DataError


@pytest.mark.parametrize("name", data.dataset_names())
def test_every_listed_name_is_valid_and_loads(name: str) -> None:
    data.validate_source(name)
    assert len(data.load(name)) > 1000


def test_an_existing_file_is_valid(bars_csv: Path) -> None:
    data.validate_source(str(bars_csv))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("sp5000", "did you mean 'sp500'"),
        ("SP500", "did you mean 'sp500'"),
        ("nowhere/bars.csv", "nor an existing file"),
        ("stocks20", "use load_panel"),
        ("synthetic:wiener", "random_walk, garch, planted_edge"),
        ("synthetic:garch,sede=3", "'sede=3'"),
        ("synthetic:garch,seed=3,seed=4", "at most once"),
        ("synthetic:garch,seed=-1", "seed is '-1'"),
        ("synthetic:garch,seed=1.5", "whole number"),
        ("synthetic:garch,seed=", "whole number"),
        ("synthetic:garch,bars=1", "2 to 20000"),
        ("synthetic:garch,bars=20001", "2 to 20000"),
    ],
)
def test_a_source_that_cannot_load_is_refused_alike_by_validation_and_by_load(
    source: str, message: str
) -> None:
    with pytest.raises(DataError) as refused:
        data.validate_source(source)
    assert message in str(refused.value)
    with pytest.raises(DataError) as failed:
        data.load(source)
    assert str(failed.value) == str(refused.value)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bars.xlsx"
    path.write_bytes(b"PK")
    with pytest.raises(DataError, match=r"use \.csv, \.csv\.gz, \.parquet"):
        data.validate_source(str(path))


def test_a_single_series_is_no_panel() -> None:
    with pytest.raises(DataError, match=r"use load\('sp500'\)"):
        data.load_panel("sp500")


def test_the_canonical_synthetic_name_carries_seed_and_bars() -> None:
    assert SyntheticSource("garch").name == "synthetic:garch,seed=0,bars=2520"
    spec = parse_synthetic("synthetic:garch,bars=10,seed=3")
    assert spec.name == "synthetic:garch,seed=3,bars=10"
    assert parse_synthetic(spec.name) == spec


def _modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(' '.join(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return set(result.stdout.split())


def test_validating_a_source_imports_no_pandas() -> None:
    code = "from peaklib import data; data.validate_source('sp500'); data.dataset_names()"
    assert not {"pandas", "numpy"} & _modules_after(code)


@pytest.mark.slow
def test_loading_built_in_data_imports_neither_their_packages_nor_plotly() -> None:
    code = "from peaklib.data import load, load_panel; load('sp500'); load_panel('stocks20')"
    loaded = _modules_after(code)
    assert "pandas" in loaded
    assert not {"arch", "skfolio", "plotly", "scipy", "numba"} & loaded


def test_the_public_names_are_sorted_and_all_exist() -> None:
    assert data.__all__ == sorted(data.__all__)
    assert all(getattr(data, name) is not None for name in data.__all__)
    with pytest.raises(AttributeError, match="attribute fetch"):
        getattr(data, "fet" + "ch")
