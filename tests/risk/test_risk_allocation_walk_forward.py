"""Walking allocations forward: no look-ahead, real rebalances, the same bars for all."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from peaklib.data import Panel, load_panel
from peaklib.errors import DataError
from peaklib.risk.allocation.allocate import allocate
from peaklib.risk.allocation.constraints import Constraints
from peaklib.risk.allocation.spec import AllocationSpec
from peaklib.risk.allocation.walk_forward import target_weights, walk_forward_allocation

MakePanel = Callable[..., Panel]

CHEAP = ("inverse_volatility", "risk_parity", "hrp")


def random_prices(seed: int, n_bars: int, names: Sequence[str] = "abc") -> dict[str, list[float]]:
    rng = np.random.default_rng(seed)
    steps = rng.normal(0.0005, 0.01, (n_bars, len(names))) * np.arange(1, len(names) + 1)
    prices = 100 * np.cumprod(1 + steps, axis=0)
    return {name: prices[:, at].tolist() for at, name in enumerate(names)}


def test_later_closes_do_not_change_earlier_targets(make_panel: MakePanel) -> None:
    close = make_panel(random_prices(1, 90)).close
    changed = close.copy()
    changed.iloc[61:] *= np.array([3.0, 0.2, 1.7])
    for method in CHEAP:
        for frame in (close.iloc[:61], changed):
            whole, part = (
                target_weights(each, AllocationSpec(method=method), train_bars=30, rebalance=5)
                for each in (close, frame)
            )
            pd.testing.assert_frame_equal(whole.iloc[:61], part.iloc[:61], check_freq=False)


def test_a_target_is_the_allocation_of_the_returns_up_to_its_bar(make_panel: MakePanel) -> None:
    close = make_panel(random_prices(2, 60)).close
    targets = target_weights(close, AllocationSpec(method="hrp"), train_bars=20, rebalance=10)
    assert (targets.iloc[:20] == 0).all(axis=None)
    for bar in (20, 30, 40, 50):
        window = close.iloc[bar - 20 : bar + 1].pct_change().iloc[1:]
        assert len(window) == 20
        np.testing.assert_allclose(
            targets.iloc[bar : bar + 10],
            np.tile(allocate(window, "hrp").weights, (10, 1)),
            rtol=1e-14,
        )


def test_equal_weights_are_restored_at_every_rebalance(make_panel: MakePanel) -> None:
    """By hand: without costs, halves of two assets, filled on the bar after the decision.

    `a` doubles at once and falls back, `b` stands still. Decisions on bars 2, 4 and 6, fills on
    3, 5 and 7. From bar 3 on: 1/2 in each; on bar 4 a is 2, so wealth 1.5; the fill on bar 5 finds
    a = 2: 0.75 in each; on bar 6 a is back at 1: 0.375 + 0.75 = 1.125.
    """
    panel = make_panel({"a": [1, 1.1, 1.05, 1, 2, 2, 1, 1], "b": [1, 1.1, 1.05, 1, 1, 1, 1, 1]})
    found = walk_forward_allocation(
        panel, (), train_bars=2, rebalance=2, fees_bps=0, slippage_bps=0
    )
    equity = found.results["equal_weight"].equity
    assert equity.tolist() == pytest.approx([1.0, 1.0, 1.5, 1.5, 1.125, 1.125])
    assert found.results["equal_weight"].metrics["turnover"] > 0
    held = found.results["equal_weight"].positions
    np.testing.assert_allclose(held.iloc[-1], [0.5625, 0.5625], rtol=1e-12)


def test_costs_are_taken_from_every_trade(make_panel: MakePanel) -> None:
    panel = make_panel(random_prices(3, 80))
    free = walk_forward_allocation(
        panel, CHEAP, train_bars=30, rebalance=5, fees_bps=0, slippage_bps=0
    )
    paid = walk_forward_allocation(
        panel, CHEAP, train_bars=30, rebalance=5, fees_bps=10, slippage_bps=10
    )
    assert (paid.table["ret"] < free.table["ret"]).all()
    turned = paid.table["turnover"] * len(paid.returns) / 252 * 20 / 10_000
    lost = np.log1p(free.table["ret"]) - np.log1p(paid.table["ret"])
    np.testing.assert_allclose(lost, turned, rtol=0.02)


def test_every_account_opens_on_the_same_bar_and_differs_from_one_over_n(
    make_panel: MakePanel,
) -> None:
    panel = make_panel(random_prices(4, 80))
    found = walk_forward_allocation(panel, CHEAP, train_bars=30, rebalance=5)
    assert list(found.table.index) == ["equal_weight", *CHEAP]
    assert found.returns.shape == (50, 4)
    assert found.returns.index[0] == panel.close.index[30]
    for key in ("cagr", "sharpe"):
        values = found.table[key].to_numpy(np.float64)
        np.testing.assert_allclose(
            found.table[f"{key}_diff"], values - values[0], rtol=1e-12, atol=1e-15
        )
    # The first decision is that of bar 30, filled one bar later, so it earns from bar 32 on.
    assert (found.returns.iloc[0] == 0).all()


def test_an_asset_enters_once_it_has_been_listed_for_the_whole_training(
    make_panel: MakePanel,
) -> None:
    prices = random_prices(5, 60)
    prices["c"][:25] = [float("nan")] * 25
    found = walk_forward_allocation(make_panel(prices), ["risk_parity"], train_bars=20, rebalance=5)
    held = found.targets["risk_parity"]["c"] > 0
    # Listed from bar 25 on, so 20 returns behind it on bar 45 for the first time.
    assert list(np.flatnonzero(held)) == list(range(45, 60))
    assert found.targets["equal_weight"].iloc[44].tolist() == pytest.approx([0.5, 0.5, 0])
    assert found.targets["equal_weight"].iloc[45].tolist() == pytest.approx([1 / 3] * 3)


@pytest.mark.slow
def test_turnover_is_limited_against_the_weights_that_prices_made() -> None:
    close = load_panel("stocks20").close.iloc[-400:, :6]
    spec = AllocationSpec(
        method="minimum_variance", constraints=Constraints(max_turnover=0.05, previous={})
    )
    targets = target_weights(close, spec, train_bars=100, rebalance=20).to_numpy()
    free = target_weights(
        close, AllocationSpec(method="minimum_variance"), train_bars=100, rebalance=20
    ).to_numpy()
    np.testing.assert_allclose(targets[100], free[100], atol=1e-12)
    prices, limited = close.to_numpy(), 0
    for bar in range(120, 400, 20):
        grown = targets[bar - 1] * prices[bar] / prices[bar - 19]
        moved = np.abs(targets[bar] - grown / grown.sum()).sum()
        assert moved <= 0.05 + 1e-5
        limited += moved > 0.0499
    assert limited >= 5


@pytest.mark.slow
def test_the_panel_of_twenty_stocks_says_that_they_survived() -> None:
    found = walk_forward_allocation(
        load_panel("stocks20"), ("inverse_volatility", "risk_parity"), train_bars=504, rebalance=63
    )
    assert any(note.startswith("survivorship bias") for note in found.notes)
    # Risk parity of shares is the calmer portfolio, and so is inverse volatility.
    assert (found.table["vol"].iloc[1:] < found.table.loc["equal_weight", "vol"]).all()
    assert len(found.returns) == 8313 - 504


def test_a_failed_decision_names_method_and_date(make_panel: MakePanel) -> None:
    prices = random_prices(6, 40)
    prices["b"][20:] = [100.0] * 20
    with pytest.raises(DataError, match=r"hrp, decided at bar 30 \(2024-02-12\).*'b' is 0"):
        walk_forward_allocation(make_panel(prices), ["hrp"], train_bars=10, rebalance=1)


def test_what_cannot_be_walked_is_refused(make_panel: MakePanel) -> None:
    panel = make_panel(random_prices(7, 30))
    with pytest.raises(DataError, match="30 bars, and 28 of them train"):
        walk_forward_allocation(panel, CHEAP, train_bars=28)
    with pytest.raises(DataError, match="rebalance = 0; give a whole number, 1 or more"):
        walk_forward_allocation(panel, CHEAP, train_bars=10, rebalance=0)
    with pytest.raises(DataError, match="give a list of names"):
        walk_forward_allocation(panel, "hrp", train_bars=10)
    with pytest.raises(DataError, match="call that something else"):
        walk_forward_allocation(
            panel, {"equal_weight": AllocationSpec(method="hrp")}, train_bars=10
        )
