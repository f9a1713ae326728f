"""The pipeline as a transformer: conventions, learning on training rows only, and the cache."""

import pickle
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from peaklib.data import Dataset
from peaklib.errors import DataError, FeatureError
from peaklib.features import FeaturePipeline, FeatureSpec
from peaklib.features.pipeline import EXPECTED_FAILED_CHECKS

SPECS = [
    "rsi",
    "macd",
    FeatureSpec("rolling_zscore", params={"window": 30}, dependencies=("rsi",), label="rsi_z"),
    FeatureSpec("standard_scale", label="scaled"),
]


@pytest.fixture(scope="module")
def frame(sp500: Dataset) -> pd.DataFrame:
    return sp500.frame.iloc[:600]


def test_it_passes_all_checks_of_scikit_learn_but_the_two_of_no_time_series() -> None:
    # Columns of an array are called x0, x1, …
    specs = [
        FeatureSpec("rolling_zscore", params={"window": 3}, dependencies=("x0",), label="z"),
        FeatureSpec("standard_scale", dependencies=("x0",), label="s"),
        FeatureSpec("standard_scale", dependencies=("s",), label="s_again"),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the checks themselves warn about what they try
        done = check_estimator(
            FeaturePipeline(specs), expected_failed_checks=EXPECTED_FAILED_CHECKS, on_fail=None
        )
    failed = {entry["check_name"] for entry in done if entry["status"] in ("failed", "xfail")}
    assert failed == set(EXPECTED_FAILED_CHECKS)
    assert sum(entry["status"] == "passed" for entry in done) > 35


def test_a_frame_gives_a_frame_with_its_index_and_names(frame: pd.DataFrame) -> None:
    pipeline = FeaturePipeline(SPECS)
    out = pipeline.fit_transform(frame)
    names = ["rsi", "macd_line", "macd_signal", "macd_histogram", "rsi_z", "scaled"]
    assert list(out) == names == list(pipeline.get_feature_names_out())
    assert out.index is frame.index or out.index.equals(frame.index)
    assert out.dtypes.eq(np.float64).all()


def test_columns_equal_what_the_array_functions_give(frame: pd.DataFrame) -> None:
    out = FeaturePipeline(["macd"]).fit_transform(frame)
    close = frame["close"]
    fast, slow = (_seeded_ema(close, window) for window in (12, 26))
    np.testing.assert_allclose(out["macd_line"], fast - slow, rtol=0, atol=1e-9)


def _seeded_ema(values: pd.Series, window: int) -> pd.Series:
    """TA-Lib's convention with pandas: the mean of the first window, then the recursion."""
    seeded = values.copy()
    seeded.iloc[: window - 1] = np.nan
    seeded.iloc[window - 1] = values.iloc[:window].mean()
    return seeded.ewm(alpha=2 / (window + 1), adjust=False).mean()


def test_transform_of_a_data_set_and_of_its_frame_are_the_same(sp500: Dataset) -> None:
    pipeline = FeaturePipeline(SPECS).fit(sp500)
    pd.testing.assert_frame_equal(pipeline.transform(sp500), pipeline.transform(sp500.frame))


def test_what_is_learned_is_learned_from_the_training_rows_only(frame: pd.DataFrame) -> None:
    train = frame.iloc[:300]
    later = frame.copy()
    later.iloc[300:] *= 5
    pipeline = FeaturePipeline([FeatureSpec("standard_scale", label="s")]).fit(train)
    assert pipeline.states_["s"]["mean"] == pytest.approx(train["close"].mean(), abs=1e-9)
    pd.testing.assert_frame_equal(
        pipeline.transform(frame).iloc[:300], pipeline.transform(later).iloc[:300]
    )
    scaler = StandardScaler().fit(train[["close"]])
    np.testing.assert_allclose(
        pipeline.transform(frame)["s"], scaler.transform(frame[["close"]])[:, 0], atol=1e-12
    )


def test_rows_with_a_missing_input_are_left_out_and_windows_reach_over_them(
    frame: pd.DataFrame,
) -> None:
    holed = frame.copy()
    holed.iloc[[40, 41, 200], 3] = np.nan
    pipeline = FeaturePipeline(["rsi", "donchian"]).fit(frame)
    out = pipeline.transform(holed)
    dense = pipeline.transform(holed.dropna())
    there = holed["close"].notna()
    assert out.loc[~there].isna().all(axis=None)
    pd.testing.assert_frame_equal(out.loc[there], dense)


def test_a_column_without_any_number_gives_no_values_and_cannot_be_learned_from(
    frame: pd.DataFrame,
) -> None:
    empty = frame.assign(close=np.nan)
    assert FeaturePipeline(["rsi", "macd"]).fit_transform(empty).isna().all(axis=None)
    with pytest.raises(DataError, match=r"'standard_scale' has no row to learn from"):
        FeaturePipeline(["standard_scale"]).fit(empty)


def test_a_missing_volume_does_not_touch_features_of_prices(frame: pd.DataFrame) -> None:
    holed = frame.copy()
    holed.iloc[50, 4] = np.nan
    pipeline = FeaturePipeline(["rsi"]).fit(frame)
    pd.testing.assert_frame_equal(pipeline.transform(holed), pipeline.transform(frame))


def test_it_works_inside_a_pipeline_of_scikit_learn(frame: pd.DataFrame) -> None:
    X, y = frame.iloc[:, :5], frame["close"].pct_change().shift(-1).fillna(0.0)
    chain = make_pipeline(FeaturePipeline(["drawdown"]), StandardScaler(), LinearRegression())
    chain.fit(X, y)
    own = FeaturePipeline(["drawdown"]).fit_transform(X)
    alone = LinearRegression().fit(StandardScaler().fit_transform(own), y)
    np.testing.assert_allclose(chain[-1].coef_, alone.coef_, atol=1e-12)
    assert list(chain[:-1].get_feature_names_out()) == ["drawdown_depth", "drawdown_bars"]


def test_set_output_gives_frames_for_arrays(frame: pd.DataFrame) -> None:
    spec = FeatureSpec("rolling_zscore", dependencies=("x3",), label="z")
    pipeline = FeaturePipeline([spec]).set_output(transform="pandas")
    out = pipeline.fit_transform(frame.to_numpy())
    assert list(out) == ["z"]
    np.testing.assert_array_equal(
        out["z"], FeaturePipeline(["rolling_zscore"]).fit_transform(frame)["rolling_zscore"]
    )


def test_a_clone_and_a_pickle_do_the_same(frame: pd.DataFrame, tmp_path: Path) -> None:
    pipeline = FeaturePipeline(SPECS, cache=tmp_path / "cache", registry=tmp_path / "registry")
    fitted = pipeline.fit(frame)
    again = pickle.loads(pickle.dumps(fitted))
    pd.testing.assert_frame_equal(again.transform(frame), fitted.transform(frame))
    pd.testing.assert_frame_equal(clone(fitted).fit_transform(frame), fitted.transform(frame))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda f: f.iloc[::-1], DataError, r"does not come after the row before it"),
        (lambda f: f.assign(close="x"), DataError, r"column 'close' holds .*, no numbers"),
        (lambda f: f.assign(close=np.inf), DataError, r"column 'close' is inf at row 1999"),
        (lambda f: f.iloc[:0], DataError, r"0 rows of 5 columns"),
        (lambda f: f[["open"]], FeatureError, r"rsi → close: no column and no feature"),
    ],
)
def test_bad_rows_are_refused_with_their_place(frame, change, error, message) -> None:
    with pytest.raises(error, match=message):
        FeaturePipeline(["rsi"]).fit_transform(change(frame))


