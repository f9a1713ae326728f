"""Names that may be asked, and words that may not occur."""

import re
from typing import Final

from peaklib.llm.policy.refusal import refuse
from peaklib.llm.policy.syntax import unquoted

ALLOWED_PROVIDERS: Final = ("openai", "google", "mistral", "bedrock", "together", "azure")
"""Providers that may be asked, in these letters."""
FORBIDDEN_WORDS: Final = ("anthropic", "claude")
"""Refused anywhere in a provider, a model id, a base URL, also inside a longer word."""

_WRITTEN_AS: Final = dict(zip("aeilot", ("a4@", "e3", "i1l", "l1i", "o0", "t7"), strict=True))
# A word in lower-case ASCII, its letters or what passes for them, with any signs between.
_PATTERNS: Final = {
    word: re.compile("[^a-z0-9]*".join(f"[{_WRITTEN_AS.get(c, c)}]" for c in word))
    for word in FORBIDDEN_WORDS
}
RULES: Final = (*ALLOWED_PROVIDERS, *(pattern.pattern for pattern in _PATTERNS.values()))
"""What decides here, as text for a digest."""


def check_provider(provider: str) -> None:
    """Refuse a provider that is not on the list.

    Raises:
        PolicyViolation: rule `allowlist.provider`.
    """
    if provider not in ALLOWED_PROVIDERS:
        reason = f"the allowed providers are {', '.join(ALLOWED_PROVIDERS)}"
        refuse("allowlist.provider", provider, reason + besides(provider))


def check_words(kind: str, text: str) -> None:
    """Refuse a text that a forbidden word occurs in, percent-encoded or not.

    Raises:
        PolicyViolation: rule `denylist.` and the kind.
    """
    word = _forbidden(text)
    if word is not None:
        reason = f"the owner forbids `{word}`, also as part of a longer word"
        refuse(f"denylist.{kind}", text, reason)


def besides(text: str) -> str:
    """A remark for whoever would now put a forbidden name on the allowlist."""
    word = _forbidden(text)
    return f"; the owner forbids `{word}` anyway" if word else ""


def _forbidden(text: str) -> str | None:
    readings = {text.lower(), unquoted(text).lower()}
    for word, pattern in _PATTERNS.items():
        if any(pattern.search(reading) for reading in readings):
            return word
    return None
