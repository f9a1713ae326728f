"""The wire: what is sent besides the request, what is taken back, and what is refused unread.

The settings of an environment do not reach it: no proxy, no redirect, no cookie, no header
and no certificate comes from there.
"""

from collections.abc import AsyncIterator
from typing import Final

import httpx2
from openai import AsyncOpenAI, Omit

from peaklib.llm.client.progress import PROGRESS

SENT: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    # One request a connection. On a connection that is kept, a second reply that came with the
    # first would be taken for the answer to the next prompt; and the next prompt may find the
    # connection closed, which looks like an outage. A handshake is little beside an answer.
    "Connection": "close",
    "Content-Type": "application/json",
    "User-Agent": "peaklib",
}
# The only headers of a reply that anybody reads. The others are dropped before the SDK sees
# them: cookies, and a `content-type` whose charset would choose how the text is decoded.
_READ: Final = frozenset({"date", "retry-after", "retry-after-ms", "x-request-id"})
# At a time.
_CONNECTIONS: Final = 128


class RefusedReply(Exception):
    """A reply that is not read: compressed, or too long.

    Args:
        status: of HTTP.
        reason: why not.
    """

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(reason)


class _Capped(httpx2.AsyncByteStream):
    """The bytes of a reply, up to a number of them."""

    def __init__(self, stream: httpx2.AsyncByteStream, status: int, most: int) -> None:
        self._stream = stream
        self._status = status
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for part in self._stream:
            seen += len(part)
            if seen > self._most:
                raise too_long(self._status, self._most)
            yield part

    async def aclose(self) -> None:
        """Let go of the connection, read to its end or not."""
        await self._stream.aclose()


class _Transport(httpx2.AsyncHTTPTransport):
    """HTTP/1.1 with certificates checked against those of the system, and replies capped."""

    def __init__(self, most: int) -> None:
        limits = httpx2.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=0)
        super().__init__(verify=True, trust_env=False, retries=0, limits=limits)
        self._most = most

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; its reply is left with status, `_READ` headers and capped bytes."""
        progress = PROGRESS.get()
        if progress is not None:
            request.extensions = {**request.extensions, "trace": progress.note}
        reply = await super().handle_async_request(request)
        refused = self._refused(reply)
        if refused is not None:
            await reply.aclose()
            raise refused
        if not isinstance(reply.stream, httpx2.AsyncByteStream):
            raise TypeError("a reply of an asynchronous transport has an asynchronous stream")
        return httpx2.Response(
            reply.status_code,
            headers=[(n, v) for n, v in reply.headers.multi_items() if n.lower() in _READ],
            stream=_Capped(reply.stream, reply.status_code, self._most),
            extensions=reply.extensions,
        )

    def _refused(self, reply: httpx2.Response) -> RefusedReply | None:
        coding = reply.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("", "identity"):
            return RefusedReply(reply.status_code, "the reply is compressed, which was not asked")
        length = reply.headers.get("content-length", "")
        if length.isdigit() and int(length) > self._most:
            return too_long(reply.status_code, self._most)
        return None


class Sdk(AsyncOpenAI):
    """The SDK, which would take headers from the environment if it were not told its own."""

    @property
    def default_headers(self) -> dict[str, str | Omit]:
        """`SENT`, whatever the environment says."""
        return dict(SENT)


def too_long(status: int, most: int) -> RefusedReply:
    """The refusal of a reply of more bytes than are taken."""
    return RefusedReply(status, f"the reply is longer than {most} bytes")


def connections(most: int) -> httpx2.AsyncClient:
    """A pool of connections to whatever services there are; deadlines are the caller's."""
    return httpx2.AsyncClient(
        transport=_Transport(most),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx2.Timeout(None),
        headers=SENT,
    )
