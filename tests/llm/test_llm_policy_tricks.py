"""The policy by trick: spellings that have to be refused, each beside as many that have to pass.

Most cases are lines of `policy_tricks.txt`; those that are too long for a line, no text at all, or
that a scanner would take for a leak are put together here. What else a case holds is harmless.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from llm.every_case import every_case

from peaklib.errors import PolicyViolation
from peaklib.llm import policy

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

V, M = policy.FORBIDDEN_WORDS
OPENAI = "https://api.openai.com"
TABLE = Path(__file__).with_name("policy_tricks.txt")


class Trick(NamedTuple):
    """Refused cases `(field, value, rule)` and passing ones `(field, value)`."""

    refused: list[tuple[str, object, str]]
    passing: list[tuple[str, str]]


def read_table() -> dict[str, Trick]:
    """Tricks by name; a heading stands after an empty line."""
    tricks = {}
    for block in TABLE.read_text(encoding="ascii").split("\n\n")[1:]:
        heading, *lines = block.splitlines()
        tricks[heading.removeprefix("# ")] = trick = Trick([], [])
        for line in lines:
            verdict, field, rule, text = line.split(maxsplit=3)
            value = json.loads(text)
            if verdict == "refused":
                trick.refused.append((field, value, rule))
            else:
                assert (verdict, rule) == ("passes", "-"), line
                trick.passing.append((field, value))
    return tricks


TRICKS = read_table() | {
    "user-info": Trick(
        [
            *(
                ("url", f"https://{authority}/v1", "syntax.url")
                for authority in (
                    *("user:word@api.openai.com", "api.openai.com@evil.example", "@api.openai.com"),
                    *(
                        "api.openai.com:443@evil.example",
                        "a@b@api.openai.com",
                        "u%40api.openai.com",
                    ),
                    *(f"{V}@api.openai.com", f"api.openai.com?@api.{V}.com", ":@api.openai.com"),
                )
            ),
        ],
        [
            *(("url", f"{OPENAI}/{path}") for path in ("@me/v1", "v1/a@b", "@", "v1@2025")),
            *(("url", f"{OPENAI}/v1?{query}") for query in ("u=a@b", "u=@")),
            *(("model", name) for name in ("gemini-2.5-flash@001", "text-bison@002", "a@b")),
        ],
    ),
    "length": Trick(
        [
            ("model", "a" * 257, "syntax.model"),
            ("model", "a" * 100_000 + M, "syntax.model"),
            ("provider", "a" * 33, "syntax.provider"),
            ("url", f"{OPENAI}/{'a' * 2048}", "syntax.url"),
            ("model", "", "syntax.model"),
            ("provider", "", "syntax.provider"),
            ("url", "", "syntax.url"),
        ],
        [
            ("model", "a" * 256),
            ("model", "b" * 255),
            ("model", "c"),
            ("url", f"{OPENAI}/{'a' * 2000}"),
            ("url", f"{OPENAI}?{'a' * 2000}"),
            ("url", "https://a.b"),
            ("provider", "google"),
        ],
    ),
    "no text": Trick(
        [
            *(
                (field, value, f"syntax.{field}")
                for field in ("provider", "model")
                for value in (None, b"openai", 5, True, ["openai"], object())
            ),
            *(("url", value, "syntax.url") for value in (b"https://a.b", 0, False, [])),
        ],
        [
            *(("model", value) for value in ("None", "5", "True", "null", "object", "list", "b")),
            *(("url", f"https://{host}.example") for host in ("none", "0", "false", "b", "list")),
            *(("provider", value) for value in ("openai", "google", "azure", "mistral")),
        ],
    ),
}

REFUSED = [(trick, *case) for trick, cases in TRICKS.items() for case in cases.refused]
PASSING = [(trick, *case) for trick, cases in TRICKS.items() for case in cases.passing]
FIELDS = {"provider": 0, "model": 1, "url": 2}


class Sly(str):
    """Text that is one thing and answers as another."""

    def lower(self) -> str:
        return "gpt-5"

    def __str__(self) -> str:
        return "gpt-5"


def ask(field: str, value: object) -> list[Any]:
    """Arguments of a check: one field as given, the others harmless."""
    arguments: list[Any] = ["openai", "gpt-5.2", None]
    arguments[FIELDS[field]] = value
    return arguments


@every_case(("trick", "field", "value", "rule"), REFUSED)
def test_a_trick_is_refused_by_the_rule_meant_for_it_also_on_the_allowlist_and_in_a_reply(
    trick: str, field: str, value: Any, rule: str
) -> None:
    provider, model_id, base_url = ask(field, value)
    gate = policy.Gate([] if isinstance(value, list) else [(provider, model_id)])
    for check in (policy.check, gate.check):
        with pytest.raises(PolicyViolation) as refused:
            check(provider, model_id, base_url)
        assert refused.value.rule == rule, trick
    if field == "model":
        with pytest.raises(PolicyViolation) as refused:
            policy.check_reply(value)
        assert refused.value.rule == rule.replace("model", "reply"), trick


@every_case(("trick", "field", "value"), PASSING)
def test_its_lookalike_passes_also_in_a_reply(trick: str, field: str, value: str) -> None:
    policy.check(*ask(field, value))
    if field == "model":
        policy.check_reply(value)


@every_case("trick", TRICKS)
def test_a_trick_has_as_many_lookalikes(trick: str) -> None:
    assert len(TRICKS[trick].passing) >= len(TRICKS[trick].refused)


def test_text_that_answers_as_another_is_refused() -> None:
    for field in FIELDS:
        with pytest.raises(PolicyViolation, match="type Sly"):
            policy.check(*ask(field, Sly(M)))


def test_a_provider_is_refused_for_its_word_even_if_it_were_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(policy.words, "ALLOWED_PROVIDERS", (V, f"{M}-proxy"))
    for provider in (V, f"{M}-proxy"):
        with pytest.raises(PolicyViolation) as refused:
            policy.check(provider, "gpt-5.2")
        assert refused.value.rule == "denylist.provider"


def test_syntax_goes_before_the_allowlist_and_that_before_the_denylist() -> None:
    cases = [
        (("xai", M, f"https://{V}.com/%"), "syntax.url"),
        (("xai", M, f"https://{V}.com"), "allowlist.provider"),
        (("openai", M, f"https://{V}.com"), "denylist.model"),
        (("openai", "gpt-5", f"https://{V}.com"), "denylist.url"),
    ]
    for arguments, rule in cases:
        with pytest.raises(PolicyViolation) as refused:
            policy.check(*arguments)
        assert refused.value.rule == rule
