"""`peak config-lint`: every file under configs/ is claimed and right, or named."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from scratch import ROOT, peak

Call = Callable[..., Result]


def test_configs_of_the_project_are_clean(call: Call) -> None:
    done = call("config-lint", str(ROOT / "configs"))
    assert done.exit_code == 0, done.output
    count = len([path for path in (ROOT / "configs").rglob("*") if path.is_file()])
    assert done.output.splitlines()[-1] == f"{count} files, 0 mistakes"


def test_without_paths_the_configs_of_the_project_are_checked(call: Call) -> None:
    done = call("config-lint")
    assert done.exit_code == 0
    assert "✓ configs/sweeps/quick.toml" in done.output


def test_file_that_nobody_claims_is_a_mistake(call: Call, project: Path) -> None:
    (project / "configs" / "sweeps" / "notes.yaml").write_text("a: 1", "utf-8")
    done = call("config-lint")
    assert done.exit_code == 2
    assert "✕ configs/sweeps/notes.yaml" in done.output
    assert "nobody claims this file; under configs/ there may be: " in done.output


def test_all_mistakes_of_all_files_are_listed(call: Call, project: Path) -> None:
    sweeps = project / "configs" / "sweeps"
    quick = (sweeps / "quick.toml").read_text("utf-8")
    (sweeps / "a.toml").write_text(quick.replace("seed = 7", "sede = 7"), "utf-8")
    two = quick.replace('"sp500"', '"sp501"').replace("seed = 7", "seed = -7")
    (sweeps / "b.toml").write_text(two, "utf-8")
    (sweeps / "c.toml").write_text("= 3", "utf-8")
    done = call("config-lint", "configs")
    assert done.exit_code == 2
    assert done.output.splitlines()[-1].endswith(" files, 4 mistakes")
    for word in ("sede", "'sp501'", "-7", "is not readable as TOML"):
        assert word in done.output


def test_one_file_may_be_checked_alone(call: Call, project: Path) -> None:
    (project / "configs" / "stray.toml").write_text("", "utf-8")
    done = call("config-lint", "configs/sweeps/quick.toml")
    assert done.exit_code == 0
    assert done.output == "✓ configs/sweeps/quick.toml\n1 file, 0 mistakes\n"


def test_path_that_does_not_exist_is_refused(call: Call) -> None:
    done = call("config-lint", "confgs")
    assert done.exit_code == 2
    assert "confgs" in done.output


@pytest.mark.slow
def test_command_exits_with_2_on_a_mistake(project: Path) -> None:
    path = project / "configs" / "sweeps" / "quick.toml"
    path.write_text(path.read_text("utf-8").replace("seed = 7", "seed = 'x'"), "utf-8")
    done = peak(project, "config-lint", "configs/")
    assert done.returncode == 2
    assert "seed = 'x'" in done.stdout
    assert done.stderr == ""
