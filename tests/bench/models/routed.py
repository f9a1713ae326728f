"""The commands of a side: routed calls and bare ones, by turns, in one process."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from paired.worker import Command

from models.asking import CALLERS
from models.bare import Bare
from models.calls import by_turns, rate, rate_in_loop
from models.weight import weight


class Routed:
    """A router beside the bare SDK.

    Args:
        call: one routed call.
        acall: the same, for an event loop.
        aclose: closes what calls in an event loop have opened.
        bare: the SDK.
        beside: other work that takes its turn when one caller calls.
    """

    def __init__(
        self,
        call: Callable[[], object],
        acall: Callable[[], Coroutine[Any, Any, object]],
        aclose: Callable[[], Coroutine[Any, Any, object]],
        bare: Bare,
        beside: Mapping[str, Callable[[], object]],
    ) -> None:
        self._call = call
        self._acall = acall
        self._aclose = aclose
        self._bare = bare
        self._beside = beside

    def one(self, turns: str) -> dict[str, list[float]]:
        """Milliseconds of each turn of one caller: `routed`, `bare` and what goes beside."""
        works = {"routed": self._call, "bare": self._bare.call, **self._beside}
        return by_turns(works, int(turns))

    def many(self, each: str) -> dict[str, dict[str, float]]:
        """Calls a second of many callers, in threads and in an event loop."""
        calls = int(each)
        return {
            "routed": {
                "threads": rate(self._call, CALLERS, calls),
                "loop": asyncio.run(self._in_loop(calls)),
            },
            "bare": self._bare.rates(calls),
        }

    async def _in_loop(self, each: int) -> float:
        try:
            return await rate_in_loop(self._acall, CALLERS, each)
        finally:
            await self._aclose()

    def commands(self) -> Mapping[str, Command]:
        """By name."""
        return {"one": self.one, "many": self.many, "weight": weight}
