"""Brinson attribution: what a portfolio did better than its benchmark, by segment."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from peaklib.errors import DataError
from peaklib.risk.attribution.linking import FACTORS, Floats, Linking, total_return
from peaklib.risk.attribution.segments import Segments, read_segments

EFFECTS = ("allocation", "selection", "interaction")


@dataclass(frozen=True)
class LinkedEffects:
    """Effects of all periods together, by segment.

    Args:
        model: whose effects they are.
        linking: how periods were put together.
        segments: (n_segments, 4) columns `allocation`, `selection`, `interaction`, `total`, as
            fractions; the column `total` sums to the active return.
        portfolio_return: compounded simple return, a fraction.
        benchmark_return: the same of the benchmark.
    """

    model: str
    linking: Linking
    segments: pd.DataFrame
    portfolio_return: float
    benchmark_return: float

    @property
    def active_return(self) -> float:
        """Compounded return of the portfolio less that of the benchmark, a fraction."""
        return self.portfolio_return - self.benchmark_return

    @property
    def totals(self) -> pd.Series:
        """(4,) each effect over all segments; `total` is the active return."""
        sums: pd.Series = self.segments.sum()
        return sums


@dataclass(frozen=True)
class BrinsonEffects:
    """Effects by period and segment.

    Args:
        model: whose effects they are.
        allocation: (n_periods, n_segments) fractions: weights that differ from the benchmark's.
        selection: the same shape: returns that differ inside a segment.
        interaction: the same shape: both at once.
        portfolio_returns: (n_periods,) simple returns, fractions.
        benchmark_returns: the same of the benchmark.
    """

    model: str
    allocation: pd.DataFrame
    selection: pd.DataFrame
    interaction: pd.DataFrame
    portfolio_returns: pd.Series
    benchmark_returns: pd.Series

    @property
    def active_returns(self) -> pd.Series:
        """(n_periods,) portfolio less benchmark; in each period the sum of all effects."""
        return self.portfolio_returns - self.benchmark_returns

    def linked(self, linking: Linking = "carino") -> LinkedEffects:
        """Effects of all periods together; of a single period they are the effects themselves.

        Args:
            linking: `carino` (the default) or `menchero`; `linking.py` has the formulas.

        Raises:
            DataError: an unknown method, or a return of -100 % or less, which nothing links.
        """
        if linking not in FACTORS:
            raise DataError(f"linking = {linking!r}; choose one of {', '.join(FACTORS)}")
        portfolio = self.portfolio_returns.to_numpy(np.float64)
        benchmark = self.benchmark_returns.to_numpy(np.float64)
        for side, series in (("portfolio", portfolio), ("benchmark", benchmark)):
            lost = np.flatnonzero(series <= -1.0)
            if lost.size:
                raise DataError(
                    f"{side}: return {series[lost[0]]:.6g} in period "
                    f"{self.allocation.index[lost[0]]}; all is lost there, so no later period can "
                    "be linked: end before it"
                )
        factors = FACTORS[linking](portfolio, benchmark)
        table = pd.DataFrame(
            {name: factors @ getattr(self, name).to_numpy(np.float64) for name in EFFECTS},
            index=self.allocation.columns,
        )
        table["total"] = table.sum(axis=1)
        return LinkedEffects(
            self.model, linking, table, total_return(portfolio), total_return(benchmark)
        )


def brinson_hood_beebower(
    portfolio_weights: pd.Series | pd.DataFrame,
    portfolio_returns: pd.Series | pd.DataFrame,
    benchmark_weights: pd.Series | pd.DataFrame,
    benchmark_returns: pd.Series | pd.DataFrame,
) -> BrinsonEffects:
    """Attribution where more weight in a segment is worth the segment's own return.

    Per segment, with weights w and returns r of the portfolio, W and R of the benchmark:
    allocation (w - W) R, selection W (r - R), interaction (w - W) (r - R).

    Args:
        portfolio_weights: one period as a series by segment, or (n_periods, n_segments); shares
            of wealth at the beginning of each period that sum to 1 (within 1e-9, and are then
            divided by their sum), cash and short positions included.
        portfolio_returns: the same shape, simple returns of the segments as fractions. NaN where
            the portfolio holds nothing of a segment: it is then given the benchmark's return, so
            that all of the effect is allocation.
        benchmark_weights: the same of the benchmark, with the same segments and periods.
        benchmark_returns: the same; NaN where the benchmark holds nothing of a segment, which is
            then given the portfolio's return.

    Returns:
        Effects by period and segment; in each period they sum to the active return.

    Raises:
        DataError: segments or periods that do not match, weights that do not sum to 1, or a
            number that is missing.

    Source: Brinson, Hood and Beebower (1986), Determinants of Portfolio Performance, Financial
    Analysts J. 42(4).
    """
    data = read_segments(portfolio_weights, portfolio_returns, benchmark_weights, benchmark_returns)
    return _effects("Brinson, Hood and Beebower", data, data.benchmark_returns)


def brinson_fachler(
    portfolio_weights: pd.Series | pd.DataFrame,
    portfolio_returns: pd.Series | pd.DataFrame,
    benchmark_weights: pd.Series | pd.DataFrame,
    benchmark_returns: pd.Series | pd.DataFrame,
) -> BrinsonEffects:
    """Attribution where more weight in a segment is worth what it beats the whole benchmark by.

    As `brinson_hood_beebower`, but for allocation (w - W) (R - B) with the benchmark's return B:
    to hold less of a segment that rose less than the rest is a gain here. Over all segments
    the three effects are the same in both models.

    Args:
        portfolio_weights: as `brinson_hood_beebower`.
        portfolio_returns: as `brinson_hood_beebower`.
        benchmark_weights: as `brinson_hood_beebower`.
        benchmark_returns: as `brinson_hood_beebower`.

    Returns:
        Effects by period and segment; in each period they sum to the active return.

    Raises:
        DataError: as `brinson_hood_beebower`.

    Source: Brinson and Fachler (1985), Measuring Non-US Equity Portfolio Performance, J. of
    Portfolio Management 11(3).
    """
    data = read_segments(portfolio_weights, portfolio_returns, benchmark_weights, benchmark_returns)
    whole = data.total(data.benchmark_weights, data.benchmark_returns)
    return _effects("Brinson and Fachler", data, data.benchmark_returns - whole[:, np.newaxis])


def _effects(model: str, data: Segments, worth: Floats) -> BrinsonEffects:
    """The three effects; `worth` is what a segment's weight is worth, (n_periods, n_segments)."""
    active = data.portfolio_weights - data.benchmark_weights
    better = data.portfolio_returns - data.benchmark_returns
    return BrinsonEffects(
        model,
        data.frame(active * worth),
        data.frame(data.benchmark_weights * better),
        data.frame(active * better),
        data.series(data.portfolio_weights, data.portfolio_returns),
        data.series(data.benchmark_weights, data.benchmark_returns),
    )
