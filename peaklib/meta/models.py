"""Classifiers that say whether a bet will make money."""

from typing import Any

from peaklib.meta.settings import Model, Settings


def make_model(model: Model, settings: Settings) -> Any:
    """An unfitted classifier of scikit-learn; its numbers do not depend on threads.

    Args:
        model: `forest` or `boosting`.
        settings: trees, depth and seed.
    """
    if model == "forest":
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(
            n_estimators=settings.trees,
            max_depth=settings.depth,
            min_samples_leaf=5,
            random_state=settings.seed,
            n_jobs=1,
        )
    from sklearn.ensemble import GradientBoostingClassifier

    # Not the one over histograms: its threads spin, and a grid has threads of its own.
    return GradientBoostingClassifier(
        n_estimators=settings.trees,
        max_depth=settings.depth,
        learning_rate=0.05,
        subsample=0.5,
        min_samples_leaf=5,
        random_state=settings.seed,
    )
