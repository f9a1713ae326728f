"""Weights and returns by segment: checks, and segments made from single assets."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.measures.finite import first_not_finite
from peaklib.risk.measures.frames import check_frame, frame_values

Floats = NDArray[np.float64]

# Weights may miss 1 by this much: the rounding of a long sum, not of printed percent.
_TOLERANCE: Final = 1e-9


@dataclass(frozen=True)
class Segments:
    """A portfolio and its benchmark by period and segment, checked.

    Args:
        periods: (n_periods,) labels.
        names: (n_segments,) labels.
        portfolio_weights: (n_periods, n_segments) shares that sum to 1 in each period.
        portfolio_returns: the same shape, simple returns as fractions, none missing.
        benchmark_weights: as those of the portfolio.
        benchmark_returns: as those of the portfolio.
    """

    periods: pd.Index
    names: pd.Index
    portfolio_weights: Floats
    portfolio_returns: Floats
    benchmark_weights: Floats
    benchmark_returns: Floats

    def frame(self, values: Floats) -> pd.DataFrame:
        """(n_periods, n_segments) values under their labels."""
        return pd.DataFrame(values, index=self.periods, columns=self.names)

    def total(self, weights: Floats, returns: Floats) -> Floats:
        """(n_periods,) returns over all segments."""
        whole: Floats = np.einsum("ts,ts->t", weights, returns)
        return whole

    def series(self, weights: Floats, returns: Floats) -> pd.Series:
        """The same under the labels of the periods."""
        return pd.Series(self.total(weights, returns), index=self.periods)


def read_segments(
    portfolio_weights: pd.Series | pd.DataFrame,
    portfolio_returns: pd.Series | pd.DataFrame,
    benchmark_weights: pd.Series | pd.DataFrame,
    benchmark_returns: pd.Series | pd.DataFrame,
) -> Segments:
    """Check four tables of one portfolio and its benchmark, and bring them into one order.

    Args:
        portfolio_weights: one period as a series by segment, or (n_periods, n_segments); its
            order of segments is that of the result.
        portfolio_returns: the same labels; NaN only where the weight is 0.
        benchmark_weights: the same labels.
        benchmark_returns: the same labels; NaN only where the weight is 0.

    Raises:
        DataError: labels that are doubled or do not match, a number that is missing or
            infinite, or weights that do not sum to 1; names the table and the place.
    """
    given = {
        "portfolio_weights": portfolio_weights,
        "portfolio_returns": portfolio_returns,
        "benchmark_weights": benchmark_weights,
        "benchmark_returns": benchmark_returns,
    }
    tables = {name: _as_frame(name, table) for name, table in given.items()}
    first = tables["portfolio_weights"]
    values = {}
    for name, table in tables.items():
        _match(name, "segments", table.columns, first.columns)
        _match(name, "periods", table.index, first.index)
        values[name] = frame_values(name, table.loc[first.index, first.columns])
    for side in ("portfolio", "benchmark"):
        weights = values[f"{side}_weights"]
        _check_finite(f"{side}_weights", weights, first)
        values[f"{side}_weights"] = _scaled(f"{side}_weights", weights, first)
    ours = _held_returns("portfolio", values, first)
    theirs = _held_returns("benchmark", values, first)
    return Segments(
        first.index,
        first.columns,
        values["portfolio_weights"],
        _filled(ours, theirs),
        values["benchmark_weights"],
        _filled(theirs, ours),
    )


def group_segments(
    weights: pd.DataFrame, returns: pd.DataFrame, segments: Mapping[Hashable, Hashable]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Weights and returns of segments from those of single assets, bar by bar.

    Args:
        weights: (n_bars, n_assets) shares of wealth held over each bar, decided before it;
            NaN is no holding.
        returns: the same labels, simple returns over the bar as fractions (of a panel,
            `panel.close.pct_change()`); NaN only where nothing is held.
        segments: the segment of each asset.

    Returns:
        Two frames (n_bars, n_segments), segments in the order in which they first occur: the sums
        of the weights, and the returns, NaN where nothing is held of a segment.

    Raises:
        DataError: an asset without a segment, labels that are doubled or do not match, a return
            that is missing where it counts, or a segment whose long and short positions cancel
            to a weight of 0: it has a profit then, but no return.

    >>> held = pd.DataFrame({"A": [0.3], "B": [0.1], "C": [0.6]})
    >>> moved = pd.DataFrame({"A": [0.1], "B": [-0.1], "C": [0.02]})
    >>> group_segments(held, moved, {"A": "shares", "B": "shares", "C": "bonds"})[1].round(6)
       shares  bonds
    0    0.05   0.02
    """
    for name, table in (("weights", weights), ("returns", returns)):
        check_frame(name, table, "a bar", "an asset")
        _check_labels(name, table)
    _match("returns", "assets", returns.columns, weights.columns)
    _match("returns", "bars", returns.index, weights.index)
    if not isinstance(segments, Mapping):
        raise DataError(
            f"segments: a {type(segments).__name__}; give a dict with the segment of each asset"
        )
    missing = [asset for asset in weights.columns if asset not in segments]
    if missing:
        raise DataError(f"segments: none is given for {_listed(missing)}; give every asset one")
    held = np.nan_to_num(frame_values("weights", weights), nan=0.0, posinf=np.inf, neginf=-np.inf)
    moved = frame_values("returns", returns.loc[weights.index, weights.columns])
    _check_finite("weights", held, weights)
    _check_finite("returns", np.where(held == 0.0, 0.0, moved), weights)
    codes, names = pd.factorize(pd.Index([segments[asset] for asset in weights.columns]))
    member = (codes[:, np.newaxis] == np.arange(len(names))).astype(np.float64)
    profits = np.where(held == 0.0, 0.0, held * moved) @ member
    sums, gross = held @ member, np.abs(held) @ member
    is_empty = gross == 0.0
    cancelled = np.argwhere((np.abs(sums) <= _TOLERANCE * gross) & ~is_empty)
    if cancelled.size:
        row, column = cancelled[0]
        raise DataError(
            f"weights: long and short positions of segment {names[column]!r} cancel in "
            f"{weights.index[row]}, so it has no return; give long and short sides segments of "
            "their own"
        )
    yields = np.divide(profits, sums, out=np.full(sums.shape, np.nan), where=~is_empty)
    return (
        pd.DataFrame(sums, index=weights.index, columns=names),
        pd.DataFrame(yields, index=weights.index, columns=names),
    )


