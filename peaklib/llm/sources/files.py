"""Files of the project that may be read as sources, and the words for those that may not."""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Final

from peaklib.errors import DataError
from peaklib.evidence.redaction.secrets import Secrets
from peaklib.evidence.run import PART
from peaklib.llm.sources.extract import extract
from peaklib.llm.sources.source import Source

MAX_BYTES: Final = 2_000_000
"""Largest file that is read; a longer one is no text that anybody quotes from."""
_MAGIC: Final = re.compile(r"[*?\[]")


def find_files(pattern: str, root: Path) -> tuple[Path, ...]:
    """Files that a pattern names, sorted.

    Args:
        pattern: a path below the project, or a glob (`docs/**/*.md`); hidden files are left out
            of a glob.
        root: folder of the project.

    Raises:
        DataError: it leads outside the project, into `runs/`, to nothing, or to a folder.
    """
    parts = PurePosixPath(pattern).parts
    if not parts or Path(pattern).is_absolute() or ".." in parts or "\\" in pattern:
        raise DataError(
            f"source {pattern!r} is no path inside the project; give one relative to its folder, "
            "with slashes, and copy into it what lies elsewhere"
        )
    if parts[0] == "runs":
        raise DataError(f"source {pattern!r} is a file of a run; name the run by its id instead")
    if not _MAGIC.search(pattern):
        _refuse_hidden(pattern)
        return (_existing(pattern, root),)
    found = [
        path
        for path in root.glob(pattern)
        if path.is_file() and not _is_hidden(path.relative_to(root).as_posix())
    ]
    if not found:
        raise DataError(f"source {pattern!r} matches no file of the project; look at the spelling")
    return tuple(sorted(found, key=lambda path: path.relative_to(root).as_posix()))


def _existing(pattern: str, root: Path) -> Path:
    path = root / pattern
    if path.is_dir():
        raise DataError(f"source {pattern!r} is a folder; name its files, as in {pattern}/*.md")
    if not path.exists():
        near = sorted(p.name for p in path.parent.glob("*") if p.is_file())[:8]
        there = f"; beside it there are {', '.join(near)}" if near else ""
        raise DataError(f"source {pattern!r} does not exist{there}")
    return path


def _refuse_hidden(name: str) -> None:
    if _is_hidden(name):
        raise DataError(
            f"source {name!r} is hidden; such files hold settings and keys, so they are no sources"
        )


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(name).parts)


def read_file(path: Path, root: Path, environ: Mapping[str, str]) -> Source:
    """A file as a source.

    Args:
        path: of the file, below the project.
        root: folder of the project.
        environ: variables whose secrets must not get into a pack or to a model.

    Raises:
        DataError: it lies outside the project, behind a link too, cannot be read, is too large,
            is no text, or holds a secret.
    """
    name = path.relative_to(root).as_posix()
    if not path.resolve().is_relative_to(root.resolve()):
        raise DataError(f"source {name!r} is a link that leads out of the project; copy the file")
    if not path.is_file():
        raise DataError(f"source {name!r} is no plain file")
    if name.endswith(PART):
        raise DataError(f"source {name!r} is half of a file, going by its name; wait, or rename it")
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise DataError(f"source {name!r} cannot be read: {error.strerror or error}") from None
    return file_source(name, content, environ)


def file_source(name: str, content: bytes, environ: Mapping[str, str]) -> Source:
    """Bytes of a file as a source; see `read_file`.

    Raises:
        DataError: they are too many, no text, or hold a secret.
    """
    if len(content) > MAX_BYTES:
        raise DataError(
            f"source {name} has more than {MAX_BYTES:,} bytes; cut out the part that matters"
        )
    if secret := Secrets.known(environ).first(content):
        raise DataError(f"source {name} holds a secret ({secret}); take it out of the file first")
    kind, text = extract(name, content)
    if not text.strip():
        raise DataError(f"source {name} holds no text to quote; leave it out")
    return Source(name, kind, sha256(content).hexdigest(), len(content), text, content)
