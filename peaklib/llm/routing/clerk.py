"""Books that are kept for many calls at once: whoever comes while the disk is awaited goes next."""

import asyncio
from collections.abc import Callable, Sequence

from peaklib.llm.books import Closing, Disabled, Ending, Entered, Entry, Opening, Ticket


class Clerk:
    """Takes entries from one event loop to the books, in a thread, as many at a time as wait.

    Args:
        together: makes several entries, see `Books.together`.
    """

    def __init__(self, together: Callable[[Sequence[Entry]], list[Entered]]) -> None:
        self._together = together
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: list[tuple[Entry, asyncio.Future[Entered]]] = []
        self._work: asyncio.Task[None] | None = None

    async def open(self, entry: Opening) -> Ticket | Disabled:
        """Have an attempt opened; see `Books.open`.

        Returns:
            Its ticket, or why nobody may ask the service.

        Raises:
            PeakError: as `Books.open` says.
        """
        entered = await self._enter(entry)
        if isinstance(entered, Ticket | Disabled):
            return entered
        raise TypeError(f"an opening gave {type(entered).__name__}")

    async def close(self, entry: Closing) -> Ending:
        """Have an attempt closed; see `Books.close`.

        Raises:
            PeakError: as `Books.close` says.
        """
        entered = await self._enter(entry)
        if isinstance(entered, Ending):
            return entered
        raise TypeError(f"a closing gave {type(entered).__name__}")

    async def _enter(self, entry: Entry) -> Ticket | Disabled | Ending:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # A fork copies what waits in the loop of its parent, which goes on with it.
            self._loop, self._waiting, self._work = loop, [], None
        future: asyncio.Future[Entered] = loop.create_future()
        self._waiting.append((entry, future))
        if self._work is None:
            self._work = loop.create_task(self._until_nobody_waits())
        entered = await future
        if isinstance(entered, Exception):
            raise entered
        return entered

    async def _until_nobody_waits(self) -> None:
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                # Nobody sends what was given up; but what was sent has to be closed.
                taken = [one for one in waiting if not _given_up(*one)]
                if taken:
                    await self._take(taken)
        finally:
            self._work = None

    async def _take(self, taken: Sequence[tuple[Entry, asyncio.Future[Entered]]]) -> None:
        try:
            entered = await asyncio.to_thread(self._together, [entry for entry, _ in taken])
        except BaseException as problem:
            for _, future in taken:
                if not future.done():
                    future.set_exception(problem)
            raise
        for (_, future), result in zip(taken, entered, strict=True):
            if not future.done():
                future.set_result(result)


def _given_up(entry: Entry, future: "asyncio.Future[Entered]") -> bool:
    return isinstance(entry, Opening) and future.cancelled()
