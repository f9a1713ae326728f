"""Prices as the account kernel wants them: (n_bars, n_assets) arrays of one data set."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.backtest.terms import Terms
from peaklib.data import Dataset, Panel
from peaklib.errors import DataError
from peaklib.features import Bars

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Market:
    """Prices of one or more assets under given terms.

    Args:
        name, digest: of the data.
        index: (n_bars,) UTC stamps.
        assets: names, in column order.
        fill_prices: (n_bars, n_assets) price of a fill on each bar.
        marks: (n_bars, n_assets) closing prices, the last known one where a close is
            missing.
        listed: (n_bars, n_assets) where a fill has a price and can be marked.
        bars_per_year: for annual numbers.
        warmup: bars of the data before the first one here.
    """

    name: str
    digest: str
    index: pd.DatetimeIndex
    assets: list[str]
    fill_prices: Floats
    marks: Floats
    listed: NDArray[np.bool_]
    bars_per_year: float
    warmup: int = 0

    def after(self, warmup: int) -> "Market":
        """The market without its first bars, which only warm up what decides.

        Raises:
            DataError: a negative number, or fewer than two bars would be left.
        """
        if not 0 <= warmup <= len(self.index) - 2:
            raise DataError(
                f"warmup = {warmup}: {self.name!r} has {len(self.index)} bars; give a number from "
                "0 on that leaves at least two of them"
            )
        if warmup == 0:
            return self
        return replace(
            self,
            index=self.index[warmup:],
            fill_prices=self.fill_prices[warmup:],
            marks=self.marks[warmup:],
            listed=self.listed[warmup:],
            warmup=self.warmup + warmup,
        )

    def check_listed(self, target: Floats, delay: int) -> None:
        """Make sure that nothing is traded where there is no price.

        Raises:
            DataError: a position is wanted or must be left on a bar without a price.
        """
        if self.listed.all():
            return
        wanted = np.zeros(target.shape, dtype=np.bool_)
        wanted[delay:] = target[: max(len(target) - delay, 0)] != 0
        # Leaving a position takes a price as well.
        wanted[1:] |= wanted[:-1].copy()
        for bar in np.flatnonzero((wanted & ~self.listed).any(axis=1)):
            self.check_trade(int(bar), wanted[bar])

    def check_trade(self, bar: int, wanted: NDArray[np.bool_]) -> None:
        """Make sure that every asset to be held or left has a price on a bar.

        Args:
            bar: number of the bar.
            wanted: (n_assets,) true where the asset is to be held or left.

        Raises:
            DataError: one has none.
        """
        missing = np.flatnonzero(wanted & ~self.listed[bar])
        if missing.size:
            raise DataError(
                f"{self.name!r}: {self.assets[missing[0]]!r} has no price at bar {bar} "
                f"({self.index[bar]:%Y-%m-%d}), but the target wants to hold or leave it there; "
                "set its target to 0 one bar earlier"
            )


def one_asset(data: object) -> Dataset:
    """Make sure that something is bars of one asset.

    Raises:
        DataError: it is something else; says what to do with it.
    """
    if isinstance(data, Dataset):
        return data
    raise DataError(_no_data(data))


def _no_data(data: object) -> str:
    remedy = {
        "str": f"load it first: peaklib.data.load({data!r})",
        "DataFrame": "check it first: peaklib.data.from_frame(frame, name=...)",
        "Panel": "a panel takes target weights, in run_backtest; a strategy decides on one asset",
    }
    kind = type(data).__name__
    advice = remedy.get(kind, "make it with peaklib.data.load or from_frame")
    return f"the data given are a {kind}, not a data set: {advice}"


def market_of_bars(bars: Bars, digest: str, terms: Terms) -> Market:
    """One asset."""
    marks = np.ascontiguousarray(bars.close).reshape(-1, 1)
    fills = marks if terms.fill == "close" else np.ascontiguousarray(bars.open).reshape(-1, 1)
    return Market(
        bars.name,
        digest,
        bars.index,
        [bars.name],
        fills,
        marks,
        np.ones(marks.shape, dtype=np.bool_),
        bars.bars_per_year,
    )


def market_of(data: object, terms: Terms) -> Market:
    """Prices of a data set or a panel.

    Raises:
        DataError: it is neither, or the terms need an open that the data do not have.
    """
    if isinstance(data, Dataset):
        return market_of_bars(Bars.of(data), data.digest, terms)
    if not isinstance(data, Panel):
        raise DataError(_no_data(data))
    if terms.fill == "next_open" and data.open is None:
        raise DataError(
            f"{data.name!r} has closing prices only, so nothing can be filled at an open; "
            'use fill="close", lag=2 to trade at the close after the decision'
        )
    source = data.close if terms.fill == "close" or data.open is None else data.open
    return Market(
        data.name,
        data.digest,
        pd.DatetimeIndex(data.close.index),
        [str(asset) for asset in data.close.columns],
        np.ascontiguousarray(source.ffill().to_numpy(np.float64)),
        np.ascontiguousarray(data.close.ffill().to_numpy(np.float64)),
        (source.notna() & data.close.ffill().notna()).to_numpy(),
        data.meta.bars_per_year,
    )
