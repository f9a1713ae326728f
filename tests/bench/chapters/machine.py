"""What the numbers were measured on."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

_CPUS = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Machine:
    """Processor, system, and how busy they were.

    Args:
        processor: model, as the system names it.
        cores: logical processors that this process may use.
        memory: of the machine, in 1e9 bytes.
        system: operating system and architecture.
        load: mean number of running processes in the minute before the measurement.
    """

    processor: str
    cores: int
    memory: float
    system: str
    load: float

    @classmethod
    def here(cls) -> Self:
        """This machine, now."""
        affinity = getattr(os, "sched_getaffinity", None)
        return cls(
            _processor(),
            len(affinity(0)) if affinity else os.cpu_count() or 1,
            psutil.virtual_memory().total / 1e9,
            f"{platform.system()} {platform.machine()}",
            os.getloadavg()[0],
        )

    def line(self, date: str) -> str:
        """All of it in one line, after the day of the measurement."""
        return (
            f"{date}, {self.processor}, {self.cores} logical processors, {self.memory:.0f} GB, "
            f"{self.system}; load {self.load:.1f} when it began"
        )


def _processor() -> str:
    lines = _CPUS.read_text().splitlines() if _CPUS.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or "unknown processor"


def file_system_of(folder: Path) -> str:
    """Type of the file system that a folder lies on, as the system names it."""
    path = folder.resolve()
    mounts = {Path(mount.mountpoint): mount.fstype for mount in psutil.disk_partitions(all=True)}
    return next((mounts[p] for p in (path, *path.parents) if p in mounts), "unknown file system")
