"""Digests of files, and the list of them that public tools can check."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Final

from peaklib.errors import EvidenceError

SUMS: Final = "SHA256SUMS"

_LINE: Final = re.compile(r"(\\?)([0-9a-f]{64})  (.+)", re.DOTALL)
_ESCAPES: Final = {r"\\": "\\", r"\n": "\n", r"\r": "\r"}
_KINDS: Final = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "folder",
    stat.S_IFLNK: "symbolic link",
    stat.S_IFIFO: "named pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFBLK: "device",
    stat.S_IFCHR: "device",
}


@dataclass(frozen=True)
class Entry:
    """Something that lies in a folder, at any depth; links are not followed.

    Args:
        name: relative name with slashes.
        path: where it lies.
        kind: `file`, `folder`, or what else it is.
        size: in bytes, of a file.
    """

    name: str
    path: Path
    kind: str
    size: int


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal; the file is streamed."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def entries_below(folder: Path) -> list[Entry]:
    """Everything below a folder, sorted by name.

    Raises:
        OSError: a folder cannot be listed.
    """
    found: list[Entry] = []
    waiting = [(folder, "")]
    while waiting:
        place, prefix = waiting.pop()
        with os.scandir(place) as listing:
            for item in listing:
                facts = item.stat(follow_symlinks=False)
                kind = _KINDS.get(stat.S_IFMT(facts.st_mode), "oddity")
                entry = Entry(prefix + item.name, Path(item.path), kind, facts.st_size)
                found.append(entry)
                if kind == "folder":
                    waiting.append((entry.path, f"{entry.name}/"))
    return sorted(found, key=lambda entry: entry.name)


def shown(name: str) -> str:
    """A file's name as it may be printed: without signs that would steer a terminal."""
    return name if name.isprintable() else ascii(name)


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file of a pack but the list itself, as (relative name with slashes, path), sorted.

    Raises:
        EvidenceError: something there is neither file nor folder, or its name is no text.
    """
    for entry in entries_below(folder):
        if entry.kind not in ("file", "folder"):
            raise EvidenceError(
                f"{entry.path} is a {entry.kind}; a pack holds plain files only, put a copy there "
                "or remove it"
            )
        if not _is_text(entry.name):
            raise EvidenceError(f"the name of {entry.path!a} is not valid UTF-8; rename it")
        if entry.kind == "file" and entry.name != SUMS:
            yield entry.name, entry.path


def write_sums(folder: Path, known: Mapping[str, str] | None = None) -> str:
    """Write `SHA256SUMS` over all files below a folder.

    Empty folders, which no list of files can name, are removed.

    Args:
        folder: the pack.
        known: digests that are known already, by relative name; the others are computed.

    Returns:
        SHA-256 of the list: the root hash of the pack.

    Raises:
        EvidenceError: something there is neither file nor folder, or its name is no text.
    """
    known = known or {}
    digests = {n: known[n] if n in known else sha256_of(p) for n, p in files_below(folder)}
    _remove_empty(folder)
    target = folder / SUMS
    target.write_text(sums_text(digests), encoding="utf-8", newline="\n")
    return sha256_of(target)


def sums_text(digests: Mapping[str, str]) -> str:
    """The list as sha256sum writes and reads it, sorted by name; odd characters are escaped."""
    return "".join(_line(digests[name], name) for name in sorted(digests))


def scan_sums(content: bytes) -> tuple[dict[str, str], tuple[str, ...]]:
    """Read a list of digests as far as it can be read.

    Returns:
        Digest by name, and one line for each thing that `sums_text` would not have written.
    """
    digests: dict[str, str] = {}
    problems: list[str] = []
    last = ""
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    if lines.pop():
        problems.append("the last line has no end")
    for number, line in enumerate(lines, 1):
        name, digest, problem = _parse(line)
        if not problem and name in digests:
            problem = f"names {name} a second time"
        elif not problem and name < last:
            problem = f"names {name} after {last}, which is not the order of names"
        if problem:
            problems.append(f"line {number} {problem}")
        if name:
            digests.setdefault(name, digest)
            last = max(name, last)
    return digests, tuple(problems)


def parse_sums(content: bytes) -> dict[str, str]:
    """Read a list of digests, strictly as `write_sums` writes it.

    Returns:
        Digest by relative name.

    Raises:
        EvidenceError: a line has another form, names a file twice or out of order, or a place
            outside the folder; every mistake is listed.
    """
    digests, problems = scan_sums(content)
    if problems:
        raise EvidenceError(
            f"{SUMS} is not as it was written: {'; '.join(problems)}; take an untouched copy"
        )
    return digests


def _remove_empty(folder: Path) -> None:
    for entry in reversed(entries_below(folder)):
        if entry.kind == "folder" and not any(entry.path.iterdir()):
            entry.path.rmdir()


def _line(digest: str, name: str) -> str:
    plain = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    mark = "\\" if plain != name else ""
    return f"{mark}{digest}  {plain}\n"


def _parse(line: str) -> tuple[str, str, str]:
    """Name, digest, and what is wrong with one line; no name when it cannot be read."""
    form = _LINE.fullmatch(line)
    if form is None:
        return "", "", "is not of the form `digest  name`"
    escaped, digest, written = form.groups()
    name = re.sub(r"\\[\\nr]", lambda m: _ESCAPES[m[0]], written) if escaped else written
    if _line(digest, name) != f"{line}\n":
        what = "ends with a carriage return" if line.endswith("\r") else "is escaped oddly"
        return name.rstrip("\r"), digest, what
    if not _is_text(name):
        return "", "", "is not valid UTF-8"
    if any(part in ("", ".", "..") for part in name.split("/")) or name == SUMS:
        return "", "", f"names {name!r}, which is no file of the folder"
    return name, digest, ""


def _is_text(name: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in name)
