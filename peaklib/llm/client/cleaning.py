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
    reason = _without_key(reason, key)
    reason = _hide(_MASKED.sub(_HIDDEN, reason), list(_texts(request)), _PROMPT_PART)
    reason = _secrets(environ).text(reason)
    return Failure(
        failure.outcome, _cut(reason), failure.status, failure.retry_after_s, failure.sent
    )


def bare(text: str, key: str, environ: Mapping[str, str]) -> str:
    """A text of a service, such as the name of a model, without key and other secrets.

    Args:
        text: as it came; what is longer than 500 characters is cut.
        key: that was sent; empty if there was none.
        environ: whose secrets are hidden.
    """
    return str(_secrets(environ).text(_without_key(text[:_READ], key)))


def without(read: Any, key: str) -> Any:
    """JSON that was read, the key hidden in all its texts: an escape may have spelled it.

    Raises:
        RecursionError: it is nested too deeply.
    """
    match read:
        case str():
            return _without_whole(read, key)
        case list():
            return [without(item, key) for item in read]
        case dict():
            return {without(name, key): without(item, key) for name, item in read.items()}
    return read


def _without_whole(text: str, key: str) -> str:
    if not key:
        return text
    text = text.replace(key, _HIDDEN)
    if "\\u" in text:
        # Such a text may itself be JSON, and somebody may read it.
        either = (rf"(?:{re.escape(c)}|\\u(?i:{ord(c):04x}))" for c in key)
        text = re.sub("".join(either), _HIDDEN, text)
    return text


def _without_key(text: str, key: str) -> str:
    """A text without the key or parts of it, also in other case, spaced out, or backwards."""
    if not key:
        return text
    text = _hide(text, [key], _KEY_PART)
    places = [index for index, character in enumerate(text) if character.isalnum()]
    plain = _plain(text)
    spelled = _plain(key)
    passages = _passages(plain, [spelled, spelled[::-1]], _KEY_PART)
    hidden = [False] * len(text)
    for index, is_hidden in enumerate(passages):
        if is_hidden:
            last = index + 1 < len(passages) and passages[index + 1]
            until = places[index + 1] if last else places[index] + 1
            hidden[places[index] : until] = [True] * (until - places[index])
    return _blotted(text, hidden)


def _plain(text: str) -> str:
    """Letters and digits alone, one for one; those with two small forms stay as they are."""
    kept = [character for character in text if character.isalnum()]
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in kept)


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
    return _blotted(text, _passages(text, secrets, least))


def _passages(text: str, secrets: Sequence[str], least: int) -> list[bool]:
    """Of each character, whether it is in a passage that also stands in one of the secrets."""
    hidden = [False] * len(text)
    for start in range(len(text) - least + 1):
        passage = text[start : start + least]
        if any(passage in secret for secret in secrets):
            hidden[start : start + least] = [True] * least
    return hidden


def _blotted(text: str, hidden: Sequence[bool]) -> str:
    parts = []
    for index, character in enumerate(text):
        if not hidden[index]:
            parts.append(character)
        elif index == 0 or not hidden[index - 1]:
            parts.append(_HIDDEN)
    return "".join(parts)
