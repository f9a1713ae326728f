"""What a spec may say, and that its digest says the same everywhere."""

import copy
import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from peaklib.errors import FeatureError
from peaklib.features import FeatureSpec


def test_a_spec_goes_by_its_name_unless_it_is_given_a_label() -> None:
    assert FeatureSpec("rsi").label == "rsi"
    assert FeatureSpec("rsi", label="slow").label == "slow"


def test_the_digest_is_that_of_the_canonical_text() -> None:
    # sha256 of {"dependencies":["close"],"name":"rsi","params":{"window":14},"version":"1"},
    # taken with sha256sum.
    spec = FeatureSpec("rsi", "1", {"window": 14}, ("close",))
    assert spec.digest == "780b3c87d3231e161049dc6927a6d7c253b3257a49c906538a0760b26b6d71f2"


def test_the_digest_knows_all_but_the_label_and_the_order_of_parameters() -> None:
    spec = FeatureSpec("macd", "1", {"fast": 12, "slow": 26}, ("close",))
    assert FeatureSpec("macd", "1", {"slow": 26, "fast": 12}, ("close",)).digest == spec.digest
    assert (
        FeatureSpec("macd", "1", {"fast": 12.0, "slow": 26}, ("close",), "x").digest == spec.digest
    )
    others = [
        FeatureSpec("rsi", "1", {"fast": 12, "slow": 26}, ("close",)),
        FeatureSpec("macd", "2", {"fast": 12, "slow": 26}, ("close",)),
        FeatureSpec("macd", "1", {"fast": 13, "slow": 26}, ("close",)),
        FeatureSpec("macd", "1", {"fast": 12, "slow": 26}, ("open",)),
    ]
    assert len({spec.digest, *(other.digest for other in others)}) == 5


def test_a_spec_is_frozen_also_inside() -> None:
    params = {"window": 14}
    spec = FeatureSpec("rsi", params=params)
    params["window"] = 99
    assert spec.params["window"] == 14
    with pytest.raises(TypeError, match="does not support item assignment"):
        spec.params["window"] = 20  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        spec.name = "macd"  # type: ignore[misc]


def test_a_spec_can_be_pickled_copied_and_kept_in_a_set() -> None:
    spec = FeatureSpec("rsi", "1", {"window": 28}, ("close",), "slow")
    for again in (pickle.loads(pickle.dumps(spec)), copy.deepcopy(spec)):
        assert again == spec
        assert again.label == "slow"
        assert again.digest == spec.digest
    assert len({spec, FeatureSpec("rsi", "1", {"window": 28}, ("close",), "slow")}) == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "r si"}, r"name = 'r si' is no name"),
        ({"name": ""}, r"name = '' is no name"),
        ({"name": 7}, r"name = 7 is no name"),
        ({"name": "rsi", "label": "../x"}, r"label = '\.\./x' is no name"),
        ({"name": "rsi", "version": 1}, r"feature 'rsi': version = 1 is no text"),
        ({"name": "rsi", "params": [1]}, r"params = \[1\] is no mapping"),
        ({"name": "rsi", "params": {"window": True}}, r"window = True is neither number nor word"),
        ({"name": "rsi", "params": {"window": [1]}}, r"window = \[1\] is neither"),
        ({"name": "rsi", "dependencies": "close"}, r"dependencies = 'close'; write a tuple"),
        ({"name": "rsi", "dependencies": (1,)}, r"dependencies = \(1,\); write a tuple"),
    ],
)
def test_what_is_no_spec_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(FeatureError, match=message):
        FeatureSpec(**fields)
