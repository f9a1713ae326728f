"""The matrix: the owner's start, and every way in which a file of it can be wrong."""

from datetime import date
from pathlib import Path

import pytest
from ai_settings import MATRIX, TODAY, copy_ai, edit
from scratch import ROOT

from peaklib.errors import ConfigError, PolicyViolation
from peaklib.llm.settings import load_settings
from peaklib.llm.settings.matrix import check_matrix, read_matrix

# The owner's runbook, "Empfohlene Start-Matrix".
START = {
    "L0": ("openai:gpt-5-nano", "google:gemini-2.5-flash-lite", "openai:gpt-5-mini"),
    "L1": ("openai:o3-deep-research", "openai:o4-mini-deep-research", "openai:gpt-5.2"),
    "L2": ("openai:gpt-5-mini", "google:gemini-2.5-flash", "openai:gpt-5.2"),
    "L3": ("openai:gpt-5.2", "mistral:mistral-medium-latest", None),
    "L4": ("openai:gpt-5.2-pro", "google:gemini-2.5-flash", "openai:gpt-5.2"),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return copy_ai(tmp_path) / MATRIX


def problems(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        check_matrix(path)
    return "\n".join(caught.value.problems)


@pytest.mark.parametrize("layer", START)
def test_start_matrix_is_the_owners(layer: str) -> None:
    matrix = read_matrix(ROOT / "configs" / "ai" / MATRIX)
    primary, fallback, critic = START[layer]
    assert [row.service for row in matrix.primaries(layer)] == [primary, fallback]
    row = matrix.row(layer, "critic")
    assert (row.service if row else None) == critic
    assert matrix.services == {"L3": "L4"}


def test_only_the_fallback_of_the_policy_critic_is_degraded() -> None:
    matrix = read_matrix(ROOT / "configs" / "ai" / MATRIX)
    assert [row.key for row in matrix.rows if row.degraded] == ["L4.fallback1"]


@pytest.mark.parametrize(
    ("service", "end"),
    [
        ("openai:o3-deep-research", date(2026, 7, 23)),
        ("openai:o4-mini-deep-research", date(2026, 7, 23)),
        ("openai:gpt-5-nano", date(2026, 12, 11)),
        ("openai:gpt-5-mini", date(2026, 12, 11)),
        ("google:gemini-2.5-flash", date(2026, 12, 1)),
        ("google:gemini-2.5-flash-lite", None),
        ("openai:gpt-5.2", None),
    ],
)
def test_end_of_a_model_is_the_announced_one_wherever_it_stands(
    service: str, end: date | None
) -> None:
    """Sources: the providers' pages of deprecations, named in the file."""
    rows = read_matrix(ROOT / "configs" / "ai" / MATRIX).rows
    assert {row.sunset for row in rows if row.service == service} == {end}


def test_deep_research_and_pro_models_speak_the_responses_api() -> None:
    rows = read_matrix(ROOT / "configs" / "ai" / MATRIX).rows
    assert {row.model_id for row in rows if row.api == "responses"} == {
        "o3-deep-research",
        "o4-mini-deep-research",
        "gpt-5.2-pro",
    }


@pytest.mark.parametrize("layer", ["L5", "L6"])
def test_layer_without_models_cannot_have_a_row(layer: str, path: Path) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f'[{layer}.primary]\nprovider = "openai"\nmodel_id = "gpt-5.2"\napi = "chat"\n')
    found = problems(path)
    assert found.startswith(f"{layer}: risk gate and execution are deterministic")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[L0.fallback1]", "[L0.fallback]", "no key 'fallback', did you mean 'fallback"),
        ("[L0.fallback1]", "[L0.fallback2]", "L0: fallback2: comes after fallback1"),
        ('api = "chat"', 'api = "completions"', "L0.primary.api = 'completions'"),
        ('api = "chat"\nsunset', "sunset", "L0.primary.api: is missing"),
        ("sunset = 2026-12-11", 'sunset = "2026-12-11"', "L0.primary.sunset"),
        ('"gemini-2.5-flash-lite"', '""', "L0.fallback1.model_id"),
        ('service = "L4"', 'service = "L3"', "L3.critic.service: a layer cannot be its own"),
        ('service = "L4"', 'service = "L5"', "L3.critic.service = 'L5'"),
        ('service = "L4"', 'service = "L4"\napi = "chat"', "L3.critic: service stands alone"),
        ('service = "L4"', 'provider = "openai"', "L3.critic: needs provider, model_id and api"),
        ("max_input_tokens = 272_000", "max_input_tokens = 0", "L0.primary.max_input_tokens"),
        ("degraded = true", 'degraded = "yes"', "L4.fallback1.degraded"),
        ('"bedrock", ', '"bedrock", "xai", ', "allowed_providers: xai"),
        ('forbidden_providers = ["anthropic"]', "forbidden_providers = []", "hold 'anthropic'"),
        ('prefixes = ["claude-"]', "prefixes = []", "has to hold 'claude-'"),
        ('allowed_providers = ["openai", ', "allowed_providers = [", "L0.primary.provider"),
        ('forbidden_providers = ["', 'forbidden_providers = ["google", "', "L0.fallback1.provider"),
        ('"gpt-5-nano"', '"Claude-4"', "L0.primary.model_id = 'Claude-4': begins with a prefix"),
        ('prefixes = ["', 'prefixes = ["GPT-5-N", "', "L0.primary.model_id = 'gpt-5-nano'"),
    ],
)
def test_mistake_is_named_with_its_key(old: str, new: str, expected: str, path: Path) -> None:
    edit(path, old, new)
    assert expected in problems(path)


