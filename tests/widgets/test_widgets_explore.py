"""What the explorer shows, hides, computes and refuses, without a browser."""

import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from scratch import ROOT
from shown_results import AXES, SPLIT, cell_of, large_results, results_of_cells

from peaklib import metrics
from peaklib.backtest import run_backtest
from peaklib.data import load
from peaklib.errors import DataError, EvidenceError
from peaklib.render.scale import diverging
from peaklib.widgets import Explorer, explore
from peaklib.widgets.book import Book
from peaklib.widgets.choice import first_choice
from peaklib.widgets.grid import Grid
from peaklib.widgets.live import LiveFigure
from peaklib.widgets.map_figure import Map, MapAxis, MapPanel, draw_map
from peaklib.widgets.views import periods_of

# Together they take a quarter of a minute: all of CI runs them, the inner loop does not.
pytestmark = pytest.mark.slow

CELLS = 1  # place of the cells among the traces of the map
PER_PANEL = 7  # traces of one panel, its band included


@pytest.fixture(scope="module")
def explorer(plain):
    return Explorer(plain)


@pytest.fixture
def fresh(plain):
    return Explorer(plain)


def shown(figure: go.Figure, panel: int = 0) -> np.ndarray:
    return np.array(figure.data[panel * PER_PANEL + CELLS].z, dtype=float)


def plain_layout(figure: go.Figure) -> dict:
    return figure.layout.to_plotly_json()


# ---- the grid ----


def test_grid_puts_each_trial_where_its_values_stand(plain):
    grid, trials = Grid(plain.cells[0]), plain.cells[0].trials
    assert grid.shape == (3, 4)
    # fast 10 and slow 10 is no trial; fast 10 and slow 50 is the fourth after 5/10 … 5/200.
    assert grid.number((1, 0)) is None
    assert grid.number((1, 1)) == 4
    assert grid.places(4) == (1, 1)
    assert grid.params((1, 1)) == {"fast": 10, "slow": 50}
    assert grid.values("sharpe")[1, 1] == trials["sharpe"][4]
    assert np.isnan(grid.values("sharpe")[1, 0])


def test_plane_has_the_rows_of_y_whatever_the_order_of_the_axes(plain):
    grid = Grid(plain.cells[2])
    whole = grid.values("sharpe")
    at = (1, 0, 1)
    np.testing.assert_array_equal(grid.plane("sharpe", at, 0, 1), whole[:, :, 1].T)
    np.testing.assert_array_equal(grid.plane("sharpe", at, 1, 0), whole[:, :, 1])
    np.testing.assert_array_equal(grid.plane("sharpe", at, 2, None), whole[1, 0, :][np.newaxis])
    assert grid.plane("sharpe", at, None, None).shape == (1, 1)


def test_a_trial_that_never_trades_has_a_count_and_no_drawdown(plain):
    trials = plain.cells[0].trials.copy()
    trials.attrs = plain.cells[0].trials.attrs
    trials.loc[0, ["n_trades", "max_dd"]] = 0.0
    grid = Grid(replace(plain.cells[0], trials=trials))
    assert np.isnan(grid.values("max_dd")[0, 0])
    assert grid.values("n_trades")[0, 0] == 0


# ---- what is selected ----


def test_first_selection_is_the_best_trial_under_the_first_costs(plain, explorer):
    best = max(float(cell.trials["sharpe"].max()) for cell in plain.base)
    book = Book(plain)
    spot = first_choice(book).spot
    assert book.grid(spot.cell).values("sharpe")[spot.at] == best
    assert any(book.cell(spot.cell) is cell for cell in plain.base)


def test_selected_numbers_are_those_of_a_backtest(fresh):
    fresh.show(strategy="sma_crossover")
    fresh.select(fast=10, slow=50)
    again = run_backtest("sma_crossover", load("sp500"), {"fast": 10, "slow": 50}, fees_bps=5.0)
    account = fresh.accounts.of(fresh.choice.spot)
    np.testing.assert_array_equal(account.equity, again.equity)
    words = fresh._numbers.value
    assert "preview:4" in words
    assert f">{again.metrics['sharpe']:.2f}<" in words.replace("−", "-")


