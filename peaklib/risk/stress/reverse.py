"""Reverse stress: the smallest shock by which a book loses as much as it may."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from peaklib.errors import DataError
from peaklib.risk.measures.inputs import checked_count, is_number
from peaklib.risk.stress.betas import betas_of
from peaklib.risk.stress.book import Book, check_book
from peaklib.risk.stress.covariance import Floats, daily_covariance
from peaklib.risk.stress.mistakes import LARGEST_MOVE

_ROUNDING: Final = 1e-12


@dataclass(frozen=True)
class FactorBreach:
    """The smallest move of one factor that costs a book its limit.

    Args:
        factor: its name.
        limit: the loss, a positive share of equity.
        move: of the factor, a simple return; NaN if none from -1 to 10 does it.
        moves: symbol to its simple return at that move; empty without one.
    """

    factor: str
    limit: float
    move: float
    moves: dict[str, float]

    @property
    def exists(self) -> bool:
        """Whether some move of the factor breaches the limit."""
        return math.isfinite(self.move)


@dataclass(frozen=True)
class JointBreach:
    """The likeliest moves of all symbols together that cost a book its limit.

    Likeliest, and the numbers below, if daily returns are normal with mean zero and the
    covariance of the data: real tails are fatter, so a real breach is more probable.

    Args:
        limit: the loss, a positive share of equity.
        horizon: days over which the moves happen.
        moves: symbol to its simple return; empty if no moves breach the limit.
        distance: Mahalanobis distance of the moves from none: the limit in standard deviations
            of the book over the horizon; infinite without a breach.
        probability: that the book loses the limit or more over the horizon.
    """

    limit: float
    horizon: int
    moves: dict[str, float]
    distance: float
    probability: float

    @property
    def exists(self) -> bool:
        """Whether some moves breach the limit."""
        return math.isfinite(self.distance)

    @property
    def is_possible(self) -> bool:
        """Whether no symbol would have to lose more than all of itself."""
        return self.exists and min(self.moves.values()) >= -1.0


def reverse_factor(book: Book, factor: str, *, limit: float) -> FactorBreach:
    """The smallest move of a factor, up or down, at which a book loses its limit.

    The loss is -sum of weight x max(beta x move, -1): linear between the moves at which some
    symbol has lost everything, so the answer is exact. While none has, it is
    -limit / sum of weight x beta. Moves are looked for from -1, all of the factor,
    to 10, as in files of scenarios.

    Args:
        book: with factors or betas.
        factor: moved alone; betas are those of a regression on it alone.
        limit: a positive share of equity.

    Raises:
        DataError: no book, no such factor, too few days, or a limit that is not positive.
    """
    check_book(book, "reverse stress")
    check_limit(limit)
    if not book.held:
        return FactorBreach(factor, limit, math.nan, {})
    betas = betas_of(book, [factor], "reverse stress").to_numpy()[:, 0]
    shares = np.array([book.weights[symbol] for symbol in book.held])
    down = _first_breach(-betas, shares, limit, farthest=1.0)
    up = _first_breach(betas, shares, limit, farthest=LARGEST_MOVE)
    if math.isinf(down) and math.isinf(up):
        return FactorBreach(factor, limit, math.nan, {})
    move = -down if down <= up else up
    moves = np.maximum(betas * move, -1.0).tolist()
    return FactorBreach(factor, limit, move, dict(zip(book.held, moves, strict=True)))


def reverse_joint(book: Book, *, limit: float, horizon: int = 1) -> JointBreach:
    """The moves nearest to none, in Mahalanobis distance, at which a book loses its limit.

    Of all moves x with -w'x = limit, those with the smallest x'(hS)^-1 x, S the daily covariance:
    x = -limit S w / (w'S w). The distance is limit / sqrt(h w'S w), and needs no inverse.

    Args:
        book: weights w.
        limit: a positive share of equity.
        horizon: h, days over which the moves happen.

    Raises:
        DataError: no book, too few days for a covariance, a limit that is not positive, or a
            horizon below 1.

    Source: Glasserman, Kang and Kang (2015), Stress Scenario Selection by Empirical Likelihood,
    Quantitative Finance 15(1), the elliptical case; Breuer, Jandačka, Rheinberger and Summer
    (2009), How to Find Plausible, Severe, and Useful Stress Scenarios, Int. J. of Central Banking.
    """
    check_book(book, "reverse stress")
    check_limit(limit)
    checked_count("reverse stress: horizon", horizon)
    shares = np.array([book.weights[symbol] for symbol in book.held])
    towards = daily_covariance(book) @ shares if book.held else shares
    variance = float(shares @ towards)
    if not variance > 0.0:
        return JointBreach(limit, horizon, {}, math.inf, 0.0)
    distance = limit / math.sqrt(horizon * variance)
    moves = dict(zip(book.held, (-limit / variance * towards).tolist(), strict=True))
    return JointBreach(limit, horizon, moves, distance, 0.5 * math.erfc(distance / math.sqrt(2)))


def check_limit(limit: float) -> None:
    """Refuse what is no limit of a loss.

    Raises:
        DataError: `limit` is not a positive share.
    """
    if not (is_number(limit) and limit > 0 and math.isfinite(limit)):
        raise DataError(
            f"reverse stress: limit = {limit!r}; give a loss as a positive share of equity, "
            "0.2 for 20 %"
        )


def _first_breach(slopes: Floats, shares: Floats, limit: float, *, farthest: float) -> float:
    """Smallest t in [0, farthest] with -sum of shares x max(slopes t, -1) >= limit, or infinity."""
    lost_at = np.full(len(slopes), math.inf)
    with np.errstate(over="ignore"):
        np.divide(-1.0, slopes, out=lost_at, where=slopes < 0.0)
    start = 0.0
    for stop in sorted({at for at in lost_at.tolist() if at < farthest} | {farthest}):
        alive = lost_at > start
        gain = math.fsum((shares * slopes)[alive].tolist())
        lost = math.fsum(shares[~alive].tolist())
        # A limit that is reached just where a symbol has lost everything is reached.
        if gain < 0.0 and (lost - limit) / gain <= stop * (1.0 + _ROUNDING):
            return min((lost - limit) / gain, stop)
        start = stop
    return math.inf
