"""What config-lint finds between files: policy on raw values, ends, prices, budgets, the lock."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from ai_settings import LOCK, MATRIX, TODAY, copy_ai, edit, entry, make_fit, write_cases
from scratch import ROOT

from peaklib.config import ConfigCheck, Finding
from peaklib.evidence import Ledger
from peaklib.llm.settings import read_lock, write_lock
from peaklib.llm.settings.files import CONFIG_FILES
from peaklib.llm.settings.lint.deny import check_policy
from peaklib.llm.settings.lint.dependencies import check_dependencies
from peaklib.llm.settings.lint.together import check_together
from peaklib.llm.settings.models import read_prices

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

BEFORE_ANY_END = date(2026, 7, 22)


def together(project: Path, profile: str = "dev", today: date = TODAY) -> list[Finding]:
    return list(check_together(project, profile, today))


def errors(found: list[Finding]) -> list[str]:
    return [f"{f.file} {f.key}: {f.text}" for f in found if f.severity == "error"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_ai(tmp_path)


def test_three_checks_are_announced() -> None:
    names = [item.name for item in CONFIG_FILES if isinstance(item, ConfigCheck)]
    assert names == ["model policy", "models", "dependencies"]


# ---- between the files -------------------------------------------------------------------------


def test_this_repository_has_no_error_in_dev() -> None:
    assert errors(together(ROOT)) == []


def test_models_that_ended_are_warned_of_in_dev_and_errors_in_prod(tmp_path: Path) -> None:
    copy_ai(tmp_path)
    dev = {f.key: f for f in together(tmp_path) if "ended on" in f.text}
    assert set(dev) == {"L1.primary.sunset", "L1.fallback1.sunset"}
    assert {f.severity for f in dev.values()} == {"warning"}
    prod = [f for f in together(tmp_path, "prod") if "ended on" in f.text]
    assert [(f.key, f.severity) for f in prod] == [
        ("L1.primary", "error"),
        ("L1.fallback1", "error"),
    ]


@pytest.mark.parametrize(("days", "said"), [(31, False), (30, True), (1, True)])
def test_end_is_announced_thirty_days_ahead(days: int, said: bool, tmp_path: Path) -> None:
    folder = copy_ai(tmp_path)
    edit(folder / MATRIX, "sunset = 2026-12-11", f"sunset = {TODAY + timedelta(days)}")
    found = [f for f in together(tmp_path) if f.key == "L0.primary.sunset"]
    assert [f.severity for f in found] == (["warning"] if said else [])


@pytest.mark.parametrize(("days", "old"), [(180, False), (181, True)])
def test_price_older_than_180_days_is_a_warning(days: int, old: bool, folder: Path) -> None:
    # The rate of exchange is the oldest of all.
    found = together(folder.parents[1], today=date(2026, 7, 17) + timedelta(days))
    stale = {f.key for f in found if "days old" in f.text}
    assert stale == ({f"{p}:{m}" for p, m in _services(folder)} if old else set())
    assert all(f.severity == "warning" for f in found if f.key in stale)


def test_price_or_rate_of_tomorrow_is_an_error(folder: Path) -> None:
    edit(folder / "prices.toml", "as_of = 2026-09-05", f"as_of = {TODAY + timedelta(1)}")
    (found,) = errors(together(folder.parents[1]))
    assert found.startswith(
        "configs/ai/prices.toml openai:gpt-5-nano: price or rate is of 2026-11-22"
    )
    edit(folder / "prices.toml", f"as_of = {TODAY + timedelta(1)}", f"as_of = {TODAY}")
    assert errors(together(folder.parents[1])) == []


def test_provider_on_this_machine_is_an_error_in_prod(tmp_path: Path) -> None:
    edit(make_fit(tmp_path) / "providers.toml", "https://api.openai.com", "http://127.0.0.1:1")
    assert together(tmp_path) == []
    (found,) = errors(together(tmp_path, "prod"))
    assert "providers.toml openai.base_url: is a server on this machine" in found


def _services(folder: Path) -> set[tuple[str, str]]:
    return set(read_prices(folder / "prices.toml"))


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "text"),
    [
        (
            "prices.toml",
            'model_id = "gpt-5-nano"',
            'model_id = "gpt-5-pico"',
            f"{MATRIX} L0.primary:",
            "has no price in prices.toml",
        ),
        (
            "allowed_models.toml",
            'model_id = "gemini-2.5-flash-lite"',
            'model_id = "gemini-2.5-flash-light"',
            f"{MATRIX} L0.fallback1.model_id:",
            "is not in allowed_models.toml",
        ),
        (
            "allowed_models.toml",
            "snapshots = []",
            "opaque = true",
            "allowed_models.toml google:gemini-2.5-flash:",
            "write opaque = false",
        ),
        (
            "allowed_models.toml",
            'provider = "openai"\nmodel_id = "gpt-5-nano"',
            'provider = "azure"\nmodel_id = "desk"\n[[model]]\n'
            'provider = "openai"\nmodel_id = "gpt-5-nano"',
            "allowed_models.toml azure:desk:",
            "write opaque = true",
        ),
        (
            MATRIX,
            'model_id = "gemini-2.5-flash-lite"\napi = "chat"',
            'model_id = "gemini-2.5-flash-lite"\napi = "responses"',
            f"{MATRIX} L0.fallback1.api:",
            "google offers chat, not responses",
        ),
        (
            "budgets.toml",
            "max_tokens = 200_000",
            "max_tokens = 3_999",
            "budgets.toml layers.L0.max_tokens:",
            "one call of L0 may write 4000 tokens",
        ),
        (
            # 30,000 tokens of o3-deep-research at 35.20 EUR a million, and 0.264 EUR of searches.
            "budgets.toml",
            'max_cost_eur = "5.00"',
            'max_cost_eur = "1.31"',
            "budgets.toml phases.testnet.max_cost_eur:",
            "one call of L1.primary may write for 1.32 EUR",
        ),
        (
            # 6,000 tokens of gpt-5.2-pro at 147.84 EUR a million.
            "budgets.toml",
            'max_cost_eur = "3.00"',
            'max_cost_eur = "0.88"',
            "budgets.toml layers.L4.max_cost_eur:",
            "one call of L4.primary may write for 0.89 EUR",
        ),
    ],
)
def test_disagreement_is_an_error_at_its_place(
    file: str, old: str, new: str, place: str, text: str, folder: Path
) -> None:
    edit(folder / file, old, new)
    found = errors(together(folder.parents[1]))
    assert len(found) == 1
    assert place in found[0]
    assert text in found[0]


def test_provider_that_nobody_describes_is_an_error(folder: Path) -> None:
    path = folder / "providers.toml"
    text = path.read_text("utf-8")
    at, end = text.index("[mistral]"), text.index("[bedrock]")
    path.write_text(text[:at] + text[end:], "utf-8")
    assert errors(together(folder.parents[1])) == [
        f"configs/ai/{MATRIX} L3.fallback1.provider: "
        "providers.toml does not say how mistral is reached"
    ]


def test_file_that_is_missing_is_an_error_though_nobody_can_claim_it(folder: Path) -> None:
    (folder / "prices.toml").unlink()
    (found,) = errors(together(folder.parents[1]))
    assert found.startswith("configs/ai/prices.toml : is missing")


def test_broken_file_hides_no_finding_of_the_others(folder: Path) -> None:
    (folder / "budgets.toml").write_text("= 3", "utf-8")
    edit(folder / "prices.toml", 'model_id = "gpt-5-nano"', 'model_id = "gpt-5-pico"')
    (found,) = errors(together(folder.parents[1]))
    assert "L0.primary: openai:gpt-5-nano has no price" in found


def test_project_without_models_has_nothing_to_find(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    assert together(tmp_path, "prod") == []


# ---- the lock ----------------------------------------------------------------------------------


def test_prod_without_a_verified_model_says_so(folder: Path) -> None:
    found = errors(together(folder.parents[1], "prod", BEFORE_ANY_END))
    found = [line for line in found if "prices.toml" not in line]
    assert found[0].startswith(f"configs/ai/{LOCK} model: holds no verified model")
    rows = [line for line in found if "is not verified" in line]
    assert len(rows) == len(found) - 1 == 14


def test_full_lock_is_fit_for_prod(tmp_path: Path) -> None:
    make_fit(tmp_path)
    assert together(tmp_path, "prod") == []
    assert together(tmp_path, "dev") == []


def test_lock_that_fell_behind_is_a_warning_in_dev_and_an_error_in_prod(tmp_path: Path) -> None:
    make_fit(tmp_path)
    write_cases(tmp_path, '{"case": 2}\n')
    dev, prod = together(tmp_path), together(tmp_path, "prod")
    assert {(f.severity, f.file) for f in dev} == {("warning", f"configs/ai/{LOCK}")}
    assert {(f.severity, f.file) for f in prod} == {("error", f"configs/ai/{MATRIX}")}
    assert all("measured on other cases" in f.text for f in (*dev, *prod))


def test_verified_model_that_is_not_allowed_is_an_error(folder: Path) -> None:
    write_lock(folder / LOCK, [entry("L0", "openai", "gpt-9", "0" * 64)])
    assert "L0 openai:gpt-9: is verified but not in" in errors(together(folder.parents[1]))[0]


def test_measurement_of_tomorrow_is_an_error(tmp_path: Path) -> None:
    make_fit(tmp_path)
    found = errors(together(tmp_path, "dev", date(2026, 11, 19)))
    assert found
    assert all("lies in the future" in line for line in found)


def test_lock_that_the_ledger_does_not_know_last_is_an_error_in_prod(tmp_path: Path) -> None:
    present = read_lock(make_fit(tmp_path) / LOCK)
    ledger = Ledger(tmp_path / "runs" / "ledger.jsonl")
    ledger.append("llm_lock", {"before": "", "after": present.digest})
    assert together(tmp_path, "prod") == []
    ledger.append("llm_lock", {"before": present.digest, "after": "0" * 64})
    assert together(tmp_path, "dev") == []
    (found,) = errors(together(tmp_path, "prod"))
    assert "changed by hand or came from elsewhere" in found


def test_ledger_that_cannot_be_read_is_an_error_in_prod(tmp_path: Path) -> None:
    make_fit(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "ledger.jsonl").write_text(
        '{"data":1,"event":"llm_lock","prev":""}\n', "utf-8"
    )
    (found,) = errors(together(tmp_path, "prod"))
    assert "cannot be held against the ledger" in found


def test_lost_way_back_is_an_error(folder: Path) -> None:
    write_lock(folder / LOCK, [])
    assert read_lock(folder / LOCK).previous
    assert errors(together(folder.parents[1])) == []
    shutil.rmtree(folder / "locks")
    (found,) = errors(together(folder.parents[1]))
    assert "previous: there is no way back" in found


# ---- the policy over raw values ----------------------------------------------------------------


def refused(project: Path) -> list[tuple[str, str]]:
    found = list(check_policy(project, "dev", TODAY))
    assert all(f.severity == "error" for f in found)
    return [(f.file, f.key) for f in found]


def test_this_repository_names_nothing_forbidden() -> None:
    assert refused(ROOT) == []


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ('provider = "anthropic"\nmodel_id = "m"', "provider"),
        ('provider = "openai"\nmodel_id = "claude-4"', "model_id"),
        ('model_id = "us.anthropic.claude-4"', "model_id"),
        ("model_id = 4", "model_id"),
        ('base_url = "https://api.anthropic.com/v1"', "base_url"),
        ('base_url = "https://x.com/v1?via=%61nthropic"', "base_url"),
        ('base_url = "https://{region}.anthropic.com"', "base_url"),
        ("base_url = false", "base_url"),
        ('resolves_to = "claude-4"', "resolves_to"),
        ('snapshots = ["gpt-5", "claude-4"]', "snapshots.1"),
        ('snapshots = "claude-4"', "snapshots.0"),
        ('provider = "anthropic"', "provider"),
    ],
)
@pytest.mark.parametrize("file", ["ai/other.toml", "sweeps/x.toml", "plugin/deep/er.conf"])
def test_forbidden_value_is_found_in_any_file_whoever_claims_it(
    file: str, table: str, key: str, tmp_path: Path
) -> None:
    path = tmp_path / "configs" / file
    path.parent.mkdir(parents=True)
    path.write_text(f"[a.b]\n{table}\n[[list]]\n{table}\n", "utf-8")
    found = refused(tmp_path)
    assert found == [(f"configs/{file}", f"a.b.{key}"), (f"configs/{file}", f"list.0.{key}")]


def test_table_with_an_address_may_not_have_a_forbidden_name(tmp_path: Path) -> None:
    path = tmp_path / "configs" / "x.toml"
    path.parent.mkdir()
    path.write_text('[claude-proxy]\nbase_url = "https://example.com"', "utf-8")
    assert refused(tmp_path) == [("configs/x.toml", "claude-proxy")]


def test_other_things_may_have_a_provider_and_an_address(tmp_path: Path) -> None:
    path = tmp_path / "configs" / "data.toml"
    path.parent.mkdir()
    path.write_text('provider = "kraken"\nbase_url = "https://api.kraken.com/0"', "utf-8")
    assert refused(tmp_path) == []
    ai = tmp_path / "configs" / "ai" / "data.toml"
    ai.parent.mkdir()
    ai.write_text('provider = "kraken"', "utf-8")
    assert refused(tmp_path) == [("configs/ai/data.toml", "provider")]


def test_finding_shows_no_secret_of_an_address(tmp_path: Path) -> None:
    path = tmp_path / "configs" / "x.toml"
    path.parent.mkdir()
    address = "https://ada:hunter2" + "@anthropic.com/?key=hunter2"
    path.write_text(f'base_url = "{address}"', "utf-8")
    (found,) = check_policy(tmp_path, "dev", TODAY)
    assert "hunter2" not in found.text


# ---- dependencies ------------------------------------------------------------------------------


def test_this_repository_depends_on_no_forbidden_package() -> None:
    assert list(check_dependencies(ROOT, "prod", TODAY)) == []


@pytest.mark.parametrize(
    "line",
    [
        "anthropic==0.50.0 \\",
        "Anthropic.Bedrock==1.0",
        "langchain_anthropic==1.0",
        "claude-agent-sdk==0.1",
        "any-llm[anthropic]==1.0",
        "sdk @ git+https://example.com/anthropics/sdk",
    ],
)
def test_forbidden_package_is_found_in_the_lock(line: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text(f"numpy==2.4\n{line}\n", "utf-8")
    (found,) = check_dependencies(tmp_path, "dev", TODAY)
    assert (found.severity, found.file, found.key) == ("error", "requirements.lock", "line 2")


@pytest.mark.parametrize(
    "words",
    ["-r more/extra.txt", "-rmore/extra.txt", "--requirement=more/extra.txt", "-c more/extra.txt"],
)
def test_further_files_are_looked_at_too(words: str, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "requirements.lock").write_text(f"numpy==2.4\n{words}\n", "utf-8")
    # They name each other in a circle.
    text = "-r ../requirements.lock\nx==1\nanthropic==1\n"
    (tmp_path / "more" / "extra.txt").write_text(text, "utf-8")
    (found,) = check_dependencies(tmp_path, "dev", TODAY)
    assert (found.file, found.key) == ("more/extra.txt", "line 3")


@pytest.mark.parametrize("name", ["missing.txt", "../out.txt", "https://example.com/extra.txt"])
def test_further_file_that_nobody_can_look_at_is_an_error(name: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "out.txt").write_text("x==1\n", "utf-8")
    (project / "requirements.lock").write_text(f"-r {name}\n", "utf-8")
    (found,) = check_dependencies(project, "dev", TODAY)
    assert (found.severity, found.key) == ("error", "line 1")
    assert "is not in this project" in found.text


@pytest.mark.parametrize("text", ["anth\\\nropic==1\n", "x @ https://x.com/x#egg=anthropic\n"])
def test_name_is_read_as_the_installer_reads_it(text: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text(f"numpy==2.4\n{text}", "utf-8")
    (found,) = check_dependencies(tmp_path, "dev", TODAY)
    assert found.key == "line 2"


def test_comments_and_digests_are_no_packages(tmp_path: Path) -> None:
    text = "# never anthropic\nnumpy==2.4 \\  # via claude\n    --hash=sha256:c1a0de\n"
    (tmp_path / "requirements.lock").write_text(text, "utf-8")
    assert list(check_dependencies(tmp_path, "dev", TODAY)) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[project]\ndependencies = ["anthropic>=1"]', "project.dependencies"),
        ('[project.optional-dependencies]\nx = ["claude_sdk"]', "project.optional-dependencies.x"),
        ('[dependency-groups]\ndev = ["Anthropic"]', "dependency-groups.dev"),
        ('[build-system]\nrequires = ["anthropic"]', "build-system.requires"),
        ('[tool.uv]\noverride-dependencies = ["anthropic"]', "tool.uv.override-dependencies"),
        ('[tool.uv]\nconstraint-dependencies = ["anthropic"]', "tool.uv.constraint-dependencies"),
        ('[tool.uv]\ndev-dependencies = ["claude_sdk"]', "tool.uv.dev-dependencies"),
        ('[tool.uv.sources]\nAnthropic = { path = "x" }', "tool.uv.sources"),
        ('[tool.uv.sources]\nx = { git = "https://x.com/anthropics/x" }', "tool.uv.sources.x.git"),
        ('[tool.poetry.dependencies]\nanthropic = "1"', "tool.poetry.dependencies"),
    ],
)
def test_forbidden_package_is_found_in_the_project_file(
    text: str, key: str, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    (found,) = check_dependencies(tmp_path, "dev", TODAY)
    assert (found.file, found.key) == ("pyproject.toml", key)


def test_prod_wants_a_lock_to_look_at(tmp_path: Path) -> None:
    assert list(check_dependencies(tmp_path, "dev", TODAY)) == []
    (found,) = check_dependencies(tmp_path, "prod", TODAY)
    assert found.text.startswith("is missing")
