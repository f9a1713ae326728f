"""The guard sees the account before a fill, and only its answer is traded to."""

import numpy as np
import pytest

from peaklib.backtest import AccountView, run_backtest
from peaklib.errors import DataError, StrategyError

OPEN = [98, 99, 100, 104, 110, 107]
CLOSE = [99, 101, 103, 108, 109, 106]


@pytest.fixture(scope="module")
def data(make_bars):
    return make_bars(open=OPEN, close=CLOSE)


def permit(_: AccountView, due: np.ndarray) -> np.ndarray:
    return due


def test_the_guard_sees_the_account_at_the_fill_prices_of_the_bar(data) -> None:
    seen: list[tuple[AccountView, float]] = []

    def watch(account: AccountView, due: np.ndarray) -> np.ndarray:
        seen.append((account, float(due[0])))
        return due

    run_backtest([0, 1, 1, 0, 0, 0], data, guard=watch, fees_bps=100)
    # The first decision is due on bar 1; the capital of 10,100 buys 100 shares on bar 2.
    assert [view.bar for view, _ in seen] == [1, 2, 3, 4, 5]
    assert [view.time for view, _ in seen] == list(data.frame.index[1:])
    assert [due for _, due in seen] == [0, 1, 1, 0, 0]
    assert [float(view.prices[0]) for view, _ in seen] == OPEN[1:]
    shares = [10_100 * float(view.quantity[0]) for view, _ in seen]
    assert shares == pytest.approx([0, 0, 100, 100, 0])
    cash = [10_100 * view.cash for view, _ in seen]
    assert cash == pytest.approx([10_100, 10_100, 0, 0, 10_890], abs=1e-9)
    equity = [10_100 * view.equity for view, _ in seen]
    # Bar 3 at its open of 104, bar 4 at 110 before the costs of the sale.
    assert equity == pytest.approx([10_100, 10_100, 10_400, 11_000, 10_890])


def test_a_guard_can_flatten_the_account(make_bars, books) -> None:
    falling = make_bars(open=[100, 100, 95, 85, 70, 60], close=[100, 98, 90, 80, 65, 60])

    def stop(account: AccountView, due: np.ndarray) -> np.ndarray:
        return due if account.equity > 0.9 else np.zeros_like(due)

    result = run_backtest([1] * 6, falling, guard=stop)
    book = books(result, capital=10_000)
    # 100 at 100 on bar 1; bar 3 opens at 85, below the stop, and is sold there.
    assert book.equity == [10_000, 9_800, 9_000, 8_500, 8_500, 8_500]
    assert book.shares() == [0, 100, 100, 0, 0, 0]


def test_a_guard_can_act_although_the_target_has_not_changed(data, books) -> None:
    def halve(account: AccountView, due: np.ndarray) -> np.ndarray:
        return due / 2 if account.bar >= 4 else due

    result = run_backtest([1] * 6, data, guard=halve)
    shares = books(result, capital=99).shares()
    assert shares == [0, 1, 1, 1, 0.5, 0.5]


@pytest.mark.parametrize("fill", ["next_open", "close"])
@pytest.mark.parametrize("liquidate", [False, True])
def test_a_guard_that_permits_everything_changes_no_bit(sp500, fill, liquidate) -> None:
    terms = {
        "fill": fill,
        "liquidate": liquidate,
        "fees_bps": 7,
        "slippage_bps": 3,
        "borrow_bps": 40,
        "cash_rate": 0.02,
    }
    params = {"short": 0.7, "window": 60}
    free = run_backtest("momentum", sp500, params, **terms)
    guarded = run_backtest("momentum", sp500, params, guard=permit, **terms)
    assert guarded.equity.to_numpy().tobytes() == free.equity.to_numpy().tobytes()
    assert guarded.positions.equals(free.positions)
    assert guarded.trades.drop(columns="exit_reason").equals(free.trades)
    ended = guarded.trades.loc[~guarded.trades["open"], "exit_reason"]
    assert set(ended) <= {"target", "end"}
    assert guarded.metrics == free.metrics


def test_the_last_sale_happens_with_a_guard_too(data, books) -> None:
    def never_below_one(_: AccountView, due: np.ndarray) -> np.ndarray:
        return np.ones_like(due)

    result = run_backtest([0] * 6, data, guard=never_below_one, liquidate=True)
    assert books(result, capital=99).shares() == [0, 1, 1, 1, 1, 0]
    assert books(result, capital=99).equity[-1] == 106


@pytest.mark.parametrize("answer", [None, np.nan, [np.nan], [1.5], [-2], [0.5, 0.5], []], ids=repr)
def test_an_answer_that_is_no_target_is_an_error_that_names_the_bar(data, answer) -> None:
    with pytest.raises(StrategyError, match=r"guard: returned .* at bar 1; expected 1 numbers"):
        run_backtest([1] * 6, data, guard=lambda _, __: answer)


def test_what_a_guard_writes_into_its_arguments_changes_nothing(data) -> None:
    def scribble(account: AccountView, due: np.ndarray) -> np.ndarray:
        answer = due.copy()
        account.quantity[:] = 99
        account.prices[:] = 1
        due[:] = -1
        return answer

    free = run_backtest([0, 1, 1, 0, -1, 0], data)
    assert run_backtest([0, 1, 1, 0, -1, 0], data, guard=scribble).equity.equals(free.equity)


def test_the_guard_does_not_change_the_callers_target(data) -> None:
    target = np.ones(6)
    run_backtest(target, data, guard=lambda _, due: due * 0)
    assert np.all(target == 1)


def test_a_guard_over_a_panel_sees_all_assets(make_panel) -> None:
    panel = make_panel({"A": [100, 100, 100], "B": [50, 50, 50]})
    sizes = []

    def watch(account: AccountView, due: np.ndarray) -> np.ndarray:
        sizes.append((account.quantity.size, account.prices.size, due.size))
        return due

    run_backtest([[0.5, 0.5]] * 3, panel, guard=watch, fill="close")
    assert sizes == [(2, 2, 2)] * 3


def test_the_guard_sees_interest_that_the_fill_is_sized_with(make_bars) -> None:
    seen = []

    def watch(account: AccountView, due: np.ndarray) -> np.ndarray:
        seen.append(account.equity)
        return due

    flat = make_bars([100.0] * 4)
    run_backtest([0, 0, 0, 0], flat, guard=watch, fill="close", cash_rate=0.252)
    assert seen == pytest.approx([1, 1.001, 1.001**2, 1.001**3])


def test_a_guard_cannot_trade_what_is_not_listed(make_panel) -> None:
    panel = make_panel({"A": [100, 100, 100], "B": [float("nan"), 50, 50]})
    with pytest.raises((DataError, StrategyError), match="'B'"):
        run_backtest([[0, 0]] * 3, panel, guard=lambda _, due: np.full_like(due, 0.5), fill="close")
