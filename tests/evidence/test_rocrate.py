"""The metadata of packs: worked by hand, held against the rules of RO-Crate, judged in public."""

import copy
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pandas as pd
import pytest
from hypothesis import given, strategies as st
from validator import judge

from peaklib.evidence import start_run
from peaklib.evidence.canonical import to_json
from peaklib.evidence.pack import CRATE
from peaklib.evidence.rocrate import FileEntry, metadata

RECORD: dict[str, Any] = {
    "run_id": "20260102_030405_abcdef",
    "kind": "sweep_cell",
    "status": "completed",
    "error": None,
    "start": "2026-01-02T03:04:05.123456+00:00",
    "end": "2026-01-02T05:04:06+02:00",
    "seed": 7,
    "inputs": [],
    "metrics": {},
    "environment": {"python": "3.11.7", "platform": "Linux", "lock_sha256": None},
    "code": {"peaklib_sha256": "ab" * 32, "commit": None},
}
SP500 = {
    "role": "data",
    "name": "sp500",
    "digest": "e3" * 32,
    "kept": False,
    "meta": {"source": "arch.data.sp500", "licence": "NCSA"},
}
MINE = {"role": "data", "name": "größe 100 %", "digest": "f4" * 32, "kept": True, "meta": {}}
ODD = "outputs/tables/a b%20c:ü'\"?#&.parquet"
INPUTS = ["inputs/config.json", "inputs/dataset.json", "inputs/environment.json"]
OUTPUTS = ["outputs/metrics.json", "outputs/figures/equity.png", "notebook.ipynb", "run.log"]


def entry(path: str, content: bytes = b"{}") -> FileEntry:
    return FileEntry(path, sha256(content).hexdigest(), len(content))


def crate(record: Mapping[str, Any] = RECORD, *paths: str) -> dict[str, dict[str, Any]]:
    """The entities of a pack by their ids."""
    graph = metadata({**RECORD, **record}, [entry(path) for path in ("run.json", *paths)])["@graph"]
    return {each["@id"]: each for each in graph}


def ids(links: Any) -> list[str]:
    """What a value refers to; one stands alone."""
    return [link["@id"] for link in (links if isinstance(links, list) else [links])]


# ---- worked by hand ------------------------------------------------------------------------------


def test_a_file_is_described_with_size_digest_and_format() -> None:
    pack = metadata(RECORD, [FileEntry("outputs/metrics.json", "5f" * 32, 1234)])
    described = [each for each in pack["@graph"] if each["@type"] == "File"]
    assert described == [
        {
            "@id": "outputs/metrics.json",
            "@type": "File",
            "name": "outputs/metrics.json",
            "description": "The results as numbers",
            "encodingFormat": "application/json",
            "contentSize": "1234",
            "sha256": "5f" * 32,
        }
    ]


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("run.log", "run.log"),
        ("outputs/a b.csv", "outputs/a%20b.csv"),
        ("outputs/a%20b.csv", "outputs/a%2520b.csv"),
        ("outputs/ü.csv", "outputs/%C3%BC.csv"),
        ('outputs/it\'s "x".csv', "outputs/it%27s%20%22x%22.csv"),
        ("a:b?c#d.csv", "a%3Ab%3Fc%23d.csv"),
    ],
)
def test_names_are_written_as_rfc_3986_wants_them(path: str, written: str) -> None:
    assert crate({}, path)[written]["name"] == path


def test_the_action_links_what_was_read_and_what_was_written() -> None:
    found = crate({"inputs": [SP500], "metrics": {"sharpe": 0.5}}, *INPUTS, *OUTPUTS)
    action = found["#run"]
    assert ids(found["./"]["mentions"]) == ["#run"]
    assert ids(action["object"]) == [*INPUTS, "#data-1", "#config-seed"]
    assert ids(action["result"]) == [*sorted([*OUTPUTS, "run.json"]), "#metric-sharpe"]
    assert found["#metric-sharpe"]["value"] == 0.5
    assert found["#config-seed"]["value"] == 7


