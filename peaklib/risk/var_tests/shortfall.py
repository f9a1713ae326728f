"""Acerbi and Székely's tests of expected shortfall, with p-values by simulation."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from peaklib.errors import DataError
from peaklib.risk.var_tests.exceptions import Exceptions, Floats, check_exceptions
from peaklib.risk.var_tests.null_hits import independent_hits
from peaklib.risk.var_tests.null_tails import NormalTail, NullTail

ShortfallStatistic = Literal["Z1", "Z2"]
SIMULATIONS: Final = 9999
# Draws that are held at a time, in days.
_CHUNK: Final = 20_000_000


@dataclass(frozen=True)
class ShortfallTest:
    """Outcome of a test of expected shortfall.

    Args:
        test: `Z1` or `Z2`.
        statistic: 0 is expected if the forecasts are right, negative means that losses were
            larger; NaN if undefined.
        p_value: (1 + simulations at or below the statistic) / (1 + simulations); NaN if
            undefined.
        critical: 5 % quantile of the simulations: below it the test rejects at 5 %.
        n_exceedances: days with loss > VaR.
        simulations: that the p-value stands on, those without a defined statistic left out.
        null: what losses were drawn from.
        seed: of the draws.
    """

    test: ShortfallStatistic
    statistic: float
    p_value: float
    critical: float
    n_exceedances: int
    simulations: int
    null: str
    seed: int


def acerbi_szekely(
    exceptions: Exceptions,
    test: ShortfallStatistic = "Z2",
    *,
    null: NullTail | None = None,
    simulations: int = SIMULATIONS,
    seed: int = 0,
) -> ShortfallTest:
    """Test whether losses beyond the VaR are as large as the expected shortfall said.

    With L the loss, ES the forecast and I = 1 where L > VaR:

    - `Z1` = 1 - Σ (L·I / ES) / Σ I: size of the exceedances, given how many there were.
      Undefined without an exceedance.
    - `Z2` = 1 - Σ (L·I / ES) / (n_days·tail): size and number together.

    Null hypothesis: each day exceeds its VaR with probability `tail`, independently, and the
    loss beyond it has the mean ES and the shape of `null`. One-sided: a p-value is small where
    losses were larger than forecast, never where the forecast was too careful.

    Args:
        exceptions: with `shortfall` forecasts; losses are positive numbers.
        test: `Z1` or `Z2`.
        null: shape of the tail; `NormalTail()` by default.
        simulations: of the whole series under the null.
        seed: of the draws.

    Raises:
        DataError: no shortfall forecasts, an unknown test, or too few simulations.

    Source: Acerbi and Székely (2014), Backtesting expected shortfall, Risk 27(11).
    """
    check_exceptions(exceptions)
    if exceptions.shortfall is None:
        raise DataError("exceptions have no expected shortfall; give `shortfall` to exceptions_of")
    shape = NormalTail() if null is None else null
    drawn = simulated_shortfall(
        exceptions.var,
        exceptions.shortfall,
        test,
        tail=exceptions.tail,
        null=shape,
        simulations=simulations,
        seed=seed,
    )
    drawn = drawn[~np.isnan(drawn)]
    ratios = exceptions.losses[exceptions.hits] / exceptions.shortfall[exceptions.hits]
    counted = len(ratios) if test == "Z1" else exceptions.n_days * exceptions.tail
    statistic = 1 - float(ratios.sum()) / counted if counted else float("nan")
    p_value = (1 + int((drawn <= statistic).sum())) / (1 + len(drawn))
    return ShortfallTest(
        test=test,
        statistic=statistic,
        p_value=float("nan") if np.isnan(statistic) else p_value,
        critical=float(np.quantile(drawn, 0.05)) if drawn.size else float("nan"),
        n_exceedances=exceptions.n_exceedances,
        simulations=len(drawn),
        null=shape.name,
        seed=seed,
    )


def simulated_shortfall(
    var: Floats,
    shortfall: Floats,
    test: ShortfallStatistic,
    *,
    tail: float,
    null: NullTail,
    simulations: int = SIMULATIONS,
    seed: int = 0,
) -> Floats:
    """Statistics of `acerbi_szekely` if the forecasts are right.

    Args:
        var: (n_days,), VaR forecasts as positive losses.
        shortfall: (n_days,), expected shortfall as positive losses.
        test: `Z1` or `Z2`.
        tail: promised exceedance rate, in (0, 0.5).
        null: shape of the tail.
        simulations: of the whole series, at least 99.
        seed: of the draws.

    Returns:
        (simulations,), NaN where a `Z1` saw no exceedance.

    Raises:
        DataError: an unknown test, too few simulations, or a tail out of its range.
    """
    if test not in ("Z1", "Z2"):
        raise DataError(
            f"test is {test!r}; it is Z1 or Z2 (Z3 needs the whole distribution of each day)"
        )
    if simulations < 99 or not 0 < tail < 0.5:
        raise DataError(
            f"{simulations} simulations at a tail of {tail}; give at least 99, and a tail between "
            "0 and 0.5"
        )
    rng = np.random.default_rng(seed)
    n_days = len(var)
    # A loss over its ES is base + slope·E, see null_tails.
    base, slope = var / shortfall, 1 - var / shortfall
    at_once = max(_CHUNK // n_days, 1)
    parts = []
    for start in range(0, simulations, at_once):
        count = min(at_once, simulations - start)
        places = independent_hits(count * n_days, tail, rng)
        row, day = np.divmod(places, n_days)
        ratios = base[day] + slope[day] * null.excesses(tail, len(places), rng)
        sums = np.bincount(row, weights=ratios, minlength=count)
        hits = np.bincount(row, minlength=count)
        divisor = np.where(hits > 0, hits, np.nan) if test == "Z1" else n_days * tail
        parts.append(1 - sums / divisor)
    return np.concatenate(parts)
