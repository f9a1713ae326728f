"""An event loop in a thread of its own, for callers that have none or are inside of another."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Runs coroutines; it starts on first use, and anew in a forked process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._owner = os.getpid()

    def submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Start a coroutine in the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._running())

    def stop(self) -> None:
        """End the loop; work that is under way is cancelled."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None and self._owner == os.getpid():
            asyncio.run_coroutine_threadsafe(_cancel_others(), loop).result()
            loop.call_soon_threadsafe(loop.stop)

    def abandon(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """End the loop after some last work, and wait for nothing: any thread may call this."""
        loop, self._loop = self._loop, None
        if loop is not None and self._owner == os.getpid():
            asyncio.run_coroutine_threadsafe(_end(last), loop)

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._owner != os.getpid():
            # A fork copies the lock and the loop, but not the thread that served them.
            self._lock, self._loop, self._owner = Lock(), None, os.getpid()
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                Thread(target=_serve, args=(self._loop,), name="peaklib-llm", daemon=True).start()
            return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


async def _end(last: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        await _cancel_others()
        await last()
    finally:
        asyncio.get_running_loop().stop()


async def _cancel_others() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
