"""All measurements of evidence, one after the other, in this process."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from sqlite3 import sqlite_version

from chapters.machine import Machine, file_system_of

from costs import hashing, packs, registry
from costs.hashing import Hashed
from costs.ledger import Appended, Verified, measure_append, measure_verify
from costs.lines import runs, runs_with_grids, short_events
from costs.packs import Packed
from costs.registry import Searched

_LINES = 200_000
_RUNS = 100_000


@dataclass(frozen=True, kw_only=True)
class Measured:
    """All that the chapter is written from.

    Args:
        machine: where.
        file_system: that `fsync` waited for.
        versions: package to version.
        packed: small packs.
        hashed: a large file.
        appended: to a ledger, and to a plain file.
        short, long: ledgers of short events, and of runs with grids.
        plain, with_grids: registries of runs without grids, and with grids.
    """

    machine: Machine
    file_system: str
    versions: Mapping[str, str]
    packed: Packed
    hashed: Hashed
    appended: Appended
    short: Verified
    long: Verified
    plain: Searched
    with_grids: Searched


def measure(folder: Path) -> Measured:
    """Make packs, ledgers and registries, and use them.

    Args:
        folder: an empty one, on the file system that projects are kept on.

    Raises:
        BenchError: something gave a wrong result.
    """
    machine = Machine.here()
    print("small packs ...", flush=True)
    packed = packs.measure(folder / "packs")
    print("a large file ...", flush=True)
    hashed = hashing.measure(folder)
    print("appends beside bare writes ...", flush=True)
    appended = measure_append(folder)
    print(f"ledgers of {_LINES:,} lines ...", flush=True)
    short = measure_verify(folder / "short.jsonl", short_events, _LINES)
    long = measure_verify(folder / "long.jsonl", runs_with_grids, _LINES // 2)
    print(f"registries of {_RUNS:,} runs ...", flush=True)
    return Measured(
        machine=machine,
        file_system=file_system_of(folder),
        versions=_versions(),
        packed=packed,
        hashed=hashed,
        appended=appended,
        short=short,
        long=long,
        plain=registry.measure(folder / "plain", runs, _RUNS),
        with_grids=registry.measure(folder / "with_grids", runs_with_grids, _RUNS),
    )


def _versions() -> dict[str, str]:
    named = ("peaklib", "pyarrow", "pandas", "rfc8785", "pydantic_core")
    found = {name: version(name) for name in named}
    return {"Python": python_version(), **found, "sqlite": sqlite_version}
