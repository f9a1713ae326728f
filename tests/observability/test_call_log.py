"""The log of calls: one line of JSON each, whole, sorted, in UTC, without secrets."""

import json
import multiprocessing
import os
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Thread

import pytest
import structlog

from peaklib.observability import call_log

PLANTED = "Hu" + "sh9" + '"hush\\é'
NOON = datetime(2026, 11, 20, 13, 0, tzinfo=timezone(timedelta(hours=1)))


def hide(text: str) -> str:
    return text.replace(PLANTED, "[redacted]")


def clock() -> datetime:
    return NOON


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def write(path: Path, name: str, count: int) -> None:
    log = call_log(path, clock=clock, redact=hide).bind(run_id=name)
    for number in range(count):
        log.info("llm_call", number=number, filling="x" * 3000)


def test_a_line_is_sorted_json_with_time_in_utc(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    log = call_log(path, clock=clock, redact=hide).bind(run_id="r1", layer="L1")
    log.info("llm_call", outcome="ok", cost=5, seconds=0.25, degraded=False, parsed=None)
    assert path.read_bytes() == (
        b'{"cost":5,"degraded":false,"event":"llm_call","layer":"L1","level":"info",'
        b'"outcome":"ok","parsed":null,"run_id":"r1","seconds":0.25,'
        b'"time":"2026-11-20T12:00:00+00:00"}\n'
    )


def test_lines_are_appended_and_say_their_level(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    for _ in range(2):
        log = call_log(path, clock=clock, redact=hide)
        log.info("one")
        log.warning("other")
    assert [(line["event"], line["level"]) for line in lines(path)] == [
        ("one", "info"),
        ("other", "warning"),
    ] * 2


def test_what_is_bound_stays_with_its_log(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    log = call_log(path, clock=clock, redact=hide)
    log.bind(run_id="a").info("one")
    log.info("two")
    assert [line.get("run_id") for line in lines(path)] == ["a", None]


@pytest.mark.parametrize(
    "value",
    [
        PLANTED,
        f"Bearer {PLANTED}",
        [1, ("x", PLANTED)],
        {"headers": {"authorization": PLANTED}},
        {PLANTED: 1},
        ValueError(f"401: {PLANTED}"),
        Path(PLANTED),
        {PLANTED},
        PLANTED.encode(),
    ],
)
def test_a_secret_is_redacted_wherever_it_stands(tmp_path: Path, value: object) -> None:
    path = tmp_path / "calls.jsonl"
    call_log(path, clock=clock, redact=hide).info("llm_call", field=value)
    (line,) = path.read_text("ascii").splitlines()
    assert PLANTED not in line
    assert json.dumps(PLANTED)[1:-1] not in line
    assert "[redacted]" in line


def test_a_secret_in_bound_fields_event_and_numbers_is_redacted(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    log = call_log(path, clock=clock, redact=lambda text: text.replace("987654321", "[redacted]"))
    log.bind(run_id="987654321").info("about 987654321", pin=987654321, price=987654321.5)
    assert "987654321" not in path.read_text("ascii")


def test_values_that_json_has_no_word_for_are_written_as_text(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    call_log(path, clock=clock, redact=hide).info(
        "llm_call", day=NOON.date(), huge=10**30, none=float("nan"), path=Path("a"), big=1e400
    )
    (line,) = lines(path)
    assert (line["day"], line["none"], line["path"]) == ("2026-11-20", "nan", "a")
    assert (line["huge"], line["big"]) == (10**30, "inf")


def test_a_line_break_in_a_value_does_not_begin_a_line(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    text = 'a\nb\r\u2028{"event":"forged"}'
    call_log(path, clock=clock, redact=hide).info("llm_call", reason=text)
    assert path.read_bytes().count(b"\n") == 1
    assert lines(path)[0]["reason"] == text


def test_a_caller_cannot_set_time_and_level(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    call_log(path, clock=clock, redact=hide).info("llm_call", time="then", level="debug")
    assert (lines(path)[0]["time"], lines(path)[0]["level"]) == (
        "2026-11-20T12:00:00+00:00",
        "info",
    )


def test_lines_of_threads_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    threads = [Thread(target=write, args=(path, str(name), 50)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = lines(path)
    assert len(found) == 400
    for name in range(8):
        numbers = [line["number"] for line in found if line["run_id"] == str(name)]
        assert numbers == list(range(50))


@pytest.mark.slow
def test_lines_of_processes_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write, args=(path, str(name), 200)) for name in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    found = lines(path)
    assert len(found) == 600
    assert {line["run_id"] for line in found} == {"0", "1", "2"}


def test_a_file_that_was_rotated_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    log = call_log(path, clock=clock, redact=hide)
    log.info("one")
    path.rename(tmp_path / "calls.1.jsonl")
    log.info("two")
    assert [line["event"] for line in lines(path)] == ["two"]


def test_a_line_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    log = call_log(tmp_path / "missing" / "calls.jsonl", clock=clock, redact=hide)
    with pytest.raises(OSError, match="missing"):
        log.info("llm_call")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs the device that is always full")
def test_a_full_disk_is_an_error() -> None:
    with pytest.raises(OSError, match="No space left"):
        call_log(Path("/dev/full"), clock=clock, redact=hide).info("llm_call")


def test_settings_of_the_process_are_neither_read_nor_changed(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    before = structlog.get_config()
    structlog.configure(processors=[lambda *_: sys.exit("a processor of the process ran")])
    try:
        call_log(path, clock=clock, redact=hide).info("llm_call")
        assert lines(path)[0]["event"] == "llm_call"
    finally:
        structlog.reset_defaults()
    assert structlog.get_config() == before
