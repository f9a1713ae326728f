"""What every feature promises, checked on rows of prices; plugins are held to the same.

With one fitted state a feature is causal (removing later rows changes nothing before
them), warms up as it declares and is finite from there on, gives the same bits twice,
leaves its input alone, passes over rows on which an input is missing, and works on a single
row and on constant prices.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError, FeatureError, LookaheadError, PeakError
from peaklib.features.feature import TIME, Feature, State
from peaklib.features.missing import Column
from peaklib.features.parameters import Value, Word

Floats = NDArray[np.float64]

_TOLERANCE: Final = 1e-12
_CUTS: Final = (0.1, 0.35, 0.5, 0.77, 0.99)
_CHANGES: Final = 6
_FITTED: Final = 0.6
_FEW: Final = (1, 2, 3, 5)
_EVERY: Final = 7
_PRICE: Final = 100.0


@dataclass(frozen=True)
class Case:
    """One feature with parameters, on rows, and what it has learned from the first of them.

    Args:
        feature: what is checked.
        params: resolved.
        inputs: (n,) columns in the order of the feature's inputs.
        index: stamps of the rows, for messages.
        state: learned on the first rows.
    """

    feature: Feature
    params: dict[str, Value]
    inputs: tuple[Column, ...]
    index: pd.DatetimeIndex
    state: State

    def columns(self, stop: int | None = None) -> tuple[Floats, ...]:
        """Its columns over the first `stop` rows."""
        part = [_copy(column[:stop]) for column in self.inputs]
        return self.feature.compute(part, self.params, self.state)

    @property
    def name(self) -> str:
        """The feature and its parameters, for messages."""
        return f"feature {self.feature.name!r} with {self.params}"

    @property
    def warm_up(self) -> int:
        """Rows of warm-up that it declares."""
        return self.feature.warm_up_rows(self.params, self.state)


Check = Callable[[Case], None]


def is_causal(case: Case) -> None:
    """Values do not change when later rows are removed.

    A change counts beyond 1e-12 of the value, or of the column's own size if that is larger:
    the median of its values that are neither 0 nor NaN, without their signs.

    Raises:
        LookaheadError: names the first row that did.
    """
    whole = case.columns()
    names = case.feature.columns(case.feature.name)
    sizes = [_size(column) for column in whole]
    for stop in _cuts(whole):
        for name, past, now, size in zip(names, case.columns(stop), whole, sizes, strict=True):
            limit = _TOLERANCE * np.maximum(size, np.abs(past))
            same = (np.abs(past - now[:stop]) <= limit) | (past == now[:stop])
            changed = np.flatnonzero(~(same | (np.isnan(past) & np.isnan(now[:stop]))))
            if changed.size:
                t = changed[0]
                raise LookaheadError(
                    f"{case.name}: {name} at {case.index[t]:%Y-%m-%d} is {now[t]:.12g} with later "
                    f"rows and {past[t]:.12g} without them; a feature may read rows up to its own "
                    "stamp only: look for a centred window, a backward fill or a statistic of the "
                    "whole column, and learn such things in `learn`"
                )


def _size(column: Floats) -> float:
    """How large a column's values are by themselves; 0 if it has none but zeros."""
    sizes = np.abs(column[np.isfinite(column) & (column != 0.0)])
    return float(np.median(sizes)) if sizes.size else 0.0


def _cuts(columns: tuple[Floats, ...]) -> list[int]:
    """Where to cut: at fixed places, and right behind rows where a column changes."""
    cuts = {int(len(columns[0]) * share) for share in _CUTS}
    for column in columns:
        changes = np.flatnonzero(np.diff(np.nan_to_num(column))) + 1
        places = np.linspace(0, changes.size, _CHANGES, endpoint=False).astype(int)
        rows = changes[places[places < changes.size]]
        cuts |= {int(row) + after for row in rows for after in (0, 1)}
    return sorted(cuts - {0}, reverse=True)


