"""`peak ledger`: verified, listed, searched, and kept elsewhere."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from peaklib.cli.ledger import command
from peaklib.errors import EvidenceError
from peaklib.evidence.ledger.checkpoint import Checkpoint
from peaklib.evidence.ledger.ledger import Ledger

Call = Callable[..., Result]


@pytest.fixture
def ledger(project: Path) -> Ledger:
    """Two runs, one of them deleted; a day between the events."""
    moments = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=k) for k in range(1, 100))
    made = Ledger(project / "runs" / "ledger.jsonl", lambda: next(moments))
    for run_id in ("20260103_000000_aaaaaa", "20260104_000000_bbbbbb"):
        made.append("publish", {"run_id": run_id, "kind": "report", "status": "completed"})
    made.append("delete", {"run_id": "20260103_000000_aaaaaa", "reason": "a typing mistake"})
    return made


@pytest.fixture
def ledger_call(project: Path) -> Call:
    """Call `peak ledger` in the project."""

    def _call(*arguments: str | Path) -> Result:
        return CliRunner().invoke(command, [*map(str, arguments)])

    return _call


def pack(project: Path, run_id: str, record: Any) -> None:
    folder = project / "runs" / run_id
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(record), "utf-8")


def test_a_good_ledger_is_verified(ledger_call: Call, ledger: Ledger) -> None:
    done = ledger_call("verify")
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert lines[0] == "✓ chain        4 lines, each follows from the one before it"
    assert lines[1].startswith("! checkpoints  none given")
    origin, size, root = ledger.checkpoint().text().splitlines()
    assert lines[-4:-1] == [f"origin  {origin}", f"size    {size}", f"root    {root}"]
    assert lines[-1] == "next  peak ledger verify --packs"


def test_a_project_without_runs_has_an_empty_ledger(ledger_call: Call, project: Path) -> None:
    assert ledger_call("verify").exit_code == 0
    assert ledger_call("tail").output == "no events\nnext  peak ledger verify --packs\n"
    assert json.loads(ledger_call("query", "--json").output) == []
    assert not (project / "runs").exists()


def test_what_is_wrong_is_listed_and_the_status_is_1(ledger_call: Call, ledger: Ledger) -> None:
    content = ledger.path.read_bytes()
    ledger.path.write_bytes(content.replace(b"aaaaaa", b"cccccc", 1))
    done = ledger_call("verify")
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert lines[0] == "✕ line 3 does not follow from line 2: that one is not what it was"
    assert lines[-2:] == ["NOT VERIFIED  1 wrong · exit 1", "next  peak ledger tail"]
    found = json.loads(ledger_call("verify", "--json").output)
    assert found["ok"] is False
    assert found["problems"] == [lines[0][2:]]


def test_a_checkpoint_that_was_kept_elsewhere_shows_a_cut_tail(
    ledger_call: Call, ledger: Ledger, tmp_path: Path
) -> None:
    early, late = tmp_path / "early.txt", tmp_path / "late.txt"
    assert ledger_call("checkpoint", "--to", early).exit_code == 0
    ledger.append("page", {"page": "reports/x.html"})
    done = ledger_call("checkpoint", "--to", late)
    assert done.output.splitlines()[-1] == f"next  peak ledger verify --checkpoint {late}"
    both = ("--checkpoint", early, "--checkpoint", late)
    assert "2 given, the ledger agrees with all" in ledger_call("verify", *both).output
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    ledger.path.write_bytes(b"".join(lines[:-1]))
    done = ledger_call("verify", *both)
    assert done.exit_code == 1
    assert done.output.startswith("✕ the ledger has 4 lines, a checkpoint saw 5")


def test_in_a_pipe_the_checkpoint_stands_alone(ledger_call: Call, ledger: Ledger) -> None:
    assert Checkpoint.parse(ledger_call("checkpoint").output) == ledger.checkpoint()
    assert ledger_call("checkpoint").output == ledger.checkpoint().text()


def test_an_old_checkpoint_is_not_written_over(ledger_call: Call, ledger: Ledger) -> None:
    kept = ledger.path.with_name("kept.txt")
    kept.write_text("old", "utf-8")
    done = ledger_call("checkpoint", "--to", kept)
    assert isinstance(done.exception, EvidenceError)
    assert "an old checkpoint is evidence" in str(done.exception)
    assert kept.read_text("utf-8") == "old"


def test_a_file_that_is_no_checkpoint_is_named(ledger_call: Call, ledger: Ledger) -> None:
    done = ledger_call("verify", "--checkpoint", ledger.path)
    assert isinstance(done.exception, EvidenceError)
    assert str(done.exception).startswith(f"{ledger.path}: no checkpoint")


def test_the_anchors_of_the_packs_hold_the_ledger(
    ledger_call: Call, ledger: Ledger, project: Path
) -> None:
    anchor = ledger.checkpoint().to_json()
    pack(project, "20260103_000000_aaaaaa", {"anchor": None})
    pack(project, "20260104_000000_bbbbbb", {"anchor": anchor})
    pack(project, "20260105_000000_cccccc", {"schema": "peak-run/1"})
    pack(project, ".staging", {"anchor": {"size": "open runs do not count"}})
    found = json.loads(ledger_call("verify", "--packs", "--json").output)
    assert found == {
        **anchor,
        "checkpoints": 1,
        "ledger": str(ledger.path),
        "ok": True,
        "problems": [],
    }
    pack(project, "20260106_000000_dddddd", {"anchor": {**anchor, "size": 9}})
    pack(project, "20260106_000000_eeeeee", {"anchor": {"size": 9}})
    done = ledger_call("verify", "--packs")
    assert done.exit_code == 1
    first, second, *_ = done.output.splitlines()
    assert first == "✕ the ledger has 4 lines, a checkpoint saw 9: its end was cut off"
    assert second.startswith("✕ run 20260106_000000_eeeeee: its anchor cannot be read")


def test_tail_shows_the_last_events(ledger_call: Call, ledger: Ledger) -> None:
    done = ledger_call("tail", "-n", "2")
    assert done.output.splitlines() == [
        "     2  2026-01-04 00:00:00  publish   20260104_000000_bbbbbb  report completed",
        "     3  2026-01-05 00:00:00  delete    20260103_000000_aaaaaa  a typing mistake",
        "next  peak ledger verify --packs",
    ]
    (event,) = json.loads(ledger_call("tail", "-n", "1", "--json").output)
    assert set(event) == {"seq", "time", "event", "data", "digest"}
    assert event["digest"] == [*ledger.events()][-1].digest


@pytest.mark.parametrize(
    ("filters", "seqs"),
    [
        ((), [0, 1, 2, 3]),
        (("--event", "publish"), [1, 2]),
        (("--event", "paper"), []),
        (("--run", "20260103_000000_aaaaaa"), [1, 3]),
        (("--run", "20260103_000000_aaaaaa", "--event", "delete"), [3]),
        (("--since", "2026-01-04"), [2, 3]),
        (("--since", "2026-01-04T00:00:01"), [3]),
        (("--since", "2026-01-04T09:00+09:00"), [2, 3]),
        (("--since", "2026-01-04T08:59+09:00"), [2, 3]),
        (("--since", "2027-01-01"), []),
    ],
)
def test_query_finds_events(
    ledger_call: Call, ledger: Ledger, filters: tuple[str, ...], seqs: list[int]
) -> None:
    found = json.loads(ledger_call("query", *filters, "--json").output)
    assert [event["seq"] for event in found] == seqs
    assert len(ledger_call("query", *filters).output.splitlines()) == max(1, len(seqs)) + 1


def test_a_date_that_is_none_is_refused(ledger_call: Call, ledger: Ledger) -> None:
    done = ledger_call("query", "--since", "yesterday")
    assert done.exit_code == 2
    assert "'yesterday' is no date or time" in done.output
