"""What a risk chapter says first, computed: verdict on the model, headline, sentences, gates."""

import math
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from peaklib import metrics
from peaklib.render import Fact, Verdict, format_metric
from peaklib.render.first_screen import Sign
from peaklib.risk import Exceptions, zone_limits
from peaklib.sweep.risk_chapter.account import Account
from peaklib.sweep.risk_chapter.forecasts import Forecasts

# A p-value below this is a rejection that no reader would call bad luck.
DECISIVE: Final = 0.01
# A model is called good only by days that would have found a bad one at least this often.
ENOUGH_POWER: Final = 0.5
# With more days apart than this share, tests that read the order of days do not decide.
MOST_APART: Final = 0.05
_LIGHT: Final = "Basel traffic light"
_GATES: Final = {
    "Kupiec": "As many exceedances as promised",
    "Acerbi–Székely Z2": "Losses beyond it as large as said",
    "Christoffersen, independence": "One does not bring the next",
    "dynamic quantile": "None can be foreseen",
    _LIGHT: "Not too many of late",
}
_ORDERED: Final = ("Christoffersen, independence", "dynamic quantile", _LIGHT)


@dataclass(frozen=True)
class Judged:
    """The model that the chapter is about, and how it did.

    Args:
        model: forecasts and the days that judge them.
        tests: rows of `models_table` of this model.
        significance: a p-value below it is a rejection.
    """

    model: Forecasts
    tests: pd.DataFrame
    significance: float

    @property
    def power(self) -> float:
        """Probability that these days find a model that is passed twice as often as it says."""
        return self.model.power(self.significance)

    @property
    def in_order(self) -> bool:
        """Whether nearly all judged days follow one another, so that order means something."""
        return self.model.apart <= MOST_APART

    def of(self, test: str, column: str) -> Any:
        """One number or word of one test."""
        return self.tests.set_index("test").at[test, column]

    def decides(self, test: str) -> bool:
        """Whether a test may speak for or against the model."""
        return self.in_order or test not in _ORDERED


def gates_of(judged: Judged) -> list[Fact]:
    """Five tests of the model, each with its rule and what was found."""
    return [
        Fact(_sign(judged, test), name, _rule(judged, test), _value(judged, test))
        for test, name in _GATES.items()
    ]


def _sign(judged: Judged, test: str) -> Sign:
    if not judged.decides(test):
        return "open"
    word = judged.of(test, "decision")
    if word in ("rejected", "red"):
        return "fail"
    return "pass" if word in ("kept", "green") and judged.power >= ENOUGH_POWER else "open"


def _rule(judged: Judged, test: str) -> str:
    if not judged.decides(test):
        share = format_metric("share", judged.model.apart)
        return f"does not decide: {share} of the judged days do not follow one another"
    if test != _LIGHT:
        weak = "" if judged.power >= ENOUGH_POWER else "; too few days to pass"
        return f"{test}: p-value at least {judged.significance:.2f}{weak}"
    limits = zone_limits(_last(judged).n_days, judged.model.exceptions.tail)
    return f"Basel: fewer than {limits.yellow} in the last {_last(judged).n_days} judged days"


def _value(judged: Judged, test: str) -> str:
    if test == _LIGHT:
        return f"{judged.of(test, 'decision')}, {judged.of(test, 'statistic'):.0f}"
    p_value = float(judged.of(test, "p_value"))
    if math.isnan(p_value):
        return "undefined"
    if p_value < 0.01:
        return "p < 0.01"
    # A number that rounds to the threshold would not say on which side of it it lies.
    close = f"{p_value:.2f}" == f"{judged.significance:.2f}"
    return f"p {p_value:.3f}" if close else f"p {p_value:.2f}"


def _last(judged: Judged) -> Exceptions:
    return judged.model.exceptions.last(250)


def verdict_of(judged: Judged) -> Verdict:
    """Not supported if a test rejects the model decisively, supported if all of them keep it.

    Days that would miss a model that is passed twice as often as it says support nothing.
    """
    deciding = [test for test in _GATES if judged.decides(test)]
    red = _LIGHT in deciding and judged.of(_LIGHT, "decision") == "red"
    if red or any(float(judged.of(t, "p_value")) < DECISIVE for t in deciding if t != _LIGHT):
        return Verdict.NOT_SUPPORTED
    passed = all(_sign(judged, test) == "pass" for test in _GATES)
    return Verdict.SUPPORTED if passed else Verdict.INCONCLUSIVE


def headline_of(judged: Judged) -> str:
    """How often the forecast was exceeded, beside how often it should have been."""
    found = judged.model.exceptions
    times = f"{found.n_exceedances:,} time{'' if found.n_exceedances == 1 else 's'}"
    expected = found.tail * found.n_days
    shown = f"{expected:.1f}" if expected < 10 else f"{expected:.0f}"
    return (
        f"Losses passed the {100 * found.level:g} % VaR {times} in {found.n_days:,} days; "
        f"{shown} are expected"
    )


def sentences_of(account: Account, judged: Judged, stress: pd.DataFrame) -> list[str]:
    """What the account lost, what its worst window was, and what the model says of today."""
    return [
        _fell(account),
        _worst(stress),
        _today(judged),
        _power(judged),
        *([_idle(judged)] if judged.model.idle else []),
    ]


def _power(judged: Judged) -> str:
    share = format_metric("share", judged.power)
    days = f"{judged.model.exceptions.n_days:,} days"
    enough = "" if judged.power >= ENOUGH_POWER else ", too few to call one good"
    return (
        "A model that is passed twice as often as it says would be found out in "
        f"{share} of cases by {days}{enough}."
    )


def _fell(account: Account) -> str:
    own, held = (metrics.max_drawdown(r.to_numpy()) for r in (account.returns, account.market))
    if account.returns.equals(account.market):
        return f"From {account.span} it fell by up to {_loss(own)} from a peak."
    word = "less" if own > held else "more"
    return (
        f"From {account.span} it fell by up to {_loss(own)} from a peak, {word} than holding "
        f"({_loss(held)})."
    )


def _worst(stress: pd.DataFrame) -> str:
    windows = stress[(stress["kind"] == "historical") & stress["loss"].notna()]
    outside = int((stress["status"] == "outside the data").sum())
    others = "1 window lies" if outside == 1 else f"{outside} windows lie"
    beyond = f" {others} outside the data." if outside else ""
    if windows.empty:
        return "No window of the past lies inside the data." + beyond
    worst = windows.sort_values("loss", ascending=False, kind="stable").to_dict("records")[0]
    if worst["loss"] <= 0:
        return f"It lost in none of {len(windows)} windows of the past." + beyond
    return (
        f"Its worst window of the past is {worst['title']}: {_loss(worst['loss'])}, holding lost "
        f"{_loss(worst['hold_loss'])}.{beyond}"
    )


def _today(judged: Judged) -> str:
    found = judged.model.exceptions
    day = "" if found.index is None else f" for {found.index[-1]:%Y-%m-%d}"
    shortfall = (
        ""
        if found.shortfall is None
        else f", and {_loss(float(found.shortfall[-1]))} on average beyond it"
    )
    return (
        f"The last forecast of {judged.model.measure}{day} was a loss of up to "
        f"{_loss(float(found.var[-1]))} with {100 * found.level:g} % confidence{shortfall}."
    )


def _idle(judged: Judged) -> str:
    return (
        f"{judged.model.idle:,} days with nothing at risk the evening before test nothing and are "
        "left out."
    )


def _loss(share: float) -> str:
    """A fall as a positive percentage."""
    return format_metric("max_dd", abs(share))
