"""`verified_models.lock`: which models were measured, by whom, and the locks that came before."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from hashlib import sha256
from os import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from peaklib.config import check_table, read_toml
from peaklib.errors import ConfigError
from peaklib.llm.settings.lock_text import lock_text
from peaklib.llm.settings.matrix import LayerName
from peaklib.llm.settings.recorded import ELSEWHERE, refuse_unknown
from peaklib.llm.settings.strict import Name, Strict
from peaklib.llm.settings.values import LockEntry

FILE: Final = "verified_models.lock"
KEPT: Final = "locks"
"""Folder beside the lock with the locks that came before it."""

_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Share = Annotated[float, Field(ge=0, le=1)]
_Count = Annotated[int, Field(ge=0, le=2**53 - 1)]


class _EntryTable(Strict):
    layer: LayerName
    role: Literal["primary", "critic"] | None = None
    provider: Name
    model_id: Name
    score: _Share
    threshold: _Share
    cases: Annotated[int, Field(ge=1)]
    eval_digest: _Digest
    cost_micro_eur: _Count
    budget_micro_eur: _Count
    snapshots: list[Name] = Field(default_factory=list)
    resolves_to: Name | None = None
    measured_on: date
    signer: Name
    endpoint: Literal["provider", "local"]


class _File(Strict):
    # "schema" is a method of every pydantic model.
    form: Annotated[Literal["peak-verified-models/1"], Field(alias="schema")]
    previous: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    model: list[_EntryTable] = Field(default_factory=list)


@dataclass(frozen=True)
class Lock:
    """A lock as it was read.

    Args:
        digest: SHA-256 of the file.
        previous: digest of the lock before; empty if it was the first.
        entries: in the file's order.
    """

    digest: str
    previous: str
    entries: tuple[LockEntry, ...]


def read_lock(path: Path) -> Lock:
    """The lock of a file.

    Raises:
        ConfigError: lists every mistake with its key.
    """
    file = check_table(_File, read_toml(path), str(path))
    entries = tuple(
        LockEntry(**{**dict(table), "snapshots": tuple(table.snapshots)}) for table in file.model
    )
    seen = Counter((e.layer, e.role, e.provider, e.model_id) for e in entries)
    twice = [place for place, count in seen.items() if count > 1]
    if twice:
        raise ConfigError(
            str(path),
            [f"model: {layer} {name}:{model} stands here twice" for layer, _, name, model in twice],
        )
    return Lock(sha256(path.read_bytes()).hexdigest(), file.previous, entries)


def check_kept(path: Path) -> Lock:
    """A lock in the folder of earlier ones; its name says what it has to hold.

    Raises:
        ConfigError: it is no lock, or not the one that its name says.
    """
    lock = read_lock(path)
    if path.stem != lock.digest[:12]:
        raise ConfigError(
            str(path),
            [f"was altered: its digest begins with {lock.digest[:12]}; restore it, do not edit it"],
        )
    return lock


def write_lock(path: Path, entries: Iterable[LockEntry]) -> Lock:
    """Replace the lock; the one before it is kept beside it, under its digest.

    Args:
        path: of `verified_models.lock`.
        entries: all of the new lock's, in any order.

    Raises:
        ConfigError: the entries do not make a valid lock, or one that is kept was altered.
    """
    previous = _keep(path)
    ordered: Sequence[LockEntry] = sorted(entries, key=lambda entry: astuple(entry)[:3])
    text = lock_text(ordered, previous).encode()
    draft = path.with_name(f"{path.name}.draft")
    try:
        draft.write_bytes(text)
        lock = read_lock(draft)
        replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return lock


def previous_lock(path: Path, ledger: Path | None = None) -> Lock:
    """The lock before the present one, from where it is kept.

    Args:
        path: of `verified_models.lock`.
        ledger: of the project; if it tells of locks, it has to tell of this one, too.

    Raises:
        ConfigError: there is none, it is missing, it is not what it was, or it never stood here.
    """
    previous = read_lock(path).previous
    if not previous:
        raise ConfigError(str(path), ["previous: is empty; there is no lock to go back to"])
    kept = _place(path, previous)
    if not kept.is_file():
        raise ConfigError(str(kept), [f"is missing; {path.name} names it as the lock before"])
    if sha256(kept.read_bytes()).hexdigest() != previous:
        raise ConfigError(
            str(kept), ["was altered; restore it from version control, it has to be as it was"]
        )
    if ledger is not None:
        refuse_unknown(previous, ledger, kept)
    return read_lock(kept)


def rollback(path: Path, ledger: Path | None = None) -> Lock:
    """Put the lock before back in its place; the present one is kept, so nothing is lost.

    Args:
        path: of `verified_models.lock`.
        ledger: as in `previous_lock`.

    Returns:
        The lock that now stands; calling again goes back one more.

    Raises:
        ConfigError: as `previous_lock`.
    """
    lock = previous_lock(path, ledger)
    _keep(path)
    draft = path.with_name(f"{path.name}.draft")
    draft.write_bytes(_place(path, lock.digest).read_bytes())
    replace(draft, path)
    return lock


def change(
    action: str, before: Lock, after: Lock, *, by: str, reason: str, elsewhere: Path | None = None
) -> dict[str, Any]:
    """What the ledger is told under `recorded.EVENT`.

    Args:
        action: `verify` or `rollback`.
        before: lock that is replaced.
        after: lock that takes its place.
        by: who does it.
        reason: why; may be empty.
        elsewhere: file of the lock, if it is not the project's own.
    """
    return {
        "action": action,
        "before": before.digest,
        "after": after.digest,
        "models": [f"{e.layer} {e.provider}:{e.model_id}" for e in after.entries],
        "by": by,
        "reason": reason,
        **({} if elsewhere is None else {ELSEWHERE: str(elsewhere)}),
    }


def cases_digest(folder: Path) -> str:
    """SHA-256 over the cases of a layer: names, sizes and bytes of its `*.jsonl`, sorted by name.

    Args:
        folder: such as `tests/evals/L0`; one without cases has the digest of no file.
    """
    total = sha256()
    for path in sorted(folder.glob("*.jsonl"), key=lambda path: path.name):
        content = path.read_bytes()
        total.update(f"{path.name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def cases_count(folder: Path) -> int:
    """How many cases the `*.jsonl` of a layer hold: their lines that are not blank."""
    return sum(
        bool(line.strip())
        for path in folder.glob("*.jsonl")
        for line in path.read_bytes().split(b"\n")
    )


def _keep(path: Path) -> str:
    """Copy the present lock to where it is kept; returns its digest, empty if there is none."""
    if not path.exists():
        return ""
    content = path.read_bytes()
    digest = sha256(content).hexdigest()
    kept = _place(path, digest)
    kept.parent.mkdir(exist_ok=True)
    if kept.exists() and kept.read_bytes() != content:
        raise ConfigError(str(kept), ["was altered; restore it from version control"])
    kept.write_bytes(content)
    return digest


def _place(path: Path, digest: str) -> Path:
    return path.parent / KEPT / f"{digest[:12]}.lock"
