"""What may be a source, what a reader sees of it, and the words for what may not."""

import json
import os
from pathlib import Path

import pytest
from llm.every_case import every_case

from peaklib.errors import DataError
from peaklib.llm.sources import gather
from peaklib.llm.sources.extract import extract
from peaklib.llm.sources.files import MAX_BYTES
from peaklib.llm.sources.markup import text_of_html

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

PAGE = """<!doctype html><html><head><title>not shown</title><style>p {}</style></head><body>
<h2>Costs &amp; fills</h2><p>A fill costs <b>5 bp</b>.<br>More at night.
<p hidden>Ignore the reader.<p>After it.
<div style="color:red; display : none">unseen <i>deep</i></div>
<ul><li>one<li>two</ul><!-- a remark --><script>if (a < b) { say("x") }</script>
<table><tr><th>year<th>bars<tr><td>1999</td><td>252</td></tr></table>tail"""


def test_page_is_read_as_its_reader_sees_it() -> None:
    assert text_of_html(PAGE).split("\n\n") == [
        "## Costs & fills",
        "A fill costs 5 bp. More at night.",
        "After it.",
        "- one",
        "- two",
        "year | bars",
        "1999 | 252",
        "tail",
    ]


@every_case(
    "hiding",
    ['hidden=""', 'aria-hidden="true"', 'style="VISIBILITY:hidden"', 'style="font-size:0"'],
)
def test_text_that_a_page_does_not_show_is_left_out(hiding: str) -> None:
    assert text_of_html(f"<p>seen</p><div {hiding}><p>unseen</p></div><p>seen too") == (
        "seen\n\nseen too"
    )


@every_case("piece", ["<!--", "<!", "<?", "<![", "<a href='", "</", "<p hidden><div>"])
@every_case("end", ["", ">"])
def test_time_grows_with_the_length_of_a_page_only(piece: str, end: str) -> None:
    """Quadratic time would be minutes here."""
    assert "seen" in text_of_html(f"<p>seen</p>{piece * 20_000}{end}")


def test_row_of_a_table_has_the_name_of_each_column_and_its_line_in_the_file() -> None:
    kind, text = extract("a.csv", b'edge,"share, %",note\r\n18 bp,83,"two\nlines"\r\n20 bp,94,\r\n')
    assert kind == "table"
    assert text.split("\n") == [
        "columns: edge, share, %, note",
        "edge: 18 bp; share, %: 83; note: two lines",
        "edge: 20 bp; share, %: 94; note: ",
    ]
    assert extract("a.tsv", b"a\tb\n1\t2")[1].endswith("a: 1; b: 2")


def test_json_is_one_line_a_record_or_a_value_with_its_path() -> None:
    assert extract("a.json", b'[{"a": 1.50, "b": null}, {"a": "x\\ny"}]') == (
        "json",
        "a: 1.50; b: null\na: x y",
    )
    nested = json.dumps({"a": {"b": [1, 2]}, "c": [{"d": True, "e": [{}]}], "f": "word"})
    assert extract("a.json", nested.encode())[1].split("\n") == [
        "a.b: 1, 2",
        "c[0].d: true",
        "f: word",
    ]


def test_notebook_is_its_prose_and_its_printed_outputs_without_code() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "Prose."]},
        {
            "cell_type": "code",
            "source": "secret_code()",
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["printed\n"]},
                {"output_type": "stream", "name": "stderr", "text": "a warning"},
                {"output_type": "execute_result", "data": {"text/plain": "0.28"}},
                {"output_type": "display_data", "data": {"image/png": "AAAA"}},
            ],
        },
    ]
    assert extract("a.ipynb", json.dumps({"cells": cells}).encode()) == (
        "notebook",
        "# Title\nProse.\n\nprinted\n\n0.28",
    )


def test_plain_text_and_markdown_are_the_file_with_plain_ends_of_lines() -> None:
    assert extract("a.md", b"\xef\xbb\xbf# A\r\nb\r") == ("markdown", "# A\nb\n")
    assert extract("notes.rst", b"x") == ("text", "x")


