"""The bars of risk say no when they must, and its small measurements measure real things."""

import gc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import run
from chapters.bars import failures
from chapters.errors import BenchError
from chapters.machine import Machine
from chapters.page import TITLES
from costs.timing import Cost
from research.weighing import Timing
from risk import estimates
from risk.allocation import CARRIED, Allocated, factor_returns, measure_allocation
from risk.bars import judge
from risk.chapter import chapter
from risk.estimates import Beside, Estimates, fat_returns, measure_estimates
from risk.gate import Decided, measure_gate, per_second
from risk.measure import Measured
from risk.sizes import Sizes

from peaklib.risk.allocation.catalogue import METHODS
from peaklib.risk.measures import order_statistics

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
BESIDE = {
    "historical": "np.quantile",
    "historical, again": "np.partition",
    "normal": "mean and std",
    "Cornish–Fisher": "four moments",
}


def timings(*walls: float, cpu: float = 0.5) -> list[Timing]:
    """Turns by the clock, and `cpu` of each as processor time."""
    return [{"wall": wall, "cpu": cpu * wall} for wall in walls]


def estimated(
    measure: str = "normal",
    times: float = 2.0,
    rolling: float = 0.99,
    grown: float = 39.9,
    filtered: float = 19.9,
) -> Estimates:
    """Bare operations take a second; each measure as long, but for the one that is given."""
    walls = {name: times if name == measure else 1.0 for name in BESIDE}
    return Estimates(
        rows=1_000_000,
        window=250,
        beside={
            name: Beside(
                ours=timings(wall, 9.0, wall), bare=timings(1.0, 1.0, 1.0), operation=BESIDE[name]
            )
            for name, wall in walls.items()
        },
        rolling={"linear": timings(rolling, 9.0, rolling), "hazen": timings(0.1, 0.1, 0.1)},
        grown={250_000: 8.0, 1_000_000: grown},
        filtered=timings(filtered, 99.0, filtered),
        filtered_window=1_000,
        filtered_bars=5_030,
        refits=202,
        failed=0,
    )


def decided(
    plain: float = 40_001.0, cached: float = 10_001.0, full: float = 4_001.0, built: float = 10.0
) -> Decided:
    """Of three turns by the clock two are at the rates given; processor time is half of it."""

    def turns(rate: float) -> list[Cost]:
        return [Cost(wall, wall / 2) for wall in (1 / rate, 1.0, 1 / rate)]

    return Decided(
        n_symbols=10,
        n_scenarios=250,
        n_orders=5_000,
        n_states=500,
        plain=turns(plain),
        cached=turns(cached),
        full=turns(full),
        fresh=turns(100.0),
        built=turns(built),
        allowed=0.92,
    )


def allocated(own: float = 4.99) -> Allocated:
    """What skfolio carries takes longer than the bar, which is no concern of it."""
    walls = {"risk_parity": 1.0, "hrp": own, "hrp, rows": 0.5}
    return Allocated(
        n_assets=500,
        n_bars=2_500,
        ours={
            **{method: timings(wall, 9.0, wall) for method, wall in walls.items()},
            **dict.fromkeys(CARRIED, timings(7.0, 7.0, 7.0)),
        },
        skfolio={"hrp": timings(12.5)},
        apart={"hrp": 1.5e-15},
        missed={"peaklib": 1e-15, "skfolio": 2e-5},
    )


@pytest.fixture
def good() -> Measured:
    """Measurements that meet every bar, most of them at the edge."""
    return Measured(
        machine=Machine("a processor", 2, 8.0, "Linux x86_64", 0.1),
        versions={"skfolio": "1"},
        sizes=Sizes(),
        estimates=estimated(),
        decided=decided(),
        allocated=allocated(),
    )


@pytest.fixture
def quick_collections() -> Iterator[None]:
    """Garbage is collected before each timing: what the other tests left is not searched."""
    gc.freeze()
    yield
    gc.unfreeze()


def test_every_bar_is_met_at_its_edge(good: Measured) -> None:
    assert failures(judge(good)) == []


def test_a_bar_that_is_missed_is_named(good: Measured) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        *(
            ({"estimates": estimated(name, 2.01)}, f"{name}, beside {operation} is 2.01×")
            for name, operation in BESIDE.items()
        ),
        (
            {"estimates": estimated(rolling=1.0)},
            "rolling historical VaR, slowest method is 1.00 s",
        ),
        ({"estimates": estimated(grown=40.0)}, "its memory, of four times the rows is 5.00×"),
        ({"estimates": estimated(filtered=20.0)}, "filtered historical simulation is 20.0 s"),
        ({"decided": decided(plain=39_999.0)}, "decisions a second, no digest is 39,999"),
        (
            {"decided": decided(cached=9_999.0)},
            "with a digest, that of the state cached is 9,999",
        ),
        ({"decided": decided(full=3_999.0)}, "with the digest of all is 3,999"),
        ({"allocated": allocated(own=5.0)}, "allocation, slowest method of our own is 5.00 s"),
    ]
    for change, missed in cases:
        lines = failures(judge(replace(good, **change)))
        assert len(lines) == 1, (missed, lines)
        assert lines[0].startswith(f"missed: {missed}")


def test_memory_that_was_at_hand_already_meets_no_bar(good: Measured) -> None:
    found = replace(good.estimates, grown={250_000: 0.0, 1_000_000: 8.0})
    (line,) = failures(judge(replace(good, estimates=found)))
    assert line.startswith("missed: its memory, of four times the rows is inf×")


