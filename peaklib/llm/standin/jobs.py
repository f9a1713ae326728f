"""Answers of the responses API that are made in the background and polled for."""

import threading
from dataclasses import dataclass
from typing import Any

from peaklib.llm.standin.bodies import pending_body
from peaklib.llm.standin.exchange import Exchange
from peaklib.llm.standin.faults.fault import Fault


@dataclass
class Job:
    """One answer in the making.

    Args:
        name: its id.
        exchange: the request; its connection is the one that asked last.
        fault: what happens when it is polled for.
        status: `queued`, `in_progress`, `completed` or `cancelled`.
        polls: how often it was polled for.
    """

    name: str
    exchange: Exchange
    fault: Fault | None
    status: str = "queued"
    polls: int = 0


class Jobs:
    """All of a server.

    Args:
        polls: after how many polls an answer is there.
    """

    def __init__(self, polls: int) -> None:
        self._needed = polls
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def add(self, exchange: Exchange, fault: Fault | None) -> Job:
        """Begin one."""
        job = Job(f"resp_{exchange.number}", exchange, fault)
        with self._lock:
            self._jobs[job.name] = job
        return job

    def find(self, name: str) -> Job | None:
        """The one of an id."""
        return self._jobs.get(name)

    def poll(self, job: Job) -> dict[str, Any]:
        """What it looks like now; asking brings it on."""
        with self._lock:
            job.polls += 1
            if job.status != "cancelled":
                job.status = "completed" if job.polls >= self._needed else "in_progress"
        return self._body(job)

    def cancel(self, job: Job) -> dict[str, Any]:
        """Stop it, unless it is done."""
        with self._lock:
            if job.status != "completed":
                job.status = "cancelled"
        return self._body(job)

    @property
    def cancelled(self) -> tuple[str, ...]:
        """Ids of those that were stopped, in order of their requests."""
        return tuple(name for name, job in self._jobs.items() if job.status == "cancelled")

    def _body(self, job: Job) -> dict[str, Any]:
        on = job.exchange
        if job.status == "completed":
            return on.body()
        return pending_body(on.asked, on.number, job.status)
