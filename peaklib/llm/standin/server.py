"""The stand-in: an OpenAI-compatible server on loopback, with faults on demand."""

import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from peaklib.errors import DataError, PeakError
from peaklib.llm.standin.asked import Asked, Said, capped, read_asked
from peaklib.llm.standin.bodies import error_body, models_body, pending_body
from peaklib.llm.standin.exchange import Exchange
from peaklib.llm.standin.faults import Fault, find_fault
from peaklib.llm.standin.jobs import Job, Jobs
from peaklib.llm.standin.parrot import parrot
from peaklib.llm.standin.wire import Connection, Wanted, compose, to_json

_HOST: Final = "127.0.0.1"
_PATHS: Final = {"/v1/chat/completions": "chat", "/v1/responses": "responses"}
_JOBS: Final = "/v1/responses/"
_HANG_S: Final = 600.0

Faults = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Served:
    """One request, for whoever watches.

    Args:
        line: method and path.
        model: asked for; empty where none was named.
        did: what the stand-in did: `answered`, a fault, a status.
    """

    line: str
    model: str
    did: str


class StandIn:
    """Serves from entering the context until leaving it; it binds the loopback address only.

    Every request is answered by one function. Tokens are counted by `count_tokens`, the model is
    echoed, an answer over the cap of its request is cut. What is asked of a model that has a fault
    meets the fault instead.

    Args:
        answer: the function; a PeakError of it is replied as 404.
        faults: by model id, the name of a fault for every request, or names for the requests in
            order, after which the model is healthy; `ok` in a list is a healthy turn.
        port: to listen on; 0 takes a free one.
        hang_s: how long a hanging fault stays silent, in seconds.
        polls: how often a background answer is polled for before it is there.
        watch: called after every request, from the thread that served it.

    Raises:
        DataError: no fault has such a name, or the port cannot be had.

    >>> from peaklib.llm.standin import StandIn
    >>> with StandIn(faults={"gpt-5-mini": ["429", "reset"]}) as standin:
    ...     standin.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        answer: Callable[[Asked], Said] = parrot,
        *,
        faults: Faults | None = None,
        port: int = 0,
        hang_s: float = _HANG_S,
        polls: int = 2,
        watch: Callable[[Served], None] | None = None,
    ) -> None:
        self._answer = answer
        self._always: dict[str, Fault | None] = {}
        self._turns: dict[str, deque[Fault | None]] = {}
        for model, names in (faults or {}).items():
            if isinstance(names, str):
                self._always[model] = find_fault(names)
            else:
                self._turns[model] = deque(map(find_fault, names))
        self._port = port
        self._hang_s = hang_s
        self._watch = watch
        self._jobs = Jobs(polls)
        self._lock = threading.Lock()
        self._number = 0
        self._callers: dict[threading.Thread, Connection] = {}
        self._stopping = threading.Event()
        self.seen: list[Asked] = []
        self.strayed = 0

    @property
    def url(self) -> str:
        """Base URL for a client."""
        return f"http://{_HOST}:{self._port}/v1"

    @property
    def cancelled(self) -> tuple[str, ...]:
        """Ids of background answers that a caller cancelled."""
        return self._jobs.cancelled

    def __enter__(self) -> Self:
        self._main = _listen(self._port)
        self._elsewhere = _listen(0)
        self._port = self._main.getsockname()[1]
        self._where = f"http://{_HOST}:{self._elsewhere.getsockname()[1]}/v1"
        self._wake, self._woken = socket.socketpair()
        self._acceptor = threading.Thread(target=self._accept, name="stand-in", daemon=True)
        self._acceptor.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopping.set()
        self._wake.send(b"x")
        self._acceptor.join()
        for end in (self._main, self._elsewhere, self._wake, self._woken):
            end.close()
        with self._lock:
            callers = dict(self._callers)
        for thread, connection in callers.items():
            connection.shut()
            thread.join()

    def _accept(self) -> None:
        with selectors.DefaultSelector() as ready:
            for end in (self._main, self._elsewhere, self._woken):
                ready.register(end, selectors.EVENT_READ)
            while not self._stopping.is_set():
                for key, _ in ready.select():
                    if key.fileobj is not self._woken:
                        self._welcome(key.fileobj is self._elsewhere)

    def _welcome(self, stray: bool) -> None:
        peer, _ = (self._elsewhere if stray else self._main).accept()
        connection = Connection(peer, self._stopping)
        thread = threading.Thread(target=self._serve, args=(connection, stray), daemon=True)
        with self._lock:
            self.strayed += stray
            self._callers[thread] = connection
        thread.start()

    def _serve(self, connection: Connection, stray: bool) -> None:
        try:
            while connection.open and not self._stopping.is_set():
                wanted = connection.read()
                if wanted is None or not self._handle(wanted, connection, stray):
                    return
        except DataError as error:
            _refuse(connection, 400, str(error))
        finally:
            connection.close()
            with self._lock:
                self._callers.pop(threading.current_thread(), None)

    def _handle(self, wanted: Wanted, connection: Connection, stray: bool) -> bool:
        """Answer one request; whether the connection can take another."""
        api = _PATHS.get(wanted.path)
        if wanted.method == "POST" and api is not None:
            asked = read_asked(
                "chat" if api == "chat" else "responses", wanted.headers, wanted.content
            )
            keep, did = self._ask(asked, connection, stray)
            self._tell(wanted, asked.model, did)
        elif wanted.path.startswith(_JOBS):
            keep, did = self._follow(wanted, connection)
            self._tell(wanted, "", did)
        elif wanted.method == "GET" and wanted.path == "/v1/models":
            names = {*self._always, *self._turns, *(asked.model for asked in self.seen)}
            connection.send(compose(200, to_json(models_body(sorted(names)))))
            keep = True
        else:
            keep = _refuse(connection, 404, f"nothing is served at {wanted.method} {wanted.path}")
            self._tell(wanted, "", "404")
        last = wanted.headers.get("connection", "").lower() == "close"
        return keep and connection.open and not last

    def _ask(self, asked: Asked, connection: Connection, stray: bool) -> tuple[bool, str]:
        with self._lock:
            self._number += 1
            number = self._number
            if not stray:
                self.seen.append(asked)
            turns = self._turns.get(asked.model)
            fault = turns.popleft() if turns else self._always.get(asked.model)
        try:
            said = capped(asked, self._answer(asked))
        except PeakError as error:
            return _refuse(connection, 404, str(error)), "404"
        except Exception as error:
            # Whoever wrote the function sees this in the error of the call.
            why = f"the answer function raised {type(error).__name__}: {error}"
            return _refuse(connection, 500, why), "500"
        on = Exchange(asked, said, number, connection, self._hang_s, self._where)
        if stray:
            fault = None
        return self._reply(on, fault)

    def _reply(self, on: Exchange, fault: Fault | None) -> tuple[bool, str]:
        if fault is not None and fault.api not in {"both", on.asked.api}:
            why = f"fault {fault.name} is of the {fault.api} API, the request of the other"
            return _refuse(on.connection, 400, why), "400"
        if fault is not None and (fault.when == "ask" or not on.asked.background):
            fault.act(on)
            return on.keep, f"fault {fault.name}"
        if on.asked.background:
            job = self._jobs.add(on, fault)
            on.reply(200, pending_body(on.asked, on.number, "queued"))
            return on.keep, f"queued as {job.name}"
        on.reply(200, on.content())
        return on.keep, "answered"

    def _follow(self, wanted: Wanted, connection: Connection) -> tuple[bool, str]:
        """A poll or a cancellation of a background answer."""
        name, _, verb = wanted.path.removeprefix(_JOBS).partition("/")
        job = self._jobs.find(name)
        if job is None or (wanted.method, verb) not in {("GET", ""), ("POST", "cancel")}:
            return _refuse(connection, 404, f"there is no answer {name}"), "404"
        if verb:
            connection.send(compose(200, to_json(self._jobs.cancel(job))))
            return True, "cancelled"
        return self._poll(job, connection)

    def _poll(self, job: Job, connection: Connection) -> tuple[bool, str]:
        on = job.exchange
        on.connection, on.keep = connection, False
        if job.fault is not None and job.status != "cancelled":
            job.fault.act(on)
            return on.keep, f"fault {job.fault.name}"
        body = self._jobs.poll(job)
        on.reply(200, body)
        return on.keep, str(body["status"])

    def _tell(self, wanted: Wanted, model: str, did: str) -> None:
        if self._watch is not None:
            self._watch(Served(f"{wanted.method} {wanted.path}", model, did))


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((_HOST, port), backlog=256)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(f"port {port} of this machine cannot be had: {why}; name another") from None


def _refuse(connection: Connection, status: int, message: str) -> bool:
    connection.send(compose(status, to_json(error_body(message, "invalid_request_error"))))
    return connection.open
