"""The best grid points of all runs: hand-made grids, and a plain search through everything."""

import itertools
import logging
import math
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from evidence.publications import write_ledger

from peaklib.evidence import start_run
from peaklib.evidence.files import SUMS, write_sums
from peaklib.evidence.registry.best import Point
from peaklib.evidence.registry.query import Query
from peaklib.evidence.registry.registry import Registry

NAN = math.nan


def grid(
    fast: list[int],
    sharpe: list[float],
    trades: list[float] | None = None,
    *,
    strategy: str = "sma",
    data: str = "sp500",
    slow: int = 200,
    fees_bps: float = 5,
) -> pd.DataFrame:
    """What `run_grid` returns, with numbers of our own."""
    frame = pd.DataFrame({"fast": fast, "sharpe": sharpe, "n_trades": trades or [10] * len(fast)})
    frame.attrs = {
        "strategy": strategy,
        "version": "1",
        "fixed": {"slow": slow},
        "grid": {"axes": {"fast": fast}, "order": ["fast"], "where": None},
        "conventions": {"data": data, "digest": data[0] * 64, "terms": {"fees_bps": fees_bps}},
    }
    return frame


def make_run(runs: Path, *grids: pd.DataFrame, **metrics: float) -> str:
    """Id of a sealed run with these grids."""
    with start_run(kind="test", config={}, runs=runs) as run:
        for number, frame in enumerate(grids):
            run.log_trials(frame, f"trials{number}")
        run.log_metrics(metrics)
    return run.run_id


def tables(runs: Path, run_id: str) -> Path:
    return runs / run_id / "outputs" / "tables"


def publish_with(runs: Path, run_id: str, table: pd.DataFrame) -> None:
    """Put another table into a run, and vouch for it, as some other tool would have done."""
    table.to_parquet(tables(runs, run_id) / "trials0.parquet")
    (runs / run_id / SUMS).unlink()
    root = write_sums(runs / run_id)
    lines = [dict(event.data) for event in Registry(runs).ledger.events("publish")]
    changed = [{**data, "root": root} if data["run_id"] == run_id else data for data in lines]
    write_ledger(runs / "ledger.jsonl", changed)


def best(
    runs: Path, limit: int, *, higher: bool = True, metric: str = "sharpe", **query: Any
) -> list[tuple[str, float]]:
    points = Registry(runs).best_points(metric, Query(**query), limit, higher)
    return [(str(point), point.value) for point in points]


def test_points_of_several_runs_are_ranked_together(tmp_path: Path) -> None:
    a = make_run(tmp_path, grid([5, 10, 20], [0.1, 0.9, 0.3]))
    b = make_run(tmp_path, grid([5, 10], [0.8, 0.2], slow=100))
    assert best(tmp_path, 3) == [(f"{a}:1", 0.9), (f"{b}:0", 0.8), (f"{a}:2", 0.3)]
    assert best(tmp_path, 2, higher=False) == [(f"{a}:0", 0.1), (f"{b}:1", 0.2)]
    assert best(tmp_path, 99)[-1] == (f"{a}:0", 0.1)


def test_point_carries_its_parameters_and_all_its_metrics(tmp_path: Path) -> None:
    run_id = make_run(tmp_path, grid([5], [NAN]), grid([7, 9], [NAN, 0.4], [3, 8], slow=50))
    (point,) = Registry(tmp_path).best_points("sharpe", Query(), 5)
    assert point == Point(
        run_id=run_id,
        n=2,
        value=0.4,
        params={"slow": 50, "fast": 9},
        metrics={"sharpe": 0.4, "n_trades": 8},
        strategy="sma",
        dataset="sp500",
    )


def test_run_with_the_metric_itself_is_a_point(tmp_path: Path) -> None:
    plain = make_run(tmp_path, sharpe=0.5)
    gridded = make_run(tmp_path, grid([5, 10], [0.6, 0.4]))
    make_run(tmp_path, sharpe=NAN)
    assert best(tmp_path, 9) == [(f"{gridded}:0", 0.6), (plain, 0.5), (f"{gridded}:1", 0.4)]


