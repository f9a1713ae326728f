"""Orders and states from files, JSON or TOML. What is wrong *in* them is for the gate to say."""

import json
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

from peaklib.errors import ConfigError
from peaklib.risk.gating.intent import OrderIntent
from peaklib.risk.gating.state import PortfolioState


def load_order(path: Path) -> OrderIntent:
    """The order of a file.

    A field that is missing, unknown or malformed is no error here: the gate blocks and says so.

    Args:
        path: of a `.json` or `.toml` file.

    Raises:
        ConfigError: the file is missing or no JSON or TOML table; says where.
    """
    return OrderIntent.from_fields(_table(path))


def load_state(path: Path) -> PortfolioState:
    """The state of a file; moments are ISO 8601 text or TOML times. See `load_order`.

    Raises:
        ConfigError: the file is missing or no JSON or TOML table; says where.
    """
    table = _table(path)
    times = table.get("price_times")
    if isinstance(times, dict):
        table["price_times"] = {symbol: _moment(time) for symbol, time in times.items()}
    sent = table.get("order_times")
    if isinstance(sent, list):
        table["order_times"] = [_moment(time) for time in sent]
    if "as_of" in table:
        table["as_of"] = _moment(table["as_of"])
    return PortfolioState.from_fields(table)


def _moment(value: Any) -> Any:
    """A moment of a text; whatever is none stays as it is, for the gate to refuse."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return value


def _table(path: Path) -> dict[str, Any]:
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("json", "toml"):
        raise ConfigError(str(path), [f"is named {path.suffix or 'nothing'}; give .json or .toml"])
    try:
        text = path.read_text("utf-8")
        table = json.loads(text, object_pairs_hook=_once) if kind == "json" else tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(str(path), ["no such file"]) from None
    except (ValueError, OSError, RecursionError) as error:
        reason = str(error) or type(error).__name__
        raise ConfigError(str(path), [f"is not readable as {kind.upper()}: {reason}"]) from None
    if not isinstance(table, dict):
        found = type(table).__name__
        raise ConfigError(str(path), [f"is a {found}; write one object with the fields in it"])
    return table


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are all different: of two quantities, which one would be checked?"""
    table = dict(pairs)
    if len(table) < len(pairs):
        twice = next(key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place]))
        raise ValueError(f"the key {twice!r} stands there twice; keep one")
    return table
