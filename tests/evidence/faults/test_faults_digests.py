"""The content digest is the same wherever and however a run is made."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

GRID = """
import sys
from pathlib import Path
import pandas as pd
from peaklib import backtest, data
from peaklib.evidence import start_run

dataset = data.load("sp500")
with start_run(kind="test", config={}, seed=7, inputs=[dataset], runs=Path(sys.argv[1])) as run:
    axes = {"fast": [5, 10, 20], "slow": [50, 100, 200]}
    grid = run.log_trials(
        backtest.run_grid("sma_crossover", dataset, axes, fees_bps=float(sys.argv[2]))
    )
    run.log_metrics({name: grid[name].max() for name in ("sharpe", "cagr")})
    run.log_metrics({word: float(len(word)) for word in {"alpha", "beta", "gamma", "delta"}})
    bars = dataset.frame.reset_index().tail(50)
    bars["side"] = pd.Categorical(["up", "down"] * 25)
    run.save_table("bars", bars)
    run.save_table("local", bars.assign(seen=pd.Timestamp.now(), made=1), incidental=["seen"])
print(run.run_id)
"""


def other(folder: Path, name: str, **variables: str) -> tuple[Path, dict[str, str]]:
    place = folder / name
    place.mkdir()
    return place, {**os.environ, **variables}


def content_of_run(place: Path, environ: dict[str, str], fees: float = 5) -> str:
    """The content digest by the record of a run that a process of its own made."""
    done = subprocess.run(
        [sys.executable, "-c", GRID, "runs", str(fees)],
        cwd=place,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    from peaklib.evidence import open_run

    return open_run(done.stdout.strip(), runs=place / "runs").content


@pytest.mark.slow
def test_folder_zone_locale_hash_seed_and_threads_do_not_matter(tmp_path: Path) -> None:
    here = other(
        tmp_path, "here", TZ="UTC", LC_ALL="C", PYTHONHASHSEED="0", NUMBA_NUM_THREADS="1",
        OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1",
    )  # fmt: skip
    there = other(
        tmp_path, "über there", TZ="Pacific/Auckland", LC_ALL="C.UTF-8", PYTHONHASHSEED="4711",
        NUMBA_NUM_THREADS="2", OMP_NUM_THREADS="2", OPENBLAS_NUM_THREADS="2",
    )  # fmt: skip
    digest = content_of_run(*here)
    assert content_of_run(*there) == digest
    assert content_of_run(*there, fees=5.000001) != digest
