"""The files of `configs/ai/` that this room claims, and what it has to say about them together."""

from typing import Final

from peaklib.config import ConfigCheck, ConfigKind
from peaklib.llm.settings import budgets, lock, matrix, models, providers
from peaklib.llm.settings.lint.deny import check_policy
from peaklib.llm.settings.lint.dependencies import check_dependencies
from peaklib.llm.settings.lint.together import check_together

CONFIG_FILES: Final = (
    ConfigKind(f"ai/{matrix.FILE}", matrix.check_matrix),
    ConfigKind(f"ai/{providers.FILE}", providers.check_providers),
    ConfigKind(f"ai/{budgets.FILE}", budgets.read_budgets),
    ConfigKind(f"ai/{models.ALLOWED_FILE}", models.read_allowed),
    ConfigKind(f"ai/{models.PRICES_FILE}", models.read_prices),
    ConfigKind(f"ai/{lock.FILE}", lock.read_lock),
    ConfigKind(f"ai/{lock.KEPT}/*.lock", lock.check_kept),
    ConfigCheck("model policy", check_policy),
    ConfigCheck("models", check_together),
    ConfigCheck("dependencies", check_dependencies),
)
