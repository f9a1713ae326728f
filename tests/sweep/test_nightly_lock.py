"""Two nights never overlap, and a dead one is in nobody's way."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from peaklib.sweep.nightly.lock import NightHeldError, night_lock

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
HOLD = """import sys
from pathlib import Path
from peaklib.sweep.nightly.lock import night_lock
with night_lock(Path(sys.argv[1]), config="theirs.toml"):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(runs: Path) -> "subprocess.Popen[str]":
    """Another process that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(runs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_second_night_is_told_who_holds_the_lock_since_when(tmp_path: Path) -> None:
    with night_lock(tmp_path, config="ours.toml", clock=lambda: NOON) as path:
        said = path.read_text("utf-8")
        with (
            pytest.raises(NightHeldError, match=r"process \d+ \(since 2026-01-02T12:00:00"),
            night_lock(tmp_path, config="other.toml"),
        ):
            pass
        assert path.read_text("utf-8") == said
    assert path.read_text("utf-8") == ""


def test_lock_is_free_when_the_block_ends_however_it_ends(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), night_lock(tmp_path, config="a"):
        raise KeyboardInterrupt
    with night_lock(tmp_path, config="b") as path:
        assert '"b"' in path.read_text("utf-8")


@pytest.mark.slow
def test_lock_of_a_killed_night_is_free_at_once(tmp_path: Path) -> None:
    process = holder(tmp_path)
    try:
        with (
            pytest.raises(NightHeldError, match=rf"process {process.pid} .*theirs\.toml"),
            night_lock(tmp_path, config="ours.toml"),
        ):
            pass
    finally:
        process.kill()
        process.communicate()
    assert str(process.pid) in (tmp_path / "nightly.lock").read_text("utf-8")
    with night_lock(tmp_path, config="ours.toml") as path:
        assert "ours.toml" in path.read_text("utf-8")


def test_half_written_mark_is_no_reason_to_fail_otherwise(tmp_path: Path) -> None:
    with night_lock(tmp_path, config="a") as path:
        path.write_text('{"pid":', "utf-8")
        with (
            pytest.raises(NightHeldError, match="just begun or is about to end"),
            night_lock(tmp_path, config="b"),
        ):
            pass
