"""papermill's engine, with what a kernel prints on its own kept in a file."""

from pathlib import Path
from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine


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
        client = PapermillNotebookClient(
            nb_man,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=execution_timeout,
            log_output=log_output,
        )
        with kernel_log.open("ab") as log:
            client.execute(stdout=log, stderr=log, cwd=str(kernel_cwd), env=kernel_env)
