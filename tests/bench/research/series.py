"""The bars that everything is measured on: a random walk, a bar a minute."""

from functools import cache

import numpy as np
import pandas as pd

from research.setting import DEVIATION, SECONDS, SEED, SPAN


@cache
def bars(n: int) -> pd.DataFrame:
    """Open, high, low, close and volume of n bars; the first bars are the same for every n."""
    steps, volumes = np.random.default_rng(SEED).spawn(2)
    close = 100.0 * np.exp(np.cumsum(DEVIATION * steps.standard_normal(n)))
    open_ = np.concatenate([[100.0], close[:-1]])
    columns = {
        "open": open_,
        "high": np.maximum(open_, close) * (1.0 + DEVIATION / 2),
        "low": np.minimum(open_, close) * (1.0 - DEVIATION / 2),
        "close": close,
        "volume": volumes.lognormal(10.0, 1.0, n),
    }
    index = pd.date_range("2000-01-03", periods=n, freq=f"{SECONDS}s", tz="UTC")
    return pd.DataFrame(columns, index=index)


@cache
def target(n: int) -> pd.Series:
    """Volatility of one bar up to each bar, a fraction of price; no NaN at the start."""
    returns = np.log(bars(n)["close"]).diff()
    volatility: pd.Series = returns.ewm(span=SPAN).std().bfill()
    return volatility
