"""Shocks in the few words that a table has room for."""

from collections.abc import Mapping

from peaklib.risk.stress.scenarios import Hypothetical

# Moves that are told by name; the rest are counted.
_NAMED = 2


def shock_in_words(scenario: Hypothetical) -> str:
    """What a scenario supposes: `market −20.0 %, volatility × 2`."""
    parts = []
    moves = scenario.factors | scenario.groups | scenario.symbols
    if moves:
        parts.append(moves_in_words(moves))
    if scenario.correlation is not None:
        pull = scenario.correlation
        share = "" if pull.strength == 1 else f", {pull.strength:.0%} of the way"
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
    """The largest moves by name, the others as a number of them."""
    order = sorted(moves, key=lambda name: -abs(moves[name]))
    named = [f"{name} {percent(moves[name])}" for name in order[:_NAMED]]
    if len(order) > _NAMED:
        named.append(f"{len(order) - _NAMED} more")
    return ", ".join(named)


def percent(share: float) -> str:
    """A share with its sign: `−12.3 %`, `+4.0 %`."""
    return f"{share:+.1%}".replace("-", "−").replace("%", "\N{NO-BREAK SPACE}%")
