"""Bets of a primary strategy as examples: when, on which side, how each ended."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.features import Bars, cusum_events, ewm_volatility
from peaklib.labeling import Spans, average_uniqueness, compute_triple_barrier_labels
from peaklib.meta.settings import Settings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Examples:
    """The bets that a primary strategy offers, in the order of time.

    Args:
        bar: (n,) where each is decided, at that bar's close.
        side: (n,) of the primary, -1 or 1.
        exit_bar: (n,) where it ends; `n_bars` for a bet that the data do not see the end of.
        labels: of the bets whose end is known: columns of `compute_triple_barrier_labels`.
        n_bars: of the series.
    """

    bar: Ints
    side: Floats
    exit_bar: Ints
    labels: pd.DataFrame
    n_bars: int

    def __len__(self) -> int:
        return len(self.bar)

    @property
    def known(self) -> NDArray[np.bool_]:
        """(n,) whether the end is in the data."""
        return self.exit_bar < self.n_bars

    @property
    def live(self) -> Spans:
        """All bets on a series that is one bar longer: an open one is live to the last bar."""
        return Spans(self.bar, self.exit_bar, self.n_bars + 1)

    @cached_property
    def spans(self) -> Spans:
        """The bets whose end is known, on the bars of the series."""
        return Spans(self.bar[self.known], self.exit_bar[self.known], self.n_bars)

    @cached_property
    def uniqueness(self) -> Floats:
        """Average uniqueness of the bets whose end is known."""
        return average_uniqueness(self.spans)

    @cached_property
    def made_money(self) -> Ints:
        """(n,) meta-label: 1 if the primary's side made money, else 0; -1 while unknown."""
        out = np.full(len(self), -1, dtype=np.int64)
        out[self.known] = self.labels["label"].to_numpy()
        return out

    def weights(self, chosen: Ints) -> Floats:
        """Average uniqueness of some bets among themselves."""
        return average_uniqueness(Spans(self.bar[chosen], self.exit_bar[chosen], self.n_bars))


def examples_of(bars: Bars, position: Floats, settings: Settings) -> Examples:
    """The bets that a primary strategy offers.

    Barriers are touched by closes and a bet ends at the close of its last bar, because that
    is when a backtest can act on it.

    Args:
        bars: of the series.
        position: (n_bars,) target of the primary.
        settings: barriers and events.
    """
    volatility = bars.apply(ewm_volatility, "close", span=settings.vol_span)
    # Barriers in units of what the whole holding period moves, so that horizons compare.
    reach = volatility * np.sqrt(settings.max_holding)
    there = _events(bars, position, volatility, settings)
    bar = np.flatnonzero(there & (reach > 0) & np.isfinite(reach))
    side = np.sign(position[bar])
    close = pd.Series(bars.close, index=bars.index)
    stamps = bars.index[bar]
    labels = compute_triple_barrier_labels(
        close,
        stamps,
        target=pd.Series(reach[bar], index=stamps),
        profit_taking=settings.profit_taking,
        stop_loss=settings.stop_loss,
        max_holding=settings.max_holding,
        side=pd.Series(side, index=stamps),
    )
    exit_bar = np.full(bar.size, len(bars), dtype=np.int64)
    ended = stamps.get_indexer(pd.DatetimeIndex(labels.index))
    exit_bar[ended] = bars.index.get_indexer(pd.DatetimeIndex(labels["exit_time"]))
    return Examples(bar.astype(np.int64), side, exit_bar, labels, len(bars))


def _events(
    bars: Bars, position: Floats, volatility: Floats, settings: Settings
) -> NDArray[np.bool_]:
    side = np.sign(position)
    if settings.cusum == 0:
        turned: NDArray[np.bool_] = (np.diff(side, prepend=0.0) != 0) & (side != 0)
        return turned
    known = np.append(np.nan, volatility[:-1])
    moved = cusum_events(np.log(bars.close), settings.cusum * known)
    fired: NDArray[np.bool_] = (moved != 0) & (side != 0)
    return fired
