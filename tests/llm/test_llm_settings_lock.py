"""The lock of verified models: written by one rule, and the way back to those before."""

import shutil
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from ai_settings import LOCK, copy_ai, edit, entry
from hypothesis import given, settings, strategies as st

from peaklib.errors import ConfigError
from peaklib.evidence import Ledger
from peaklib.llm.settings import LockEntry, read_lock, rollback, write_lock
from peaklib.llm.settings.lock import check_kept, previous_lock

A = entry("L0", "openai", "gpt-5-nano", "a" * 64)
B = entry("L2", "openai", "gpt-5-mini", "b" * 64, snapshots=("gpt-5-mini-2025-08-07",))
C = entry("L4", "azure", "desk", "c" * 64, resolves_to="gpt-5.2", role="critic")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return copy_ai(tmp_path) / LOCK


def test_entries_come_back_as_they_were_written(path: Path) -> None:
    assert write_lock(path, [C, A, B]).entries == (A, B, C)
    assert read_lock(path).entries == (A, B, C)


def test_order_of_the_entries_does_not_matter(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / LOCK
    shutil.copytree(path.parent, other.parent)
    assert write_lock(path, [A, B, C]).digest == write_lock(other, [C, B, A]).digest


@given(
    signer=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30),
    score=st.floats(0, 1),
    day=st.dates(),
)
@settings(max_examples=60)
def test_any_text_and_number_survives(
    signer: str, score: float, day: date, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("lock") / LOCK
    made = entry("L0", "openai", "m", "0" * 64, signer=signer, score=score, measured_on=day)
    assert write_lock(path, [made]).entries == (made,)


def test_rollback_goes_back_step_by_step_to_the_very_bytes(path: Path) -> None:
    texts = [path.read_bytes()]
    for entries in ([A], [A, B], [A, B, C]):
        write_lock(path, entries)
        texts.append(path.read_bytes())
    for text in reversed(texts[:-1]):
        assert rollback(path).digest == sha256(text).hexdigest()
        assert path.read_bytes() == text
    with pytest.raises(ConfigError, match="no lock to go back to"):
        rollback(path)


def test_lock_that_is_left_behind_is_kept(path: Path) -> None:
    after = write_lock(path, [A])
    rollback(path)
    kept = path.parent / "locks" / f"{after.digest[:12]}.lock"
    assert check_kept(kept).entries == (A,)
    assert not list(path.parent.glob("*.draft"))


def test_lock_can_be_written_again_after_a_rollback(path: Path) -> None:
    first = write_lock(path, [A])
    rollback(path)
    assert write_lock(path, [A]) == first
    write_lock(path, [B])
    assert rollback(path).entries == (A,)


def test_previous_lock_that_is_missing_is_named(path: Path) -> None:
    write_lock(path, [A])
    shutil.rmtree(path.parent / "locks")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=r"is missing; verified_models\.lock names it"):
        rollback(path)
    assert path.read_bytes() == before


def test_previous_lock_that_was_altered_is_refused(path: Path) -> None:
    write_lock(path, [A])
    write_lock(path, [A, B])
    before = path.read_bytes()
    kept = path.parent / "locks" / f"{read_lock(path).previous[:12]}.lock"
    edit(kept, "0.95", "0.99")
    with pytest.raises(ConfigError, match="was altered"):
        previous_lock(path)
    with pytest.raises(ConfigError, match="was altered: its digest begins with"):
        check_kept(kept)
    with pytest.raises(ConfigError, match="was altered"):
        rollback(path)
    assert path.read_bytes() == before


def test_lock_that_never_stood_here_is_not_gone_back_to(path: Path, tmp_path: Path) -> None:
    first, ledger = write_lock(path, [A]), tmp_path / "runs" / "ledger.jsonl"
    second = write_lock(path, [B])
    # A ledger that tells of no lock has nothing to say.
    assert previous_lock(path, ledger) == first
    planted = write_lock(tmp_path / LOCK, [A, B, C])
    place = path.parent / "locks" / f"{planted.digest[:12]}.lock"
    place.write_bytes((tmp_path / LOCK).read_bytes())
    Ledger(ledger).append("llm_lock", {"before": first.digest, "after": second.digest})
    assert previous_lock(path, ledger) == first
    edit(path, first.digest, planted.digest)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="it never stood here"):
        rollback(path, ledger)
    assert path.read_bytes() == before


def test_kept_lock_is_never_overwritten(path: Path) -> None:
    digest = read_lock(path).digest
    kept = path.parent / "locks" / f"{digest[:12]}.lock"
    kept.parent.mkdir()
    kept.write_text("something else", "utf-8")
    with pytest.raises(ConfigError, match="was altered"):
        write_lock(path, [A])
    assert (read_lock(path).entries, kept.read_text("utf-8")) == ((), "something else")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (entry("L5", "openai", "m", "0" * 64), "model.0.layer = 'L5'"),
        (entry("L0", "openai", "m", "0" * 63), "model.0.eval_digest"),
        (entry("L0", "openai", "m", "0" * 64, score=1.01), "model.0.score"),
        (entry("L0", "openai", "m", "0" * 64, cases=0), "model.0.cases"),
        (entry("L0", "openai", "m", "0" * 64, endpoint="cloud"), "model.0.endpoint"),
        (entry("L0", "openai", "m", "0" * 64, signer=""), "model.0.signer"),
        (entry("L0", "openai", "m", "0" * 64, role="judge"), "model.0.role"),
    ],
)
def test_entry_that_is_none_leaves_the_present_lock_alone(
    made: LockEntry, expected: str, path: Path
) -> None:
    before = path.read_bytes()
    with pytest.raises(ConfigError) as caught:
        write_lock(path, [made])
    assert expected in caught.value.problems[0]
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.draft"))


def test_entry_may_stand_once_for_each_role(path: Path) -> None:
    with pytest.raises(ConfigError, match="stands here twice"):
        write_lock(path, [A, A])
    roles = [entry("L0", "openai", "m", "0" * 64, role=role) for role in ("primary", "critic")]
    assert len(write_lock(path, roles).entries) == 2


def test_file_of_another_form_is_refused(path: Path) -> None:
    edit(path, "peak-verified-models/1", "peak-verified-models/2")
    with pytest.raises(ConfigError, match="schema"):
        read_lock(path)
