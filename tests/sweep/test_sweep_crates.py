"""What a sweep leaves is accepted by the public validator, whatever the kind of run."""

import json

import pytest
from evidence.validator import judge
from scratch import Swept, run_folders

KINDS = ["sweep_cell", "sweep", "report"]


@pytest.mark.slow
@pytest.mark.notebook
def test_packs_of_a_sweep_are_accepted_in_public(swept: Swept) -> None:
    packs = [run_folders(swept.project, kind)[-1] for kind in KINDS]
    for pack, judgement in zip(packs, judge(packs), strict=True):
        assert judgement.issues == [], pack
        assert judgement.passed


@pytest.mark.slow
@pytest.mark.notebook
def test_metadata_of_a_sweep_lists_exactly_its_files(swept: Swept) -> None:
    for pack in run_folders(swept.project):
        graph = json.loads((pack / "ro-crate-metadata.json").read_bytes())["@graph"]
        listed = {each["name"]: each["sha256"] for each in graph if each["@type"] == "File"}
        summed = dict(map(_name_and_digest, (pack / "SHA256SUMS").read_text("utf-8").splitlines()))
        del summed["ro-crate-metadata.json"]
        assert listed == summed


def _name_and_digest(line: str) -> tuple[str, str]:
    digest, name = line.split("  ", 1)
    return name, digest
