"""Kinds of runs whose makers are heavy to import: whoever repeats them needs only the name."""

from typing import Final

PORTFOLIO: Final = "portfolio"
RISK: Final = "risk"
