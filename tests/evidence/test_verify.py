"""Verification: whatever is done to a pack is found and named, and nothing else is."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from peaklib.evidence import Ledger, Registry, start_run
from peaklib.evidence.canonical import to_json
from peaklib.evidence.checks.verify import Report, verify_pack
from peaklib.evidence.content.digest import content_of
from peaklib.evidence.files import SUMS, parse_sums
from peaklib.evidence.ledger.history import LedgerHistory
from peaklib.evidence.rocrate import FileEntry, metadata

TABLE, FIGURE = "outputs/tables/curve.parquet", "outputs/figures/map.json"
METRICS_TEXT = b'{"sharpe":1.5,"undefined":null}'
WRITTEN = sha256(METRICS_TEXT).hexdigest()
METRICS, NOTES, CRATE = "outputs/metrics.json", "outputs/notes.json", "ro-crate-metadata.json"


class Drawing:
    """A figure of one point."""

    def to_json(self) -> str:
        return '{"data":[{"type":"scatter","x":[1.0],"y":[2.0]}],"layout":{}}'


@dataclass(frozen=True)
class Store:
    """Some runs, and the one that is tampered with."""

    runs: Path
    run_id: str

    @property
    def pack(self) -> Path:
        return self.runs / self.run_id

    @property
    def root(self) -> str | None:
        return Registry(self.runs).root_of(self.run_id)

    def verify(self) -> Report:
        return verify_pack(self.pack, root=self.root)


def make_store(runs: Path) -> Store:
    for number in range(2):
        with start_run(kind="interactive", config={"n": number}, runs=runs) as run:
            run.log_metrics({"sharpe": 0.5 + number, "undefined": None})
            run.save_table("curve", pd.DataFrame({"equity": [1.0, 1.1], "text": ["a", "b"]}))
            run.save_figure("map", Drawing())
            run.save_text("odd näme %41.txt", "text")
            run.note("a note")
    return Store(runs, run.run_id)


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return make_store(tmp_path_factory.mktemp("store") / "runs")


@pytest.fixture
def store(untouched: Store, tmp_path: Path) -> Store:
    shutil.copytree(untouched.runs, tmp_path / "runs")
    return Store(tmp_path / "runs", untouched.run_id)


def lines_of(report: Report) -> dict[str, tuple[str, ...]]:
    return {check.name: check.details for check in report.failed}


def flip(path: Path, place: int = 5) -> None:
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1
    path.write_bytes(content)


def edit_sums(pack: Path, edit: Callable[[list[str]], list[str]]) -> None:
    lines = (pack / SUMS).read_text("utf-8").splitlines(keepends=True)
    (pack / SUMS).write_text("".join(edit(lines)), "utf-8", newline="")


def drop(pack: Path, name: str) -> None:
    edit_sums(pack, lambda lines: [line for line in lines if not line.endswith(f"  {name}\n")])


def sum_again(pack: Path) -> None:
    """What a forger does: write the list anew over all files, with public means."""
    names = sorted(p.relative_to(pack).as_posix() for p in pack.rglob("*") if p.is_file())
    digests = {name: sha256((pack / name).read_bytes()).hexdigest() for name in names}
    text = "".join(f"{digest}  {name}\n" for name, digest in digests.items() if name != SUMS)
    (pack / SUMS).write_text(text, "utf-8", newline="")


def rewrite(pack: Path, name: str, content: bytes) -> None:
    (pack / name).write_bytes(content)
    sum_again(pack)


def edit_record(pack: Path, **values: Any) -> None:
    record = json.loads((pack / "run.json").read_bytes())
    (pack / "run.json").write_bytes(to_json({**record, **values}))
    sum_again(pack)


def forge_everything(pack: Path) -> None:
    """Rewrite a metric in every place that speaks of it."""
    (pack / METRICS).write_bytes(to_json({"sharpe": 9.9}))
    record = json.loads((pack / "run.json").read_bytes())
    entries = [file_entry(pack, item["path"]) for item in record["files"]]
    files = [entry._asdict() for entry in entries]
    changed = {"metrics": {"sharpe": 9.9}, "content": content_of(pack), "files": files}
    record |= changed
    (pack / "run.json").write_bytes(to_json(record))
    crate = metadata(record, [*entries, file_entry(pack, "run.json")])
    (pack / CRATE).write_bytes(to_json(crate))
    sum_again(pack)


def file_entry(pack: Path, name: str) -> FileEntry:
    content = (pack / name).read_bytes()
    return FileEntry(name, sha256(content).hexdigest(), len(content))


def link(path: Path) -> None:
    """Put a link in the place of a file or folder that leads to the true one, elsewhere."""
    runs = next(parent for parent in path.parents if parent.name == "runs")
    path.rename(runs.parent / "aside")
    path.symlink_to(runs.parent / "aside")


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\n")


def put_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def drop_both(pack: Path, name: str) -> None:
    (pack / name).unlink()
    drop(pack, name)


def bind(path: Path) -> None:
    # The name of a socket may be short only, shorter than the folders of a test.
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


def swap(pack: Path, one: str, other: str) -> None:
    first, second = (pack / one).read_bytes(), (pack / other).read_bytes()
    (pack / one).write_bytes(second)
    (pack / other).write_bytes(first)


@dataclass(frozen=True)
class Tampering:
    """One way to spoil a pack.

    Args:
        act: does it.
        check: the check that must fail.
        says: what its details must say.
        public: whether `sha256sum --strict -c` finds it too; None where its versions differ.
    """

    act: Callable[[Path], object]
    check: str
    says: str
    public: bool | None


TAMPERINGS = {
    "a flipped byte": Tampering(
        lambda p: flip(p / TABLE), "unchanged", f"{TABLE} was ", public=True
    ),
    "another digit in the list": Tampering(
        lambda p: edit_sums(p, lambda lines: ["10"[lines[0][0] == "1"] + lines[0][1:], *lines[1:]]),
        "unchanged",
        "inputs/code.json was ",
        public=True,
    ),
    "a byte more": Tampering(lambda p: grow(p / "run.json"), "unchanged", "run.json was ", True),
    "two files swapped": Tampering(
        lambda p: swap(p, METRICS, NOTES), "unchanged", f"{NOTES} was ", public=True
    ),
    "a file emptied": Tampering(
        lambda p: os.truncate(p / METRICS, 0), "unchanged", "is e3b0c44298fc", public=True
    ),
    "a deleted file": Tampering(
        lambda p: (p / METRICS).unlink(), "complete", f"{METRICS} is missing", public=True
    ),
    "the record deleted": Tampering(
        lambda p: (p / "run.json").unlink(), "complete", "run.json is missing", public=True
    ),
    "the list deleted": Tampering(
        lambda p: (p / SUMS).unlink(), "complete", f"{SUMS} is missing", public=True
    ),
    "the list emptied": Tampering(
        lambda p: os.truncate(p / SUMS, 0), "complete", f"run.json has no line in {SUMS}", True
    ),
    "a folder deleted": Tampering(
        lambda p: shutil.rmtree(p / "inputs"), "complete", "inputs/config.json is missing", True
    ),
    "the pack deleted": Tampering(shutil.rmtree, "complete", "No such file", public=True),
    "an added file": Tampering(
        lambda p: (p / "outputs/new.txt").touch(),
        "listed",
        f"outputs/new.txt is not in {SUMS}",
        False,
    ),
    "a hidden file": Tampering(
        lambda p: (p / ".x").touch(), "listed", f".x is not in {SUMS}", public=False
    ),
    "a second list": Tampering(
        lambda p: shutil.copy(p / SUMS, p / "outputs"), "listed", f"outputs/{SUMS} is not in", False
    ),
    "a renamed file": Tampering(
        lambda p: (p / METRICS).rename(p / "outputs/numbers.json"),
        "complete",
        f"{METRICS} is missing; its bytes lie in outputs/numbers.json: it was renamed",
        public=True,
    ),
    "a file with another case": Tampering(
        lambda p: (p / METRICS).rename(p / "outputs/Metrics.json"),
        "complete",
        f"{METRICS} is missing; its bytes lie in outputs/Metrics.json: it was renamed",
        public=True,
    ),
    "a renamed folder": Tampering(
        lambda p: (p / "inputs").rename(p / "Inputs"),
        "complete",
        "inputs/code.json is missing; its bytes lie in Inputs/code.json",
        public=True,
    ),
    "a link for a file": Tampering(
        lambda p: link(p / METRICS), "complete", f"{METRICS} is a symbolic link, not a file", False
    ),
    "a link for a folder": Tampering(
        lambda p: link(p / "inputs"), "listed", "inputs is a symbolic link", public=False
    ),
    "a link for the list": Tampering(
        lambda p: link(p / SUMS), "complete", f"{SUMS} is a symbolic link, not a file", False
    ),
    "a link for the pack": Tampering(
        link,
        "complete",
        "is a symbolic link",
        public=False,
    ),
    "a link that leads nowhere": Tampering(
        lambda p: (p / "x").symlink_to("nowhere"), "listed", "x is a symbolic link", public=False
    ),
    "an empty folder": Tampering(
        lambda p: (p / "outputs/empty").mkdir(),
        "listed",
        "outputs/empty/ is an empty folder",
        False,
    ),
    "a folder for a file": Tampering(
        lambda p: put_folder(p / METRICS),
        "complete",
        f"{METRICS} is a folder, not a file",
        public=True,
    ),
    "a named pipe": Tampering(
        lambda p: os.mkfifo(p / "pipe"), "listed", "pipe is a named pipe", public=False
    ),
    "a socket": Tampering(
        lambda p: bind(p / "socket"), "listed", "socket is a socket", public=False
    ),
    "a dropped line": Tampering(
        lambda p: drop(p, METRICS), "listed", f"{METRICS} is not in {SUMS}", public=False
    ),
    "a file dropped with its line": Tampering(
        lambda p: drop_both(p, METRICS),
        "listed",
        f"{METRICS} has a place in run.json, but no line in {SUMS}: it was dropped",
        public=False,
    ),
    "the crate dropped with its line": Tampering(
        lambda p: drop_both(p, CRATE), "complete", f"{CRATE} is missing", False
    ),
    "a file rewritten with its line": Tampering(
        lambda p: rewrite(p, METRICS, b'{"sharpe":9.9}'),
        "listed",
        f"{METRICS} is {WRITTEN[:12]} in run.json and ",
        public=False,
    ),
    "a file added with its line": Tampering(
        lambda p: rewrite(p, "outputs/new.txt", b""),
        "listed",
        "outputs/new.txt is not listed in run.json: it was added later",
        public=False,
    ),
    "the record rewritten with its line": Tampering(
        lambda p: edit_record(p, seed=7),
        "listed",
        f"in {CRATE} and ",
        public=False,
    ),
    "another digest of the content": Tampering(
        lambda p: edit_record(p, content={"digest": "0" * 64}),
        "unchanged",
        "run.json has the content digest 000000000000, computed ",
        public=False,
    ),
    "the record of another run": Tampering(
        lambda p: edit_record(p, run_id="20200101_000000_abcdef"),
        "listed",
        "run.json is of run '20200101_000000_abcdef', the folder is named",
        public=False,
    ),
    "another size in the record": Tampering(
        lambda p: edit_record(p, files=[{**f, "bytes": 1} for f in record_of(p)["files"]]),
        "listed",
        f"{METRICS} has {len(METRICS_TEXT)} bytes, run.json says 1",
        public=False,
    ),
    "the folder renamed": Tampering(
        lambda p: p.rename(p.with_name("20200101_000000_abcdef")), "complete", "No such", True
    ),
    "a record that is no JSON": Tampering(
        lambda p: rewrite(p, "run.json", b"{"), "listed", "run.json cannot be read", public=False
    ),
    "a record that is a list": Tampering(
        lambda p: rewrite(p, "run.json", b"[1]"), "listed", "run.json holds no JSON object", False
    ),
    "a record of a later standard": Tampering(
        lambda p: edit_record(p, schema="peak-run/9"), "listed", "follows 'peak-run/9'", False
    ),
    "a record without files": Tampering(
        lambda p: edit_record(p, files=[3]), "listed", "run.json has no list of files", False
    ),
    "a crate without files": Tampering(
        lambda p: rewrite(p, CRATE, b'{"@graph":[{}]}'), "listed", f"{CRATE} has no list", False
    ),
    "a crate without one file": Tampering(
        lambda p: rewrite(p, CRATE, (p / CRATE).read_bytes().replace(b"notes.json", b"nothing")),
        "listed",
        f"{NOTES} is not listed in {CRATE}: it was added later",
        public=False,
    ),
    "a crate with an unlinked part": Tampering(
        lambda p: rewrite(
            p, CRATE, (p / CRATE).read_bytes().replace(b'{"@id":"run.json"}', b'{"@id":"x"}')
        ),
        "listed",
        f"{CRATE} has run.json either as a part or as a file, not both",
        public=False,
    ),
    "a table that is none": Tampering(
        lambda p: rewrite(p, TABLE, b"PAR1 rubbish PAR1"),
        "unchanged",
        "the content digest cannot be computed",
        public=False,
    ),
    "ends of lines of another system": Tampering(
        lambda p: edit_sums(p, lambda lines: [line.replace("\n", "\r\n") for line in lines]),
        "complete",
        f"{SUMS} line 1 ends with a carriage return",
        public=None,
    ),
    "a line twice": Tampering(
        lambda p: edit_sums(p, lambda lines: [lines[0], *lines]),
        "complete",
        f"{SUMS} line 2 names inputs/code.json a second time",
        public=False,
    ),
    "lines in another order": Tampering(
        lambda p: edit_sums(p, lambda lines: lines[::-1]),
        "complete",
        "which is not the order of names",
        public=False,
    ),
    "a line for a file elsewhere": Tampering(
        lambda p: edit_sums(p, lambda lines: [f"{'0' * 64}  ../x\n", *lines]),
        "complete",
        f"{SUMS} line 1 names '../x', which is no file of the folder",
        public=True,
    ),
    "everything rewritten": Tampering(
        forge_everything, "anchored", f"{SUMS} is not the one that was published", public=False
    ),
}


def record_of(pack: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((pack / "run.json").read_bytes())
    return record


def accepted_by_sha256sum(pack: Path) -> bool:
    command = ["sha256sum", "--strict", "--quiet", "-c", SUMS]
    try:
        done = subprocess.run(command, cwd=pack, capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0


def test_an_untouched_pack_passes_every_check_and_the_public_tool(untouched: Store) -> None:
    report = untouched.verify()
    assert [check.name for check in report.checks] == [
        *("complete", "unchanged", "listed", "anchored")
    ]
    assert lines_of(report) == {}
    assert report.ok
    assert report.root == untouched.root
    if shutil.which("sha256sum"):
        assert accepted_by_sha256sum(untouched.pack)


def test_a_relative_path_is_as_good(untouched: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(untouched.pack)
    assert verify_pack(Path(), root=untouched.root).ok


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found_and_named(store: Store, name: str) -> None:
    tampering = TAMPERINGS[name]
    tampering.act(store.pack)
    report = store.verify()
    assert not report.ok
    found = lines_of(report)
    assert tampering.check in found
    assert any(tampering.says in line for line in found[tampering.check]), found
    assert all(check.remedy for check in report.checks if check.ok is False)


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
@pytest.mark.parametrize("name", [n for n, t in TAMPERINGS.items() if t.public is not None])
def test_the_public_tool_finds_what_it_can(store: Store, name: str) -> None:
    """It checks the files of its list, and nothing else: the rest is found by us alone."""
    TAMPERINGS[name].act(store.pack)
    assert accepted_by_sha256sum(store.pack) != TAMPERINGS[name].public


def test_only_the_file_that_was_changed_is_named(store: Store) -> None:
    before = sha256((store.pack / METRICS).read_bytes()).hexdigest()
    (store.pack / METRICS).write_bytes(b'{"sharpe":9}')
    after = sha256(b'{"sharpe":9}').hexdigest()
    assert lines_of(store.verify()) == {
        "unchanged": (f"{METRICS} was {before[:12]}, is {after[:12]}",)
    }


def test_a_consistent_rewrite_shows_in_the_anchor_only(store: Store) -> None:
    forge_everything(store.pack)
    assert list(lines_of(store.verify())) == ["anchored"]
    assert verify_pack(store.pack, root=store.verify().root).ok


def test_a_pack_without_a_line_in_the_ledger_is_not_anchored(untouched: Store) -> None:
    report = verify_pack(untouched.pack, root=None)
    assert [check.name for check in report.failed] == ["anchored"]
    assert "has no line" in report.failed[0].details[0]
    assert report.failed[0].remedy == "peak runs recover"


def test_names_that_steer_a_terminal_are_printed_harmlessly(store: Store) -> None:
    (store.pack / "x\x1b[2J\n").touch()
    details = lines_of(store.verify())["listed"]
    assert any("x\\x1b[2J\\n" in line for line in details)
    assert all(line.isprintable() for line in details)


def test_a_name_that_is_no_text_is_named(store: Store) -> None:
    try:
        Path(os.fsdecode(os.fsencode(store.pack) + b"/\xff")).touch()
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    assert any("udcff" in line for line in lines_of(store.verify())["listed"])


def verify_as_nobody(runs: Path, run_id: str, root: str) -> Report:
    os.setuid(65534)
    return verify_pack(runs / run_id, root=root)


def test_a_file_that_cannot_be_read_is_named(untouched: Store) -> None:
    if os.getuid() != 0:
        pytest.skip("needs to become another user")
    # Not below the tests' own folder, which other users may not enter.
    with TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        shutil.copytree(untouched.runs, f"{place}/runs")
        os.chmod(f"{place}/runs/{untouched.run_id}/{METRICS}", 0)
        with get_context("fork").Pool(1) as pool:
            arguments = (Path(place) / "runs", untouched.run_id, untouched.root)
            report = pool.apply(verify_as_nobody, arguments)
    assert lines_of(report)["unchanged"] == (f"{METRICS} cannot be read: Permission denied",)


@pytest.fixture(scope="module")
def soft(untouched: Store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store that a property may spoil, if it mends it again."""
    runs = tmp_path_factory.mktemp("soft") / "runs"
    shutil.copytree(untouched.runs, runs)
    return Store(runs, untouched.run_id)


