"""The bytes by which a secret can stand in a file, and the shapes that give away a key."""

import base64
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, quote_plus

from peaklib.evidence.redaction.names import SHORTEST

# What a web client leaves as it is in an address, RFC 3986.
_RESERVED: Final = "!#$%&'()*+,/:;=?@[]~"


def spellings(value: str) -> set[bytes]:
    """A value in every usual way of writing it.

    As it is, as Python's `repr`, for a web address, for HTML, each of them also inside of
    JSON, and inside of JSON within JSON; in base64, alone or in the middle of something
    longer; in UTF-16, for files that are no text. Of a value with several lines, each line
    too, because notebooks keep text as a list of lines.
    """
    whole = _bytes(value)
    lines = [line for line in value.splitlines() if not line.startswith("-----")]
    texts = {value, *(line for line in lines if len(line) >= SHORTEST)}
    written = {form for text in texts for form in _written(text)}
    for _ in range(2):
        written |= {form for text in written for form in _inside_json(text)}
    forms = {_bytes(form) for form in written}
    return forms | set(_in_base64(whole)) | {value.encode("utf-16-le", "surrogatepass")}


def url_password(value: str) -> str:
    """The password in an address such as `https://user:…@host`, or nothing."""
    found = _URL.pattern.search(_bytes(value))
    return found["secret"].decode("utf-8", "replace") if found else ""


@dataclass(frozen=True)
class Shape:
    """A form that only keys have.

    Args:
        name: what it is.
        mark: bytes that stand in every match, for a quick look.
        pattern: the key; only its group `secret`, if it has one, is the secret.
    """

    name: str
    mark: bytes
    pattern: re.Pattern[bytes]

    def occurs(self, content: bytes) -> bool:
        """Whether there is one in some bytes."""
        return self.mark in content and self.pattern.search(content) is not None

    def replace(self, content: bytes) -> bytes:
        """The bytes with `[redacted: name]` in the place of each."""
        return self.pattern.sub(self._text, content) if self.occurs(content) else content

    def _text(self, found: re.Match[bytes]) -> bytes:
        group = "secret" if "secret" in self.pattern.groupindex else 0
        whole, start = found[0], found.start()
        before, after = found.start(group) - start, found.end(group) - start
        return whole[:before] + replacement(self.name) + whole[after:]


def replacement(name: str) -> bytes:
    """What stands in the place of a secret; safe within JSON, HTML and a line of a log."""
    return f"[redacted: {re.sub(r'[^A-Za-z0-9_. -]', '_', name)}]".encode()


def _token(name: str, start: str, rest: str) -> Shape:
    """A token by the pattern of its beginning, of fixed width, and of the rest.

    Not in the middle of base64, which holds any four letters sooner or later. The look
    behind comes after the beginning, because a pattern that starts plainly is found fast.
    """
    pattern = rf"{start}(?<![A-Za-z0-9+/_-]{start}){rest}(?![A-Za-z0-9])"
    return Shape(name, start.partition("[")[0].encode(), re.compile(pattern.encode()))


_URL: Final = Shape(
    "password of an address",
    b"://",
    re.compile(
        rb"""[A-Za-z][A-Za-z0-9+.-]{0,20}://"""
        rb"""[^\s/:@"'<>\\{}]{0,200}:(?P<secret>[^\s/@"'<>\\{}]{1,200})@"""
    ),
)
_PRIVATE_KEY: Final = Shape(
    "private key",
    b"PRIVATE KEY-----",
    re.compile(
        rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----"
        rb"""(?:[^"'<]{0,20000}?-----END [A-Z0-9 ]*PRIVATE KEY-----"""
        rb"|(?:(?:\\[nr]|\s)*[A-Za-z0-9+/=]{16,})*)"
    ),
)
_BEARER: Final = Shape(
    "bearer token",
    b"earer ",
    re.compile(rb"earer (?<=[Bb]earer )(?P<secret>(?=[\w.~+/-]{0,200}\d)[\w.~+/-]{20,}=*)"),
)
SHAPES: Final = (
    _PRIVATE_KEY,
    _URL,
    _token("API key", "sk-", r"(?=[\w-]{0,200}\d)[A-Za-z0-9][\w-]{19,}"),
    _token("API key", "sk_[lt][ie][vs][et]_", r"[0-9A-Za-z]{16,}"),
    _token("API key", "rk_[lt][ie][vs][et]_", r"[0-9A-Za-z]{16,}"),
    _token("API key", "AIza", r"[\w-]{35}"),
    _token("cloud access key", "AKIA", r"[0-9A-Z]{16}"),
    _token("cloud access key", "ASIA", r"[0-9A-Z]{16}"),
    _token("GitHub token", "gh[opsru]_", r"[A-Za-z0-9]{36,}"),
    _token("GitHub token", "github_pat_", r"\w{22,}"),
    _token("GitLab token", "glpat-", r"[\w-]{20,}"),
    _token("Slack token", "xox[abeoprs]-", r"[A-Za-z0-9-]{10,}"),
    _token("Slack token", "xapp-", r"[A-Za-z0-9-]{10,}"),
    _token("Hugging Face token", "hf_", r"[A-Za-z0-9]{30,}"),
    _token("signed token", "eyJ", r"[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"),
    _BEARER,
)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _written(text: str) -> set[str]:
    percent = quote(_bytes(text), safe="")
    return {
        text,
        repr(text)[1:-1],
        percent,
        re.sub(r"%..", lambda code: code[0].lower(), percent),
        quote(_bytes(text)),
        quote(_bytes(text), safe=_RESERVED),
        quote_plus(_bytes(text)),
        html.escape(text),
        html.escape(text, quote=False),
    }


def _inside_json(text: str) -> tuple[str, str]:
    return json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]


def _in_base64(value: bytes) -> Iterator[bytes]:
    """Base64 of the value alone, and the part of it that other bytes around it leave as it is."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(value).rstrip(b"=")
        for shift, first in enumerate((0, 2, 3)):
            code = encode(bytes(shift) + value)
            cut = (0, 3, 2)[(shift + len(value)) % 3]
            yield code[first : len(code) - cut]
