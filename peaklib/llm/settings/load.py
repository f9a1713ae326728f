"""Reading `configs/ai/` as a whole; the first of the three places that ask the model policy."""

from datetime import date
from pathlib import Path
from typing import Final

from peaklib.errors import ConfigError
from peaklib.evidence.places import home
from peaklib.llm import policy
from peaklib.llm.roles import LAYERS
from peaklib.llm.settings import budgets, lock, matrix, models, providers
from peaklib.llm.settings.settings import Settings
from peaklib.llm.settings.standing import unfit_for_prod
from peaklib.llm.settings.values import Profile

# A harmless id, where an address is looked at for itself.
_ANY_MODEL: Final = "model"


def load_settings(folder: Path | None = None, *, profile: Profile = "dev", today: date) -> Settings:
    """The settings of a project.

    Args:
        folder: with the files; `configs/ai` of the project at work by default. The cases that
            models are measured on are looked for in `tests/evals` of the same project.
        profile: in `prod` every row has to be verified, and none may have ended.
        today: day for which `prod` is checked.

    Raises:
        ConfigError: a file is missing or wrong, or the matrix is not fit for `prod`.
        PolicyViolation: the model policy refuses a row of the matrix or a provider's address.
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
        eval_digests=eval_digests(place),
    )
    for provider in settings.providers.values():
        policy.check(provider.name, _ANY_MODEL, providers.example_url(provider))
    if profile == "prod":
        unfit = unfit_for_prod(settings.matrix, settings.lock, settings.eval_digests, today)
        problems = [f"{key}: {text}" for key, text in unfit]
        if problems:
            raise ConfigError(str(place / matrix.FILE), problems)
    return settings


def eval_digests(folder: Path) -> dict[str, str]:
    """Digests of the cases of each layer as they are now.

    Args:
        folder: `configs/ai` of a project.
    """
    cases = folder.resolve().parents[1] / "tests" / "evals"
    return {layer: lock.cases_digest(cases / layer) for layer in LAYERS}