def test_a_fit_that_fails_leaves_the_pipeline_as_it_was(frame: pd.DataFrame) -> None:
    pipeline = FeaturePipeline(["volatility_regime"]).fit(frame)
    before = pipeline.transform(frame)
    with pytest.raises(DataError):
        pipeline.fit(frame.iloc[:30])
    pd.testing.assert_frame_equal(pipeline.transform(frame), before)


def test_columns_are_read_only_computed_or_found(frame: pd.DataFrame, tmp_path: Path) -> None:
    pipeline = FeaturePipeline(["rsi"], cache=tmp_path)
    for _ in range(2):
        out = pipeline.fit_transform(frame)
        with pytest.raises(ValueError, match="read-only"):
            out.iloc[0, 0] = 1.0
        own = out.copy()
        own.iloc[0, 0] = 1.0


def test_a_column_handed_back_is_a_copy_of_the_callers(frame: pd.DataFrame) -> None:
    rows = frame.assign(regime=1.0)
    out = FeaturePipeline(["external_regime"]).fit_transform(rows)
    rows.loc[rows.index[0], "regime"] = 9.0
    assert out["external_regime"].iloc[0] == 1.0


def test_rows_without_what_was_fitted_with_are_refused(frame: pd.DataFrame) -> None:
    pipeline = FeaturePipeline(["calendar"]).fit(frame)
    with pytest.raises(DataError, match="the rows have no time, which the pipeline was fitted"):
        pipeline.transform(frame.reset_index(drop=True))


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_an_array_after_a_frame_is_read_by_the_place_of_its_columns(frame: pd.DataFrame) -> None:
    pipeline = FeaturePipeline(["rsi"]).fit(frame)
    out = pipeline.transform(frame.to_numpy())
    np.testing.assert_array_equal(out[:, 0], pipeline.transform(frame)["rsi"])


def test_a_cache_that_is_none_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(FeatureError, match="cache = True; give a folder"):
        FeaturePipeline(["rsi"], cache=True).fit(frame)


@pytest.mark.parametrize("price", [0.0, -5.0])
def test_what_is_no_price_is_refused_with_its_row(frame: pd.DataFrame, price: float) -> None:
    broken = frame.copy()
    broken.iloc[300, 3] = price
    message = rf"column 'close' is {price} at row 2000-03-1\d.*; a price is positive"
    with pytest.raises(DataError, match=message):
        FeaturePipeline(["ewm_volatility"]).fit_transform(broken)


