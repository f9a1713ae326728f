"""Finding strategies by name, and wrapping one in another."""

import pytest

from peaklib import plugins
from peaklib.errors import StrategyError
from peaklib.strategies import BUILT_IN, get, installed, vol_regime_filter


def test_the_built_in_strategies_are_installed() -> None:
    assert list(installed()) == sorted(installed())
    assert {
        *("sma_crossover", "ema_crossover", "momentum", "rsi_reversion"),
        *("bollinger_reversion", "macd", "donchian_breakout", "buy_and_hold", "ecm_cycle"),
    } <= set(installed())


def test_they_are_announced_by_entry_point_like_those_of_others() -> None:
    found = plugins.found(plugins.STRATEGIES)
    assert any(p.target == "peaklib.strategies:BUILT_IN" for p in found)
    loaded = [item for _, item in plugins.load(plugins.STRATEGIES)]
    assert set(map(id, BUILT_IN)) <= set(map(id, loaded))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(StrategyError, match=r"no strategy 'sma'; there are: .*sma_crossover.*"):
        get("sma")
    with pytest.raises(StrategyError, match=r"vol_regime_filter\(…\)"):
        get("sma")


def test_a_strategy_is_its_own_name() -> None:
    rule = get("macd")
    assert get(rule) is rule


@pytest.mark.parametrize(
    "spelling", ["vol_regime_filter(macd)", " vol_regime_filter(macd) "], ids=repr
)
def test_a_wrapper_is_written_like_a_call(spelling: str) -> None:
    rule = get(spelling)
    assert rule.name == "vol_regime_filter(macd)"
    assert rule.version == "1+1"
    own = ["vol_window", "vol_lookback", "vol_rank"]
    assert list(rule.parameters) == ["fast", "slow", "signal", *own]
    assert rule.summary.startswith(get("macd").summary)


@pytest.mark.parametrize(
    ("spelling", "words"),
    [
        ("vol_regime_filter(nobody)", "no strategy 'nobody'"),
        ("nobody(macd)", r"no strategy 'nobody\(macd\)'"),
        ("vol_regime_filter", "no strategy 'vol_regime_filter'"),
        ("vol_regime_filter()", "no strategy"),
        ("vol_regime_filter(vol_regime_filter(macd))", "has this filter already"),
    ],
)
def test_a_wrapper_around_nothing_known_or_around_itself_is_refused(
    spelling: str, words: str
) -> None:
    with pytest.raises(StrategyError, match=words):
        get(spelling)


def test_errors_inside_a_wrapper_name_the_whole_strategy() -> None:
    wrapped = vol_regime_filter(get("momentum"))
    with pytest.raises(StrategyError, match=r"'vol_regime_filter\(momentum\)': vol_rank = 2"):
        wrapped.resolve({"vol_rank": 2})
    with pytest.raises(StrategyError, match=r"'vol_regime_filter\(momentum\)': window = 0"):
        wrapped.resolve({"window": 0})


def test_digest_of_a_wrapper_covers_the_code_of_the_strategy_inside() -> None:
    outer = [get(f"vol_regime_filter({name})").code_digest() for name in ("macd", "momentum")]
    assert outer[0] != outer[1]
    assert outer[0].endswith(get("macd").code_digest())
