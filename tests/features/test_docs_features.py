"""The pages on features say what the catalog says, and their examples run."""

import inspect
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scratch import ROOT

from peaklib.cli import peak
from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.features import (
    Feature,
    FeatureCache,
    FeaturePipeline,
    FeatureRegistry,
    FeatureSpec,
    reference,
)
from peaklib.features.cache import CacheKey
from peaklib.features.contract import CHECKS, violations
from peaklib.features.places import project_cache
from peaklib.features.transforms import BUILT_IN

ADD, CACHE, PAGE = (
    (ROOT / "docs" / name).read_text("utf-8")
    for name in ("how-to/add-a-feature.md", "how-to/cache-features.md", "reference/features.md")
)
LEARNED = re.findall(r"^\| `(\w+)`", PAGE.split("## What is learned")[1].split("\n## ")[0], re.M)
FITTED = [found for found in BUILT_IN if found.name in LEARNED]


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def rows_below(page: str, heading: str) -> list[list[str]]:
    """Cells of the first table below a heading, without its head."""
    section = page.split(f"{heading}\n", 1)[1].split("\n## ")[0]
    table = section[section.index("|") :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table[2:]]


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of the test's own, in which nothing has been computed yet."""
    for name in ("configs", "notebooks"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PEAK_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---- add a feature ------------------------------------------------------------------------------
@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The page's features in a package of their own, announced as the page says."""
    site = tmp_path / "site"
    (site / "my_package").mkdir(parents=True)
    (site / "my_package" / "__init__.py").touch()
    code = [block for block in blocks(ADD, "python") if "@feature(" in block]
    (site / "my_package" / "features.py").write_text("\n\n".join(code), "utf-8")
    info = site / "my_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
    (toml,) = blocks(ADD, "toml")
    ((group, points),) = tomllib.loads(toml)["project"]["entry-points"].items()
    lines = [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(site)
    import my_package.features

    yield my_package.features
    for name in [name for name in sys.modules if name.split(".")[0] == "my_package"]:
        del sys.modules[name]


def test_features_of_the_page_keep_the_contract(package: Any, sp500: Dataset) -> None:
    for found in (package.gap, package.large_gap):
        assert violations(found, sp500.frame.iloc[:1500]) == []
        assert found.source


def test_feature_that_learns_refuses_too_few_rows(package: Any, sp500: Dataset) -> None:
    few = [sp500.frame[name].to_numpy()[:20] for name in package.large_gap.inputs]
    with pytest.raises(DataError, match="learns from 20 rows and needs 21"):
        package.large_gap.fit(few, {})


def test_feature_of_the_page_is_what_it_says(package: Any, make_bars: Any) -> None:
    bars = make_bars([100.0, 100.0, 110.0], open=[100.0, 102.0, 99.0])
    inputs = [bars.frame[name].to_numpy() for name in package.gap.inputs]
    (one,) = package.gap.compute(inputs, package.gap.resolve())
    np.testing.assert_allclose(one, [np.nan, np.log(1.02), np.log(0.99)], rtol=1e-12)
    (two,) = package.gap.compute(inputs, package.gap.resolve({"window": 2}))
    np.testing.assert_allclose(two, [np.nan, np.nan, np.log(1.02 * 0.99)], rtol=1e-12)


def test_page_reads_one_feature_with_another(package: Any) -> None:
    names: dict[str, Any] = {"gap": package.gap}
    for block in blocks(ADD, "python"):
        if "@feature(" not in block:
            exec(block, names)
    assert list(names["table"]) == ["gap_month", "gap_z"]
    assert names["pipeline"].warm_up_rows() == 20 + 249
    code = names["pipeline"].describe()[0]["code"]
    assert "my_package.features" in code


def test_command_of_the_page_finds_the_feature_of_the_package(package: Any) -> None:
    printed = re.search(r"peak (plugins validate gap)\n(.*?)```", ADD, re.DOTALL)
    assert printed is not None
    done = CliRunner().invoke(peak, printed[1].split())
    assert (done.exit_code, done.output) == (0, printed[2])


def test_example_of_the_page_is_not_there_already() -> None:
    assert not {"gap", "large_gap"} & {found.name for found in BUILT_IN}


def test_page_lists_all_checks_of_the_contract() -> None:
    assert len(rows_below(ADD, "## What is checked")) == len(CHECKS)


# ---- cache --------------------------------------------------------------------------------------
def test_page_on_the_cache_runs_and_explains_what_it_says(at_home: Path) -> None:
    names: dict[str, Any] = {}
    for block in blocks(CACHE, "python"):
        exec(block, names)
    assert set(names["first_time"]["why"]) == {"never computed"}
    assert set(names["second_time"]["why"]) == {"same rows, parameters, code and state"}
    pd.testing.assert_frame_equal(names["first"], names["again"], check_exact=True)
    assert names["by_late"]["result"].to_dict() == {
        "rsi": "hit",
        "rsi_z": "hit",
        "standard_scale": "computed",
    }
    assert names["by_late"].loc["standard_scale", "why"] == "fitted on other rows"
    assert sorted(path.name for path in (at_home / "runs" / "cache" / "features").glob("[a-z]*"))
    for command in re.findall(r"^peak (features cache [a-z]+)", CACHE, re.MULTILINE):
        assert CliRunner().invoke(peak, command.split()).exit_code == 0
    assert project_cache().stats().entries == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"rows": "0" * 64}, "data changed"),
        ({"spec": "0" * 64}, "parameters changed"),
        ({"code": "0" * 64}, "code changed"),
        ({"state": "0" * 64}, "fitted on other rows"),
    ],
)
def test_reasons_of_the_page_are_those_that_are_given(
    at_home: Path, change: dict[str, str], why: str
) -> None:
    kept = {"feature": "rsi", **dict.fromkeys(("rows", "spec", "code", "state"), "f" * 64)}
    cache = FeatureCache(at_home / "cache")
    cache.put(CacheKey(**kept), {"c0": np.zeros(3)}, {})
    found = cache.get(CacheKey(**{**kept, **change}), ["c0"], {})
    assert found.why == why
    assert any(row[0].strip("`").removesuffix(": …") == why for row in rows_below(CACHE, "again"))


