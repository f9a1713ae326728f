"""The gate: allowlist and lock, each on its own, and the digest that names both."""

import subprocess
import sys

import pytest
from llm.every_case import every_case

from peaklib.errors import PolicyViolation
from peaklib.llm.policy import FORBIDDEN_WORDS, Gate, check, is_opaque

V, M = FORBIDDEN_WORDS
ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/x1y2z3"
OPAQUE = [
    *(("azure", name) for name in ("gpt-5", "prod", "our-deployment")),
    *(("bedrock", name) for name in (ARN, "x1y2z3", "our-profile")),
    ("bedrock", "arn:aws:bedrock:us-east-1::foundation-model/openai.gpt-oss-120b-1:0"),
    ("google", "tunedModels/ours-123"),
    ("google", "projects/p/locations/l/endpoints/123456"),
    ("mistral", "ag:0123abcd:20250101:ours:9f8e"),
    ("mistral", "ag_0123abcd"),
    ("together", "endpoints/ours"),
    ("together", "deployments/ours"),
    ("mistral", "agents/ours"),
    ("together", "123456"),
    ("openai", "0b8f9c1e-5a4d-4c3b-9d2e-1f0a9b8c7d6e"),
]
NAMED = [
    *(("openai", name) for name in ("gpt-5.2-pro", "o3", "ft:gpt-5-mini:org::id")),
    *(("bedrock", name) for name in ("openai.gpt-oss-120b-1:0", "us.amazon.nova-pro-v1:0")),
    *(("google", name) for name in ("gemini-2.5-flash", "models/gemini-2.5-pro")),
    ("google", "projects/p/locations/l/publishers/google/models/gemini-2.5-pro"),
    *(("mistral", name) for name in ("mistral-medium-latest", "magistral-small")),
    *(("together", name) for name in ("meta-llama/Llama-3.3-70B", "deepseek-ai/DeepSeek-V3")),
]


def rule_of(gate: Gate, *arguments: str) -> str:
    with pytest.raises(PolicyViolation) as refused:
        gate.check(*arguments)
    return refused.value.rule


def test_a_model_that_is_not_on_the_allowlist_of_its_provider_is_refused() -> None:
    gate = Gate([("openai", "gpt-5"), ("google", "gemini-2.5-flash")])
    gate.check("openai", "gpt-5", "https://api.openai.com/v1")
    for provider, model_id in [
        *(("openai", name) for name in ("gpt-5-mini", "GPT-5", "gemini-2.5-flash", "openai/gpt-5")),
        *(("google", "gpt-5"), ("mistral", "gpt-5")),
    ]:
        assert rule_of(gate, provider, model_id) == "allowlist.model"
    assert rule_of(Gate([]), "openai", "gpt-5") == "allowlist.model"


def test_the_allowlist_does_not_extend_the_list_of_providers() -> None:
    assert rule_of(Gate([("xai", "grok-4")]), "xai", "grok-4") == "allowlist.provider"


def test_the_denylist_stands_behind_the_allowlist() -> None:
    gate = Gate([("bedrock", f"us.{V}.{M}-v2"), ("openai", "gpt-5")])
    assert rule_of(gate, "bedrock", f"us.{V}.{M}-v2") == "denylist.model"
    assert rule_of(gate, "openai", "gpt-5", f"https://proxy.example.org/{V}") == "denylist.url"


def test_a_forbidden_model_that_nobody_allowed_is_named_as_forbidden_too() -> None:
    with pytest.raises(PolicyViolation, match="the owner forbids") as refused:
        Gate([]).check("openai", M)
    assert refused.value.rule == "allowlist.model"


@every_case(("provider", "model_id"), OPAQUE)
def test_an_id_that_hides_its_model_needs_a_record_in_the_lock(
    provider: str, model_id: str
) -> None:
    assert is_opaque(provider, model_id)
    check(provider, model_id)
    allowed = [(provider, model_id)]
    assert rule_of(Gate(allowed), provider, model_id) == "lock.unresolved"
    Gate(allowed, {(provider, model_id): "gpt-5.2"}).check(provider, model_id)


@every_case(("provider", "model_id"), NAMED)
def test_an_id_that_names_its_model_needs_none(provider: str, model_id: str) -> None:
    assert not is_opaque(provider, model_id)
    Gate([(provider, model_id)]).check(provider, model_id)


@every_case(
    ("behind", "rule"),
    [
        (f"{M}-opus-4", "denylist.lock"),
        (f"{V}.x-v1:0", "denylist.lock"),
        (f"arn:aws:bedrock:::foundation-model/{V}.x", "denylist.lock"),
        (f"{M[:3]}\u200b{M[3:]}", "syntax.lock"),
        ("", "syntax.lock"),
        (ARN, "lock.unresolved"),
        ("endpoints/5", "lock.unresolved"),
    ],
)
@every_case(("provider", "model_id"), [("azure", "prod"), ("openai", "gpt-5")])
def test_what_the_lock_records_has_to_be_an_allowed_name_of_a_model(
    provider: str, model_id: str, behind: str, rule: str
) -> None:
    gate = Gate([(provider, model_id)], {(provider, model_id): behind})
    assert rule_of(gate, provider, model_id) == rule


def test_a_record_of_one_provider_does_not_serve_another() -> None:
    gate = Gate([("azure", "prod"), ("bedrock", "prod")], {("azure", "prod"): "gpt-5.2"})
    gate.check("azure", "prod")
    assert rule_of(gate, "bedrock", "prod") == "lock.unresolved"


def test_later_changes_of_the_lists_do_not_reach_a_gate() -> None:
    allowed, resolved = {("azure", "prod")}, {("azure", "prod"): "gpt-5.2"}
    gate = Gate(allowed, resolved)
    before = gate.digest
    allowed.add(("openai", "gpt-5"))
    resolved["azure", "prod"] = M
    gate.check("azure", "prod")
    assert rule_of(gate, "openai", "gpt-5") == "allowlist.model"
    assert gate.digest == before


def test_the_digest_names_both_lists_whatever_their_order() -> None:
    one, other = ("azure", "prod"), ("openai", "gpt-5")
    digest = Gate([one, other], {one: "gpt-5.2"}).digest
    assert digest == Gate({other: 1, one: 2}, {one: "gpt-5.2"}).digest
    different = [
        Gate([one], {one: "gpt-5.2"}),
        Gate([one, other], {one: "gpt-5.1"}),
        Gate([one, other], {other: "gpt-5.2"}),
        Gate([one, other]),
        Gate([]),
    ]
    assert len({digest, *(gate.digest for gate in different)}) == 6
    assert len(digest) == 64


@pytest.mark.parametrize("room", ["syntax", "words", "opaque"])
def test_the_digest_changes_with_a_rule(room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Gate([]).digest
    rules = sys.modules[f"peaklib.llm.policy.{room}"]
    monkeypatch.setattr(rules, "RULES", (*rules.RULES, "another"))
    assert Gate([]).digest != before


def test_the_digest_is_the_same_in_another_process() -> None:
    code = (
        "from peaklib.llm.policy import Gate;"
        "print(Gate({('azure', 'b'), ('openai', 'a')}, {('azure', 'b'): 'gpt-5'}).digest)"
    )
    digest = Gate([("openai", "a"), ("azure", "b")], {("azure", "b"): "gpt-5"}).digest
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == digest


def test_the_policy_is_light_and_reaches_for_no_network() -> None:
    code = (
        "import sys; import peaklib.llm.policy;"
        "heavy = {'openai', 'httpx2', 'socket', 'ssl', 'asyncio', 'pandas', 'numpy', 'pydantic'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "[]"