def test_interval_holds_the_sharpe_and_is_the_same_each_time(plain, fresh):
    spot = fresh.choice.spot
    part = fresh.accounts.part(fresh.accounts.of(spot), spot.cell, "in_sample")
    low, high = fresh.accounts.interval(spot, part)
    year = part.periods_per_year
    assert low < metrics.sharpe(part.returns, periods_per_year=year) < high
    other = Explorer(plain)
    assert other.accounts.interval(spot, part) == (low, high)


def test_a_place_without_a_trial_shows_the_benchmark_alone(fresh):
    fresh.show(strategy="sma_crossover")
    fresh.select(fast=10, slow=10)
    assert "not tried" in fresh._numbers.value
    assert {trace.name for trace in fresh.curves.figure().data if trace.name} == {"hold"}


def test_other_costs_keep_the_place_and_another_strategy_takes_its_best(fresh):
    fresh.show(strategy="sma_crossover")
    fresh.select(fast=20, slow=100)
    before = fresh.choice.spot
    fresh.show(costs="50 bp")
    assert fresh.choice.spot.at == before.at
    assert fresh.choice.spot.cell != before.cell
    fresh.show(strategy="rsi_reversion")
    grid = fresh.book.grid(fresh.choice.spot.cell)
    assert fresh.choice.spot.at == grid.best("sharpe")
    # rsi_reversion was not run under 50 bp: the nearest cell is shown, and named.
    assert "50 bp has no result; shown is rsi_reversion · 0 bp" in fresh._message.value


def test_slice_follows_the_parameter_that_is_not_on_the_map(fresh):
    fresh.show(strategy="rsi_reversion")
    cell = fresh.choice.spot.cell
    whole, hold = fresh.book.grid(cell).values("sharpe"), fresh.book.hold(cell, "sharpe")
    for position, leave in enumerate((50, 70)):
        fresh.select(leave=leave)
        np.testing.assert_allclose(
            shown(fresh.figure()), (whole[:, :, position] - hold).T, atol=1e-6
        )
        assert f"leave {leave} held" in fresh.figure().layout.meta["peak"]["subtitle"]
    fresh.show(x="leave")
    assert fresh.figure().layout.xaxis.title.text.startswith("leave")


def test_choosing_the_parameter_of_the_other_axis_swaps_them(fresh):
    fresh.show(strategy="sma_crossover")
    before = shown(fresh.figure())
    fresh.show(x="slow")
    np.testing.assert_array_equal(shown(fresh.figure()), before.T)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda e: e.show(metric="shrape"), "choose one of"),
        (lambda e: e.show(x="window_2"), "it has fast, slow"),
        (lambda e: e.show(dataset="sp500"), "no cell has dataset"),
        (lambda e: e.select(fast=7), "fast = 7 is not on the grid; it has"),
        (lambda e: e.select(window=7), "no parameter 'window'"),
        (lambda e: e.reveal(), "add [split]"),
        (lambda e: e.reveal_holdout(), "add [holdout]"),
    ],
)
def test_a_mistake_says_what_to_do_and_changes_nothing(fresh, call, words):
    fresh.show(strategy="sma_crossover")
    before, view = fresh.choice, fresh.figure().to_json()
    with pytest.raises(DataError) as caught:
        call(fresh)
    assert words in str(caught.value)
    assert fresh.choice == before
    assert fresh.figure().to_json() == view


@pytest.mark.parametrize("grid", [{"fast": [5, 10, 20]}, {"fast": [5, 10], "slow": [50]}])
def test_a_grid_of_one_axis_is_a_row_of_cells(grid):
    explorer = Explorer(results_of_cells(cell_of("sma_crossover", grid)))
    count = len(grid["fast"])
    assert shown(explorer.figure()).shape == (1, count)
    explorer.select(fast=5)
    explorer.controls.sliders["fast"].value = count - 1
    assert explorer.choice.spot.at[0] == count - 1


# ---- two trials ----


def test_comparison_names_what_differs_and_whether_sharpes_can_be_told_apart(fresh):
    fresh.show(strategy="sma_crossover")
    fresh.select(fast=5, slow=200)
    fresh.pin()
    fresh.select(fast=10)
    words = fresh._compared.value
    assert "fast, bars" in words
    assert "slow, bars" not in words
    assert "separable" in words
    names = {trace.name for trace in fresh.curves.figure().data if trace.name}
    assert names == {"fast 10 / slow 200", "pinned fast 5 / slow 200", "hold"}
    fresh.unpin()
    assert fresh._compared.value == ""


