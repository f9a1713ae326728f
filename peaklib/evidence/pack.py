"""Opening, sealing and reading the folder of one run."""

import json
import logging
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import to_json
from peaklib.evidence.environment import code, environment
from peaklib.evidence.files import SUMS, files_below, sha256_of, write_sums
from peaklib.evidence.places import runs_folder
from peaklib.evidence.run import DATASETS, METRICS, NOTES, TRIALS, Input, Run

SCHEMA: Final = "peak-run/1"
RECORD: Final = "run.json"
STAGING: Final = ".staging"

_LOG: Final = logging.getLogger(__name__)

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time; everything that needs one takes a clock and has this as its default."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class RunSpec:
    """What is known of a run before it starts.

    Args:
        kind: such as `sweep_cell`, `report`, `interactive`.
        config: plain values that decided what was done.
        seed: of all random numbers.
        family: trials are counted by family; by default strategy and instrument.
        parent: run that this one belongs to.
        key: digest of inputs, config, seed and code; equal keys mean equal results.
    """

    kind: str
    config: Mapping[str, Any]
    seed: int = 0
    family: str | None = None
    parent: str | None = None
    key: str | None = None


class OpenRun(Run):
    """A run that this process owns and will seal."""

    def __init__(self, run_id: str, spec: RunSpec, runs: Path, clock: Clock) -> None:
        self.run_id = run_id
        self.spec = spec
        self._runs = runs
        self._clock = clock
        self._start = clock()
        super().__init__(runs / STAGING / run_id)

    def seal(self, status: str = "completed", error: str | None = None) -> "SealedRun":
        """Write the record and the sums, and publish the folder under its name.

        Args:
            status: `completed`, `failed` or `interrupted`.
            error: what went wrong.

        Raises:
            EvidenceError: a run of this id is published already.
        """
        staging, final = self._staging(), self._runs / self.run_id
        self._write_inputs()
        record = self._record(status, error)
        (staging / RECORD).write_bytes(to_json(record))
        root = write_sums(staging)
        try:
            os.rename(staging, final)
        except OSError as problem:
            raise EvidenceError(
                f"run {self.run_id} cannot be published as {final}: {problem.strerror}; what it "
                f"wrote is kept in {staging}"
            ) from problem
        return SealedRun(self.run_id, final, root)

    def _staging(self) -> Path:
        return self._runs / STAGING / self.run_id

    def _write_inputs(self) -> None:
        self._write("inputs/config.json", dict(self.spec.config))
        self._write("inputs/environment.json", environment())
        self._write("inputs/code.json", code())

    def _record(self, status: str, error: str | None) -> dict[str, Any]:
        outputs = [
            {"path": name, "sha256": sha256_of(path), "bytes": path.stat().st_size}
            for name, path in files_below(self._staging())
        ]
        machine = environment()
        return {
            "schema": SCHEMA,
            "run_id": self.run_id,
            "kind": self.spec.kind,
            "family": self.spec.family,
            "parent": self.spec.parent,
            "key": self.spec.key,
            "status": status,
            "error": error,
            "start": self._start.isoformat(),
            "end": self._clock().isoformat(),
            "seed": self.spec.seed,
            "config": dict(self.spec.config),
            "inputs": self._read(DATASETS, []),
            "environment": {k: machine[k] for k in ("python", "platform", "lock_sha256")},
            "code": code(),
            "metrics": self._read(METRICS, {}),
            "trials": self._read(TRIALS, []),
            "notes": self._read(NOTES, []),
            "files": outputs,
        }


@dataclass(frozen=True)
class SealedRun:
    """A published run.

    Args:
        run_id: its name.
        folder: where it lies.
        root: SHA-256 of its `SHA256SUMS`.
    """

    run_id: str
    folder: Path
    root: str

    def record(self) -> dict[str, Any]:
        """The contents of `run.json`.

        Raises:
            EvidenceError: it cannot be read.
        """
        try:
            content: dict[str, Any] = json.loads((self.folder / RECORD).read_bytes())
        except (OSError, ValueError) as error:
            raise EvidenceError(f"run {self.run_id}: {RECORD} cannot be read: {error}") from None
        return content

    def table(self, name: str) -> Path:
        """Path of a table.

        Raises:
            EvidenceError: the run has no such table.
        """
        path = self.folder / "outputs" / "tables" / f"{name}.parquet"
        if not path.is_file():
            raise EvidenceError(f"run {self.run_id} has no table {name!r} ({path})")
        return path


def create_run(spec: RunSpec, *, runs: Path | None = None, clock: Clock = utc_now) -> OpenRun:
    """Open a run in a staging folder of its own.

    Ids are the time and a random part; a folder that exists is never used again, also
    between processes that start in the same second.

    Raises:
        EvidenceError: the folder of runs cannot be written.
    """
    root = runs or runs_folder()
    try:
        (root / STAGING).mkdir(parents=True, exist_ok=True)
        while True:
            run_id = f"{clock():%Y%m%d_%H%M%S}_{secrets.token_hex(3)}"
            if not (root / run_id).exists():
                try:
                    (root / STAGING / run_id).mkdir()
                except FileExistsError:
                    continue
                return OpenRun(run_id, spec, root, clock)
    except OSError as problem:
        raise EvidenceError(
            f"cannot write runs to {root}: {problem.strerror}; check the folder's rights and the "
            "space on its disk, or name another project by PEAK_HOME"
        ) from problem


@contextmanager
def start_run(
    *,
    kind: str,
    config: Mapping[str, Any],
    seed: int = 0,
    inputs: tuple[Input, ...] | list[Input] = (),
    family: str | None = None,
    parent: str | None = None,
    runs: Path | None = None,
    clock: Clock = utc_now,
) -> Iterator[OpenRun]:
    """A run around a block of code; it is published when the block ends, failed or not.

    >>> with start_run(kind="interactive", config={}) as run:  # doctest: +SKIP
    ...     run.log_metric("sharpe", 0.5)
    """
    spec = RunSpec(kind, config, seed, family, parent)
    run = create_run(spec, runs=runs, clock=clock)
    try:
        for dataset in inputs:
            run.use(dataset)
        yield run
    except KeyboardInterrupt:
        run.seal("interrupted", "KeyboardInterrupt")
        raise
    except BaseException as error:
        run.seal("failed", f"{type(error).__name__}: {error}")
        raise
    run.seal()


def open_run(run_id: str, *, runs: Path | None = None) -> SealedRun:
    """A published run by its id.

    Raises:
        EvidenceError: there is none of that id.
    """
    folder = (runs or runs_folder()) / run_id
    if not (folder / RECORD).is_file():
        raise EvidenceError(f"no run {run_id!r} in {folder.parent}; it was never published here")
    if not (folder / SUMS).is_file():
        raise EvidenceError(f"run {run_id} has lost its {SUMS}; it cannot be vouched for")
    return SealedRun(run_id, folder, sha256_of(folder / SUMS))


def published(runs: Path | None = None) -> Iterator[tuple[SealedRun, dict[str, Any]]]:
    """All published runs with their records, newest first.

    A damaged run is left out, and a warning is logged that names it.
    """
    root = runs or runs_folder()
    for path in sorted(root.glob(f"[0-9]*/{RECORD}"), reverse=True):
        try:
            run = open_run(path.parent.name, runs=root)
            yield run, run.record()
        except EvidenceError as error:
            _LOG.warning("left out: %s", error)
