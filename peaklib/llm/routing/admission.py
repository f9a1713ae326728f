"""What has to be true before a row is asked: switches, policy, lock, sunset, price."""

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, NoReturn

from peaklib.errors import BudgetError, PeakError, PolicyViolation, ProviderError, SwitchedOffError
from peaklib.llm.books import Disabled
from peaklib.llm.roles import CRITIC, ESCALATION, Outcome
from peaklib.llm.routing.call import Call
from peaklib.llm.routing.desk import Desk
from peaklib.llm.routing.switches import ARMED, ENABLED, is_on, why_off
from peaklib.llm.settings.budgets import EVALS

if TYPE_CHECKING:
    from peaklib.llm.settings import Endpoint, Price, Row


@dataclass(frozen=True)
class Admitted:
    """A row that may be asked.

    Args:
        row: of the matrix.
        endpoint: where it is.
        price: what it costs.
    """

    row: "Row"
    endpoint: "Endpoint"
    price: "Price"


class Refused(Exception):
    """A row may not be asked.

    Args:
        outcome: why not, in one word.
        reason: why not, in a sentence.
        error: what the caller is told.
    """

    def __init__(self, outcome: Outcome, reason: str, error: PeakError) -> None:
        self.outcome = outcome
        self.reason = reason
        self.error = error
        super().__init__(reason)


def check_switches(call: Call, desk: Desk) -> None:
    """Make sure that models may be asked at all; a critic needs a second switch.

    So does everything that the critic's layer serves, except where it is measured.

    Raises:
        Refused: they may not.
    """
    escalates = call.chain[0].layer == ESCALATION and call.phase != EVALS
    for name in (ENABLED, ARMED) if call.role == CRITIC or escalates else (ENABLED,):
        if not is_on(desk.environ, name):
            reason = why_off(desk.environ, name)
            told = f"{call}: no model was asked, {reason}; set it to 1 to allow this"
            raise Refused(Outcome.DISABLED, reason, SwitchedOffError(told))


def admit(call: Call, row: "Row", desk: Desk) -> Admitted:
    """Ask policy, lock, sunset, price and key, in this order.

    Whether the row is disabled, the books say in the step that reserves.

    Raises:
        Refused: one of them says no.
        ConfigError: the address of the provider is not complete.
    """
    settings = desk.settings
    try:
        endpoint = settings.endpoint(row, desk.environ)
        settings.gate().check(row.provider, row.model_id, endpoint.base_url)
    except PolicyViolation as violation:
        raise Refused(Outcome.DENIED, str(violation), violation) from None
    if settings.profile == "prod":
        _check_for_prod(call, row, desk)
    price = settings.price(row)
    if price is None:
        reason = f"nobody knows what {row.service} costs; add it to configs/ai/prices.toml"
        _refuse(Outcome.BUDGET, reason, BudgetError(f"{call}: {reason}"))
    key = endpoint.key_variable
    if not endpoint.local and not (key and desk.environ.get(key, "").strip()):
        reason = f"{key} is not set; export the key of {row.provider}, or name another provider"
        _refuse(Outcome.AUTH, reason, ProviderError(f"{call}: {reason}"))
    return Admitted(row, endpoint, price)


def barred(call: Call, disabled: Disabled) -> Refused:
    """The refusal of a row whose service is disabled until a person clears it."""
    service = disabled.service
    since = disabled.since[:16].replace("T", " ")
    reason = f"{service} is disabled since {since} UTC ({disabled.reason})"
    then = f"look into it, then `{to_enable(service)}`"
    return Refused(Outcome.DISABLED, reason, SwitchedOffError(f"{call}: {reason}; {then}"))


def to_enable(service: str) -> str:
    """The command by which a person clears a service."""
    return f"peak llm enable {quote(service)} --by NAME --reason TEXT"


def _check_for_prod(call: Call, row: "Row", desk: Desk) -> None:
    if desk.settings.verified(row) is None:
        reason = "in prod only verified models are asked; run `peak eval` and `peak llm verify`"
        violation = PolicyViolation("lock", row.service, reason)
        _refuse(Outcome.DENIED, str(violation), violation)
    if row.ended(desk.today()):
        reason = f"{row.service} has ended on {row.sunset}; name another model in the matrix"
        _refuse(Outcome.GONE, reason, ProviderError(f"{call}: {reason}"))


def _refuse(outcome: Outcome, reason: str, error: PeakError) -> NoReturn:
    raise Refused(outcome, reason, error)
