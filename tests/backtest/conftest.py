"""How the hand-worked ledgers of this folder are read."""

from dataclasses import dataclass

import pytest

from peaklib.backtest import BacktestResult


@dataclass(frozen=True)
class Books:
    """A result in money and shares, for an account that started with `capital`.

    peaklib's accounts start with 1.0. A capital is chosen for each ledger so that a fill
    is a round number of shares and the sums can be followed by head.
    """

    result: BacktestResult
    capital: float

    @property
    def equity(self) -> list[float]:
        return [round(self.capital * value, 2) for value in self.result.equity]

    def shares(self, asset: int = 0) -> list[float]:
        held = self.result.positions.iloc[:, asset]
        return [round(self.capital * quantity, 6) for quantity in held]

    def trades(self, *columns: str) -> list[tuple[object, ...]]:
        """Columns of the trades table, money and quantities scaled."""
        money = {"quantity", "costs", "profit"}
        table = self.result.trades.loc[:, list(columns)].copy()
        for name in columns:
            if name in money:
                table[name] = (self.capital * table[name]).round(6)
            elif name in {"entry_price", "exit_price"}:
                table[name] = table[name].round(9)
        return list(table.itertuples(index=False, name=None))


@pytest.fixture(scope="session")
def books() -> type[Books]:
    return Books
