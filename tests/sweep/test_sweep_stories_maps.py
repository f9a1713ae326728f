"""Maps of a cell: chosen axes, an interval for each number that is shown, the plateau outlined."""

import numpy as np
import pytest
from scratch import ROOT

from peaklib.backtest import run_backtest
from peaklib.data import load
from peaklib.errors import ConfigError
from peaklib.robustness import Thresholds, grid_intervals, plateau
from peaklib.robustness.verdict.thresholds import Intervals
from peaklib.sweep import CellData, SweepResults, preview
from peaklib.sweep.stories import check_asked, map_ends, map_of, maps_words, plateau_of, with_axes

# Together they take a quarter of a minute: all of CI runs them, the inner loop does not.
pytestmark = pytest.mark.slow

CONFIG = """question = "What does a map show?"
notebook = "notebooks/sweep_cell.ipynb"
[foreach]
strategy = ["rsi_reversion"]
[fixed]
dataset = "sp500"
period = "2005-01-01/2012-12-31"
[grid.rsi_reversion]
window = [2, 5, 10]
oversold = [20, 30]
leave = [50, 70]
"""
METRICS = ["sharpe", "cagr", "max_dd"]
QUICK = Thresholds(intervals=Intervals(resamples=200, cell_resamples=200))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> SweepResults:
    path = tmp_path_factory.mktemp("maps") / "three.toml"
    path.write_text(CONFIG, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(ROOT))
        return preview(str(path))


@pytest.fixture
def cell(results: SweepResults) -> CellData:
    return results.cells[0]


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        (("", ""), ["window", "oversold", "leave"]),
        (("leave", ""), ["leave", "window", "oversold"]),
        (("", "leave"), ["window", "leave", "oversold"]),
        (("oversold", "window"), ["oversold", "window", "leave"]),
        (("fast", "slow"), ["window", "oversold", "leave"]),
        (("leave", "leave"), ["leave", "window", "oversold"]),
    ],
)
def test_axes_that_the_strategy_has_come_first(
    cell: CellData, asked: tuple[str, str], order: list[str]
) -> None:
    turned = with_axes(cell, *asked)
    assert turned.params == order
    # Neither the trials nor the cell that was turned are touched.
    assert turned.trials.equals(cell.trials)
    assert cell.params == ["window", "oversold", "leave"]


def test_every_shown_cell_has_an_interval_of_each_metric_and_no_other_has(
    results: SweepResults, cell: CellData
) -> None:
    ends = map_ends(results, cell, METRICS, QUICK, seed=3)
    assert list(ends) == METRICS
    best = cell.trials.iloc[int(cell.trials["sharpe"].argmax())]
    shown = (cell.trials["leave"] == best["leave"]).to_numpy()
    assert shown.sum() == 6
    for found in ends.values():
        assert np.isfinite(found[shown]).all()
        assert (found[shown, 0] <= found[shown, 1]).all()
        assert np.isnan(found[~shown]).all()
    # Sharpe is compared with hold, the drawdown is not.
    assert (ends["max_dd"][shown] <= 0).all()


def test_intervals_are_those_of_the_accounts_that_are_shown(
    results: SweepResults, cell: CellData
) -> None:
    """The same accounts, made one by one without the sweep."""
    data = load("sp500").between("2005-01-01", "2012-12-31")
    used = cell.conventions
    terms = {**used["terms"], "warmup": used["warmup"]}
    best = cell.trials.iloc[int(cell.trials["sharpe"].argmax())]
    shown = cell.trials[cell.trials["leave"] == best["leave"]]
    accounts = [
        run_backtest("rsi_reversion", data, point, **terms).returns.to_numpy()
        for point in shown[cell.params].to_dict("records")
    ]
    hold = run_backtest("buy_and_hold", data, **terms).returns.to_numpy()
    ends = map_ends(results, cell, METRICS, QUICK, seed=3)
    for metric, benchmark in (("sharpe", hold), ("cagr", hold), ("max_dd", None)):
        wanted = grid_intervals(
            accounts,
            len(accounts),
            metric,
            periods_per_year=data.meta.bars_per_year,
            resamples=200,
            benchmark=benchmark,
            seed=3,
        )
        np.testing.assert_array_equal(ends[metric][shown.index], wanted)


def test_too_many_cells_have_no_intervals_and_the_figure_says_so(
    results: SweepResults, cell: CellData
) -> None:
    ends = map_ends(results, cell, METRICS, QUICK, most_cells=5)
    assert ends == {}
    figure = map_of(cell, METRICS, QUICK, ends=ends, title="A map", subtitle="in sample")
    assert figure is not None
    assert "in sample; 6 cells, too many for intervals here" in figure.to_json()


def test_figure_has_a_panel_a_metric_intervals_on_hover_and_a_plateau(
    results: SweepResults, cell: CellData
) -> None:
    figure = map_of(cell, METRICS, QUICK, ends=map_ends(results, cell, METRICS, QUICK, seed=3))
    assert figure is not None
    assert sum(trace.type == "heatmap" for trace in figure.data) == 3
    text = figure.to_json()
    assert "plateau: keeps 70" in text
    hovered = [str(trace.customdata) for trace in figure.data if trace.type == "heatmap"]
    assert all(" to " in texts for texts in hovered)


def test_plateau_is_that_of_the_best_trial(cell: CellData) -> None:
    found = plateau_of(cell, QUICK)
    wanted = plateau(cell.trials, cell.params, "sharpe", keep=0.7, radius=1)
    assert found is not None
    assert found.peak == wanted.peak == int(cell.trials["sharpe"].argmax())
    assert (found.connected == wanted.connected).all()


def test_words_count_cells_on_either_side_of_hold() -> None:
    nan = float("nan")
    sharpe = np.array([[0.1, 0.5], [-0.2, 0.3], [-0.4, -0.1], [nan, nan], [-0.1, 0.1]])
    said = maps_words([{"sharpe": sharpe}, {}, {"max_dd": sharpe}], 0.90)
    assert "Of 4 cells" in said
    assert "**1** lie above 0, 1 below, 2 cannot be told" in said
    assert "Not known" in maps_words([{}], 0.90)


def test_what_a_map_cannot_show_is_refused_by_name(results: SweepResults) -> None:
    check_asked(results, ["sharpe", "cagr"], ["window", ""])
    with pytest.raises(ConfigError) as caught:
        check_asked(results, ["sharp", "cagr"], ["windw", ""])
    metric, axis = caught.value.problems
    assert "no metric 'sharp', did you mean 'sharpe'" in metric
    assert "no parameter 'windw', did you mean 'window'" in axis
