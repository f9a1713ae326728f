"""Calls one by one, and by many callers at once. Standard library only, for both environments."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

_LOOPBACK = "127.0.0.1"


def by_turns(works: dict[str, Callable[[], object]], turns: int) -> dict[str, list[float]]:
    """Do each piece of work once, then each once more, and so on.

    Args:
        works: by name, in their order.
        turns: how often each is done.

    Returns:
        Milliseconds of each turn, by name.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(turns):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            times[name].append(1e3 * (time.perf_counter() - start))
    return times


def rate(work: Callable[[], object], callers: int, each: int) -> float:
    """Calls a second when threads call at once.

    Args:
        work: one call.
        callers: threads.
        each: calls of one thread.
    """
    begin = Barrier(callers + 1)

    def caller() -> None:
        begin.wait()
        for _ in range(each):
            work()

    with ThreadPoolExecutor(callers) as pool:
        ended = [pool.submit(caller) for _ in range(callers)]
        begin.wait()
        start = time.perf_counter()
        for one in ended:
            one.result()
        return callers * each / (time.perf_counter() - start)


async def rate_in_loop(work: Callable[[], Awaitable[object]], callers: int, each: int) -> float:
    """Calls a second when tasks of one event loop call at once; see `rate`."""

    async def caller(calls: int) -> None:
        for _ in range(calls):
            await work()

    # The first calls open the connections, as those of the threads were opened before.
    await asyncio.gather(*(caller(1) for _ in range(callers)))
    start = time.perf_counter()
    await asyncio.gather(*(caller(each) for _ in range(callers)))
    return callers * each / (time.perf_counter() - start)


def stay_on_this_machine() -> None:
    """Let this process connect to loopback only; anything else ends in an error."""

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event == "socket.connect":
            _refuse_far(arguments[1])
        elif event == "socket.getaddrinfo":
            _refuse_far(arguments)

    sys.addaudithook(watch)


def _refuse_far(address: object) -> None:
    host = address[0] if isinstance(address, tuple) else address
    if host != _LOOPBACK:
        raise RuntimeError(f"the benchmark stays on this machine, and {host!r} was to be reached")
