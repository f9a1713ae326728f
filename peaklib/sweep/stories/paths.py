"""What the same trades or days could have done in another order, beside what they did."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from peaklib.backtest import BacktestResult
from peaklib.render import Mark, fan_chart, histogram
from peaklib.robustness import MonteCarlo, bootstrap_paths, shuffle_trades

Floats = NDArray[np.float64]

_LEVELS = (0.9, 0.75, 0.5)
_LEAST_TRADES = 2
# Another order of the same factors is off by roundings.
_ALIKE = 1e-9


def shuffled(
    result: BacktestResult, *, paths: int, seed: int, threads: int | None = None
) -> MonteCarlo | None:
    """The trades of an account in other orders; None with fewer than two of them."""
    if len(result.trades) < _LEAST_TRADES:
        return None
    returns = result.trades["return"].to_numpy(dtype=np.float64)
    return shuffle_trades(returns, paths=paths, seed=seed, threads=threads)


def drawn_again(
    result: BacktestResult,
    *,
    paths: int,
    block_length: float | None,
    seed: int,
    threads: int | None = None,
) -> MonteCarlo:
    """The days of an account drawn again in stretches, with replacement."""
    returns = result.returns.to_numpy()
    return bootstrap_paths(
        returns, paths=paths, block_length=block_length, seed=seed, threads=threads
    )


def observed_wealth(result: BacktestResult, found: MonteCarlo) -> Floats:
    """(steps + 1,) what really happened, in the steps of the paths: trades or bars."""
    by_trade = found.method == "shuffle_trades"
    returns = (result.trades["return"] if by_trade else result.returns).to_numpy(dtype=np.float64)
    return np.concatenate([[1.0], np.cumprod(np.maximum(1.0 + returns, 0.0))])


def fan_figure(
    result: BacktestResult, found: MonteCarlo, *, title: str = "", subtitle: str = ""
) -> go.Figure:
    """Bands of the paths with the observed one."""
    wealth = observed_wealth(result, found)
    observed = pd.Series(wealth[found.bands.index.to_numpy()], index=found.bands.index)
    lowest = min(float(found.bands.to_numpy().min()), float(observed.min()))
    return fan_chart(
        found.bands,
        observed=observed,
        x_label="trades" if found.method == "shuffle_trades" else "bars",
        log=lowest > 0.0,
        title=title,
        subtitle=subtitle,
    )


def drawdown_figure(
    result: BacktestResult, found: MonteCarlo, *, title: str = "", subtitle: str = ""
) -> go.Figure | None:
    """Largest drawdowns of the paths, and the observed one; None where all paths fell alike."""
    if np.ptp(found.max_drawdown) < _ALIKE:
        return None
    return histogram(
        found.max_drawdown,
        metric="max_dd",
        x_label="largest drawdown of a path, %",
        y_label="share of paths, %",
        marks=[Mark(observed_drawdown(result, found), "as it happened", strong=True)],
        tail="below",
        title=title,
        subtitle=subtitle,
    )


def observed_drawdown(result: BacktestResult, found: MonteCarlo) -> float:
    """Largest drawdown of the account in the steps of the paths."""
    wealth = observed_wealth(result, found)
    peaks = np.maximum.accumulate(wealth)
    return float((wealth / peaks - 1.0).min())


def paths_table(found: dict[str, MonteCarlo]) -> pd.DataFrame:
    """How deep the paths fell.

    Returns:
        One row a way: `n_paths`, `n_steps`, quantiles `max_dd, worst 5 %` and `max_dd, median` of
        the largest drawdown, `ret, worst 5 %`, and `share, at ×0.9` and so on: of the paths that
        at some time were at this multiple of the start or below it.
    """
    rows = []
    for name, one in found.items():
        depth = one.quantiles((0.05, 0.5, 0.95))
        rows.append(
            {
                "way": name,
                "n_paths": one.paths,
                "n_steps": one.steps,
                "max_dd, worst 5 %": float(depth["max_drawdown"].iloc[0]),
                "max_dd, median": float(depth["max_drawdown"].iloc[1]),
                "ret, worst 5 %": float(depth["wealth"].iloc[0]) - 1.0,
                **{f"share, at ×{level:g}": one.ruin_probability(level) for level in _LEVELS},
            }
        )
    return pd.DataFrame(rows)