def warms_up_as_declared(case: Case) -> None:
    """Some column is NaN on the last row of the declared warm-up; all are finite afterwards.

    Raises:
        FeatureError: names the first row that is otherwise.
    """
    there = np.logical_and.reduce([np.isfinite(column) for column in case.columns()])
    declared = case.warm_up
    ready = np.flatnonzero(there)
    if ready.size and ready[0] < declared:
        raise FeatureError(
            f"{case.name} declares {declared} rows of warm-up, but all its columns have values at "
            f"row {ready[0]} already; mend `warm_up`, or give NaN before"
        )
    gaps = np.flatnonzero(~there[declared:])
    if gaps.size:
        raise FeatureError(
            f"{case.name} declares {declared} rows of warm-up, but a column has no finite value at "
            f"row {declared + gaps[0]}; mend `warm_up`, or say what the value is there"
        )


def is_deterministic(case: Case) -> None:
    """The same rows, parameters and state give the same bits.

    Raises:
        FeatureError: they do not.
    """
    if _digest(case.columns()) != _digest(case.columns()):
        raise FeatureError(
            f"{case.name} gave two results for the same rows; look for a random number, a clock "
            "or state that is kept between calls"
        )


def leaves_input_alone(case: Case) -> None:
    """The columns that it reads are not written to.

    Raises:
        FeatureError: it tried to, or did.
    """
    given = tuple(_copy(column) for column in case.inputs)
    before = _digest(given)
    try:
        case.feature.compute(given, case.params, case.state)
    except ValueError as error:
        raise FeatureError(
            f"{case.name} failed: {error}; if it writes into its input, let it work on a copy"
        ) from error
    if _digest(given) != before:
        raise FeatureError(f"{case.name} changed its input; let it work on a copy")


def works_on_few_rows(case: Case) -> None:
    """A few rows give columns of their length, without values while it warms up.

    Raises:
        FeatureError: they do not.
    """
    for n in (*_FEW, case.warm_up, case.warm_up + 1):
        columns = case.columns(min(n, len(case.index)))
        there = np.logical_and.reduce([np.isfinite(column) for column in columns])
        if there[: case.warm_up].any():
            raise FeatureError(f"{case.name} has values on {n} rows, in its warm-up")


def passes_over_missing_rows(case: Case) -> None:
    """A row without one of its inputs gets NaN, and the others are as if it were not there.

    Raises:
        FeatureError: names the first row that is otherwise.
    """
    if all(isinstance(column, pd.DatetimeIndex) for column in case.inputs):
        return  # stamps are never missing
    there = np.arange(len(case.index)) % _EVERY != _EVERY - 1
    holed = tuple(_with_holes(column, there) for column in case.inputs)
    found = case.feature.compute(holed, case.params, case.state)
    kept = tuple(_copy(column[there]) for column in case.inputs)
    wanted = case.feature.compute(kept, case.params, case.state)
    for name, column, part in zip(
        case.feature.columns(case.feature.name), found, wanted, strict=True
    ):
        expected = np.full(there.size, np.nan)
        expected[there] = part
        wrong = np.flatnonzero(~((column == expected) | (np.isnan(column) & np.isnan(expected))))
        if wrong.size:
            t = wrong[0]
            raise FeatureError(
                f"{case.name}: {name} at {case.index[t]:%Y-%m-%d} is {column[t]:.12g} and should "
                f"be {expected[t]:.12g}, as missing rows are left out and NaN; keep to "
                "`Feature.compute`, which hands the other rows to the function"
            )


def _with_holes(column: Column, there: NDArray[np.bool_]) -> Column:
    if isinstance(column, pd.DatetimeIndex):
        return column
    return _copy(np.where(there, column, np.nan))


