"""Spelling: a name or an address passes only in a form that no two readers take differently."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from peaklib.llm.policy.refusal import refuse

_LONGEST: Final = {"provider": 32, "model": 256, "reply": 256, "lock": 256, "url": 2048}
_DECODINGS: Final = 3
_DOTS: Final = frozenset({"", ".", ".."})

_PRINTABLE: Final = re.compile(r"[!-~]+")
_PROVIDER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_MODEL: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:/@+-]*[A-Za-z0-9])?")
_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(?P<port>:[0-9]*)?"
    r"(?P<path>/[^?]*)?(?:\?(?P<query>[^?]*))?",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(r"(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_BYTE: Final = "(?:0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
_LOOPBACK: Final = re.compile(rf"localhost|\[::1\]|127(?:\.{_BYTE}){{3}}")
_PORT: Final = re.compile(r":[1-9][0-9]{0,4}")
# What may stand in path and query, and so the only thing that percent-encoding may write there.
_PLAIN: Final = re.compile(r"(?:[A-Za-z0-9._~:@+,=/&-]|%[0-9A-Fa-f]{2})*")

RULES: Final = (
    *(str(limit) for limit in (*_LONGEST.values(), _DECODINGS)),
    *(rule.pattern for rule in (_PRINTABLE, _PROVIDER, _MODEL, _URL, _LABEL, _NUMBER)),
    *(rule.pattern for rule in (_LOOPBACK, _PORT, _PLAIN)),
)
"""What decides here, as text for a digest."""

_IN_ASCII: Final = "write it in plain ASCII: letters, digits and signs"


def check_provider(provider: str) -> None:
    """Refuse what cannot be the name of a provider.

    Raises:
        PolicyViolation: rule `syntax.provider`.
    """
    _check_text(provider, "provider")
    if not _PROVIDER.fullmatch(provider):
        refuse("syntax.provider", provider, "is no name: letters, digits, - and _ make one")


def check_model_id(model_id: str, kind: str) -> None:
    """Refuse what cannot be the id of a model.

    Args:
        model_id: the id.
        kind: where it stands: `model`, `reply` or `lock`.

    Raises:
        PolicyViolation: rule `syntax.` and the kind.
    """
    _check_text(model_id, kind)
    if not _MODEL.fullmatch(model_id) or _DOTS & set(model_id.split("/")):
        reason = "is no id of a model: letters, digits and . _ : / @ + - between them make one"
        refuse(f"syntax.{kind}", model_id, reason)


def check_url(url: str) -> None:
    """Refuse an address that two programs could read as two.

    Raises:
        PolicyViolation: rule `syntax.url`.
    """
    _check_text(url, "url")
    if "@" in url.partition("://")[2].partition("/")[0]:
        refuse("syntax.url", url, "holds user-info; a key is named by an environment variable")
    parts = _URL.fullmatch(url)
    if parts is None:
        refuse("syntax.url", url, "is not of the form https://host[:port][/path][?query]")
    host = parts["host"].lower()
    _check_host(url, host)
    if parts["scheme"].lower() == "http" and not _LOOPBACK.fullmatch(host):
        refuse("syntax.url", url, "http is for this machine only; write https")
    port = parts["port"] or ":443"
    if not _PORT.fullmatch(port) or int(port[1:]) >= 2**16:
        refuse("syntax.url", url, "the port is not a plain number from 1 to 65535")
    path = _decoded(url, parts["path"] or "")
    if _DOTS & set(path.removesuffix("/").split("/")[1:]):
        refuse("syntax.url", url, "the path has an empty segment or one of dots; write it out")
    _decoded(url, parts["query"] or "")


def unquoted(text: str) -> str:
    """A text without percent-encoding, as far as a policy follows it: three times."""
    for _ in range(_DECODINGS):
        text = unquote_to_bytes(text).decode("latin-1")
    return text


def _check_text(text: object, kind: str) -> None:
    rule = f"syntax.{kind}"
    # Exactly text: a subclass can print as one thing and compare as another.
    if type(text) is not str:
        refuse(rule, f"a value of type {type(text).__name__}", "is no text")
    if not text:
        refuse(rule, "an empty text", "names nothing")
    if len(text) > _LONGEST[kind]:
        refuse(rule, f"{len(text)} characters", f"more than {_LONGEST[kind]} are no {kind}")
    if not _PRINTABLE.fullmatch(text):
        refuse(rule, text, f"holds blanks, control or non-ASCII characters; {_IN_ASCII}")


def _check_host(url: str, host: str) -> None:
    if _LOOPBACK.fullmatch(host):
        return
    labels = host.split(".")
    if host.startswith("[") or _NUMBER.fullmatch(labels[-1]):
        reason = (
            "is an address in numbers, which names no provider; "
            "only this machine may be one, as 127.0.0.1 or [::1]"
        )
        refuse("syntax.url", url, reason)
    if len(labels) < 2 or len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        reason = (
            "the host is no full name of letters, digits, - and dots; "
            "punycode (xn--) is refused because it can look like any name"
        )
        refuse("syntax.url", url, reason)


def _decoded(url: str, text: str) -> str:
    for _ in range(_DECODINGS):
        _check_plain(url, text)
        text = unquote_to_bytes(text).decode("latin-1")
    _check_plain(url, text)
    if "%" in text:
        refuse("syntax.url", url, f"is percent-encoded more than {_DECODINGS} times")
    return text


def _check_plain(url: str, text: str) -> None:
    if not _PLAIN.fullmatch(text):
        refuse("syntax.url", url, "path or query hold a sign that does not belong there")
