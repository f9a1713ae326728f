"""Whether the numbers of a pack are still those that the ledger vouches for."""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from peaklib.errors import EvidenceError
from peaklib.evidence.files import SUMS, files_below, parse_sums, sha256_of

if TYPE_CHECKING:
    from peaklib.evidence.pack import SealedRun


def check_trusted(run: "SealedRun", root: str | None, *names: str) -> None:
    """Make sure that files of a pack are those that were published.

    Args:
        run: a sealed run.
        root: its root hash by the ledger; None if the ledger has no line for it.
        names: relative names with slashes; without any, all files of the pack.

    Raises:
        EvidenceError: the pack was altered; the message says where.
    """
    if root is None:
        raise EvidenceError(
            f"the ledger does not know run {run.run_id}, so nobody vouches for its numbers; see "
            "`peak runs recover`"
        )
    try:
        problem = _problem(run.folder, root, names)
    except (OSError, EvidenceError) as error:
        problem = str(error)
    if problem:
        raise EvidenceError(
            f"run {run.run_id} was altered: {problem}; see `peak evidence verify {run.run_id}`"
        )


def _problem(folder: Path, root: str, names: tuple[str, ...]) -> str:
    """What is wrong with the files, in a few words; nothing if they are as published."""
    content = (folder / SUMS).read_bytes()
    found = sha256(content).hexdigest()
    if found != root:
        return f"its root hash is {found[:12]}, and {root[:12]} in the ledger"
    digests = parse_sums(content)
    for name in names or sorted({*digests, *(name for name, _ in files_below(folder))}):
        if name not in digests:
            return f"{name} is not in its {SUMS}"
        if not (folder / name).is_file():
            return f"{name} is missing"
        if sha256_of(folder / name) != digests[name]:
            return f"{name} is not what its {SUMS} says"
    return ""
