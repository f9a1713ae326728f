"""The files of `configs/ai/`, each read for itself, so that one that is broken hides no other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from peaklib.config import Finding
from peaklib.errors import ConfigError
from peaklib.llm.settings import budgets, lock, matrix, models, providers, thresholds
from peaklib.llm.settings.budgets import Budgets
from peaklib.llm.settings.load import demands
from peaklib.llm.settings.lock import Lock
from peaklib.llm.settings.matrix import Matrix
from peaklib.llm.settings.models import Service
from peaklib.llm.settings.values import Allowed, Demand, Price, Provider

Part = TypeVar("Part")


@dataclass(frozen=True)
class Parts:
    """What could be read; None for a file that is missing or wrong.

    Args:
        folder: `configs/ai`.
        matrix: who serves what.
        providers: by name.
        budgets: of all scopes.
        prices: by provider and model id.
        allowed: the allowlist.
        lock: models that were measured.
        demands: what an entry of the lock is held against, by layer.
    """

    folder: Path
    matrix: Matrix | None
    providers: dict[str, Provider] | None
    budgets: Budgets | None
    prices: dict[Service, Price] | None
    allowed: dict[Service, Allowed] | None
    lock: Lock | None
    demands: dict[str, Demand] | None


def read_parts(folder: Path) -> Parts:
    """Read what can be read.

    Args:
        folder: `configs/ai`.
    """
    demanded = _read(thresholds.read_thresholds, folder / thresholds.FILE)
    return Parts(
        folder,
        _read(matrix.read_matrix, folder / matrix.FILE),
        _read(providers.read_providers, folder / providers.FILE),
        _read(budgets.read_budgets, folder / budgets.FILE),
        _read(models.read_prices, folder / models.PRICES_FILE),
        _read(models.read_allowed, folder / models.ALLOWED_FILE),
        _read(lock.read_lock, folder / lock.FILE),
        demands(folder, demanded) if demanded is not None else None,
    )


def _read(read: Callable[[Path], Part], path: Path) -> Part | None:
    try:
        return read(path)
    except ConfigError:
        # Whoever claims the file reports its mistakes.
        return None


def missing(folder: Path) -> Iterator[Finding]:
    """Files that have to be there; one that is not there is claimed by nobody."""
    needed = (matrix, providers, budgets, lock, thresholds)
    for name in (*(module.FILE for module in needed), models.PRICES_FILE, models.ALLOWED_FILE):
        if not (folder / name).is_file():
            yield Finding("error", where(name), "", "is missing; without it no model can be asked")


def where(name: str) -> str:
    """A file of the room as findings call it."""
    return f"configs/ai/{name}"
