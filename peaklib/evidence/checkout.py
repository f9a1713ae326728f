"""Which commit a folder stands on, and in what it differs from it."""

import os
import subprocess
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from peaklib.evidence.files import sha256_of

_UNKNOWN: Final = {"commit": None, "dirty": None, "diff_sha256": None}
# Set while git runs a hook: they would make it answer for another repository than the folder's.
_OF_A_HOOK: Final = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    }
)


def checkout_of(
    folder: Path, *, without: Collection[str] = (), timeout_s: float = 10.0
) -> dict[str, Any]:
    """Commit of a folder's repository, and a digest of what differs from it below the folder.

    The digest covers name and content of every file that was changed, removed or added since the
    commit; files that git ignores do not count. It is the same whatever git's settings are.

    Args:
        folder: need not be the root of the repository.
        without: names below `folder` that are no source, such as the runs themselves.
        timeout_s: how long one question to git may take.

    Returns:
        `commit`, `dirty` and `diff_sha256` (None where nothing differs). All are None where git
        has no answer: not installed, no repository, no commit, a repository of somebody else, or
        no reply in time.
    """
    known = _ask(folder, timeout_s, "rev-parse", "--show-prefix", "HEAD^{commit}")
    # `git diff` would lock the index and write it anew; `git status` can be told not to.
    status = ("status", "--porcelain=v1", "--untracked-files=all", "--no-renames", "-z")
    below = ("--", ".", *(f":(exclude){name}" for name in without))
    listed = None if known is None else _ask(folder, timeout_s, *status, *below)
    if known is None or listed is None:
        return dict(_UNKNOWN)
    prefix, commit = known.removesuffix(b"\n").rsplit(b"\n", 1)
    # Each line is two letters, a space, and a name that starts at the root of the repository.
    names = {line[3:].removeprefix(prefix) for line in listed.split(b"\0") if line}
    return {
        "commit": commit.decode(),
        "dirty": bool(names),
        "diff_sha256": _digest(folder, names) if names else None,
    }


def _digest(folder: Path, names: set[bytes]) -> str:
    total = sha256()
    for name in sorted(names):
        total.update(name + b"\0" + _content(folder / os.fsdecode(name)) + b"\0")
    return total.hexdigest()


def _content(path: Path) -> bytes:
    """What stands for a file in the digest; a nested repository is there by its name alone."""
    try:
        if path.is_symlink():
            return b"link " + os.fsencode(path.readlink())
        if path.is_dir():
            return b"folder"
        kind = b"program " if path.stat().st_mode & 0o100 else b"file "
        return kind + sha256_of(path).encode()
    except FileNotFoundError:
        return b"removed"
    except OSError:
        return b"unreadable"


def _ask(folder: Path, timeout_s: float, *question: str) -> bytes | None:
    """What git prints, or None where it has no answer."""
    env = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(folder), *question],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=timeout_s,
            env=env,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
