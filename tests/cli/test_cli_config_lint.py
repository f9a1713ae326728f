"""`peak config-lint`: every file under configs/ is claimed and right, or named."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from ai_settings import LOCK, MATRIX, copy_ai, edit, make_fit
from click.testing import Result
from scratch import ROOT, peak

from peaklib.llm.settings import write_lock

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

Call = Callable[..., Result]


def test_configs_of_the_project_are_clean(call: Call) -> None:
    done = call("config-lint", str(ROOT / "configs"))
    assert done.exit_code == 0, done.output
    count = len([path for path in (ROOT / "configs").rglob("*") if path.is_file()])
    assert done.output.splitlines()[-1].startswith(f"{count} files, 0 mistakes")
    assert "error" not in done.output.splitlines()[-1]


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
    assert " files, 4 mistakes" in done.output.splitlines()[-1]
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


# ---- between files -----------------------------------------------------------------------------


def test_warnings_do_not_fail(call: Call, project: Path) -> None:
    edit(copy_ai(project) / MATRIX, "sunset = 2026-12-11", "sunset = 2020-01-01")
    done = call("config-lint")
    assert done.exit_code == 0, done.output
    place = "! configs/ai/layer_model_matrix.toml L0.primary.sunset\n"
    assert f"{place}    openai:gpt-5-nano ended on 2020-01-01" in done.output
    assert re.search(r"files, 0 mistakes, \d+ warnings?$", done.output.rstrip())


def test_error_between_files_fails_with_1(call: Call, project: Path) -> None:
    edit(copy_ai(project) / "prices.toml", 'model_id = "gpt-5-nano"', 'model_id = "gpt-5-pico"')
    done = call("config-lint")
    assert done.exit_code == 1
    assert "✕ configs/ai/layer_model_matrix.toml L0.primary\n" in done.output
    assert ", 0 mistakes, 1 error" in done.output


def test_mistake_in_a_file_outweighs_an_error_between_files(call: Call, project: Path) -> None:
    folder = copy_ai(project)
    edit(folder / "prices.toml", 'model_id = "gpt-5-nano"', 'model_id = "gpt-5-pico"')
    (folder / "budgets.toml").write_text("= 3", "utf-8")
    done = call("config-lint")
    assert done.exit_code == 2
    assert "✕ configs/ai/budgets.toml\n" in done.output
    assert ", 1 mistake, 1 error" in done.output


def test_forbidden_model_in_a_sweep_is_found(call: Call, project: Path) -> None:
    path = project / "configs" / "sweeps" / "a.toml"
    path.write_text('[fixed]\nmodel_id = "claude-4"\n', "utf-8")
    done = call("config-lint", "configs/sweeps/a.toml")
    assert "✕ configs/sweeps/a.toml fixed.model_id\n    refused by the model policy" in done.output
    assert "denylist.model" in done.output


def test_key_that_would_go_to_another_host_is_a_mistake(call: Call, project: Path) -> None:
    path = copy_ai(project) / "providers.toml"
    edit(path, "https://api.openai.com/v1", "https://openrouter.ai/api/v1")
    edit(path, '"OPENAI_API_KEY"', '"AWS_SECRET_ACCESS_KEY"')
    done = call("config-lint")
    assert done.exit_code == 2
    assert "    openai.base_url: is no host of openai, and would be sent its key" in done.output
    assert "    openai.key: is no key of openai; its variable is OPENAI_API_KEY" in done.output


def test_prod_fails_without_a_verified_model_and_says_so(call: Call, project: Path) -> None:
    copy_ai(project)
    shutil.copy(ROOT / "requirements.lock", project)
    done = call("config-lint", "--profile", "prod")
    assert done.exit_code == 1
    assert "✕ configs/ai/verified_models.lock model\n    holds no verified model" in done.output
    assert "L1.primary\n    openai:o3-deep-research ended on 2026-07-23" in done.output


def test_this_repository_is_not_fit_for_prod(call: Call) -> None:
    """No model was ever asked here."""
    done = call("config-lint", str(ROOT / "configs"), "--profile", "prod")
    assert done.exit_code == 1, done.output
    assert "holds no verified model: in prod none may be asked" in done.output


def test_prod_is_clean_with_a_full_lock(call: Call, project: Path) -> None:
    make_fit(project)
    shutil.copy(ROOT / "requirements.lock", project)
    done = call("config-lint", "--profile", "prod")
    assert done.exit_code == 0, done.output
    assert "error" not in done.output.splitlines()[-1]


def test_forbidden_package_of_the_lock_file_fails(call: Call, project: Path) -> None:
    (project / "requirements.lock").write_text("anthropic==1.0\n", "utf-8")
    done = call("config-lint")
    assert done.exit_code == 1
    assert "✕ requirements.lock line 1\n    anthropic: the owner forbids" in done.output
    # It is no finding about a sweep.
    assert call("config-lint", "configs/sweeps").exit_code == 0


def test_part_of_the_configs_shows_the_findings_of_that_part(call: Call, project: Path) -> None:
    edit(copy_ai(project) / "prices.toml", 'model_id = "gpt-5-nano"', 'model_id = "gpt-5-pico"')
    assert call("config-lint", "configs/ai").exit_code == 1
    assert call("config-lint", "configs/ai/layer_model_matrix.toml").exit_code == 1
    done = call("config-lint", "configs/ai/providers.toml")
    assert done.output == "✓ configs/ai/providers.toml\n1 file, 0 mistakes\n"


def test_kept_lock_is_claimed_and_held_to_its_name(call: Call, project: Path) -> None:
    write_lock(copy_ai(project) / LOCK, [])
    (kept,) = (project / "configs" / "ai" / "locks").iterdir()
    assert f"✓ configs/ai/locks/{kept.name}" in call("config-lint").output
    kept.write_text(f"# changed\n{kept.read_text('utf-8')}", "utf-8")
    done = call("config-lint")
    assert done.exit_code == 2
    assert f"✕ configs/ai/locks/{kept.name}\n    was altered" in done.output
