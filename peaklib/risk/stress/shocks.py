"""A hypothetical scenario: what a book loses at once, and how much more it may lose then."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from peaklib.errors import DataError
from peaklib.risk.stress.betas import betas_of
from peaklib.risk.stress.book import Book, check_book
from peaklib.risk.stress.covariance import (
    Floats,
    daily_covariance,
    days_at_risk,
    normal_value_at_risk,
    pull_correlations,
)
from peaklib.risk.stress.scenarios import Historical, Hypothetical, Scenario, check_scenario
from peaklib.risk.stress.windows import coverage, replay


@dataclass(frozen=True)
class Shock:
    """What a supposed event does to a book; losses are positive shares of its equity.

    Args:
        scenario: its name.
        loss: see `measure`; negative for a gain.
        measure: `instant`, the loss by moves and by the cost of getting out; or `var`, where
            nothing moves and nothing is sold: the value at risk after the shock.
        moves: symbol to its simple return; empty if no price moves.
        cost: of getting out of all positions at the prices after the moves.
        var_before: normal value at risk with the covariance of the data; NaN unless the
            scenario changes it.
        var_after: with the covariance and the time of getting out of the scenario.
    """

    scenario: str
    loss: float
    measure: Literal["instant", "var"]
    moves: dict[str, float]
    cost: float
    var_before: float
    var_after: float


def shock(book: Book, scenario: Hypothetical, *, level: float = 0.99, horizon: int = 1) -> Shock:
    """Let a supposed event happen to a book as it stands.

    Moves happen at once, before anything can be traded; positions are sold at the moved
    prices. The weights stay those before the moves where the value at risk is computed.

    Args:
        book: with factors or betas if the scenario moves factors.
        scenario: what is supposed.
        level: confidence of the value at risk, in (0.5, 1).
        horizon: days of the value at risk; for getting out see `days_at_risk`.

    Raises:
        DataError: no book or no scenario of this kind, a factor or group that the book does not
            have, moves of symbols of which it holds none, or too few days for betas or a
            covariance.
    """
    check_book(book, "shock")
    check_scenario(scenario, "shock", Hypothetical)
    moves = supposed_moves(book, scenario)
    by_moves = math.fsum(-book.weights[symbol] * move for symbol, move in moves.items())
    cost = 0.0
    if scenario.liquidity is not None:
        sold = math.fsum(
            abs(book.weights[held]) * (1.0 + moves.get(held, 0.0)) for held in book.held
        )
        cost = sold * scenario.liquidity.cost_bps / 10_000
    before, after = _risk(book, scenario, level, horizon)
    return Shock(
        scenario=scenario.name,
        loss=by_moves + cost if scenario.measure == "instant" else after,
        measure=scenario.measure,
        moves=moves,
        cost=cost,
        var_before=before,
        var_after=after,
    )


def supposed_moves(book: Book, scenario: Hypothetical) -> dict[str, float]:
    """The simple return of every held symbol, empty if no price moves.

    What is said of a symbol stands instead of what is said of its group, and that instead of
    what follows from factors: sum of beta x move, but never below -1. A symbol of which nothing
    is said and that no factor moves has 0.

    Raises:
        DataError: as `shock`.
    """
    if not scenario.moves_prices:
        return {}
    where = f"scenario {scenario.name!r}"
    moves = dict.fromkeys(book.held, 0.0)
    if scenario.factors:
        names = list(scenario.factors)
        betas = betas_of(book, names, where).to_numpy()
        passed = np.maximum(betas @ np.array([scenario.factors[name] for name in names]), -1.0)
        moves = dict(zip(book.held, passed.tolist(), strict=True))
    said = _said(book, scenario, where)
    touched = {symbol: move for symbol, move in said.items() if symbol in moves}
    if book.held and not touched and not scenario.factors:
        raise DataError(
            f"{where} moves {', '.join(said) or 'nothing'}, and the book holds "
            f"{', '.join(book.held)}; correct the names or leave the scenario out"
        )
    return moves | touched


def stress_moves(book: Book, scenarios: Iterable[Scenario]) -> dict[str, dict[str, float]]:
    """Scenario to symbol to simple return, in the form that a gate's state carries.

    Scenarios without a move of prices and windows outside the data are left out: whoever
    needs one of them looks whether it is there.

    Args:
        book: the symbols that it holds are moved.
        scenarios: of both kinds.

    Raises:
        DataError: as `shock`.
    """
    check_book(book, "stress moves")
    moves = {}
    for scenario in scenarios:
        check_scenario(scenario, "stress moves", Historical, Hypothetical)
        if isinstance(scenario, Historical):
            if not coverage(book, scenario):
                moves[scenario.name] = replay(book, scenario).moves
        elif scenario.moves_prices:
            moves[scenario.name] = supposed_moves(book, scenario)
    return moves


def _said(book: Book, scenario: Hypothetical, where: str) -> dict[str, float]:
    """Moves that are said of symbols, by their groups or by name."""
    said: dict[str, float] = {}
    by_group: dict[str, str] = {}
    for group, move in scenario.groups.items():
        if group not in book.groups:
            raise DataError(
                f"{where} moves the group {group!r}, and the book has "
                f"{', '.join(book.groups) or 'no groups'}; give its symbols as groups="
            )
        for symbol in book.groups[group]:
            if symbol in by_group:
                raise DataError(
                    f"{where} moves {symbol!r} as one of {by_group[symbol]!r} and one of "
                    f"{group!r}; a symbol stands in one of the groups that a scenario moves"
                )
            by_group[symbol] = group
            said[symbol] = move
    return said | scenario.symbols


def _risk(book: Book, scenario: Hypothetical, level: float, horizon: int) -> tuple[float, float]:
    """Value at risk before and after; NaN where the scenario leaves it alone."""
    if not scenario.changes_risk:
        return math.nan, math.nan
    if not book.held:
        return 0.0, 0.0
    shares = np.array([book.weights[symbol] for symbol in book.held])
    covariance = daily_covariance(book)
    exit_days = 1 if scenario.liquidity is None else scenario.liquidity.days_to_exit
    before = normal_value_at_risk(covariance, shares, level=level, days=days_at_risk(horizon, 1))
    after = normal_value_at_risk(
        _supposed(covariance, scenario),
        shares,
        level=level,
        days=days_at_risk(horizon, exit_days),
    )
    return before, after


def _supposed(covariance: Floats, scenario: Hypothetical) -> Floats:
    if scenario.correlation is not None:
        pull = scenario.correlation
        covariance = pull_correlations(covariance, toward=pull.toward, strength=pull.strength)
    if scenario.volatility is not None:
        covariance = covariance * scenario.volatility.multiplier**2
    return covariance