def test_a_data_set_is_named_with_digest_source_and_terms() -> None:
    found = crate({"inputs": [SP500, MINE]})
    assert found["#data-1"]["identifier"] == "e3" * 32
    assert found["#data-1"]["license"] == "NCSA"
    assert found["#data-1"]["description"] == (
        "Read as data; source: arch.data.sp500; no copy is kept"
    )
    assert found["#data-2"]["name"] == "größe 100 %"
    assert found["#data-2"]["license"] == "not stated"
    assert found["#data-2"]["description"].endswith("a copy is kept beside the packs")


def test_times_are_utc_to_the_millisecond() -> None:
    found = crate()
    assert found["#run"]["startTime"] == "2026-01-02T03:04:05.123+00:00"
    assert found["#run"]["endTime"] == "2026-01-02T03:04:06.000+00:00"
    assert found["./"]["datePublished"] == "2026-01-02T03:04:06.000+00:00"


@pytest.mark.parametrize(
    ("status", "error", "action_status", "action_error"),
    [
        ("completed", None, "http://schema.org/CompletedActionStatus", None),
        ("failed", "ValueError: x", "http://schema.org/FailedActionStatus", "ValueError: x"),
        ("interrupted", None, "http://schema.org/FailedActionStatus", "interrupted"),
    ],
)
def test_an_action_says_how_it_ended(
    status: str, error: str | None, action_status: str, action_error: str | None
) -> None:
    action = crate({"status": status, "error": error})["#run"]
    assert action["actionStatus"] == action_status
    assert action.get("error") == action_error


def test_undefined_and_infinite_metrics_are_no_json_numbers() -> None:
    values = {"a": math.nan, "b": None, "c": math.inf, "d": -math.inf, "e": "Infinity", "f": -0.0}
    found = crate({"metrics": values})
    assert [found[f"#metric-{name}"].get("value") for name in values] == [
        *(None, None, "Infinity", "-Infinity", "Infinity", 0)
    ]
    assert "value" not in found["#metric-a"]
    assert found["#metric-b"]["description"] == "undefined"


# ---- rules that hold for every pack --------------------------------------------------------------

NAMES = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda name: name not in {".", ".."}
)
PATHS = st.builds(lambda *parts: "/".join(parts), st.sampled_from(["inputs", "outputs"]), NAMES)
RECORDS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["completed", "failed", "interrupted"]),
        "inputs": st.lists(st.sampled_from([SP500, MINE])),
        "metrics": st.dictionaries(NAMES, st.none() | st.floats() | st.integers(-9, 9), max_size=3),
    }
).map(lambda known: {**RECORD, **known})
FILES = st.lists(PATHS, unique=True, max_size=6).map(
    lambda paths: [entry(path) for path in [*paths, "run.json"]]
)


def links_of(value: Any) -> Iterator[str]:
    """Every reference within an entity."""
    if isinstance(value, dict):
        yield from [value["@id"]] if set(value) == {"@id"} else []
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from links_of(item)


@given(RECORDS, FILES)
def test_graph_is_flat_compact_and_without_loose_ends(
    record: dict[str, Any], files: list[FileEntry]
) -> None:
    graph = metadata(record, files)["@graph"]
    known = [each["@id"] for each in graph]
    assert len(known) == len(set(known))
    for each in graph:
        outside = {"https://w3id.org/ro/crate/1.1"} if each["@id"] == CRATE else set()
        for name, value in each.items():
            assert not (isinstance(value, list) and len(value) < 2), name
            assert set(links_of(value)) <= set(known) | outside
            if isinstance(value, dict):
                assert set(value) == {"@id"}, "nested"
            assert not isinstance(value, float) or math.isfinite(value)


@given(RECORDS, FILES)
def test_every_file_is_a_part_and_either_read_or_written(
    record: dict[str, Any], files: list[FileEntry]
) -> None:
    found = {each["@id"]: each for each in metadata(record, files)["@graph"]}
    parts = ids(found["./"]["hasPart"])
    # As a browser would resolve them: nothing becomes a query, a fragment or another folder.
    resolved = [urlsplit(urljoin("https://pack.invalid/runs/1/", part)) for part in parts]
    assert sorted(unquote(url.path) for url in resolved) == sorted(
        f"/runs/1/{each.path}" for each in files
    )
    assert {(url.netloc, url.query, url.fragment) for url in resolved} == {("pack.invalid", "", "")}
    action = found["#run"]
    used = [*ids(action["object"]), *ids(action["result"])]
    assert sorted(each for each in used if not each.startswith("#")) == sorted(parts)


