"""Nights, cells and a receiver of posts, for the tests of nights."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from peaklib.evidence import RunSpec, SealedRun, create_run
from peaklib.sweep import Plan, Progress
from peaklib.sweep.nightly.config import NightConfig
from peaklib.sweep.nightly.previous import KIND
from peaklib.sweep.nightly.record import CellRecord, save_cells

VARIABLE = "NIGHT_SECRET"
SECRET = "-".join(["only", "for", "tests", "0123456789"])


def cell(name: str = "a", sweep: str = "s", **changes: Any) -> CellRecord:
    """A finished cell with four metrics."""
    plain: dict[str, Any] = {
        "state": "done",
        "run_id": f"run-{name}",
        "root": "0" * 64,
        "content": "c" * 64,
        "key": "k" * 64,
        "n_trials": 3,
        "measured": "night-1",
        "metrics": {"best_sharpe": 0.5, "hold_sharpe": 0.3, "hold_cagr": 0.05, "hold_vol": None},
        "inputs": {"data sp500": "d" * 64},
    }
    return CellRecord(sweep, name, **{**plain, **changes})


def cells(*listed: CellRecord) -> dict[tuple[str, str], CellRecord]:
    return {one.id: one for one in listed}


def write_night(
    runs: Path, *listed: CellRecord, name: str = "nightly", status: str = "completed"
) -> SealedRun:
    """Publish the run of a night that found these cells."""
    run = create_run(RunSpec(KIND, {"night": name}), runs=runs)
    save_cells(run, cells(*listed))
    return run.seal(status)


def config(**keys: Any) -> NightConfig:
    return NightConfig.model_validate({"sweeps": ["configs/sweeps/none.toml"], **keys})


@contextmanager
def unwatched(plan: Plan) -> Iterator[Callable[[Progress], None]]:
    def listen(progress: Progress) -> None: ...

    yield listen


@dataclass
class Receiver:
    """What a local server was sent, and what it answers, in order; then 200.

    Args:
        answers: statuses; a negative number waits so many seconds before it answers 200.
        posts: path, headers and body of each request.
    """

    answers: list[float]
    url: str = ""
    posts: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)


@contextmanager
def receiving(*answers: float) -> Iterator[Receiver]:
    """A real HTTP server on this machine, for as long as the block lasts."""
    told = Receiver([*answers])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.posts.append((self.path, dict(self.headers), body))
            status = told.answers.pop(0) if told.answers else 200
            if status < 0:
                time.sleep(-status)
                status = 200
            self.send_response(int(status))
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def handle(self) -> None:
            # A client that went away is what some tests are about.
            try:
                super().handle()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}/hook/path-0f3a"
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
