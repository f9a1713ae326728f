"""Properties of the policy: tricks and harmless variations compose, and what passes is plain."""

import unicodedata
from collections.abc import Callable
from ipaddress import ip_address
from random import Random
from urllib.parse import unquote, urlsplit

import httpx2
from hypothesis import given, settings, strategies as st

from peaklib.errors import PolicyViolation
from peaklib.llm import policy

Trick = Callable[[str, st.DataObject], str]

FORBIDDEN_IDS = (
    *policy.FORBIDDEN_WORDS,
    *("claude-opus-4-1", "us.anthropic.claude-sonnet-4-v1:0", "anthropic/claude-3-haiku"),
    *("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2", "philanthropic-7b"),
)
ALIKE = {
    "a": "\u0430\u03b1@4",
    "c": "\u0441\u03f2",
    "d": "\u0501",
    "e": "\u0435\uff453",
    "i": "\u0456\u03b91",
    "l": "\u04cf\u217c1I",
    "o": "\u043e\u04350",
    "t": "\u04427",
}
SIGNS = " \t\u00a0\u200b\u200d\u2060\u00ad\u0301\u0308\x00\x1b-._:/@+"


def capitals(text: str, data: st.DataObject) -> str:
    flips = data.draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))
    return "".join(c.swapcase() if flip else c for c, flip in zip(text, flips, strict=True))


def lookalikes(text: str, data: st.DataObject) -> str:
    letter = data.draw(st.sampled_from(sorted(ALIKE)))
    return text.replace(letter, data.draw(st.sampled_from(ALIKE[letter])))


def full_width(text: str, data: st.DataObject) -> str:
    where = data.draw(st.integers(0, len(text) - 1))
    wide = chr(ord(text[where]) + 0xFEE0) if "!" <= text[where] <= "~" else text[where]
    return text[:where] + wide + text[where + 1 :]


def sign_between(text: str, data: st.DataObject) -> str:
    where = data.draw(st.integers(0, len(text)))
    return text[:where] + data.draw(st.sampled_from(SIGNS)) + text[where:]


def wrapped(text: str, data: st.DataObject) -> str:
    before = data.draw(st.sampled_from(("bedrock/us.", "openai/", "prod-", "x", "arn:aws:", "ft:")))
    return before + text + data.draw(st.sampled_from(("-v1:0", "@2025", "/x", "-latest", "x")))


def percent_encoded(text: str, data: st.DataObject) -> str:
    letters = data.draw(st.sets(st.sampled_from(text), min_size=1))
    return "".join(
        "".join(f"%{byte:02x}" for byte in c.encode()) if c in letters else c for c in text
    )


SPELLINGS = (capitals, lookalikes, full_width, sign_between, wrapped)
PLACES: dict[str, Callable[[str], tuple[str, str, str | None]]] = {
    "provider": lambda text: (text, "gpt-5", None),
    "model": lambda text: ("bedrock", text, None),
    "host": lambda text: ("openai", "gpt-5", f"https://{text}.example.org/v1"),
    "path": lambda text: ("openai", "gpt-5", f"https://api.example.org/v1/{text}/x"),
    "query": lambda text: ("openai", "gpt-5", f"https://api.example.org/v1?a={text}"),
}


def passes(provider: str, model_id: str, base_url: str | None) -> bool:
    try:
        policy.check(provider, model_id, base_url)
    except PolicyViolation:
        return False
    return True


@settings(max_examples=250)
@given(
    st.sampled_from(FORBIDDEN_IDS),
    st.lists(st.sampled_from(SPELLINGS), max_size=4),
    st.integers(0, 4),
    st.sampled_from(sorted(PLACES)),
    st.data(),
)
def test_tricks_do_not_pass_however_composed(
    text: str, spellings: list[Trick], encodings: int, place: str, data: st.DataObject
) -> None:
    for spelling in spellings:
        text = spelling(text, data)
    for _ in range(encodings):
        text = percent_encoded(text, data)
    assert not passes(*PLACES[place](text)), text


HOSTS = (
    *("api.openai.com", "generativelanguage.googleapis.com", "api.mistral.ai", "api.together.ai"),
    *("bedrock-runtime.us-east-1.amazonaws.com", "ours.openai.azure.com", "cloud.example.org"),
)
NAMES = (
    *("gpt-5-nano", "gpt-5.2-pro", "o3-deep-research", "gemini-2.5-flash", "mistral-medium-latest"),
    *("Llama-3.3-70B", "amazon.nova-pro", "cloud-9", "claud", "anthropology", "phi-4", "Qwen3"),
)


