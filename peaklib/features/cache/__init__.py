"""Columns that were computed before, kept on the disk by everything that they depend on."""

from peaklib.features.cache.keys import CacheKey
from peaklib.features.cache.store import (
    CacheStats,
    CacheWarning,
    FeatureCache,
    FeatureStats,
    Found,
    Missing,
)

__all__ = [
    "CacheKey",
    "CacheStats",
    "CacheWarning",
    "FeatureCache",
    "FeatureStats",
    "Found",
    "Missing",
]
