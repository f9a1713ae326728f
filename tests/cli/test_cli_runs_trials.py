"""`peak runs trials`: tables, one family, JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from peaklib.cli.runs_trials import command
from peaklib.errors import EvidenceError
from peaklib.evidence.ledger.ledger import Ledger

Call = Callable[..., Result]
TERMS = {"fill": "next_open", "lag": 1, "fees_bps": 5, "slippage_bps": 5}


def line(run_id: str, values: list[int], sharpes: list[float], **changes: Any) -> dict[str, Any]:
    """The data of a publish line with one grid."""
    conventions = {"data": "sp500", "digest": "5" * 64, "start": "1999-01-04", "end": "2018-12-31"}
    terms = {**TERMS, "fees_bps": changes.pop("fees_bps", 5)}
    trials = {
        "strategy": "sma_crossover",
        "version": "1",
        "fixed": {"slow": 200},
        "grid": {"axes": {"fast": values}, "order": ["fast"], "where": None},
        "conventions": {**conventions, "terms": terms},
        "count": len(values),
        "sharpe_count": len(sharpes),
        "sharpe_sum": sum(sharpes),
        "sharpe_sumsq": sum(value**2 for value in sharpes),
    }
    data = {"run_id": run_id, "kind": "sweep_cell", "status": "completed", "family": "trend"}
    return {**data, "trials": [trials], **changes}


@pytest.fixture
def trials(project: Path) -> Call:
    """Call `peak runs trials` in a project whose ledger holds a few runs."""
    ledger = Ledger(project / "runs" / "ledger.jsonl")
    ledger.path.parent.mkdir()
    ledger.append("publish", line("a", [5, 10, 20], [0.1, 0.2, 0.6]))
    ledger.append("publish", line("b", [20, 30], [0.6, 0.5], status="failed"))
    ledger.append("publish", line("c", [5, 10, 20], [0.1, 0.2, 0.6], fees_bps=1))
    ledger.append("publish", line("d", [5], [0.1], family="it's mine"))
    ledger.append("publish", line("e", [7], [0.1], kind="repro"))
    ledger.append("delete", {"run_id": "a", "reason": "space"})

    def _call(*arguments: str) -> Result:
        return CliRunner().invoke(command, [*arguments])

    return _call


def test_every_family_is_a_row_of_counts(trials: Call) -> None:
    done = trials()
    assert done.exit_code == 0
    assert [row.split() for row in done.output.splitlines()] == [
        ["family", "distinct", "failed", "repeats", "runs", "failed", "runs"],
        ["it's", "mine", "1", "0", "0", "1", "0"],
        ["trend", "6", "1", "1", "3", "0"],
        ["2", "families,", "7", "distinct", "trials"],
        ["next", "peak", "runs", "trials", "--family", "trend"],
    ]


def test_one_family_is_told_apart_by_what_differs_between_its_contexts(trials: Call) -> None:
    lines = trials("--family", "trend").output.splitlines()
    assert lines[1] == "6 distinct trials · 1 failed · 1 repeat · 3 runs · 0 failed runs"
    assert "sma_crossover v1" in " ".join(lines[2:4])
    assert "fees_bps" not in " ".join(lines[2:4])
    table = [row.split() for row in lines if row.startswith(("fees_bps", "all"))]
    # Means and deviations by hand: 0.1, 0.2, 0.6 have mean 0.3 and variance 0.07.
    assert table == [
        ["fees_bps", "5", "3", "1", "1", "2", "0.30", "0.26"],
        ["fees_bps", "1", "3", "0", "0", "1", "0.30", "0.26"],
        ["all", "6", "1", "1", "3", "0.30", "0.24"],
    ]
    assert lines[-1] == "next  peak runs best --metric sharpe --family trend"


def test_a_spread_over_overlapping_grids_is_marked(trials: Call, project: Path) -> None:
    Ledger(project / "runs" / "ledger.jsonl").append("publish", line("f", [20, 40], [0.6, 0.7]))
    output = trials("--family", "trend").output
    assert "~0.44" in output
    assert "! grids overlap" in output


def test_a_family_with_odd_characters_is_quoted_in_the_next_command(trials: Call) -> None:
    assert trials("--family", "it's mine").output.endswith("--family 'it'\"'\"'s mine'\n")


def test_json_holds_the_counts_and_nothing_else(trials: Call) -> None:
    answer = json.loads(trials("--json", "--family", "trend").output)
    (family,) = answer["families"]
    assert (family["distinct"], family["failed"], family["repeats"]) == (6, 1, 1)
    assert family["sharpe"]["mean"] == pytest.approx(0.3)
    assert [context["terms"]["fees_bps"] for context in family["contexts"]] == [5, 1]


def test_an_unknown_family_is_an_error_that_names_those_there_are(trials: Call) -> None:
    done = trials("--family", "trnd")
    assert done.exit_code == 1
    assert isinstance(done.exception, EvidenceError)
    assert "did you mean 'trend'?" in str(done.exception)
    assert "it's mine, trend" in str(done.exception)


def test_without_any_run_there_are_no_trials(project: Path) -> None:
    done = CliRunner().invoke(command, [])
    assert done.exit_code == 0
    assert done.output.startswith("no trials on record\nnext  peak sweep ")
    assert json.loads(CliRunner().invoke(command, ["--json"]).output) == {"families": []}
    assert not (project / "runs").exists()


def test_lines_fit_a_screen_of_80_columns(trials: Call) -> None:
    for arguments in ((), ("--family", "trend")):
        assert all(len(row) <= 80 for row in trials(*arguments).output.splitlines())
