"""Opening a run, and sealing it into a pack that appears by one rename."""

import fcntl
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from weakref import finalize

from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import to_json
from peaklib.evidence.clock import Clock, utc_now
from peaklib.evidence.content.digest import content_of
from peaklib.evidence.environment import calling_script, code, environment
from peaklib.evidence.files import SUMS, entries_below, files_below, sha256_of, write_sums
from peaklib.evidence.ledger.file import sync_folder
from peaklib.evidence.order import key_order
from peaklib.evidence.pack import CRATE, RECORD, SCHEMA, STAGING, SealedRun
from peaklib.evidence.places import runs_folder
from peaklib.evidence.publication import publication
from peaklib.evidence.redaction.secrets import Secrets
from peaklib.evidence.registry.leftovers import lock_of
from peaklib.evidence.registry.registry import Registry
from peaklib.evidence.rocrate import FileEntry, metadata
from peaklib.evidence.run import DATASETS, METRICS, NOTES, PART, TRIALS, Input, Run

_SEAL: Final = (RECORD, CRATE, SUMS)
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
# Whole numbers beyond are not exact in JSON.
_LARGEST_SEED: Final = 2**53 - 1


class _TakenError(EvidenceError):
    """The id of a run is in use."""


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
        sources: further code that the result depends on, name to SHA-256.
    """

    kind: str
    config: Mapping[str, Any]
    seed: int = 0
    family: str | None = None
    parent: str | None = None
    key: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _KIND.fullmatch(str(self.kind)):
            raise EvidenceError(
                f"kind = {self.kind!r} is no kind of run; use up to 32 lower case letters, digits "
                "and _, such as 'interactive'"
            )
        if type(self.seed) is not int or abs(self.seed) > _LARGEST_SEED:
            raise EvidenceError(
                f"seed = {self.seed!r} is no seed; use a whole number up to {_LARGEST_SEED:,}"
            )


class OpenRun(Run):
    """A run that this process owns and will seal.

    Raises:
        EvidenceError: another process owns the run of that id.
    """

    def __init__(self, run_id: str, spec: RunSpec, registry: Registry, clock: Clock) -> None:
        self.run_id = run_id
        self.spec = spec
        self._registry = registry
        self._clock = clock
        self._start = clock()
        lock = _owned(lock_of(registry.runs, run_id))
        self._release = finalize(self, os.close, lock)
        super().__init__(registry.runs / STAGING / run_id)

    def seal(self, status: str = "completed", error: str | None = None) -> SealedRun:
        """Write the record and the sums, publish the folder under its name, tell the ledger.

        Args:
            status: `completed`, `failed` or `interrupted`.
            error: what went wrong.

        Raises:
            EvidenceError: the pack cannot be written, or an output holds a secret: what the run
                wrote is kept in its staging folder, and sealing may be tried again. Or the pack
                lies in its place, and its line in the ledger cannot be written.
        """
        staging, final = self._staging(), self._registry.runs / self.run_id
        if not staging.is_dir():
            raise EvidenceError(f"run {self.run_id} is sealed, or its folder {staging} was removed")
        try:
            root, record = self._write_pack(staging, status, error)
            os.rename(staging, final)
        except (OSError, EvidenceError) as problem:
            raise EvidenceError(
                f"run {self.run_id} cannot be published as {final}: "
                f"{getattr(problem, 'strerror', None) or problem}; what it wrote is kept in "
                f"{staging}"
            ) from problem
        self._tell_ledger(publication(record, root))
        return SealedRun(self.run_id, final, root)

    def _tell_ledger(self, line: Mapping[str, Any]) -> None:
        runs = self._registry.runs
        try:
            sync_folder(runs)
            self._registry.record_publication(line)
        except (OSError, EvidenceError) as problem:
            # Nobody will add to the pack any more: another process may publish it.
            self._release()
            raise EvidenceError(
                f"run {self.run_id} lies complete in {runs / self.run_id}, but the ledger has no "
                f"line for it: {problem}. Later, `peak runs recover` publishes it"
            ) from problem
        with suppress(OSError):
            lock_of(runs, self.run_id).unlink()
        self._release()

    def _write_pack(
        self, staging: Path, status: str, error: str | None
    ) -> tuple[str, dict[str, Any]]:
        # Left by a kernel that was killed, or by sealing that failed and is tried again.
        for stale in (*staging.rglob(f"*{PART}"), *(staging / name for name in _SEAL)):
            stale.unlink(missing_ok=True)
        secrets_ = Secrets.known(os.environ, self.spec.config)
        self._write_inputs(secrets_)
        secrets_.files(staging)
        record = secrets_.value(self._record(status, error))
        files = [_entry(name, path) for name, path in files_below(staging)]
        record["files"] = [entry._asdict() for entry in files]
        self._write(RECORD, record)
        files.append(_entry(RECORD, staging / RECORD))
        self._write(CRATE, metadata(record, files))
        root = write_sums(staging, {entry.path: entry.sha256 for entry in files})
        _sync(staging)
        return root, record

    def _staging(self) -> Path:
        return self._registry.runs / STAGING / self.run_id

    def _write_inputs(self, hidden: Secrets) -> None:
        self._write("inputs/config.json", hidden.value(dict(self.spec.config)))
        self._write("inputs/environment.json", environment())
        self._write("inputs/code.json", self._code())

    def _code(self) -> dict[str, Any]:
        trials = self._read(TRIALS, [])
        rules = {f"strategy {grid['strategy']}": grid["code"] for grid in trials if grid["code"]}
        return {**code(), "sources": {**rules, **self.spec.sources}}

    def _record(self, status: str, error: str | None) -> dict[str, Any]:
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
            "config_order": key_order(self.spec.config),
            "inputs": self._read(DATASETS, []),
            "environment": {k: machine[k] for k in ("python", "platform", "lock_sha256")},
            "code": self._code(),
            "metrics": self._read(METRICS, {}),
            "trials": [self._with_family(trials) for trials in self._read(TRIALS, [])],
            "notes": self._read(NOTES, []),
            "content": content_of(self._staging()),
            "anchor": self._registry.ledger.checkpoint().to_json(),
        }

    def _with_family(self, trials: Mapping[str, Any]) -> dict[str, Any]:
        usual = f"{trials['strategy']}/{trials['conventions']['data']}"
        return {**trials, "family": self.spec.family or usual}


def _entry(name: str, path: Path) -> FileEntry:
    return FileEntry(name, sha256_of(path), path.stat().st_size)


def _sync(folder: Path) -> None:
    """Make a pack last through a power failure, as the ledger's line about it does."""
    for path in (*(entry.path for entry in entries_below(folder)), folder):
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _owned(path: Path) -> int:
    """A file that stays locked while this process lives: its run is not a leftover."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise _TakenError(f"run {path.stem} is open in another process, by {path}") from None
    try:
        is_here = os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        is_here = False
    if not is_here:  # somebody who cleaned up was quicker: the name is not locked
        os.close(handle)
        raise _TakenError(f"{path} was removed while it was made; try again")
    return handle


def create_run(spec: RunSpec, *, runs: Path | None = None, clock: Clock = utc_now) -> OpenRun:
    """Open a run in a staging folder of its own.

    Ids are the time and a random part; a folder that exists is never used again, also
    between processes that start in the same second.

    Raises:
        EvidenceError: the folder of runs cannot be written, or the config is no plain values.
    """
    to_json({"config": dict(spec.config)})
    root = runs or runs_folder()
    try:
        (root / STAGING).mkdir(parents=True, exist_ok=True)
        while True:
            run_id = f"{clock():%Y%m%d_%H%M%S}_{secrets.token_hex(3)}"
            with suppress(_TakenError, FileExistsError):
                return _create(run_id, spec, Registry(root, clock), clock)
    except OSError as problem:
        raise EvidenceError(
            f"cannot write runs to {root}: {problem.strerror}; check the folder's rights and the "
            "space on its disk, or name another project by PEAK_HOME"
        ) from problem


def _create(run_id: str, spec: RunSpec, registry: Registry, clock: Clock) -> OpenRun:
    """Lock an id, then make its folder: a folder without a lock is taken for a leftover."""
    run = OpenRun(run_id, spec, registry, clock)
    if (registry.runs / run_id).exists():
        raise _TakenError(f"run {run_id} is published already")
    (registry.runs / STAGING / run_id).mkdir()
    return run


@contextmanager
def start_run(
    *,
    kind: str,
    config: Mapping[str, Any],
    seed: int = 0,
    inputs: Sequence[Input] = (),
    family: str | None = None,
    parent: str | None = None,
    sources: Mapping[str, str] | None = None,
    runs: Path | None = None,
    clock: Clock = utc_now,
) -> Iterator[OpenRun]:
    """A run around a block of code; it is published when the block ends, failed or not.

    The script or notebook that calls this is pinned by its digest, as it lies on the disk.

    >>> with start_run(kind="interactive", config={}) as run:  # doctest: +SKIP
    ...     run.log_metric("sharpe", 0.5)
    """
    pinned = {**calling_script(), **(sources or {})}
    spec = RunSpec(kind, config, seed, family, parent, sources=pinned)
    run = create_run(spec, runs=runs, clock=clock)
    try:
        run.use(*inputs)
        yield run
    except KeyboardInterrupt:
        run.seal("interrupted", "KeyboardInterrupt")
        raise
    except SystemExit as leave:
        run.seal(*(() if not leave.code else ("failed", f"SystemExit: {leave.code}")))
        raise
    except BaseException as error:
        run.seal("failed", f"{type(error).__name__}: {error}")
        raise
    run.seal()
