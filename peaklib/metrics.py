"""Performance metrics, each defined once.

Every definition works on simple per-period returns of an account that starts with a
wealth of 1.0 before the first of its `n` bars, flat bars included. The compiled
functions at the top are the definitions: the public functions, `run_backtest` and
`run_grid` all call them. A ratio whose denominator is zero is NaN ("undefined"), never
infinity. What is no series of finite returns, or no year, is a `DataError`.
`docs/reference/metrics.md` lists the sources and where other libraries differ.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]

# A spread this small is the rounding noise of a constant series. Noise is relative to the
# return, but not below that of a return of 1 %, since equity near 1.0 rounds at 1e-16.
NOISE: Final = 1e-13
NOISE_FLOOR: Final = 0.01
_ROUNDING: Final = 2.220446049250313e-16


@dataclass(frozen=True)
class Metric:
    """Name, meaning and printing of one stored number.

    Args:
        name: column name in grids, packs and reports.
        meaning: one line.
        unit: `fraction` (shown as percent), `ratio`, `count`, `bars` or `flag`.
        better: `higher`, `lower`, or empty where neither is better by itself.
    """

    name: str
    meaning: str
    unit: str
    better: str = ""


METRICS: Final = (
    Metric("ret", "total return over all bars", "fraction", "higher"),
    Metric("cagr", "compound annual growth rate", "fraction", "higher"),
    Metric("vol", "annualised standard deviation of returns, ddof=1", "fraction", "lower"),
    Metric("sharpe", "annualised mean excess return over its deviation, ddof=1", "ratio", "higher"),
    Metric("sortino", "annualised mean excess over downside deviation, all n", "ratio", "higher"),
    Metric("calmar", "cagr over the size of the largest drawdown", "ratio", "higher"),
    Metric("max_dd", "largest loss from a running peak, 0 or negative", "fraction", "higher"),
    Metric("ulcer", "root mean square drawdown, divided by n", "fraction", "lower"),
    Metric("martin", "cagr above the risk-free rate over the Ulcer index", "ratio", "higher"),
    Metric("recovery", "total return over the size of the largest drawdown", "ratio", "higher"),
    Metric("omega", "sum of gains over sum of losses around the target return", "ratio", "higher"),
    Metric("exposure", "share of bars that end with a position", "fraction"),
    Metric("turnover", "traded notional over equity, per year", "ratio", "lower"),
    Metric("n_trades", "round trips, one still open at the end included", "count"),
    Metric("hit_rate", "share of round trips that made money after costs", "fraction", "higher"),
    Metric("profit_factor", "profits over losses of the round trips", "ratio", "higher"),
    Metric("avg_trade", "mean profit of a round trip over equity at entry", "fraction", "higher"),
    Metric("ruined", "1 if equity fell to zero or below and the account stopped", "flag", "lower"),
)
# Known for a single result only: they need its order or its dates, a grid keeps neither.
RESULT_METRICS: Final = (
    Metric("tail_ratio", "95th percentile of returns over the 5th, sizes", "ratio", "higher"),
    Metric("dd_days", "days from the peak of the largest drawdown to recovery or end", "count"),
)
METRIC_NAMES: Final = tuple(metric.name for metric in METRICS)

# Wealth rebuilt from returns comes back to a peak only up to rounding.
_SAME_LEVEL: Final = 1e-12

_RET, _CAGR, _VOL, _SHARPE, _SORTINO, _CALMAR, _MAX_DD, _ULCER, _MARTIN = range(9)
_RECOVERY, _OMEGA, _EXPOSURE, _TURNOVER, _N_TRADES, _HIT_RATE = range(9, 15)
_PROFIT_FACTOR, _AVG_TRADE, _RUINED = range(15, 18)


@compiled
def _over(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator != 0.0 else np.nan


@compiled
def _per_period(annual: float, periods_per_year: float) -> float:
    return (1.0 + annual) ** (1.0 / periods_per_year) - 1.0 if annual != 0.0 else 0.0


@compiled
def mean_and_deviation(returns: Floats) -> tuple[float, float]:
    """Mean and ddof=1 deviation (NaN for one return; 0 if it is only rounding noise)."""
    n = returns.size
    total, largest = 0.0, 0.0
    for r in returns:
        total += r
        largest = max(largest, abs(r))
    mean = total / n
    squares = 0.0
    for r in returns:
        squares += (r - mean) * (r - mean)
    if n < 2:
        return mean, np.nan
    deviation = np.sqrt(squares / (n - 1))
    # A mean of n terms is off by up to n roundings, and so is every distance from it.
    noise = max(NOISE, n * _ROUNDING)
    return mean, deviation if deviation > noise * max(largest, NOISE_FLOOR) else 0.0


@compiled
def _gains_and_losses(returns: Floats, threshold: float) -> tuple[float, float, float]:
    """Sum above, sum below (positive) and sum of squares below a per-period threshold."""
    gains, losses, squares = 0.0, 0.0, 0.0
    for r in returns:
        excess = r - threshold
        if excess > 0.0:
            gains += excess
        else:
            losses -= excess
            squares += excess * excess
    return gains, losses, squares


@compiled
def _drawdown(equity: Floats) -> tuple[float, int, int, float]:
    """Largest drawdown, its peak bar (-1: the start), its trough bar, the Ulcer index."""
    peak, peak_bar = 1.0, -1
    worst, worst_peak, worst_trough, squares = 0.0, -1, -1, 0.0
    for t in range(equity.size):
        value = equity[t]
        if value > peak:
            peak, peak_bar = value, t
        depth = value / peak - 1.0
        squares += depth * depth
        if depth < worst:
            worst, worst_peak, worst_trough = depth, peak_bar, t
    return worst, worst_peak, worst_trough, np.sqrt(squares / equity.size)


@compiled
def _cagr(final_wealth: float, n_periods: int, periods_per_year: float) -> float:
    if final_wealth <= 0.0:
        return -1.0
    growth: float = final_wealth ** (periods_per_year / n_periods) - 1.0
    return growth


@compiled
def returns_of(equity: Floats, out: Floats) -> None:
    """Write the simple returns of an equity curve that starts from 1.0 into `out`, (n,)."""
    previous = 1.0
    for t in range(equity.size):
        out[t] = equity[t] / previous - 1.0 if previous > 0.0 else 0.0
        previous = equity[t]


@compiled
def fill_summary(
    equity: Floats,
    returns: Floats,
    profits: Floats,
    trade_returns: Floats,
    periods_per_year: float,
    out: Floats,
) -> None:
    """Write `METRIC_NAMES` into `out`, without the account's own `exposure` … `ruined`.

    Args:
        equity, returns: (n,) wealth at each close and its simple returns.
        profits, trade_returns: (n_trades,) money and fraction of equity at entry.
        periods_per_year: bars in a year.
        out: (len(METRIC_NAMES),); risk-free rate and target return are 0.
    """
    n = equity.size
    mean, deviation = mean_and_deviation(returns)
    gains, losses, downside = _gains_and_losses(returns, 0.0)
    max_dd, _, _, ulcer = _drawdown(equity)
    root = np.sqrt(periods_per_year)
    out[_RET] = equity[n - 1] - 1.0
    out[_CAGR] = _cagr(equity[n - 1], n, periods_per_year)
    out[_VOL] = deviation * root
    out[_SHARPE] = _over(mean, deviation) * root
    out[_SORTINO] = _over(mean, np.sqrt(downside / n)) * root
    out[_CALMAR] = _over(out[_CAGR], -max_dd)
    out[_MAX_DD] = max_dd
    out[_ULCER] = ulcer
    out[_MARTIN] = _over(out[_CAGR], ulcer)
    out[_RECOVERY] = _over(out[_RET], -max_dd)
    out[_OMEGA] = _over(gains, losses)
    _fill_trades(profits, trade_returns, out)


@compiled
def _fill_trades(profits: Floats, trade_returns: Floats, out: Floats) -> None:
    wins, won, lost, total = 0, 0.0, 0.0, 0.0
    for k in range(profits.size):
        if profits[k] > 0.0:
            wins += 1
            won += profits[k]
        else:
            lost -= profits[k]
        total += trade_returns[k]
    count = profits.size
    out[_N_TRADES] = count
    out[_HIT_RATE] = _over(wins, count)
    out[_PROFIT_FACTOR] = _over(won, lost)
    out[_AVG_TRADE] = _over(total, count)


@compiled
def fill_account(
    exposed: int, traded: float, ruined: bool, n: int, ppy: float, out: Floats
) -> None:
    """Write what only the account knows: bars with a position, traded multiples, ruin."""
    out[_EXPOSURE] = exposed / n
    out[_TURNOVER] = traded * ppy / n
    out[_RUINED] = 1.0 if ruined else 0.0


def checked_returns(returns: ArrayLike) -> Floats:
    """Returns as a series of finite numbers.

    Raises:
        DataError: they are none; names the row.
    """
    array = np.ascontiguousarray(returns, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise DataError(f"returns: expected a non-empty series, found shape {array.shape}")
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise DataError(
            f"returns: row {bad[0] + 1} is {array[bad[0]]}; drop or fill it before measuring"
        )
    return array


def _wealth(returns: ArrayLike) -> Floats:
    array = checked_returns(returns)
    wealth = np.asarray(np.cumprod(1.0 + array), dtype=np.float64)
    gone = np.flatnonzero(wealth <= 0.0)
    if gone.size and np.any(array[gone[0] + 1 :] != 0.0):
        raise DataError(
            f"returns: nothing is left after row {gone[0] + 1} (return {array[gone[0]]:g}), but "
            "later returns are not 0; what is lost cannot earn anything"
        )
    return wealth


def checked_year(periods_per_year: float, annual: float = 0.0) -> float:
    """Bars in a year, once they and an annual rate make sense."""
    if not (np.isfinite(periods_per_year) and periods_per_year > 0):
        raise DataError(f"periods_per_year = {periods_per_year!r}; give a number above 0, as 252")
    if not (np.isfinite(annual) and annual > -1.0):
        raise DataError(f"annual rate = {annual!r}; give a fraction above -1, as 0.03 for 3 %")
    return float(periods_per_year)


def total_return(returns: ArrayLike) -> float:
    """Compounded return over all periods, a fraction."""
    return float(_wealth(returns)[-1] - 1.0)


def cagr(returns: ArrayLike, *, periods_per_year: float) -> float:
    """Compound annual growth rate, a fraction; -1 when nothing is left.

    Args:
        returns: (n,) simple returns per period.
        periods_per_year: periods in a year; n / periods_per_year are the years.
    """
    year = checked_year(periods_per_year)
    wealth = _wealth(returns)
    return float(_cagr(wealth[-1], wealth.size, year))


def volatility(returns: ArrayLike, *, periods_per_year: float) -> float:
    """Annualised standard deviation of returns, ddof=1, square-root-of-time.

    NaN for a single return, which has no spread to speak of.
    """
    root = np.sqrt(checked_year(periods_per_year))
    return float(mean_and_deviation(checked_returns(returns))[1] * root)


def sharpe(returns: ArrayLike, *, periods_per_year: float, rf: float = 0.0) -> float:
    """Annualised Sharpe ratio.

    Args:
        returns: (n,) simple returns per period.
        periods_per_year: periods in a year.
        rf: risk-free rate a year, a fraction; compounded down to a period.

    Source: Sharpe (1994), J. of Portfolio Management 21(1); ddof=1.
    """
    year = checked_year(periods_per_year, rf)
    mean, deviation = mean_and_deviation(checked_returns(returns) - _per_period(rf, year))
    return float(_over(mean, deviation) * np.sqrt(year))


def sortino(returns: ArrayLike, *, periods_per_year: float, mar: float = 0.0) -> float:
    """Annualised Sortino ratio; the downside deviation divides by all n periods.

    Args:
        returns: (n,) simple returns per period.
        periods_per_year: periods in a year.
        mar: minimum acceptable return a year, a fraction.

    Source: Sortino and Price (1994), J. of Investing 3(3).
    """
    year = checked_year(periods_per_year, mar)
    threshold = _per_period(mar, year)
    array = checked_returns(returns)
    mean, _ = mean_and_deviation(array)
    _, _, squares = _gains_and_losses(array, threshold)
    downside = np.sqrt(squares / array.size)
    return float(_over(mean - threshold, downside) * np.sqrt(year))


@dataclass(frozen=True)
class Drawdown:
    """The largest drawdown and where it lies.

    Args:
        depth: 0 or negative, a fraction of the peak.
        peak: bar of the peak, -1 when it is the start itself.
        trough: bar of the lowest point, -1 when there was no drawdown.
        recovery: first bar at or above the peak again, -1 if never.
    """

    depth: float
    peak: int
    trough: int
    recovery: int


def drawdown(returns: ArrayLike) -> Drawdown:
    """Largest drawdown, measured from a wealth of 1.0 before the first period."""
    wealth = _wealth(returns)
    depth, peak, trough, _ = _drawdown(wealth)
    if trough < 0:
        return Drawdown(0.0, -1, -1, -1)
    level = wealth[peak] if peak >= 0 else 1.0
    after = np.flatnonzero(wealth[trough:] >= level * (1.0 - _SAME_LEVEL))
    return Drawdown(
        float(depth), int(peak), int(trough), int(trough + after[0]) if after.size else -1
    )


def max_drawdown(returns: ArrayLike) -> float:
    """Largest loss from a running peak, a fraction, 0 or negative."""
    return float(_drawdown(_wealth(returns))[0])


def calmar(returns: ArrayLike, *, periods_per_year: float) -> float:
    """CAGR over the size of the largest drawdown, both over all periods.

    Source: Young (1991), Futures magazine, who takes the last 36 months; over all data
    the same is called the MAR ratio.
    """
    growth = cagr(returns, periods_per_year=periods_per_year)
    return float(_over(growth, -max_drawdown(returns)))


def ulcer_index(returns: ArrayLike) -> float:
    """Root mean square of the drawdown at each period, a fraction.

    Source: Martin and McCann (1989), The Investor's Guide to Fidelity Funds.
    """
    return float(_drawdown(_wealth(returns))[3])


def martin_ratio(returns: ArrayLike, *, periods_per_year: float, rf: float = 0.0) -> float:
    """CAGR above the annual risk-free rate over the Ulcer index (also called UPI)."""
    growth = cagr(returns, periods_per_year=checked_year(periods_per_year, rf))
    return float(_over(growth - rf, ulcer_index(returns)))


def recovery_factor(returns: ArrayLike) -> float:
    """Compounded total return over the size of the largest drawdown; negative for losers."""
    return float(_over(total_return(returns), -max_drawdown(returns)))


def omega(returns: ArrayLike, *, periods_per_year: float, mar: float = 0.0) -> float:
    """Sum of returns above the target over the sum below it.

    Args:
        returns: (n,) simple returns per period.
        periods_per_year: periods in a year, to bring `mar` down to a period.
        mar: target return a year, a fraction.

    Source: Keating and Shadwick (2002).
    """
    year = checked_year(periods_per_year, mar)
    gains, losses, _ = _gains_and_losses(checked_returns(returns), _per_period(mar, year))
    return float(_over(gains, losses))


def tail_ratio(returns: ArrayLike) -> float:
    """Size of the 95th percentile of returns over that of the 5th (linear quantiles)."""
    low, high = np.quantile(checked_returns(returns), [0.05, 0.95])
    return float(_over(abs(high), abs(low)))
