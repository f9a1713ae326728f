"""Faults of the body: status 200, and what follows is not the JSON of a reply."""

import gzip
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from peaklib.llm.standin.exchange import Exchange
from peaklib.llm.standin.faults.fault import Fault

GROUP: Final = "body"
_MIB: Final = 1024 * 1024
_BOMB_MIB: Final = 64
_DEEP: Final = 100_000


@dataclass(frozen=True)
class _Body:
    """Another body in place of the good one, well framed."""

    make: Callable[[bytes], bytes]
    headers: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, on: Exchange) -> None:
        on.reply(200, self.make(on.content()), self.headers)


def _fixed(content: bytes) -> Callable[[bytes], bytes]:
    return lambda good: content


def _bomb(good: bytes) -> bytes:
    """A few hundred kilobytes that unpack to the good reply and 64 MiB of blanks."""
    packer = zlib.compressobj(1, wbits=31)
    parts = [packer.compress(good)]
    parts += [packer.compress(b" " * _MIB) for _ in range(_BOMB_MIB)]
    return b"".join([*parts, packer.flush()])


def _usage_digits(good: bytes) -> bytes:
    """A number that is longer than Python reads."""
    return good.replace(b'_tokens":', b'_tokens":' + b"9" * 5000, 1)


def _two_models(good: bytes) -> bytes:
    """The name of another model first, and the one that was asked for after it."""
    return b'{"model":"some-other-model",' + good[1:]


_HTML: Final = (
    b"<!doctype html><html><head><title>Sign in</title></head><body>Sign in to go on.</body></html>"
)
_BYTES: Final = {"content-type": "application/octet-stream"}
_PAGE: Final = {"content-type": "text/html; charset=utf-8"}
_EVENTS: Final = {"content-type": "text/event-stream"}

FAULTS: Final = (
    Fault("html", "a page of a portal", _Body(_fixed(_HTML), _PAGE)),
    Fault("html-as-json", "a page that says it is JSON", _Body(_fixed(_HTML))),
    Fault("empty", "an empty body", _Body(_fixed(b""))),
    Fault("whitespace", "blanks and line ends", _Body(_fixed(b" \r\n\t\n "))),
    Fault("not-json", "a sentence", _Body(_fixed(b"upstream connect error"), _BYTES)),
    Fault("json-cut", "half of the JSON, with the right length", _Body(lambda g: g[: len(g) // 2])),
    Fault("json-twice", "the reply twice, one behind the other", _Body(lambda g: g + g)),
    Fault("json-list", "a list", _Body(_fixed(b"[]"))),
    Fault("json-null", "null", _Body(_fixed(b"null"))),
    Fault("json-text", "a text", _Body(_fixed(b'"ok"'))),
    Fault("json-number", "a number", _Body(_fixed(b"42"))),
    Fault("json-empty", "an object with nothing in it", _Body(_fixed(b"{}"))),
    Fault("json-deep", "100,000 lists in each other", _Body(_fixed(b"[" * _DEEP + b"]" * _DEEP))),
    Fault("digits", "a number of 5,000 digits among the tokens", _Body(_usage_digits)),
    Fault("two-models", "names the model twice, another one first", _Body(_two_models)),
    Fault("bom", "a byte-order mark before a good reply", _Body(lambda g: b"\xef\xbb\xbf" + g)),
    Fault("utf-16", "a good reply in UTF-16", _Body(lambda g: g.decode().encode("utf-16"))),
    Fault("bad-utf-8", "a byte that is no UTF-8", _Body(lambda g: g[:-1] + b',"x":"\xff"}')),
    Fault(
        "content-type",
        "a good reply that says it is plain text",
        _Body(lambda g: g, {"content-type": "text/plain"}),
    ),
    Fault(
        "no-content-type", "a good reply without a type", _Body(lambda g: g, {"content-type": ""})
    ),
    Fault(
        "gzip",
        "a good reply, compressed although nobody asked for it",
        _Body(lambda g: gzip.compress(g, 1, mtime=0), {"content-encoding": "gzip"}),
    ),
    Fault("gzip-bomb", "unpacks to 64 MiB", _Body(_bomb, {"content-encoding": "gzip"})),
    Fault(
        "gzip-label",
        "says it is compressed and is not",
        _Body(lambda g: g, {"content-encoding": "gzip"}),
    ),
    Fault(
        "encoding",
        "says a compression that nobody knows",
        _Body(lambda g: g, {"content-encoding": "snow"}),
    ),
    Fault(
        "events",
        "a stream of events that nobody asked for",
        _Body(lambda g: b"data: " + g + b"\n\ndata: [DONE]\n\n", _EVENTS),
    ),
)
