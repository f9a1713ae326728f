"""The rules in their order: with the lists of a repository, and without any."""

import hashlib
import json
from collections.abc import Collection, Mapping
from types import MappingProxyType

from peaklib.llm.policy import opaque, syntax, words
from peaklib.llm.policy.refusal import refuse


def check(provider: str, model_id: str, base_url: str | None = None) -> None:
    """Refuse what the policy refuses, whatever the lists of a repository say.

    Args:
        provider: name of the provider.
        model_id: as it is sent.
        base_url: where it is sent to; None if no address is known yet.

    Raises:
        PolicyViolation: names the rule, and shows what was refused without user-info, without
            values of a query, and without what looks like a key.
    """
    _check_spelling(provider, model_id, base_url)
    words.check_provider(provider)
    _check_words(provider, model_id, base_url)


def check_reply(model: str) -> None:
    """Refuse a reply for the model that it names, whichever was asked.

    Args:
        model: as the reply names it.

    Raises:
        PolicyViolation: the name is forbidden, or cannot be read beyond doubt.
    """
    syntax.check_model_id(model, "reply")
    words.check_words("reply", model)


class Gate:
    """The policy with the lists of a repository: a model that is not on them is refused.

    Args:
        allowed: `(provider, model id)` pairs that may be asked.
        resolved: the model behind a `(provider, model id)` whose id does not name it, such as an
            ARN or the name of a deployment.
    """

    __slots__ = ("_allowed", "_resolved")

    def __init__(
        self,
        allowed: Collection[tuple[str, str]],
        resolved: Mapping[tuple[str, str], str] = MappingProxyType({}),
    ) -> None:
        self._allowed = frozenset(allowed)
        self._resolved = dict(resolved)

    def check(self, provider: str, model_id: str, base_url: str | None = None) -> None:
        """Ask all rules in order: syntax, allowlist, denylist, lock.

        Args:
            provider: name of the provider.
            model_id: as it is sent.
            base_url: where it is sent to; None if no address is known yet.

        Raises:
            PolicyViolation: as `check` of this package; besides, the model is not on the
                allowlist, or nobody recorded what its id stands for.
        """
        _check_spelling(provider, model_id, base_url)
        words.check_provider(provider)
        self._check_allowed(provider, model_id)
        _check_words(provider, model_id, base_url)
        self._check_lock(provider, model_id)

    @property
    def digest(self) -> str:
        """SHA-256 of rules and lists, hexadecimal: the policy that a call was made under."""
        rules = [*syntax.RULES, *words.RULES, *opaque.RULES]
        lists = [sorted(self._allowed), sorted(self._resolved.items())]
        text = json.dumps([rules, lists], separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def _check_allowed(self, provider: str, model_id: str) -> None:
        if (provider, model_id) not in self._allowed:
            reason = f"is not on the allowlist of {provider}; a person has to add it first"
            refuse("allowlist.model", model_id, reason + words.besides(model_id))

    def _check_lock(self, provider: str, model_id: str) -> None:
        behind = self._resolved.get((provider, model_id))
        if behind is not None:
            syntax.check_model_id(behind, "lock")
            words.check_words("lock", behind)
            if opaque.is_handle(behind):
                reason = "the lock resolves an id to it, and it names no model either"
                refuse("lock.unresolved", behind, reason)
        elif opaque.is_opaque(provider, model_id):
            reason = (
                f"does not say which model of {provider} it stands for; "
                "record in the lock what it resolves to, or use an id that names the model"
            )
            refuse("lock.unresolved", model_id, reason)


def _check_spelling(provider: str, model_id: str, base_url: str | None) -> None:
    syntax.check_provider(provider)
    syntax.check_model_id(model_id, "model")
    if base_url is not None:
        syntax.check_url(base_url)


def _check_words(provider: str, model_id: str, base_url: str | None) -> None:
    words.check_words("provider", provider)
    words.check_words("model", model_id)
    if base_url is not None:
        words.check_words("url", base_url)
