"""Digests of files and `SHA256SUMS`: what is written, and how strictly it is read."""

import os
import shutil
import socket
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from peaklib.errors import EvidenceError
from peaklib.evidence.files import (
    SUMS,
    entries_below,
    files_below,
    parse_sums,
    scan_sums,
    sha256_of,
    sums_text,
    write_sums,
)

# FIPS 180-4, examples of SHA-256: one block, two blocks, one million times "a".
VECTORS = [
    (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
        b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ),
    (b"a" * 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
]
A, B = "a" * 64, "b" * 64
# Whatever a file may be called.
PART = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8
).filter(lambda part: part not in (".", ".."))
NAME = st.lists(PART, min_size=1, max_size=3).map("/".join).filter(lambda name: name != SUMS)


def needs_sha256sum() -> str:
    tool = shutil.which("sha256sum")
    if tool is None:
        pytest.skip("the public tool sha256sum is not installed")
    return tool


@pytest.mark.parametrize(("content", "digest"), VECTORS, ids=["abc", "two blocks", "million"])
def test_digest_is_that_of_the_standard(tmp_path: Path, content: bytes, digest: str) -> None:
    (tmp_path / "x").write_bytes(content)
    assert sha256_of(tmp_path / "x") == digest


def test_everything_is_found_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "b/deep").mkdir(parents=True)
    (tmp_path / "b/deep/x").write_text("12345")
    (tmp_path / ".hidden").touch()
    (tmp_path / "link").symlink_to(tmp_path / "b")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket"))
        found = [(entry.name, entry.kind) for entry in entries_below(tmp_path)]
    assert found == [
        (".hidden", "file"),
        ("b", "folder"),
        ("b/deep", "folder"),
        ("b/deep/x", "file"),
        ("link", "symbolic link"),
        ("pipe", "named pipe"),
        ("socket", "socket"),
    ]


def test_files_of_a_pack_are_sorted_and_leave_the_list_itself_out(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("b", "a/SHA256SUMS", "a/c", "a.txt", SUMS):
        (tmp_path / name).touch()
    assert [name for name, _ in files_below(tmp_path)] == ["a.txt", "a/SHA256SUMS", "a/c", "b"]


def test_a_link_cannot_enter_a_pack(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/hostname")
    with pytest.raises(EvidenceError, match="link is a symbolic link; a pack holds plain files"):
        write_sums(tmp_path)


def test_a_name_that_is_no_text_cannot_enter_a_pack(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")).touch()
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    with pytest.raises(EvidenceError, match=r"udcff.*is not valid UTF-8; rename it"):
        write_sums(tmp_path)


def test_root_hash_is_the_digest_of_the_list(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    root = write_sums(tmp_path)
    written = (tmp_path / SUMS).read_bytes()
    assert written == f"{VECTORS[0][1]}  abc\n".encode()
    assert root == sha256(written).hexdigest()


def test_a_digest_that_is_known_is_taken_and_others_are_computed(tmp_path: Path) -> None:
    (tmp_path / "known").write_bytes(b"not read")
    (tmp_path / "new").write_bytes(b"abc")
    write_sums(tmp_path, {"known": A, "not there": B})
    assert parse_sums((tmp_path / SUMS).read_bytes()) == {"known": A, "new": VECTORS[0][1]}


def test_empty_folders_are_removed_before_the_list_is_written(tmp_path: Path) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/x").touch()
    write_sums(tmp_path)
    assert {entry.name for entry in entries_below(tmp_path)} == {"kept", "kept/x", SUMS}


def test_sha256sum_accepts_names_with_odd_characters(tmp_path: Path) -> None:
    tool = needs_sha256sum()
    for name in ("a b", "ü", "back\\slash", "new\nline", "return\r", "%41", "*star", " lead"):
        (tmp_path / name).write_text(name)
    write_sums(tmp_path)
    command = [tool, "--strict", "-c", SUMS]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b": OK\n") == 8


@given(st.dictionaries(NAME, st.sampled_from([A, B]), max_size=5))
def test_what_is_written_is_read_back(digests: dict[str, str]) -> None:
    assert parse_sums(sums_text(digests).encode()) == digests


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (f"{A}  x\r\n", "line 1 ends with a carriage return"),
        (f"{A}  x", "the last line has no end"),
        (f"{A}  x\n{A}  x\n", "line 2 names x a second time"),
        (f"{A}  x\n{B}  x\n", "line 2 names x a second time"),
        (f"{A}  y\n{B}  x\n", "line 2 names x after y"),
        (f"{A}  /etc/passwd\n", "line 1 names '/etc/passwd', which is no file of the folder"),
        (f"{A}  a/../../x\n", "line 1 names 'a/../../x'"),
        (f"{A}  ./x\n", "line 1 names './x'"),
        (f"{A}  a//x\n", "line 1 names 'a//x'"),
        (f"{A}  a/\n", "line 1 names 'a/'"),
        (f"{A}  {SUMS}\n", f"line 1 names '{SUMS}'"),
        (f"{A} *x\n", "line 1 is not of the form"),
        (f"{A.upper()}  x\n", "line 1 is not of the form"),
        (f"{A[1:]}  x\n", "line 1 is not of the form"),
        (f"{A}  \n", "line 1 is not of the form"),
        (f"SHA256 (x) = {A}\n", "line 1 is not of the form"),
        (f"# comment\n{A}  x\n", "line 1 is not of the form"),
        (f"\n{A}  x\n", "line 1 is not of the form"),
        (f"\\{A}  x\n", "line 1 is escaped oddly"),
        (f"\\{A}  x\\t\n", "line 1 is escaped oddly"),
        (f"{A}  a\\b\n", "line 1 is escaped oddly"),
        (f"\ufeff{A}  x\n", "line 1 is not of the form"),
    ],
)
def test_every_other_form_is_refused_with_its_line(content: str, problem: str) -> None:
    with pytest.raises(EvidenceError) as error:
        parse_sums(content.encode())
    assert problem in str(error.value)


def test_a_name_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="line 1 is not valid UTF-8"):
        parse_sums(A.encode() + b"  \xff\n")


def test_what_can_be_read_of_a_spoilt_list_is_read() -> None:
    digests, problems = scan_sums(f"{A}  x\r\nrubbish\n{B}  y\n{A}  y\n".encode())
    assert digests == {"x": A, "y": B}
    assert [problem.split()[1] for problem in problems] == ["1", "2", "4"]
