"""Money as text; it is counted in whole micro-EUR everywhere."""

from typing import Final

EUR: Final = 1_000_000
"""Micro-EUR of one EUR."""


def eur(micro_eur: int) -> str:
    """An amount as people write it, exact: at least two decimals, at most six.

    Args:
        micro_eur: millionths of one EUR.

    >>> eur(1_234_500), eur(7)
    ('1.2345 EUR', '0.000007 EUR')
    """
    whole, rest = divmod(abs(micro_eur), EUR)
    cents, finer = divmod(rest, 10_000)
    decimals = f"{cents:02d}" + f"{finer:04d}".rstrip("0")
    return f"{'-' if micro_eur < 0 else ''}{whole:,}.{decimals} EUR"