def _as_frame(name: str, table: pd.Series | pd.DataFrame) -> pd.DataFrame:
    """One row for a series; a frame is only checked."""
    if not isinstance(table, pd.Series | pd.DataFrame):
        raise DataError(
            f"{name}: a {type(table).__name__}; give a series by segment or a frame with a row a "
            "period and a column a segment, so that labels can be compared"
        )
    frame = table.to_frame().T.reset_index(drop=True) if isinstance(table, pd.Series) else table
    _check_labels(name, frame)
    return frame


def _check_labels(name: str, frame: pd.DataFrame) -> None:
    if frame.empty:
        raise DataError(f"{name}: nothing in it; give at least one row and one column")
    for labels, kind in ((frame.columns, "column"), (frame.index, "row")):
        if not labels.is_unique:
            twice = labels[labels.duplicated()][0]
            raise DataError(f"{name}: {kind} {twice!r} stands there twice; a label names one")


def _match(name: str, kind: str, labels: pd.Index, expected: pd.Index) -> None:
    missing = [label for label in expected if label not in labels]
    extra = [label for label in labels if label not in expected]
    if missing or extra:
        parts = [f"lacks {_listed(missing)}"] * bool(missing)
        parts += [f"has {_listed(extra)} besides"] * bool(extra)
        raise DataError(f"{name}: {' and '.join(parts)}; all tables need the same {kind}")


def _listed(labels: Sequence[Hashable]) -> str:
    """The first few of some labels."""
    shown = ", ".join(str(label) for label in labels[:5])
    return shown + f" and {len(labels) - 5} more" * (len(labels) > 5)


def _check_finite(name: str, values: Floats, labels: pd.DataFrame) -> None:
    bad = first_not_finite(values)
    if bad is not None:
        row, column = bad
        raise DataError(
            f"{name}: {values[row, column]} for {labels.columns[column]!r} in "
            f"{labels.index[row]}; give a finite number, or a weight of 0 where nothing is held"
        )


def _scaled(name: str, weights: Floats, labels: pd.DataFrame) -> Floats:
    """Weights over their sums, which differ from 1 by rounding only."""
    sums = weights.sum(axis=1)
    bad = np.flatnonzero(np.abs(sums - 1.0) > _TOLERANCE)
    if bad.size:
        raise DataError(
            f"{name}: they sum to {sums[bad[0]]:.9g} in {labels.index[bad[0]]}, not to 1; add what "
            "is missing as a segment of its own, such as cash, or divide by the sum"
        )
    scaled: Floats = weights / sums[:, np.newaxis]
    return scaled


def _held_returns(side: str, values: Mapping[str, Floats], labels: pd.DataFrame) -> Floats:
    """Returns of one side, NaN only where it holds nothing."""
    weights, returns = values[f"{side}_weights"], values[f"{side}_returns"]
    is_absent = np.isnan(returns) & (weights == 0.0)
    _check_finite(f"{side}_returns", np.where(is_absent, 0.0, returns), labels)
    return returns


def _filled(returns: Floats, other: Floats) -> Floats:
    """What one side does not hold is given the other's return; 0 where nobody holds it."""
    filled: Floats = np.nan_to_num(np.where(np.isnan(returns), other, returns), nan=0.0)
    return filled
