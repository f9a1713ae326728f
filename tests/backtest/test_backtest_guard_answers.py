"""Guards that keep positions, give reasons, and see an account that only a backtest can make."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scratch import ROOT

from peaklib.backtest import AccountView, Answer, run_backtest
from peaklib.errors import LiveNotImplementedError, StrategyError


def at(bars: dict[int, Answer]):
    """A guard with something to say on some bars only."""
    return lambda account, due: bars.get(account.bar, Answer(due))


def test_what_is_kept_keeps_its_quantity_while_the_rest_pays_the_costs(make_panel, books) -> None:
    panel = make_panel({"A": [100, 100, 100, 125], "B": [50, 50, 40, 40]})
    keep_b = Answer(np.array([0.25, 0.0]), keep=np.array([False, True]), reason="too much A")
    result = run_backtest(
        [[0.5, 0.5]] * 4, panel, fill="close", fees_bps=2000, guard=at({1: keep_b, 2: keep_b})
    )
    book = books(result, capital=1_200)
    # Bar 0: E' = 1,200 - E'/5 = 1,000: 5 A at 100 and 10 B at 50, cost 200.
    # Bar 1: E' = 1,000 - (500 - E'/4) / 5 solves to 18,000 / 19: A is worth 4,500 / 19, and
    # the cost is (500 - 4,500 / 19) / 5 = 1,000 / 19. No B is traded, although the equity fell.
    # Bar 2: the same answer is no news: nothing is traded. B is now 40.
    # Bar 3: the guard lets go, so the target of a half is new to B and all is re-balanced:
    # before it cash 0 + 45/19 x 125 + 400 + what the sale of A brought: 4,000 / 19.
    cash = 5_000 / 19 * 0.8
    assert book.shares(0)[:3] == pytest.approx([5, 45 / 19, 45 / 19])
    assert book.shares(1)[:3] == [10, 10, 10]
    assert book.equity[:3] == pytest.approx([1_000, 18_000 / 19, 18_000 / 19 - 100], abs=0.01)
    equity = cash + 45 / 19 * 125 + 400
    assert equity == pytest.approx(906.5789, abs=1e-4)
    a, b = 125 * book.shares(0)[3], 40 * book.shares(1)[3]
    assert a == pytest.approx(book.equity[3] / 2, abs=0.01)
    assert b == pytest.approx(book.equity[3] / 2, abs=0.01)
    traded = abs(a - 45 / 19 * 125) + abs(b - 400)
    assert book.equity[3] == pytest.approx(equity - traded / 5, abs=0.01)


def test_the_quantity_that_is_kept_does_not_change_by_a_bit(make_panel) -> None:
    closes = {"A": [97, 101.3, 103.7, 99.1], "B": [31.7, 29.3, 33.1, 30.9]}
    keep_b = Answer(np.array([0.2, 1.0]), keep=np.array([False, True]))
    result = run_backtest(
        [[0.3, 0.6]] * 4, make_panel(closes), fill="close", fees_bps=13, guard=at({2: keep_b})
    )
    held = result.positions["B"].to_numpy()
    assert held[1] == held[2]
    assert result.positions["A"].iloc[2] < result.positions["A"].iloc[1]


def test_keeping_everything_trades_nothing_and_forgets_no_target(make_bars, books) -> None:
    data = make_bars([100, 100, 50, 50, 50])
    keep = Answer(np.zeros(1), keep=np.array([True]))
    held = run_backtest([1, 0.5, 0.5, 0.5, 0.5], data, fill="close", guard=at({1: keep, 2: keep}))
    # The change to a half is kept off on bars 1 and 2, and happens on bar 3.
    assert books(held, capital=100).shares() == [1, 1, 1, 0.5, 0.5]
    same = run_backtest([0.5] * 5, data, fill="close", guard=at({1: keep, 2: keep}))
    # Nothing was kept off here: a target that never changed is not traded to again.
    assert books(same, capital=100).shares() == [0.5] * 5


def test_trades_say_why_they_ended_and_a_table_what_the_guard_did(make_bars, books) -> None:
    data = make_bars([100, 120, 100, 100, 80, 100, 100, 100])
    guard = at(
        {
            1: Answer(np.array([0.5]), reason="half is enough"),
            4: Answer(np.array([0.0]), reason="stopped out"),
            6: Answer(np.array([-0.5])),
        }
    )
    target = [1, 1, -1, -1, -1, -1, -1, 1]
    result = run_backtest(target, data, fill="close", fees_bps=1000, guard=guard)
    assert list(result.trades["exit_reason"]) == [
        "target",
        "guard: stopped out",
        "target",
        None,
    ]
    done = result.interventions
    assert done is not None
    assert list(done["time"]) == [data.frame.index[bar] for bar in (1, 4, 6)]
    assert list(done["reason"]) == ["half is enough", "stopped out", ""]
    assert list(done["asset"]) == ["bars"] * 3
    # Bar 0: 10/11 of the wealth at 100. Bar 1: 12/11 - (12/11 - E'/2)/10 = E'; a half of it.
    before, equity = 1 / 110, (12 / 11 - 12 / 110) / 0.95
    after = equity / 2 / 120
    assert done["before"].iloc[0] == pytest.approx(before)
    assert done["after"].iloc[0] == pytest.approx(after)
    assert done["price"].iloc[0] == 120
    assert done["cost"].iloc[0] == pytest.approx((before - after) * 120 / 10)
    assert done["after"].iloc[1] == 0
    assert set(done["cost"] > 0) == {True}


def test_a_bare_target_interferes_without_a_reason(make_bars) -> None:
    data = make_bars([100, 100, 100])
    result = run_backtest(
        [1, 1, 1], data, fill="close", guard=lambda view, due: due * (view.bar < 1)
    )
    assert list(result.trades["exit_reason"]) == ["guard"]


@pytest.mark.parametrize(
    ("opens", "closes", "reasons"),
    [
        # Short 1 at 100, against 2 of cash: ruined at an open of 300, or at a close of it.
        ([100, 100, 300, 300], [100, 100, 300, 300], ["ruin"]),
        ([100, 100, 100, 300], [100, 100, 300, 300], ["ruin"]),
    ],
    ids=["at the fill", "at the close"],
)
def test_a_ruined_account_says_so(make_bars, opens, closes, reasons) -> None:
    data = make_bars(closes, open=opens)
    result = run_backtest([-1] * 4, data, guard=lambda _, due: due)
    assert result.ruined
    assert list(result.trades["exit_reason"]) == reasons


def test_a_flip_and_the_ruin_on_the_same_bar_are_told_apart(make_bars) -> None:
    data = make_bars([100, 100, 300, 300], open=[100, 100, 100, 300])
    flip = Answer(np.array([-1.0]), reason="turn round")
    result = run_backtest([1] * 4, data, guard=at({2: flip}))
    assert list(result.trades["side"]) == ["long", "short"]
    assert list(result.trades["exit_reason"]) == ["guard: turn round", "ruin"]


def test_the_last_sale_is_the_end_and_no_intervention(make_bars) -> None:
    data = make_bars([100, 100, 100])
    half = Answer(np.array([0.5]), reason="half")
    result = run_backtest([1] * 3, data, guard=at({1: half, 2: half}), liquidate=True)
    assert list(result.trades["exit_reason"]) == ["end"]
    assert list(result.interventions["after"]) == [0.005]


def test_without_a_guard_there_is_neither_column_nor_table(make_bars) -> None:
    result = run_backtest([1, 0, 1], make_bars([100, 110, 120]), fill="close")
    assert "exit_reason" not in result.trades
    assert result.interventions is None


def test_the_guard_is_told_the_last_close_and_the_rate_of_costs(make_bars) -> None:
    seen = []

    def watch(account: AccountView, due: np.ndarray) -> np.ndarray:
        seen.append((account.marked, account.equity, account.cost_rate))
        return due

    data = make_bars([100, 110, 121, 100], open=[100, 100, 100, 200])
    run_backtest([1] * 4, data, fees_bps=30, slippage_bps=20, guard=watch)
    bought = 1 / 1.005
    expected = [(1, 1), (1.1 * bought, bought), (1.21 * bought, 2 * bought)]
    assert [pair[:2] for pair in seen] == [pytest.approx(pair) for pair in expected]
    assert {rate for *_, rate in seen} == {0.005}


def test_nobody_but_a_backtest_makes_the_view_of_an_account(make_bars) -> None:
    fields = {"bar": 1, "time": pd.Timestamp("2024-01-01", tz="UTC"), "cash": 1.0, "equity": 1.0}
    rest = {"marked": 1.0, "cost_rate": 0.0, "quantity": np.zeros(1), "prices": np.ones(1)}
    for maker in ({}, {"maker": None}, {"maker": object()}, {"maker": "simulation"}):
        with pytest.raises(LiveNotImplementedError, match="only a backtest makes one"):
            AccountView(**fields, **rest, **maker)
    seen: list[AccountView] = []
    run_backtest([1, 1], make_bars([1, 1]), guard=lambda view, due: seen.append(view) or due)
    with pytest.raises((LiveNotImplementedError, ValueError)):
        replace(seen[0], cash=1e9)
    with pytest.raises(LiveNotImplementedError, match="derived from AccountView"):
        type("Broker", (AccountView,), {})


def test_nobody_but_the_backtest_reaches_for_what_makes_views_of_accounts() -> None:
    own = ROOT / "peaklib" / "backtest"
    private = re.compile(r"\b(_view_of|_SIMULATION|view_of)\b")
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in ("peaklib", "notebooks", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if path != Path(__file__) and private.search(path.read_text("utf-8"))
    }
    assert found == {(own / name).relative_to(ROOT).as_posix() for name in MAKERS}


MAKERS = ("guarding.py", "simulation.py")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(np.array([np.nan])),
        Answer(np.array([0.5, 0.5])),
        Answer(np.array([1.5]), keep=np.array([True])),
        Answer(np.array([0.5]), keep=np.array([1.0])),
        Answer(np.array([0.5]), keep=np.array([True, False])),
        "everything",
        {"target": 1},
    ],
    ids=["nan", "two", "beyond", "numbers", "two kept", "text", "table"],
)
def test_an_answer_that_is_none_is_an_error_that_names_the_bar(make_bars, answer) -> None:
    with pytest.raises(StrategyError, match=r"guard: returned .* at bar 1; expected 1 numbers"):
        run_backtest([1] * 3, make_bars([1, 1, 1]), guard=lambda _, __: answer)
