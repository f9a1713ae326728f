"""`peak runs list`, `show`, `best`, `recover`, `rebuild`, `delete`: what is printed, what fails."""

import json
import math
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import Result
from scratch import peak

from peaklib.errors import EvidenceError
from peaklib.evidence import Registry, RunSpec, create_run, start_run

Call = Callable[..., Result]
TERMS = {"fill": "next_open", "lag": 1, "fees_bps": 5}


def grid(fast: list[int], sharpe: list[float], trades: list[int], strategy: str) -> pd.DataFrame:
    """What `run_grid` returns, with numbers of our own."""
    frame = pd.DataFrame({"fast": fast, "sharpe": sharpe, "max_dd": -0.2, "n_trades": trades})
    conventions = {"data": "sp500", "digest": "5" * 64, "start": "1999-01-04", "end": "2018-12-31"}
    frame.attrs = {
        "strategy": strategy,
        "version": "1",
        "fixed": {"slow": 200},
        "grid": {"axes": {"fast": fast}, "order": ["fast"], "where": None},
        "conventions": {**conventions, "terms": TERMS},
    }
    return frame


def at(minute: int) -> Callable[[], datetime]:
    return lambda: datetime(2026, 3, 1, 9, minute, tzinfo=UTC)


@dataclass(frozen=True)
class Runs:
    """Ids of the runs of the test's project."""

    first: str
    second: str
    failed: str

    @property
    def ends(self) -> list[str]:
        return [run_id[-6:] for run_id in (self.first, self.second, self.failed)]


@pytest.fixture
def runs(project: Path) -> Runs:
    """Two runs with grids and one that failed."""
    with start_run(kind="sweep_cell", config={"a": {"b": 1}}, family="sma/sp500", clock=at(1)) as a:
        a.log_trials(grid([5, 10, 20], [0.5, 0.9, 0.1], [40, 10, 5], "sma"))
        a.log_metrics({"hold_sharpe": 0.25, "best_sharpe": 0.9})
    with start_run(kind="sweep_cell", config={}, parent=a.run_id, clock=at(2)) as b:
        b.log_trials(grid([5, 30], [0.7, math.nan], [30, 0], "rsi"))
        b.log_metrics({"best_sharpe": 0.7, "odd": math.inf})
    with (
        pytest.raises(ZeroDivisionError),
        start_run(kind="interactive", config={}, clock=at(3)) as c,
    ):
        raise ZeroDivisionError("no bars")
    return Runs(a.run_id, b.run_id, c.run_id)


def lines(done: Result) -> list[str]:
    assert done.exit_code == 0, done.output
    return [line.rstrip() for line in done.output.splitlines()]


# ---- list ---------------------------------------------------------------------------------------
def test_list_shows_the_newest_first_and_the_next_command(call: Call, runs: Runs) -> None:
    head, *rows, total, last = lines(call("runs", "list"))
    assert head.split() == ["run", "started", "kind", "family", "trials", "best_sharpe"]
    first, second, failed = runs.ends
    assert rows[0].split()[:5] == ["✕", failed, "03-01", "09:03", "interactive"]
    assert "ZeroDivisionError" in rows[0]
    assert any(row.startswith(f"✓ {second} 03-01 09:02 sweep_cell") for row in rows)
    assert rows[-1].split() == [*f"✓ {first} 03-01 09:01 sweep_cell sma/sp500 3 0.90".split()]
    assert total == "3 of 3 runs"
    assert last == f"next  peak runs show {failed}"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--kind", "sweep_cell"], [1, 0]),
        (["--family", "sma/sp500"], [0]),
        (["--strategy", "rsi"], [1]),
        (["--data", "sp500"], [1, 0]),
        (["--status", "failed"], [2]),
        (["--since", "2026-03-01T09:02"], [2, 1]),
        (["--until", "2026-03-01T09:02"], [0]),
        (["--since", "1d"], []),
        (["--where", "best_sharpe>=0.8"], [0]),
        (["--where", "best_sharpe > 0.1", "--where", "odd>0"], [1]),
        (["--where", "best_sharpe<80%"], [1]),
        (["--sort", "best_sharpe"], [0, 1, 2]),
        (["--sort", "best_sharpe", "--ascending", "-n", "1"], [1]),
    ],
)
def test_list_filters_and_sorts(
    arguments: list[str], expected: list[int], call: Call, runs: Runs
) -> None:
    found = json.loads(call("runs", "list", "--json", *arguments).output)
    ids = [runs.first, runs.second, runs.failed]
    assert [row["run_id"] for row in found] == [ids[number] for number in expected]