@pytest.mark.slow
@given(RECORDS, FILES, st.randoms(use_true_random=False))
def test_bytes_do_not_depend_on_the_order_of_what_is_given(
    record: dict[str, Any], files: list[FileEntry], random: Any
) -> None:
    shuffled = random.sample(files, len(files))
    metrics = dict(reversed(record["metrics"].items()))
    again = metadata({**record, "metrics": metrics}, shuffled)
    assert to_json(metadata(record, files)) == to_json(again)


# ---- the public validator, and ro-crate-py -------------------------------------------------------


@dataclass(frozen=True)
class Pack:
    """A folder as a run leaves it."""

    folder: Path
    crate: dict[str, Any]

    @property
    def files(self) -> dict[str, bytes]:
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in found}

    def described(self) -> dict[str, dict[str, Any]]:
        entities = [each for each in self.crate["@graph"] if each["@type"] == "File"]
        return {unquote(each["@id"]): each for each in entities}


def read_pack(folder: Path) -> Pack:
    return Pack(folder, json.loads((folder / CRATE).read_bytes()))


def make_pack(folder: Path, record: Mapping[str, Any], paths: Sequence[str]) -> Path:
    record = {**RECORD, **record, "run_id": folder.name}
    contents = {path: f"{path}\n".encode() for path in paths} | {"run.json": to_json(record)}
    for path, content in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    files = [entry(path, content) for path, content in contents.items()]
    (folder / CRATE).write_bytes(to_json(metadata(record, files)))
    contents[CRATE] = (folder / CRATE).read_bytes()
    lines = [f"{sha256(content).hexdigest()}  {path}\n" for path, content in contents.items()]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    return folder


MADE: dict[str, tuple[dict[str, Any], list[str]]] = {
    "completed": (
        {"inputs": [SP500], "metrics": {"sharpe": 0.5, "calmar": math.nan, "top": math.inf}},
        [*INPUTS, *OUTPUTS],
    ),
    "one_metric": ({"metrics": {"sharpe": 1e-300}}, INPUTS),
    "data_kept": ({"inputs": [MINE, SP500, SP500]}, [*INPUTS, "outputs/tables/t.parquet"]),
    "failed_early": ({"status": "failed", "error": "OSError: \n full \x00 disk"}, []),
    "interrupted": ({"status": "interrupted", "metrics": {"n": 0}}, [*INPUTS, "run.log"]),
    "no_inputs": ({}, OUTPUTS),
    "odd_names": ({"metrics": {"a b/c %é#": -1.5}}, [ODD, "outputs/unknown.weird", "outputs/none"]),
}
REAL = ["interactive", "broken", "stopped"]


def real_packs(runs: Path) -> None:
    """Sealed by peaklib itself, with everything that a run can keep."""
    with start_run(kind="interactive", config={"fast": 5}, seed=3, runs=runs) as run:
        run.log_metrics({"sharpe": 0.5, "calmar": math.nan, "ratio": math.inf})
        run.save_table("returns", pd.DataFrame({"value": [0.1, math.nan]}))
        run.save_text("größe 100 %.txt", "words\n")
        run.note("looked at by hand")
    with (
        pytest.raises(ValueError, match="no trades"),
        start_run(kind="broken", config={}, runs=runs),
    ):
        raise ValueError("no trades\nin 3 folds")
    with pytest.raises(KeyboardInterrupt), start_run(kind="stopped", config={}, runs=runs):
        raise KeyboardInterrupt


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pack]:
    base = tmp_path_factory.mktemp("packs")
    folders = [make_pack(base / name, *spec) for name, spec in MADE.items()]
    real_packs(base / "runs")
    found = {folder.name: read_pack(folder) for folder in folders}
    for record in (base / "runs").glob("[0-9]*/run.json"):
        found[json.loads(record.read_bytes())["kind"]] = read_pack(record.parent)
    return found


