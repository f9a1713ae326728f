"""The stories of notebooks/, recorded as `make notebooks` does: verified, and run again."""

import json
from pathlib import Path

import pytest
from scratch import make_project

from peaklib.evidence import Registry, open_run, reproduce, verify_pack
from peaklib.features.cache.entry import read_record
from peaklib.sweep import make_job, run_alone

STORIES = ("ecm", "features", "meta_labeling")
# What each story leaves besides the notebook; a table that is gone was a promise.
TABLES = {
    "ecm": {"phases", "trials", "turns"},
    "features": {"columns", "doubles", "orders"},
    "meta_labeling": {"bets", "calibration", "comparison", "importance", "trials"},
}


@pytest.mark.slow
@pytest.mark.notebook
@pytest.mark.parametrize("dataset", ["nasdaq"])  # nbval holds those of sp500 to their outputs
@pytest.mark.parametrize("story", STORIES)
def test_a_story_verifies_and_gives_the_same_again(
    story: str, dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(tmp_path / "project")
    monkeypatch.setenv("PEAK_HOME", str(project))
    outcome = run_alone(make_job(project / "notebooks" / f"{story}.ipynb", [f"dataset={dataset}"]))
    assert outcome.error is None
    run = open_run(outcome.run_id)
    assert verify_pack(run.folder, root=run.root).ok
    assert run.record()["inputs"][0]["name"] == dataset
    tables = {path.stem for path in (run.folder / "outputs" / "tables").glob("*.parquet")}
    assert tables >= TABLES[story]
    done = reproduce(run, Registry().roots(), tmp_path / "again")
    assert done.word == "identical"


@pytest.mark.slow
@pytest.mark.notebook
def test_a_pack_lists_its_features_with_the_keys_of_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(tmp_path / "project")
    monkeypatch.setenv("PEAK_HOME", str(project))
    outcome = run_alone(make_job(project / "notebooks" / "meta_labeling.ipynb"))
    listed = json.loads((outcome.folder / "inputs" / "features.json").read_bytes())
    by_label = {entry["label"]: entry for entry in listed}
    assert by_label["fractional_difference"]["spec"]["params"] == {"d": 0.4, "threshold": 0.0001}
    assert all(len(entry["key"]) == 64 for entry in listed)
    # The keys are those of the entries which the run left in the project's cache, and the
    # registry describes each feature.
    kept = project.glob("runs/cache/features/*/*.parquet")
    assert {entry["key"] for entry in listed} == {read_record(p).key.digest() for p in kept}
    described = {path.parent.name for path in project.glob("runs/registry/features/*/*.json")}
    assert {entry["spec"]["name"] for entry in listed} == described
    (trials,) = open_run(outcome.run_id).record()["trials"]
    assert trials["strategy"] == "meta_forest(momentum)"
    assert trials["family"] == "meta_forest(momentum)/sp500"
    assert trials["count"] == 1
