"""Providers, budgets, allowlist and prices: every mistake of a file is named with its key."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from ai_settings import copy_ai, edit

from peaklib.errors import ConfigError
from peaklib.llm.policy import ALLOWED_PROVIDERS
from peaklib.llm.settings.budgets import read_budgets
from peaklib.llm.settings.models import read_allowed, read_prices
from peaklib.llm.settings.providers import check_providers, read_providers
from peaklib.llm.settings.thresholds import read_thresholds

READ: dict[str, Callable[[Path], object]] = {
    "providers.toml": read_providers,
    "budgets.toml": read_budgets,
    "allowed_models.toml": read_allowed,
    "prices.toml": read_prices,
    "evals.toml": read_thresholds,
}
KEY = "sk-live-0123456789abcdef"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_ai(tmp_path)


def problems(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        READ[path.name](path)
    return "\n".join(caught.value.problems)


def test_all_providers_of_the_policy_can_be_reached(folder: Path) -> None:
    found = read_providers(folder / "providers.toml")
    assert tuple(found) == ALLOWED_PROVIDERS
    assert all(provider.base_url.startswith("https://") for provider in found.values())
    keys = [provider.key for provider in found.values()]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("providers.toml", "[together]", "[togeter]", "did you mean 'together'"),
        ("providers.toml", "[together]", "[anthropic]", "no provider 'anthropic'"),
        ("providers.toml", '{ region = "AWS_REGION" }', "{}", "placeholders ['region']"),
        ("providers.toml", "{region}", "eu", "variables names ['region']"),
        ("providers.toml", "{region}", "{region!r}", "is no plain name in braces"),
        ("providers.toml", "{region}", "{region.__class__}", "is no plain name in braces"),
        ("providers.toml", "{region}", "{region", "base_url"),
        ("providers.toml", 'api = ["chat", "responses"]', "api = []", "openai.api"),
        ("providers.toml", "[openai]\nbase_url", "[openai]\nbaseurl", "did you mean 'base_url'"),
        ("providers.toml", 'api = ["chat"]', 'api = ["voice"]', "google.api.0 = 'voice'"),
        ("budgets.toml", "[phases.testnet]", "[phases.live]", "phases.testnet: is missing"),
        ("budgets.toml", "[layers.L0]", "[layers.L5]", "layers.L0: is missing"),
        ("budgets.toml", "max_calls = 20", "max_calls = 0", "layers.L0.max_calls = 0"),
        ("budgets.toml", "max_tokens = 200_000\n", "", "layers.L0.max_tokens: is missing"),
        ("budgets.toml", "deadline_s = 60", "deadline_s = inf", "layers.L0.deadline_s"),
        ("budgets.toml", "deadline_s = 60", "deadline_s = 0", "layers.L0.deadline_s"),
        ("budgets.toml", '"0.10"', "0.10", "layers.L0.max_cost_eur"),
        ("budgets.toml", '"0.10"', '"0,10"', "'0,10' is no amount"),
        ("budgets.toml", '"0.10"', '"-1"', "'-1' is no amount"),
        ("budgets.toml", '"0.10"', '"1e3"', "'1e3' is no amount"),
        ("budgets.toml", '"0.10"', '"0.1234567"', "up to six decimals"),
        ("budgets.toml", '"0.10"', '"٣"', "is no amount"),
        ("budgets.toml", "4_000", "true", "calls.L0.max_output_tokens"),
        ("allowed_models.toml", '"gemini-2.5-flash-lite"', '"gemini-2.5-flash"', "stands here tw"),
        ("allowed_models.toml", "because", "becuase", "did you mean 'because'"),
        ("allowed_models.toml", "because = ", "# ", "'mistral-medium-2604', 'mistral-medium-3-5'"),
        ("allowed_models.toml", "5-mini-2025-08-07", "5-mini-high", "'gpt-5-mini-high' of gpt-5-m"),
        ("allowed_models.toml", '"gpt-5-mini-2025-08-07"', '"llama-3"', "'llama-3' of gpt-5-mini"),
        ("evals.toml", "min_pass = 0.90", "min_pass = 0", "L0.min_pass = 0"),
        ("allowed_models.toml", "snapshots = [", "snapshot = [", "did you mean 'snapshots'"),
        ("prices.toml", '"gpt-5-mini"', '"gpt-5-nano"', "openai:gpt-5-nano stands here twice"),
        ("prices.toml", 'currency = "USD"', 'currency = "GBP"', "no rate of 'GBP'"),
        ("prices.toml", 'currency = "USD"', 'currency = "usd"', "price.0.currency = 'usd'"),
        ("prices.toml", 'eur = "0.88"', 'eur = "0.0"', "a rate of 0 would make every call free"),
        ("prices.toml", 'input = "0.05"', "input = 0.05", "price.0.input"),
        (
            "prices.toml",
            'input = "0.05"',
            'input = "0.0"',
            "price.0.input: openai:gpt-5-nano would",
        ),
        ("prices.toml", 'output = "0.40"', 'output = "0"', "price.0.output: openai:gpt-5-nano wou"),
        ("prices.toml", "as_of = 2026-09-05\n", "", "price.0.as_of: is missing"),
        ("prices.toml", 'source = "https', 'sauce = "https', "no key 'sauce', did you mean 'so"),
    ],
)
def test_mistake_is_named_with_its_key(
    file: str, old: str, new: str, expected: str, folder: Path
) -> None:
    edit(folder / file, old, new)
    assert expected in problems(folder / file)


def test_key_in_place_of_its_variable_is_refused_and_not_shown(folder: Path) -> None:
    edit(folder / "providers.toml", "OPENAI_API_KEY", KEY)
    text = problems(folder / "providers.toml")
    assert "openai.key: is the name of an environment variable" in text
    assert KEY not in text


def test_check_of_the_file_refuses_hosts_and_keys_of_others(folder: Path) -> None:
    path = folder / "providers.toml"
    check_providers(path)
    edit(path, "https://api.mistral.ai", "https://mistral.example.com")
    edit(path, "bedrock-runtime.{region}", "bucket.s3.{region}")
    edit(path, '"TOGETHER_API_KEY"', '"OPENAI_API_KEY"')
    edit(path, "https://generativelanguage.googleapis.com", "https://[::1")
    with pytest.raises(ConfigError) as caught:
        check_providers(path)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        *("google.base_url", "mistral.base_url", "bedrock.base_url", "together.key")
    ]


def test_money_is_exact(folder: Path) -> None:
    edit(folder / "budgets.toml", '"0.10"', '"0.000001"')
    assert read_budgets(folder / "budgets.toml").layers["L0"].max_cost == 1
    edit(folder / "prices.toml", 'input = "0.05"', 'input = "0.1"')
    price = read_prices(folder / "prices.toml")["openai", "gpt-5-nano"]
    assert price.input == Fraction(88, 1000)


def test_price_is_as_old_as_the_older_of_price_and_rate(folder: Path) -> None:
    prices = read_prices(folder / "prices.toml")
    assert prices["openai", "gpt-5.2"].as_of == date(2026, 7, 17)
    edit(folder / "prices.toml", "as_of = 2026-07-17", "as_of = 2026-11-01")
    prices = read_prices(folder / "prices.toml")
    assert prices["openai", "gpt-5.2"].as_of == date(2026, 9, 5)


def test_price_in_euro_needs_no_rate(folder: Path) -> None:
    edit(folder / "prices.toml", 'currency = "USD"', 'currency = "EUR"')
    price = read_prices(folder / "prices.toml")["openai", "gpt-5-nano"]
    assert (price.input, price.as_of) == (Fraction(5, 100), date(2026, 9, 5))
