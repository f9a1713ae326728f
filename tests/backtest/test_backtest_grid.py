"""A grid gives what single backtests give, for every strategy that is installed."""

from typing import Annotated, Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from peaklib import metrics
from peaklib.backtest import run_backtest, run_grid, trial_returns
from peaklib.data import Dataset, load
from peaklib.errors import ConfigError, DataError, StrategyError
from peaklib.strategies import Param, Strategy, get, installed, strategy

EVERY = [*installed(), *(f"vol_regime_filter({name})" for name in installed())]
COSTS: dict[str, Any] = {"fees_bps": 7, "slippage_bps": 3, "borrow_bps": 40, "cash_rate": 0.02}
PAIRS = {"fast": [5, 10, 20], "slow": [20, 50, 100]}


@pytest.fixture(scope="module")
def years(sp500: Dataset) -> Dataset:
    """Enough bars for every warm-up, few enough to be quick."""
    return sp500.between("2004", "2009")


def drawn_grid(rule: Strategy, seed: int) -> dict[str, list[int | float]]:
    """One or two random values of each parameter, in the part of its range that trades."""
    rng = np.random.default_rng(seed)
    grid: dict[str, list[int | float]] = {}
    for k, (name, p) in enumerate(rule.parameters.items()):
        low, high = max(p.low, 0.4 * p.default), min(p.high, max(1.6 * p.default, p.low + 0.5))
        drawn = rng.uniform(low, high, size=2 if k < 2 else 1)
        grid[name] = sorted({p.check(p.type(round(value, 3))) for value in drawn})
    return grid


@pytest.mark.parametrize("fill", ["next_open", "close"])
@pytest.mark.parametrize("name", EVERY)
def test_every_row_of_a_grid_equals_its_own_backtest(years: Dataset, name: str, fill: str) -> None:
    rule = get(name)
    for seed in (1, 2):
        grid = drawn_grid(rule, seed)
        frame = run_grid(rule, years, grid, fill=fill, **COSTS)
        assert len(frame) == np.prod([len(values) for values in grid.values()])
        for row in frame.to_dict("records"):
            params = {name: row[name] for name in rule.parameters}
            alone = run_backtest(rule, years, params, fill=fill, **COSTS).metrics
            found = [row[metric] for metric in metrics.METRIC_NAMES]
            expected = [alone[metric] for metric in metrics.METRIC_NAMES]
            assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_drawn_combinations_do_trade(years: Dataset) -> None:
    # Guards the test above: comparing accounts that stay flat would prove nothing.
    for name in EVERY:
        trades = run_grid(name, years, drawn_grid(get(name), 1))["n_trades"]
        assert trades.max() > 0, name


@pytest.mark.parametrize("threads", [2, 4])
def test_the_result_does_not_depend_on_the_number_of_threads(years: Dataset, threads: int) -> None:
    grid = {"fast": range(2, 30), "slow": range(30, 60)}
    windows = {"early": ("2004", "2006"), "late": ("2007", "2009")}
    one = run_grid("sma_crossover", years, grid, threads=1, windows=windows, **COSTS)
    many = run_grid("sma_crossover", years, grid, threads=threads, windows=windows, **COSTS)
    assert list(many.columns) == list(one.columns)
    for column in one.columns:
        assert many[column].to_numpy().tobytes() == one[column].to_numpy().tobytes()


def test_rows_stand_in_the_order_of_nested_loops(years: Dataset) -> None:
    frame = run_grid("sma_crossover", years, PAIRS, where="fast < slow")
    pairs = [(fast, slow) for fast in (5, 10, 20) for slow in (20, 50, 100) if fast < slow]
    assert list(zip(frame["fast"], frame["slow"], strict=True)) == pairs
    assert frame["fast"].dtype == np.int64


