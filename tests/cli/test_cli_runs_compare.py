"""`peak runs compare`: differing fields, refusals, JSON, and a page with curves."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from scratch import make_project

from peaklib.backtest import run_backtest
from peaklib.cli.runs_compare import command
from peaklib.data import load
from peaklib.errors import EvidenceError
from peaklib.evidence import Registry, home, open_run, start_run
from peaklib.evidence.trials.points import read_record
from peaklib.evidence.vouch import verify_page
from peaklib.robustness.bootstrap.intervals import paired_interval
from peaklib.sweep import evaluate_cell
from peaklib.sweep.curves import Curve, curve_of

Compare = Callable[..., Result]
GRID = {"fast": [5, 10], "slow": [50, 100]}


def make_cell(
    name: str, *, dataset: str = "sp500", fees: float = 5, period: str = "", warmup: int = 0
) -> str:
    """A run of one small grid, as a sweep's cell leaves it."""
    parameters = {"dataset": dataset, "strategy": "sma_crossover", "costs": {"fees_bps": fees}}
    with start_run(kind="sweep_cell", config={"cell": name, "parameters": parameters}) as run:
        evaluate_cell(
            run,
            dataset=dataset,
            strategy="sma_crossover",
            grid=GRID,
            costs={"fees_bps": fees},
            period=period,
            warmup=warmup,
        )
    return run.run_id


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A project with some runs; ids by name, and the project's folder."""
    project = make_project(tmp_path_factory.mktemp("compare"))
    file = project / "mine.csv"
    load("sp500").frame.iloc[:600].rename_axis("time").to_csv(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(project))
        ids = {name: make_cell(name) for name in ("base", "again")}
        ids["cheap"] = make_cell("cheap", fees=1)
        ids["nasdaq"] = make_cell("nasdaq", dataset="nasdaq")
        ids["early"] = make_cell("early", period="2001-01-01/2003-12-31")
        ids["warm"] = make_cell("warm", period="2001-01-01/2003-12-31", warmup=100)
        ids["mine"] = make_cell("mine", dataset=str(file))
        file.unlink()
        with start_run(kind="interactive", config={"idea": "hold"}) as run:
            held = run_backtest("buy_and_hold", load("sp500"), fees_bps=5)
            run.save_table("equity", held.curve.rename("equity").to_frame())
            run.log_metric("sharpe", held.metrics["sharpe"])
        ids["hand"] = run.run_id
    return {**ids, "project": str(project)}


