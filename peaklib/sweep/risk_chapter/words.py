"""What a risk chapter says first, computed: verdict on the model, headline, sentences, gates."""

import math
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from peaklib import metrics
from peaklib.render import Fact, Verdict, format_metric
from peaklib.render.first_screen import Sign
from peaklib.sweep.risk_chapter.account import Account
from peaklib.sweep.risk_chapter.forecasts import Forecasts

# A p-value below this is a rejection that no reader would call bad luck.
DECISIVE: Final = 0.01
_LIGHT: Final = "Basel traffic light"
_GATES: Final = {
    "Kupiec": "As many exceptions as promised",
    "Christoffersen, independence": "One does not bring the next",
    "dynamic quantile": "None can be foreseen",
    "Acerbi–Székely Z2": "Losses beyond it as large as said",
    _LIGHT: "No cluster in the last year",
}


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

    def of(self, test: str, column: str) -> Any:
        """One number or word of one test."""
        return self.tests.set_index("test").at[test, column]


def gates_of(judged: Judged) -> list[Fact]:
    """Five tests of the model, each with its rule and what was found."""
    return [
        Fact(_sign(judged, test), name, _rule(judged, test), _value(judged, test))
        for test, name in _GATES.items()
    ]


def _sign(judged: Judged, test: str) -> Sign:
    found: dict[str, Sign] = {"kept": "pass", "green": "pass", "rejected": "fail", "red": "fail"}
    return found.get(judged.of(test, "decision"), "open")


def _rule(judged: Judged, test: str) -> str:
    if test == _LIGHT:
        return "green: fewer than would come of a right model once in 20 years"
    return f"{test}: p-value at least {judged.significance:.2f}"


def _value(judged: Judged, test: str) -> str:
    if test == _LIGHT:
        return f"{judged.of(test, 'decision')}, {judged.of(test, 'statistic'):.0f} in a year"
    p_value = float(judged.of(test, "p_value"))
    return "undefined" if math.isnan(p_value) else f"p {p_value:.2f}"


def verdict_of(judged: Judged) -> Verdict:
    """Supported if no test rejects the model, not supported if one does decisively."""
    signs = [_sign(judged, test) for test in _GATES]
    red = judged.of(_LIGHT, "decision") == "red"
    if red or any(float(judged.of(t, "p_value")) < DECISIVE for t in _GATES if t != _LIGHT):
        return Verdict.NOT_SUPPORTED
    return Verdict.SUPPORTED if all(sign == "pass" for sign in signs) else Verdict.INCONCLUSIVE


def headline_of(judged: Judged) -> str:
    """How often the forecast was exceeded, beside how often it should have been."""
    found = judged.model.exceptions
    times = f"{found.n_exceedances:,} time{'' if found.n_exceedances == 1 else 's'}"
    return (
        f"Losses passed the {100 * found.level:g} % VaR {times} in {found.n_days:,} days; "
        f"{found.tail * found.n_days:.0f} were promised"
    )


def sentences_of(account: Account, judged: Judged, stress: pd.DataFrame) -> list[str]:
    """What the account lost, what its worst window was, and what the model says of today."""
    return [
        _fell(account),
        _worst(stress),
        _today(judged),
        *([_idle(judged)] if judged.model.idle else []),
    ]


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
    return f"{judged.model.idle:,} days without a position test nothing and are left out."


def _loss(share: float) -> str:
    """A fall as a positive percentage."""
    return format_metric("max_dd", abs(share))
