"""Settings of the risk notebook, checked before a kernel starts."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from peaklib.config import unknown
from peaklib.errors import ConfigError
from peaklib.risk import ROLLING_MEASURES, load_scenarios

SCENARIOS: Final = "configs/risk/scenarios"
_SHARES: Final = {
    "level": (0.5, 1.0, "a confidence above 0.5 and below 1, such as 0.99"),
    "loss_limit": (0.0, 1.0, "a share of equity above 0 and below 1, such as 0.2"),
    "significance": (0.0, 1.0, "a probability above 0 and below 1, such as 0.05"),
}
_COUNTS: Final = {"horizon": 1, "window": 100, "short_window": 100, "refit": 1}


def check_settings(settings: Mapping[str, Any], home: Path) -> None:
    """Make sure that settings can be meant, and that the scenarios can be read.

    Args:
        settings: of the notebook, as far as they are given.
        home: root of the project.

    Raises:
        ConfigError: lists every mistake.
    """
    problems = list(_problems(settings))
    if problems:
        raise ConfigError("-p", problems)
    load_scenarios(home / str(settings.get("scenarios", SCENARIOS)))


def _problems(settings: Mapping[str, Any]) -> Iterator[str]:
    for name, (low, high, meaning) in _SHARES.items():
        if name in settings and not low < settings[name] < high:
            yield f"{name} = {settings[name]!r}: give {meaning}"
    for name, least in _COUNTS.items():
        if name in settings and settings[name] < least:
            yield f"{name} = {settings[name]!r}: {least} is the least"
    model = settings.get("model")
    if model is not None and model not in ROLLING_MEASURES:
        yield f"model = {model!r}: {unknown('model', str(model), ROLLING_MEASURES)}"
