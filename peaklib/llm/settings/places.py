"""Where each provider is, and how its key is called: what `providers.toml` may say at all.

The file decides how a provider is reached, not who it is: a key goes to no other host than its
provider's, and no other secret of the environment goes anywhere.
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from peaklib.llm.settings.values import Provider

_LABEL: Final = r"[a-z0-9-]+"
# Only hosts that nobody but the provider can have: much of amazonaws.com belongs to customers.
_HOSTS: Final = {
    "openai": ("api.openai.com", "*.api.openai.com"),
    "google": ("generativelanguage.googleapis.com",),
    "mistral": ("api.mistral.ai",),
    "bedrock": ("bedrock-runtime.*.amazonaws.com", "bedrock-runtime-fips.*.amazonaws.com"),
    "together": ("api.together.ai", "api.together.xyz"),
    "azure": ("*.openai.azure.com", "*.services.ai.azure.com"),
}
_KEYS: Final = {
    "openai": ("OPENAI_API_KEY",),
    "google": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "mistral": ("MISTRAL_API_KEY",),
    "bedrock": ("AWS_BEARER_TOKEN_BEDROCK",),
    "together": ("TOGETHER_API_KEY",),
    "azure": ("AZURE_OPENAI_API_KEY",),
}


def host_of(base_url: str) -> str:
    """The host of an address in small letters; empty where it has none."""
    try:
        return urlsplit(base_url).hostname or ""
    except ValueError:
        # Such as half a pair of brackets; the policy says so.
        return ""


def is_local(base_url: str) -> bool:
    """Whether an address that the policy let pass is a server on this machine.

    The policy refuses http for every other host.
    """
    return base_url.lower().startswith("http://")


def misplaced(provider: Provider, base_url: str, *, prod: bool) -> Iterator[tuple[str, str]]:
    """What keeps a provider from being reached as its file says.

    Args:
        provider: as it was read.
        base_url: its address without placeholders, which the policy let pass.
        prod: whether a server on this machine is refused, too.

    Yields:
        Key of the provider's table and why; what was found is not shown, it could be a secret.
    """
    hosts, keys = _HOSTS[provider.name], _KEYS[provider.name]
    if is_local(base_url):
        if prod:
            yield "base_url", "is a server on this machine; in prod no stand-in may answer"
    elif not any(_fits(host_of(base_url), host) for host in hosts):
        yield (
            "base_url",
            f"is no host of {provider.name}, and would be sent its key; there are "
            f"{', '.join(hosts)}",
        )
    if provider.key not in keys:
        yield "key", f"is no key of {provider.name}; its variable is {' or '.join(keys)}"


def _fits(host: str, pattern: str) -> bool:
    """Whether a host is of a pattern, in which `*` is one label."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", _LABEL), host, re.ASCII) is not None
