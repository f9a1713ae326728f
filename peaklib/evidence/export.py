"""One file that holds a run and all it stands on, to be verified and run again elsewhere."""

import json
import os
import zipfile
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import to_json
from peaklib.evidence.checks.verify import refuse_altered
from peaklib.evidence.files import entries_below
from peaklib.evidence.ledger import file as ledger_file, line as ledger_line
from peaklib.evidence.ledger.checkpoint import Checkpoint
from peaklib.evidence.ledger.merkle import Frontier, inclusion_proof, verify_inclusion
from peaklib.evidence.pack import SealedRun, open_run
from peaklib.evidence.registry.registry import Registry
from peaklib.evidence.run import DATA
from peaklib.evidence.standing import standing_on

MANIFEST: Final = "export.json"
SCHEMA: Final = "peak-export/1"
UNSTATED: Final = "not stated"
# What the libraries raise for archives and manifests that are damaged.
_DAMAGE: Final = (
    *(OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error),
    *(AttributeError, KeyError, TypeError, ValueError),
)

_HOWTO: Final = """This archive holds runs of the Peak Trade research workbench.

With public tools:   cd runs/{run_id} && sha256sum --strict -c SHA256SUMS
With peaklib:        peak evidence verify {name}
Run it again:        peak repro {name}

The root hash of a run is the SHA-256 of its SHA256SUMS. export.json holds the line of the ledger
that vouches for it, and the proof that the line belongs to the checkpoint there. Whether that is
the true history only somebody can tell who has a checkpoint from another hand: ask the sender.
"""


@dataclass(frozen=True)
class Exported:
    """What went into an archive.

    Args:
        path: of the archive.
        runs: ids, the run that was asked for first.
        data: digests of the copies of data that travel with it.
        left_out: names of data that stay, since no licence is on record.
    """

    path: Path
    runs: tuple[str, ...]
    data: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Export:
    """An archive that was unpacked.

    Args:
        run: the run that was asked for.
        roots: root hash of every run, from ledger lines whose place in the checkpoint is proved.
        checkpoint: of the ledger that the lines come from.
        left_out: names of data that did not travel.
    """

    run: SealedRun
    roots: Mapping[str, str]
    checkpoint: Checkpoint
    left_out: tuple[str, ...] = ()


