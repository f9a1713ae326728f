"""Where a project keeps what its features leave: below its folder of runs."""

import os
from typing import Final

from peaklib.evidence import runs_folder
from peaklib.evidence.places import INPUTS_VARIABLE
from peaklib.features.cache import FeatureCache
from peaklib.features.registry import FeatureRegistry

CACHE: Final = "cache/features"
REGISTRY: Final = "registry/features"


def project_cache() -> FeatureCache | None:
    """The project's cache of features; None while a run is repeated, which computes everything."""
    if os.environ.get(INPUTS_VARIABLE):
        return None
    return FeatureCache(runs_folder() / CACHE)


def project_registry() -> FeatureRegistry:
    """The project's registry of features."""
    return FeatureRegistry(runs_folder() / REGISTRY)
