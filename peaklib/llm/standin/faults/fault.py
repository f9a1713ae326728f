"""What a fault is: a name, what it means, and what it does to the connection."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from peaklib.llm.standin.exchange import Exchange

Act = Callable[[Exchange], None]
When = Literal["ask", "poll"]
Apis = Literal["both", "chat", "responses"]


@dataclass(frozen=True)
class Fault:
    """A way in which a service can fail, or only look odd.

    Args:
        name: to ask for it by.
        meaning: one line, what the server does.
        act: does it.
        group: heading it is listed under.
        when: `ask` acts on the request itself; `poll` lets a background request in and acts
            when its answer is polled for (a request that is not in the background at once).
        api: whose requests it makes sense for.
    """

    name: str
    meaning: str
    act: Act
    group: str = ""
    when: When = "ask"
    api: Apis = "both"