def test_a_trial_compared_with_itself_has_no_difference(fresh):
    spot = fresh.choice.spot
    assert fresh.accounts.difference(spot, spot, "in_sample") == (0.0, 0.0)


# ---- figures ----


def test_a_live_figure_that_was_moved_equals_one_that_was_drawn_at_once(plain, fresh):
    for step in (
        {"strategy": "rsi_reversion"},
        {"strategy": "sma_crossover", "metric": "max_dd"},
        {"x": "slow"},
        {"metric": "sharpe"},
    ):
        fresh.show(**step)
        fresh.select()
        fresh.pin()
    direct = Explorer(plain)
    direct.show(strategy="sma_crossover", x="slow")
    direct.pin()
    for moved, drawn in ((fresh.map, direct.map), (fresh.curves, direct.curves)):
        assert moved.figure().to_json() == drawn.figure().to_json()
        visible = [trace for trace in moved.plot.data if trace.visible is not False]
        assert len(visible) == len(drawn.plot.data)
        for one, other in zip(visible, drawn.plot.data, strict=True):
            assert go.Figure(one).to_json() == go.Figure(other).to_json()
        assert plain_layout(moved.plot) == plain_layout(drawn.plot)


def test_live_figure_hides_what_is_superfluous_and_takes_it_up_again():
    def lines(*heights: float) -> go.Figure:
        return go.Figure([go.Scatter(y=[height], fill=None) for height in heights])

    live = LiveFigure(lines(1, 2))
    uids = [trace.uid for trace in live.plot.data]
    live.show(lines(3))
    assert [trace.visible for trace in live.plot.data] == [True, False]
    live.show(lines(4, 5, 6))
    assert [tuple(trace.y) for trace in live.plot.data] == [(4,), (5,), (6,)]
    assert [trace.visible for trace in live.plot.data] == [True, True, True]
    assert [trace.uid for trace in live.plot.data][:2] == uids


def test_live_figure_sends_gaps_as_null():
    """JSON knows no NaN, and a table goes over the wire as JSON."""
    live = LiveFigure(go.Figure(go.Heatmap(z=np.array([[1.0, np.nan]]))))
    assert live.plot.data[0].z.tolist() == [[1.0, None]]


def test_live_figure_sends_stamps_as_text():
    """A kernel takes a stamp without a zone for local time: a band would move with the zone."""
    figure = go.Figure(go.Scatter(x=[pd.Timestamp("2020-01-02")], y=[1]))
    figure.add_shape(x0=pd.Timestamp("2020-01-02"), x1=pd.Timestamp("2021-01-02"))
    live = LiveFigure(figure)
    assert live.plot.layout.shapes[0].x0 == "2020-01-02T00:00:00"
    assert list(live.plot.data[0].x) == ["2020-01-02T00:00:00"]


def test_missing_cells_are_hatched_in_whole_runs():
    values = np.array([[np.nan, np.nan, 1.0], [2.0, 3.0, np.nan]])
    axes = MapAxis("fast, bars", (5, 10, 15)), MapAxis("slow, bars", (1, 7))
    period = periods_of_two_days()
    drawn = draw_map(
        Map((MapPanel("t", values, period),), *axes, "sharpe_diff", "hold", diverging(1), (2, 0))
    )
    hatch = drawn.data[0]
    # fast rises evenly: its values are the coordinates; slow has two values, also even.
    runs = [(x, y) for x, y in zip(hatch.x, hatch.y, strict=True) if not np.isnan(x)]
    assert runs[:5] == [(2.5, -2), (12.5, -2), (12.5, 4), (2.5, 4), (2.5, -2)]
    assert runs[5:] == [(12.5, 4), (17.5, 4), (17.5, 10), (12.5, 10), (12.5, 4)]
    assert list(drawn.data[4].x) == [12.5, 17.5, 17.5, 12.5, 12.5]
    assert drawn.data[CELLS].customdata is None


@pytest.mark.parametrize("values", [(5, 10, 15), (1, 2, 4, 8), (0.1, 0.2, 0.3), (3,), (9, 6, 3)])
def test_a_click_on_a_coordinate_finds_the_position(values):
    axis = MapAxis("a", values)
    assert [axis.position(axis.at(k)) for k in range(len(values))] == list(range(len(values)))


