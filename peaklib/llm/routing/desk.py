"""What a router works with: settings, books, client, pauses, counts and the log of calls."""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from peaklib.evidence.canonical import to_json
from peaklib.evidence.clock import Clock
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.evidence.redaction.secrets import Secrets
from peaklib.llm.books import Books
from peaklib.llm.client import Client
from peaklib.llm.messages import Request
from peaklib.llm.routing.clerk import Clerk
from peaklib.llm.routing.cooldown import Cooldowns
from peaklib.llm.settings import Settings
from peaklib.observability import CallMetrics, call_log

if TYPE_CHECKING:
    from peaklib.observability import CallLog

T = TypeVar("T")
LOG: Final = "calls.jsonl"
"""Name of the log of calls in the router's folder."""
PROMPTS: Final = "prompts"


@dataclass(frozen=True)
class Desk:
    """Everything that the calls of one router share.

    Args:
        settings: of `configs/ai`.
        environ: switches and keys, read again at each call.
        folder: of state, log and stored prompts.
        books: budgets and ledger.
        client: of HTTP.
        cooldowns: pauses of services.
        clock: of the ledger, of days and of sunsets.
        monotonic: seconds that only grow.
        store_prompts: whether what is asked is kept.
    """

    settings: Settings
    environ: Mapping[str, str]
    folder: Path
    books: Books
    client: Client
    cooldowns: Cooldowns
    clock: Clock
    monotonic: Callable[[], float]
    store_prompts: bool

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        environ: Mapping[str, str],
        runs: Path,
        folder: str,
        clock: Clock,
        monotonic: Callable[[], float],
        store_prompts: bool,
    ) -> Self:
        """A desk over a folder of runs; nothing is written before the first call."""
        place = runs / folder
        return cls(
            settings,
            environ,
            place,
            Books(place, Ledger(runs / "ledger.jsonl", clock), clock),
            Client(environ, clock=clock),
            Cooldowns(monotonic),
            clock,
            monotonic,
            store_prompts,
        )

    @cached_property
    def metrics(self) -> CallMetrics:
        """Counts of the calls; only services of the matrix have labels of their own."""
        rows = self.settings.matrix.rows
        return CallMetrics(sorted({(row.provider, row.model_id) for row in rows}))

    @cached_property
    def log(self) -> "CallLog":
        """One line a call."""
        self.folder.mkdir(parents=True, exist_ok=True)
        hidden = Secrets.known(self.environ)
        return call_log(self.folder / LOG, clock=self.clock, redact=hidden.text)

    @cached_property
    def clerk(self) -> Clerk:
        """Keeps the books for all calls that are under way."""
        return Clerk(self.books.together)

    async def aside(self, work: Callable[..., T], *arguments: Any) -> T:
        """Do what waits for the disk in another thread, so that other calls go on."""
        return await asyncio.to_thread(work, *arguments)

    def today(self) -> date:
        """The day in UTC."""
        return self.clock().astimezone(UTC).date()

    def keep_prompt(self, request: Request, request_hash: str) -> None:
        """Store what is asked by its hash, secrets redacted, where that is switched on."""
        if not self.store_prompts:
            return
        folder = self.folder / PROMPTS
        folder.mkdir(parents=True, exist_ok=True)
        content: dict[str, Any] = {
            "messages": list(request.messages),
            "tools": list(request.tools),
            "response_schema": request.response_schema,
        }
        clean = Secrets.known(self.environ).value(content)
        part = folder / f"{request_hash}.{os.getpid()}.part"
        part.write_bytes(to_json(clean))
        part.replace(folder / f"{request_hash}.json")
