"""The other side: vectorbt's moving averages and `from_signals`, the way its documentation goes.

Run in the peer's environment as `python -m paired.peer PRICES`, with the closes as an npy file.
"""

import sys
from collections.abc import Mapping

import numpy as np
import pandas as pd
import vectorbt as vbt
from numpy.typing import NDArray

from paired.setting import BARS_PER_YEAR, FEES_BPS, KEYS, WINDOWS
from paired.worker import Command, serve, timed


def evaluate(close: pd.Series) -> NDArray[np.float64]:
    """(n_pairs, 5): fast, slow, Sharpe ratio, total return, maximum drawdown."""
    fast, slow = vbt.MA.run_combs(close, window=list(WINDOWS), r=2, short_names=list(KEYS))
    portfolio = vbt.Portfolio.from_signals(
        close,
        entries=fast.ma_crossed_above(slow),
        exits=fast.ma_crossed_below(slow),
        fees=FEES_BPS / 10_000,
        freq="1D",
    )
    sharpe = portfolio.sharpe_ratio(year_freq=f"{BARS_PER_YEAR} days")
    pairs = [sharpe.index.get_level_values(f"{name}_window").to_numpy() for name in KEYS]
    measured = [sharpe, portfolio.total_return(), portfolio.max_drawdown()]
    return np.column_stack([*pairs, *(values.to_numpy() for values in measured)])


class Peer:
    """The commands of this side.

    Args:
        close: (n_bars,) prices.
    """

    def __init__(self, close: pd.Series) -> None:
        self.close = close
        self.results = np.empty((0, 5))

    def grid(self, _: str) -> dict[str, float]:
        """Time one grid; its results are kept for `save`."""

        def work() -> None:
            self.results = evaluate(self.close)

        return timed(work)

    def save(self, path: str) -> None:
        """Write the results of the last grid."""
        np.save(path, self.results.astype(np.float64))


def commands(prices: str) -> Mapping[str, Command]:
    """By name."""
    side = Peer(pd.Series(np.load(prices), name="close"))
    return {"grid": side.grid, "save": side.save}


if __name__ == "__main__":
    serve(commands(sys.argv[1]))