def test_trial_that_was_repeated_counts_once_and_on_other_terms_again(tmp_path: Path) -> None:
    make_run(tmp_path, grid([5, 10], [0.9, 0.7]))
    newer = make_run(tmp_path, grid([5, 10], [0.9, 0.7]))
    part = make_run(tmp_path, grid([10, 20], [0.7, 0.8]))
    dear = make_run(tmp_path, grid([5], [0.6], fees_bps=50))
    assert best(tmp_path, 9) == [
        (f"{newer}:0", 0.9),
        (f"{part}:1", 0.8),
        (f"{newer}:1", 0.7),
        (f"{dear}:0", 0.6),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"bounds": (("n_trades", ">=", 30.0),)}, [0.5, 0.1]),
        ({"bounds": (("n_trades", ">", 99.0),)}, []),
        ({"bounds": (("note", "=", 2.0),)}, [0.4]),
        ({"strategy": "rsi"}, [0.1]),
        ({"dataset": "nasdaq"}, [0.1]),
        ({"bounds": (("sharpe", "<", 0.5),)}, [0.4, 0.1]),
        ({"kind": "other"}, []),
    ],
)
def test_query_is_held_against_points(
    query: dict[str, Any], expected: list[float], tmp_path: Path
) -> None:
    """A run may hold grids of several strategies; a bound may be on the run's own metric."""
    rsi = grid([5], [0.1], [30], strategy="rsi", data="nasdaq")
    make_run(tmp_path, grid([5, 10], [0.9, 0.5], [3, 30]), rsi, note=1.0)
    make_run(tmp_path, grid([7], [0.4], [20]), note=2.0)
    assert [value for _, value in best(tmp_path, 9, **query)] == expected


