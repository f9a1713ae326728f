"""papermill's engine, with what a kernel prints on its own kept in a file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine
from traitlets.config import Config

# The longest name of a socket that every system takes, less what ZeroMQ puts behind it.
_LONGEST: Final = 90


class LoggedEngine(NBClientEngine):
    """Runs a notebook on a kernel of its own; registered with papermill as `peak`.

    The kernel gets its working folder and environment directly, so that the process
    that runs several notebooks in threads never changes its own.
    """

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        log_output: bool = False,
        *,
        kernel_log: Path,
        kernel_cwd: Path,
        kernel_env: dict[str, str],
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        **_: Any,
    ) -> None:
        """Execute the notebook that `nb_man` holds."""
        with _sockets() as transport, kernel_log.open("ab") as log:
            client = PapermillNotebookClient(
                nb_man,
                kernel_name=kernel_name,
                startup_timeout=start_timeout,
                timeout=execution_timeout,
                log_output=log_output,
                config=transport,
            )
            client.execute(stdout=log, stderr=log, cwd=str(kernel_cwd), env=kernel_env)


@contextmanager
def _sockets() -> Iterator[Config]:
    """How a kernel is talked to: by sockets in a folder of its own, which only this user enters.

    With ports, which Jupyter finds free and lets go before the kernel binds them, a kernel waits
    for its end whenever somebody else was quicker.
    """
    with TemporaryDirectory(prefix="peak-") as folder:
        place = f"{folder}/kernel"
        by_socket = {"transport": "ipc", "ip": place}
        fits = os.name == "posix" and len(os.fsencode(place)) <= _LONGEST
        yield Config({"KernelManager": by_socket if fits else {}})