def test_while_a_run_is_repeated_there_is_no_cache(
    at_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert project_cache() is not None
    monkeypatch.setenv("PEAK_INPUTS", str(at_home))
    assert project_cache() is None


def test_limits_of_the_page_are_those_of_the_code(at_home: Path) -> None:
    assert "2 GiB at most" in CACHE
    assert project_cache().max_bytes == 2 * 2**30


# ---- reference ----------------------------------------------------------------------------------
def test_tables_are_those_that_make_reference_writes() -> None:
    assert reference.written(PAGE) == PAGE, "run make reference"


def test_a_row_says_what_the_feature_says() -> None:
    rows = {row[0]: row[1:] for row in rows_below(PAGE, "### What they read and write")}
    assert rows["`macd`"] == [
        "1",
        "close",
        "`_line`, `_signal`, `_histogram`",
        "`fast` 12 (1 … 500 bars); `slow` 26 (2 … 1000 bars); `signal` 9 (1 … 500 bars)",
        "33",
    ]
    meanings = {row[0]: row[1:] for row in rows_below(PAGE, "### What they are")}
    assert meanings["`bollinger`"][1] == "0.5, 0"
    assert meanings["`stationary_difference`"][1] == "refused by `fit`"


def test_a_feature_that_is_added_gets_its_rows_and_nothing_else_changes(package: Any) -> None:
    page = reference.written(PAGE, [*BUILT_IN, package.gap])
    assert set(page.splitlines()) - set(PAGE.splitlines()) == {
        reference.form(package.gap),
        reference.meaning(package.gap),
    }
    assert reference.written(page) == PAGE


SLOW_TO_FIT = {"markov_regime"}


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(f, id=f.name, marks=[pytest.mark.slow] * (f.name in SLOW_TO_FIT))
        for f in FITTED
    ],
)
def test_what_is_learned_is_on_the_page(found: Feature, sp500: Dataset) -> None:
    learned = {row[0].strip("`"): row[1] for row in rows_below(PAGE, "## What is learned")}
    inputs = [sp500.frame[name].to_numpy()[:3000] for name in found.inputs]
    state = found.fit(inputs, found.resolve())
    assert set(re.findall(r"`(\w+)`", learned[found.name])) == set(state)


def public(cls: type) -> set[str]:
    return {
        name
        for name, value in vars(cls).items()
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
    }


@pytest.mark.parametrize("cls", [FeatureSpec, FeaturePipeline, FeatureCache, FeatureRegistry])
def test_public_names_and_arguments_are_on_the_page(cls: type) -> None:
    wanted = {cls.__name__, *public(cls), *inspect.signature(cls).parameters}
    assert {name for name in wanted if not re.search(rf"`[^`]*\b{name}\b[^`]*`", PAGE)} == set()


def test_examples_of_the_page_run_and_missing_rows_are_passed_over(at_home: Path) -> None:
    names: dict[str, Any] = {}
    for block in blocks(PAGE, "python"):
        exec(block, names)
    kept, whole = names["without"]["rsi"], names["holed"]["rsi"]
    assert np.isnan(whole.iloc[100])
    pd.testing.assert_series_equal(whole.drop(whole.index[100]), kept, check_exact=True)


def test_files_of_registry_and_cache_are_named_and_filled_as_the_page_says(
    at_home: Path, sp500: Dataset
) -> None:
    registry, cache = FeatureRegistry(at_home / "registry"), FeatureCache(at_home / "cache")
    pipeline = FeaturePipeline(["rsi"], registry=registry, cache=cache)
    pipeline.fit_transform(sp500)
    (entry,) = registry.entries()
    listed = [row[0].strip("`") for row in rows_below(PAGE, "## Registry")]
    assert set(listed) == set(entry)
    (path,) = (at_home / "registry").glob("*/*")
    assert re.fullmatch(r"rsi/[0-9a-f]{64}\.json", path.relative_to(registry.folder).as_posix())
    (path,) = cache.folder.glob("rsi/*")
    assert re.fullmatch(r"([0-9a-f]{16}-){3}[0-9a-f]{16}\.parquet", path.name)
    assert [row[0] for row in rows_below(PAGE, "## Keys")] == [
        f"`{part}`" for part in ("feature", "rows", "spec", "code", "state")
    ]