def test_a_feature_that_is_infinite_names_what_it_reads(frame: pd.DataFrame) -> None:
    rows = frame.assign(spread=np.where(np.arange(len(frame)) == 300, 0.0, 1.0))
    spec = FeatureSpec("log_return", dependencies=("spread",))
    with (
        np.errstate(divide="ignore"),
        pytest.raises(DataError, match="'log_return' is infinite on some row: close hold"),
    ):
        FeaturePipeline([spec]).fit_transform(rows)


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(600)[::-1],
        pd.Index([0] * 600),
        pd.Index([f"{900 - k:03d}" for k in range(600)]),
    ],
)
def test_rows_out_of_order_are_refused_whatever_the_index(
    frame: pd.DataFrame, index: pd.Index
) -> None:
    with pytest.raises(DataError, match=r"row 1 .* does not come after the row before it"):
        FeaturePipeline(["rsi"]).fit(frame.set_axis(index))


def test_a_row_without_a_stamp_is_refused(frame: pd.DataFrame) -> None:
    stamps = [*frame.index[:-1], pd.NaT]
    with pytest.raises(DataError, match="row 599 has no stamp"):
        FeaturePipeline(["rsi"]).fit(frame.set_axis(pd.DatetimeIndex(stamps)))


def test_other_columns_than_those_fitted_on_are_refused(frame: pd.DataFrame) -> None:
    pipeline = FeaturePipeline(["rsi"]).fit(frame)
    with pytest.raises(ValueError, match="feature names"):
        pipeline.transform(frame.rename(columns={"volume": "turnover"}))


# ---- the cache ------------------------------------------------------------------------


def explained(pipeline: FeaturePipeline) -> dict[str, tuple[str, str]]:
    table = pipeline.explain()
    return {str(label): (row["result"], row["why"]) for label, row in table.iterrows()}


def test_a_second_call_finds_every_column_and_the_same_bits(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    pipeline = FeaturePipeline(SPECS, cache=tmp_path)
    first = pipeline.fit_transform(frame)
    assert {result for result, _ in explained(pipeline).values()} == {"computed"}
    again = FeaturePipeline(SPECS, cache=tmp_path)
    second = again.fit_transform(frame)
    assert {result for result, _ in explained(again).values()} == {"hit"}
    for name in first:
        assert first[name].to_numpy().tobytes() == second[name].to_numpy().tobytes()


def test_explain_says_what_has_changed(frame: pd.DataFrame, tmp_path: Path) -> None:
    def answer(specs: list[FeatureSpec | str], rows: pd.DataFrame) -> tuple[str, str]:
        pipeline = FeaturePipeline(specs, cache=tmp_path)
        pipeline.fit_transform(rows)
        return next(iter(explained(pipeline).values()))

    assert answer(["rsi"], frame) == ("computed", "never computed")
    assert answer(["rsi"], frame)[0] == "hit"
    touched = frame.copy()
    touched.iloc[-1, 0] += 1e-9
    assert answer(["rsi"], touched) == ("computed", "data changed")
    assert answer([FeatureSpec("rsi", params={"window": 15})], frame) == (
        "computed",
        "parameters changed",
    )
    assert answer([FeatureSpec("rsi", label="mine")], frame)[0] == "hit"


def test_folds_never_share_what_was_learned(frame: pd.DataFrame, tmp_path: Path) -> None:
    spec = FeatureSpec("standard_scale", label="s")
    one = FeaturePipeline([spec], cache=tmp_path).fit(frame.iloc[:300])
    two = FeaturePipeline([spec], cache=tmp_path).fit(frame.iloc[300:])
    first, second = one.transform(frame), two.transform(frame)
    assert explained(two)["s"] == ("computed", "fitted on other rows")
    assert not np.allclose(first, second)
    pd.testing.assert_frame_equal(one.transform(frame), first)
    assert explained(one)["s"][0] == "hit"


def test_a_feature_of_a_learned_one_does_not_share_either(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    specs = [
        FeatureSpec("standard_scale", label="s"),
        FeatureSpec("drawdown", dependencies=("s",), label="d"),
    ]
    one = FeaturePipeline(specs, cache=tmp_path).fit(frame.iloc[:300])
    two = FeaturePipeline(specs, cache=tmp_path).fit(frame.iloc[300:])
    one.transform(frame)
    two.transform(frame)
    assert explained(two)["d"] == ("computed", "fitted on other rows")


def test_without_a_cache_nothing_is_written_and_explain_says_so(frame: pd.DataFrame) -> None:
    pipeline = FeaturePipeline(["rsi"])
    pipeline.fit_transform(frame)
    assert explained(pipeline) == {"rsi": ("computed", "there is no cache")}


def test_fit_describes_each_feature_in_the_registry(frame: pd.DataFrame, tmp_path: Path) -> None:
    import json

    FeaturePipeline(SPECS, registry=tmp_path).fit(frame)
    (path,) = (tmp_path / "rsi").glob("*.json")
    entry = json.loads(path.read_text(encoding="utf-8"))
    assert entry["spec"]["params"] == {"window": 14}
    assert entry["spec"]["inputs"] == ["close"]
    assert entry["columns"] == ["rsi"]
    assert entry["warm_up"] == 14
    assert "peaklib.features.oscillators" in entry["code"]
