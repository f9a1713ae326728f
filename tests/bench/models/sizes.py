"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Those of the page by default; the tests measure less.

    Args:
        rounds: in which both sides take their turns.
        turns: of one caller, in a round.
        each: calls of each of many callers, in a round.
        starts: interpreters with and without an import.
    """

    rounds: int = 5
    turns: int = 200
    each: int = 20
    starts: int = 11
