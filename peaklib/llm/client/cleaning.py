"""Reasons without secrets: what a service says about a failure may quote key and prompt."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from peaklib.llm.client.failure import Failure
from peaklib.llm.messages import Request
from peaklib.llm.roles import Outcome

_LONGEST: Final = 200
# Longer texts are cut before they are searched, which takes time.
_READ: Final = 500
_KEY_PART: Final = 6
_PROMPT_PART: Final = 20
_HIDDEN: Final = "[redacted]"
# A key shown in part, as in `sk-ab*****yz12`.
_MASKED: Final = re.compile(r"\S*\*{2,}\S*")


def cleaned(failure: Failure, key: str, environ: Mapping[str, str], request: Request) -> Failure:
    """The same failure with a reason that may be shown and kept.

    One line of at most 200 characters. Gone are the key, whole or in parts, other secrets of
    the environment, whatever looks like a key, and passages of the prompt. Of a service that
    refused the key nothing is quoted at all but the status.

    Args:
        failure: as it was found.
        key: that was sent.
        environ: whose secrets are hidden.
        request: whose words are hidden.
    """
    reason = failure.reason
    if failure.outcome is Outcome.AUTH:
        reason = reason.partition(":")[0]
    reason = _one_line(reason[:_READ])
    reason = _hide(reason, [key], _KEY_PART)
    reason = _hide(_MASKED.sub(_HIDDEN, reason), list(_texts(request)), _PROMPT_PART)
    reason = _secrets(environ).text(reason)
    return Failure(failure.outcome, _cut(reason), failure.status, failure.retry_after_s)


def _secrets(environ: Mapping[str, str]) -> Any:
    from peaklib.evidence.redaction.secrets import Secrets

    return Secrets.known(environ)


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _texts(request: Request) -> Sequence[str]:
    """Everything that was sent, one line each."""
    contents = [message.get("content") for message in request.messages]
    return [_one_line(content) for content in contents if isinstance(content, str)]


def _hide(text: str, secrets: Sequence[str], least: int) -> str:
    """A text without any passage of some length that also stands in one of the secrets."""
    hidden = [False] * len(text)
    for start in range(len(text) - least + 1):
        passage = text[start : start + least]
        if any(passage in secret for secret in secrets):
            hidden[start : start + least] = [True] * least
    parts = []
    for index, character in enumerate(text):
        if not hidden[index]:
            parts.append(character)
        elif index == 0 or not hidden[index - 1]:
            parts.append(_HIDDEN)
    return "".join(parts)
