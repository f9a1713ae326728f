"""One answer of the gate to one question, and how it is said."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple


class Check(NamedTuple):
    """What one check found.

    Args:
        name: of the check, one of `CHECKS`.
        value: what was found; None if it is not computable.
        limit: what it may be; None if the limits are malformed.
        ok: whether the order may pass, as far as this check goes.
        problem: why it is not computable, or what else is wrong; empty if value and limit say it.
    """

    name: str
    value: float | str | bool | None
    limit: float | str | bool | None
    ok: bool
    problem: str = ""

    @property
    def label(self) -> str:
        """What is checked, in words."""
        return _WORDS[self.name][0]

    @property
    def shown(self) -> tuple[str, str]:
        """Value and limit with their units; a dash where there is none."""
        show = _WORDS[self.name][1]
        value, limit = ("–" if each is None else show(each) for each in (self.value, self.limit))
        return value, limit

    @property
    def sentence(self) -> str:
        """The check in one sentence, with value and limit."""
        if self.problem:
            how = "" if self.value is not None else "not computable: "
            return f"{self.label}: {how}{self.problem}"
        value, limit = self.shown
        if self.name in _PHRASES:
            return f"{self.label}: {_PHRASES[self.name][self.ok].format(value)}"
        if value == limit and not self.ok:
            value, limit = repr(self.value), repr(self.limit)
        return f"{self.label} {value} is {'within' if self.ok else 'over'} {limit}"


def _money(value: Any) -> str:
    return f"{value:,.2f}"


def _share(value: Any) -> str:
    return f"{100 * value:,.2f} %"


def _ratio(value: Any) -> str:
    return f"{value:,.2f}×"


def _seconds(value: Any) -> str:
    return f"{value:,.1f} s"


def _switch(value: Any) -> str:
    return "on" if value else "off"


_WORDS: Final[Mapping[str, tuple[str, Callable[[Any], str]]]] = {
    "stage": ("stage", str),
    "kill_switch": ("kill switch", _switch),
    "inputs": ("inputs", str),
    "symbol": ("symbol", str),
    "price_age": ("age of the oldest price or state", _seconds),
    "price_gap": ("gap of the order's price", _share),
    "order_notional": ("order notional", _money),
    "position_notional": ("resulting position", _money),
    "gross_exposure": ("resulting gross exposure", _money),
    "net_exposure": ("resulting net exposure", _money),
    "leverage": ("resulting leverage", _ratio),
    "concentration": ("largest resulting position by equity", _share),
    "daily_loss": ("loss of the day", _share),
    "drawdown": ("drawdown from the peak", _share),
    "order_rate": ("orders in the window, with this one:", str),
    "var": ("value at risk of the resulting book", _share),
    "stress_loss": ("worst stress loss of the resulting book", _share),
}

_PHRASES: Final[Mapping[str, tuple[str, str]]] = {
    "stage": ("{} is not allowed", "{} is allowed"),
    "kill_switch": ("it is {}", "it is {}"),
    "inputs": ("{} mistakes", "every field is there and well-formed"),
    "symbol": ("{} is not allowed", "{} is allowed"),
}

CHECKS: Final = tuple(_WORDS)
"""Names of all checks, in the order in which a decision reports them."""
