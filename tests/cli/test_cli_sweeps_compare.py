"""`peak sweeps compare`: what is printed, JSON, refusals, and a page that is vouched for."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from in_process import make_sweeps
from scratch import make_project

from peaklib.cli import peak
from peaklib.errors import EvidenceError
from peaklib.evidence import Registry
from peaklib.evidence.vouch import verify_page

# Together they take a quarter of a minute: all of CI runs them, the inner loop does not.
pytestmark = pytest.mark.slow

Ids = dict[str, str]
Compare = Callable[..., Result]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Ids:
    """Sweeps of a project by what they are, and its folder."""
    project = make_project(tmp_path_factory.mktemp("sweeps"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(project))
        ids = make_sweeps(project, "first", "wide", "cheap", "reversion")
    return {**ids, "project": str(project)}


@pytest.fixture
def compare(store: Ids, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Call `peak sweeps compare` in that project."""
    monkeypatch.setenv("PEAK_HOME", store["project"])
    monkeypatch.chdir(store["project"])

    def _call(*arguments: str) -> Result:
        return CliRunner().invoke(peak, ["sweeps", "compare", *arguments])

    return _call


def test_configuration_comes_first_then_the_ground_then_the_best(
    compare: Compare, store: Ids
) -> None:
    done = compare("narrow", "wide")
    assert done.exit_code == 0
    lines = [line.rstrip() for line in done.output.splitlines()]
    assert lines[0] == f"narrow  1 cell, 6 trials  run {store['first']}"
    order = [
        next(k for k, line in enumerate(lines) if line.startswith(start))
        for start in (
            "grid.sma_crossover.fast ",
            "differing keys only; --all for ",
            "same data ✓  same code ✓  same days ✕  same costs ✕",
            "sma_crossover · sp500",
            "narrow  fast ",
            "! narrow: chosen on days from 1999-",
            "a−b sharpe ",
            "top 2 of 4 shared points: ",
            "rank correlation of Sharpe ",
        )
    ]
    assert order == sorted(order)
    ends = f"{store['first'][-6:]} {store['wide'][-6:]}"
    assert lines[-1] == f"next  peak sweeps compare {ends} --html reports/compare.html"


@pytest.mark.slow
def test_lines_fit_80_columns(compare: Compare) -> None:
    for names in (("narrow", "wide"), ("narrow", "wide", "reversion"), ("cheap", "wide", "narrow")):
        lines = compare(*names, "--all").output.splitlines()
        assert all(len(line) <= 80 for line in lines if not line.startswith("next"))


def test_all_shows_equal_keys_too(compare: Compare) -> None:
    assert "notebooks/sweep_cell.ipynb" not in compare("narrow", "wide").output
    assert "notebooks/sweep_cell.ipynb" in compare("narrow", "wide", "--all").output


def test_the_edge_of_a_grid_is_said(compare: Compare) -> None:
    said = compare("narrow", "wide").output
    best = json.loads(compare("narrow", "wide", "--json").output)["matches"][0]["best"]
    for label, side in zip(("narrow", "wide"), best, strict=True):
        for name, value in side["params"].items():
            assert (f"! {label}: {name}={value} is the grid edge" in said) == (
                name in side["on_edge"]
            )
    assert any(side["on_edge"] for side in best)


def test_json_is_whole(compare: Compare, store: Ids) -> None:
    answer = json.loads(compare("narrow", "wide", "--json").output)
    assert sorted(answer) == [
        "alone", "differing", "equal", "matches", "refusals", "refused", "same", "sweeps",
    ]  # fmt: skip
    ids = [store["first"], store["wide"]]
    assert [sweep["run_id"] for sweep in answer["sweeps"]] == ids
    assert answer["differing"]["foreach.costs"] == {ids[0]: ["retail"], ids[1]: ["retail", "cheap"]}
    (match,) = answer["matches"]
    assert sorted(match) == ["best", "conventions", "hold_sharpe", "name", "pairs"]
    assert [side["sweep"] for side in match["best"]] == ids
    assert [side["n_trials"] for side in match["best"]] == [6, 9]
    # The wide grid looks back further: what both measured is compared.
    starts = [side["recorded"]["start"] for side in match["best"]]
    assert starts[0] < starts[1] == match["conventions"]["start"]
    assert match["best"][1]["recorded"]["sharpe"] == match["best"][1]["sharpe"]
    (pair,) = match["pairs"]
    assert pair["sweeps"] == ids
    assert pair["overlap"]["common"] == 4
    difference = pair["sharpe_difference"]
    assert difference["low"] <= difference["estimate"] <= difference["high"]
    assert difference["separable"] is (not difference["low"] <= 0 <= difference["high"])
    assert (difference["level"], difference["resamples"], difference["seed"]) == (0.9, 2000, 0)


