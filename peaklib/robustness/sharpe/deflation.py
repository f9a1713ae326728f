"""What is left of the best Sharpe ratio once the number of trials is counted.

The best of many trials looks good even when none has any skill. The deflated Sharpe ratio
asks for the probability that the true one is above what luck alone is expected to produce;
the haircut turns a p-value adjusted for the number of tests back into a Sharpe ratio.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtr, stdtrit

from peaklib.errors import DataError
from peaklib.metrics import checked_year
from peaklib.robustness.sharpe.inference import probabilistic_sharpe_of, sharpe_moments

Floats = NDArray[np.float64]
Correction = Literal["bonferroni", "holm", "bhy"]


def expected_maximum_sharpe(n_trials: float, variance: float, mean: float = 0.0) -> float:
    """Sharpe ratio that the best of several independent trials is expected to show.

    mean + √variance · ((1 − c) Φ⁻¹(1 − 1/N) + c Φ⁻¹(1 − 1/(eN))) with Euler's c ≈ 0.5772: an
    approximation for many trials, 8 % low at N = 2 and within 2.5 % from N = 3 on. One trial
    is no choice and gives `mean`; between 1 and 2 trials, where the formula has no meaning,
    the correction grows in a straight line.

    Args:
        n_trials: independent trials, 1 or more; an effective number may be a fraction.
        variance: of the trials' Sharpe ratios; the answer is in the same unit, annual for annual.
        mean: of the trials' Sharpe ratios if none has any skill.

    Raises:
        DataError: fewer than one trial, or a variance that is negative or not finite.

    Source: Bailey and López de Prado (2014), J. of Portfolio Management 40(5).
    """
    _check_trials(n_trials)
    if not (np.isfinite(variance) and variance >= 0.0):
        raise DataError(f"variance = {variance!r} of the trials' Sharpe ratios; give 0 or more")
    return float(mean + np.sqrt(variance) * _expected_maximum(n_trials))


@dataclass(frozen=True)
class Deflated:
    """A deflated Sharpe ratio and all that went into it; Sharpe ratios are annualised.

    Args:
        dsr: probability that the true Sharpe ratio is above `expected_maximum`; NaN if undefined.
        sharpe: of the selected trial.
        expected_maximum: what the best of `n_trials` without skill is expected to show.
        n_trials: independent trials that were counted.
        spread: standard deviation of the trials' Sharpe ratios.
        n_obs: returns of the selected trial.
        skew, kurtosis: of its returns; a normal distribution has 0 and 3.
    """

    dsr: float
    sharpe: float
    expected_maximum: float
    n_trials: float
    spread: float
    n_obs: int
    skew: float
    kurtosis: float


def deflated_sharpe(
    returns: ArrayLike, *, n_trials: float, variance: float, periods_per_year: float
) -> Deflated:
    """Deflated Sharpe ratio of the selected trial.

    Args:
        returns: (n,) simple returns per period of the selected trial.
        n_trials: independent trials among which it was selected; may be a fraction.
        variance: of all trials' *annual* Sharpe ratios.
        periods_per_year: periods in a year.

    Raises:
        DataError: fewer than two returns or one trial, or a negative variance.

    Source: Bailey and López de Prado (2014), J. of Portfolio Management 40(5).
    """
    year = checked_year(periods_per_year)
    moments = sharpe_moments(returns)
    return deflated_sharpe_of(
        moments.sharpe_per_period * float(np.sqrt(year)),
        moments.n,
        moments.skew,
        moments.kurtosis,
        n_trials=n_trials,
        variance=variance,
        periods_per_year=year,
    )


def deflated_sharpe_of(
    sharpe: float,
    n_obs: int,
    skew: float = 0.0,
    kurtosis: float = 3.0,
    *,
    n_trials: float,
    variance: float,
    periods_per_year: float,
) -> Deflated:
    """`deflated_sharpe` from the moments of the selected trial; `sharpe` is annualised."""
    root = float(np.sqrt(checked_year(periods_per_year)))
    luck = expected_maximum_sharpe(n_trials, variance)
    dsr = float("nan")
    if not np.isnan(sharpe):
        dsr = probabilistic_sharpe_of(sharpe / root, n_obs, skew, kurtosis, luck / root)
    spread = float(np.sqrt(variance))
    return Deflated(dsr, sharpe, luck, float(n_trials), spread, n_obs, skew, kurtosis)


def minimum_backtest_length(n_trials: float, target_sharpe: float) -> float:
    """Years of data below which luck alone is expected to produce the target.

    With fewer years, the best of `n_trials` independent trials without skill is expected to
    show an annual Sharpe ratio above `target_sharpe`.

    Args:
        n_trials: independent trials, 1 or more.
        target_sharpe: annualised, above 0.

    Source: Bailey, Borwein, López de Prado and Zhu (2014), Notices of the AMS 61(5).
    """
    _check_trials(n_trials)
    if not (np.isfinite(target_sharpe) and target_sharpe > 0.0):
        raise DataError(f"target_sharpe = {target_sharpe!r}; give an annual ratio above 0")
    return float((_expected_maximum(n_trials) / target_sharpe) ** 2)


@dataclass(frozen=True)
class Haircut:
    """A Sharpe ratio before and after multiple testing, annualised.

    Args:
        sharpe: as measured.
        adjusted: the ratio whose single test would have the adjusted p-value.
        haircut: share of `sharpe` that is lost, 0 … 1; NaN for a ratio of 0.
        p_value: two-sided, of a single test.
        adjusted_p: after the correction, 1 at most.
        n_trials: tests counted.
        method: the correction.
    """

    sharpe: float
    adjusted: float
    haircut: float
    p_value: float
    adjusted_p: float
    n_trials: int
    method: Correction


def haircut_sharpe(
    sharpe: float,
    n_obs: int,
    *,
    periods_per_year: float,
    method: Correction,
    n_trials: int | None = None,
    p_values: ArrayLike | None = None,
) -> Haircut:
    """Haircut of a Sharpe ratio for the number of tests that were made.

    Its t-statistic S·√n (S per period) has a two-sided p-value by Student's t with n − 1
    degrees of freedom; the correction raises it, and the ratio with that p-value, of the
    same sign, is what is left. An adjusted p-value of 1 leaves 0.

    Args:
        sharpe: annualised, of the trial in question.
        n_obs: number of its returns.
        periods_per_year: periods in a year.
        method: `bonferroni` and `holm` bound the chance of one false discovery, `bhy` the
            expected share of false ones among the discoveries, under any dependence.
        n_trials: tests made, enough for `bonferroni`; the other corrections need
            `p_values`. Give one of the two.
        p_values: (n_trials,) two-sided p-values of all trials, the one in question among
            them (`sharpe_p_values`).

    Raises:
        DataError: both or neither of `n_trials` and `p_values`, a correction that needs the
            latter, or `p_values` without that of this trial.

    Source: Harvey and Liu (2015), J. of Portfolio Management 42(1). They simulate the other
    tests' p-values from a model of published factors; here they are the real ones.
    """
    p = float(sharpe_p_values([sharpe], n_obs, periods_per_year=periods_per_year)[0])
    if (n_trials is None) == (p_values is None):
        raise DataError("give either n_trials or p_values, one of the two")
    if p_values is not None:
        every = np.asarray(p_values, dtype=np.float64)
        row = int(np.argmin(np.abs(every - p))) if every.size else 0
        if not every.size or abs(every[row] - p) > 1e-9:
            raise DataError(
                f"the p-value {p:g} of this trial is not among the {every.size} p_values; give "
                "those of all trials, by sharpe_p_values"
            )
        count, adjusted_p = every.size, float(adjusted_p_values(every, method)[row])
    elif n_trials is not None and method == "bonferroni":
        _check_trials(n_trials)
        count, adjusted_p = n_trials, min(1.0, p * n_trials)
    else:
        raise DataError(f"{method!r} needs the p_values of all trials, their number does not do")
    t = -float(stdtrit(n_obs - 1, adjusted_p / 2.0))
    left = float(np.copysign(t * np.sqrt(periods_per_year / n_obs), sharpe)) if t > 0.0 else 0.0
    share = 1.0 - left / sharpe if sharpe != 0.0 else float("nan")
    return Haircut(sharpe, left, share, p, adjusted_p, count, method)


def sharpe_p_values(sharpes: ArrayLike, n_obs: int, *, periods_per_year: float) -> Floats:
    """Two-sided p-values of annualised Sharpe ratios of `n_obs` returns, (n_trials,).

    By Student's t of S·√n with n − 1 degrees of freedom. An undefined ratio (NaN) has 1.
    """
    year = checked_year(periods_per_year)
    if n_obs < 2:
        raise DataError(f"n_obs = {n_obs}; two returns are the least that a Sharpe ratio needs")
    t = np.nan_to_num(np.abs(np.asarray(sharpes, dtype=np.float64))) * np.sqrt(n_obs / year)
    p: Floats = 2.0 * stdtr(n_obs - 1, -t)
    return p


def adjusted_p_values(p_values: ArrayLike, method: Correction) -> Floats:
    """P-values adjusted for multiple testing, (n,), in the order given.

    With p sorted upwards: Bonferroni n·p; Holm the running maximum of (n − i + 1)·p_(i);
    BHY the running minimum from above of c(n)·n/i·p_(i), c(n) = 1 + 1/2 + … + 1/n.

    Raises:
        DataError: no p-values, one outside 0 … 1, or an unknown correction.

    Source: Holm (1979); Benjamini and Yekutieli (2001), Annals of Statistics 29(4).
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not p.size:
        raise DataError(f"p_values: expected a non-empty series, found shape {p.shape}")
    bad = np.flatnonzero(~((p >= 0.0) & (p <= 1.0)))
    if bad.size:
        raise DataError(f"p_values: row {bad[0] + 1} is {p[bad[0]]}; a probability is 0 … 1")
    n = p.size
    order = np.argsort(p, kind="stable")
    rank = np.arange(1, n + 1)
    if method == "bonferroni":
        ranked = n * p[order]
    elif method == "holm":
        ranked = np.maximum.accumulate((n - rank + 1) * p[order])
    elif method == "bhy":
        ranked = float(np.sum(1.0 / rank)) * n / rank * p[order]
        ranked = np.minimum.accumulate(ranked[::-1])[::-1]
    else:
        raise DataError(f"method is {method!r}; choose bonferroni, holm or bhy")
    adjusted: Floats = np.empty(n)
    adjusted[order] = np.minimum(ranked, 1.0)
    return adjusted


def _check_trials(n_trials: float) -> None:
    if not (np.isfinite(n_trials) and n_trials >= 1.0):
        raise DataError(f"n_trials = {n_trials!r}; give the number of trials, 1 or more")


def _expected_maximum(n: float) -> float:
    """Expected maximum of n independent standard normal numbers."""
    if n < 2.0:
        return (n - 1.0) * _expected_maximum(2.0)
    gamma = float(np.euler_gamma)
    # Φ⁻¹(1 − x) = −Φ⁻¹(x), which keeps its digits for a very large n.
    return float(-(1.0 - gamma) * ndtri(1.0 / n) - gamma * ndtri(1.0 / (np.e * n)))
