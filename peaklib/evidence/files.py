"""Digests of files, and the list of them that public tools can check."""

from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path
from typing import Final

SUMS: Final = "SHA256SUMS"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal; the file is streamed."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file of a pack but the list itself, as (relative name with slashes, path), sorted."""
    found = (path for path in folder.rglob("*") if path.is_file())
    named = sorted((path.relative_to(folder).as_posix(), path) for path in found)
    return ((name, path) for name, path in named if name != SUMS)


def _line(digest: str, name: str) -> str:
    """One line as sha256sum writes and reads it: a name with odd characters is escaped."""
    plain = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    mark = "\\" if plain != name else ""
    return f"{mark}{digest}  {plain}\n"


def write_sums(folder: Path) -> str:
    """Write `SHA256SUMS` over all files below a folder.

    Returns:
        SHA-256 of the list: the root hash of the pack.
    """
    lines = [_line(sha256_of(path), name) for name, path in files_below(folder)]
    target = folder / SUMS
    target.write_text("".join(lines), encoding="utf-8", newline="\n")
    return sha256_of(target)