@pytest.mark.parametrize("name", [*MADE, *REAL])
def test_metadata_lists_exactly_the_files_with_their_digests(
    packs: dict[str, Pack], name: str
) -> None:
    """The validator would not notice a wrong digest or a file that is not listed."""
    pack = packs[name]
    files = {
        path: content for path, content in pack.files.items() if path not in {CRATE, "SHA256SUMS"}
    }
    listed = pack.described()
    assert sorted(listed) == sorted(files)
    for path, content in files.items():
        assert listed[path]["sha256"] == sha256(content).hexdigest()
        assert listed[path]["contentSize"] == str(len(content))


@pytest.mark.slow
def test_public_tools_accept_packs_of_every_kind(packs: dict[str, Pack]) -> None:
    """The validator has no recommendation left, and ro-crate-py finds what is there."""
    judged = judge([pack.folder for pack in packs.values()])
    for (name, pack), judgement in zip(packs.items(), judged, strict=True):
        assert judgement.issues == [], name
        assert judgement.passed, name
        assert judgement.skipped == [], name
        assert judgement.checks > 90, name
        assert judgement.opened is not None, name
        opened = dict(judgement.opened)
        assert sorted(map(unquote, opened.pop("files"))) == sorted(pack.described()), name
        completed = json.loads(pack.files["run.json"])["status"] == "completed"
        assert opened == {
            "action": "CreateAction",
            "agent": "Organization",
            "instrument": "SoftwareApplication",
            "status": f"http://schema.org/{'Completed' if completed else 'Failed'}ActionStatus",
        }, name


def entity(graph: list[dict[str, Any]], known: str) -> dict[str, Any]:
    (found,) = (each for each in graph if each["@id"] == known)
    return found


Spoil = Callable[[list[dict[str, Any]]], object]

# Traps that somebody fell into: what is done to good metadata, and a word of the objection.
TRAPS: dict[str, tuple[Spoil, str]] = {
    "no_licence": (lambda graph: entity(graph, "./").pop("license"), "`license`"),
    "no_publisher": (lambda graph: entity(graph, "./").pop("publisher"), "`publisher`"),
    "not_mentioned": (lambda graph: entity(graph, "./").pop("mentions"), "via mentions"),
    "not_a_part": (lambda graph: entity(graph, "./")["hasPart"].pop(), "RootDataEntity"),
    "microseconds": (
        lambda graph: entity(graph, "#run").update(endTime=RECORD["start"]),
        "endTime in ISO 8601",
    ),
    "status_as_a_link": (
        lambda graph: entity(graph, "#run").update(
            actionStatus={"@id": "http://schema.org/CompletedActionStatus"}
        ),
        "actionStatus",
    ),
    "dangling_tool": (
        lambda graph: entity(graph, "#run").update(instrument={"@id": "#gone"}),
        "instrument",
    ),
    "error_of_a_success": (
        lambda graph: entity(graph, "#run").update(error="none"),
        "error SHOULD NOT",
    ),
    "list_of_one": (lambda graph: entity(graph, "#run").update(name=["one"]), "singleton"),
    "unknown_word": (lambda graph: entity(graph, "run.json").update(blake3="00"), "blake3"),
    "missing_file": (
        lambda graph: entity(graph, "run.log").update({"@id": "gone.log"}),
        "does not include the Data Entity 'gone.log'",
    ),
}


@pytest.mark.slow
def test_the_validator_would_have_seen_the_traps(packs: dict[str, Pack], tmp_path: Path) -> None:
    """Its silence means something only if it speaks up where something is wrong."""
    good = packs["completed"]
    for name, (spoil, _) in TRAPS.items():
        spoiled = copy.deepcopy(good.crate)
        spoil(spoiled["@graph"])
        for path, content in (good.files | {CRATE: to_json(spoiled)}).items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_bytes(content)
    judged = judge([tmp_path / name for name in TRAPS])
    for (name, (_, objection)), judgement in zip(TRAPS.items(), judged, strict=True):
        assert not judgement.passed, name
        assert any(objection in issue for issue in judgement.issues), (name, judgement.issues)
