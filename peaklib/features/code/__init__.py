"""Digests of the code that values come from."""

from peaklib.features.code.digests import code_digest, code_of
from peaklib.features.code.values import UNKNOWN

__all__ = ["UNKNOWN", "code_digest", "code_of"]
