"""The index of runs: what it answers, and that it is never in the way."""

import logging
import math
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from evidence.publications import FIRST, grid, publication, run_id_of, write_ledger
from hypothesis import given, settings, strategies as st
from scratch import wait_until

from peaklib.errors import EvidenceError
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.evidence.registry.index import Index
from peaklib.evidence.registry.index_queries import GridPlace
from peaklib.evidence.registry.query import Query, Row

SP500 = {"name": "sp500", "digest": "5f" * 32}
NASDAQ = {"name": "nasdaq", "digest": "a0" * 32}
RUNS = [
    publication(
        0, kind="sweep_cell", family="sma/sp500", datasets=[SP500], metrics={"sharpe": 0.5}
    ),
    publication(1, kind="sweep_cell", family="rsi/nasdaq", parent="p", metrics={"sharpe": -1}),
    publication(2, status="failed", error="ValueError: x", metrics={"sharpe": None, "n": 3}),
    publication(3, kind="report", datasets=[SP500, NASDAQ], metrics={"sharpe": "Infinity"}),
    publication(4, trials=[grid("sma"), grid("rsi", 6)], metrics={"n": 5}),
    publication(5, metrics={"sharpe": "-Infinity", "n": 5.5}),
]


def make(folder: Path, published: list[dict[str, Any]] = RUNS) -> Index:
    """An index over a ledger with these publish lines."""
    ledger = Ledger(folder / "ledger.jsonl")
    write_ledger(ledger.path, published)
    return Index(folder / "index.sqlite", ledger)


def numbers(rows: list[Row]) -> list[int]:
    """The runs by their number in `RUNS`; line 0 of the ledger is its genesis."""
    return [row.published - 1 for row in rows]


def at(minutes: int) -> datetime:
    return FIRST + timedelta(minutes=minutes)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return make(tmp_path_factory.mktemp("store"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), [5, 4, 3, 2, 1, 0]),
        (Query(descending=False, limit=2), [0, 1]),
        (Query(limit=0), []),
        (Query(kind="sweep_cell"), [1, 0]),
        (Query(family="sma/sp500"), [0]),
        (Query(parent="p"), [1]),
        (Query(status="failed"), [2]),
        (Query(strategy="rsi"), [4]),
        (Query(dataset="sp500"), [4, 3, 0]),
        (Query(dataset="A0A0A0A0"), [3]),
        (Query(dataset="a0a0a0a"), []),
        (Query(since=at(3)), [5, 4, 3]),
        (Query(until=at(3)), [2, 1, 0]),
        (Query(since=at(1), until=at(3), kind="sweep_cell"), [1]),
        (Query(bounds=(("sharpe", ">", 0.4),)), [3, 0]),
        (Query(bounds=(("sharpe", "<", 0),)), [5, 1]),
        (Query(bounds=(("n", ">=", 3), ("n", "<=", 5))), [4, 2]),
        (Query(bounds=(("sharpe", "!=", 0.5),)), [5, 3, 1]),
        (Query(bounds=(("n", "=", 5),)), [4]),
        (Query(kind="nothing"), []),
        (Query(sort="sharpe"), [3, 0, 1, 5, 4, 2]),
        (Query(sort="sharpe", descending=False), [5, 1, 0, 3, 2, 4]),
        (Query(sort="sharpe", limit=5), [3, 0, 1, 5, 4]),
        (Query(sort="n", kind="interactive"), [5, 4, 2]),
    ],
)
def test_query_selects_and_orders(query: Query, expected: list[int], index: Index) -> None:
    """Undefined and missing metrics come last, in the order of publication."""
    assert numbers(index.select(query)) == expected


def test_row_says_what_the_ledger_says(index: Index) -> None:
    row = index.row(run_id_of(3))
    assert row == Row(
        run_id=run_id_of(3),
        kind="report",
        family=None,
        parent=None,
        key=None,
        status="completed",
        error=None,
        start="2026-01-02T12:03:00+00:00",
        end="2026-01-02T12:03:05+00:00",
        seed=7,
        root=f"{3:064x}",
        content="c" * 64,
        metrics={"sharpe": math.inf},
        datasets=(("sp500", "5f" * 32), ("nasdaq", "a0" * 32)),
        strategies=(),
        n_trials=0,
        deleted=None,
        published=4,
    )
    assert index.row("nothing") is None