def test_model_cannot_stand_in_for_itself(path: Path) -> None:
    edit(path, 'model_id = "o4-mini-deep-research"', 'model_id = "o3-deep-research"')
    assert "L1.fallback1: openai:o3-deep-research is primary already" in problems(path)


def test_model_of_the_same_name_elsewhere_may_stand_in(path: Path) -> None:
    edit(
        path,
        'provider = "google"\nmodel_id = "gemini-2.5-flash-lite"',
        'provider = "azure"\nmodel_id = "gpt-5-nano"',
    )
    assert check_matrix(path).row("L0", "fallback1") is not None


def test_model_cannot_be_its_own_critic(path: Path) -> None:
    edit(
        path,
        '[L0.critic]\nprovider = "openai"\nmodel_id = "gpt-5-mini"',
        '[L0.critic]\nprovider = "openai"\nmodel_id = "gpt-5-nano"',
    )
    assert "L0.critic: openai:gpt-5-nano would judge its own work" in problems(path)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('provider = "openai"', 'provider = "anthropic"', "allowlist.provider"),
        ('"gpt-5-nano"', '"claude-haiku"', "denylist.model"),
        ('"gpt-5-nano"', '"not-a-claudette"', "denylist.model"),
        ('"gpt-5-nano"', '"gpt-5-n\N{CYRILLIC SMALL LETTER A}no"', "syntax.model"),
    ],
)
def test_loading_asks_the_policy_about_every_row(old: str, new: str, rule: str, path: Path) -> None:
    edit(path, old, new)
    with pytest.raises(PolicyViolation) as caught:
        load_settings(path.parent, today=TODAY)
    assert caught.value.rule == rule


def test_last_row_is_asked_about_too(path: Path) -> None:
    text = path.read_text("utf-8")
    at = text.rindex('"gpt-5.2"')
    path.write_text(f'{text[:at]}"claude-4"{text[at + 9 :]}', "utf-8")
    with pytest.raises(PolicyViolation, match="claude-4"):
        load_settings(path.parent, today=TODAY)


def test_forbidden_address_of_a_provider_stops_the_loading(path: Path) -> None:
    edit(path.with_name("providers.toml"), "api.mistral.ai", "anthropic.example.com")
    with pytest.raises(PolicyViolation) as caught:
        load_settings(path.parent, today=TODAY)
    assert caught.value.rule == "denylist.url"


def test_digest_changes_with_any_row_and_not_with_comments(path: Path) -> None:
    before = load_settings(path.parent, today=TODAY).matrix_digest
    edit(path, "[L0.primary]", "# another comment\n[L0.primary]")
    assert load_settings(path.parent, today=TODAY).matrix_digest == before
    edit(path, "sunset = 2026-12-11", "sunset = 2026-12-12")
    assert load_settings(path.parent, today=TODAY).matrix_digest != before
