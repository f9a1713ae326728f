"""Tests of many models against a benchmark by their mean returns, through the library arch.

White's reality check, Hansen's test of superior predictive ability and the model confidence
set, with returns (higher is better) in place of the losses that arch takes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.robustness.search.max_sharpe import checked_matrix
from peaklib.robustness.sharpe.inference import checked_series

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Superiority:
    """P-values of the null that no model has a higher mean return than the benchmark.

    Args:
        lower: liberal, takes every model that did worse as truly worse.
        consistent: Hansen's, right in large samples.
        upper: least favourable, takes all models as equal to the benchmark.
        block_length, resamples, seed: as used.
    """

    lower: float
    consistent: float
    upper: float
    block_length: float
    resamples: int
    seed: int


def reality_check(
    returns: ArrayLike,
    benchmark: ArrayLike,
    *,
    block_length: float,
    resamples: int = 1000,
    seed: int = 0,
) -> float:
    """White's reality check: p-value of the best model's mean return over the benchmark's.

    Args:
        returns: (n_bars, n_models) simple returns per bar.
        benchmark: (n_bars,) simple returns; zeros for cash.
        block_length: mean length of the stationary bootstrap's blocks, in bars.
        resamples: number of resamples.
        seed: of the resamples.

    Source: White (2000), Econometrica 68(5); computed by `arch.bootstrap.SPA`, not studentized.
    """
    return _superiority(returns, benchmark, block_length, resamples, seed, False).upper


def superior_predictive_ability(
    returns: ArrayLike,
    benchmark: ArrayLike,
    *,
    block_length: float,
    resamples: int = 1000,
    seed: int = 0,
) -> Superiority:
    """Hansen's test of superior predictive ability on mean returns, studentized.

    Args:
        returns, benchmark, block_length, resamples, seed: see `reality_check`.

    Source: Hansen (2005), J. of Business and Economic Statistics 23(4); computed by
    `arch.bootstrap.SPA`.
    """
    return _superiority(returns, benchmark, block_length, resamples, seed, True)


@dataclass(frozen=True)
class ConfidenceSet:
    """Models that cannot be told from the best one.

    Args:
        kept: (n_kept,) positions of the models in the set, ascending.
        p_values: (n_models,) largest size at which each model is still kept.
        level: the set holds the best model with at least this probability.
        block_length, resamples, seed: as used.
    """

    kept: Ints
    p_values: Floats
    level: float
    block_length: float
    resamples: int
    seed: int


def model_confidence_set(
    returns: ArrayLike,
    *,
    block_length: float,
    level: float = 0.90,
    resamples: int = 1000,
    seed: int = 0,
) -> ConfidenceSet:
    """Models among which the one with the highest mean return lies with probability `level`.

    Args:
        returns: (n_bars, n_models) simple returns per bar, two models or more.
        block_length, resamples, seed: see `reality_check`.
        level: between 0 and 1.

    Source: Hansen, Lunde and Nason (2011), Econometrica 79(2), range statistic; computed by
    `arch.bootstrap.MCS`.
    """
    from arch.bootstrap import MCS

    matrix = checked_matrix(returns)
    if matrix.shape[1] < 2:
        raise DataError("one model only; a confidence set needs two or more to choose from")
    if not 0.0 < level < 1.0:
        raise DataError(f"level = {level!r}; give a probability between 0 and 1, as 0.90")
    block = _whole_block(block_length, len(matrix))
    # Rounded, as 1 − 0.90 is a hair above a tenth.
    size = round(1.0 - level, 12)
    result = MCS(-matrix, size=size, reps=resamples, block_size=block, method="R", seed=seed)
    result.compute()
    p_values = result.pvalues["Pvalue"].sort_index().to_numpy(dtype=np.float64)
    kept = np.sort(np.asarray(result.included, dtype=np.int64))
    return ConfidenceSet(kept, p_values, level, float(block), resamples, seed)


def _superiority(
    returns: ArrayLike,
    benchmark: ArrayLike,
    block_length: float,
    resamples: int,
    seed: int,
    studentize: bool,
) -> Superiority:
    from arch.bootstrap import SPA

    matrix, base = checked_matrix(returns), checked_series(benchmark)
    if base.size != len(matrix):
        raise DataError(f"the benchmark has {base.size} bars, the models have {len(matrix)}")
    block = _whole_block(block_length, base.size)
    test = SPA(-base, -matrix, block_size=block, reps=resamples, studentize=studentize, seed=seed)
    test.compute()
    p = test.pvalues
    lower, consistent, upper = (float(p[name]) for name in ("lower", "consistent", "upper"))
    return Superiority(lower, consistent, upper, float(block), resamples, seed)


def _whole_block(block_length: float, n: int) -> int:
    """Blocks of a whole number of bars, as arch wants them."""
    if not 1.0 <= block_length <= n:
        raise DataError(f"block_length = {block_length!r}; give 1 … {n} bars")
    return max(1, round(block_length))
