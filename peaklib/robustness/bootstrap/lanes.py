"""The same resamples for several series at once, a lane of a row for each.

Numbers of all series at one bar lie side by side, so the processor works on several in
one instruction and a run is looked up once. Each lane does what `run_metrics` does for a
single series, in the same order.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peaklib.evidence.compiled import compiled
from peaklib.robustness.bootstrap.resampling import (
    Chunk,
    Ints,
    Kind,
    Places,
    chunks,
    draw_runs,
    guide_of,
)
from peaklib.robustness.bootstrap.run_metrics import (
    CAGR,
    TAIL,
    Prepared,
    bar_by_bar,
    code_of,
    features,
    from_path,
    from_sums,
    is_doubtful,
    metric_of_runs,
    run_tails,
)

Floats = NDArray[np.float64]

LANES: Final = 16


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of all resamples; 8 bytes a run.

    Args:
        starts, lengths: of all, one resample after the other.
        first: (resamples + 1,) place of each resample's first run.
    """

    starts: Places
    lengths: Places
    first: Ints

    @classmethod
    def drawn(cls, n: int, block_length: float, kind: Kind, resamples: int, seed: int) -> "Runs":
        """Those that `bootstrap_metric` uses with the same arguments."""
        guide, log_stay = guide_of(kind, block_length)
        starts, lengths, counts = [], [], []
        for chunk in chunks(resamples, seed):
            found = _runs_of_chunk(chunk, n, guide, log_stay)
            starts.append(found[0])
            lengths.append(found[1])
            counts.append(found[2])
        first = np.concatenate([[0], np.cumsum(np.concatenate(counts))])
        return cls(np.concatenate(starts), np.concatenate(lengths), first.astype(np.int64))


def _runs_of_chunk(
    chunk: Chunk, n: int, guide: Ints, log_stay: float
) -> tuple[Places, Places, Ints]:
    start, stop, generator = chunk
    starts = np.empty((stop - start) * n, np.int32)
    lengths, counts = np.empty_like(starts), np.empty(stop - start, np.int64)
    total = _draw_many(generator, n, guide, log_stay, starts, lengths, counts)
    return starts[:total].copy(), lengths[:total].copy(), counts


@compiled
def _draw_many(
    generator: np.random.Generator,
    n: int,
    guide: Ints,
    log_stay: float,
    starts: Places,
    lengths: Places,
    counts: Ints,
) -> int:
    total = 0
    for k in range(counts.size):
        counts[k] = draw_runs(generator, n, n, guide, log_stay, starts[total:], lengths[total:])
        total += counts[k]
    return total


def lane_values(returns: Floats, metric: str, periods_per_year: float, runs: Runs) -> Floats:
    """The metric of each lane in each resample, (lanes, resamples); NaN where undefined.

    Args:
        returns: (lanes, n) checked simple returns.
        metric: its name.
        periods_per_year: bars in a year.
        runs: of the resamples.
    """
    code, places = code_of(metric), (runs.starts, runs.lengths, runs.first)
    out = np.empty((len(returns), runs.first.size - 1))
    if code <= CAGR:
        centres, spreads = returns.mean(axis=1), returns.var(axis=1)
        bars = features(returns, code, centres[:, None])
        sums = np.zeros((returns.shape[1] + 1, 2, len(returns)))
        np.cumsum(bars.transpose(1, 2, 0), axis=0, out=sums[1:])
        _fill_sums(code, returns, sums, centres, spreads, periods_per_year, *places, out)
    elif code == TAIL:
        order = np.argsort(returns, axis=1, kind="stable")
        ranks = np.empty(returns.shape, np.int32)
        np.put_along_axis(ranks, order, np.arange(returns.shape[1], dtype=np.int32)[None], axis=1)
        _fill_tails(ranks, np.take_along_axis(returns, order, axis=1), *places, out)
    else:
        growth = np.ascontiguousarray(np.maximum(1.0 + returns, 0.0).T)
        _fill_paths(code, growth, periods_per_year, *places, out)
    return out