def test_row_counts_the_trials_of_all_its_grids(index: Index) -> None:
    (row,) = index.select(Query(strategy="sma"))
    assert row.n_trials == 10
    assert row.strategies == ("rsi", "sma")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"bounds": (("sharpe", "=>", 1.0),)}, "sign '=>'; signs: < <="),
        ({"since": datetime(2026, 1, 1)}, "no time zone"),
        ({"limit": -1}, "limit = -1"),
    ],
)
def test_query_that_cannot_be_meant_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(EvidenceError, match=message):
        Query(**wrong)


# ---- the same answers as a plain loop -----------------------------------------------------------
METRIC = st.sampled_from([None, -1.5, 0, 0.25, 1, "Infinity", "-Infinity"])
LINES = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["a", "b"]),
            "status": st.sampled_from(["completed", "failed"]),
            "metrics": st.dictionaries(st.sampled_from(["x", "y"]), METRIC),
        }
    ),
    max_size=12,
)
QUERIES = st.builds(
    Query,
    kind=st.sampled_from([None, "a", "b"]),
    status=st.sampled_from([None, "failed"]),
    bounds=st.lists(
        st.tuples(st.sampled_from("xy"), st.sampled_from(["<", ">=", "!="]), st.just(0.25)),
        max_size=2,
    ).map(tuple),
    sort=st.sampled_from(["start", "x"]),
    descending=st.booleans(),
    limit=st.sampled_from([None, 0, 3]),
)


def value_of(data: dict[str, Any], metric: str) -> float | None:
    value = data["metrics"].get(metric)
    return None if value is None else float(value)


def by_hand(published: list[dict[str, Any]], query: Query) -> list[int]:
    """What a query should find, by a plain loop."""
    meets = {
        "<": lambda value, bound: value < bound,
        ">=": lambda value, bound: value >= bound,
        "!=": lambda value, bound: value != bound,
    }
    kept = []
    for number, data in enumerate(published):
        values = [(value_of(data, name), sign, bound) for name, sign, bound in query.bounds]
        if (
            query.kind in (None, data["kind"])
            and query.status in (None, data["status"])
            and all(v is not None and meets[sign](v, bound) for v, sign, bound in values)
        ):
            kept.append(number)
    kept.sort(reverse=query.descending)
    if query.sort != "start":
        kept.sort(
            key=lambda number: value_of(published[number], query.sort) or 0.0,
            reverse=query.descending,
        )
        kept.sort(key=lambda number: value_of(published[number], query.sort) is None)
    return kept[: query.limit]


@settings(max_examples=60)
@given(lines=LINES, query=QUERIES)
def test_answers_are_those_of_a_plain_loop(
    lines: list[dict[str, Any]], query: Query, tmp_path_factory: pytest.TempPathFactory
) -> None:
    published = [publication(number, **line) for number, line in enumerate(lines)]
    index = make(tmp_path_factory.mktemp("store"), published)
    assert numbers(index.select(query)) == by_hand(published, query)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> tuple[Index, list[dict[str, Any]]]:
    """More runs than are ever sorted without walking the order of a metric."""
    published = [
        publication(
            number,
            kind="ab"[number % 50 == 0],
            status="failed" if number % 3 == 0 else "completed",
            metrics={"x": None if number % 7 == 0 else number * 7919 % 5000, "y": number % 4},
        )
        for number in range(8_000)
    ]
    index = make(tmp_path_factory.mktemp("crowd"), published)
    assert index.rebuild() == 8_000
    return index, published


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize(
    "query",
    [
        Query(sort="x", limit=10),
        Query(sort="x", limit=7_500),
        Query(sort="x", kind="b", limit=20),
        Query(sort="x", kind="a", status="completed", bounds=(("y", ">=", 2.0),)),
        Query(sort="x", bounds=(("x", "<", 9.0),)),
        Query(sort="y", status="failed", limit=50),
        Query(status="failed", limit=5),
    ],
)
def test_answers_do_not_depend_on_how_many_runs_there_are(
    query: Query, descending: bool, crowd: tuple[Index, list[dict[str, Any]]]
) -> None:
    index, published = crowd
    asked = Query(**{**query.__dict__, "descending": descending})
    assert numbers(index.select(asked)) == by_hand(published, asked)