def test_parameters_left_out_keep_their_defaults(years: Dataset) -> None:
    frame = run_grid("macd", years, {"fast": [8, 12]})
    full = run_grid("macd", years, {"fast": [8, 12], "slow": [26], "signal": [9]})
    assert_array_equal(frame["sharpe"], full["sharpe"])
    assert frame.attrs["fixed"] == {"slow": 26, "signal": 9}


def test_a_strategy_without_parameters_is_a_grid_of_one_row(years: Dataset) -> None:
    frame = run_grid("buy_and_hold", years, {})
    assert len(frame) == 1
    assert frame["ret"].iloc[0] == run_backtest("buy_and_hold", years).metrics["ret"]


def test_moments_of_windows_are_those_of_the_returns_of_a_backtest(years: Dataset) -> None:
    windows = {
        "crisis": ("2008-09-01", "2008-12-31"),
        "year": ("2005", "2005"),
        "all": (None, None),
    }
    frame = run_grid("sma_crossover", years, PAIRS, windows=windows, **COSTS)
    for row in frame.to_dict("records"):
        params = {"fast": row["fast"], "slow": row["slow"]}
        returns = run_backtest("sma_crossover", years, params, **COSTS).returns
        for name, (start, end) in windows.items():
            part = returns.loc[start:end]
            found = [row[f"{name}_{moment}"] for moment in ("n", "sum", "sumsq")]
            assert_allclose(found, [len(part), part.sum(), (part**2).sum()], atol=1e-14)


def test_returns_of_chosen_trials_are_those_of_their_backtests(years: Dataset) -> None:
    chosen = [{"fast": 5, "slow": 20}, {"fast": 50}]
    streamed = list(trial_returns("sma_crossover", years, chosen, **COSTS))
    assert [params for params, _ in streamed] == [{"fast": 5, "slow": 20}, {"fast": 50, "slow": 50}]
    for params, returns in streamed:
        alone = run_backtest("sma_crossover", years, params, **COSTS).returns
        assert returns.tobytes() == alone.to_numpy().tobytes()


def test_streamed_returns_belong_to_the_caller(years: Dataset) -> None:
    stream = trial_returns("sma_crossover", years, [{"fast": 5}, {"fast": 20}])
    _, first = next(stream)
    kept = first.copy()
    next(stream)
    assert_array_equal(first, kept)


def test_a_grid_says_how_it_was_made_and_that_nobody_counted_it(years: Dataset) -> None:
    frame = run_grid("sma_crossover", years, PAIRS, where="fast < slow", fees_bps=10)
    attrs = frame.attrs
    assert attrs["trials"] == "uncounted"
    assert (attrs["strategy"], attrs["version"]) == ("sma_crossover", "1")
    assert attrs["grid"] == {"axes": PAIRS, "order": ["fast", "slow"], "where": "fast < slow"}
    conventions = attrs["conventions"]
    assert (conventions["data"], conventions["digest"]) == ("sp500", years.digest)
    assert conventions["n_bars"] == len(years)
    assert conventions["terms"]["fill"] == "next_open"
    assert conventions["terms"]["fees_bps"] == 10


def test_progress_counts_up_to_all_combinations(years: Dataset) -> None:
    seen: list[tuple[int, int]] = []
    run_grid(
        "sma_crossover",
        years,
        {"fast": range(2, 22), "slow": range(30, 50)},
        progress=lambda done, count: seen.append((done, count)),
    )
    assert seen == sorted(seen)
    assert seen[-1] == (400, 400)
    assert len(seen) > 2


