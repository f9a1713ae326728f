"""One request and everything that a fault may do to its answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from peaklib.llm.standin.asked import Asked, Said
from peaklib.llm.standin.bodies import reply_body
from peaklib.llm.standin.wire import Connection, compose, to_json


@dataclass
class Exchange:
    """A request that waits for its answer.

    Args:
        asked: the request.
        said: the answer that a healthy service gives.
        number: of the request.
        connection: to the caller.
        hang_s: how long a hanging fault stays silent, in seconds.
        elsewhere: address of a listener that nobody should ever call.
        keep: whether the connection can serve another request afterwards.
    """

    asked: Asked
    said: Said
    number: int
    connection: Connection
    hang_s: float
    elsewhere: str
    keep: bool = False

    def body(self) -> dict[str, Any]:
        """What a healthy service replies."""
        return reply_body(self.asked, self.said, self.number)

    def content(self) -> bytes:
        """What a healthy service replies, as bytes."""
        return to_json(self.body())

    def reply(
        self, status: int, content: bytes | Any, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a whole, well-framed response; anything but bytes goes as JSON."""
        data = content if isinstance(content, bytes) else to_json(content)
        self.connection.send(compose(status, data, headers))
        self.keep = self.connection.open

    def send(self, data: bytes) -> None:
        """Send bytes as they are; the connection ends with this exchange."""
        self.keep = False
        self.connection.send(data)

    def hang(self, seconds: float | None = None) -> bool:
        """Stay silent; whether the caller is still there afterwards."""
        return self.connection.wait(self.hang_s if seconds is None else seconds)