# ---- grids ---------------------------------------------------------------------------------------
def test_equal_grids_are_one_and_the_others_can_be_asked_for(tmp_path: Path) -> None:
    """The same axes with another number of points are other trials."""
    part = {**grid(sharpe=[0.0, 0.7]), "count": 3}
    trials = [[grid(sharpe=[0.0, 0.9])], [part], [grid("rsi", sharpe=[0.0, 0.8])]]
    trials += [[grid("rsi", sharpe=[0.1, 0.5]), grid(sharpe=[0.0, 0.9])]]
    index = make(tmp_path, [publication(k, trials=made) for k, made in enumerate(trials)])

    def told(places: list[GridPlace]) -> list[tuple[str, int, float]]:
        return [(place.run_id, place.grid, place.best) for place in places]

    found = index.grids("sharpe", Query(), True)
    assert told(found) == [(run_id_of(3), 1, 0.9), (run_id_of(1), 0, 0.7), (run_id_of(3), 0, 0.5)]
    others = [told(index.equal_grids(place, "sharpe", Query(), True)) for place in found]
    assert others == [[(run_id_of(0), 0, 0.9)], [], [(run_id_of(2), 0, 0.8)]]
    assert index.equal_grids(found[0], "sharpe", Query(since=at(1)), True) == []


def test_known_values_are_those_of_all_runs(index: Index) -> None:
    assert index.known("kind") == ["interactive", "report", "sweep_cell"]
    assert index.known("family") == ["rsi/nasdaq", "sma/sp500"]
    assert index.known("strategy") == ["rsi", "sma"]
    assert index.known("dataset") == ["nasdaq", "sp500"]


# ---- following the ledger -----------------------------------------------------------------------
def test_following_line_by_line_is_the_same_as_building_anew(tmp_path: Path) -> None:
    index = make(tmp_path, [])
    ledger = Ledger(index.path.parent / "ledger.jsonl")
    for data in RUNS:
        ledger.append("publish", data)
        index.follow()
    ledger.append("delete", {"run_id": run_id_of(1), "reason": "wrong data"})
    followed = index.select(Query(include_deleted=True))
    assert index.rebuild() == 6
    assert index.select(Query(include_deleted=True)) == followed
    assert [row.deleted for row in followed if row.deleted] == ["wrong data"]


def test_deleted_run_is_shown_only_on_request(tmp_path: Path) -> None:
    index = make(tmp_path)
    Ledger(tmp_path / "ledger.jsonl").append("delete", {"run_id": run_id_of(4), "reason": "r"})
    assert numbers(index.select(Query())) == [5, 3, 2, 1, 0]
    row = index.row(run_id_of(4))
    assert row is not None
    assert row.deleted == "r"
    assert numbers(index.select(Query(sort="n", limit=1))) == [5]


def test_second_line_of_a_run_is_reported_and_does_not_count(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    index = make(tmp_path, [*RUNS, {**RUNS[0], "root": "e" * 64, "metrics": {"sharpe": 99}}])
    row = index.row(run_id_of(0))
    assert row is not None
    assert (row.root, row.metrics) == (f"{0:064x}", {"sharpe": 0.5})
    assert f"run {run_id_of(0)} is published twice in the ledger, by lines 2 and 8" in caplog.text


def test_torn_last_line_waits_until_it_is_whole(tmp_path: Path) -> None:
    index = make(tmp_path)
    ledger = tmp_path / "ledger.jsonl"
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[:-20])
    assert numbers(index.select(Query())) == [4, 3, 2, 1, 0]
    ledger.write_bytes(whole)
    assert numbers(index.select(Query())) == [5, 4, 3, 2, 1, 0]


def test_line_that_cannot_be_read_is_named_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    index = make(tmp_path)
    ledger = tmp_path / "ledger.jsonl"
    lines = ledger.read_bytes().split(b"\n")
    lines[3] = lines[3][:50]
    ledger.write_bytes(b"\n".join(lines))
    assert numbers(index.select(Query())) == [5, 4, 3, 1, 0]
    assert "line 4 of" in caplog.text
    assert "peak ledger verify" in caplog.text