def test_an_interrupt_stops_the_grid() -> None:
    calls = []

    @strategy("counted", version="1", warm_up=lambda **_: 0)
    def counted(bars: Any, *, k: Annotated[int, Param(0, 10_000, "bars", "number")] = 0):
        """Count calls."""
        calls.append(k)
        return np.zeros(len(bars))

    def interrupt(_: int, __: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_grid(
            counted,
            load("synthetic:random_walk,seed=1,bars=300"),
            {"k": range(10_000)},
            threads=1,
            progress=interrupt,
        )
    assert len(calls) < 5_000


# ---- what is refused ------------------------------------------------------------------


def test_an_unknown_parameter_lists_those_that_there_are(years: Dataset) -> None:
    with pytest.raises(StrategyError, match="has no parameter 'quick'; it has: fast, slow"):
        run_grid("sma_crossover", years, {"quick": [5]})


def test_a_value_out_of_range_names_strategy_parameter_value_and_range(years: Dataset) -> None:
    message = r"'sma_crossover': fast = 0 is not a whole number from 1 to 1000 \(bars;"
    with pytest.raises(StrategyError, match=message):
        run_grid("sma_crossover", years, {"fast": [5, 0]})


def test_a_condition_on_an_unknown_parameter_is_refused(years: Dataset) -> None:
    with pytest.raises(ConfigError, match="speaks of 'quick'"):
        run_grid("sma_crossover", years, PAIRS, where="quick < slow")


def test_a_target_that_is_nan_names_the_combination(years: Dataset) -> None:
    @strategy("broken_at_three", version="1", warm_up=lambda **_: 0)
    def broken(bars: Any, *, k: Annotated[int, Param(1, 9, "bars", "number")] = 1):
        """NaN for one of its parameters."""
        return np.full(len(bars), np.nan if k == 3 else 1.0)

    with pytest.raises(StrategyError, match=r"broken_at_three\(\{'k': 3\}\).*bar 0 is nan"):
        run_grid(broken, years, {"k": [1, 2, 3, 4]})


@pytest.mark.parametrize("shape", ["column", "halves", "short"])
def test_a_target_of_the_wrong_shape_is_refused_as_by_a_backtest(
    years: Dataset, shape: str
) -> None:
    even = years.between("2004", years.frame.index[1001])

    @strategy("misshapen", version="1", warm_up=lambda: 0)
    def misshapen(bars: Any):
        """Targets of a shape that is no (n,)."""
        size = {"column": (1002, 1), "halves": (501, 2), "short": (1001,)}[shape]
        return np.ones(size)

    assert len(even) == 1002
    with pytest.raises(StrategyError, match="returned shape"):
        run_backtest(misshapen, even)
    with pytest.raises(StrategyError, match="returned shape"):
        run_grid(misshapen, even, {})


def test_a_window_without_bars_says_what_the_data_have(years: Dataset) -> None:
    message = r"window 'later' from 2015 to 2016 holds no bar; the data run from 2004-01-02"
    with pytest.raises(DataError, match=message):
        run_grid("sma_crossover", years, PAIRS, windows={"later": ("2015", "2016")})


def test_a_window_whose_ends_are_no_dates_is_refused(years: Dataset) -> None:
    with pytest.raises(DataError, match="window 'w'"):
        run_grid("sma_crossover", years, PAIRS, windows={"w": ("nonsense", "2005")})


def test_a_condition_that_nothing_meets_gives_an_empty_table(years: Dataset) -> None:
    frame = run_grid("sma_crossover", years, {"fast": [50], "slow": [20]}, where="fast < slow")
    assert frame.empty
    assert list(frame.columns) == ["fast", "slow", *metrics.METRIC_NAMES]


@pytest.mark.parametrize("run", [run_grid, run_backtest])
def test_one_value_a_day_cannot_be_filled_at_an_open(run) -> None:
    with pytest.raises(DataError, match=r"'vix' has no 'open' \(one value a day"):
        run("sma_crossover", load("vix"), {})


def test_one_value_a_day_can_be_traded_at_its_close() -> None:
    frame = run_grid("sma_crossover", load("vix"), {"fast": [5, 10]}, fill="close")
    assert (frame["n_trades"] > 0).all()


def test_axes_may_be_arrays(years: Dataset) -> None:
    frame = run_grid("sma_crossover", years, {"fast": np.arange(2, 5)})
    assert list(frame["fast"]) == [2, 3, 4]
