"""Triple-barrier labels against a slow reading of the rules, their table, and refusals.

No table of published labels is at hand: the worked examples of López de Prado (2018) stand on
futures that cannot be had here, and his barrier of time is a date, not a number of bars. The
reference below is therefore written from the rules alone, a bar at a time.
"""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.labeling.horizon import fixed_horizon_labels
from peaklib.labeling.trend import trend_scanning_labels
from peaklib.labeling.triple_barrier import compute_triple_barrier_labels

Row = tuple[int, int, float, int, str]


def reference(bars: dict[str, list[float]], events: list[int], rules: dict[str, Any]) -> list[Row]:
    """(event, exit, return, label, barrier) of every label, by the text of the rules."""
    rows = []
    for t0 in events:
        row = reference_row(bars, t0, rules)
        if row is not None:
            rows.append(row)
    return rows


def reference_row(bars: dict[str, list[float]], t0: int, rules: dict[str, Any]) -> Row | None:
    entry, unit = bars["close"][t0], rules["target"][t0]
    side = None if rules["side"] is None else rules["side"][t0]
    if math.isnan(entry) or math.isnan(unit) or unit <= 0 or unit < rules["min_return"]:
        return None
    if side is not None and (math.isnan(side) or side == 0):
        return None
    last, wanted = len(bars["close"]) - 1, t0 + rules["max_holding"]
    path = [
        j
        for j in range(t0 + 1, min(wanted, last) + 1)
        if not any(math.isnan(column[j]) for column in bars.values())
    ]
    sign = -1 if side == -1 else 1
    goal = entry * (1 + sign * (rules["profit_taking"] or math.inf) * unit)
    loss = entry * (1 - sign * (rules["stop_loss"] or math.inf) * unit)

    def wins(price: float) -> bool:
        return price >= goal if sign > 0 else price <= goal

    def loses(price: float) -> bool:
        return price <= loss if sign > 0 else price >= loss

    found = None
    for j in path:
        single = [bars["open_"][j]] if "open_" in bars else []
        if "high" not in bars:
            single.append(bars["close"][j])
        for price in single:
            if found is None and (wins(price) or loses(price)):
                found = (j, price, "profit" if wins(price) else "stop")
        if found is None and "high" in bars:
            extremes = (bars["high"][j], bars["low"][j])
            won, lost = any(map(wins, extremes)), any(map(loses, extremes))
            if won and lost and rules["tie"] == "drop":
                return None
            if won and (not lost or rules["tie"] == "profit"):
                found = (j, goal, "profit")
            elif lost:
                found = (j, loss, "stop")
        if found is not None:
            break
    if found is None:
        if not path or (wanted > last and rules["on_short"] == "drop"):
            return None
        found = (path[-1], bars["close"][path[-1]], "end" if wanted > last else "vertical")
    at, price, barrier = found
    change = sign * (price / entry - 1)
    rule = rules["vertical"] or ("zero" if side is None else "sign")
    if barrier in ("vertical", "end") and rule == "zero":
        label = 0
    elif side is not None:
        label = 1 if change > 0 else 0
    elif barrier in ("profit", "stop"):
        label = 1 if barrier == "profit" else -1
    else:
        label = (change > 0) - (change < 0)
    return t0, at, change, label, barrier


def columns_of(labels: pd.DataFrame, index: pd.DatetimeIndex) -> list[Row]:
    held = labels["bars_held"].tolist()
    begin = index.get_indexer(labels.index).tolist()
    end = index.get_indexer(pd.DatetimeIndex(labels["exit_time"])).tolist()
    assert [b - a for a, b in zip(begin, end, strict=True)] == held
    rest = (labels[name].tolist() for name in ("return", "label", "barrier"))
    return list(zip(begin, end, *rest, strict=True))


def same(got: list[Row], expected: list[Row]) -> None:
    assert [(*row[:2], *row[3:]) for row in got] == [(*row[:2], *row[3:]) for row in expected]
    np.testing.assert_allclose([r[2] for r in got], [r[2] for r in expected], atol=1e-13)