def test_json_is_the_same_twice(compare: Compare) -> None:
    assert compare("narrow", "wide", "--json").output == compare("narrow", "wide", "--json").output


def test_other_costs_are_refused_and_the_rest_is_compared(compare: Compare) -> None:
    done = compare("narrow", "wide", "cheap")
    assert done.exit_code == 1
    assert isinstance(done.exception, EvidenceError)
    assert "not compared: sma_crossover · sp500" in str(done.exception)
    plain = " ".join(done.output.split())
    assert "✕ sma_crossover · sp500 is not compared: other costs or fills: narrow fees_bps" in plain
    assert done.output.count("a−b sharpe") == 2
    answer = json.loads(compare("narrow", "cheap", "--json").output)
    assert (answer["refused"], answer["matches"]) == (True, [])
    assert "sharpe" not in compare("narrow", "cheap").output


def test_sweeps_without_a_common_strategy_say_so(compare: Compare) -> None:
    done = compare("narrow", "reversion")
    assert done.exit_code == 0
    assert "best of all strategies · sp500" in done.output
    assert "only in narrow  sma_crossover · sp500" in done.output
    assert "only in reversion  rsi_reversion · sp500" in done.output
    assert re.search(r"reversion +rsi_reversion window \d+ /", done.output)


@pytest.mark.parametrize("names", [("narrow",), ("narrow", "narrow")])
def test_a_sweep_is_not_compared_with_itself(compare: Compare, names: tuple[str, ...]) -> None:
    done = compare(*names)
    assert done.exit_code == 1
    assert "name two or more different sweeps" in str(done.exception)


def test_an_unknown_sweep_is_refused_with_what_there_is(compare: Compare) -> None:
    done = compare("narow", "wide")
    assert done.exit_code == 1
    assert "no finished sweep has the name or the id 'narow'; there are narrow" in str(
        done.exception
    )


def test_a_page_in_a_folder_that_is_not_there_is_refused_at_once(compare: Compare) -> None:
    done = compare("narrow", "wide", "--html", "nowhere/page.html")
    assert done.exit_code == 2
    assert "there is no folder nowhere" in done.output


def test_a_cell_that_was_altered_is_refused(compare: Compare, store: Ids) -> None:
    runs = Path(store["project"]) / "runs"
    (cell,) = (
        path
        for path in runs.glob("*/run.json")
        if json.loads(path.read_bytes())["parent"] == store["reversion"]
    )
    before = cell.read_bytes()
    cell.write_bytes(before + b" ")
    try:
        done = compare("narrow", "reversion")
    finally:
        cell.write_bytes(before)
    assert done.exit_code == 1
    assert f"run {cell.parent.name} was altered: run.json" in str(done.exception)


@pytest.mark.slow
def test_the_page_has_curves_and_tables_and_is_vouched_for(compare: Compare, store: Ids) -> None:
    done = compare("narrow", "wide", "cheap", "--html", "page.html")
    assert done.exit_code == 1
    assert "page  page.html\nnext  open page.html in a browser\n" in done.output
    page = Path(store["project"]) / "page.html"
    text = page.read_text("utf-8")
    # Under the costs of the first two, and under those of the last two.
    assert text.count('class="peak-figure"') == 2
    assert "is not compared: other costs or fills" in text
    assert "grid.sma_crossover.fast" in text
    assert 'src="http' not in text
    registry = Registry()
    assert all(check.ok for check in verify_page(registry, page).checks)
    page.write_bytes(page.read_bytes() + b" ")
    (check,) = verify_page(registry, page).checks
    assert not check.ok
