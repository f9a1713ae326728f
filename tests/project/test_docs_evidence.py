"""What the documentation says of evidence: its commands, keys, events and examples are real."""

import ast
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import click
import pandas as pd
import pytest
from click.testing import CliRunner

from peaklib.cli import peak
from peaklib.evidence import Checkpoint, Registry, digest, export_run
from peaklib.evidence.content.digest import table_digest
from peaklib.evidence.ledger.line import GENESIS, TORN

ROOT = Path(__file__).resolve().parents[2]
PACK, LEDGER, COMMANDS = (
    (ROOT / "docs" / "reference" / f"{name}.md").read_text("utf-8")
    for name in ("evidence-pack", "ledger", "commands-evidence")
)
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINE = re.compile(r"(?:\$ |next  )?(?:\.venv/bin/)?(peak .*)")
INLINE = re.compile(r"`(?:\.venv/bin/)?(peak [^`]+)`")
GROUPS = ("runs", "evidence", "ledger", "repro")
# Below these keys names are whatever a run, a data set or a machine calls its things.
NAMED_BY_USERS = {
    *("axes", "config", "config_order", "cpu_features", "extremes", "figures", "fixed", "metrics"),
    *("blas", "packages", "quality", "sources", "tables", "terms", "variables", "lines", "load"),
}
EXAMPLE = re.compile(r"```python\n(from peaklib import evidence\n.*?)```", re.DOTALL)


def commands() -> Iterator[tuple[str, str]]:
    """Page and words of every `peak` command that the documentation types or prints."""
    for page in PAGES:
        text = page.read_text("utf-8")
        found = [
            LINE.fullmatch(line) for block in BLOCK.findall(text) for line in block.split("\n")
        ]
        typed = [match[1] for match in found if match]
        for command in (*typed, *INLINE.findall(BLOCK.sub("", text))):
            yield page.relative_to(ROOT).as_posix(), command


def problem(command: str) -> str | None:
    """What of a command does not exist, if anything."""
    words = shlex.split(command, comments=True)[1:]
    found: click.Command = peak
    context = click.Context(peak)
    while words and isinstance(found, click.Group) and not words[0].startswith("-"):
        below = found.get_command(context, words.pop(0))
        if below is None:
            return "no such command"
        found = below
    known = {name for param in found.params for name in (*param.opts, *param.secondary_opts)}
    options = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    unknown = options - known - {"--help", "-h"}
    return f"no such option: {', '.join(sorted(unknown))}" if unknown else None


def test_every_command_in_the_documentation_exists() -> None:
    listed = list(commands())
    assert len(listed) > 40
    wrong = [f"{page}: {text}: {why}" for page, text in listed if (why := problem(text))]
    assert wrong == []


@pytest.mark.parametrize(
    "command", ["peak runs lst", "peak repro RUN --anywhere", "peak evidence verify -x"]
)
def test_a_command_that_does_not_exist_would_be_found(command: str) -> None:
    assert problem(command) is not None


def names_of_commands() -> Iterator[str]:
    context = click.Context(peak)
    for name in GROUPS:
        found = peak.get_command(context, name)
        if isinstance(found, click.Group):
            yield from (f"peak {name} {below}" for below in found.list_commands(context))
        else:
            yield f"peak {name}"


@pytest.mark.parametrize("command", list(names_of_commands()))
def test_every_command_of_evidence_is_in_the_reference(command: str) -> None:
    assert re.search(rf"`{command}[ `]", COMMANDS)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with a run made by the example in the documentation, a deleted one, and a page."""
    folder = tmp_path_factory.mktemp("documented")
    for name in ("configs", "notebooks"):
        (folder / name).mkdir()
    (code,) = EXAMPLE.findall(PACK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(folder))
        for _ in range(2):
            exec(code, {})
        registry = Registry()
        ledger = folder / "runs" / "ledger.jsonl"
        ledger.write_bytes(ledger.read_bytes() + b'{"data":{')  # as a crash leaves it
        registry.delete(run_ids(folder)[0], "it is an example")
        table = folder / "page.csv"
        table.write_text("an example")
        registry.record_page(table, run_ids(folder), [table])
        yield folder


def run_ids(project: Path) -> list[str]:
    return sorted(path.name for path in (project / "runs").glob("[0-9]*"))


def keys(value: Any) -> Iterator[str]:
    """Names that the standard gives, at any depth."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield name
            if name not in NAMED_BY_USERS:
                yield from keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys(item)


def missing(value: Any, page: str) -> set[str]:
    return {name for name in keys(value) if f"`{name}`" not in page}


@pytest.mark.parametrize(
    "name", ["run.json", "inputs/dataset.json", "inputs/environment.json", "inputs/code.json"]
)
def test_every_key_of_a_sealed_run_is_in_the_reference(name: str, project: Path) -> None:
    (run_id,) = run_ids(project)
    content = json.loads((project / "runs" / run_id / name).read_bytes())
    assert missing(content, PACK) == set()


def test_every_file_of_a_sealed_run_is_in_the_reference(project: Path) -> None:
    folder = project / "runs" / run_ids(project)[0]
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        patterns = {name, f"{name.rpartition('/')[0]}/*{path.suffix}"}
        assert path.is_dir() or any(f"`{each}`" in PACK for each in patterns), name


