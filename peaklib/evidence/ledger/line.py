"""One line of the ledger: how it is written, and what a line must be to be read."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from rfc8785 import CanonicalizationError

from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import to_json

GENESIS: Final = "genesis"
TORN: Final = "torn"
# What the first line names as the digest of the line before it.
NO_LINE: Final = "0" * 64

_NAME: Final = re.compile("[a-z][a-z0-9_]*", re.ASCII)
# RFC 8785 sorts the keys, so a line has one shape and a quotation mark inside of data is
# escaped: what stands here in the open belongs to the line itself.
_LINE: Final = re.compile(
    rb'\{"data":(\{.*\}),"event":"([a-z][a-z0-9_]*)","prev":"([0-9a-f]{64})",'
    rb'"seq":(0|[1-9][0-9]*),"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00)"\}'
)


@dataclass(frozen=True)
class Event:
    """One line that was read or written.

    Args:
        seq: number of the line, from 0.
        time: when it was written, ISO 8601 in UTC; informational, the order is `seq`.
        event: what happened, such as `publish`.
        data: plain values.
        digest: SHA-256 of the line's bytes without its newline, hexadecimal.
    """

    seq: int
    time: str
    event: str
    data: Mapping[str, Any]
    digest: str


def name_and_data(event: str, data: Mapping[str, Any]) -> bytes:
    """The part of a line that does not depend on the line before it.

    Raises:
        EvidenceError: the name is none, or the values cannot be written as canonical JSON.
    """
    if not _NAME.fullmatch(event):
        raise EvidenceError(
            f"{event!r} is no name of a ledger event; use lower case letters, digits and _"
        )
    try:
        values = to_json(data)
    except (EvidenceError, CanonicalizationError, ValueError, RecursionError) as error:
        raise EvidenceError(
            f"data of the ledger event {event!r} cannot be written as canonical JSON: {error}; "
            "use plain values"
        ) from error
    return b'{"data":' + values + b',"event":"' + event.encode() + b'"'


def line(head: bytes, prev: str, seq: int, time: datetime) -> bytes:
    """A whole line without its newline.

    Args:
        head: what `name_and_data` made.
        prev: digest of the line before.
        seq: number of the line, from 0.
        time: of the clock.
    """
    stamp = time.astimezone(UTC).isoformat(timespec="microseconds")
    return head + f',"prev":"{prev}","seq":{seq},"time":"{stamp}"}}'.encode()


def mark(event: str) -> bytes:
    """Bytes that every line of this event holds; few other lines do."""
    return b',"event":"' + event.encode() + b'","prev":"'


def fields(line: bytes) -> tuple[bytes, bytes, bytes, int, bytes]:
    """Data, event, prev, seq and time of a line; the data are not looked into.

    Raises:
        ValueError: it does not have the shape of a line.
    """
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"is no line of a ledger: {_excerpt(line)}")
    data, event, prev, seq, time = match.groups()
    return data, event, prev, int(seq), time


def values(data: bytes) -> dict[str, Any]:
    """The values of a line's data.

    Raises:
        ValueError: they are not JSON, or a key stands twice in one object.
    """
    try:
        text = data.decode()
        content: dict[str, Any]  # an object, by the shape of a line
        content, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"holds data that are not JSON ({error}): {_excerpt(data)}") from None
    if end != len(text):
        raise ValueError(f"holds more than one value: {_excerpt(data)}")
    return content


def parse(line: bytes) -> Event:
    """Read one line.

    Raises:
        ValueError: it is none.
    """
    data, event, _, seq, time = fields(line)
    return Event(seq, time.decode(), event.decode(), values(data), sha256(line).hexdigest())


def _excerpt(text: bytes) -> str:
    return repr(text[:60].decode(errors="replace")) + ("…" if len(text) > 60 else "")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"key {twice!r} stands twice")
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