@compiled
def single_values(series: Prepared, all_starts: Places, all_lengths: Places, first: Ints) -> Floats:
    """The metric of one series in each resample, (resamples,)."""
    out = np.empty(first.size - 1)
    for k in range(out.size):
        starts, lengths = all_starts[first[k] : first[k + 1]], all_lengths[first[k] : first[k + 1]]
        out[k] = metric_of_runs(series, starts, lengths, starts.size, series.returns.size)
    return out


@compiled
def _add_sums(sums: Floats, starts: Places, lengths: Places, total: Floats) -> None:
    """Write both sums of all lanes over all runs into `total`, (2 * lanes,)."""
    n = sums.shape[0] - 1
    total[:] = 0.0
    for j in range(starts.size):
        start = starts[j]
        end = start + lengths[j]
        low = sums[start]
        if end > n:
            high, last = sums[end - n], sums[n]
            for lane in range(total.size):
                total[lane] += (last[lane] - low[lane]) + high[lane]
        else:
            high = sums[end]
            for lane in range(total.size):
                total[lane] += high[lane] - low[lane]


@compiled
def _fill_sums(
    code: int,
    returns: Floats,
    sums: Floats,
    centres: Floats,
    spreads: Floats,
    year: float,
    all_starts: Places,
    all_lengths: Places,
    first: Ints,
    out: Floats,
) -> None:
    lanes, n = returns.shape
    flat, total = sums.reshape((n + 1, 2 * lanes)), np.empty(2 * lanes)
    for k in range(out.shape[1]):
        starts, lengths = all_starts[first[k] : first[k + 1]], all_lengths[first[k] : first[k + 1]]
        _add_sums(flat, starts, lengths, total)
        for lane in range(lanes):
            one, two = total[lane], total[lanes + lane]
            if is_doubtful(code, one, two, n, spreads[lane]):
                out[lane, k] = bar_by_bar(code, returns[lane], starts, lengths, starts.size, year)
            else:
                out[lane, k] = from_sums(code, one, two, n, centres[lane], year)


@compiled
def _walk(growth: Floats, starts: Places, lengths: Places, state: Floats) -> None:
    """Carry wealth, value / peak, its lowest and squared drawdowns, (4, lanes), over all runs."""
    n, lanes = growth.shape
    for j in range(starts.size):
        t = starts[j]
        for _ in range(lengths[j]):
            for lane in range(lanes):
                factor = growth[t, lane]
                state[0, lane] *= factor
                level = state[1, lane] * factor
                level = level if level < 1.0 else 1.0
                state[1, lane] = level
                state[2, lane] = level if level < state[2, lane] else state[2, lane]
                state[3, lane] += (1.0 - level) * (1.0 - level)
            t = t + 1 if t + 1 < n else 0


@compiled
def _fill_paths(
    code: int,
    growth: Floats,
    year: float,
    all_starts: Places,
    all_lengths: Places,
    first: Ints,
    out: Floats,
) -> None:
    n, lanes = growth.shape
    state = np.empty((4, lanes))
    for k in range(out.shape[1]):
        state[:3], state[3] = 1.0, 0.0
        _walk(
            growth, all_starts[first[k] : first[k + 1]], all_lengths[first[k] : first[k + 1]], state
        )
        for lane in range(lanes):
            out[lane, k] = from_path(code, state[0, lane], state[2, lane], state[3, lane], n, year)


@compiled
def _fill_tails(
    ranks: Places,
    ordered: Floats,
    all_starts: Places,
    all_lengths: Places,
    first: Ints,
    out: Floats,
) -> None:
    for k in range(out.shape[1]):
        starts, lengths = all_starts[first[k] : first[k + 1]], all_lengths[first[k] : first[k + 1]]
        for lane in range(ranks.shape[0]):
            out[lane, k] = run_tails(
                ranks[lane], ordered[lane], starts, lengths, starts.size, ranks.shape[1]
            )