def test_list_takes_a_short_id_of_a_parent(call: Call, runs: Runs) -> None:
    (row,) = json.loads(call("runs", "list", "--json", "--parent", runs.first[-6:]).output)
    assert row["run_id"] == runs.second
    assert row["metrics"] == {"best_sharpe": 0.7, "odd": "Infinity"}


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--where", "sharpe>>1"),
        ("--where", "sharpe"),
        ("--where", "sharpe>x"),
        ("--where", "a>nan"),
        ("--since", "yesterday"),
        ("--since", "99999999999d"),
    ],
)
def test_filter_that_cannot_be_read_says_how_to_write_it(
    option: str, text: str, call: Call, runs: Runs
) -> None:
    done = call("runs", "list", option, text)
    assert done.exit_code == 2
    assert repr(text) in done.output
    assert "sharpe>0.5" in done.output or "7d" in done.output


def test_list_of_nothing_says_so(call: Call, project: Path) -> None:
    assert lines(call("runs", "list")) == [
        "no runs yet",
        "next  peak sweep configs/sweeps/quick.toml",
    ]
    assert not (project / "runs").exists()


def test_list_in_which_nothing_is_left_says_so(call: Call, runs: Runs) -> None:
    assert lines(call("runs", "list", "--kind", "interactive", "--status", "completed")) == [
        "no run meets this",
        "next  peak runs list",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "none"], r"no run of kind 'none'\. There are: interactive, sweep_cell"),
        (["--kind", "sweep_cel"], "did you mean 'sweep_cell'"),
        (["--family", "none"], r"no run of family 'none'\. There are: sma/sp500"),
        (["--strategy", "none"], "There are: rsi, sma"),
        (["--data", "none"], r"no run with the data set 'none'\. There are: sp500"),
        (["--data", "66666666"], "There are: sp500"),
        (["--where", "none>1"], "no run with a metric 'none'.*best_sharpe"),
    ],
)
@pytest.mark.parametrize("command", ["list", "best"])
def test_condition_that_no_run_can_meet_names_those_that_there_are(
    command: str, arguments: list[str], message: str, call: Call, runs: Runs
) -> None:
    done = call("runs", command, *arguments)
    assert done.exit_code == 1
    assert isinstance(done.exception, EvidenceError)
    assert re.search(message, str(done.exception))


def test_unknown_order_is_refused_and_a_known_one_that_nobody_here_has_is_not(
    call: Call, runs: Runs
) -> None:
    done = call("runs", "list", "--sort", "best_sharp")
    assert done.exit_code == 1
    assert "did you mean 'best_sharpe'" in str(done.exception)
    arguments = ("--kind", "interactive", "--sort", "best_sharpe", "--json")
    assert len(json.loads(call("runs", "list", *arguments).output)) == 1


def test_values_of_deleted_runs_are_known(call: Call, runs: Runs) -> None:
    call("runs", "delete", runs.first, "--reason", "r")
    assert lines(call("runs", "list", "--family", "sma/sp500"))[0] == "no run meets this"


def test_status_is_one_of_three(call: Call, runs: Runs) -> None:
    done = call("runs", "list", "--status", "bad")
    assert done.exit_code == 2
    assert "completed" in done.output


def test_without_runs_no_condition_is_refused(call: Call, project: Path) -> None:
    assert lines(call("runs", "list", "--kind", "x", "--sort", "y"))[0] == "no runs yet"
    assert lines(call("runs", "best", "--family", "x"))[0] == "no runs yet"
    assert lines(call("runs", "trials", "--family", "x"))[0] == "no trials on record"


@pytest.mark.slow
def test_output_in_a_pipe_is_plain_and_80_columns_wide(project: Path, runs: Runs) -> None:
    """`sharpe` and the other metrics stand whole in their lines."""
    for arguments in (["list", "--sort", "best_sharpe"], ["show", runs.ends[0]], ["best"]):
        done = peak(project, "runs", *arguments)
        assert done.returncode == 0
        assert done.stderr == ""
        assert "\x1b" not in done.stdout
        assert max(map(len, done.stdout.splitlines())) <= 80
        assert done.stdout.splitlines()[-1].startswith("next  peak ")
        assert "0.90" in done.stdout


# ---- show ---------------------------------------------------------------------------------------
def test_show_says_what_was_done_and_what_came_out(call: Call, runs: Runs) -> None:
    shown = lines(call("runs", "show", runs.first[-6:]))
    assert shown[0] == f"✓ {runs.first}  sweep_cell  completed"
    text = "\n".join(shown)
    for said in ("2026-03-01 09:01:00 UTC", "config     b 1", "trials     3", "sma v1: fast 5, 10"):
        assert said in text
    assert f"root       {Registry().root_of(runs.first)}" in shown
    assert re.search(r"best_sharpe +0\.90", text)
    assert shown[-1] == f"next  peak evidence verify {runs.first[-6:]}"


