"""All tests of a VaR forecast in one table."""

import math
from dataclasses import dataclass

import pandas as pd

from peaklib.risk.var_tests.coverage import kupiec_pof, time_until_first_failure
from peaklib.risk.var_tests.durations import christoffersen_pelletier
from peaklib.risk.var_tests.dynamic_quantile import LAGS, dynamic_quantile
from peaklib.risk.var_tests.exceptions import Exceptions, check_exceptions
from peaklib.risk.var_tests.independence import (
    christoffersen_coverage,
    christoffersen_independence,
    transitions_of,
)
from peaklib.risk.var_tests.likelihood_ratio import check_significance
from peaklib.risk.var_tests.null_tails import NullTail
from peaklib.risk.var_tests.shortfall import (
    SIMULATIONS,
    ShortfallStatistic,
    ShortfallTest,
    acerbi_szekely,
)
from peaklib.risk.var_tests.traffic_light import BASEL_DAYS, Schedule, traffic_light


@dataclass(frozen=True)
class _Row:
    """A line of the table; a NaN p-value leaves the decision open, a zone takes its place."""

    test: str
    asks: str
    statistic: float
    dof: int | None
    p_value: float
    sentence: str
    zone: str = ""

    def decision(self, significance: float) -> str:
        if self.zone:
            return self.zone
        if math.isnan(self.p_value):
            return "undefined"
        return "rejected" if self.p_value < significance else "kept"


def run_var_tests(
    exceptions: Exceptions,
    *,
    significance: float = 0.05,
    lags: int = LAGS,
    null: NullTail | None = None,
    simulations: int = SIMULATIONS,
    schedule: Schedule = "1996",
    seed: int = 0,
) -> pd.DataFrame:
    """Run every test that the forecasts allow.

    The tests share their data and each is wrong about a right VaR with about `significance`,
    so one rejection among them is more likely than that: read them together.

    Args:
        exceptions: days with their hits; with `shortfall`, expected shortfall is tested too.
        significance: a p-value below it is a rejection, in (0, 1).
        lags: of `dynamic_quantile`.
        null: shape of the tail for `acerbi_szekely`.
        simulations: behind the p-values that are simulated.
        schedule: of the multiplier of `traffic_light`.
        seed: of the simulations.

    Returns:
        A row a test: `test`, `asks`, `statistic`, `dof` (missing where the p-value is not from
        the chi-squared distribution), `p_value`, `decision` and `sentence`. A decision is
        `rejected`, `kept` or `undefined` (the days cannot answer). The traffic light stands on
        the last 250 days; its statistic is their count of exceedances, its p-value the
        probability of so many or more, its decision the zone.

    Raises:
        DataError: no `Exceptions`, too few days for the tests, or an argument outside its range.
    """
    check_exceptions(exceptions)
    check_significance(significance)
    rows = [
        _coverage(exceptions),
        _first_failure(exceptions),
        _independence(exceptions),
        _conditional(exceptions),
        _durations(exceptions, simulations, seed),
        _dynamic(exceptions, lags, simulations, seed),
        _light(exceptions, schedule),
    ]
    if exceptions.shortfall is not None:
        rows += [_shortfall(acerbi, exceptions, null, simulations, seed) for acerbi in ("Z1", "Z2")]
    return pd.DataFrame(
        {
            "test": [row.test for row in rows],
            "asks": [row.asks for row in rows],
            "statistic": [row.statistic for row in rows],
            "dof": pd.array([row.dof for row in rows], dtype="Int64"),
            "p_value": [row.p_value for row in rows],
            "decision": [row.decision(significance) for row in rows],
            "sentence": [row.sentence for row in rows],
        }
    )


def _coverage(exceptions: Exceptions) -> _Row:
    found = kupiec_pof(exceptions.n_exceedances, exceptions.n_days, exceptions.tail)
    return _Row(
        "Kupiec",
        "as many exceedances as promised?",
        found.statistic,
        found.dof,
        found.p_value,
        f"{_exceedances(exceptions.n_exceedances)} in {_days(exceptions.n_days)}, "
        f"{exceptions.n_days * exceptions.tail:,.1f} promised",
    )


def _exceedances(count: int) -> str:
    return f"{count:,} exceedance{'' if count == 1 else 's'}"


def _days(count: int) -> str:
    return f"{count:,} day{'' if count == 1 else 's'}"


def _decimals(number: float) -> str:
    """Two decimals with a true minus, none before a zero."""
    return f"{round(number, 2) + 0.0:,.2f}".replace("-", "\N{MINUS SIGN}")