def test_every_key_of_an_export_is_in_the_reference(project: Path, tmp_path: Path) -> None:
    (run_id,) = run_ids(project)
    export_run(Registry(project / "runs"), run_id, tmp_path / "run.zip")
    with ZipFile(tmp_path / "run.zip") as archive:
        manifest = json.loads(archive.read("export.json"))
    assert missing(manifest, PACK) == set()
    assert missing(manifest["lines"][run_id], PACK) == set()


def test_every_key_of_a_ledger_line_is_in_the_reference(project: Path) -> None:
    text = (project / "runs" / "ledger.jsonl").read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert {line["event"] for line in lines} == {"genesis", "publish", "torn", "delete", "page"}
    for line in lines:
        own = {**line["data"], "trials": []}  # a grid is the record's
        assert missing({**line, "data": own}, LEDGER) == set(), line["event"]


def constants(tree: ast.Module) -> dict[str, str]:
    """Texts that a module names, `NAME: Final = "text"`."""
    return {
        node.target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


@cache
def constants_of(module: str) -> dict[str, str]:
    path = ROOT / f"{module.replace('.', '/')}.py"
    return constants(ast.parse(path.read_text("utf-8"))) if path.is_file() else {}


def known_texts(tree: ast.Module) -> dict[str, str]:
    """Texts by how a module calls them: its own names, imported ones, those of imported modules."""
    known = constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("peaklib"):
            theirs = constants_of(node.module or "")
            for alias in node.names:
                called = alias.asname or alias.name
                if alias.name in theirs:
                    known[called] = theirs[alias.name]
                inner = constants_of(f"{node.module}.{alias.name}")
                known |= {f"{called}.{name}": text for name, text in inner.items()}
    return known


def events_in(tree: ast.Module) -> Iterator[str]:
    """First of the two arguments of a ledger's `append`; that of a list takes one."""
    known = known_texts(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            first = node.args[0] if len(node.args) == 2 else None
            if node.func.attr != "append" or first is None:
                continue
            word = first.value if isinstance(first, ast.Constant) else known.get(ast.unparse(first))
            if isinstance(word, str):  # numpy's takes numbers
                yield word


def test_every_event_that_the_code_writes_is_in_the_reference() -> None:
    sources = (ROOT / "peaklib").rglob("*.py")
    written = {event for path in sources for event in events_in(ast.parse(path.read_text("utf-8")))}
    assert written >= {"publish", "delete", "page", "repro"}
    listed = re.findall(r"^\| `([a-z_]+)` \| .* \| .* \|$", LEDGER.split("## Events")[1], re.M)
    assert set(listed) == {*written, GENESIS, TORN}


def test_table_in_the_reference_has_the_digest_that_it_prints() -> None:
    days = pd.to_datetime(["2026-01-02", "2026-01-05"]).tz_localize("UTC")
    columns = {"day": days, "gain": [-0.0, None], "side": ["long", None], "trades": [1, 2]}
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| [^|]*\| ((?:`[0-9a-f]+` )+)\|$", PACK, re.M)
    assert [name for name, _, _ in rows] == list(columns)

    header = {
        "format": "peak-table/1",
        "rows": 2,
        "index": [],
        "columns": [{"name": name, "type": kind} for name, kind, _ in rows],
    }
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    arrays = "".join(re.findall("[0-9a-f]+", "".join(written for *_, written in rows)))
    by_hand = sha256(text + bytes.fromhex(arrays)).hexdigest()
    assert table_digest(pd.DataFrame(columns)) == by_hand
    assert f"Its digest is `{by_hand}`" in PACK
    content = {
        "format": "peak-content/1",
        "metrics": {"sharpe": 0.5, "calmar": None},
        "tables": {"trades": by_hand},
        "figures": {},
    }
    assert f"`{digest(content)}`" in PACK


def test_lines_and_checkpoint_in_the_reference_are_well_formed() -> None:
    first, second = (line for line in LEDGER.split("\n") if line.startswith('{"data"'))
    assert f'"prev":"{sha256(first.encode()).hexdigest()}"' in second
    (text,) = (block for block in BLOCK.findall(LEDGER) if block.startswith("peak-trade/ledger"))
    assert Checkpoint.parse(text).origin.endswith(json.loads(first)["data"]["id"])


ANSWERS = {
    "evidence verify": ["--all"],
    "evidence export": ["RUN", "--to", "ARCHIVE"],
    "ledger verify": [],
    "ledger tail": [],
    "ledger query": [],
    "runs show": ["RUN"],
    "runs best": [],
    "runs compare": ["RUN:0", "RUN:1"],
    "runs trials": [],
}


@pytest.mark.parametrize("command", list(ANSWERS))
def test_keys_of_json_are_in_the_reference(command: str, project: Path, tmp_path: Path) -> None:
    (run_id,) = run_ids(project)
    archive = str(tmp_path / "run.zip")
    given = [w.replace("RUN", run_id).replace("ARCHIVE", archive) for w in ANSWERS[command]]
    done = CliRunner().invoke(peak, [*command.split(), *given, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    (row,) = (row for row in COMMANDS.split("\n") if f"`peak {command}" in row and row[0] == "|")
    for name in answer[0] if isinstance(answer, list) else answer:
        assert f"`{name}`" in row
