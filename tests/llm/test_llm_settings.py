"""What a router asks of the settings: chains, endpoints, prices, limits, the gate."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from ai_settings import EXAMPLE, LOCK, TODAY, copy_ai, edit, entry, make_fit, write_cases
from hypothesis import given, strategies as st
from scratch import ROOT

from peaklib.errors import ConfigError, DataError, PolicyViolation
from peaklib.evidence import Ledger
from peaklib.llm.settings import (
    Limit,
    Price,
    Settings,
    cases_digest,
    load_settings,
    read_lock,
    write_lock,
)

LOCAL = "http://127.0.0.1:8080/v1"


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings(EXAMPLE, today=TODAY)


def keys(settings: Settings, layer: str, role: str) -> list[str]:
    return [row.key for row in settings.chain(layer, role)]


def test_primary_role_is_the_primary_row_and_its_fallbacks_in_order(settings: Settings) -> None:
    assert keys(settings, "L1", "primary") == ["L1.primary", "L1.fallback1"]


def test_second_fallback_comes_last(tmp_path: Path) -> None:
    folder = copy_ai(tmp_path)
    more = (
        '[L0.fallback2]\nprovider = "mistral"\nmodel_id = "mistral-medium-latest"\napi = "chat"\n'
    )
    edit(folder / "layer_model_matrix.toml", "[L0.critic]", f"{more}[L0.critic]")
    chain = load_settings(folder, today=TODAY).chain("L0", "primary")
    assert [row.name for row in chain] == ["primary", "fallback1", "fallback2"]


def test_critic_is_one_row(settings: Settings) -> None:
    assert keys(settings, "L1", "critic") == ["L1.critic"]


def test_critic_that_is_a_service_is_the_chain_of_that_layer(settings: Settings) -> None:
    assert keys(settings, "L3", "critic") == ["L4.primary", "L4.fallback1"]


@pytest.mark.parametrize("layer", ["L5", "L6"])
def test_layer_without_models_is_refused_by_policy(layer: str, settings: Settings) -> None:
    with pytest.raises(PolicyViolation, match="deterministic"):
        settings.chain(layer, "primary")


def test_unknown_layer_and_role_are_named_with_what_there_is(settings: Settings) -> None:
    with pytest.raises(ConfigError) as caught:
        settings.chain("L7", "oracle")
    assert len(caught.value.problems) == 2
    assert "allowed: L0, L1, L2, L3, L4" in caught.value.problems[0]
    assert "allowed: critic, primary" in caught.value.problems[1]


def test_endpoint_is_the_providers_with_the_name_of_its_key(settings: Settings) -> None:
    row = settings.chain("L0", "primary")[1]
    endpoint = settings.endpoint(row, {"GEMINI_API_KEY": "secret"})
    assert endpoint.base_url == "https://generativelanguage.googleapis.com/v1beta/openai/"
    assert (endpoint.key_variable, endpoint.local) == ("GEMINI_API_KEY", False)
    assert "secret" not in repr(endpoint)


@pytest.mark.parametrize(
    "url", [LOCAL, "http://localhost:1/v1", "http://[::1]:8080/v1", "http://127.3.2.1:8080"]
)
def test_stand_in_on_this_machine_replaces_every_provider_and_gets_no_key(
    url: str, settings: Settings
) -> None:
    for row in settings.matrix.rows:
        endpoint = settings.endpoint(row, {"AI_LOCAL_URL": url})
        assert (endpoint.base_url, endpoint.key_variable, endpoint.local) == (url, None, True)


@pytest.mark.parametrize("url", ["http://10.0.0.1/v1", "http://example.com/v1", "ftp://127.0.0.1/"])
def test_stand_in_elsewhere_is_refused(url: str, settings: Settings) -> None:
    with pytest.raises(PolicyViolation):
        settings.endpoint(settings.matrix.rows[0], {"AI_LOCAL_URL": url})


@pytest.mark.parametrize("url", ["https://example.com/v1", "https://127.0.0.1:8080/v1"])
def test_https_is_no_stand_in(url: str, settings: Settings) -> None:
    with pytest.raises(ConfigError, match="AI_LOCAL_URL"):
        settings.endpoint(settings.matrix.rows[0], {"AI_LOCAL_URL": url})


def at_place(folder: Path, url: str) -> Path:
    edit(folder / "providers.toml", "https://api.openai.com/v1", url)
    return folder


def test_provider_on_this_machine_is_a_stand_in_and_gets_no_key(tmp_path: Path) -> None:
    settings = load_settings(at_place(copy_ai(tmp_path), LOCAL), today=TODAY)
    endpoint = settings.endpoint(settings.chain("L0", "primary")[0], {"OPENAI_API_KEY": "secret"})
    assert (endpoint.base_url, endpoint.key_variable, endpoint.local) == (LOCAL, None, True)


def test_provider_on_this_machine_is_refused_in_prod(tmp_path: Path) -> None:
    folder = at_place(make_fit(tmp_path), LOCAL)
    with pytest.raises(ConfigError, match=r"openai\.base_url: is a server on this machine"):
        load_settings(folder, profile="prod", today=TODAY)


@pytest.mark.parametrize(
    "url",
    [
        "https://openrouter.ai/api/v1",
        "https://api.openai.com.example.com/v1",
        "https://evilapi.openai.com/v1",
        "https://api.together.ai/v1",
        "https://127.0.0.1:8080/v1",
    ],
)
def test_address_of_another_host_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"openai\.base_url: is no host of openai"):
        load_settings(at_place(copy_ai(tmp_path), url), today=TODAY)


def test_further_hosts_of_a_provider_are_its_own(tmp_path: Path) -> None:
    url = "https://eu.api.openai.com/v1"
    settings = load_settings(at_place(copy_ai(tmp_path), url), today=TODAY)
    assert settings.endpoint(settings.chain("L0", "primary")[0], {}).base_url == url


def test_address_of_forged_settings_is_refused_with_the_call(settings: Settings) -> None:
    row = settings.chain("L0", "primary")[0]
    elsewhere = replace(settings.providers["openai"], base_url="https://example.com/v1")
    forged = replace(settings, providers={**settings.providers, "openai": elsewhere})
    with pytest.raises(ConfigError, match="is no host of openai"):
        forged.endpoint(row, {})
    here = replace(elsewhere, base_url=LOCAL)
    in_prod = replace(settings, profile="prod", providers={"openai": here})
    with pytest.raises(ConfigError, match="in prod no stand-in may answer"):
        in_prod.endpoint(row, {})


def test_other_secret_of_the_environment_is_no_key(tmp_path: Path) -> None:
    folder = copy_ai(tmp_path)
    edit(folder / "providers.toml", '"OPENAI_API_KEY"', '"AWS_SECRET_ACCESS_KEY"')
    with pytest.raises(ConfigError, match="its variable is OPENAI_API_KEY") as caught:
        load_settings(folder, today=TODAY)
    assert "AWS_SECRET" not in str(caught.value)


def test_stand_in_is_refused_in_prod(tmp_path: Path) -> None:
    settings = load_settings(make_fit(tmp_path), profile="prod", today=TODAY)
    row = settings.matrix.rows[0]
    assert not settings.endpoint(row, {"AI_LOCAL_URL": ""}).local
    with pytest.raises(ConfigError, match="in prod no stand-in"):
        settings.endpoint(row, {"AI_LOCAL_URL": LOCAL})


@pytest.fixture
def bedrock(tmp_path: Path) -> Settings:
    folder = copy_ai(tmp_path)
    edit(
        folder / "layer_model_matrix.toml",
        'provider = "openai"\nmodel_id = "gpt-5-nano"',
        'provider = "bedrock"\nmodel_id = "openai.gpt-oss-120b-1:0"',
    )
    return load_settings(folder, today=TODAY)


def test_variables_of_a_template_come_from_the_environment(bedrock: Settings) -> None:
    row = bedrock.chain("L0", "primary")[0]
    url = bedrock.endpoint(row, {"AWS_REGION": "eu-central-1"}).base_url
    assert url == "https://bedrock-runtime.eu-central-1.amazonaws.com/openai/v1"
    with pytest.raises(ConfigError, match="set the variable AWS_REGION"):
        bedrock.endpoint(row, {})


@pytest.mark.parametrize(
    "value", ["x.evil.com/#", "evil.com/v1?", "EU-1", "eu_1", "a b", "-eu", "user@evil", "é"]
)
def test_variable_of_a_template_cannot_leave_its_place(value: str, bedrock: Settings) -> None:
    with pytest.raises(ConfigError, match="AWS_REGION: is no region"):
        bedrock.endpoint(bedrock.chain("L0", "primary")[0], {"AWS_REGION": value})


def test_forbidden_word_cannot_come_in_by_a_variable(bedrock: Settings) -> None:
    with pytest.raises(PolicyViolation, match=r"denylist\.url"):
        bedrock.endpoint(bedrock.chain("L0", "primary")[0], {"AWS_REGION": "anthropic"})


def test_cost_by_hand(settings: Settings) -> None:
    """gpt-5.2: 1.75 and 14 dollars a million at 0.88: 1,000 read and 200 written are
    1.54 * 1,000 + 12.32 * 200 = 4,004 micro-EUR."""
    price = settings.price(settings.chain("L3", "primary")[0])
    assert price is not None
    assert price.cost(1_000, 200) == 4_004
    assert price.cost(0, 0) == 0


def test_fee_of_a_call_is_due_without_a_token(settings: Settings) -> None:
    price = settings.price(settings.chain("L1", "primary")[0])
    assert price is not None
    assert price.cost(0, 0) == 264_000  # 0.30 dollars at 0.88


@given(
    st.fractions(min_value=0, max_value=500, max_denominator=10**6),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)
def test_cost_is_rounded_up_by_less_than_one(rate: Fraction, read: int, written: int) -> None:
    price = Price(date(2026, 1, 1), rate, rate * 2)
    exact = rate * read + rate * 2 * written
    assert 0 <= price.cost(read, written) - exact < 1
    assert price.cost(read, written) + price.cost(1, 1) >= price.cost(read + 1, written + 1)


def test_negative_count_has_no_cost() -> None:
    with pytest.raises(DataError, match="-1 input"):
        Price(date(2026, 1, 1), Fraction(1), Fraction(1)).cost(-1, 0)


def test_model_without_a_price_has_none(bedrock: Settings) -> None:
    assert bedrock.price(bedrock.chain("L0", "primary")[0]) is None


def test_every_row_of_this_repository_has_a_price_and_its_limits() -> None:
    settings = load_settings(ROOT / "configs" / "ai", today=TODAY)
    for row in settings.matrix.rows:
        assert settings.price(row) is not None
        limits = settings.limits(row.layer, "research")
        assert set(limits) == {"layer", "run", "phase"}
        assert all(settings.call_tokens(row.layer) < each.max_tokens for each in limits.values())


def test_limits_are_those_of_the_file(settings: Settings) -> None:
    assert settings.limits("L1", "testnet") == {
        "layer": Limit(500_000, 6_000_000, 6, 1200.0),
        "run": Limit(800_000, 8_000_000, 30, 1200.0),
        "phase": Limit(1_000_000, 5_000_000, 300, 120.0),
    }
    assert settings.call_tokens("L1") == 30_000


def test_unknown_phase_is_named(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="allowed: research, shadow, testnet"):
        settings.limits("L1", "live")


def digest_of(project: Path, layer: str) -> str:
    """Of one case of each layer, which is written here."""
    write_cases(project)
    return cases_digest(project / "tests" / "evals" / layer)


def test_snapshots_are_those_of_allowlist_and_lock(tmp_path: Path) -> None:
    folder = copy_ai(tmp_path)
    now = digest_of(tmp_path, "L3")
    write_lock(
        folder / LOCK,
        [
            entry("L3", "openai", "gpt-5.2", now, snapshots=("gpt-5.2-2026-01-01",)),
            entry("L1", "openai", "gpt-5.2", now, snapshots=("parrot",), endpoint="local"),
        ],
    )
    settings = load_settings(folder, today=TODAY)
    assert settings.snapshots(settings.chain("L3", "primary")[0]) == {
        "gpt-5.2-2025-12-11",
        "gpt-5.2-2026-01-01",
    }
    # What a stand-in answered by counts nowhere, and what was seen in L3 in no other layer.
    assert settings.snapshots(settings.chain("L1", "critic")[0]) == {"gpt-5.2-2025-12-11"}
    assert settings.snapshots(settings.chain("L2", "critic")[0]) == {"gpt-5.2-2025-12-11"}


def test_model_behind_an_opaque_id_may_be_named_in_its_reply(tmp_path: Path) -> None:
    folder = copy_ai(tmp_path)
    edit(
        folder / "layer_model_matrix.toml",
        'provider = "openai"\nmodel_id = "gpt-5-nano"',
        'provider = "azure"\nmodel_id = "desk"',
    )
    now = digest_of(tmp_path, "L0")
    write_lock(folder / LOCK, [entry("L0", "azure", "desk", now, resolves_to="gpt-5.2")])
    settings = load_settings(folder, today=TODAY)
    assert settings.snapshots(settings.chain("L0", "primary")[0]) == {"gpt-5.2"}


def test_entry_that_no_longer_vouches_vouches_for_no_snapshot(tmp_path: Path) -> None:
    folder = copy_ai(tmp_path)
    now = digest_of(tmp_path, "L3")
    write_lock(folder / LOCK, [entry("L3", "openai", "gpt-5.2", now, snapshots=("gpt-5.3",))])
    write_cases(tmp_path, '{"case": 2}\n')
    settings = load_settings(folder, today=TODAY)
    assert settings.snapshots(settings.chain("L3", "primary")[0]) == {"gpt-5.2-2025-12-11"}


def test_gate_holds_the_allowlist(settings: Settings) -> None:
    gate = settings.gate()
    for row in settings.matrix.rows:
        gate.check(row.provider, row.model_id, settings.endpoint(row, {}).base_url)
    with pytest.raises(PolicyViolation, match=r"allowlist\.model"):
        gate.check("openai", "gpt-5.3")


def test_policy_digest_is_another_where_gate_or_providers_are(tmp_path: Path) -> None:
    folder = copy_ai(tmp_path)
    digests = {load_settings(folder, today=TODAY).policy_digest}
    edit(folder / "providers.toml", "api.together.ai", "api.together.xyz")
    digests.add(load_settings(folder, today=TODAY).policy_digest)
    edit(folder / "allowed_models.toml", '"gemini-2.5-flash-lite"', '"gemini-2.5-lite"')
    digests.add(load_settings(folder, today=TODAY).policy_digest)
    assert len(digests) == 3


@pytest.mark.parametrize(("endpoint", "works"), [("provider", True), ("local", False)])
def test_opaque_id_works_only_while_the_lock_says_what_it_is(
    endpoint: str, works: bool, tmp_path: Path
) -> None:
    folder = copy_ai(tmp_path)
    with (folder / "allowed_models.toml").open("a", encoding="utf-8") as file:
        file.write('[[model]]\nprovider = "azure"\nmodel_id = "our-desk"\nopaque = true\n')
    before = load_settings(folder, today=TODAY)
    with pytest.raises(PolicyViolation, match=r"lock\.unresolved"):
        before.gate().check("azure", "our-desk")
    made = entry("L0", "azure", "our-desk", "0" * 64, resolves_to="gpt-5.2", endpoint=endpoint)
    write_lock(folder / LOCK, [made])
    after = load_settings(folder, today=TODAY)
    if works:
        after.gate().check("azure", "our-desk")
        assert after.policy_digest != before.policy_digest
    else:
        with pytest.raises(PolicyViolation, match=r"lock\.unresolved"):
            after.gate().check("azure", "our-desk")


def test_nothing_is_verified_in_this_repository() -> None:
    settings = load_settings(ROOT / "configs" / "ai", today=TODAY)
    assert settings.lock.entries == ()
    assert all(settings.verified(row) is None for row in settings.matrix.rows)


def test_prod_is_refused_for_this_repository() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(ROOT / "configs" / "ai", profile="prod", today=TODAY)
    text = "\n".join(caught.value.problems)
    assert "L1.primary: openai:o3-deep-research ended on 2026-07-23" in text
    assert "L0.primary: openai:gpt-5-nano is not verified" in text


def test_prod_loads_with_a_full_lock(tmp_path: Path) -> None:
    settings = load_settings(make_fit(tmp_path), profile="prod", today=TODAY)
    assert all(settings.verified(row) for row in settings.matrix.rows)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"endpoint": "local"}, "was measured against a local stand-in"),
        ({"score": 0.5}, "scored 0.500, below 0.900"),
        ({"cost_micro_eur": 201}, "cost more than its budget"),
        ({"role": "critic"}, "the lock has no entry for it in L0"),
    ],
)
def test_entry_that_falls_short_verifies_nothing(
    changes: dict[str, object], reason: str, tmp_path: Path
) -> None:
    folder = make_fit(tmp_path, **changes)
    with pytest.raises(ConfigError, match=reason):
        load_settings(folder, profile="prod", today=TODAY)


def test_thresholds_of_today_count_whatever_an_entry_says_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"it scored 0\.000, below 0\.900"):
        load_settings(make_fit(tmp_path, score=0.0, threshold=0.0), profile="prod", today=TODAY)
    # 0.005 EUR for the one case of L0.
    bought = make_fit(tmp_path, cost_micro_eur=5_001, budget_micro_eur=10**9)
    with pytest.raises(ConfigError, match=r"L0\.primary: .* it cost more than its budget"):
        load_settings(bought, profile="prod", today=TODAY)


def test_threshold_that_was_raised_takes_the_verification_away(tmp_path: Path) -> None:
    folder = make_fit(tmp_path)
    edit(folder / "evals.toml", "min_pass = 0.90", "min_pass = 0.96")
    with pytest.raises(ConfigError, match=r"scored 0\.950, below 0\.960") as caught:
        load_settings(folder, profile="prod", today=TODAY)
    assert all(problem.startswith("L0.") for problem in caught.value.problems)


def test_entry_about_another_number_of_cases_verifies_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="measured on other cases"):
        load_settings(make_fit(tmp_path, cases=2), profile="prod", today=TODAY)


def test_lock_that_the_ledger_does_not_know_last_is_refused_in_prod(tmp_path: Path) -> None:
    folder = make_fit(tmp_path)
    lock = read_lock(folder / LOCK)
    ledger = Ledger(tmp_path / "runs" / "ledger.jsonl")
    ledger.append("llm_lock", {"action": "verify", "before": "", "after": lock.digest})
    # Of another file than the project's own.
    ledger.append("llm_lock", {"before": "", "after": "0" * 64, "file": "other.lock"})
    assert load_settings(folder, profile="prod", today=TODAY).lock == lock
    edit(folder / LOCK, "0.95", "0.99")
    with pytest.raises(ConfigError, match="changed by hand or came from elsewhere"):
        load_settings(folder, profile="prod", today=TODAY)
    assert load_settings(folder, today=TODAY).lock != lock


def test_score_on_the_threshold_is_enough(tmp_path: Path) -> None:
    folder = make_fit(tmp_path, score=0.9, cost_micro_eur=200)
    assert load_settings(folder, profile="prod", today=TODAY).lock.entries


def test_other_cases_take_the_verification_away(tmp_path: Path) -> None:
    folder = make_fit(tmp_path)
    write_cases(tmp_path, '{"case": 2}\n')
    with pytest.raises(ConfigError, match="measured on other cases"):
        load_settings(folder, profile="prod", today=TODAY)


@pytest.mark.parametrize(("day", "ended"), [(22, False), (23, True), (24, True)])
def test_sunset_is_the_first_day_without_the_model(
    day: int, ended: bool, settings: Settings
) -> None:
    assert settings.chain("L1", "primary")[0].ended(date(2026, 7, day)) is ended


def test_digest_of_cases_sees_names_and_bytes_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "L0"
    folder.mkdir()
    empty = cases_digest(folder)
    assert cases_digest(tmp_path / "missing") == empty
    (folder / "a.jsonl").write_text("1\n", "utf-8")
    one = cases_digest(folder)
    (folder / "notes.md").write_text("1\n", "utf-8")
    assert cases_digest(folder) == one != empty
    (folder / "a.jsonl").rename(folder / "b.jsonl")
    assert cases_digest(folder) != one
    # Two files are not one that has swallowed the name of the other.
    (folder / "b.jsonl").write_text("1", "utf-8")
    (folder / "c.jsonl").write_text("2", "utf-8")
    two = cases_digest(folder)
    (folder / "b.jsonl").write_text("1c.jsonl2", "utf-8")
    (folder / "c.jsonl").unlink()
    assert cases_digest(folder) != two
