"""How much is measured."""

from dataclasses import dataclass

from research.setting import BARS, DRAWN, FEW_BARS, LABELS, MANY_LABELS


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Those of the page by default; the tests measure less.

    Args:
        bars, few_bars: of the long series, and of the short one that it is compared with.
        labels, many_labels: whose uniqueness is asked.
        drawn: labels of a bootstrap.
        repeats: turns.
    """

    bars: int = BARS
    few_bars: int = FEW_BARS
    labels: int = LABELS
    many_labels: int = MANY_LABELS
    drawn: int = DRAWN
    repeats: int = 15
