"""Reading `configs/ai/` as a whole; the first of the three places that ask the model policy."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from peaklib.errors import ConfigError
from peaklib.evidence.places import home
from peaklib.llm import policy
from peaklib.llm.settings import budgets, lock, matrix, models, providers, recorded, thresholds
from peaklib.llm.settings.settings import Settings
from peaklib.llm.settings.standing import unfit_for_prod
from peaklib.llm.settings.values import Demand, Profile

# A harmless id, where an address is looked at for itself.
_ANY_MODEL: Final = "model"


def load_settings(folder: Path | None = None, *, profile: Profile = "dev", today: date) -> Settings:
    """The settings of a project.

    Args:
        folder: with the files; `configs/ai` of the project at work by default. The cases that
            models are measured on are looked for in `tests/evals` of the same project.
        profile: in `prod` every row has to be verified, none may have ended, no provider may be on
            this machine, and the lock has to be the last one that the project's ledger names.
        today: day for which `prod` is checked.

    Raises:
        ConfigError: a file is missing or wrong, or the matrix is not fit for `prod`.
        PolicyViolation: the model policy refuses a row of the matrix or a provider's address.
        EvidenceError: in `prod`, a line of the ledger cannot be read.
    """
    place = folder if folder is not None else home() / "configs" / "ai"
    rows = matrix.read_matrix(place / matrix.FILE)
    # Before anything else is read: what is forbidden is named as such, whatever else is wrong.
    for row in rows.rows:
        policy.check(row.provider, row.model_id)
    settings = Settings(
        profile=profile,
        matrix=matrix.check_matrix(place / matrix.FILE),
        providers=providers.read_providers(place / providers.FILE),
        budgets=budgets.read_budgets(place / budgets.FILE),
        prices=models.read_prices(place / models.PRICES_FILE),
        allowed=models.read_allowed(place / models.ALLOWED_FILE),
        lock=lock.read_lock(place / lock.FILE),
        demands=demands(place, thresholds.read_thresholds(place / thresholds.FILE)),
    )
    for provider in settings.providers.values():
        policy.check(provider.name, _ANY_MODEL, providers.example_url(provider))
    providers.refuse_misplaced(
        settings.providers, str(place / providers.FILE), prod=profile == "prod"
    )
    if profile == "prod":
        _check_prod(settings, place, today)
    return settings


def _check_prod(settings: Settings, place: Path, today: date) -> None:
    unfit = unfit_for_prod(settings.matrix, settings.lock, settings.demands, today)
    problems = [f"{key}: {text}" for key, text in unfit]
    if problems:
        raise ConfigError(str(place / matrix.FILE), problems)
    other = recorded.unrecorded(settings.lock.digest, recorded.ledger_of(place))
    if other is not None:
        raise ConfigError(str(place / lock.FILE), [other])


def demands(folder: Path, demanded: Mapping[str, thresholds.Thresholds]) -> dict[str, Demand]:
    """What an entry of the lock is held against, by layer: cases and thresholds as they are now.

    Args:
        folder: `configs/ai` of a project.
        demanded: thresholds by layer.
    """
    evals = folder.resolve().parents[1] / "tests" / "evals"
    found = {}
    for layer, reach in demanded.items():
        cases = lock.cases_count(evals / layer)
        found[layer] = Demand(
            lock.cases_digest(evals / layer),
            cases,
            reach.min_pass,
            reach.max_cost_micro_eur_per_case * cases,
        )
    return found
