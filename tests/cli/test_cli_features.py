"""`peak features`: what is listed and shown, and the cache that can be looked at and emptied."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from scratch import ROOT, peak

from peaklib import plugins
from peaklib.data import load
from peaklib.errors import FeatureError
from peaklib.features import FeaturePipeline, get, installed
from peaklib.features.places import project_cache

Call = Callable[..., Result]
REFERENCE = (ROOT / "docs" / "reference" / "commands-features.md").read_text("utf-8")
WALK = "synthetic:random_walk,seed=0,bars=300"


def lines(done: Result) -> list[str]:
    assert done.exit_code == 0, done.output
    return [line.rstrip() for line in done.output.splitlines()]


# ---- list and show ------------------------------------------------------------------------------
def test_list_has_one_whole_line_for_each_feature(call: Call) -> None:
    found = [re.fullmatch(r"(\w+) +v(\S+)  (.*)", line) for line in lines(call("features", "list"))]
    listed = [match.groups() for match in found if match]
    assert listed == [(f.name, f.version, f.summary) for f in installed().values()]


def test_list_for_scripts_says_which_features_learn(call: Call) -> None:
    found = {row["name"]: row for row in json.loads(call("features", "list", "--json").output)}
    assert set(found) == set(installed())
    assert found["rsi"] == {
        "name": "rsi",
        "version": get("rsi").version,
        "summary": get("rsi").summary,
        "learns": False,
    }
    assert found["standard_scale"]["learns"] is True


def test_show_has_all_that_is_known_of_a_feature(call: Call) -> None:
    text = "\n".join(lines(call("features", "show", "rsi")))
    assert re.match(r"rsi  v\S+  peaklib \d", text)
    assert re.search(r"^reads +close$", text, re.MULTILINE)
    assert re.search(r"^columns +rsi$", text, re.MULTILINE)
    assert re.search(r"^warm-up +14 rows, with the default parameters$", text, re.MULTILINE)
    assert re.search(r"^learns +nothing$", text, re.MULTILINE)
    assert re.search(r"^source +Wilder \(1978\)", text, re.MULTILINE)
    row = r"^window +int +14 +1 … 1000 +bars +window of Wilder's smoothing$"
    assert re.search(row, text, re.MULTILINE)


def test_warm_up_of_a_feature_that_learns_depends_on_what_is_fitted(call: Call) -> None:
    shown = call("features", "show", "standard_scale").output
    assert re.search(r"warm-up +depends on what is fitted", shown)
    assert re.search(r"learns +from the rows", shown)
    answer = json.loads(call("features", "show", "standard_scale", "--json").output)
    assert (answer["warm_up"], answer["learns"]) == (None, True)


@pytest.mark.parametrize("name", sorted(installed()))
def test_every_feature_fits_80_columns_and_has_a_source_and_a_package(
    name: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = lines(call("features", "show", name))
    assert max(map(len, shown)) <= 80
    assert any(re.match(r"(reads|warm-up|columns) +\S", line) for line in shown)
    answer = json.loads(call("features", "show", name, "--json").output)
    assert answer["package"].startswith("peaklib ")
    feature = get(name)
    assert [p["name"] for p in answer["parameters"]] == list(feature.parameters)
    for parameter in answer["parameters"]:
        assert feature.resolve({parameter["name"]: parameter["default"]})
    if feature.learn is None:
        assert answer["warm_up"] == feature.warm_up_rows(feature.resolve())


def test_words_are_shown_with_what_they_may_be(call: Call) -> None:
    text = " ".join(call("features", "show", "ecm").output.split())
    assert "rule str armstrong armstrong, elapsed" in text


def test_feature_of_another_package_is_shown_with_that_package(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    info = site / "peak_extra-2.5.dist-info"
    info.mkdir(parents=True)
    (site / "peak_extra_features.py").write_text(
        "from peaklib.features import feature\n\n\n"
        '@feature("twice", version="3", warm_up=lambda: 0)\n'
        "def twice(close):\n"
        '    """Twice the close."""\n'
        "    return 2.0 * close\n",
        "utf-8",
    )
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: peak-extra\nVersion: 2.5\n", "utf-8"
    )
    (info / "entry_points.txt").write_text(
        f"[{plugins.FEATURES}]\nextra = peak_extra_features:twice\n", "utf-8"
    )
    monkeypatch.syspath_prepend(site)
    shown = lines(call("features", "show", "twice"))
    assert shown[:2] == ["twice  v3  peak-extra 2.5", "Twice the close."]
    assert not any(line.startswith(("source", "parameter")) for line in shown)
    assert any(re.fullmatch("warm-up +0 rows", line) for line in shown)


def test_unknown_feature_names_the_likely_one(call: Call) -> None:
    error = call("features", "show", "rsii").exception
    assert isinstance(error, FeatureError)
    assert "did you mean 'rsi'" in str(error)


# ---- cache --------------------------------------------------------------------------------------
@pytest.fixture
def filled(project: Path) -> Path:
    """A project whose cache holds columns of two features."""
    FeaturePipeline(["rsi", "atr"], cache=project_cache()).fit_transform(load(WALK))
    return project / "runs" / "cache" / "features"


def test_cache_that_does_not_exist_is_no_error_and_is_not_made(call: Call, project: Path) -> None:
    assert lines(call("features", "cache", "stats")) == ["runs/cache/features holds nothing yet"]
    assert lines(call("features", "cache", "clear")) == [
        "removed 0 entries from runs/cache/features"
    ]
    answer = json.loads(call("features", "cache", "stats", "--json").output)
    assert (answer["entries"], answer["bytes"], answer["oldest_use"]) == (0, 0, None)
    assert not (project / "runs").exists()


def test_stats_count_what_lies_in_the_folder(call: Call, filled: Path) -> None:
    sizes = {path.parent.name: path.stat().st_size for path in filled.glob("*/*") if path.is_file()}
    assert set(sizes) == {"rsi", "atr"}
    answer = json.loads(call("features", "cache", "stats", "--json").output)
    assert (answer["entries"], answer["bytes"]) == (2, sum(sizes.values()))
    assert answer["by_feature"] == {
        name: {"entries": 1, "bytes": size} for name, size in sizes.items()
    }
    assert answer["oldest_use"] <= answer["newest_use"]
    first, *rows, last = lines(call("features", "cache", "stats"))
    assert re.fullmatch(r"runs/cache/features  2 entries, [\d.]+ KiB of 2\.0 GiB", first)
    assert [row.split()[:2] for row in rows[1:]] == [["atr", "1"], ["rsi", "1"]]
    assert re.fullmatch(r"used  \d{4}-\d\d-\d\d \d\d:\d\d … \d{4}-\d\d-\d\d \d\d:\d\d UTC", last)


def test_clear_takes_one_feature_or_all(call: Call, filled: Path) -> None:
    assert lines(call("features", "cache", "clear", "--feature", "rsi")) == [
        "removed 1 entry of rsi from runs/cache/features"
    ]
    assert {path.parent.name for path in filled.glob("*/*")} == {"atr"}
    assert lines(call("features", "cache", "clear")) == ["removed 1 entry from runs/cache/features"]
    assert not [*filled.glob("*/*")]


def test_name_that_leads_out_of_the_cache_is_refused(call: Call, filled: Path) -> None:
    outside = filled.parent / "kept.parquet"
    outside.write_bytes(b"x")
    done = call("features", "cache", "clear", "--feature", "..")
    assert isinstance(done.exception, FeatureError)
    assert outside.exists()
    assert len([*filled.glob("*/*")]) == 2


def test_values_are_the_same_after_the_cache_was_emptied(call: Call, filled: Path) -> None:
    pipeline = FeaturePipeline(["rsi"], cache=project_cache())
    kept = pipeline.fit_transform(load(WALK))
    call("features", "cache", "clear")
    np.testing.assert_array_equal(pipeline.fit_transform(load(WALK)), kept)


@pytest.mark.parametrize("command", ["run", "features", "features cache"])
def test_commands_explain_themselves(command: str, call: Call) -> None:
    assert re.search(rf"^  {command.split()[0]}  +\S", call("--help").output, re.MULTILINE)
    done = call(*command.split(), "--help")
    assert (done.exit_code, done.output[:7]) == (0, "Usage: ")


# ---- the reference ------------------------------------------------------------------------------
def keys(value: object) -> set[str]:
    """Names at any depth, but those of features."""
    if isinstance(value, list):
        return set().union(*map(keys, value))
    if not isinstance(value, dict):
        return set()
    inner = value.get("by_feature", value)
    return {*value, *set().union(*map(keys, inner.values()))}


@pytest.mark.parametrize("command", ["list", "show ecm", "cache stats"])
def test_keys_of_json_are_in_the_reference(command: str, call: Call, filled: Path) -> None:
    answer = json.loads(call("features", *command.split(), "--json").output)
    words = command.replace("ecm", "NAME")
    (row,) = re.findall(rf"^\| `peak features {words}` .*$", REFERENCE, re.MULTILINE)
    summary = {"name", "version", "summary", "learns"} if command == "show ecm" else set()
    assert [name for name in sorted(keys(answer) - summary) if f"`{name}`" not in row] == []


# ---- strategies ---------------------------------------------------------------------------------
def test_strategies_for_research_only_are_marked_and_the_others_are_not(call: Call) -> None:
    marked = [line.split()[0] for line in lines(call("strategies", "list")) if "research o" in line]
    assert marked == ["ecm_cycle"]
    assert "research only: " in call("strategies", "show", "ecm_cycle").output
    assert "research only" not in call("strategies", "show", "macd").output


@pytest.mark.slow
def test_list_is_plain_in_a_pipe(project: Path) -> None:
    done = peak(project, "features", "list")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "…\n" not in done.stdout
