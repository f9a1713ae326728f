"""Faults of the connection: silence, dripping, breaking off."""

from typing import Final

from peaklib.llm.standin.exchange import Exchange
from peaklib.llm.standin.faults.fault import Fault
from peaklib.llm.standin.wire import compose

GROUP: Final = "connection"
_DRIP_S: Final = 0.05
_SLOW_S: Final = 0.2


def _hang_headers(on: Exchange) -> None:
    on.hang()


def _hang_in_headers(on: Exchange) -> None:
    on.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/j")
    on.hang()


def _hang_before_body(on: Exchange) -> None:
    whole, content = _whole(on)
    on.send(whole[: len(whole) - len(content)])
    on.hang()


def _hang_in_body(on: Exchange) -> None:
    whole, content = _whole(on)
    on.send(whole[: len(whole) - len(content) // 2])
    on.hang()


def _drip_headers(on: Exchange) -> None:
    _drip(on, _whole(on)[0])


def _drip_body(on: Exchange) -> None:
    whole, content = _whole(on)
    head = len(whole) - len(content)
    on.send(whole[:head])
    _drip(on, whole[head:])


def _drip(on: Exchange, data: bytes) -> None:
    """One byte at a time, slower than any deadline and quicker than any time-out per read."""
    for sent in range(len(data)):
        on.send(data[sent : sent + 1])
        if not on.hang(_DRIP_S):
            return


def _drip_spaces(on: Exchange) -> None:
    on.send(compose(200, b"", {"transfer-encoding": "chunked"}, length=False))
    while on.hang(_DRIP_S):
        on.send(b"1\r\n \r\n")


def _slow(on: Exchange) -> None:
    if on.hang(_SLOW_S):
        on.reply(200, on.content())


def _close(on: Exchange) -> None:
    on.connection.close()


def _reset(on: Exchange) -> None:
    on.connection.reset()


def _reset_in_headers(on: Exchange) -> None:
    on.send(b"HTTP/1.1 200 OK\r\ncontent-ty")
    _break_off(on)


def _reset_in_body(on: Exchange) -> None:
    whole, content = _whole(on)
    on.send(whole[: len(whole) - len(content) // 2])
    _break_off(on)


def _break_off(on: Exchange) -> None:
    """A reset that comes too early would take the bytes before it along."""
    on.hang(_DRIP_S)
    on.connection.reset()


def _close_late(on: Exchange) -> None:
    on.hang(_SLOW_S)
    on.connection.close()


def _whole(on: Exchange) -> tuple[bytes, bytes]:
    content = on.content()
    return compose(200, content), content


FAULTS: Final = (
    Fault("hang-headers", "takes the request and stays silent", _hang_headers),
    Fault("hang-in-headers", "stops in the middle of a header line", _hang_in_headers),
    Fault("hang-before-body", "sends the headers and no byte of the body", _hang_before_body),
    Fault("hang-in-body", "sends half of the body and stays silent", _hang_in_body),
    Fault("drip-headers", "sends the answer from its first line on byte by byte", _drip_headers),
    Fault("drip-body", "sends the body byte by byte", _drip_body),
    Fault("drip-spaces", "sends blanks for ever, as a sign of life", _drip_spaces),
    Fault("slow", "answers well after a fifth of a second", _slow),
    Fault("close", "closes the connection without an answer", _close),
    Fault("close-late", "closes it without an answer after a fifth of a second", _close_late),
    Fault("reset", "resets the connection at once", _reset),
    Fault("reset-in-headers", "resets it in the middle of a header line", _reset_in_headers),
    Fault("reset-in-body", "resets it in the middle of the body", _reset_in_body),
)
