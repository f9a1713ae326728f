"""The ledger: what is written stays, and what was changed shows.

Ledgers that are tampered with are made by the functions below, which know the format from
its description only.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import to_json
from peaklib.evidence.clock import Clock
from peaklib.evidence.ledger.checkpoint import Checkpoint
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.evidence.ledger.merkle import Frontier

Lines = list[bytes]

ID = "00112233445566ff"
DAY = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
# Acknowledges every event on its output; argument 1 is the file, 2 the writer, 3 how many.
WRITER = """
import sys
from pathlib import Path
from peaklib.evidence.ledger.ledger import Ledger

ledger = Ledger(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    event = ledger.append("publish", {"run_id": sys.argv[2], "number": number, "pad": "x" * 500})
    print(event.seq, number, flush=True)
"""


def chained(contents: list[tuple[str, str]]) -> Lines:
    """Lines of (event, data as JSON text), each with the digest of the one before."""
    lines: Lines = []
    for seq, (event, data) in enumerate(contents):
        prev = sha256(lines[-1]).hexdigest() if lines else "0" * 64
        lines.append(
            f'{{"data":{data},"event":"{event}","prev":"{prev}","seq":{seq},'
            '"time":"2026-01-02T03:04:05.000000+00:00"}'.encode()
        )
    return lines


def history(count: int, ledger_id: str = ID) -> Lines:
    """A good ledger of a genesis and some publish events."""
    events = [("publish", f'{{"number":{k},"run_id":"r{k}"}}') for k in range(1, count)]
    return chained([("genesis", f'{{"id":"{ledger_id}"}}'), *events])


def write(path: Path, lines: Lines, tail: bytes = b"") -> Ledger:
    path.write_bytes(b"".join(line + b"\n" for line in lines) + tail)
    return Ledger(path)


def checkpoint_of(lines: Lines, ledger_id: str = ID) -> Checkpoint:
    tree = Frontier()
    for line in lines:
        tree.add(line)
    return Checkpoint(f"peak-trade/ledger/{ledger_id}", len(lines), tree.root())


def python(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    """What a process printed; it must end well."""
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


@pytest.fixture
def clock() -> Clock:
    """One second later at each call."""
    moments: Iterator[datetime] = (DAY + timedelta(seconds=k) for k in range(10_000))
    return lambda: next(moments)


# ---- writing and reading ------------------------------------------------------------------


def test_a_missing_ledger_reads_as_an_empty_one(path: Path) -> None:
    ledger = Ledger(path)
    assert [*ledger.events()] == ledger.tail(3) == []
    report = ledger.verify()
    assert (report.size, report.problems) == (0, ())
    assert ledger.checkpoint() == report.checkpoint
    assert report.checkpoint.root == sha256(b"").digest()
    assert not path.exists()


def test_lines_are_canonical_json_chained_from_a_genesis(path: Path, clock: Clock) -> None:
    ledger = Ledger(path, clock)
    ledger.append("publish", {"run_id": "ß", "metrics": {"b": 1.0, "a": -0.0, "c": float("nan")}})
    ledger.append("delete", {"run_id": "ß", "reason": "two\nlines"})
    lines = path.read_bytes().split(b"\n")
    assert lines.pop() == b""
    prev = "0" * 64
    for seq, line in enumerate(lines):
        content = json.loads(line)
        assert line == to_json(content)
        assert set(content) == {"seq", "prev", "time", "event", "data"}
        assert (content["seq"], content["prev"]) == (seq, prev)
        assert datetime.fromisoformat(content["time"]) == DAY + timedelta(seconds=seq)
        prev = sha256(line).hexdigest()
    first, second, third = (json.loads(line) for line in lines)
    assert (first["event"], second["event"], third["event"]) == ("genesis", "publish", "delete")
    assert len(bytes.fromhex(first["data"]["id"])) == 8
    assert second["data"] == {"run_id": "ß", "metrics": {"a": 0, "b": 1, "c": None}}


def test_public_tools_agree_about_the_chain(path: Path) -> None:
    ledger = Ledger(path)
    for number in range(3):
        ledger.append("publish", {"number": number})
    sums = subprocess.run(
        ["bash", "-c", 'while IFS= read -r line; do printf %s "$line" | sha256sum; done < "$1"',
         "bash", str(path)],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    digests = [line.split()[0] for line in sums.stdout.splitlines()]
    assert [event.digest for event in ledger.events()] == digests
    prevs = [json.loads(line)["prev"] for line in path.read_text("utf-8").splitlines()]
    assert prevs == ["0" * 64, *digests[:-1]]


def test_what_append_returns_is_what_is_read_back(path: Path) -> None:
    ledger = Ledger(path)
    made = [ledger.append("page", {"page": f"p{k}", "x": (1.5, None)}) for k in range(3)]
    assert [*ledger.events()][1:] == made == [*Ledger(path).events("page")]
    assert made[0].data == {"page": "p0", "x": [1.5, None]}


def test_times_are_in_utc_whatever_the_clock_says(path: Path) -> None:
    east = timezone(timedelta(hours=9))
    event = Ledger(path, lambda: DAY.astimezone(east)).append("page", {})
    assert event.time == "2026-01-02T03:04:05.000000+00:00"


def test_a_clock_that_is_set_back_does_no_harm(path: Path) -> None:
    moments = iter([DAY, DAY, DAY - timedelta(days=400), DAY - timedelta(days=1)])
    ledger = Ledger(path, lambda: next(moments))
    made = [ledger.append("page", {}).seq for _ in range(3)]
    assert made == [1, 2, 3]
    assert ledger.verify().problems == ()


@pytest.mark.parametrize("name", ["", "Publish", "a b", 'a"', "1", "ö", "a\n"])
def test_names_that_are_none_are_refused(path: Path, name: str) -> None:
    with pytest.raises(EvidenceError, match="no name of a ledger event"):
        Ledger(path).append(name, {})
    assert not path.exists()


@pytest.mark.parametrize("name", ["genesis", "torn"])
def test_what_the_ledger_says_of_itself_cannot_be_said_for_it(path: Path, name: str) -> None:
    with pytest.raises(EvidenceError, match="written by the ledger itself"):
        Ledger(path).append(name, {"id": ID})


@pytest.mark.parametrize("value", [object(), {1, 2}, 2**60, "\ud800"])
def test_values_that_json_cannot_hold_are_refused(path: Path, value: object) -> None:
    with pytest.raises(EvidenceError, match="event 'publish' cannot be written"):
        Ledger(path).append("publish", {"x": value})
    assert not path.exists()


@pytest.mark.parametrize("trick", ['"event":"delete"', '"},"event":"delete","prev":"', "}\n{"])
def test_text_that_looks_like_a_line_stays_text(path: Path, trick: str) -> None:
    ledger = Ledger(path)
    ledger.append("publish", {"error": trick, "nested": {"event": "delete", "prev": "0" * 64}})
    assert [event.data["error"] for event in ledger.events() if event.seq] == [trick]
    assert [*ledger.events("delete")] == []
    assert ledger.verify().problems == ()


def test_events_can_be_chosen_by_kind_and_by_what_was_read_before(path: Path) -> None:
    ledger = Ledger(path)
    for number in range(4):
        ledger.append("delete" if number % 2 else "publish", {"number": number})
    assert [e.seq for e in ledger.events("publish")] == [1, 3]
    assert [e.seq for e in ledger.events("delete", "genesis")] == [0, 2, 4]
    assert [e.seq for e in ledger.events(after=2)] == [3, 4]
    assert [e.seq for e in ledger.events("delete", after=2)] == [4]
    assert [*ledger.events(after=4)] == [*ledger.events(after=99)] == []


@pytest.mark.parametrize("after", [-1, 0, 1, 700, 1500, 1983, 1998, 1999, 2000])
def test_a_long_ledger_is_read_from_any_line_on(path: Path, after: int) -> None:
    ledger = write(path, history(2000))
    assert [e.seq for e in ledger.events(after=after)] == [*range(after + 1, 2000)]


def test_the_end_is_read_without_the_rest(path: Path) -> None:
    lines = history(2000)
    ledger = write(path, [b"damaged", *lines[1:]])
    assert [e.seq for e in ledger.tail(3)] == [1997, 1998, 1999]
    assert [e.seq for e in ledger.events(after=1997)] == [1998, 1999]


@pytest.mark.parametrize("count", [0, 1, 6, 7, 8])
def test_tail_is_the_end_of_all_events(path: Path, count: int) -> None:
    ledger = write(path, history(7))
    assert ledger.tail(count) == [*ledger.events()][max(0, 7 - count) :]


def test_reading_names_the_line_that_it_cannot_read(path: Path) -> None:
    lines = history(5)
    ledger = write(path, [*lines[:2], b'{"a": 1}', *lines[3:]])
    with pytest.raises(EvidenceError, match="line 3 is no line of a ledger"):
        [*ledger.events()]
    ledger = write(path, [*lines[:2], *lines[3:]])
    with pytest.raises(EvidenceError, match="line 3 has seq 3 where 2 belongs"):
        [*ledger.events()]


def test_another_writer_is_noticed(path: Path) -> None:
    one, two = Ledger(path), Ledger(path)
    assert [log.append("page", {}).seq for log in (one, two, two, one, two)] == [1, 2, 3, 4, 5]
    assert one.verify().problems == ()


# ---- what verification finds --------------------------------------------------------------

Tamper = Callable[[Lines], Lines]
TAMPERED: dict[str, tuple[Tamper, list[str]]] = {
    "value of a middle line": (
        lambda lines: [*lines[:2], lines[2].replace(b"r2", b"r9"), *lines[3:]],
        ["line 4 does not follow from line 3"],
    ),
    "time of a middle line": (
        lambda lines: [*lines[:2], lines[2].replace(b"2026", b"2025"), *lines[3:]],
        ["line 4 does not follow from line 3"],
    ),
    "deleted line": (
        lambda lines: [*lines[:2], *lines[3:]],
        ["line 3 has seq 3 where 2 belongs: lines before it were removed or moved"],
    ),
    "three deleted lines": (
        lambda lines: [*lines[:2], *lines[5:]],
        ["line 3 has seq 5 where 2 belongs: lines before it were removed or moved"],
    ),
    "repeated line": (
        lambda lines: [*lines[:3], lines[2], *lines[3:]],
        ["line 4 has seq 2 where 3 belongs: lines were put in, repeated or moved"],
    ),
    "inserted line": (
        lambda lines: [*lines[:3], chained([("page", "{}")] * 4)[3], *lines[3:]],
        [
            "line 4 does not follow from line 3",
            "line 5 has seq 3 where 4 belongs: lines were put in",
        ],
    ),
    "swapped lines": (
        lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
        ["line 3 has seq 3 where 2", "line 4 has seq 2 where 4", "line 5 has seq 4 where 3"],
    ),
    "removed genesis": (
        lambda lines: lines[1:],
        ["line 1 has seq 1 where 0 belongs", "line 1 is no genesis event"],
    ),
    "empty line": (
        lambda lines: [*lines[:3], b"", *lines[3:]],
        ["line 4 is no line of a ledger: ''", "line 5 has seq 3 where 4"],
    ),
    "CRLF": (
        lambda lines: [*lines[:2], lines[2] + b"\r", *lines[3:]],
        ["line 3 is no line of a ledger", "line 4 does not follow from line 3"],
    ),
    "two lines of one": (
        lambda lines: [*lines[:2], *lines[2].split(b",", 1), *lines[3:]],
        ["line 3 is no line", "line 4 is no line", "line 5 has seq 3 where 4"],
    ),
    "another ledger behind this one": (
        lambda lines: [*lines, *history(2, "ff" * 8)],
        [
            "line 9 has seq 0 where 8 belongs",
            "line 9 begins a ledger anew in the middle of this one",
        ],
    ),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_tampering_shows_in_the_chain_and_is_named_once(path: Path, how: str) -> None:
    change, expected = TAMPERED[how]
    problems = write(path, change(history(8))).verify().problems
    assert len(problems) == len(expected), problems
    for problem, words in zip(problems, expected, strict=True):
        assert problem.startswith(words)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ('{"a":1,"a":2}', "key 'a' stands twice"),
        ('{"b":{"a":1,"a":1}}', "key 'a' stands twice"),
        ('{"a":NaN}', "NaN is not JSON"),
        ('{"a":-Infinity}', "-Infinity is not JSON"),
        ('{"a":}', "not JSON"),
        ('{"a":1}}', "more than one value"),
        ('{"a":"\x01"}', "not JSON"),
        ('{"a":' + "[" * 100_000 + "}", "not JSON"),
    ],
)
def test_a_line_that_is_chained_and_is_no_json_is_found(path: Path, data: str, words: str) -> None:
    """At the end by `verify`; further up, where the chain holds it, by whoever reads it."""
    lines = chained([("genesis", f'{{"id":"{ID}"}}'), ("page", "{}"), ("page", data)])
    (problem,) = write(path, lines).verify().problems
    assert problem.startswith("line 3 ")
    assert words in problem
    lines = chained([("genesis", f'{{"id":"{ID}"}}'), ("page", data), ("page", "{}")])
    with pytest.raises(EvidenceError, match=f"line 2 .*{re.escape(words)}"):
        list(write(path, lines).events())


def test_bytes_that_are_no_text_are_found(path: Path) -> None:
    lines = history(3)
    lines[2] = lines[2].replace(b"r2", b"\xff\xfe")
    (problem,) = write(path, lines).verify().problems
    assert problem.startswith("line 3 holds data that are not JSON")


def test_a_cut_tail_shows_against_a_checkpoint_only(path: Path) -> None:
    lines = history(8)
    ledger = write(path, lines[:5])
    assert ledger.verify().problems == ()
    problems = ledger.verify([checkpoint_of(lines[:4]), checkpoint_of(lines)]).problems
    assert problems == ("the ledger has 5 lines, a checkpoint saw 8: its end was cut off",)


def test_a_ledger_that_was_removed_shows_against_a_checkpoint(path: Path) -> None:
    problems = Ledger(path).verify([checkpoint_of(history(8))]).problems
    assert problems == ("the ledger has 0 lines, a checkpoint saw 8: its end was cut off",)


def test_an_edited_last_line_shows_against_a_checkpoint_only(path: Path) -> None:
    lines = history(8)
    ledger = write(path, [*lines[:-1], lines[-1].replace(b"r7", b"r8")])
    assert ledger.verify().problems == ()
    (problem,) = ledger.verify([checkpoint_of(lines)]).problems
    assert problem.startswith("lines 1 to 8 have the root ")


def test_a_history_that_was_written_anew_shows_against_a_checkpoint_only(path: Path) -> None:
    lines = history(8)
    events = [("genesis", f'{{"id":"{ID}"}}')] + [("publish", '{"run_id":"other"}')] * 9
    ledger = write(path, chained(events))
    assert ledger.verify().problems == ()
    kept = [checkpoint_of(lines[:size]) for size in (1, 3, 8)]
    problems = ledger.verify(kept).problems
    assert [problem[:14] for problem in problems] == ["lines 1 to 3 h", "lines 1 to 8 h"]


def test_checkpoints_of_another_ledger_are_named_once(path: Path) -> None:
    other = [checkpoint_of(history(size, "f" * 16), "f" * 16) for size in (2, 5, 90)]
    (problem,) = write(path, history(8)).verify([*other, checkpoint_of(history(3))]).problems
    assert problem.startswith(f"3 checkpoints of the ledger peak-trade/ledger/{'f' * 16}, and this")
    assert ID in problem


def test_the_checkpoint_of_an_empty_ledger_binds_nobody(path: Path) -> None:
    empty = Ledger(path).checkpoint()
    assert write(path, history(3)).verify([empty]).problems == ()
    wrong = Checkpoint("any", 0, bytes(32))
    (problem,) = Ledger(path).verify([wrong]).problems
    assert problem.startswith("lines 1 to 0 have the root ")


@given(st.data())
def test_any_changed_byte_is_found(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    lines = history(6)
    content = b"".join(line + b"\n" for line in lines)
    place = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != content[place]))
    path = tmp_path_factory.getbasetemp() / "one-byte.jsonl"
    path.write_bytes(content[:place] + bytes([byte]) + content[place + 1 :])
    assert Ledger(path).verify([checkpoint_of(lines)]).problems
    last = len(content) - len(lines[-1]) - 1
    assert place >= last or Ledger(path).verify().problems


def test_a_ruined_ledger_is_not_listed_line_by_line(path: Path) -> None:
    problems = write(path, [*history(2), *[b"?"] * 1000]).verify().problems
    assert len(problems) == 101
    assert problems[-1] == "and 900 more problems"


# ---- checkpoints --------------------------------------------------------------------------


def test_checkpoints_agree_with_the_tree_over_the_lines(path: Path) -> None:
    ledger = Ledger(path)
    kept = []
    for number in range(20):
        ledger.append("page", {"number": number})
        kept.append(ledger.checkpoint())
        lines = path.read_bytes().splitlines()
        assert kept[-1] == checkpoint_of(lines, json.loads(lines[0])["data"]["id"])
    report = Ledger(path).verify(kept)
    assert (report.checkpoint, report.problems) == (kept[-1], ())


def test_the_cache_of_the_tree_is_kept_for_the_next_process(path: Path) -> None:
    lines = history(1000)
    assert write(path, lines).checkpoint() == checkpoint_of(lines)
    assert sorted(p.name for p in path.parent.iterdir()) == ["ledger.jsonl", "ledger.state"]
    # Only with the cache can the root be known: the first lines are not what they were.
    write(path, [lines[0], lines[1].replace(b"r1", b"r2"), *lines[2:]])
    assert Ledger(path).checkpoint() == checkpoint_of(lines)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "no JSON": lambda _: b"\xff",
    "other JSON": lambda _: b"[1]",
    "torn": lambda content: content[:-9],
    "a digit": lambda content: content.replace(b'"size": 300', b'"size": 301', 1),
    "a peak": lambda content: content.replace(b'"peaks": ["', b'"peaks": ["00', 1),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_is_made_anew(path: Path, damage: str) -> None:
    ledger = write(path, history(300))
    ledger.checkpoint()
    state = path.with_suffix(".state")
    good = state.read_bytes()
    state.write_bytes(DAMAGE[damage](good))
    assert state.read_bytes() != good
    assert Ledger(path).checkpoint() == checkpoint_of(history(300))
    assert state.read_bytes() == good


def test_the_cache_of_another_history_is_not_believed(path: Path) -> None:
    write(path, history(400, "f" * 16)).checkpoint()
    state = path.with_suffix(".state").read_bytes()
    for lines in (history(500), history(300), history(3), history(400)):
        path.with_suffix(".state").write_bytes(state)
        assert write(path, lines).checkpoint() == checkpoint_of(lines)


def test_a_cache_that_cannot_be_written_does_not_matter(path: Path) -> None:
    path.with_suffix(".state").mkdir()
    (path.with_suffix(".state") / "in-the-way").touch()
    assert write(path, history(300)).checkpoint() == checkpoint_of(history(300))
    assert sorted(p.name for p in path.parent.iterdir()) == ["ledger.jsonl", "ledger.state"]


def test_a_ledger_without_genesis_has_no_checkpoint(path: Path) -> None:
    with pytest.raises(EvidenceError, match="line 1 is no genesis event"):
        write(path, history(5)[1:]).checkpoint()


# ---- crashes and faults -------------------------------------------------------------------


@pytest.mark.parametrize("kept", [1, 40, -1])
def test_a_torn_last_line_is_set_aside_and_reported(
    path: Path, kept: int, caplog: pytest.LogCaptureFixture
) -> None:
    lines = history(4)
    torn = lines[3][:kept]
    ledger = write(path, lines[:3], torn)
    assert [e.seq for e in ledger.events()] == [0, 1, 2]
    assert [e.seq for e in ledger.tail(2)] == [1, 2]
    assert ledger.checkpoint() == checkpoint_of(lines[:3])
    assert ledger.verify().problems == (
        f"torn last line, {len(torn)} bytes; the next write sets it aside",
    )
    assert ledger.append("page", {"page": "after"}).seq == 4
    (event,) = ledger.events("torn")
    assert event.data["bytes"] == len(torn)
    assert event.data["sha256"] == sha256(torn).hexdigest()
    assert (path.parent / event.data["kept"]).read_bytes() == torn
    assert event.data["kept"] == f"torn/{sha256(torn).hexdigest()[:16]}.bin"
    assert path.read_bytes().startswith(b"\n".join(lines[:3]) + b"\n")
    assert ledger.verify([checkpoint_of(lines[:3])]).problems == ()
    assert "the last line was torn" in caplog.text


def test_a_torn_line_longer_than_what_follows_leaves_nothing_behind(path: Path) -> None:
    torn = b'{"data":{"x":"' + b"x" * 200_000
    ledger = write(path, history(3), torn)
    ledger.append("page", {})
    assert [e.event for e in ledger.events()][3:] == ["torn", "page"]
    assert path.stat().st_size < 2000
    assert ledger.verify().problems == ()


def test_a_torn_first_line_becomes_a_new_ledger(path: Path) -> None:
    write(path, [], b'{"data":{"id":"00').append("page", {})
    ledger = Ledger(path)
    assert [e.event for e in ledger.events()] == ["genesis", "torn", "page"]
    assert ledger.verify().problems == ()


def test_a_last_line_that_is_none_stops_the_writer(path: Path) -> None:
    ledger = write(path, [*history(3), b"?"])
    before = path.read_bytes()
    with pytest.raises(EvidenceError, match="the last line is no line of a ledger"):
        ledger.append("page", {})
    assert path.read_bytes() == before


@pytest.mark.parametrize("left", [history(2), [], [*history(2), *history(4)[2:3]]])
def test_a_writer_does_not_go_on_over_lost_lines(path: Path, left: Lines) -> None:
    ledger = write(path, history(3))
    ledger.append("page", {})
    write(path, left)
    before = path.read_bytes()
    with pytest.raises(EvidenceError, match="line 4 was changed or removed"):
        ledger.append("page", {})
    assert path.read_bytes() == before


LIMITED = """
import resource, sys
from pathlib import Path
from peaklib.errors import EvidenceError
from peaklib.evidence.ledger.ledger import Ledger

path = Path(sys.argv[1])
before, room = path.read_bytes(), int(sys.argv[2])
ledger = Ledger(path)
resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + room, resource.RLIM_INFINITY))
try:
    ledger.append("publish", {"pad": "x" * 3000})
