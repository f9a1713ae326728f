"""The model policy over the raw values of every file under `configs/`, whatever its kind.

This is the last of three places that ask the policy. It trusts no model of a file: a table that
some room forgot to check, or that came with a plugin, is read here all the same.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from peaklib.config import Finding
from peaklib.errors import PolicyViolation
from peaklib.llm import policy

_PLACEHOLDER: Final = re.compile(r"\{[A-Za-z_]*\}")
# Harmless company for a value that is looked at alone.
_PROVIDER: Final = "openai"
_MODEL: Final = "model"


def check_policy(folder: Path, profile: str, today: date) -> Iterator[Finding]:
    """Providers, models, snapshots and addresses that the policy refuses.

    Args:
        folder: root of the project.
        profile: is no matter; what is refused is refused everywhere.
        today: neither.
    """
    del profile, today
    for path in sorted((folder / "configs").rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            for key, error in _refused(_read(path), (), ai="ai" in path.relative_to(folder).parts):
                yield Finding("error", name, ".".join(key), str(error))


def _read(path: Path) -> Any:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError):
        # Whoever claims the file reports it.
        return {}


_Found = Iterator[tuple[tuple[str, ...], PolicyViolation]]


def _refused(value: Any, key: tuple[str, ...], *, ai: bool) -> _Found:
    if isinstance(value, dict):
        yield from _refused_in_table(value, key, ai=ai)
        for name, inner in value.items():
            yield from _refused(inner, (*key, name), ai=ai)
    elif isinstance(value, list):
        for k, inner in enumerate(value):
            yield from _refused(inner, (*key, str(k)), ai=ai)


def _refused_in_table(table: dict[str, Any], key: tuple[str, ...], *, ai: bool) -> _Found:
    """Values of one table. `provider` alone, outside of `ai/`, may be one of other things."""
    asks = []
    if "provider" in table:
        of_models = ai or "model_id" in table
        asks.append(("provider", table["provider"], _provider if of_models else policy.check_reply))
    if "model_id" in table:
        asks.append(("model_id", table["model_id"], _model))
    if "base_url" in table:
        asks.append(("base_url", table["base_url"], _base_url))
        if key:
            asks.append(("", key[-1], policy.check_reply))
    if "resolves_to" in table:
        asks.append(("resolves_to", table["resolves_to"], policy.check_reply))
    snapshots = table.get("snapshots", [])
    for k, name in enumerate(snapshots if isinstance(snapshots, list) else [snapshots]):
        asks.append((f"snapshots.{k}", name, policy.check_reply))
    for name, value, ask in asks:
        try:
            ask(value)
        except PolicyViolation as error:
            yield (*key, name) if name else key, error


def _provider(value: str) -> None:
    policy.check(value, _MODEL)


def _model(value: str) -> None:
    policy.check(_PROVIDER, value)


def _base_url(value: Any) -> None:
    filled = _PLACEHOLDER.sub("x", value) if isinstance(value, str) else value
    policy.check(_PROVIDER, _MODEL, filled)