def random_bars(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    """Bars on a coarse grid of prices, so that touches are often exact, with gaps and holes."""
    close = 100 + np.cumsum(rng.integers(-2, 3, size=n)).clip(-80, 400) / 2.0
    opens = np.concatenate([[100.0], close[:-1]]) + rng.choice([0.0, 0.0, 0.5, -1.5, 3.0], size=n)
    high = np.maximum(opens, close) + rng.integers(0, 4, size=n) / 2.0
    low = np.minimum(opens, close) - rng.integers(0, 4, size=n) / 2.0
    bars = {"close": close, "open_": opens, "high": high, "low": low}
    for column in bars.values():
        column[rng.random(n) < 0.03] = np.nan
    close[50:60] = np.nan
    return bars


CHOICES = [
    {"columns": ["close"]},
    {"columns": ["close"], "side": True, "vertical": "zero"},
    {"columns": ["close", "open_"], "side": True, "on_short": "last"},
    {"columns": ["close", "high", "low"], "tie": "profit", "vertical": "sign"},
    {"columns": ["close", "high", "low"], "side": True, "tie": "drop", "on_short": "last"},
    {"columns": ["close", "open_", "high", "low"], "tie": "stop", "vertical": "zero"},
    {"columns": ["close", "open_", "high", "low"], "side": True, "tie": "profit"},
    {"columns": ["close", "open_", "high", "low"], "profit_taking": None, "on_short": "last"},
    {"columns": ["close"], "stop_loss": None, "vertical": "sign", "on_short": "last"},
]


@pytest.mark.parametrize("max_holding", [1, 7, 90])
@pytest.mark.parametrize("choice", CHOICES, ids=lambda c: "-".join(map(str, c.values())))
@pytest.mark.parametrize("every", [1, 3])
def test_agrees_with_a_slow_reading_of_the_rules(
    choice: dict[str, Any], max_holding: int, every: int
) -> None:
    rng = np.random.default_rng(max_holding + every)
    n = 400
    bars = random_bars(rng, n)
    stamps = pd.date_range("2024-01-01", periods=n, freq="h", tz="America/New_York")
    given = {name: pd.Series(bars[name], index=stamps) for name in choice["columns"]}
    target = pd.Series(rng.choice([0.01, 0.02, 0.03, 0.0, np.nan], size=n), index=stamps)
    side = pd.Series(rng.choice([-1.0, 1.0, 0.0, np.nan], size=n), index=stamps)
    rules = {
        "profit_taking": 2.0,
        "stop_loss": 1.5,
        "max_holding": max_holding,
        "min_return": 0.015,
        "on_short": "drop",
        "tie": "stop",
        "vertical": None,
    } | {key: value for key, value in choice.items() if key not in ("columns", "side")}
    sided = side if "side" in choice else None
    close = given.pop("close")
    labels = compute_triple_barrier_labels(
        close, stamps[::every], target=target, side=sided, **given, **rules
    )
    lists = {"close": close.tolist()} | {name: s.tolist() for name, s in given.items()}
    rules |= {"target": target.tolist(), "side": None if sided is None else sided.tolist()}
    expected = reference(lists, list(range(0, n, every)), rules)
    assert len(expected) > 5
    same(columns_of(labels, stamps), expected)


@pytest.mark.parametrize("ranged", [False, True])
def test_agrees_with_the_slow_reading_on_twenty_years_of_days(sp500: Dataset, ranged: bool) -> None:
    frame = sp500.frame
    target = frame["close"].pct_change().ewm(span=50).std()
    others = {"open_": "open", "high": "high", "low": "low"} if ranged else {}
    given = {name: frame[column] for name, column in others.items()}
    rules = {"profit_taking": 2.0, "stop_loss": 1.0, "max_holding": 20}
    labels = compute_triple_barrier_labels(frame["close"], target=target, **given, **rules)
    lists = {"close": frame["close"].tolist()} | {k: s.tolist() for k, s in given.items()}
    rules |= {"target": target.tolist(), "side": None, "min_return": 0.0}
    rules |= {"on_short": "drop", "tie": "stop", "vertical": None}
    index = pd.DatetimeIndex(frame.index)
    same(columns_of(labels, index), reference(lists, list(range(len(frame))), rules))
    assert set(labels["barrier"]) == {"profit", "stop", "vertical"}


def test_blocks_of_events_and_single_ones_get_the_same_labels() -> None:
    """Consecutive events are scanned side by side, others alone.

    With 104 bars the horizon of one block of 64 ends exactly with the data.
    """
    rng = np.random.default_rng(5)
    n = 1000
    stamps = pd.date_range("2024-01-01", periods=n, freq="min")
    close = pd.Series(100 * np.exp(np.cumsum(rng.normal(0, 0.01, n))), index=stamps)
    close[rng.random(n) < 0.1] = np.nan
    for max_holding in (1, 5, 64, 65, 104, 105, 200):
        rules = {
            "target": 0.02,
            "profit_taking": 3.0,
            "stop_loss": 2.0,
            "max_holding": max_holding,
            "on_short": "last",
        }
        together = compute_triple_barrier_labels(close, **rules)
        halves = [compute_triple_barrier_labels(close, stamps[k::2], **rules) for k in (0, 1)]
        pd.testing.assert_frame_equal(together, pd.concat(halves).sort_index(), check_freq=False)


# ---- the table


def prices(n: int = 6, **index: Any) -> pd.Series:
    stamps = pd.date_range("2024-01-01", periods=n, **({"freq": "D", "tz": "UTC"} | index))
    return pd.Series(100.0 + np.arange(n), index=stamps)


def label(close: pd.Series, events: Any = None, **options: Any) -> pd.DataFrame:
    rules = {"target": 0.01, "profit_taking": 2.0, "stop_loss": 2.0, "max_holding": 3} | options
    return compute_triple_barrier_labels(close, events, **rules)


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
@pytest.mark.parametrize("unit", ["s", "ns"])
def test_columns_types_and_index_of_the_table(zone: str | None, unit: str) -> None:
    close = prices(tz=zone, unit=unit)
    close.index.name = "time"
    labels = label(close)
    assert list(labels.columns) == ["exit_time", "return", "label", "barrier", "bars_held"]
    assert labels.index.name == "time"
    assert labels.index.dtype == close.index.dtype
    assert labels["exit_time"].dtype == close.index.dtype
    assert labels["return"].dtype == np.float64
    assert labels["label"].dtype == np.int64
    assert labels["bars_held"].dtype == np.int64
    assert labels["barrier"].cat.categories.tolist() == ["profit", "stop", "vertical", "end"]


def test_no_label_at_all_makes_an_empty_table_with_the_same_types() -> None:
    labels = label(prices(), max_holding=50, profit_taking=None)
    assert labels.empty
    assert labels.dtypes.equals(label(prices()).dtypes)
    assert label(prices(0)).dtypes.equals(labels.dtypes)


def test_inputs_are_left_as_they_were() -> None:
    close, target = prices(), prices() / 1000
    before = (close.copy(), target.copy())
    labels = label(close, target=target)
    labels.loc[:, "return"] = 0.0
    pd.testing.assert_series_equal(close, before[0])
    pd.testing.assert_series_equal(target, before[1])


def test_target_and_side_may_stand_on_the_bars_or_on_the_events() -> None:
    close = prices(12)
    events = close.index[[1, 4, 7]]
    target = pd.Series(np.linspace(0.001, 0.02, 12), index=close.index)
    side = pd.Series([1, -1] * 6, index=close.index)
    on_bars = label(close, events, target=target, side=side)
    on_events = label(close, events, target=target[events], side=side[events])
    pd.testing.assert_frame_equal(on_bars, on_events)
    assert len(on_bars) == 3


def test_events_of_another_resolution_are_the_same_moments() -> None:
    close = prices(unit="ns")
    events = close.index[[0, 2]]
    pd.testing.assert_frame_equal(label(close, events), label(close, events.as_unit("s")))


def test_numbers_of_other_types_are_read_as_float64() -> None:
    close = prices()
    expected = label(close)
    for kind in ("int64", "float32", "Float64", "Int32"):
        pd.testing.assert_frame_equal(label(close.astype(kind)), expected)


def test_a_column_of_a_table_is_read_whatever_its_layout() -> None:
    close = prices()
    table = pd.DataFrame(np.column_stack([close, close]), index=close.index, columns=["a", "b"])
    pd.testing.assert_frame_equal(label(table["b"]), label(close))


# ---- refusals


def changed(values: pd.Series, row: int, value: float) -> pd.Series:
    values = values.copy()
    values.iloc[row] = value
    return values


STAMP = r"2024-01-03T00:00:00\+00:00"
C = prices()
REFUSED = {
    "close as an array": ({"close": C.to_numpy()}, "close is of type ndarray, not a Series"),
    "no times": ({"close": C.reset_index(drop=True)}, "an index of type RangeIndex"),
    "unsorted": (
        {"close": C.iloc[[0, 2, 1]]},
        "close: 2024-01-02.* at row 2 is earlier than row 1",
    ),
    "twice": ({"close": C.iloc[[0, 1, 1]]}, "close: 2024-01-02.* at row 2 is the same as row 1"),
    "no price": ({"close": changed(C, 2, 0.0)}, f"close at {STAMP} is 0.0, which is no price"),
    "negative": ({"low": changed(C, 2, -1.0), "high": C}, f"low at {STAMP} is -1.0"),
    "infinite": ({"open_": changed(C, 2, np.inf)}, f"open_ at {STAMP} is inf"),
    "words": ({"close": C.astype(str)}, "close holds str, not numbers"),
    "inverted": ({"low": C, "high": changed(C, 2, 5.0)}, f"high at {STAMP} is 5.0, below the low"),
    "high alone": ({"high": C}, "high is given without low"),
    "low alone": ({"low": C}, "low is given without high"),
    "other bars": ({"open_": C.iloc[1:]}, "open_ is no Series on the index of close"),
    "event no bar": (
        {"events": pd.DatetimeIndex(["2024-01-02", "2024-01-02 12:00"], tz="UTC")},
        "event 2024-01-02T12:00:00.* is no bar",
    ),
    "event twice": ({"events": C.index[[1, 1]]}, "events: 2024-01-02.* is the same as row 0"),
    "events unsorted": ({"events": C.index[[2, 1]]}, "events: 2024-01-02.* is earlier"),
    "event missing": ({"events": pd.DatetimeIndex([C.index[0], pd.NaT])}, "no time at row 1"),
    "events of no zone": ({"events": pd.DatetimeIndex(["2024-01-02"])}, "time zone None"),
    "events as a list": ({"events": [True]}, "events is of type list, not a DatetimeIndex"),
    "target missing": (
        {"target": C.iloc[:2], "events": C.index[1:3]},
        f"target has no row for the event {STAMP}",
    ),
    "target twice": ({"target": C.iloc[[0, 1, 1]]}, "target has 2024-01-02.* twice"),
    "target by number": ({"target": C.reset_index(drop=True)}, "target is indexed by int64"),
    "target infinite": ({"target": changed(C, 2, np.inf)}, f"target at {STAMP} is inf"),
    "target zero": ({"target": 0.0}, "target is 0.0: give a number above 0"),
    "target NaN": ({"target": np.nan}, "target is nan: give a number above 0"),
    "profit negative": ({"profit_taking": -1.0}, "profit_taking is -1.0"),
    "stop zero": ({"stop_loss": 0.0}, "stop_loss is 0.0"),
    "horizon zero": ({"max_holding": 0}, "max_holding is 0: give a whole number of bars, 1"),
    "horizon broken": ({"max_holding": 2.5}, "max_holding is 2.5"),
    "horizon true": ({"max_holding": True}, "max_holding is True"),
    "least negative": ({"min_return": -0.1}, "min_return is -0.1"),
    "side too large": ({"side": changed(C * 0 + 1, 2, 0.5)}, f"side at {STAMP} is 0.5"),
    "side of truths": ({"side": C > 0}, "side holds bool, not numbers"),
    "side a number": ({"side": 1}, "side is of type int"),
    "on_short": ({"on_short": "keep"}, "on_short is 'keep': choose one of 'drop', 'last'"),
    "tie": ({"tie": None}, "tie is None: choose one of 'stop', 'profit', 'drop'"),
    "vertical": ({"vertical": "one"}, "vertical is 'one': choose one of 'zero', 'sign', None"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_used_is_refused_by_name(case: tuple[dict[str, Any], str]) -> None:
    options, message = case
    with pytest.raises(DataError, match=message):
        label(**({"close": C} | options))


FAR = [2**63 - 1, 2**63, 2**70]


@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize("on_short", ["drop", "last"])
@pytest.mark.parametrize("ranged", [False, True], ids=["closes", "ranges"])
def test_a_horizon_beyond_all_numbers_is_one_beyond_the_data(
    far: int, on_short: Any, ranged: bool
) -> None:
    path = 100.0 * np.exp(np.cumsum(np.random.default_rng(4).normal(0.0, 0.01, 300)))
    close = pd.Series(path, index=pd.date_range("2024-01-01", periods=300, tz="UTC"))
    columns = {"high": close * 1.005, "low": close * 0.995} if ranged else {}

    def labels(bars: int) -> pd.DataFrame:
        return compute_triple_barrier_labels(
            close,
            target=0.01,
            profit_taking=8.0,
            stop_loss=8.0,
            max_holding=bars,
            on_short=on_short,
            **columns,
        )

    found = labels(far)
    assert len(found) > 100
    pd.testing.assert_frame_equal(found, labels(1000))


@pytest.mark.parametrize("far", FAR)
def test_the_horizons_of_other_labels_may_lie_beyond_all_numbers_too(far: int) -> None:
    close = pd.Series(
        [5.0, 6.0, 7.5, 7.0, 6.0], index=pd.date_range("2024-01-01", periods=5, tz="UTC")
    )
    assert fixed_horizon_labels(close, horizon=far).empty
    found = trend_scanning_labels(close, min_horizon=2, max_horizon=far)
    expected = trend_scanning_labels(close, min_horizon=2, max_horizon=10)
    assert len(found) == 3
    pd.testing.assert_frame_equal(found, expected)
    assert trend_scanning_labels(close, min_horizon=far, max_horizon=far).empty