except EvidenceError as error:
    print(error)
assert path.read_bytes() == before
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
ledger.append("publish", {"pad": "x" * 3000})
"""


@pytest.mark.parametrize("room", [0, 1, 700])
@pytest.mark.parametrize("tail", [b"", b'{"data":{"to'])
def test_a_line_for_which_there_is_no_room_is_taken_back(
    path: Path, room: int, tail: bytes
) -> None:
    lines = history(3)
    ledger = write(path, lines, tail)
    assert "the event 'publish' was NOT recorded" in said(python(LIMITED, path, room))
    events = ["torn", "publish"] if tail else ["publish"]
    assert [e.event for e in ledger.events(after=2)] == events
    assert ledger.verify([checkpoint_of(lines)]).problems == ()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(EvidenceError, match=r"runs/ledger.jsonl: the event 'page' was NOT"):
        Ledger(tmp_path / "runs" / "ledger.jsonl").append("page", {})


def test_a_folder_in_place_of_the_file_is_named(path: Path) -> None:
    path.mkdir()
    ledger = Ledger(path)
    for call in (ledger.checkpoint, ledger.verify, lambda: [*ledger.events()]):
        with pytest.raises(EvidenceError, match=r"ledger\.jsonl: the ledger cannot be read"):
            call()
    with pytest.raises(EvidenceError, match="NOT recorded"):
        ledger.append("page", {})


# ---- many at once -------------------------------------------------------------------------


@pytest.mark.slow
def test_eight_processes_lose_nothing_and_readers_are_not_disturbed(path: Path) -> None:
    writers = [python(WRITER, path, name, 50) for name in "abcdefgh"]
    ledger, sizes = Ledger(path), [0]
    while any(writer.poll() is None for writer in writers):
        report = ledger.verify()
        assert report.problems == ()
        sizes.append(report.size)
        assert ledger.checkpoint().size >= report.size
    assert sizes == sorted(sizes)
    acknowledged = {}
    for name, writer in zip("abcdefgh", writers, strict=True):
        for line in said(writer).splitlines():
            seq, number = map(int, line.split())
            acknowledged[seq] = (name, number)
    written = {e.seq: (e.data["run_id"], e.data["number"]) for e in ledger.events("publish")}
    assert written == acknowledged
    assert len(written) == 400
    report = ledger.verify()
    assert (report.size, report.problems) == (401, ())


def test_threads_may_share_one_object(path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    ledger = Ledger(path)

    def work(name: int) -> list[int]:
        made = [ledger.append("page", {"name": name}).seq for _ in range(20)]
        assert ledger.checkpoint().size > made[-1]
        return made

    with ThreadPoolExecutor(4) as pool:
        seqs = [seq for made in pool.map(work, range(4)) for seq in made]
    assert sorted(seqs) == [*range(1, 81)]
    assert ledger.verify([ledger.checkpoint()]).problems == ()


@pytest.mark.parametrize("events", [1, 25, 60])
def test_a_killed_writer_loses_no_event_that_it_acknowledged(path: Path, events: int) -> None:
    writer = python(WRITER, path, "a", 100_000)
    assert writer.stdout is not None
    said_so = [writer.stdout.readline() for _ in range(events)]
    writer.kill()
    # Not by `communicate`: it passes over what `readline` has taken from the pipe in advance.
    said_so += writer.stdout.read().splitlines()
    writer.communicate(timeout=60)
    acknowledged = [int(line.split()[1]) for line in said_so if len(line.split()) == 2]
    ledger = Ledger(path)
    written = [event.data["number"] for event in ledger.events("publish")]
    assert written[: len(acknowledged)] == acknowledged == [*range(len(acknowledged))]
    assert len(written) <= len(acknowledged) + 1
    ledger.append("page", {})
    assert ledger.verify().problems == ()


FORKED = """
import os, sys, time
from pathlib import Path
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.evidence.ledger.file import writing

path = Path(sys.argv[1])
with writing(path):
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
print(Ledger(path).append("page", {}).seq)
os.kill(child, 9)
os.waitpid(child, 0)
"""


def test_a_process_forked_during_a_write_does_not_keep_the_lock(path: Path) -> None:
    assert said(python(FORKED, path)) == "1\n"


def test_a_file_put_in_its_place_is_written_not_the_one_that_was_removed(path: Path) -> None:
    from fcntl import LOCK_EX, flock

    Ledger(path).append("page", {})
    fd = os.open(path, os.O_RDWR)
    flock(fd, LOCK_EX)
    writer = python(WRITER, path, "a", 1)
    lines = history(3)
    other = path.with_name("other")
    write(other, lines)
    # The writer may wait for the lock of the old file already, or not have come so far.
    os.replace(other, path)
    os.close(fd)
    assert said(writer) == "3 0\n"
    assert Ledger(path).verify([checkpoint_of(lines)]).problems == ()