def test_the_chapter_shows_a_missed_bar(good: Measured) -> None:
    made = chapter(replace(good, allocated=allocated(own=6.0)), "1 May")
    assert made.text.startswith("## Risk\n")
    row = "| allocation, slowest method of our own | < 5 s | 6.00 s (6.00–9.00) | **no** |"
    assert row in made.text
    assert len(made.problems()) == 1
    assert "1 May, a processor, 2 logical processors, 8 GB" in made.text


def test_the_chapter_shows_both_sides_and_both_clocks(good: Measured) -> None:
    text = chapter(good, "1 May").text
    normal = "| normal, beside mean and std | 2,000 ms (2,000–9,000) | 1,000 ms (1,000–1,000) |"
    assert f"{normal} 2.00× (2.00–9.00) | 2.00× (2.00–9.00) |" in text
    assert "held 39.9 MB for 1,000,000 rows, and 8.0 MB for 250,000: 40 bytes a row" in text
    assert "202 fits, of which none failed" in text
    seen = "| digest, that of the state taken anew | 249.9 µs (249.9–1,000,000.0) |"
    assert f"{seen} 4,001 (1–4,001) | 8,002 (2–8,002) |" in text
    hrp = "| hrp | 4,990 ms (4,990–9,000) | 2,495 ms (2,495–4,500) |"
    assert f"{hrp} 12,500 ms | 6,250 ms | 1.5e-15 |" in text
    assert "| hrp, rows | 500.0 ms (500.0–9,000.0) | 250.0 ms (250.0–4,500.0) |  |  |  |" in text
    assert "skfolio's by 2.0e-05" in text


def test_the_chapter_can_be_asked_for_by_its_name() -> None:
    assert run.MEASUREMENTS["risk"].__name__ == "risk"
    assert len(run.MEASUREMENTS) == len(TITLES)


def test_the_page_in_docs_reports_every_bar_as_met(good: Measured) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for bar in judge(good):
        (row,) = [line for line in lines if line.startswith(f"| {bar.what} | {bar.required} |")]
        assert row.endswith("| yes |")


@pytest.mark.slow
@pytest.mark.usefixtures("quick_collections")
def test_measures_are_timed_beside_their_operations_on_what_is_asked() -> None:
    found = measure_estimates(rows=4_000, bars=1_050, repeats=2, forecasts=1)
    assert {name: each.operation for name, each in found.beside.items()} == BESIDE
    for each in found.beside.values():
        assert min(each.times()) > 0.0
        assert len(each.times("cpu")) == 2
    assert [*found.rolling] == [*order_statistics.METHODS]
    assert [*found.grown] == [1_000, 4_000]
    # 50 bars follow the window: fits before the first, the 21st and the 41st of them.
    assert (found.filtered_bars, found.refits, found.failed) == (1_050, 3, 0)


def test_a_wrong_forecast_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    right: Callable[..., Any] = estimates.rolling_historical

    def off_by_one_bar(returns: Any, **asked: Any) -> Any:
        found = right(returns, **asked)
        return replace(found, var=np.append(found.var[1:], found.var[-1]))

    monkeypatch.setattr(estimates, "rolling_historical", off_by_one_bar)
    with pytest.raises(BenchError, match=r"'inverted_cdf' at row .*: a wrong result"):
        measure_estimates(rows=1_200, bars=1_050, repeats=1, forecasts=1)


def test_returns_that_are_measured_are_a_percent_a_bar_and_fat_tailed() -> None:
    returns = fat_returns(20_000)
    assert 0.008 < returns.std() < 0.012
    standard = (returns - returns.mean()) / returns.std()
    assert np.mean(standard**4) > 4.0


@pytest.mark.slow
def test_the_gate_is_timed_on_orders_of_which_most_pass() -> None:
    found = measure_gate(n_orders=60, n_states=10, repeats=2)
    assert 0.5 <= found.allowed <= 0.99
    for turns in (found.plain, found.cached, found.full, found.fresh, found.built):
        assert len(per_second(turns)) == 2
        assert min(per_second(turns)) > 0.0
    with pytest.raises(BenchError, match="of the orders pass"):
        measure_gate(n_orders=1, n_states=1, repeats=1)


def test_turns_of_the_gate_are_turned_into_rates() -> None:
    assert per_second([Cost(0.5, 0.25), Cost(0.1, 0.05)]) == [2.0, 10.0]
    assert per_second([Cost(0.5, 0.25)], "cpu") == [4.0]


@pytest.mark.slow
@pytest.mark.usefixtures("quick_collections")
def test_allocations_are_timed_and_their_weights_compared() -> None:
    found = measure_allocation(8, 60, repeats=2, peers=1)
    assert {name.partition(",")[0] for name in found.ours} == {*METHODS}
    assert {len(turns) for turns in found.ours.values()} == {2}
    assert found.skfolio.keys() == found.apart.keys() == {*METHODS} - {"black_litterman"}
    for method in ("equal_weight", "inverse_volatility", "hrp"):
        assert found.apart[method] < 1e-9
    for method in ("risk_parity", *CARRIED):
        assert found.apart[method] < 0.01
    assert found.missed["peaklib"] < 1e-9 < found.missed["skfolio"] < 1e-3


def test_assets_that_are_weighed_share_factors() -> None:
    correlations = factor_returns(20, 400).corr().to_numpy()
    assert 0.1 < np.median(correlations[~np.eye(20, dtype=bool)]) < 0.9
