"""Guards: what one sees of a simulated account, what it may answer, and what came of it."""

from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from typing import Final, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.backtest import account, trades
from peaklib.errors import LiveNotImplementedError, StrategyError

Floats = NDArray[np.float64]

TARGET: Final = "target"
END: Final = "end"
RUIN: Final = "ruin"
GUARD: Final = "guard"

_SIMULATION: Final = object()


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class AccountView:
    """What a guard sees of the simulated account, just before the fill of a bar.

    A backtest makes it of its own account; calling the class, copying one with other values or
    deriving from it is refused. So an account of another kind is not taken for a simulated one by
    mistake. It is no proof against code that reaches for the private parts of this module.

    Args:
        bar, time: where the account stands; the time is the start of the bar.
        cash, equity: in units of the starting wealth, positions at the fill prices.
        marked: equity at the close before this bar; 1.0 before the first.
        cost_rate: fees and slippage of a fill, as a share of the traded notional.
        quantity: (n_assets,) held.
        prices: (n_assets,) at which the fill would happen.

    Raises:
        LiveNotImplementedError: something else than a backtest makes one.
    """

    bar: int
    time: pd.Timestamp
    cash: float
    equity: float
    marked: float
    cost_rate: float
    quantity: Floats
    prices: Floats
    maker: InitVar[object] = None

    def __post_init__(self, maker: object) -> None:
        if maker is not _SIMULATION:
            raise LiveNotImplementedError(
                "AccountView: made by hand, and only a backtest makes one, of its own account; "
                "give the guard to run_backtest(guard=...), there is no other account here"
            )

    def __init_subclass__(cls) -> None:
        raise LiveNotImplementedError(
            f"{cls.__name__}: derived from AccountView, which would let something else pass for "
            "a simulated account; write a guard instead"
        )


@dataclass(frozen=True, eq=False)
class Answer:
    """What a guard allows, where a bare target does not say enough.

    Args:
        target: (n_assets,) positions in [-1, 1] that may be traded to.
        keep: (n_assets,) true where the quantity stays as it is, whatever the target says.
        reason: why it interferes, as trades will show it; empty if it does not.
    """

    target: Floats
    keep: NDArray[np.bool_] | None = None
    reason: str = ""


Guard = Callable[[AccountView, Floats], Floats | Answer]


def _view_of(
    bar: int,
    time: pd.Timestamp,
    cash: float,
    marked: float,
    cost_rate: float,
    quantity: Floats,
    fill_prices: Floats,
) -> AccountView:
    """The view of a simulation's account, for `simulation` and for nobody else; see `AccountView`.

    Args:
        fill_prices: (n_bars, n_assets).
    """
    return AccountView(
        bar=bar,
        time=time,
        cash=cash,
        equity=cash + float(account.value_of(quantity, fill_prices, bar)),
        marked=marked,
        cost_rate=cost_rate,
        quantity=quantity.copy(),
        prices=fill_prices[bar].copy(),
        maker=_SIMULATION,
    )


@dataclass
class Interventions:
    """Where a guard answered something else than the target that was due.

    Args:
        changed: by bar, (n_assets,) true where the answer differs, and the guard's reason.
        n_orders: fills of orders; what comes after them is the last sale.
    """

    changed: dict[int, tuple[NDArray[np.bool_], str]] = field(default_factory=dict)
    n_orders: int = 0

    def admit(self, answer: object, due: Floats, t: int) -> Floats:
        """Note an answer; returns it as a target, NaN where the quantity is kept.

        Raises:
            StrategyError: the answer is no target.
        """
        target, keep, reason = answer, np.zeros(due.size, np.bool_), ""
        if isinstance(answer, Answer):
            target, reason = answer.target, answer.reason
            keep = keep if answer.keep is None else np.asarray(answer.keep)
        allowed = _numbers(target)
        fits = allowed.shape == due.shape and bool(np.all(np.abs(allowed) <= 1.0))
        if not fits or keep.shape != due.shape or keep.dtype != np.bool_:
            raise StrategyError(
                f"guard: returned {answer!r} at bar {t}; expected {due.size} numbers from -1 to 1"
                ", and as many booleans where it says what to keep"
            )
        allowed[keep] = np.nan
        changed = allowed != due
        if changed.any():
            self.changed[t] = changed, reason
        return allowed

    def reasons(self, fills: Floats) -> list[str]:
        """Why each fill happened.

        Args:
            fills: (n_fills, account.FILL_WIDTH) all of the account, in their order.

        Returns:
            `target`, `guard` (with its reason, if it gave one), `ruin` or `end`.
        """
        return [self._reason(number, fill) for number, fill in enumerate(fills)]

    def _reason(self, number: int, fill: Floats) -> str:
        # An account buys nothing without equity: such a fill is the sale of a ruined one.
        if fill[account.EQUITY_BEFORE] <= 0.0:
            return RUIN
        if number >= self.n_orders:
            return END
        changed, reason = self.changed.get(int(fill[account.BAR]), (None, ""))
        if changed is None or not changed[int(fill[account.ASSET])]:
            return TARGET
        return f"{GUARD}: {reason}" if reason else GUARD

    def exit_reasons(self, fills: Floats, trips: Floats) -> list[str | None]:
        """Why each round trip ended, None while it is open.

        Args:
            fills: as `reasons`.
            trips: (n_trips, trades.TRIP_WIDTH) joined from them.
        """
        ended: dict[int, list[str]] = {}
        for fill, reason in zip(fills, self.reasons(fills), strict=True):
            before, after = fill[account.BEFORE], fill[account.AFTER]
            if before != 0.0 and before * after <= 0.0:
                ended.setdefault(int(fill[account.ASSET]), []).append(reason)
        # An asset's trips end in the order in which they began.
        exits = {asset: iter(reasons) for asset, reasons in ended.items()}
        return [
            None if trip[trades.EXIT_BAR] < 0 else next(exits[int(trip[trades.ASSET])])
            for trip in trips
        ]

    def table(self, fills: Floats, index: pd.DatetimeIndex, assets: list[str]) -> pd.DataFrame:
        """The guard's own fills, one row each.

        Args:
            fills: as `reasons`.
            index: (n_bars,) stamps, the start of each bar.
            assets: names.

        Returns:
            `time, asset, before, after, price, cost, reason`: quantities before and after the
            fill, money in units of the starting wealth.
        """
        reasons = self.reasons(fills)
        rows = [number for number, reason in enumerate(reasons) if reason.startswith(GUARD)]
        own = fills[rows]
        return pd.DataFrame(
            {
                "time": index[own[:, account.BAR].astype(np.int64)],
                "asset": [assets[int(asset)] for asset in own[:, account.ASSET]],
                "before": own[:, account.BEFORE],
                "after": own[:, account.AFTER],
                "price": own[:, account.PRICE],
                "cost": own[:, account.COST],
                "reason": [reasons[row].removeprefix(GUARD).removeprefix(": ") for row in rows],
            }
        )


def _numbers(target: object) -> Floats:
    """An array of its own; empty if they are no numbers."""
    try:
        return np.array(target, dtype=np.float64)
    except (TypeError, ValueError):
        return np.empty(0)
