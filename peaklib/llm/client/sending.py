"""One request to one service, within one deadline: an answer, or the class of failure."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from peaklib.errors import PolicyViolation
from peaklib.evidence.clock import Clock, utc_now
from peaklib.llm import policy
from peaklib.llm.client import asking, background, chat, classes, reading, responses
from peaklib.llm.client.cleaning import bare, cleaned, without
from peaklib.llm.client.failure import Failure
from peaklib.llm.client.progress import PROGRESS, Progress
from peaklib.llm.client.waiting import retry_after
from peaklib.llm.messages import Answer, Request, ToolCall
from peaklib.llm.roles import Outcome

if TYPE_CHECKING:
    from peaklib.llm.client.exchange import Exchange
    from peaklib.llm.settings import Endpoint, Row

_REDIRECTS: Final = (301, 302, 303, 307, 308)


class Client:
    """Sends requests, one attempt each; whether there is another one is the router's affair.

    It asks the model policy before it opens a connection, and again about the model that a
    reply names. Nothing in the environment but the key that an endpoint names has a say.

    Use it from one event loop.

    Args:
        environ: variables of the environment; keys are read from it at each request.
        max_reply_bytes: a longer reply is refused.
        clock: for services that say until when they want to be left alone.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        max_reply_bytes: int = 4_000_000,
        clock: Clock = utc_now,
    ) -> None:
        self._environ = environ
        self._max_reply_bytes = max_reply_bytes
        self._clock = clock
        self._exchange: Exchange | None = None

    async def send(
        self, row: "Row", endpoint: "Endpoint", request: Request, deadline_s: float
    ) -> Answer:
        """Send a request and read the answer.

        Args:
            row: which model, and by which API.
            endpoint: where it is, and which variable holds the key.
            request: what is asked.
            deadline_s: seconds for everything together, from the connection to the last byte;
                a response that is fetched later is stopped when they are over.

        Raises:
            PolicyViolation: the row, the address, or the model that a reply names is refused.
            Failure: there is no answer; the reason holds neither keys nor the prompt.
        """
        policy.check(row.provider, row.model_id, endpoint.base_url)
        # A failure is raised outside of every `except`: what the SDK raises holds headers.
        found = await self._attempt(row, endpoint, request, deadline_s)
        if isinstance(found, Answer):
            return found
        if isinstance(found, PolicyViolation):
            saw = bare(found.saw, self._key(endpoint), self._environ)
            raise PolicyViolation(found.rule, saw, found.reason)
        raise self._cleaned(found, endpoint, request)

    @property
    def ready(self) -> bool:
        """Whether the SDK is loaded, which takes a second and stops the event loop."""
        return self._exchange is not None

    def prepare(self) -> None:
        """Load the SDK, which takes a second; where it is missing, `send` says so."""
        with suppress(Failure):
            self._open()

    async def aclose(self) -> None:
        """Close all connections."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            await exchange.aclose()

    async def _attempt(
        self, row: "Row", endpoint: "Endpoint", request: Request, deadline_s: float
    ) -> Answer | Failure | PolicyViolation:
        if not deadline_s > 0:
            return Failure(Outcome.TIMEOUT, "no time is left for an attempt", sent=False)
        progress = Progress()
        PROGRESS.set(progress)
        try:
            self._check_key(endpoint)
            body = asking.body(row, request)
            exchange = self._open()
            async with asyncio.timeout(deadline_s):
                return await self._answer(exchange, row, endpoint, body)
        except TimeoutError:
            told = f"no answer within {deadline_s:g} s"
            return Failure(Outcome.TIMEOUT, told, sent=progress.begun)
        except Failure as failure:
            # Nobody there, a name that is not known, no TLS: nothing has gone out.
            failure.sent = progress.begun
            return failure
        except PolicyViolation as problem:
            return problem

    async def _answer(
        self, exchange: "Exchange", row: "Row", endpoint: "Endpoint", body: bytes
    ) -> Answer:
        status = 0

        async def ask(method: str, path: str, body: bytes = b"") -> dict[str, Any]:
            nonlocal status
            raw = await exchange(row, endpoint, method, path, body)
            if isinstance(raw, Failure):
                raise raw
            status = raw.status
            return self._document(raw, row, endpoint)

        reply = await ask("POST", asking.path(row), body)
        if row.api == "responses":
            reply = await background.finished(reply, ask, status)
            answer = responses.answer(reply, status)
        else:
            answer = chat.answer(reply, status)
        return self._bare(answer, row, endpoint)

    def _document(self, raw: reading.Raw, row: "Row", endpoint: "Endpoint") -> dict[str, Any]:
        """The reply as JSON, once its status, its model and its error object allow it."""
        if not raw.good:
            return self._refused(raw, endpoint)
        loaded = self._load(raw, endpoint)
        _check_model(loaded)
        if row.api == "responses" and responses.failed(loaded):
            return dict(loaded)
        return reading.document(loaded, raw.status)

    def _load(self, raw: reading.Raw, endpoint: "Endpoint") -> Any:
        """The reply as JSON without the key, which escapes may have hidden in its bytes."""
        try:
            return without(reading.load(raw), self._key(endpoint))
        except RecursionError:
            raise Failure(Outcome.OUTAGE, "the reply is no JSON", raw.status) from None

    def _bare(self, answer: Answer, row: "Row", endpoint: "Endpoint") -> Answer:
        """The answer without secrets in the names that end up in errors and in the ledger."""
        key = self._key(endpoint)
        calls = tuple(
            ToolCall(bare(c.name, key, self._environ), without(c.arguments, key))
            for c in answer.tool_calls
        )
        events = tuple(bare(event, key, self._environ) for event in answer.tool_events)
        model = answer.model
        if model != row.model_id:
            model = bare(model, key, self._environ)
        return replace(answer, model=model, tool_calls=calls, tool_events=events)

    def _refused(self, raw: reading.Raw, endpoint: "Endpoint") -> dict[str, Any]:
        """Raise what a status means that is not 2xx."""
        try:
            loaded = self._load(raw, endpoint)
        except Failure:
            loaded = None
        _check_model(loaded)
        error = classes.error_object(loaded)
        outcome = classes.by_status(raw.status, error)
        reason = f"{raw.status} {classes.words(outcome)}"
        if raw.status in _REDIRECTS:
            reason = f"{raw.status} redirect, which is not followed"
        if error is not None:
            reason = f"{reason}: {classes.message(error)}"
        raise Failure(outcome, reason, raw.status, retry_after(raw.headers, self._clock))

    def _check_key(self, endpoint: "Endpoint") -> None:
        """Make sure that there is a key before anything is sent."""
        if endpoint.local:
            return
        variable = endpoint.key_variable or "the key's variable"
        key = self._environ.get(variable, "").strip()
        if not key:
            raise Failure(Outcome.AUTH, f"{variable} is not set")
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise Failure(Outcome.AUTH, f"{variable} holds characters that no key has")

    def _cleaned(self, failure: Failure, endpoint: "Endpoint", request: Request) -> Failure:
        return cleaned(failure, self._key(endpoint), self._environ, request)

    def _key(self, endpoint: "Endpoint") -> str:
        """The key that is sent to an endpoint; empty if none is."""
        variable = "" if endpoint.local else endpoint.key_variable or ""
        return self._environ.get(variable, "").strip()

    def _open(self) -> "Exchange":
        """The connections; the SDK is loaded with the first of them."""
        if self._exchange is None:
            try:
                from peaklib.llm.client.exchange import Exchange
            except ModuleNotFoundError as error:
                missing = error.name
            else:
                self._exchange = Exchange(self._environ, self._max_reply_bytes)
                return self._exchange
            raise Failure(
                Outcome.CLIENT_ERROR, f"{missing} is not installed; install peaklib with extra llm"
            )
        return self._exchange


def _check_model(loaded: Any) -> None:
    """Ask the policy about the model that a reply names, be it good or bad."""
    if named := reading.model(loaded):
        policy.check_reply(named)