def test_cells_of_uneven_axes_tell_the_pointer_their_values():
    values = np.zeros((2, 3))
    axes = MapAxis("a", (1, 2, 4)), MapAxis("b", (10, 30))
    panel = MapPanel("t", values, periods_of_two_days())
    drawn = draw_map(Map((panel,), *axes, "sharpe", "", diverging(1), (0, 0)))
    names = drawn.data[CELLS].customdata
    assert names[1][2].tolist() == [4, 30]
    assert "customdata[0]" in drawn.data[CELLS].hovertemplate
    assert "%{y:" in drawn.data[CELLS].hovertemplate


def periods_of_two_days():
    from peaklib.render import Period

    return Period("in_sample", pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-02"))


# ---- widgets without a browser ----


def test_a_slider_moves_the_selection_and_a_dropdown_the_metric(fresh):
    fresh.show(strategy="sma_crossover")
    fresh.controls.sliders["fast"].value = 0
    assert fresh.book.grid(fresh.choice.spot.cell).params(fresh.choice.spot.at)["fast"] == 5
    fresh.controls.metric.value = "max_dd"
    assert fresh.choice.metric == "max_dd"
    fresh.controls.labels["strategy"].value = "rsi_reversion"
    assert list(fresh.controls.sliders) == ["window", "oversold", "leave"]


def test_a_mistake_of_the_mouse_is_said_beside_the_figure(fresh):
    fresh._try(fresh.reveal)
    assert "add [split]" in fresh._message.value
    fresh.show(metric="cagr")
    assert fresh._message.value == ""


def test_the_cell_of_a_notebook_shows_the_widget_and_a_stable_text(explorer):
    bundle = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == repr(explorer)
    assert "nothing recorded or counted" in repr(explorer)


# ---- out of sample ----


def test_out_of_sample_stays_out_of_everything_until_it_is_revealed(split):
    explorer = Explorer(split)
    assert explorer.book.metrics(0) == ["is_sharpe", "is_vol"]
    assert np.isnan(shown(explorer.figure(), panel=1)).all()
    drawn = [pd.to_datetime(t.x).max() for t in explorer.curves.figure().data if t.name]
    assert max(drawn) < pd.Timestamp(SPLIT)
    explorer.select(fast=5, slow=10)
    assert not any(f">{year}-" in explorer._trades.value for year in range(2012, 2019))
    assert "out of sample" not in explorer._numbers.value


def test_colours_do_not_depend_on_what_is_hidden(split):
    trials = split.cells[0].trials.copy()
    trials.attrs = split.cells[0].trials.attrs
    trials["oos_sharpe"] *= 10
    louder = results_of_cells(replace(split.cells[0], trials=trials))
    scales = [Book(results).scale(0, "is_sharpe") for results in (split, louder)]
    assert scales[0] == scales[1]


def test_reveal_shows_both_sides_against_the_benchmark_of_each(split):
    explorer = Explorer(split)
    explorer.reveal()
    data, trials = load("sp500"), split.cells[0].trials
    hold = run_backtest("buy_and_hold", data).returns
    later = hold.index.tz_localize(None) >= pd.Timestamp(SPLIT)
    for panel, (side, inside) in enumerate((("is", ~later), ("oos", later))):
        base = metrics.sharpe(hold[inside], periods_per_year=data.meta.bars_per_year)
        expected = trials[f"{side}_sharpe"][0] - base  # fast 5, slow 10
        assert shown(explorer.figure(), panel)[0, 0] == pytest.approx(expected, abs=1e-6)
    assert "out of sample" in explorer._numbers.value
    assert max(pd.to_datetime(t.x).max() for t in explorer.curves.figure().data if t.name) > (
        pd.Timestamp("2018-12-01")
    )


def test_volatility_of_a_side_follows_from_its_moments(split):
    book = Book(split)
    trial = run_backtest("sma_crossover", load("sp500"), {"fast": 5, "slow": 10})
    later = trial.returns.index.tz_localize(None) >= pd.Timestamp(SPLIT)
    year = trial.conventions.bars_per_year
    for side, inside in (("is", ~later), ("oos", later)):
        expected = metrics.volatility(trial.returns[inside], periods_per_year=year)
        assert book.grid(0).values(f"{side}_vol")[0, 0] == pytest.approx(expected, rel=1e-9)


def test_a_trade_over_the_split_counts_as_entered_and_keeps_its_end_to_itself(split):
    explorer = Explorer(split)
    hold = explorer.accounts.part(explorer.accounts.hold(0), 0, "in_sample")
    assert hold.n_trades == 1
    assert hold.trades.empty


def test_periods_meet_at_the_split(split):
    seen, unseen = periods_of(Book(split), 0)
    assert (seen.end, unseen.start) == (pd.Timestamp("2011-12-31"), pd.Timestamp(SPLIT))


# ---- what is opened ----


def test_results_without_a_trial_are_refused(plain):
    with pytest.raises(EvidenceError, match="has no trials to explore"):
        Explorer(replace(plain, cells=()))


@pytest.mark.parametrize(
    ("sweep", "words"),
    [("configs/sweeps/none.toml", "there is no file"), ("nonesuch", "nonesuch")],
)
def test_a_sweep_that_does_not_exist_is_named(tmp_path, monkeypatch, sweep, words):
    monkeypatch.setenv("PEAK_HOME", str(tmp_path))
    with pytest.raises(EvidenceError, match=words):
        explore(sweep, runs=tmp_path / "runs")


def test_data_that_changed_since_are_refused(plain):
    trials = plain.cells[0].trials.copy()
    attrs = plain.cells[0].trials.attrs
    trials.attrs = {**attrs, "conventions": {**attrs["conventions"], "digest": "0" * 64}}
    with pytest.raises(EvidenceError, match="the data have changed since"):
        Explorer(results_of_cells(replace(plain.cells[0], trials=trials)))


def test_code_that_changed_since_is_noticed(plain):
    trials = plain.cells[0].trials.copy()
    trials.attrs = plain.cells[0].trials.attrs
    trials["sharpe"] += 0.01
    with pytest.raises(EvidenceError, match="code has changed since"):
        Explorer(results_of_cells(replace(plain.cells[0], trials=trials)))


def test_no_sweep_on_record_previews_the_quick_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PEAK_HOME", str(ROOT))
    assert explore(runs=tmp_path / "runs").book.results.name == "quick"


def test_axes_of_the_fixture_are_those_of_the_map(explorer):
    explorer.show(strategy="sma_crossover")
    assert list(explorer.book.grid(explorer.choice.spot.cell).axes) == list(AXES)


# ---- speed ----


@pytest.mark.slow
def test_an_interaction_on_a_hundred_thousand_trials_takes_less_than_200_ms():
    """Time of the processor, the least of several: load on the machine only ever adds."""
    chosen = [(2 + at, 319 + at) for at in range(0, 24, 4)]
    explorer = Explorer(large_results(317, chosen))
    assert explorer.book.results.n_trials > 100_000
    explorer.reveal()

    def cost(*steps) -> float:
        taken = []
        for step in steps:
            before = time.process_time()
            step()
            taken.append(time.process_time() - before)
        return min(taken)

    def select(fast: int, slow: int):
        return lambda: explorer.select(fast=fast, slow=slow)

    assert cost(*(select(*pair) for pair in chosen[1:])) < 0.2
    shows = [{"metric": name} for name in ("is_vol", "is_sharpe") * 2]
    assert cost(*(lambda show=show: explorer.show(**show) for show in shows)) < 0.2
    swaps = [{"x": name} for name in ("slow", "fast") * 2]
    assert cost(*(lambda swap=swap: explorer.show(**swap) for swap in swaps)) < 0.2


@pytest.mark.slow
def test_without_the_extra_the_error_says_what_to_install():
    code = (
        "import importlib.util as u, sys\n"
        "found = u.find_spec\n"
        "sys.modules['ipywidgets'] = None\n"
        "u.find_spec = lambda name, *rest: None if name == 'ipywidgets' else found(name, *rest)\n"
        "from peaklib.widgets import explore\n"
        "explore('configs/sweeps/quick.toml')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "peaklib.errors.PeakError: the explorer needs ipywidgets" in done.stderr
    assert "peaklib[lab]" in done.stderr