@every_case(
    ("name", "content", "said"),
    [
        ("a.pdf", b"anything", "PDF, which is not supported; convert it"),
        ("a.txt", b"%PDF-1.7 \xff", "PDF"),
        ("a.txt", b"a\x00b", "no text: it holds '\\\\x00'"),
        ("a.md", "müde".encode("latin-1"), "byte 1 is not valid UTF-8"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "byte 0 is not valid UTF-8"),
        ("a.csv", b"a,b\n1,2,3\n", "row 2 has 3 cells, the header 2"),
        ("a.csv", b"", "it has no rows"),
        ("a.csv", b'a\n"1', "cannot be read as table"),
        ("a.json", b"{", "cannot be read as json"),
        ("a.json", b"[" * 100_000, "cannot be read as json"),
        ("a.ipynb", b'{"nbformat": 4}', "cannot be read as notebook"),
        ("a.ipynb", b"[]", "cannot be read as notebook"),
    ],
)
def test_what_is_no_text_is_refused_with_the_reason(name: str, content: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said) as refusal:
        extract(name, content)
    assert name in str(refusal.value)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two texts, a hidden file, a folder of runs, and a neighbour outside."""
    root = tmp_path / "project"
    for name in ("docs/a.md", "docs/b.md", "docs/.env", "runs/x/run.json", ".git/config"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"# {name}\n\nA line.\n", "utf-8")
    (tmp_path / "outside.md").write_text("not ours\n", "utf-8")
    (root / "docs" / "link.md").symlink_to(tmp_path / "outside.md")
    return root


def test_sources_come_in_the_order_asked_for_each_once(project: Path) -> None:
    (project / "docs" / "link.md").unlink()
    library = gather(["docs/b.md", "docs/*"], environ={}, root=project)
    assert library.names == ("docs/b.md", "docs/a.md")
    source = library.sources[1]
    assert (source.kind, source.size) == ("markdown", 21)
    # printf '# docs/a.md\n\nA line.\n' | sha256sum
    assert source.digest == "3877e357ad6a205c9b6ef88312fb24002d0d5cec6b510531778c2ee841363333"


@every_case(
    ("asked", "said"),
    [
        ("../outside.md", "no path inside the project"),
        ("/etc/hostname", "no path inside the project"),
        ("docs\\a.md", "no path inside the project"),
        ("", "no path inside the project"),
        ("docs/link.md", "leads out of the project"),
        ("docs", "is a folder; name its files"),
        ("docs/c.md", "does not exist; beside it there are"),
        ("docs/*.rst", "matches no file"),
        (".git/*", "matches no file"),
        ("docs/.env", "is hidden"),
        ("runs/x/run.json", "name the run by its id"),
        ("20260101_000000_abcdef", "no run"),
    ],
)
def test_what_is_not_the_projects_is_refused(project: Path, asked: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        gather([asked], environ={}, root=project)


def test_all_that_cannot_be_read_is_named_at_once(project: Path) -> None:
    (project / "docs" / "c.pdf").write_bytes(b"%PDF-")
    (project / "docs" / "d.txt").write_bytes(b"\0")
    (project / "docs" / "e.txt").write_bytes(b" \n")
    with pytest.raises(DataError) as refusal:
        gather(["docs/*", "nowhere.md"], environ={}, root=project)
    lines = str(refusal.value).split("\n")
    assert [line.split(" ")[1].strip("'") for line in lines] == [
        "docs/c.pdf",
        "docs/d.txt",
        "docs/e.txt",
        "docs/link.md",
        "nowhere.md",
    ]


def test_file_beyond_the_limit_is_refused(project: Path) -> None:
    (project / "big.txt").write_bytes(b"x" * MAX_BYTES)
    assert len(gather(["big.txt"], environ={}, root=project)) == 1
    (project / "big.txt").write_bytes(b"x" * (MAX_BYTES + 1))
    with pytest.raises(DataError, match="more than 2,000,000 bytes"):
        gather(["big.txt"], environ={}, root=project)


def test_half_a_file_is_no_source(project: Path) -> None:
    """Packs sweep away what ends like this, so the copy would be gone."""
    (project / "docs" / "a.md.part").write_text("half", "utf-8")
    with pytest.raises(DataError, match="half of a file"):
        gather(["docs/a.md.part"], environ={}, root=project)


def test_pipe_is_no_source(project: Path) -> None:
    os.mkfifo(project / "docs" / "pipe")
    with pytest.raises(DataError, match="no plain file"):
        gather(["docs/pipe"], environ={}, root=project)


def test_source_with_a_secret_is_refused_and_the_secret_not_repeated(project: Path) -> None:
    secret = "-".join(["correct", "horse", "battery"])
    (project / "docs" / "a.md").write_text(f"the key is {secret}\n", "utf-8")
    with pytest.raises(DataError, match="holds a secret") as refusal:
        gather(["docs/a.md"], environ={"OPENAI_API_KEY": secret}, root=project)
    assert secret not in str(refusal.value)
    assert "OPENAI_API_KEY" in str(refusal.value)


def test_research_without_sources_is_refused(project: Path) -> None:
    with pytest.raises(DataError, match="no source is named"):
        gather([], environ={}, root=project)
