"""From specs to an order of computing: what is refused, and what a node's digest knows."""

from itertools import pairwise

import pytest

from peaklib.errors import FeatureError
from peaklib.features import FeatureSpec, feature
from peaklib.features.graph import resolve

COLUMNS = ("open", "high", "low", "close", "volume", "time")


def zscore(label: str, of: str, window: int = 20) -> FeatureSpec:
    return FeatureSpec("rolling_zscore", "1", {"window": window}, (of,), label)


def test_nodes_come_in_the_order_of_specs_each_with_what_it_reads() -> None:
    specs = [zscore("c", "b"), zscore("b", "a"), zscore("a", "rsi"), "rsi"]
    nodes = resolve(specs, COLUMNS)
    assert [node.label for node in nodes] == ["c", "b", "a", "rsi"]
    for node, below in pairwise(nodes):
        assert node.parents == (below,)


def test_a_feature_made_on_the_spot_is_given_itself() -> None:
    @feature("twice", "1", warm_up=lambda: 0)
    def twice(close):
        """Twice the close."""
        return 2 * close

    own, smooth = resolve([twice, zscore("z", "twice")], COLUMNS)
    assert own.feature is twice
    assert smooth.parents == (own,)
    with pytest.raises(FeatureError, match="One that was made on the spot is given itself"):
        resolve(["twice"], COLUMNS)


@pytest.mark.parametrize("specs", ["rsi", None, 3])
def test_what_is_no_list_of_specs_is_refused(specs: object) -> None:
    with pytest.raises(FeatureError, match="give a list of specs"):
        resolve(specs, COLUMNS)


def test_a_feature_may_read_one_of_several_columns_of_another() -> None:
    macd, smooth = resolve(["macd", zscore("z", "macd_histogram")], COLUMNS)
    assert macd.columns == ("macd_line", "macd_signal", "macd_histogram")
    assert smooth.sources[0].node is macd
    assert smooth.sources[0].column == "macd_histogram"


def test_a_circle_is_named_with_its_path() -> None:
    specs = [zscore("a", "b"), zscore("b", "c"), zscore("c", "a")]
    with pytest.raises(FeatureError, match=r"in a circle: a → b → c → a; cut it somewhere"):
        resolve(specs, COLUMNS)


def test_a_feature_that_reads_itself_is_a_circle() -> None:
    with pytest.raises(FeatureError, match=r"in a circle: a → a;"):
        resolve([zscore("a", "a")], COLUMNS)


def test_an_unknown_dependency_is_named_with_the_path_to_it() -> None:
    specs = [zscore("a", "b"), zscore("b", "clse")]
    with pytest.raises(FeatureError, match=r"a → b → clse: no column and no feature 'clse'"):
        resolve(specs, COLUMNS)


def test_stamps_that_rows_do_not_have_are_asked_for() -> None:
    with pytest.raises(FeatureError, match=r"calendar → time: .* Rows need a DatetimeIndex"):
        resolve(["calendar"], ("close",))


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        (["rsy"], r"no feature 'rsy'; `peak features list` names those that there are"),
        ([FeatureSpec("rsi", "99")], r"version '99' was asked for and '1' is installed"),
        ([FeatureSpec("rsi", params={"windw": 3})], r"'rsi' has no parameter 'windw'; it has: wi"),
        ([FeatureSpec("rsi", params={"window": 0})], r"window = 0 is not a whole number from 1"),
        (["rsi", "rsi"], r"makes a column 'rsi', which another feature makes already"),
        ([zscore("close", "open")], r"makes a column 'close', which the rows have already"),
        ([FeatureSpec("rsi", dependencies=("close", "open"))], r"rsi reads 1: close"),
        ([FeatureSpec("rsi", dependencies=("time",))], r"'time' cannot take the place it has"),
        ([FeatureSpec("calendar", dependencies=("close",))], r"'close' cannot take the place"),
        ([3], r"3 is no FeatureSpec"),
    ],
)
def test_what_cannot_be_resolved_is_refused(specs: list[FeatureSpec], message: str) -> None:
    with pytest.raises(FeatureError, match=message):
        resolve(specs, COLUMNS)


def digest_of(*specs: FeatureSpec | str, label: str) -> str:
    return {node.label: node.digest for node in resolve(specs, COLUMNS)}[label]


def test_defaults_that_are_written_out_change_no_digest() -> None:
    plain = digest_of("rsi", label="rsi")
    written = FeatureSpec("rsi", "1", {"window": 14}, ("close",), "mine")
    assert digest_of(written, label="mine") == plain
    assert digest_of(FeatureSpec("rsi", params={"window": 15}), label="rsi") != plain


def test_a_digest_knows_the_features_below_whatever_they_are_called() -> None:
    def chain(window: int, name: str) -> str:
        below = FeatureSpec("rsi", params={"window": window}, label=name)
        return digest_of(zscore("top", name), below, label="top")

    assert chain(14, "a") == chain(14, "b")
    assert chain(14, "a") != chain(15, "a")


def test_a_digest_knows_which_column_of_another_feature_is_read() -> None:
    first = digest_of("macd", zscore("z", "macd_line"), label="z")
    assert digest_of("macd", zscore("z", "macd_signal"), label="z") != first


def test_code_covers_the_kernels_of_a_feature_and_of_those_below_it() -> None:
    (rsi, smooth) = resolve(["rsi", zscore("z", "rsi")], COLUMNS)
    assert "peaklib.features.oscillators" in rsi.code
    assert "peaklib.features.averages" in rsi.code
    assert set(rsi.code) <= set(smooth.code)
    assert smooth.code_digest != rsi.code_digest


def test_warm_ups_add_up_along_the_way() -> None:
    (rsi, smooth) = resolve(["rsi", zscore("z", "rsi", window=20)], COLUMNS)
    assert rsi.warm_up({}) == 14
    assert smooth.warm_up({}) == 14 + 19