@pytest.fixture
def compare(store: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Call `peak runs compare` with runs by their names in `store`."""
    monkeypatch.setenv("PEAK_HOME", store["project"])
    monkeypatch.chdir(store["project"])

    def _call(*arguments: str) -> Result:
        named = [re.sub(r"^\w+", lambda m: store.get(m[0], m[0]), a) for a in arguments]
        return CliRunner().invoke(command, named)

    return _call


def rows(done: Result) -> dict[str, list[str]]:
    """First word of each line to the others."""
    return {words[0]: words[1:] for words in map(str.split, done.output.splitlines()) if words}


def test_two_points_differ_in_parameters_and_metrics(compare: Compare) -> None:
    done = compare("base:0", "base:3")
    assert done.exit_code == 0
    table = rows(done)
    assert table["fast"] == ["5", "10"]
    assert table["slow"] == ["50", "100"]
    assert list(table)[1:3] == ["fast", "slow"]
    assert "python" not in table
    assert "same data ✓  same code ✓  same days ✓  same costs ✓" in done.output


def test_metrics_are_those_of_the_backtest_with_their_difference(compare: Compare) -> None:
    results = [
        run_backtest("sma_crossover", load("sp500"), {"fast": f, "slow": s}, fees_bps=5).metrics
        for f, s in ((5, 50), (10, 100))
    ]
    sharpes = [result["sharpe"] for result in results]
    expected = [f"{value:.2f}".replace("-", "−") for value in sharpes]
    difference = f"{sharpes[0] - sharpes[1]:+.2f}".replace("-", "−")
    assert rows(compare("base:0", "base:3"))["sharpe"] == [*expected, difference]


def test_runs_that_say_the_same_differ_in_nothing_else(compare: Compare) -> None:
    done = compare("base", "again")
    assert done.exit_code == 0
    assert rows(done)["cell"] == ["base", "again"]
    assert len(done.output.splitlines()) == 5
    assert re.search(r"differing fields only; --all for \d{2,} equal", done.output)


def test_all_shows_what_is_equal_too(compare: Compare) -> None:
    done = compare("base", "again", "--all")
    table = rows(done)
    assert table["dataset"] == ["sp500"]
    assert "python" in table
    assert "packages.numpy" in table


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ("cheap", r"other costs or fills: \w{6} fees_bps 5; \w{6} fees_bps 1"),
        ("nasdaq", r"other data: \w{6} sp500 \w{8}; \w{6} nasdaq \w{8}"),
        ("early", r"other days: \w{6} 1999-01-04 to 2018-12-31 .5031 bars.; \w{6} 2001-"),
    ],
)
def test_numbers_on_other_ground_are_refused_with_the_reason(
    compare: Compare, other: str, reason: str, store: dict[str, str]
) -> None:
    done = compare("base", other, "--html", "refused.html")
    assert done.exit_code == 1
    assert isinstance(done.exception, EvidenceError)
    assert re.search(reason, str(done.exception))
    assert "--anyway" in str(done.exception)
    # What was asked is compared all the same; metrics and curves are not.
    assert rows(done)["cell"] == ["base", other]
    assert "sharpe" not in done.output
    assert not (Path(store["project"]) / "refused.html").exists()


def test_a_point_is_refused_like_its_run(compare: Compare) -> None:
    done = compare("base:0", "cheap:0")
    assert done.exit_code == 1
    assert "fees_bps 5;" in str(done.exception)


def test_anyway_shows_the_numbers_after_a_warning_and_without_a_difference(
    compare: Compare,
) -> None:
    done = compare("base:0", "cheap:0", "--anyway")
    assert done.exit_code == 0
    assert done.output.startswith("! other costs or fills: ")
    assert len(rows(done)["sharpe"]) == 2
    assert "same costs ✕" in done.output


def test_a_run_that_was_altered_is_refused(compare: Compare, store: dict[str, str]) -> None:
    place = Path(store["project"]) / "runs" / store["again"] / "outputs" / "metrics.json"
    before = place.read_bytes()
    place.write_bytes(before + b" ")
    try:
        done = compare("base", "again")
    finally:
        place.write_bytes(before)
    assert done.exit_code == 1
    assert isinstance(done.exception, EvidenceError)
    assert f"run {store['again']} was altered: outputs/metrics.json" in str(done.exception)
    assert f"peak evidence verify {store['again']}" in str(done.exception)
    assert compare("base", "again").exit_code == 0


def test_json_is_whole_and_says_whether_numbers_were_refused(compare: Compare) -> None:
    answer = json.loads(compare("base:0", "base:3", "--json").output)
    assert answer["refused"] is False
    assert set(answer["differing"]["trial"]) == {"fast", "slow"}
    assert "sharpe" in answer["differing"]["metrics"]
    assert "equal_values" not in answer


def test_json_without_the_refused_numbers_is_still_json(compare: Compare) -> None:
    done = compare("base:0", "cheap:0", "--json")
    assert done.exit_code == 1
    answer = json.loads(done.output)
    assert answer["refused"] is True
    assert "metrics" not in answer["differing"]
    assert "other costs or fills" in answer["refusals"][0]


def test_json_with_all_holds_what_is_equal(compare: Compare) -> None:
    answer = json.loads(compare("base", "again", "--json", "--all").output)
    assert answer["equal_values"]["inputs"]["data.name"] == "sp500"
    assert len(answer["equal_values"]["environment"]) == answer["equal"]["environment"]


@pytest.mark.parametrize("runs", [("base",), ("base", "base")])
def test_one_run_cannot_be_compared(compare: Compare, runs: tuple[str, ...]) -> None:
    done = compare(*runs)
    assert done.exit_code == 1
    assert "name two or more different ones" in str(done.exception)


def test_a_page_in_a_folder_that_is_not_there_is_refused_at_once(compare: Compare) -> None:
    done = compare("base:0", "base:3", "--html", "nowhere/page.html")
    assert done.exit_code == 2
    assert "there is no folder nowhere" in done.output


def test_lines_fit_a_screen_of_80_columns(compare: Compare) -> None:
    for runs in (("base:0", "base:3"), ("base", "hand"), ("base:0", "base:1", "base:2", "base:3")):
        lines = [row for row in compare(*runs).output.splitlines() if not row.startswith("next")]
        assert all(len(row) <= 80 for row in lines)


def test_no_number_of_many_runs_is_cut(compare: Compare) -> None:
    runs = [f"{name}:{n}" for name in ("base", "again") for n in range(4)]
    done = compare(*runs)
    assert all(len(row) <= 80 for row in done.output.splitlines()[:-1])
    answer = json.loads(compare(*runs, "--json").output)["differing"]["metrics"]
    turnovers = [f"{value:.1f} × a year" for value in answer["turnover"].values()]
    shown = " ".join(
        row.removeprefix("turnover") for row in done.output.splitlines() if "turnover" in row
    )
    assert re.findall(r"\S+ × a year", shown.replace("\xa0", " ")) == turnovers
    assert len(turnovers) == 8


# ---- the difference of two Sharpe ratios ---------------------------------------------------


def test_the_difference_is_that_of_the_returns_bar_by_bar(compare: Compare) -> None:
    answer = json.loads(compare("base:0", "base:3", "--json").output)
    one, other = (
        run_backtest("sma_crossover", load("sp500"), {"fast": f, "slow": s}, fees_bps=5).returns
        for f, s in ((5, 50), (10, 100))
    )
    expected = paired_interval(
        one.to_numpy(), other.to_numpy(), periods_per_year=252, resamples=2000, seed=0
    )
    found = answer["sharpe_difference"]
    assert [found[name] for name in ("estimate", "low", "high")] == pytest.approx(
        [expected.estimate, expected.low, expected.high], abs=1e-6
    )
    assert found["separable"] is (expected.low > 0 or expected.high < 0)
    assert (found["kind"], found["resamples"], found["seed"]) == ("stationary", 2000, 0)
    assert answer["return_correlation"] == pytest.approx(one.corr(other), abs=1e-9)
    assert answer["no_difference"] is None


def test_the_difference_stands_below_the_numbers_with_how_it_was_made(compare: Compare) -> None:
    done = compare("base:0", "base:3")
    found = json.loads(compare("base:0", "base:3", "--json").output)["sharpe_difference"]
    ends = "[{low:+.2f}, {high:+.2f}]".format(**found).replace("-", "−")
    verdict = "separable" if found["separable"] else "not separable"
    estimate = f"{found['estimate']:+.2f}".replace("-", "−")
    rho = r"return correlation \d\.\d\d"
    assert re.search(
        rf"^a−b sharpe {estimate}  90 % {re.escape(ends)}  {verdict}  {rho}\n"
        rf"paired stationary bootstrap, blocks of {found['block_length']:.1f} bars, 2,000 "
        r"resamples, seed 0\nsame data",
        done.output,
        re.MULTILINE,
    )


def test_equal_points_are_not_separable(compare: Compare) -> None:
    answer = json.loads(compare("base:2", "again:2", "--json").output)
    found = answer["sharpe_difference"]
    assert (found["low"], found["estimate"], found["high"]) == (0, 0, 0)
    assert found["separable"] is False


def test_a_kept_curve_is_held_against_that_of_a_point(compare: Compare) -> None:
    answer = json.loads(compare("base:0", "hand", "--json").output)
    held = run_backtest("buy_and_hold", load("sp500"), fees_bps=5).metrics["sharpe"]
    one = answer["differing"]["metrics"]["sharpe"]
    assert answer["sharpe_difference"]["estimate"] == pytest.approx(
        next(value for name, value in one.items() if name.endswith(":0")) - held, abs=1e-9
    )


@pytest.mark.parametrize(
    "runs", [("base", "again"), ("base:0", "cheap:0"), ("base:0", "base:1", "base:2")]
)
def test_without_two_curves_on_one_ground_there_is_no_difference(
    compare: Compare, runs: tuple[str, ...]
) -> None:
    answer = json.loads(compare(*runs, "--json").output)
    assert answer["sharpe_difference"] is answer["return_correlation"] is None
    assert answer["no_difference"] is None
    assert "a−b sharpe" not in compare(*runs, "--anyway").output


def test_a_curve_that_is_lost_is_said(compare: Compare, store: dict[str, str]) -> None:
    kept = next((Path(store["project"]) / "runs" / "data").glob("*.parquet"))
    away = kept.rename(kept.with_suffix(".away"))
    try:
        done = compare("mine:0", "mine:1")
        answer = json.loads(compare("mine:0", "mine:1", "--json").output)
    finally:
        away.rename(kept)
    assert "! no interval of the difference: " in done.output
    assert answer["sharpe_difference"] is None
    assert "has no curve" in answer["no_difference"]


# ---- curves and the page -------------------------------------------------------------------


def curve(store: dict[str, str], name: str, point: int | None = None) -> Curve:
    run = open_run(store[name], runs=Path(store["project"]) / "runs")
    return curve_of(run, read_record(run, point), name)


def test_the_curve_of_a_point_is_that_of_its_backtest(store: dict[str, str]) -> None:
    found = curve(store, "base", 3).equity
    params = {"fast": 10, "slow": 100}
    expected = run_backtest("sma_crossover", load("sp500"), params, fees_bps=5).curve
    assert found is not None
    pd.testing.assert_series_equal(found, expected)


def test_the_curve_of_a_point_on_a_part_of_the_data_ends_with_it(store: dict[str, str]) -> None:
    found = curve(store, "early", 0).equity
    assert found is not None
    assert f"{found.index[1]:%Y-%m-%d} {found.index[-1]:%Y-%m-%d}" == "2001-01-02 2003-12-31"


def test_the_curve_of_a_point_begins_after_its_warm_up(store: dict[str, str]) -> None:
    found = curve(store, "warm", 0).equity
    bars = load("sp500").between("2001-01-01", "2003-12-31")
    expected = run_backtest(
        "sma_crossover", bars, {"fast": 5, "slow": 50}, fees_bps=5, warmup=100
    ).curve
    assert found is not None
    pd.testing.assert_series_equal(found, expected)
    assert found.index[1] == bars.frame.index[100]


def test_data_whose_file_is_gone_are_read_from_the_copy(store: dict[str, str]) -> None:
    assert not (Path(store["project"]) / "mine.csv").exists()
    found = curve(store, "mine", 0).equity
    assert found is not None
    assert len(found) == 601


def test_a_kept_equity_table_is_the_curve_of_a_run(store: dict[str, str]) -> None:
    found = curve(store, "hand").equity
    expected = run_backtest("buy_and_hold", load("sp500"), fees_bps=5).curve
    assert found is not None
    pd.testing.assert_series_equal(found, expected, check_names=False, check_freq=False)


def test_a_run_without_a_curve_says_why(store: dict[str, str]) -> None:
    found = curve(store, "base")
    assert found.equity is None
    assert "keeps no table 'equity'" in found.reason


def test_a_curve_that_is_no_longer_the_recorded_one_is_not_drawn(store: dict[str, str]) -> None:
    run = open_run(store["base"], runs=Path(store["project"]) / "runs")
    record = read_record(run, 0)
    record["metrics"]["sharpe"] += 1e-6
    found = curve_of(run, record, "base")
    assert found.equity is None
    assert "on record: code has changed since" in found.reason


@pytest.mark.slow
def test_the_page_holds_curves_differences_and_roots_in_one_file(
    compare: Compare, store: dict[str, str]
) -> None:
    done = compare("base:0", "base:3", "hand", "again", "--html", "page.html")
    assert done.exit_code == 0
    assert "no curve" in done.output
    assert done.output.endswith("next  open page.html in a browser\n")
    page = (home() / "page.html").read_text("utf-8")
    assert page.count('class="peak-figure"') == 1
    for name in ("base", "hand", "again"):
        run = open_run(store[name])
        assert run.run_id in page
        assert run.root in page
    assert "return correlation" in page
    assert 'src="http' not in page


@pytest.mark.slow
def test_a_page_leaves_json_alone(compare: Compare) -> None:
    done = compare("base:0", "hand", "again", "--html", "page.html", "--json")
    assert len(json.loads(done.output)["runs"]) == 3


@pytest.mark.slow
def test_curves_on_other_days_are_drawn_apart(compare: Compare, store: dict[str, str]) -> None:
    done = compare("base:0", "early:0", "--anyway", "--html", "apart.html")
    assert done.exit_code == 0
    page = (Path(store["project"]) / "apart.html").read_text("utf-8")
    assert page.count('class="peak-figure"') == 2
    assert "other days: " in page


@pytest.mark.slow
def test_page_is_vouched_for_by_the_ledger(compare: Compare, store: dict[str, str]) -> None:
    """The page and the runs on it verify; a page with one more letter does not."""
    assert compare("base:0", "base:3", "hand", "--html", "vouched.html").exit_code == 0
    page = home() / "vouched.html"
    registry = Registry()
    found = verify_page(registry, page)
    assert all(check.ok for check in found.checks)
    assert {report.run_id for report in found.reports} >= {store["base"], store["hand"]}
    page.write_bytes(page.read_bytes() + b" ")
    (check,) = verify_page(registry, page).checks
    assert not check.ok
    assert "it was changed" in check.details[1]
