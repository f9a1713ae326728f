"""Reading the sealed folder of one run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import from_json
from peaklib.evidence.files import SUMS, sha256_of
from peaklib.evidence.order import in_order
from peaklib.evidence.places import runs_folder

SCHEMA: Final = "peak-run/2"
RECORD: Final = "run.json"
CRATE: Final = "ro-crate-metadata.json"
STAGING: Final = ".staging"


@dataclass(frozen=True)
class SealedRun:
    """A published run.

    Args:
        run_id: its name.
        folder: where it lies.
        root: SHA-256 of its `SHA256SUMS` as it lies there; what it was when the run was
            published stands in the ledger, see `Registry.root_of`.
    """

    run_id: str
    folder: Path
    root: str

    @property
    def runs(self) -> Path:
        """The folder of runs that it lies in."""
        return self.folder.parent

    def record(self) -> dict[str, Any]:
        """The contents of `run.json`.

        Raises:
            EvidenceError: it cannot be read, or is of a standard that this version does not know.
        """
        try:
            content: dict[str, Any] = from_json((self.folder / RECORD).read_bytes())
            schema = content["schema"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EvidenceError(f"run {self.run_id}: {RECORD} cannot be read: {error}") from None
        if schema != SCHEMA:
            raise EvidenceError(
                f"run {self.run_id} follows {schema!r}, and this version reads {SCHEMA!r} only; "
                "read it with the peaklib that its inputs/code.json names"
            )
        return content

    def config(self) -> dict[str, Any]:
        """What decided what was done, its keys in the order in which they were given."""
        record = self.record()
        config: dict[str, Any] = in_order(record["config"], record["config_order"])
        return config

    @property
    def content(self) -> str:
        """Digest of metrics, tables and figures, as the record says it."""
        return str(self.record()["content"]["digest"])

    # A run can be an input of another one.
    @property
    def name(self) -> str:
        """Its id."""
        return self.run_id

    @property
    def digest(self) -> str:
        """Its root hash."""
        return self.root

    def describe(self) -> dict[str, Any]:
        """What a record that names this run as its input says of it."""
        record = self.record()
        return {name: record[name] for name in ("kind", "status", "start", "end")}

    def keep(self, folder: Path) -> bool:
        """Nothing to copy: it lies beside the run that reads it."""
        return False

    def table(self, name: str) -> Path:
        """Path of a table.

        Raises:
            EvidenceError: the run has no such table.
        """
        path = self.folder / "outputs" / "tables" / f"{name}.parquet"
        if not path.is_file():
            raise EvidenceError(f"run {self.run_id} has no table {name!r} ({path})")
        return path


def open_run(run_id: str, *, runs: Path | None = None) -> SealedRun:
    """A published run by its id.

    Raises:
        EvidenceError: there is none of that id.
    """
    return open_pack((runs or runs_folder()) / run_id)


def open_if_there(run_id: str, *, runs: Path | None = None) -> SealedRun | None:
    """A published run by its id, or None if its folder is gone."""
    try:
        return open_run(run_id, runs=runs)
    except EvidenceError:
        return None


def open_pack(folder: Path) -> SealedRun:
    """A published run by its folder.

    Raises:
        EvidenceError: the folder is none.
    """
    run_id = folder.name
    if not (folder / RECORD).is_file():
        raise EvidenceError(
            f"no run {run_id!r} in {folder.parent}; it was never published here, or its folder was "
            "removed"
        )
    if not (folder / SUMS).is_file():
        raise EvidenceError(f"run {run_id} has lost its {SUMS}; it cannot be vouched for")
    return SealedRun(run_id, folder, sha256_of(folder / SUMS))