@pytest.mark.parametrize("others", [RUNS[:2], list(reversed(RUNS)), []])
def test_another_ledger_in_its_place_is_noticed(
    others: list[dict[str, Any]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    index = make(tmp_path)
    assert len(index.select(Query())) == 6
    write_ledger(tmp_path / "ledger.jsonl", others)
    found = index.select(Query(descending=False))
    assert sorted(row.run_id for row in found) == sorted(data["run_id"] for data in others)
    if others:
        assert "the ledger is not the one that it followed" in caplog.text


# ---- damage -------------------------------------------------------------------------------------
def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    path.write_bytes(b"not a database " * 4096)


def zeros_inside(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(bytes(size - 4096))


def other_version(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()


def other_tables(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript("DROP TABLE metric; DROP TABLE runs;")
    connection.close()


@pytest.mark.parametrize(
    "harm",
    [cut, empty, garbage, zeros_inside, other_version, other_tables],
    ids=lambda f: f.__name__,
)
def test_damaged_index_is_built_anew_and_says_so(
    harm: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    index = make(tmp_path)
    query = Query(sort="sharpe")
    before = index.select(query)
    harm(index.path)
    caplog.clear()
    assert index.select(query) == before
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert f"the index {index.path} is built anew" in warnings[0].getMessage()
    caplog.clear()
    assert index.select(query) == before
    assert caplog.records == []


def test_missing_index_is_built(tmp_path: Path) -> None:
    index = make(tmp_path)
    before = index.select(Query())
    index.path.unlink()
    assert index.select(Query()) == before
    assert index.path.exists()


def test_leavings_of_a_build_that_was_killed_do_no_harm(tmp_path: Path) -> None:
    index = make(tmp_path)
    for tail in ("", "-wal", "-shm", "-journal"):
        (tmp_path / f"index.sqlite.new{tail}").write_bytes(b"half a page")
    assert len(index.select(Query())) == 6
    assert list(tmp_path.glob("index.sqlite.new*")) == []


def test_index_that_cannot_be_a_file_is_kept_in_memory_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    index = make(tmp_path)
    index.path.mkdir()
    assert numbers(index.select(Query(sort="sharpe", limit=2))) == [3, 0]
    assert "one in memory is" in caplog.text
    with pytest.raises(EvidenceError, match="cannot be written"):
        index.follow()
    with pytest.raises(EvidenceError, match="cannot be written"):
        index.rebuild()


def test_folder_that_takes_no_files_can_still_be_searched(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make(tmp_path)
    # Root may write anywhere but here.
    place = Path("/sys") if os.geteuid() == 0 else tmp_path / "locked"
    if os.geteuid() != 0:
        place.mkdir(mode=0o555)
    if not place.is_dir():
        pytest.skip("root may write everywhere on this system")
    index = Index(place / "index.sqlite", Ledger(tmp_path / "ledger.jsonl"))
    assert numbers(index.select(Query(limit=3))) == [5, 4, 3]
    assert "one in memory is" in caplog.text


# ---- readers and writers together ---------------------------------------------------------------
def test_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    index = make(tmp_path)
    index.follow()
    writer = sqlite3.connect(index.path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    Ledger(tmp_path / "ledger.jsonl").append("publish", publication(6))
    assert numbers(index.select(Query())) == [5, 4, 3, 2, 1, 0]
    writer.execute("COMMIT")
    writer.close()
    assert numbers(index.select(Query())) == [6, 5, 4, 3, 2, 1, 0]


class Heard(logging.Handler):
    """Keeps what is logged in a process of its own."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def read_until_told(folder: Path) -> tuple[list[tuple[str, ...]], list[str]]:
    """Distinct answers to one question, asked until the file `stop` appears, and warnings."""
    heard = Heard()
    logging.getLogger("peaklib").addHandler(heard)
    index = Index(folder / "index.sqlite", Ledger(folder / "ledger.jsonl"))
    seen = set()
    (folder / f"ready-{os.getpid()}").touch()
    while not (folder / "stop").exists():
        seen.add(tuple(row.run_id for row in index.select(Query(sort="n", limit=2))))
    return sorted(seen), heard.messages


@pytest.mark.slow
def test_readers_see_whole_answers_while_the_index_grows_and_is_built_anew(tmp_path: Path) -> None:
    """Without the lock, sqlite reads the log of one file into the other."""
    index = make(tmp_path)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        readers = [pool.submit(read_until_told, tmp_path) for _ in range(2)]
        wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == 2, "two readers")
        ledger = Ledger(tmp_path / "ledger.jsonl")
        for number in range(6, 46):
            ledger.append("publish", publication(number))
            assert index.rebuild() == number + 1
        (tmp_path / "stop").touch()
        answers = [reader.result(timeout=60) for reader in readers]
    assert answers == [([(run_id_of(5), run_id_of(4))], [])] * 2


def test_moments_compare_whatever_their_text(tmp_path: Path) -> None:
    texts = ["2026-01-02T13:00:00+01:00", "2026-01-02T12:00:00.5Z", "2026-01-02T12:00:01+00:00"]
    index = make(tmp_path, [publication(k, start=text) for k, text in enumerate(texts)])
    assert numbers(index.select(Query(descending=False))) == [0, 1, 2]
    since = datetime(2026, 1, 2, 12, 0, 0, 500_000, tzinfo=UTC)
    assert numbers(index.select(Query(since=since))) == [2, 1]