def test_show_of_a_grid_point_has_its_own_numbers(call: Call, runs: Runs) -> None:
    text = "\n".join(lines(call("runs", "show", f"{runs.first[-6:]}:2")))
    assert "point      slow 200, fast 20" in text
    assert re.search(r"sharpe +0\.10", text)
    assert "best_sharpe" not in text


def test_show_of_a_failed_run_says_why(call: Call, runs: Runs) -> None:
    shown = lines(call("runs", "show", runs.failed))
    assert shown[0].startswith(f"✕ {runs.failed}")
    assert shown[1] == "error      ZeroDivisionError: no bars"


def test_show_of_a_run_whose_pack_is_gone_tells_what_the_ledger_knows(
    call: Call, runs: Runs, project: Path
) -> None:
    shutil.rmtree(project / "runs" / runs.first)
    text = "\n".join(lines(call("runs", "show", runs.first)))
    assert "gone; this is what the ledger knows" in text
    assert re.search(r"best_sharpe +0\.90", text)
    assert text.endswith("next  peak runs recover")
    point = call("runs", "show", f"{runs.first}:0")
    assert isinstance(point.exception, EvidenceError)


def test_show_as_json_is_registry_and_record(call: Call, runs: Runs) -> None:
    shown = json.loads(call("runs", "show", runs.second, "--json").output)
    assert shown["registry"]["metrics"]["odd"] == shown["record"]["metrics"]["odd"] == "Infinity"
    assert shown["record"]["run_id"] == runs.second


def test_show_of_an_altered_run_says_so_and_shows_it(call: Call, runs: Runs, project: Path) -> None:
    assert json.loads(call("runs", "show", runs.first, "--json").output)["altered"] is None
    with (project / "runs" / runs.first / "outputs" / "metrics.json").open("a") as file:
        file.write(" ")
    shown = lines(call("runs", "show", runs.first))
    assert shown[1] == (
        f"✕ run {runs.first} was altered: outputs/metrics.json is not what its SHA256SUMS says; "
        f"see `peak evidence verify {runs.first}`"
    )
    assert "config     b 1" in shown
    answer = json.loads(call("runs", "show", f"{runs.first}:0", "--json").output)
    assert answer["altered"] == shown[1][2:]


# ---- best ---------------------------------------------------------------------------------------
def test_best_ranks_points_of_all_runs_and_says_among_how_many(call: Call, runs: Runs) -> None:
    head, names, *rows, last = lines(call("runs", "best", "--metric", "sharpe"))
    first, second, _ = runs.ends
    assert head == "chosen by highest sharpe · among 5 trials, in sample · sp500"
    assert names.split() == [
        "#",
        "run",
        "strategy",
        "parameters",
        "sharpe",
        "hold",
        "max_dd",
        "n_trades",
    ]
    assert [row.split()[1] for row in rows] == [
        f"{first}:1",
        f"{second}:0",
        f"{first}:0",
        f"{first}:2",
    ]
    assert rows[0].split()[2:9] == ["sma", "slow", "200", "fast", "10", "0.90", "0.25"]
    assert last == f"next  peak runs compare {first}:1 {second}:0"


def test_best_follows_filters_and_direction(call: Call, runs: Runs) -> None:
    def refs(*arguments: str) -> list[str]:
        answer = json.loads(call("runs", "best", "--json", *arguments).output)
        return [point["ref"][-8:] for point in answer["points"]]

    first, second, _ = runs.ends
    assert refs("-n", "1") == [f"{first}:1"]
    assert refs("--lowest", "-n", "1") == [f"{first}:2"]
    assert refs("--where", "n_trades>=30") == [f"{second}:0", f"{first}:0"]
    assert refs("--strategy", "rsi") == [f"{second}:0"]
    assert refs("--metric", "n_trades", "--highest", "-n", "2") == [f"{first}:0", f"{second}:0"]


def test_best_as_json_has_parameters_benchmark_and_trials(call: Call, runs: Runs) -> None:
    answer = json.loads(call("runs", "best", "--json", "--strategy", "sma", "-n", "1").output)
    point = answer.pop("points")[0]
    assert answer == {"metric": "sharpe", "higher_is_better": True, "n_trials": 3}
    assert point["params"] == {"slow": 200, "fast": 10}
    assert (point["run_id"], point["n"], point["hold"]) == (runs.first, 1, 0.25)


def test_best_of_nothing_as_json_has_no_points(call: Call, runs: Runs) -> None:
    done = call("runs", "best", "--json", "--where", "sharpe>9")
    assert done.exit_code == 0
    assert json.loads(done.output) == {
        "metric": "sharpe",
        "higher_is_better": True,
        "n_trials": 5,
        "points": [],
    }


