"""One way to ask a model: by layer and role, under policy and budget, all of it on record."""

import asyncio
import os
import re
import secrets
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date
from pathlib import Path
from typing import Any, Final, Self

from peaklib.errors import ConfigError, PolicyViolation
from peaklib.evidence.clock import Clock, utc_now
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.evidence.places import runs_folder
from peaklib.llm.books import Refusal
from peaklib.llm.messages import Message, Request
from peaklib.llm.roles import Outcome
from peaklib.llm.routing.call import Call
from peaklib.llm.routing.desk import Desk
from peaklib.llm.routing.loop import LoopThread
from peaklib.llm.routing.reply import Reply
from peaklib.llm.routing.validation import check_schema
from peaklib.llm.routing.walk import Walk
from peaklib.llm.settings import Limit, Row, Settings, load_settings

PROFILE: Final = "AI_PROFILE"
"""Variable that names the profile: `dev`, or `prod`, where only verified models are asked."""
_RUN_ID: Final = re.compile(r"[!-~]{1,100}")
FOLDER: Final = "llm"
"""Folder below the runs that holds the state of calls and their log."""


class Router:
    """Asks the models of the matrix; one object serves any number of threads.

    Nothing is asked unless `AI_ENABLED` is set, and neither a critic nor the layer of critics
    unless `AI_ARMED` is, too. Both are asked again before each attempt.

    Args:
        settings: of `configs/ai`.
        environ: variables of the environment; switches and keys are read from it at each call.
        runs: folder of runs, whose ledger takes the lines; the project's by default.
        phase: of the project: `research`, `shadow` or `testnet`.
        clock: of the ledger and of budgets that count a day.
        monotonic: seconds that only grow, for deadlines and pauses.
        store_prompts: keep what was asked under `runs/llm/prompts`, secrets redacted; by default
            only its hash is kept.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        environ: Mapping[str, str] | None = None,
        runs: Path | None = None,
        phase: str = "research",
        clock: Clock = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        store_prompts: bool = False,
    ) -> None:
        self.settings = settings
        self.phase = phase
        self.runs = runs or runs_folder()
        self._loop = LoopThread()
        self._desk = Desk.open(
            settings,
            environ=os.environ if environ is None else environ,
            runs=self.runs,
            folder=FOLDER,
            clock=clock,
            monotonic=monotonic,
            store_prompts=store_prompts,
        )
        # One that nobody closes leaves neither thread nor connection behind.
        left = weakref.finalize(self, self._loop.abandon, self._desk.client.aclose)
        left.atexit = False

    @classmethod
    def of_project(cls, **options: Any) -> Self:
        """A router over the project's `configs/ai`, in the profile that `AI_PROFILE` names.

        Args:
            options: of the constructor.

        Raises:
            ConfigError: a file under `configs/ai`, or the profile, is wrong.
            PolicyViolation: the matrix names a model that the policy refuses.
        """
        environ = options.get("environ")
        environ = os.environ if environ is None else environ
        settings = load_settings(profile=profile_of(environ), today=today(utc_now))
        return cls(settings, **options)

    def call(
        self,
        layer: str,
        role: str,
        messages: Sequence[Message],
        *,
        tools: Sequence[Mapping[str, Any]] | None = None,
        response_schema: Mapping[str, Any] | None = None,
        run_id: str,
        prompt_version: str,
        budget: Limit | None = None,
    ) -> Reply:
        """Ask the model that serves a layer, or the ones that stand in for it.

        Args:
            layer: `L0` … `L4`.
            role: `primary` or `critic`.
            messages: in order, each with `role` and `content`.
            tools: functions that the model may ask for.
            response_schema: JSON schema of the answer.
            run_id: run that the call belongs to.
            prompt_version: name of the prompt, for the ledger.
            budget: limits of this call besides those of layer, run and phase.

        Returns:
            The first answer that passed all checks.

        Raises:
            SwitchedOffError: models, escalation or the row are switched off.
            PolicyViolation: a rule refused the row, or the model that a reply named.
            BudgetError: a budget has too little left, or there is no price.
            ProviderError: no service answered.
            GuardrailError: a reply broke its schema or named another model.
            ConfigError: no such layer, role or schema, or no id of a run.
            EvidenceError: the attempt could not be put on record; then nothing was sent.
        """
        work = self._route(
            layer,
            role,
            [_copied(message) for message in messages],
            [_copied(tool) for tool in tools or ()],
            _copied(response_schema),
            run_id,
            prompt_version,
            budget,
        )
        future = self._loop.submit(work)
        try:
            return future.result()
        except BaseException:
            # A Ctrl-C in the caller's thread ends the request, too.
            future.cancel()
            raise

    async def acall(
        self,
        layer: str,
        role: str,
        messages: Sequence[Message],
        *,
        tools: Sequence[Mapping[str, Any]] | None = None,
        response_schema: Mapping[str, Any] | None = None,
        run_id: str,
        prompt_version: str,
        budget: Limit | None = None,
    ) -> Reply:
        """What `call` does, for a caller in an event loop; it may be cancelled."""
        work = self._route(
            layer,
            role,
            [_copied(message) for message in messages],
            [_copied(tool) for tool in tools or ()],
            _copied(response_schema),
            run_id,
            prompt_version,
            budget,
        )
        return await asyncio.wrap_future(self._loop.submit(work))

    def close(self) -> None:
        """End what is under way and close the connections."""
        self._loop.submit(self._desk.client.aclose()).result()
        self._loop.stop()
        self._desk.books.shut()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    @property
    def ledger(self) -> Ledger:
        """Where the lines of the calls are."""
        return self._desk.books.ledger

    @property
    def metrics(self) -> Any:
        """Counts of this router's calls, see `peaklib.observability.CallMetrics`."""
        return self._desk.metrics

    async def _route(
        self,
        layer: str,
        role: str,
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]],
        response_schema: Mapping[str, Any] | None,
        run_id: str,
        prompt_version: str,
        budget: Limit | None,
    ) -> Reply:
        if not _RUN_ID.fullmatch(run_id):
            told = f"{run_id[:100]!a} is no id of a run: 1 to 100 printable letters of ASCII"
            raise ConfigError("run_id", [f"{told}, no blanks"])
        if response_schema is not None:
            check_schema(response_schema)
        call_id = secrets.token_hex(8)
        chain = await self._chain(layer, role, call_id, run_id, prompt_version)
        # The layer that serves: a critic may be another layer's service, and uses its budget.
        serving = chain[0].layer
        request = Request(messages, self.settings.call_tokens(serving), tools, response_schema)
        limits = self._limits(serving, run_id)
        usual_s = min(limit.deadline_s for limit in limits.values())
        if budget is not None:
            limits[f"call {call_id}"] = budget
        call = Call(
            call_id,
            run_id,
            self.phase,
            layer,
            role,
            chain,
            prompt_version,
            request,
            request.digest(),
            limits,
            min(limit.deadline_s for limit in limits.values()),
            budget is not None and budget.deadline_s < usual_s,
        )
        return await Walk(call, self._desk).run()

    async def _chain(
        self, layer: str, role: str, call_id: str, run_id: str, prompt_version: str
    ) -> tuple[Row, ...]:
        """Rows of the matrix; whoever asks for a layer without models is put on record."""
        try:
            return self.settings.chain(layer, role)
        except PolicyViolation as violation:
            refusal = Refusal(
                call_id,
                1,
                run_id,
                layer,
                role,
                Outcome.DENIED,
                str(violation),
                self.phase,
                prompt_version=prompt_version,
                policy_digest=self.settings.policy_digest,
                matrix_digest=self.settings.matrix_digest,
            )
            self._desk.metrics.alert("policy")
            await self._desk.aside(self._desk.books.refuse, refusal)
            raise

    def _limits(self, layer: str, run_id: str) -> dict[str, Limit]:
        """Limits by the name of what they limit."""
        names = {
            "layer": f"layer {run_id} {layer}",
            "run": f"run {run_id}",
            "phase": f"phase {self.phase} {self._desk.today()}",
        }
        limits = self.settings.limits(layer, self.phase)
        return {names[kind]: limit for kind, limit in limits.items()}


def _copied(value: Any) -> Any:
    """Plain values that the caller cannot change while the call is under way."""
    match value:
        case Mapping():
            return {name: _copied(item) for name, item in value.items()}
        case list() | tuple():
            return [_copied(item) for item in value]
    return value


def profile_of(environ: Mapping[str, str]) -> Any:
    """The profile that the environment names; `dev` if it names none.

    Raises:
        ConfigError: it names another one.
    """
    named = environ.get(PROFILE, "dev")
    if named not in ("dev", "prod"):
        raise ConfigError(PROFILE, [f"no profile {named[:20]!r}; there are dev and prod"])
    return named


def today(clock: Clock) -> date:
    """The day in UTC, by a clock."""
    return clock().astimezone(UTC).date()