@st.composite
def harmless_ids(draw: st.DrawFn) -> str:
    makers = ("", "meta-llama/", "openai/", "us.", "ft:", "models/", "bedrock/eu.")
    ends = ("", "-2025-08-07", "-v1:0", ":0", "@001", "-preview", ":org::id", "+tools")
    name = draw(st.sampled_from(NAMES))
    name = draw(st.sampled_from((name, name.upper(), name.lower())))
    return draw(st.sampled_from(makers)) + name + draw(st.sampled_from(ends))


@st.composite
def harmless_urls(draw: st.DrawFn) -> str:
    host = draw(st.sampled_from(HOSTS))
    host = draw(st.sampled_from((host, host.upper(), host.title())))
    port = draw(st.one_of(st.just(""), st.integers(1, 65535).map(":{}".format)))
    words = ("v1", "openai", "v1beta", "deployments", "gpt-5", "cloud", "a%2Db", "%67pt", "x~y")
    path = "".join(f"/{word}" for word in draw(st.lists(st.sampled_from(words), max_size=4)))
    end = draw(st.sampled_from(("", "/")))
    query = draw(st.sampled_from(("", "?api-version=2025-04-01-preview", "?a=b&c=%41", "?")))
    return f"https://{host}{port}{path}{end}{query}"


@given(st.sampled_from(policy.ALLOWED_PROVIDERS), harmless_ids(), st.none() | harmless_urls())
def test_harmless_variations_pass_however_composed(
    provider: str, model_id: str, base_url: str | None
) -> None:
    policy.check(provider, model_id, base_url)
    policy.check_reply(model_id)


HARMLESS = ("cl", "au", "de", "anth", "ropic", "gpt", "5", "C", "L", "v1", "/", "-", ".", "%41")
NASTY = (
    *("claude", "anthropic", "%63", "%25", "%2e", "..", "_", ":", "@", "?", "=", "&", "\\", "#"),
    *("\u200b", "\u0430", "\uff43", " ", ";", "%c3%a9", "[", "]", "0x7f", "127", "xn--", "%", "//"),
)


def joined(rng: Random, longest: int) -> str:
    """Pieces of which most are harmless, so that a good part of the texts passes."""
    pieces = (rng.choice(HARMLESS if rng.random() < 0.8 else NASTY) for _ in range(longest))
    return "".join(list(pieces)[: rng.randint(0, longest)])


def holds_a_forbidden_word(text: str) -> bool:
    for _ in range(10):
        text = unquote(text)
    read = unicodedata.normalize("NFKC", text).casefold()
    return any(word in read for word in policy.FORBIDDEN_WORDS)


def stays_here(host: str) -> bool:
    return host == "localhost" or ip_address(host).is_loopback


def test_an_id_that_passes_is_plain_ascii_without_a_forbidden_word() -> None:
    rng = Random(1)
    texts = {joined(rng, 10) for _ in range(8000)}
    passing = {text for text in texts if passes("openai", text, None)}
    assert len(passing) > 400
    assert sum(map(holds_a_forbidden_word, texts)) > 500
    for text in passing:
        assert text.isascii()
        assert text.isprintable()
        assert not any(character.isspace() for character in text)
        assert not holds_a_forbidden_word(text)


def test_two_other_parsers_find_the_same_harmless_host_in_an_address_that_passes() -> None:
    rng = Random(2)
    schemes = ("https://", "https://", "http://", "HTTPS://", "https:/", "")
    hosts = ("api.openai.com", "localhost", "127.0.0.1", "[::1]", "")
    urls = {
        rng.choice(schemes) + joined(rng, 2) + rng.choice(hosts) + joined(rng, 6)
        for _ in range(10_000)
    }
    passing = {url for url in urls if passes("openai", "gpt-5", url)}
    assert len(passing) > 400
    for url in passing:
        one, other = urlsplit(url), httpx2.URL(url)
        assert one.hostname == other.host
        assert one.port == other.port
        assert one.username is None
        assert not other.userinfo
        assert not one.fragment
        assert one.scheme == "https" or stays_here(one.hostname or "")
        assert not holds_a_forbidden_word(url)


@given(st.text(max_size=40), st.text(max_size=40), st.none() | st.text(max_size=60))
def test_whatever_is_asked_the_answer_is_a_pass_or_a_refusal(
    provider: str, model_id: str, base_url: str | None
) -> None:
    passes(provider, model_id, base_url)
