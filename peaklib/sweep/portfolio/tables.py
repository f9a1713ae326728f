"""A portfolio in tables: who was looked at, who was taken, and how it did on unseen days."""

from typing import Final

import numpy as np
import pandas as pd

from peaklib import metrics
from peaklib.risk.allocation.covariance import estimate_covariance
from peaklib.risk.attribution.contributions import risk_shares
from peaklib.robustness import Interval
from peaklib.robustness.verdict.certainty import sharpe_difference, sharpe_interval
from peaklib.sweep.portfolio.made import COVARIANCE, HOLD, PORTFOLIO, Choice, Portfolio
from peaklib.sweep.portfolio.selection import correlation

# Far below a cent of any wealth, far above the rounding of a sum.
_DECIMALS: Final = 12


def candidates_table(choice: Choice) -> pd.DataFrame:
    """Every trial that was looked at, best first.

    Returns:
        `candidate, is_sharpe, dsr, pbo, n_days` (on which it moved), `verdict, trial`; all numbers
        are of the days before the split.
    """
    rows = [
        (one.name, one.sharpe, one.dsr, one.pbo, one.days, one.verdict, one.trial.address)
        for one in choice.candidates
    ]
    columns = ["candidate", "is_sharpe", "dsr", "pbo", "n_days", "verdict", "trial"]
    return pd.DataFrame(rows, columns=columns)


def members_table(made: Portfolio) -> pd.DataFrame:
    """One row a member, the best first.

    Returns:
        `member, share` of the wealth, `risk, share` of the variance before the split, and
        `is_sharpe`, `oos_sharpe`, `dsr`, `pbo`, `trial`.
    """
    names = list(made.weights)
    shares = np.array([made.weights[name] for name in names])
    covariance = estimate_covariance(made.parts_before[names], COVARIANCE)
    year = made.choice.year
    members = made.choice.members
    return pd.DataFrame(
        {
            "member": names,
            "share": shares,
            "share, of risk": risk_shares(shares, covariance),
            "is_sharpe": [one.sharpe for one in members],
            "oos_sharpe": [
                metrics.sharpe(made.parts_after[name].to_numpy(), periods_per_year=year)
                for name in names
            ],
            "dsr": [one.dsr for one in members],
            "pbo": [one.pbo for one in members],
            "trial": [one.trial.address for one in members],
        }
    )


def judged_table(made: Portfolio, *, seed: int) -> pd.DataFrame:
    """Accounts side by side, each measured on either side of the split.

    Args:
        made: the portfolio.
        seed: of the bootstrap.

    Returns:
        `account, is_sharpe, oos_sharpe, oos_sharpe_lo, oos_sharpe_hi, oos_ret, oos_vol,
        oos_max_dd`; the interval is at the level of the sweep's thresholds.
    """
    year, rule = made.choice.year, made.choice.thresholds
    rows = []
    for name in made.after:
        first, later = made.before[name].to_numpy(), made.after[name].to_numpy()
        sure = sharpe_interval(later, rule, year=year, seed=seed)
        rows.append(
            {
                "account": name,
                "is_sharpe": metrics.sharpe(first, periods_per_year=year),
                "oos_sharpe": sure.estimate,
                "oos_sharpe_lo": sure.low,
                "oos_sharpe_hi": sure.high,
                "oos_ret": metrics.total_return(later),
                "oos_vol": metrics.volatility(later, periods_per_year=year),
                "oos_max_dd": metrics.max_drawdown(later),
            }
        )
    return pd.DataFrame(rows)


def beside_hold(made: Portfolio, *, seed: int) -> Interval:
    """Sharpe of the portfolio minus that of holding, on the days after the split."""
    return sharpe_difference(
        made.after[PORTFOLIO].to_numpy(),
        made.after[HOLD].to_numpy(),
        made.choice.thresholds,
        year=made.choice.year,
        seed=seed,
    )


def correlations_table(made: Portfolio) -> pd.DataFrame:
    """One row a pair of members: `first, second, is_rho, oos_rho`."""
    names = list(made.weights)
    rows = [
        (
            a,
            b,
            correlation(made.parts_before[a], made.parts_before[b]),
            correlation(made.parts_after[a], made.parts_after[b]),
        )
        for k, a in enumerate(names)
        for b in names[k + 1 :]
    ]
    return pd.DataFrame(rows, columns=["first", "second", "is_rho", "oos_rho"])


def returns_table(made: Portfolio) -> pd.DataFrame:
    """Simple returns by day of every account and member, for whoever takes this further.

    Returns:
        `time`, `side` (`is` or `oos`), `portfolio`, `equal weights`, `best member`, `hold`, and
        a column a member.
    """
    sides = {
        "is": made.before.join(made.parts_before, how="outer"),
        "oos": made.after.join(made.parts_after, how="outer"),
    }
    both = pd.concat(
        [part.fillna(0.0).round(_DECIMALS).assign(side=side) for side, part in sides.items()]
    ).rename_axis("time")
    both = both.reset_index()
    return both[["time", "side", *(c for c in both if c not in ("time", "side"))]]