@given(data=st.data())
def test_any_flipped_bit_anywhere_is_found(soft: Store, data: st.DataObject) -> None:
    names = [*parse_sums((soft.pack / SUMS).read_bytes()), SUMS]
    path = soft.pack / data.draw(st.sampled_from(names))
    before = path.read_bytes()
    place = data.draw(st.integers(0, len(before) - 1))
    after = bytearray(before)
    after[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        path.write_bytes(after)
        report = soft.verify()
    finally:
        path.write_bytes(before)
    assert not report.ok
    named = [line for check in report.failed for line in check.details]
    assert any(path.relative_to(soft.pack).as_posix() in line for line in named), named
    assert soft.verify().ok


def history_of(store: Store) -> LedgerHistory:
    anchors = [record_of(path)["anchor"] for path in store.runs.glob("[0-9]*")]
    return LedgerHistory(Ledger(store.runs / "ledger.jsonl"), anchors)


def anchored(store: Store) -> tuple[str, ...]:
    report = verify_pack(store.pack, root=store.root, history=history_of(store))
    assert [check.name for check in report.failed] in ([], ["anchored"])
    return report.checks[3].details


def edit_ledger(store: Store, edit: Callable[[list[bytes]], list[bytes]]) -> None:
    path = store.runs / "ledger.jsonl"
    path.write_bytes(b"".join(edit(path.read_bytes().splitlines(keepends=True))))


def test_the_ledger_agrees_with_what_packs_say_it_was(untouched: Store) -> None:
    assert record_of(untouched.pack)["anchor"]["size"] == 2
    assert anchored(untouched) == ()


def test_a_ledger_written_anew_does_not_agree(store: Store) -> None:
    def without_the_first_run(lines: list[bytes]) -> list[bytes]:
        return [lines[0], lines[2], lines[2]]

    edit_ledger(store, without_the_first_run)
    assert anchored(store) == ("the first 2 lines of the ledger are not what they were then",)


def test_the_ledger_of_another_store_does_not_agree(store: Store) -> None:
    first = (store.runs / "ledger.jsonl").read_bytes().splitlines()[0]
    name = json.loads(first)["data"]["id"].encode()
    edit_ledger(store, lambda lines: [lines[0].replace(name, b"0" * 16), *lines[1:]])
    assert "was sealed beside the ledger" in anchored(store)[0]


def test_a_ledger_that_was_cut_does_not_agree(store: Store) -> None:
    root = store.root
    history = history_of(store)
    edit_ledger(store, lambda lines: lines[:1])
    assert history(record_of(store.pack)["anchor"]) is None
    report = verify_pack(store.pack, root=root, history=history_of(store))
    assert lines_of(report)["anchored"] == (
        "the ledger had 2 lines when the run was sealed, and has 1",
    )


def test_an_anchor_that_is_no_checkpoint_is_named(untouched: Store) -> None:
    assert "is no checkpoint" in str(history_of(untouched)({"size": -1}))


def test_a_report_is_plain_values(store: Store) -> None:
    flip(store.pack / METRICS)
    value = json.loads(json.dumps(store.verify().to_json()))
    assert value["ok"] is False
    assert [check["ok"] for check in value["checks"]] == [True, False, True, True]
    assert value["checks"][1]["details"][0].startswith(f"{METRICS} was ")
