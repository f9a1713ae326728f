"""The kernels that notebooks run on."""

import os
from pathlib import Path
from typing import Final

import psutil
from jupyter_client.kernelspec import KernelSpecManager

from peaklib.data.holdout import narrowest
from peaklib.evidence.places import HOLDOUT_VARIABLE, INPUTS_VARIABLE, REPEATER_VARIABLE

KERNEL: Final = "peaklib"
# Always there: the interpreter that runs this very process.
FALLBACK: Final = "python3"


def kernel_name() -> str:
    """The workbench's kernel, or the plain one of this interpreter where it is not installed."""
    return KERNEL if KERNEL in KernelSpecManager().find_kernel_specs() else FALLBACK


def kernel_environment(threads: int, holdout_from: str | None = None) -> dict[str, str]:
    """Environment of a kernel.

    A kernel reads the inputs of another run only while this process repeats that run
    (`inputs_of`): else a shell could hand any answers of models to a run that is new.

    Args:
        threads: how many a grid or a compiled loop may use, so that several kernels
            share the processors.
        holdout_from: date from which on nothing that the notebook loads has rows.
    """
    held = narrowest(holdout_from, os.environ.get(HOLDOUT_VARIABLE))
    passed = {**os.environ}
    repeater = passed.pop(REPEATER_VARIABLE, "")
    if repeater != str(os.getpid()):
        passed.pop(INPUTS_VARIABLE, None)
    return {
        "PYTHONHASHSEED": "0",
        **passed,
        "NUMBA_NUM_THREADS": str(threads),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        **({HOLDOUT_VARIABLE: held} if held else {}),
    }


def stop_kernels() -> int:
    """Kill the kernels that this process has started; returns how many there were.

    For an interrupted batch: the notebooks then end at once, as interrupted.
    """
    stopped = 0
    for child in psutil.Process().children(recursive=True):
        try:
            if any(Path(part).name.startswith("ipykernel") for part in child.cmdline()):
                child.kill()
                stopped += 1
        except psutil.Error:
            continue
    return stopped
