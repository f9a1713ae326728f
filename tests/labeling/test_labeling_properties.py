"""What holds for labels of any prices: no look past the exit, no unit of price, no direction."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from peaklib.labeling.horizon import fixed_horizon_labels
from peaklib.labeling.trend import trend_scanning_labels
from peaklib.labeling.triple_barrier import compute_triple_barrier_labels

N = 60
STAMPS = pd.date_range("2024-01-01", periods=N, freq="h", tz="UTC")
COLUMNS = [(), ("open_",), ("high", "low"), ("open_", "high", "low")]

seeds = st.integers(0, 2**32 - 1)
columns = st.sampled_from(COLUMNS)
rules = st.fixed_dictionaries(
    {
        "profit_taking": st.sampled_from([None, 0.5, 1.0, 3.0]),
        "stop_loss": st.sampled_from([None, 0.5, 1.0, 3.0]),
        "max_holding": st.integers(1, 20),
        "tie": st.sampled_from(["stop", "profit", "drop"]),
        "vertical": st.sampled_from([None, "zero", "sign"]),
        "on_short": st.sampled_from(["drop", "last"]),
    }
)


def random_bars(rng: np.random.Generator) -> dict[str, pd.Series]:
    """Bars with gaps between them and holes in each column."""
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, N)))
    opens = np.concatenate([close[:1], close[:-1]]) * np.exp(rng.normal(0, 0.01, N))
    high = np.maximum(opens, close) * np.exp(rng.exponential(0.01, N))
    low = np.minimum(opens, close) * np.exp(-rng.exponential(0.01, N))
    bars = {"close": close, "open_": opens, "high": high, "low": low}
    for column in bars.values():
        column[rng.random(N) < 0.05] = np.nan
    return {name: pd.Series(column, index=STAMPS) for name, column in bars.items()}


def label(bars: dict[str, pd.Series], names: tuple[str, ...], **options: Any) -> pd.DataFrame:
    return compute_triple_barrier_labels(bars["close"], **{n: bars[n] for n in names}, **options)


def units(rng: np.random.Generator) -> dict[str, pd.Series]:
    return {
        "target": pd.Series(np.exp(rng.normal(-3.5, 0.5, N)), index=STAMPS),
        "side": pd.Series(rng.choice([-1.0, 1.0, 0.0], N), index=STAMPS),
    }


@given(seed=seeds, names=columns, rule=rules, sided=st.booleans())
@settings(max_examples=30)
def test_no_label_looks_past_its_exit(
    seed: int, names: tuple[str, ...], rule: dict[str, Any], sided: bool
) -> None:
    rng = np.random.default_rng(seed)
    bars, unit = random_bars(rng), units(rng)
    if not sided:
        del unit["side"]
    labels = label(bars, names, **unit, **rule)
    for time in labels.index[:: max(len(labels) // 4, 1)]:
        after = labels.loc[time, "exit_time"] < STAMPS
        # What comes later is anything, but no bar appears or disappears.
        factor = pd.Series(np.where(after, np.exp(rng.normal(0, 1, N)), 1.0), index=STAMPS)
        later = {name: column * factor for name, column in bars.items()}
        later_unit = {name: s.where(~after, 1.0) for name, s in unit.items()}
        again = label(later, names, **later_unit, **rule)
        pd.testing.assert_series_equal(again.loc[time], labels.loc[time])


@given(seed=seeds, names=columns, rule=rules)
@settings(max_examples=30)
def test_a_touch_is_known_as_soon_as_it_has_happened(
    seed: int, names: tuple[str, ...], rule: dict[str, Any]
) -> None:
    """The bars up to the exit alone give the same label."""
    rng = np.random.default_rng(seed)
    bars, unit = random_bars(rng), units(rng)
    labels = label(bars, names, **unit, **rule)
    touched = labels.index[labels["barrier"].isin(["profit", "stop"])]
    for time in touched[:: max(len(touched) // 4, 1)]:
        known = slice(None, labels.loc[time, "exit_time"])
        cut = {name: column.loc[known] for name, column in bars.items()}
        again = label(cut, names, **{name: s.loc[known] for name, s in unit.items()}, **rule)
        pd.testing.assert_series_equal(again.loc[time], labels.loc[time])


@given(seed=seeds, names=columns, rule=rules, power=st.integers(-40, 40))
@settings(max_examples=40)
def test_prices_in_another_unit_have_the_same_labels(
    seed: int, names: tuple[str, ...], rule: dict[str, Any], power: int
) -> None:
    rng = np.random.default_rng(seed)
    bars, unit = random_bars(rng), units(rng)
    labels = label(bars, names, **unit, **rule)
    exact = {name: column * 2.0**power for name, column in bars.items()}
    pd.testing.assert_frame_equal(label(exact, names, **unit, **rule), labels, check_exact=True)
    rounded = {name: column * 1.1**power for name, column in bars.items()}
    pd.testing.assert_frame_equal(
        label(rounded, names, **unit, **rule), labels, check_exact=False, atol=1e-12
    )


# Prices on whole numbers around 1024 with barriers at whole numbers: nothing is rounded, and
# reflection in the price of the event is exact.
CENTRE = 1024.0
path = st.lists(st.tuples(*[st.integers(900, 1148)] * 4) | st.none(), min_size=0, max_size=8)
EXACT = {"target": 1 / 64, "on_short": "last", "max_holding": 6}
MULTIPLES = st.sampled_from([None, 0.5, 1.0, 2.0])
MIRRORED_TIE = {"stop": "profit", "profit": "stop", "drop": "drop"}


def exact_bars(steps: list[tuple[int, ...] | None]) -> dict[str, pd.Series]:
    rows = [(CENTRE,) * 4]
    for step in steps:
        if step is None:
            rows.append((np.nan,) * 4)
        else:
            rows.append((float(step[0]), float(step[1]), float(max(step)), float(min(step))))
    table = pd.DataFrame(rows, columns=["open_", "close", "high", "low"], index=STAMPS[: len(rows)])
    return {name: table[name] for name in table}


def reflected(bars: dict[str, pd.Series]) -> dict[str, pd.Series]:
    turned = {name: 2 * CENTRE - column for name, column in bars.items()}
    return turned | {"high": turned["low"], "low": turned["high"]}


@given(
    steps=path,
    names=columns,
    profit=MULTIPLES,
    stop=MULTIPLES,
    tie=st.sampled_from(list(MIRRORED_TIE)),
    vertical=st.sampled_from(["zero", "sign"]),
)
@settings(max_examples=100)
def test_mirrored_prices_mirror_labels(
    steps: list[tuple[int, ...] | None],
    names: tuple[str, ...],
    profit: float | None,
    stop: float | None,
    tie: str,
    vertical: str,
) -> None:
    bars = exact_bars(steps)
    options: dict[str, Any] = {**EXACT, "vertical": vertical, "events": STAMPS[:1]}
    labels = label(bars, names, profit_taking=profit, stop_loss=stop, tie=tie, **options)
    mirror = label(
        reflected(bars),
        names,
        profit_taking=stop,
        stop_loss=profit,
        tie=MIRRORED_TIE[tie],
        **options,
    )
    assert mirror["exit_time"].tolist() == labels["exit_time"].tolist()
    assert mirror["return"].tolist() == (-labels["return"]).tolist()
    assert mirror["label"].tolist() == (-labels["label"]).tolist()
    turned = {"profit": "stop", "stop": "profit"}
    assert mirror["barrier"].tolist() == [turned.get(b, b) for b in labels["barrier"]]


@given(
    steps=path,
    names=columns,
    profit=MULTIPLES,
    stop=MULTIPLES,
    tie=st.sampled_from(list(MIRRORED_TIE)),
)
@settings(max_examples=100)
def test_a_short_side_on_mirrored_prices_is_a_long_side(
    steps: list[tuple[int, ...] | None],
    names: tuple[str, ...],
    profit: float | None,
    stop: float | None,
    tie: str,
) -> None:
    bars = exact_bars(steps)
    options: dict[str, Any] = {**EXACT, "events": STAMPS[:1], "tie": tie}
    options |= {"profit_taking": profit, "stop_loss": stop}
    one = pd.Series([1.0], index=STAMPS[:1])
    long = label(bars, names, side=one, **options)
    short = label(reflected(bars), names, side=-one, **options)
    pd.testing.assert_frame_equal(short, long, check_exact=True)


@given(seed=seeds, horizon=st.integers(1, 20))
@settings(max_examples=30)
def test_fixed_horizon_labels_do_not_look_past_their_exit_nor_at_the_unit_of_price(
    seed: int, horizon: int
) -> None:
    rng = np.random.default_rng(seed)
    close = random_bars(rng)["close"]
    options: dict[str, Any] = {"horizon": horizon, "threshold": 0.01}
    labels = fixed_horizon_labels(close, **options)
    pd.testing.assert_frame_equal(fixed_horizon_labels(close * 0.125, **options), labels)
    for time in labels.index[::10]:
        after = labels.loc[time, "exit_time"] < STAMPS
        again = fixed_horizon_labels(close.where(~after, close * 3), **options)
        pd.testing.assert_series_equal(again.loc[time], labels.loc[time])


@given(seed=seeds, least=st.integers(2, 8), more=st.integers(0, 10))
@settings(max_examples=30)
def test_trends_do_not_look_past_their_exit(seed: int, least: int, more: int) -> None:
    rng = np.random.default_rng(seed)
    close = random_bars(rng)["close"]
    options = {"min_horizon": least, "max_horizon": least + more}
    labels = trend_scanning_labels(close, **options)
    for time in labels.index[::20]:
        after = labels.loc[time, "exit_time"] < STAMPS
        again = trend_scanning_labels(close.where(~after, close * 3), **options)
        pd.testing.assert_series_equal(again.loc[time], labels.loc[time])


@given(seed=seeds, least=st.integers(2, 8), power=st.integers(-40, 40))
@settings(max_examples=30)
def test_trends_have_no_unit_of_price_and_mirror_exactly(seed: int, least: int, power: int) -> None:
    rng = np.random.default_rng(seed)
    close = (CENTRE + pd.Series(np.cumsum(rng.integers(-9, 10, N)), index=STAMPS)).clip(1, 2047)
    options = {"min_horizon": least, "max_horizon": 15}
    labels = trend_scanning_labels(close, **options)
    scaled = trend_scanning_labels(close * 2.0**power, **options)
    pd.testing.assert_frame_equal(scaled, labels, check_exact=True)
    mirror = trend_scanning_labels(2 * CENTRE - close, **options)
    assert mirror["label"].tolist() == (-labels["label"]).tolist()
    assert mirror["t_value"].tolist() == pytest.approx((-labels["t_value"]).tolist())
