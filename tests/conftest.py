"""Data that the tests of several rooms share."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from builders import MakeBars, MakePanel
from hypothesis import Phase, settings

from peaklib.data import Dataset, Panel, from_frame, load

# The same examples on every machine and in every run, however slow it is; nothing is stored.
settings.register_profile(
    "peaklib",
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
settings.load_profile("peaklib")


@pytest.fixture(scope="session")
def sp500() -> Dataset:
    """Twenty years of real daily bars."""
    return load("sp500")


@pytest.fixture(scope="session")
def make_bars() -> MakeBars:
    """Build a small data set of weekdays from lists of prices."""

    def build(
        close: Sequence[float],
        open: Sequence[float] | None = None,
        *,
        name: str = "bars",
        bars_per_year: float = 252.0,
    ) -> Dataset:
        """High and low are the extremes of open and close; open defaults to the close."""
        closes = np.asarray(close, dtype=np.float64)
        opens = closes if open is None else np.asarray(open, dtype=np.float64)
        table = pd.DataFrame(
            {
                "open": opens,
                "high": np.maximum(opens, closes),
                "low": np.minimum(opens, closes),
                "close": closes,
                "volume": np.full(closes.size, 1000.0),
            },
            index=pd.bdate_range("2024-01-01", periods=closes.size, tz="UTC"),
        )
        return from_frame(table, name=name, bars_per_year=bars_per_year)

    return build


@pytest.fixture(scope="session")
def make_panel(make_bars: MakeBars) -> MakePanel:
    """Build a small panel of assets from lists of prices; NaN where not listed."""

    def build(
        close: dict[str, Sequence[float]], open: dict[str, Sequence[float]] | None = None
    ) -> Panel:
        size = len(next(iter(close.values())))
        model = make_bars(np.full(size, 1.0))
        closes = pd.DataFrame(close, index=model.frame.index, dtype=np.float64)
        opens = None if open is None else pd.DataFrame(open, closes.index, dtype=np.float64)
        return Panel("panel", closes, opens, "0" * 64, model.meta)

    return build