def is_finite_on_constant_prices(case: Case) -> None:
    """Where nothing moves all columns are finite after the warm-up, with what it learns there.

    A feature that refuses to learn from such rows is not asked further.

    Raises:
        FeatureError: names the first row that is not.
    """
    inputs = tuple(_constant(column) for column in case.inputs)
    try:
        state = case.feature.fit(inputs, case.params)
    except DataError:
        return
    still = Case(case.feature, case.params, inputs, case.index, state)
    there = np.logical_and.reduce([np.isfinite(column) for column in still.columns()])
    gaps = np.flatnonzero(~there[still.warm_up :])
    if gaps.size:
        raise FeatureError(
            f"{case.name}: on constant prices a column has no finite value at row "
            f"{still.warm_up + gaps[0]}; say what the value is where nothing moves, as a division "
            "by 0 has none"
        )


def _constant(column: Column) -> Column:
    if isinstance(column, pd.DatetimeIndex):
        return column
    return _copy(np.full(len(column), _PRICE))


CHECKS: Final[tuple[Check, ...]] = (
    leaves_input_alone,
    is_causal,
    warms_up_as_declared,
    is_deterministic,
    works_on_few_rows,
    passes_over_missing_rows,
    is_finite_on_constant_prices,
)


def cases(feature: Feature, rows: pd.DataFrame) -> Iterator[Case]:
    """A feature with its defaults, with smaller and larger numbers, and with other words.

    Args:
        feature: what is checked.
        rows: bars; an input that they do not have is given the close.

    Raises:
        DataError: the feature cannot learn from these rows with its defaults.
    """
    index = pd.DatetimeIndex(rows.index)
    inputs = tuple(_column(rows, index, name) for name in feature.inputs)
    fitted = [column[: int(len(rows) * _FITTED)] for column in inputs]
    for number, params in enumerate(_samples(feature)):
        try:
            state = feature.fit(fitted, params)
        except DataError:
            # Longer windows may need more rows than there are; the defaults may not.
            if number == 0:
                raise
            continue
        yield Case(feature, params, inputs, index, state)


def _column(rows: pd.DataFrame, index: pd.DatetimeIndex, name: str) -> Column:
    if name == TIME:
        return index
    return rows[name if name in rows else "close"].to_numpy(dtype=np.float64)


def _samples(feature: Feature) -> Iterator[dict[str, Value]]:
    yield feature.resolve()
    words = {n: p.words for n, p in feature.parameters.items() if isinstance(p, Word)}
    for name, allowed in words.items():
        yield from (feature.resolve({name: word}) for word in allowed)
    numbers = {n: p for n, p in feature.parameters.items() if not isinstance(p, Word)}
    for factor in (0.5, 3.0) if numbers else ():
        scaled = {
            name: p.type(min(max(p.default * factor, p.low), p.high)) for name, p in numbers.items()
        }
        yield feature.resolve(scaled)


def violations(feature: Feature, rows: pd.DataFrame) -> list[str]:
    """What a feature breaks of its contract, one line each; empty if nothing."""
    found = []
    try:
        prepared = list(cases(feature, rows))
    except Exception as error:
        kind = "" if isinstance(error, DataError | FeatureError) else f"{type(error).__name__}: "
        return [f"feature {feature.name!r} cannot learn from these rows: {kind}{error}"]
    for case in prepared:
        for check in CHECKS:
            try:
                check(case)
            except PeakError as error:
                found.append(str(error))
            except Exception as error:
                found.append(f"{case.name} failed: {type(error).__name__}: {error}")
    return found


def _copy(column: Column) -> Column:
    """A copy that nobody may write into; stamps cannot be written into anyway."""
    if isinstance(column, pd.DatetimeIndex):
        return column
    copied = column.copy()
    copied.flags.writeable = False
    return copied


def _digest(columns: tuple[Column, ...]) -> str:
    total = sha256()
    for column in columns:
        values = column.asi8 if isinstance(column, pd.DatetimeIndex) else column
        total.update(values.tobytes())
    return total.hexdigest()