def test_best_as_json_is_json_without_runs_too(call: Call, project: Path) -> None:
    assert json.loads(call("runs", "best", "--json").output)["points"] == []
    assert not (project / "runs").exists()


def test_best_leaves_failed_runs_out(call: Call, runs: Runs, project: Path) -> None:
    run = create_run(RunSpec("sweep_cell", {}))
    run.log_trials(grid([99], [9.0], [1], "sma"))
    run.seal("failed", "ValueError: too late")
    assert run.run_id[-6:] not in call("runs", "best").output


@pytest.mark.parametrize(
    ("metric", "message"),
    [("sharp", "did you mean 'sharpe'"), ("n_trades", "add --highest or --lowest")],
)
def test_best_of_an_unclear_metric_is_refused(
    metric: str, message: str, call: Call, runs: Runs
) -> None:
    done = call("runs", "best", "--metric", metric)
    assert message in (done.output + str(done.exception))
    assert done.exit_code != 0


@pytest.mark.parametrize(("metric", "better"), [("oos_max_dd", "highest"), ("my_vol", "lowest")])
def test_direction_of_a_variant_is_that_of_its_metric(
    metric: str, better: str, call: Call, runs: Runs
) -> None:
    with start_run(kind="interactive", config={}) as run:
        run.log_metric(metric, 0.5)
    assert lines(call("runs", "best", "--metric", metric))[0].startswith(f"chosen by {better} ")


# ---- keeping order ------------------------------------------------------------------------------
def test_delete_keeps_the_reason_and_names_what_is_left(call: Call, runs: Runs) -> None:
    done = call("runs", "delete", runs.first[-6:], "--reason", "wrong costs")
    assert lines(done) == [
        f"deleted  {runs.first}  wrong costs",
        "! 1 run that belongs to it is still there",
        f"next  peak runs list --parent {runs.first}",
    ]
    assert runs.first[-6:] not in call("runs", "list").output
    assert (
        "deleted: wrong costs" in call("runs", "list", "--deleted", "--kind", "sweep_cell").output
    )
    assert "deleted    wrong costs" in call("runs", "show", runs.first).output
    assert "among 5 trials" not in call("runs", "best").output
    counted = json.loads(call("runs", "trials", "--json").output)["families"]
    assert sum(family["distinct"] for family in counted) == 5


def test_delete_wants_a_reason_and_a_whole_run(call: Call, runs: Runs) -> None:
    assert call("runs", "delete", runs.first).exit_code == 2
    done = call("runs", "delete", f"{runs.first}:0", "--reason", "r")
    assert done.exit_code == 2
    assert "grid point" in done.output


def test_recover_lists_then_cleans(call: Call, runs: Runs, project: Path) -> None:
    assert lines(call("runs", "recover"))[0] == "✓ nothing was left behind"
    left = project / "runs" / ".staging" / "20260301_080000_aaaaaa"
    left.mkdir()
    done = call("runs", "recover")
    assert done.exit_code == 1
    listed = done.output.splitlines()
    assert listed[0] == "! 20260301_080000_aaaaaa  a run that was never sealed; its process is gone"
    assert listed[-1] == "next  peak runs recover --clean"
    assert left.exists()
    (found,) = json.loads(call("runs", "recover", "--clean", "--json").output)
    assert (found["kind"], found["settled"], found["outcome"]) == ("open", True, "removed")
    assert not left.exists()


def test_rebuild_counts_the_runs(call: Call, runs: Runs) -> None:
    assert re.fullmatch(r"index built anew  3 runs  \d+\.\d s", lines(call("runs", "rebuild"))[0])


def test_rebuild_without_runs_is_refused(call: Call, project: Path) -> None:
    done = call("runs", "rebuild")
    assert done.exit_code == 2
    assert "no ledger" in done.output
    assert not (project / "runs").exists()


@pytest.mark.parametrize(
    "command", ["list", "show", "best", "compare", "trials", "recover", "rebuild", "delete"]
)
def test_every_subcommand_explains_itself(command: str, call: Call) -> None:
    assert command in call("runs", "--help").output
    done = call("runs", command, "--help")
    assert done.exit_code == 0
    assert done.output.startswith("Usage: ")


def test_spans_count_back_from_now(call: Call, project: Path) -> None:
    def seen(span: str) -> list[Any]:
        found: list[Any] = json.loads(call("runs", "list", "--json", "--since", span).output)
        return found

    ago = timedelta(hours=30)
    with start_run(kind="test", config={}, clock=lambda: datetime.now(UTC) - ago):
        pass
    assert len(seen("2d")) == 1
    assert seen("29h") == []
