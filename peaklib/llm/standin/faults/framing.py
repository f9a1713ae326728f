"""Faults of HTTP itself: lengths, chunks, headers, and bodies without end."""

from typing import Final

from peaklib.llm.standin.asked import Said
from peaklib.llm.standin.bodies import reply_body
from peaklib.llm.standin.exchange import Exchange
from peaklib.llm.standin.faults.fault import Fault
from peaklib.llm.standin.wire import compose, to_json

GROUP: Final = "framing"
_HUGE: Final = 64 * 1024 * 1024
_BLOCK: Final = 256 * 1024
_HEADER_S: Final = 0.001
STALE: Final = Said("An answer that nobody asked for.")
"""What `second-answer` says the second time."""


def _http_1_0(on: Exchange) -> None:
    on.send(compose(200, on.content(), version="HTTP/1.0", length=False))


def _no_length(on: Exchange) -> None:
    on.send(compose(200, on.content(), {"connection": "close"}, length=False))


def _early_hints(on: Exchange) -> None:
    on.send(b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n")
    on.reply(200, on.content())


def _continue(on: Exchange) -> None:
    on.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    on.reply(200, on.content())


def _endless_hints(on: Exchange) -> None:
    while on.hang(_HEADER_S):
        on.send(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 10)


def _two_lengths(on: Exchange) -> None:
    content = on.content()
    first = f"{len(content)}\r\ncontent-length: {len(content) // 2}"
    on.send(compose(200, content, {"content-length": first}))


def _length_twice(on: Exchange) -> None:
    content = on.content()
    on.send(compose(200, content, {"content-length": f"{len(content)}, {len(content)}"}))


def _length_garbage(on: Exchange) -> None:
    on.send(compose(200, on.content(), {"content-length": "many"}))


def _length_negative(on: Exchange) -> None:
    on.send(compose(200, on.content(), {"content-length": "-1"}))


def _truncated(on: Exchange) -> None:
    content = on.content()
    on.send(compose(200, content[:-20], {"content-length": str(len(content))}))


def _length_short(on: Exchange) -> None:
    content = on.content()
    on.send(compose(200, content, {"content-length": str(len(content) - 20)}))


def _chunked(on: Exchange) -> None:
    on.send(_in_chunks(on.content()) + b"0\r\n\r\n")


def _chunked_truncated(on: Exchange) -> None:
    on.send(_in_chunks(on.content()))


def _chunked_garbage(on: Exchange) -> None:
    head = compose(200, b"", {"transfer-encoding": "chunked"}, length=False)
    on.send(head + b"zz\r\n" + on.content() + b"\r\n0\r\n\r\n")


def _chunked_and_length(on: Exchange) -> None:
    content = on.content()
    headers = {"transfer-encoding": "chunked", "content-length": str(len(content) // 2)}
    head = compose(200, b"", headers)
    on.send(head + f"{len(content):x}\r\n".encode() + content + b"\r\n0\r\n\r\n")


def _in_chunks(content: bytes) -> bytes:
    half = len(content) // 2
    parts = (content[:half], content[half:])
    chunks = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in parts)
    return compose(200, chunks, {"transfer-encoding": "chunked"}, length=False)


def _status_line(on: Exchange) -> None:
    on.send(b"HTTP/1.1 fine\r\n\r\n")


def _not_http(on: Exchange) -> None:
    on.send(b"SSH-2.0-OpenSSH_9.6\r\n")


def _tls_alert(on: Exchange) -> None:
    on.send(b"\x15\x03\x03\x00\x02\x02\x28")


def _bare_lf(on: Exchange) -> None:
    content = on.content()
    on.send(f"HTTP/1.1 200 OK\ncontent-length: {len(content)}\n\n".encode() + content)


def _header_nul(on: Exchange) -> None:
    on.send(compose(200, on.content(), {"x-note": "a\x00b"}))


def _huge_header(on: Exchange) -> None:
    on.send(compose(200, on.content(), {"x-padding": "x" * 1024 * 1024}))


def _endless_headers(on: Exchange) -> None:
    on.send(b"HTTP/1.1 200 OK\r\n")
    number = 0
    while on.hang(_HEADER_S):
        lines = (f"x-padding-{number + i}: {'x' * 100}\r\n" for i in range(50))
        on.send("".join(lines).encode())
        number += 50


def _huge(on: Exchange) -> None:
    head = on.content()[:-1] + b',"padding":"'
    size = len(head) + _HUGE + 2
    on.send(compose(200, head, {"content-length": str(size)}))
    _pad(on, b"%b")
    on.send(b'"}')


def _huge_chunked(on: Exchange) -> None:
    head = on.content()[:-1] + b',"padding":"'
    on.send(compose(200, b"", {"transfer-encoding": "chunked"}, length=False))
    on.send(f"{len(head):x}\r\n".encode() + head + b"\r\n")
    _pad(on, f"{_BLOCK:x}\r\n".encode() + b"%b\r\n")
    on.send(b'2\r\n"}\r\n0\r\n\r\n')


def _pad(on: Exchange, form: bytes) -> None:
    block = form % (b"x" * _BLOCK)
    for _ in range(_HUGE // _BLOCK):
        if not on.connection.open:
            return
        on.send(block)


def _second_answer(on: Exchange) -> None:
    """The second one waits in the connection, where the next request may take it for its own."""
    stale = to_json(reply_body(on.asked, STALE, on.number))
    on.send(compose(200, on.content()) + compose(200, stale))
    on.keep = on.connection.open


FAULTS: Final = (
    Fault("http-1.0", "answers well in HTTP/1.0, without a length", _http_1_0),
    Fault("no-length", "answers well, and only the end of the connection ends it", _no_length),
    Fault("early-hints", "sends status 103 before a good answer", _early_hints),
    Fault("continue", "sends status 100 before a good answer", _continue),
    Fault("endless-hints", "sends status 103 again and again", _endless_hints),
    Fault("chunked", "answers well in two chunks", _chunked),
    Fault("bare-lf", "ends header lines with a line feed alone", _bare_lf),
    Fault("length-twice", "says the same length twice", _length_twice),
    Fault("second-answer", "sends a second answer that nobody asked for", _second_answer),
    Fault("chunked-and-length", "sends chunks and a wrong length as well", _chunked_and_length),
    Fault("two-lengths", "says two different lengths", _two_lengths),
    Fault("length-garbage", "says a length that is no number", _length_garbage),
    Fault("length-negative", "says a negative length", _length_negative),
    Fault("length-short", "says a length that cuts the end off", _length_short),
    Fault("truncated", "closes the connection before the length it said", _truncated),
    Fault("chunked-truncated", "closes the connection before the last chunk", _chunked_truncated),
    Fault("chunked-garbage", "says a chunk size that is no number", _chunked_garbage),
    Fault("status-line", "sends a status line without a number", _status_line),
    Fault("not-http", "greets as another protocol does", _not_http),
    Fault("tls-alert", "sends an alert of TLS in plain HTTP", _tls_alert),
    Fault("header-nul", "sends a zero byte in a header", _header_nul),
    Fault("huge-header", "sends one header of 1 MiB", _huge_header),
    Fault("endless-headers", "sends headers without end", _endless_headers),
    Fault("huge", "sends a valid body of 64 MiB", _huge),
    Fault("huge-chunked", "sends a valid body of 64 MiB whose size it does not say", _huge_chunked),
)
