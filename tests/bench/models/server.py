"""A service that answers at once, on loopback: the least that a call can wait for.

Run as `python -m models.server`; the first line that it prints is its base URL. It ends when its
standard input does. Standard library only.
"""

import asyncio
import json
import sys
from typing import Final

_HEAD_ENDS: Final = b"\r\n\r\n"
_TEXT: Final = "Volatility fell over the period, and breadth was wider at its end than before. " * 4


class Service(asyncio.Protocol):
    """One connection, which serves as many requests as its caller sends.

    It speaks as much HTTP/1.1 as the SDKs do: requests with `Content-Length`, one after another.
    """

    def __init__(self) -> None:
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream is served here")
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._read += data
        while (end := self._read.find(_HEAD_ENDS)) >= 0:
            head = self._read[:end].lower()
            start = end + len(_HEAD_ENDS)
            after = start + _length(head)
            if len(self._read) < after:
                return
            closes = b"\r\nconnection: close" in head
            self._transport.write(reply(self._read[start:after], closes=closes))
            self._read = self._read[after:]
            if closes:
                self._transport.close()


def reply(body: bytes, *, closes: bool) -> bytes:
    """The answer to a request of the chat API, from the model that it names.

    Args:
        body: of the request.
        closes: whether this is the last one of its connection.
    """
    message = {"role": "assistant", "content": _TEXT}
    content = json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_763_683_200,
            "model": json.loads(body)["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 40, "completion_tokens": 60, "total_tokens": 100},
        }
    ).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        f"Connection: {'close' if closes else 'keep-alive'}\r\n\r\n"
    )
    return head.encode() + content


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def serve() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Service, "127.0.0.1", 0, backlog=256)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}/v1", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
