"""What a pack says of itself in three places, and where they disagree.

`SHA256SUMS`, `run.json` and `ro-crate-metadata.json` all list the files. A file that is
changed or dropped together with its line in one of them is found by the others.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from peaklib.errors import EvidenceError
from peaklib.evidence.files import SUMS, shown
from peaklib.evidence.pack import CRATE, RECORD, SCHEMA

Known = Mapping[str, tuple[str, str | None]]
"""Digest and size by name; no size where the file is damaged or missing."""


def read_object(path: Path) -> Mapping[str, Any]:
    """The JSON object in a file of a pack.

    Raises:
        EvidenceError: it cannot be read, or holds something else.
    """
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise EvidenceError(f"{path.name} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise EvidenceError(f"{path.name} holds no JSON object")
    return content


def record_problems(record: Mapping[str, Any], run_id: str, known: Known) -> Iterator[str]:
    """Where `run.json` disagrees with the name of its folder, or with the list of files.

    Args:
        record: what `run.json` holds.
        run_id: name of the folder.
        known: the files by `SHA256SUMS`.
    """
    if record.get("schema") != SCHEMA:
        yield f"{RECORD} follows {record.get('schema')!r}, and this version checks {SCHEMA!r}"
    if record.get("run_id") != run_id:
        yield f"{RECORD} is of run {record.get('run_id')!r}, the folder is named {run_id!r}"
    try:
        listed = {str(f["path"]): (str(f["sha256"]), str(f["bytes"])) for f in record["files"]}
    except (KeyError, TypeError):
        yield f"{RECORD} has no list of files that can be read"
        return
    yield from _differences(RECORD, listed, known, without=(RECORD, CRATE))


def crate_problems(crate: Mapping[str, Any], known: Known) -> Iterator[str]:
    """Where `ro-crate-metadata.json` disagrees with itself, or with the list of files."""
    try:
        graph = {str(entity["@id"]): entity for entity in crate["@graph"]}
        parts = graph["./"]["hasPart"]
        linked = {part["@id"] for part in (parts if isinstance(parts, list) else [parts])}
        files = {
            unquote(i): (str(entity["sha256"]), str(entity["contentSize"]))
            for i, entity in graph.items()
            if entity["@type"] == "File"
        }
    except (AttributeError, KeyError, TypeError):
        yield f"{CRATE} has no list of files that can be read"
        return
    odd = sorted({unquote(i) for i in linked} ^ files.keys())
    yield from (
        f"{CRATE} has {shown(name)} either as a part or as a file, not both" for name in odd
    )
    yield from _differences(CRATE, files, known, without=(CRATE,))


def _differences(
    source: str, listed: Known, known: Known, without: tuple[str, ...]
) -> Iterator[str]:
    for name in sorted({*listed, *known} - {*without}):
        if name not in known:
            yield f"{shown(name)} has a place in {source}, but no line in {SUMS}: it was dropped"
        elif name not in listed:
            yield f"{shown(name)} is not listed in {source}: it was added later"
        else:
            (said, bytes_said), (digest, size) = listed[name], known[name]
            if said != digest:
                yield (
                    f"{shown(name)} is {said[:12]} in {source} and {digest[:12]} in {SUMS}: it "
                    "was rewritten with its line"
                )
            elif size is not None and bytes_said != size:
                yield f"{shown(name)} has {size} bytes, {source} says {bytes_said}"
