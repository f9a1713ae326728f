"""The metadata of a pack: RO-Crate 1.1 with the Process Run Crate profile 0.5.

One pack is one crate: its folder is the root, its run is the one action. What the file says is
taken from the record and the list of files alone, so that the same pack gives the same bytes.
`SHA256SUMS` is not described: it holds the digest of this file, which cannot hold its digest.

Source: https://w3id.org/ro/crate/1.1, https://w3id.org/ro/wfrun/process/0.5
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from peaklib.evidence.pack import CRATE

_SPECIFICATION: Final = "https://w3id.org/ro/crate/1.1"
_PROFILE: Final = "https://w3id.org/ro/wfrun/process/0.5"
_TERMS: Final = "https://w3id.org/ro/terms/workflow-run#"
# An identity and no address: the name `.invalid` resolves nowhere and belongs to nobody (RFC 6761).
_WORKBENCH: Final = "https://peak-trade.invalid/"

_INPUTS: Final = "inputs/"
_FORMATS: Final = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
_CONTENTS: Final = {
    "run.json": "The record of the run",
    "run.log": "What the run logged",
    "notebook.ipynb": "The notebook as it was executed",
    "inputs/config.json": "The configuration that decided what was done",
    "inputs/dataset.json": "The data sets that were read, with digests, sources and licences",
    "inputs/environment.json": "The interpreter, the machine and the versions of all packages",
    "inputs/code.json": "Digests of the source code, and the commit",
    "outputs/metrics.json": "The results as numbers",
    "outputs/trials.json": "The grids that were evaluated, and how many trials they hold",
    "outputs/notes.json": "Remarks made during the run",
}

Entity = dict[str, Any]


class FileEntry(NamedTuple):
    """One file of a pack.

    Args:
        path: relative to the pack, with slashes.
        sha256: digest of its bytes, hexadecimal.
        bytes: its size.
    """

    path: str
    sha256: str
    bytes: int


def metadata(record: Mapping[str, Any], files: Sequence[FileEntry]) -> dict[str, Any]:
    """The JSON-LD of a pack, flattened and compacted, in a fixed order.

    Args:
        record: what `run.json` holds; secrets are redacted already.
        files: every file of the pack, `run.json` included, but `SHA256SUMS` and this file itself.

    Returns:
        Plain values for `ro-crate-metadata.json`.
    """
    parts = [_file(entry) for entry in sorted(files) if entry.path != CRATE]
    datasets = [_dataset(place, item) for place, item in enumerate(record["inputs"], start=1)]
    metrics = [_value("metric", *item) for item in sorted(record["metrics"].items())]
    machine = [_value("environment", *item) for item in sorted(record["environment"].items())]
    seed = _value("config", "seed", record["seed"])
    read = [part for part in parts if part["@id"].startswith(_INPUTS)]
    written = [part for part in parts if not part["@id"].startswith(_INPUTS)]
    action = _action(
        record,
        object=_links([*read, *datasets, seed]),
        result=_links([*written, *metrics]),
        environment=_links(machine),
    )
    graph = [
        _descriptor(),
        _root(record, action, _links(parts)),
        action,
        _instrument(record),
        *parts,
        *datasets,
        seed,
        *metrics,
        *machine,
        *_context_of_all_packs(),
    ]
    own_terms = {name: f"{_TERMS}{name}" for name in ("environment", "sha256")}
    return {"@context": [f"{_SPECIFICATION}/context", own_terms], "@graph": graph}


def _descriptor() -> Entity:
    return {
        "@id": CRATE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": _SPECIFICATION},
    }


def _root(record: Mapping[str, Any], action: Entity, parts: Any) -> Entity:
    return {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": {"@id": _PROFILE},
        "identifier": record["run_id"],
        "name": f"Run {record['run_id']} ({record['kind']})",
        "description": (
            f"Evidence of one {record['kind']} run that was {record['status']}: its inputs, its "
            "outputs and its record. `sha256sum -c SHA256SUMS` checks the files; the SHA-256 of "
            "SHA256SUMS is the root hash that the ledger holds."
        ),
        "datePublished": _time(record["end"]),
        "license": {"@id": "#licence"},
        "author": {"@id": "#operator"},
        "publisher": {"@id": "#operator"},
        "mentions": {"@id": action["@id"]},
        "hasPart": parts,
    }


def _action(record: Mapping[str, Any], **links: Any) -> Entity:
    completed = record["status"] == "completed"
    entity: Entity = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"{record['kind']} {record['run_id']}",
        "description": f"One run of kind {record['kind']}, {record['status']}",
        "agent": {"@id": "#operator"},
        "instrument": {"@id": _instrument(record)["@id"]},
        "startTime": _time(record["start"]),
        "endTime": _time(record["end"]),
        "actionStatus": f"http://schema.org/{'Completed' if completed else 'Failed'}ActionStatus",
        **{name: value for name, value in links.items() if value},
    }
    if not completed:
        entity["error"] = record["error"] or record["status"]
    return entity


def _instrument(record: Mapping[str, Any]) -> Entity:
    """The package that made the run; its version is the digest of its sources."""
    digest = record["code"]["peaklib_sha256"]
    return {
        "@id": f"{_WORKBENCH}peaklib/{digest}",
        "@type": "SoftwareApplication",
        "name": "peaklib",
        "description": "Research workbench; the version is the digest of its sources",
        "softwareVersion": digest,
        "url": _WORKBENCH,
    }


def _file(entry: FileEntry) -> Entity:
    entity = {
        "@id": quote(entry.path),
        "@type": "File",
        "name": entry.path,
        "encodingFormat": _FORMATS.get(
            PurePosixPath(entry.path).suffix.lower(), "application/octet-stream"
        ),
        "contentSize": str(entry.bytes),
        "sha256": entry.sha256,
    }
    if entry.path in _CONTENTS:
        entity["description"] = _CONTENTS[entry.path]
    return entity


def _dataset(place: int, item: Mapping[str, Any]) -> Entity:
    """Data that the run read; it lies outside of the pack and is pinned by its digest."""
    meta = item.get("meta") or {}
    source = meta.get("source") or "not stated"
    kept = "a copy is kept beside the packs" if item.get("kept") else "no copy is kept"
    return {
        "@id": f"#data-{place}",
        "@type": "Dataset",
        "name": item["name"],
        "description": f"Read as {item['role']}; source: {source}; {kept}",
        "identifier": item["digest"],
        "license": meta.get("licence") or "not stated",
    }


def _value(group: str, name: str, value: Any) -> Entity:
    """One named value; JSON has no number for what is undefined or infinite."""
    if isinstance(value, float) and not math.isfinite(value):
        value = None if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    entity = {"@id": f"#{group}-{quote(name, safe='')}", "@type": "PropertyValue", "name": name}
    return {**entity, "description": "undefined"} if value is None else {**entity, "value": value}


def _context_of_all_packs() -> list[Entity]:
    return [
        {
            "@id": "#operator",
            "@type": "Organization",
            "name": "Whoever operated this workbench (no names are recorded)",
            "url": _WORKBENCH,
        },
        {
            "@id": "#licence",
            "@type": "CreativeWork",
            "name": "No licence stated",
            "description": (
                "The results belong to whoever made the run, who decides how they may be used; "
                "each data set has terms of its own."
            ),
        },
        {
            "@id": _PROFILE,
            "@type": "CreativeWork",
            "name": "Process Run Crate",
            "version": "0.5",
        },
    ]


def _links(entities: Iterable[Entity]) -> Any:
    """References, in the compact form: one stands alone, several in a list."""
    found = [{"@id": entity["@id"]} for entity in entities]
    return found[0] if len(found) == 1 else found


def _time(stamp: str) -> str:
    """The moment in UTC and milliseconds, as the profile's checks want it."""
    return datetime.fromisoformat(stamp).astimezone(UTC).isoformat(timespec="milliseconds")