def test_only_grids_that_can_hold_a_best_point_are_opened(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = make_run(tmp_path, grid([5, 10], [0.9, 0.8]))
    poor = make_run(tmp_path, grid([7, 9], [0.1, 0.2]))
    (tmp_path / poor / "outputs" / "tables" / "trials0.parquet").write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        assert best(tmp_path, 2) == [(f"{good}:0", 0.9), (f"{good}:1", 0.8)]
    assert caplog.records == []


@pytest.mark.parametrize("harm", ["outputs/tables/trials0.parquet", "run.json"])
def test_run_that_cannot_be_read_is_left_out_with_a_warning(
    harm: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = make_run(tmp_path, grid([5], [0.1]))
    lost = make_run(tmp_path, grid([7], [0.9]))
    (tmp_path / lost / harm).unlink()
    assert best(tmp_path, 1) == [(f"{good}:0", 0.1)]
    assert "left out of the best" in caplog.text
    assert lost in caplog.text


@pytest.mark.parametrize(
    "labels",
    [range(2, -1, -1), range(7, 10), range(0, 6, 2), ["a", "b", "c"], [1, 1, 0]],
    ids=str,
)
def test_number_of_a_point_is_its_row_whatever_the_labels(
    labels: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    frame = grid([5, 10, 20], [0.1, 0.9, 0.3], [30, 40, 50])
    run_id = make_run(tmp_path, frame)
    publish_with(tmp_path, run_id, frame.set_axis(labels))
    assert best(tmp_path, 1) == [(f"{run_id}:1", 0.9)]
    assert best(tmp_path, 1, bounds=(("n_trades", "!=", 40.0),)) == [(f"{run_id}:2", 0.3)]
    assert best(tmp_path, 1, higher=False) == [(f"{run_id}:0", 0.1)]
    assert "left out" not in caplog.text


@pytest.mark.parametrize("harm", ["gone", "altered", "unreadable"])
def test_older_run_of_the_same_trials_stands_in_for_a_lost_one(
    harm: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    older = make_run(tmp_path, grid([5, 10], [0.9, 0.7]))
    lost = [make_run(tmp_path, grid([5, 10], [0.9, 0.7])) for _ in range(2)]
    other = make_run(tmp_path, grid([20], [0.8]))
    for run_id in lost:
        if harm == "gone":
            shutil.rmtree(tmp_path / run_id)
        elif harm == "altered":
            grid([5, 10], [9.0, 9.0]).to_parquet(tables(tmp_path, run_id) / "trials0.parquet")
        else:
            publish_with(tmp_path, run_id, pd.DataFrame({"odd": ["x"]}))
    expected = [(f"{older}:0", 0.9), (f"{other}:0", 0.8), (f"{older}:1", 0.7)]
    assert best(tmp_path, 9) == expected
    for run_id in lost:
        assert f"peak evidence verify {run_id}" in caplog.text


def test_stand_in_meets_the_query_too(tmp_path: Path) -> None:
    make_run(tmp_path, grid([5], [0.9]))
    since = Registry(tmp_path).select(Query())[0].start
    lost = make_run(tmp_path, grid([5], [0.9]))
    shutil.rmtree(tmp_path / lost)
    later = datetime.fromisoformat(since) + timedelta(microseconds=1)
    assert best(tmp_path, 9, since=later) == []


def alter_list(pack: Path) -> None:
    """A change that the pack's own list agrees with; only the ledger does not."""
    grid([5, 10], [9.0, 9.0]).to_parquet(pack / "outputs" / "tables" / "trials0.parquet")
    (pack / SUMS).unlink()
    write_sums(pack)


def alter_record(pack: Path) -> None:
    """Other parameters for the same numbers."""
    record = (pack / "run.json").read_bytes()
    (pack / "run.json").write_bytes(record.replace(b'"slow":200', b'"slow":100'))


@pytest.mark.parametrize("alter", [alter_list, alter_record], ids=lambda f: f.__name__)
def test_numbers_of_an_altered_pack_are_not_shown(
    alter: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = make_run(tmp_path, grid([7], [0.1]))
    altered = make_run(tmp_path, grid([5, 10], [0.9, 0.8]))
    before = (tmp_path / altered / "run.json").read_bytes(), best(tmp_path, 1)
    alter(tmp_path / altered)
    assert before[1] == [(f"{altered}:0", 0.9)]
    assert alter is alter_list or (tmp_path / altered / "run.json").read_bytes() != before[0]
    assert best(tmp_path, 9) == [(f"{good}:0", 0.1)]
    assert f"run {altered} was altered" in caplog.text
    assert caplog.text.count(f"peak evidence verify {altered}") == 1


def test_infinite_values_are_ranked(tmp_path: Path) -> None:
    run_id = make_run(tmp_path, grid([1, 2, 3], [0.0] * 3, [math.inf, 0.0, -math.inf]))
    assert best(tmp_path, 1, metric="n_trades") == [(f"{run_id}:0", math.inf)]
    assert best(tmp_path, 1, metric="n_trades", higher=False) == [(f"{run_id}:2", -math.inf)]


@pytest.mark.slow
def test_best_are_those_of_a_search_through_everything(tmp_path: Path) -> None:
    """Sixteen random grids that overlap; equal trials have equal values, ties and gaps occur."""
    random = np.random.default_rng(3)
    values = {
        key: NAN if random.random() < 0.2 else round(random.normal(), 1)
        for key in itertools.product(range(20), (100, 200))
    }
    trials: dict[tuple[int, int], float] = {}
    for number in range(16):
        fast = sorted(random.choice(20, size=6, replace=False).tolist())
        slow = 100 * (1 + number % 2)
        made = {(value, slow): values[value, slow] for value in fast}
        trials |= made
        make_run(tmp_path, grid(fast, list(made.values()), slow=slow))
    ranked = sorted((v for v in trials.values() if not math.isnan(v)), reverse=True)
    for limit in (1, 3, 10, 40):
        assert [value for _, value in best(tmp_path, limit)] == ranked[:limit]
        lowest = [value for _, value in best(tmp_path, limit, higher=False)]
        assert lowest == ranked[::-1][:limit]
