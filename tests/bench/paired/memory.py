"""Memory of this process in MB (1e6 bytes): now, and at its highest."""

import resource
import sys
from pathlib import Path

import psutil

_STATUS = Path("/proc/self/status")
_REFS = Path("/proc/self/clear_refs")


def resident() -> float:
    """What the process holds now."""
    return float(psutil.Process().memory_info().rss) / 1e6


def peak() -> float:
    """The most that it held since it began, or since `restart_peak`."""
    if _STATUS.exists():
        # Not `ru_maxrss`: on Linux that starts from what the parent process held.
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def restart_peak() -> None:
    """Forget the peak so far; where the system cannot, the old one stays: an upper bound."""
    if _REFS.exists():
        _REFS.write_text("5")
