"""The order that somebody would like to send, before anybody has checked it."""

from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from peaklib.risk.gating.reading import (
    LARGEST,
    SMALLEST,
    kind_of,
    number_problem,
    outline,
    shown,
    sorted_out,
    text_problem,
)

SIDES: Final = ("buy", "sell")
ORDER_FIELDS: Final = ("symbol", "side", "quantity", "price", "stage")


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderIntent:
    """An order before the gate has seen it. Nothing is checked here: the gate does, and blocks.

    Args:
        symbol: as the limits spell it.
        side: `buy` or `sell`.
        quantity: units to trade, positive, whatever the side.
        price: per unit in the account's currency: its limit, or for a market order the price
            that it was decided at.
        stage: where it would go, one of `STAGES`; `live` does not exist and is denied.
        unknown: fields that a file had and that do not exist; any is a block.
    """

    symbol: str
    side: Literal["buy", "sell"]
    quantity: float
    price: float
    stage: str
    unknown: tuple[str, ...] = ()

    @classmethod
    def from_fields(cls, fields: object) -> Self:
        """An intent from a table as read from a file, however wrong it is.

        Args:
            fields: a plain dict; what is missing in it or unknown is a block, no exception.
        """
        known, unknown = sorted_out(ORDER_FIELDS, fields)
        return cls(**known, unknown=unknown)


def order_problems(order: object) -> list[str]:
    """What is malformed about an order's fields; what it asks for may still be forbidden."""
    if type(order) is not OrderIntent:
        return [f"the order is of type {kind_of(order)}, not OrderIntent"]
    if _is_plain(order):
        return []
    found = [
        None if type(order.symbol) is str else text_problem("order.symbol", order.symbol, ()),
        text_problem("order.side", order.side, SIDES),
        number_problem("order.quantity", order.quantity, SMALLEST, LARGEST),
        number_problem("order.price", order.price, SMALLEST, LARGEST),
        None if type(order.stage) is str else text_problem("order.stage", order.stage, ()),
    ]
    return [problem for problem in found if problem is not None]


def _is_plain(order: Any) -> bool:
    """Whether nothing at all is malformed: the quick answer for nearly every order."""
    return bool(
        type(order.quantity) is float
        and type(order.price) is float
        and type(order.symbol) is str
        and type(order.side) is str
        and type(order.stage) is str
        and SMALLEST <= order.quantity <= LARGEST
        and SMALLEST <= order.price <= LARGEST
        and order.side in SIDES
    )


def unknown_problems(owner: str, unknown: object) -> list[str]:
    """One problem for each field that does not exist; the others may be well-formed."""
    if type(unknown) is not tuple:
        return [f"{owner}.unknown is {shown(unknown)}, not a tuple"]
    return [f"{owner} has a field that does not exist: {shown(name)}" for name in unknown]


def order_outline(order: object) -> Any:
    """What of an order goes into the digest of a decision."""
    if type(order) is not OrderIntent:
        return {"other": kind_of(order)}
    return [
        outline(order.symbol),
        outline(order.side),
        outline(order.quantity),
        outline(order.price),
        outline(order.stage),
        outline(order.unknown),
    ]