def export_run(
    registry: Registry, run_id: str, target: Path, *, with_data: bool = False
) -> Exported:
    """Write a run, the runs that it stands on, and their data into one archive.

    Args:
        registry: of the store.
        run_id: what to export.
        target: the archive; it must not exist.
        with_data: take along data without a licence on record too.

    Raises:
        EvidenceError: a run is missing, was altered or has no line in the ledger, or the archive
            exists.
    """
    if target.exists():
        raise EvidenceError(f"{target} exists already; name another file")
    runs = list(standing_on(open_run(run_id, runs=registry.runs)))
    data, left_out = _data_of(runs, with_data=with_data)
    manifest = {
        "schema": SCHEMA,
        "run_id": run_id,
        "data": data,
        "left_out": left_out,
        **_proofs(registry, [run.run_id for run in runs]),
    }
    roots, copies = registry.roots(), registry.runs / DATA
    for run in runs:
        refuse_altered(run.folder, root=roots[run.run_id], data=copies, left_out=left_out)
    part = target.with_name(f".{target.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            _put(archive, MANIFEST, to_json(manifest))
            _put(archive, "VERIFY.txt", _HOWTO.format(run_id=run_id, name=target.name).encode())
            for name, path in _files(registry.runs, runs, data):
                _put(archive, name, path)
        os.replace(part, target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise EvidenceError(f"{target} cannot be written: {error.strerror or error}") from error
    return Exported(target, tuple(run.run_id for run in runs), tuple(data), tuple(left_out))


def unpack(archive: Path, folder: Path) -> Export:
    """Unpack an archive and check that the ledger lines in it belong to its checkpoint.

    Args:
        archive: what `export_run` wrote.
        folder: where it is unpacked; made, must not exist.

    Raises:
        EvidenceError: it is no such archive, or a line is not proved.
    """
    try:
        folder.mkdir(parents=True)
        with zipfile.ZipFile(archive) as opened:
            _refuse_odd_names(archive, opened.namelist())
            opened.extractall(folder)
        manifest = json.loads((folder / MANIFEST).read_bytes())
        run_id, roots, checkpoint = _vouched_for(manifest)
        left_out = tuple(map(str, manifest["left_out"]))
    except _DAMAGE as error:
        raise EvidenceError(
            f"{archive} cannot be read as an export: {error}; take a fresh copy of the file that "
            "`peak evidence export` wrote"
        ) from None
    try:
        run = open_run(run_id, runs=folder / "runs")
    except EvidenceError:
        raise EvidenceError(
            f"{archive} holds no run {run_id} with its SHA256SUMS, though it is an export of it; "
            "take a fresh copy of the file that `peak evidence export` wrote"
        ) from None
    return Export(run, roots, checkpoint, left_out)


def _data_of(runs: list[SealedRun], *, with_data: bool) -> tuple[list[str], list[str]]:
    """Digests of kept data that may travel, and names of those that stay."""
    taken: set[str] = set()
    left: set[str] = set()
    for run in runs:
        for entry in run.record()["inputs"]:
            if entry["kept"]:
                stated = entry["meta"].get("licence", UNSTATED) != UNSTATED
                (taken if stated or with_data else left).add(
                    entry["digest"] if stated or with_data else entry["name"]
                )
    return sorted(taken), sorted(left)


def _proofs(registry: Registry, run_ids: list[str]) -> dict[str, Any]:
    """The ledger's line of each run with its audit path, all under one checkpoint."""
    with ledger_file.reading(registry.ledger.path) as fd:
        end = ledger_file.complete_end(fd) if fd is not None else 0
        lines = list(ledger_file.lines(fd, 0, end)) if fd is not None else []
    places: dict[str, int] = {}
    for index, line in enumerate(lines):
        if ledger_line.mark("publish") in line:
            places.setdefault(str(ledger_line.parse(line).data["run_id"]), index)
    for run_id in run_ids:
        if run_id not in places:
            raise EvidenceError(
                f"run {run_id} has no line in the ledger, nothing vouches for it; "
                "see `peak runs recover`"
            )
    tree = Frontier()
    for line in lines:
        tree.add(line)
    checkpoint = Checkpoint(registry.ledger.checkpoint().origin, tree.size, tree.root())
    return {
        "checkpoint": checkpoint.to_json(),
        "lines": {
            run_id: {
                "line": lines[places[run_id]].decode(),
                "index": places[run_id],
                "path": [
                    b64encode(node).decode() for node in inclusion_proof(lines, places[run_id])
                ],
            }
            for run_id in run_ids
        },
    }


def _vouched_for(manifest: Mapping[str, Any]) -> tuple[str, dict[str, str], Checkpoint]:
    """The run that was asked for, the root hashes that are proved, and by which checkpoint."""
    if manifest["schema"] != SCHEMA:
        raise ValueError(f"it follows {manifest['schema']!r}, and this version reads {SCHEMA!r}")
    checkpoint = Checkpoint.from_json(manifest["checkpoint"])
    roots = {name: _proved(name, p, checkpoint) for name, p in manifest["lines"].items()}
    if manifest["run_id"] not in roots:
        raise ValueError(f"no ledger line vouches for its run {manifest['run_id']!r}")
    return manifest["run_id"], roots, checkpoint


def _proved(run_id: str, proof: Mapping[str, Any], checkpoint: Checkpoint) -> str:
    """The root hash that a proved line holds of a run."""
    line = proof["line"].encode()
    path = [b64decode(node) for node in proof["path"]]
    if not verify_inclusion(line, proof["index"], checkpoint.size, path, checkpoint.root):
        raise ValueError(f"ledger line {proof['index']} is not proved by the checkpoint")
    event = ledger_line.parse(line)
    if event.event != "publish" or event.data["run_id"] != run_id or Path(run_id).name != run_id:
        raise ValueError(f"ledger line {proof['index']} does not publish run {run_id!r}")
    return str(event.data["root"])


def _files(store: Path, runs: list[SealedRun], data: list[str]) -> Iterator[tuple[str, Path]]:
    for run in runs:
        for entry in entries_below(run.folder):
            if entry.kind == "file":
                yield f"runs/{run.run_id}/{entry.name}", entry.path
    for digest in data:
        yield f"runs/{DATA}/{digest}.parquet", store / DATA / f"{digest}.parquet"


def _put(archive: zipfile.ZipFile, name: str, content: bytes | Path) -> None:
    """Add a file with a fixed date, so that the same runs give the same archive."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    with archive.open(info, "w", force_zip64=True) as target:
        if isinstance(content, bytes):
            target.write(content)
        else:
            with content.open("rb") as source:
                while block := source.read(1 << 20):
                    target.write(block)


def _refuse_odd_names(archive: Path, names: list[str]) -> None:
    odd = [n for n in names if n.startswith("/") or "\\" in n or ".." in n.split("/")]
    if odd or len(set(names)) != len(names):
        raise EvidenceError(f"{archive} names places outside of itself, or one twice: {odd[:3]}")
