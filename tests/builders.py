"""Small data sets and a small disk, for the tests of several rooms."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from peaklib.data import Dataset, Panel

MakeBars = Callable[..., Dataset]
MakePanel = Callable[..., Panel]


def on_small_disk(script: Path, task: str, folder: Path) -> list[dict[str, Any]]:
    """Run a script on a file system of 2 MB that no other process sees.

    Args:
        script: is given the task and the folder, and prints lines of JSON.
        task: of the script.
        folder: where the file system is mounted.

    Returns:
        The lines. Where nothing can be mounted, the test is skipped.
    """
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("the tool unshare is not installed")
    options = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    private = [unshare, *options, "sh", "-c"]
    mount = 'mount -t tmpfs -o size=2m tmpfs "$0"'
    trial = subprocess.run([*private, mount, folder], capture_output=True, text=True, check=False)
    if trial.returncode != 0:
        pytest.skip(f"a file system cannot be mounted here: {trial.stderr.strip()}")
    done = subprocess.run(
        [*private, f'{mount} && exec "$@"', folder, sys.executable, script, task, folder],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
