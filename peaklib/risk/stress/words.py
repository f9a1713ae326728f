"""Shocks in the few words that a table has room for."""

from collections.abc import Mapping

from peaklib.risk.stress.scenarios import Hypothetical

# Moves that are told by name; the rest are counted.
_NAMED = 2
# Characters that moves by name, and a name, have room for in a table.
_LONGEST = 48
_LONGEST_NAME = 40


def shock_in_words(scenario: Hypothetical) -> str:
    """What a scenario supposes: `market −20.0 %, volatility × 2`."""
    parts = []
    moves = scenario.factors | scenario.groups | scenario.symbols
    if moves:
        parts.append(moves_in_words(moves))
    if scenario.correlation is not None:
        pull = scenario.correlation
        share = (
            ""
            if pull.strength == 1
            else f", {100 * pull.strength:.0f}\N{NO-BREAK SPACE}% of the way"
        )
        parts.append(f"correlations to {pull.toward:g}{share}")
    if scenario.volatility is not None:
        parts.append(f"volatility × {scenario.volatility.multiplier:g}")
    if scenario.liquidity is not None:
        days = scenario.liquidity.days_to_exit
        parts.append(
            f"out in {days} day{'s' if days != 1 else ''} at {scenario.liquidity.cost_bps:g} bps"
        )
    return ", ".join(parts)


def moves_in_words(moves: Mapping[str, float]) -> str:
    """The largest moves by name, the others as a number of them.

    `A −20.0 %, B −12.0 %, 3 more`; of names that are too long for that, the largest alone:
    `5 moves, largest −20.0 %: sma_crossover 30/230 on sp500`.
    """
    order = sorted(moves, key=lambda name: -abs(moves[name]))
    named = [f"{name} {percent(moves[name])}" for name in order[:_NAMED]]
    if len(order) > _NAMED:
        named.append(f"{len(order) - _NAMED:,} more")
    words = ", ".join(named)
    if len(words) <= _LONGEST or not order:
        return words
    name = order[0] if len(order[0]) <= _LONGEST_NAME else f"{order[0][: _LONGEST_NAME - 1]}…"
    if len(order) == 1:
        return f"{name} {percent(moves[order[0]])}"
    return f"{len(order):,} moves, largest {percent(moves[order[0]])}: {name}"


def percent(share: float) -> str:
    """A share with its sign: `−12.3 %`, `+4.0 %`."""
    return f"{share:+,.1%}".replace("-", "−").replace("%", "\N{NO-BREAK SPACE}%")
