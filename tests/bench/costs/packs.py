"""What it costs to make and to verify one small pack, again and again in one process."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from chapters.errors import BenchError

from costs.timing import Cost, cost
from peaklib.data import Dataset, load
from peaklib.evidence import Registry, code, environment, start_run
from peaklib.evidence.vouch import verify_runs
from peaklib.metrics import METRIC_NAMES

_WARM_UP = 5


@dataclass(frozen=True, kw_only=True)
class Packed:
    """Small packs, made and verified one after the other.

    Args:
        digests: cost of the digests of environment and code, the first time in a process.
        making: cost of each pack, from opening the run to its line in the ledger.
        verifying: cost of each check of a pack, that of the ledger included.
        files, bytes: of a pack.
    """

    digests: Cost
    making: Sequence[Cost]
    verifying: Sequence[Cost]
    files: int
    bytes: int

    @property
    def together(self) -> list[float]:
        """Processor seconds to make and to verify, of each pack."""
        pairs = zip(self.making, self.verifying, strict=True)
        return [made.cpu + verified.cpu for made, verified in pairs]


@dataclass(frozen=True)
class _Content:
    """What every pack holds."""

    dataset: Dataset
    table: pd.DataFrame
    figure: go.Figure
    metrics: dict[str, float]


def measure(runs: Path, repeats: int = 50) -> Packed:
    """Make packs and verify each of them.

    Args:
        runs: a new folder for them.
        repeats: packs that count; a few before them do not.

    Raises:
        BenchError: a pack does not verify.
    """
    content = _content()
    digests = cost(lambda: (environment(), code()))
    making: list[Cost] = []
    verifying: list[Cost] = []
    made: list[str] = []
    for _ in range(_WARM_UP + repeats):
        making.append(cost(lambda: made.append(_make(runs, content))))
        verifying.append(cost(lambda: _verify(runs, made[-1])))
    files = [path for path in (runs / made[-1]).rglob("*") if path.is_file()]
    return Packed(
        digests=digests,
        making=making[_WARM_UP:],
        verifying=verifying[_WARM_UP:],
        files=len(files),
        bytes=sum(path.stat().st_size for path in files),
    )


def _content() -> _Content:
    """A year of days: a table, a curve, and as many metrics as a backtest has."""
    random = np.random.default_rng(7)
    days = pd.date_range("2025-01-01", periods=252, freq="B", tz="UTC")
    table = pd.DataFrame(random.normal(size=(len(days), 4)), days, columns=["a", "b", "c", "d"])
    figure = go.Figure(go.Scatter(x=days, y=table["a"].cumsum()), {"title": {"text": "a year"}})
    metrics = dict(zip(METRIC_NAMES, random.normal(size=len(METRIC_NAMES)).tolist(), strict=True))
    return _Content(load("sp500"), table, figure, metrics)


def _make(runs: Path, content: _Content) -> str:
    config = {"fast": 20, "slow": 50, "fees_bps": 5.0}
    inputs = [content.dataset]
    with start_run(kind="interactive", config=config, seed=7, inputs=inputs, runs=runs) as run:
        run.log_metrics(content.metrics)
        run.save_table("days", content.table)
        run.save_figure("curve", content.figure)
    return run.run_id


def _verify(runs: Path, run_id: str) -> None:
    """What `peak evidence verify RUN` does."""
    asked = verify_runs(Registry(runs), [run_id])
    reports = list(asked.reports)
    if not all(report.ok for report in reports) or not all(check.ok for check in asked.closing):
        raise BenchError(f"a pack that was just made does not verify: {reports} {asked.closing}")