def _first_failure(exceptions: Exceptions) -> _Row:
    name, asks = "time until first failure", "the first one as late as promised?"
    if not exceptions.n_exceedances:
        words = f"no exceedance in {_days(exceptions.n_days)}"
        return _Row(name, asks, math.nan, 1, math.nan, words)
    first = int(exceptions.hits.argmax()) + 1
    found = time_until_first_failure(first, exceptions.tail)
    return _Row(
        name,
        asks,
        found.statistic,
        found.dof,
        found.p_value,
        f"the first exceedance came on day {first:,}, day {1 / exceptions.tail:,.0f} is expected",
    )


def _independence(exceptions: Exceptions) -> _Row:
    found = christoffersen_independence(exceptions.hits)
    pairs = transitions_of(exceptions.hits)
    after = pairs.n10 + pairs.n11
    return _Row(
        "Christoffersen, independence",
        "as likely after an exceedance as after a quiet day?",
        found.statistic,
        found.dof,
        found.p_value if after else math.nan,
        f"{pairs.n11:,} of {_days(after)} after an exceedance brought another, "
        f"{pairs.n01:,} of {pairs.n00 + pairs.n01:,} after a quiet one",
    )


def _conditional(exceptions: Exceptions) -> _Row:
    found = christoffersen_coverage(exceptions.hits, exceptions.tail)
    return _Row(
        "Christoffersen, conditional coverage",
        "the promised rate, whatever the day before was?",
        found.statistic,
        found.dof,
        found.p_value,
        "rate and independence together",
    )


def _durations(exceptions: Exceptions, simulations: int, seed: int) -> _Row:
    found = christoffersen_pelletier(exceptions.hits, simulations=simulations, seed=seed)
    return _Row(
        "Christoffersen–Pelletier, durations",
        "as likely soon after an exceedance as long after it?",
        found.statistic,
        None,
        found.p_value,
        _shape_in_words(found.shape),
    )


def _shape_in_words(shape: float) -> str:
    if math.isnan(shape):
        return "fewer than two exceedances: there are no durations"
    said = f"Weibull shape {shape:.2f} of the days between"
    if round(shape, 2) == 1.0:
        return f"{said}: neither in clusters nor evenly spread"
    where = "below 1: rather in clusters" if shape < 1 else "above 1: rather evenly spread"
    return f"{said}, {where}"


def _dynamic(exceptions: Exceptions, lags: int, simulations: int, seed: int) -> _Row:
    found = dynamic_quantile(exceptions, lags=lags, simulations=simulations, seed=seed)
    idle = found.regressors - found.dof
    return _Row(
        "dynamic quantile",
        "can an exceedance be foreseen?",
        found.statistic,
        None,
        found.p_value,
        f"from a constant, {lags} lag{'' if lags == 1 else 's'} of the exceedances and the VaR"
        + (f"; {idle} of these repeat{'s' if idle == 1 else ''} others" if idle else ""),
    )


def _light(exceptions: Exceptions, schedule: Schedule) -> _Row:
    last = exceptions.last(BASEL_DAYS)
    found = traffic_light(last.n_exceedances, last.n_days, last.tail, schedule=schedule)
    charge = "" if found.multiplier is None else f", multiplier {found.multiplier:.2f}"
    return _Row(
        "Basel traffic light",
        "too many exceedances of late?",
        float(found.n_exceedances),
        None,
        found.p_value,
        f"{_exceedances(found.n_exceedances)} in the last {_days(found.n_days)}: {found.zone} zone"
        + charge,
        found.zone,
    )


def _shortfall(
    test: ShortfallStatistic,
    exceptions: Exceptions,
    null: NullTail | None,
    simulations: int,
    seed: int,
) -> _Row:
    found = acerbi_szekely(exceptions, test, null=null, simulations=simulations, seed=seed)
    return _Row(
        f"Acerbi–Székely {test}",
        "losses beyond the VaR as large as forecast?"
        if test == "Z1"
        else "their size and number together as forecast?",
        found.statistic,
        None,
        found.p_value,
        _shortfall_in_words(found),
    )


def _shortfall_in_words(found: ShortfallTest) -> str:
    if math.isnan(found.statistic):
        return "no exceedance: there is no loss beyond the VaR to judge"
    return (
        f"{found.test} is {_decimals(found.statistic)}; 5 % of right forecasts are below "
        f"{_decimals(found.critical)}; tail: {found.null}"
    )
