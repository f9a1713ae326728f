"""HTTP/1.1 over one accepted connection: read a request, send bytes, hang, break off."""

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from peaklib.errors import DataError

_MAX_HEAD: Final = 64 * 1024
_MAX_BODY: Final = 64 * 1024 * 1024
# While nothing is sent, how often to look whether the server stops or the caller went, in seconds.
_LOOK: Final = 0.02


@dataclass(frozen=True)
class Wanted:
    """A request before anybody read its body.

    Args:
        method: such as `POST`.
        path: without the query.
        headers: names in lower case.
        content: of the body.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes


class Connection:
    """One caller.

    Args:
        peer: the accepted socket; it is closed by `close`.
        stopping: set when the server is to stop.
    """

    def __init__(self, peer: socket.socket, stopping: threading.Event) -> None:
        self._peer = peer
        self._stopping = stopping
        self._rest = b""
        self.open = True
        with contextlib.suppress(OSError):
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self) -> Wanted | None:
        """The next request; None when the caller is done.

        Raises:
            DataError: what came is no request that this server reads.
        """
        while b"\r\n\r\n" not in self._rest:
            if len(self._rest) > _MAX_HEAD:
                raise DataError("the head of the request is over 64 KiB")
            if not self._more():
                return None
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, _, rest = first.partition(" ")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        size = headers.get("content-length", "0")
        if not size.isdecimal() or int(size) > _MAX_BODY or "transfer-encoding" in headers:
            raise DataError("the request needs a content-length of at most 64 MiB")
        if not self._fill(int(size)):
            return None
        content, self._rest = self._rest[: int(size)], self._rest[int(size) :]
        return Wanted(method, rest.split(" ")[0].split("?")[0], headers, content)

    def send(self, data: bytes) -> None:
        """Send bytes as they are; a caller who went is no error."""
        try:
            self._peer.sendall(data)
        except OSError:
            self.open = False

    def wait(self, seconds: float) -> bool:
        """Stay silent; False as soon as the caller has gone or the server stops."""
        turns = int(seconds / _LOOK) + 1
        for _ in range(turns):
            if not self.open or self._stopping.wait(min(_LOOK, seconds)):
                return False
            if self._gone():
                self.open = False
                return False
        return True

    def reset(self) -> None:
        """Break off with a reset instead of an orderly end."""
        linger = struct.pack("ii", 1, 0)
        with contextlib.suppress(OSError):
            self._peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close()

    def close(self) -> None:
        """End it."""
        self.open = False
        self._peer.close()

    def shut(self) -> None:
        """Wake a thread that reads from it."""
        with contextlib.suppress(OSError):
            self._peer.shutdown(socket.SHUT_RDWR)

    def _gone(self) -> bool:
        try:
            return not self._peer.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _fill(self, size: int) -> bool:
        parts, have = [self._rest], len(self._rest)
        while have < size:
            self._rest = b""
            if not self._more():
                return False
            parts.append(self._rest)
            have += len(self._rest)
        self._rest = b"".join(parts)
        return True

    def _more(self) -> bool:
        try:
            data = self._peer.recv(256 * 1024)
        except OSError:
            return False
        self._rest += data
        return bool(data)


def compose(
    status: int,
    content: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    version: str = "HTTP/1.1",
    length: bool = True,
) -> bytes:
    """A whole response.

    Args:
        status: code.
        content: body.
        headers: over the usual ones; an empty value leaves a header out.
        version: of HTTP.
        length: whether to say how long the body is.
    """
    merged = {"content-type": "application/json", **(headers or {})}
    if length:
        merged.setdefault("content-length", str(len(content)))
    lines = [f"{version} {status} {_phrase(status)}"]
    lines += [f"{name}: {value}" for name, value in merged.items() if value]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + content


def to_json(value: Any) -> bytes:
    """Bytes of a JSON body."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unassigned"
