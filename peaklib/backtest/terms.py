"""The terms of a backtest: when orders are filled and what trading and holding cost."""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Literal

from peaklib.errors import DataError

Fill = Literal["next_open", "close"]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Fill convention, costs and financing.

    Args:
        fill: `next_open` fills at the open of the bar `lag` bars after the decision.
            `close` fills at the close of the deciding bar (lag 1) or of a later one; it
            is optimistic, because the price that decides is the price that is paid.
        lag: bars from decision to fill, at least 1.
        fees_bps, slippage_bps: cost of traded notional, in basis points a side.
        borrow_bps: fee for shares sold short, basis points a year of their value.
        cash_rate: interest a year, a fraction, on cash that is no short-sale proceeds.
        liquidate: sell an open position at the last close instead of marking it.
    """

    fill: Fill = "next_open"
    lag: int = 1
    fees_bps: float = 0.0
    slippage_bps: float = 0.0
    borrow_bps: float = 0.0
    cash_rate: float = 0.0
    liquidate: bool = False

    def __post_init__(self) -> None:
        if self.fill not in ("next_open", "close"):
            raise DataError(f"fill = {self.fill!r}; allowed: 'next_open', 'close'")
        if not _is_whole(self.lag) or self.lag < 1:
            raise DataError(f"lag = {self.lag!r}; a decision is filled 1 or more bars later")
        for name in ("fees_bps", "slippage_bps", "borrow_bps"):
            value = getattr(self, name)
            if not _is_number(value) or not 0 <= value < 10_000:
                raise DataError(f"{name} = {value!r}; allowed: from 0 to below 10,000, in 1e-4")
        if self.cost_rate >= 1:
            raise DataError(
                f"fees_bps + slippage_bps = {self.fees_bps + self.slippage_bps:g}; together they "
                "must stay below 10,000, else no trade could be paid for"
            )
        if not _is_number(self.cash_rate) or not -1 < self.cash_rate < 1:
            raise DataError(f"cash_rate = {self.cash_rate!r}; a fraction a year, 0.03 for 3 %")

    @property
    def cost_rate(self) -> float:
        """Fees and slippage as a share of the traded notional."""
        return (self.fees_bps + self.slippage_bps) / 10_000

    @property
    def delay(self) -> int:
        """Bars between the deciding bar and the bar of the fill."""
        return self.lag if self.fill == "next_open" else self.lag - 1

    def describe(self) -> str:
        """The convention in a sentence, as every result shows it."""
        more = self.lag - 1
        later = f", {more} bar{'' if more == 1 else 's'} later" if more else ""
        when = {
            "next_open": f"decided at the close, filled at the next open{later}",
            "close": f"decided and filled at the close{later}"
            + (" (optimistic)" if self.lag == 1 else ""),
        }[self.fill]
        return (
            f"{when}; fees {self.fees_bps:g} bp + slippage {self.slippage_bps:g} bp a side; "
            f"borrow {self.borrow_bps:g} bp a year; cash earns {100 * self.cash_rate:g} % a year"
        )


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
