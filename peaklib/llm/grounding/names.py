"""Names of indices that hold digits."""

from typing import Final

INDEX_NAMES: Final = (
    *("S&P 500", "Nasdaq 100", "Nasdaq-100", "Russell 2000", "FTSE 100", "DAX 40", "CAC 40"),
    *("Euro Stoxx 50", "STOXX Europe 600", "Nikkei 225", "Dow 30"),
)
"""Names that hold digits and are no numbers."""
