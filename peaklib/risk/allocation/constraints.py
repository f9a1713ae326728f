"""What weights may be: long-only, bounds, groups, turnover, leverage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.measures.inputs import is_number

Floats = NDArray[np.float64]
PerAsset = float | Mapping[str, float] | pd.Series

KINDS: Final = ("long_only", "bounds", "groups", "turnover", "leverage")


def as_number(value: object, what: str) -> float:
    """A number as a float; `what` it is, for the message.

    Raises:
        DataError: it is none, such as text or a list.
    """
    if not isinstance(value, Real) or not is_number(value):
        raise DataError(f"{what} = {value!r}; give a number such as 0.1")
    return float(value)


def _check_members(name: str, assets: object) -> None:
    if isinstance(assets, str) or not isinstance(assets, Sequence):
        raise DataError(
            f"constraints, group {name!r}: assets = {assets!r}; give a tuple of their names"
        )


def _check_groups(groups: object) -> None:
    if not isinstance(groups, Sequence) or not all(isinstance(one, GroupLimit) for one in groups):
        raise DataError(
            f"constraints: groups are a {type(groups).__name__}; give a tuple of "
            "GroupLimit(name, assets, lower, upper)"
        )


@dataclass(frozen=True)
class GroupLimit:
    """Limits on the summed weight of some assets.

    Args:
        name: of the group, for messages.
        assets: its members, each at most once.
        lower, upper: of the sum, as fractions of wealth; None for no limit.
    """

    name: str
    assets: tuple[str, ...]
    lower: float | None = None
    upper: float | None = None

    def __post_init__(self) -> None:
        _check_members(self.name, self.assets)
        for side, limit in (("lower", self.lower), ("upper", self.upper)):
            if limit is not None:
                as_number(limit, f"constraints, group {self.name!r}: {side}")


@dataclass(frozen=True, kw_only=True)
class Constraints:
    """What is asked of weights, as fractions of wealth; by default that none is negative.

    Args:
        long_only: no weight below 0. False allows short positions, where the method has any.
        lower, upper: bounds of each weight, one number for all or one per asset by name; an
            asset that is not named has none.
        groups: limits on sums of weights.
        max_turnover: most of sum |weight - previous|; buying and selling both count, so that
            moving 10 % from one asset to another is 0.2.
        previous: weights held before, by asset; an asset that is not named was not held.
        max_leverage: most of sum |weight|.
    """

    long_only: bool = True
    lower: PerAsset | None = None
    upper: PerAsset | None = None
    groups: tuple[GroupLimit, ...] = ()
    max_turnover: float | None = None
    previous: Mapping[str, float] | pd.Series | None = None
    max_leverage: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.long_only, bool):
            raise DataError(f"constraints: long_only = {self.long_only!r}; give True or False")
        _check_groups(self.groups)
        for name in ("max_turnover", "max_leverage"):
            if getattr(self, name) is not None:
                as_number(getattr(self, name), f"constraints: {name}")
        if not isinstance(self.previous, Mapping | pd.Series | None):
            raise DataError(
                f"constraints: previous is a {type(self.previous).__name__}; give the weights held "
                "before by asset, as a dict or a pandas Series"
            )

    def asked(self) -> tuple[str, ...]:
        """The kinds of constraint that are asked for, of `KINDS` and in their order."""
        given = {
            "long_only": self.long_only,
            "bounds": self.lower is not None or self.upper is not None,
            "groups": bool(self.groups),
            "turnover": self.max_turnover is not None,
            "leverage": self.max_leverage is not None,
        }
        return tuple(kind for kind in KINDS if given[kind])

    def limits(self, assets: Sequence[str]) -> "Limits":
        """The same as arrays in the order of `assets`.

        Raises:
            DataError: an unknown asset, a number that is none, bounds that cross, a turnover
                without `previous`.
        """
        names = list(assets)
        lower = _per_asset(self.lower, names, "lower", -np.inf)
        upper = _per_asset(self.upper, names, "upper", np.inf)
        if self.long_only:
            _no_short_bound(lower, names)
            lower = np.maximum(lower, 0.0)
        _check_order(lower, upper, names)
        rows, most = _group_rows(self.groups, names)
        if self.max_turnover is not None and self.previous is None:
            raise DataError(
                f"constraints: max_turnover = {self.max_turnover:g} needs `previous`, the weights "
                "held before; give zeros if there were none"
            )
        previous = _per_asset(0.0 if self.previous is None else self.previous, names, "previous", 0)
        return Limits(
            assets=tuple(names),
            lower=lower,
            upper=upper,
            rows=rows,
            most=most,
            previous=previous,
            max_turnover=_positive(self.max_turnover, "max_turnover"),
            max_leverage=_positive(self.max_leverage, "max_leverage"),
        )


# What every method asks for if it is told nothing.
LONG_ONLY: Final = Constraints()


@dataclass(frozen=True)
class Limits:
    """Constraints as arrays.

    Args:
        assets: names, in the order of the arrays.
        lower, upper: (n_assets,) bounds, infinite where there is none.
        rows, most: (n_limits, n_assets) and (n_limits,) with ``rows @ weights <= most``.
        previous: (n_assets,) weights held before.
        max_turnover, max_leverage: as in `Constraints`.
    """

    assets: tuple[str, ...]
    lower: Floats
    upper: Floats
    rows: Floats
    most: Floats
    previous: Floats
    max_turnover: float | None
    max_leverage: float | None

    def broken(self, weights: Floats, tolerance: float) -> str | None:
        """The first constraint that weights break by more than `tolerance`, in words."""
        below, above = self.lower - weights, weights - self.upper
        excess = np.maximum(below, above)
        if excess.max(initial=0.0) > tolerance:
            at = int(excess.argmax())
            return (
                f"{self.assets[at]!r} weighs {weights[at]:.6g}, and its bounds are "
                f"{self.lower[at]:g} and {self.upper[at]:g}"
            )
        if len(self.rows) and (self.rows @ weights - self.most).max() > tolerance:
            return "a group is outside its limits"
        if self.max_leverage is not None and np.abs(weights).sum() > self.max_leverage + tolerance:
            return f"leverage {np.abs(weights).sum():.6g} is above {self.max_leverage:g}"
        turnover = np.abs(weights - self.previous).sum()
        if self.max_turnover is not None and turnover > self.max_turnover + tolerance:
            return f"turnover {turnover:.6g} is above {self.max_turnover:g}"
        return None


def _per_asset(given: PerAsset | None, names: list[str], what: str, default: float) -> Floats:
    values = np.full(len(names), default, dtype=np.float64)
    if isinstance(given, Mapping | pd.Series):
        entries = {
            str(name): as_number(value, f"constraints, {what} of {name!r}")
            for name, value in given.items()
        }
        unknown = [name for name in entries if name not in names]
        if unknown:
            raise DataError(
                f"constraints, {what}: {unknown[0]!r} is no asset of these returns, which have "
                f"{_some(names)}; correct its name or leave it out"
            )
        for at, name in enumerate(names):
            values[at] = entries.get(name, default)
    elif given is not None:
        values[:] = as_number(given, f"constraints, {what}")
    if np.isnan(values).any():
        at = int(np.isnan(values).argmax())
        raise DataError(f"constraints, {what}: {names[at]!r} is NaN; give a fraction such as 0.1")
    return values


def _some(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _no_short_bound(lower: Floats, names: list[str]) -> None:
    short = np.flatnonzero(np.isfinite(lower) & (lower < 0))
    if short.size:
        at = short[0]
        raise DataError(
            f"constraints: lower = {lower[at]:g} for {names[at]!r} allows a short position, and "
            "long_only forbids it; give long_only=False or a bound of 0 or more"
        )


def _check_order(lower: Floats, upper: Floats, names: list[str]) -> None:
    crossed = np.flatnonzero(lower > upper)
    if crossed.size:
        at = crossed[0]
        raise DataError(
            f"constraints, bounds: {names[at]!r} has a lower bound of {lower[at]:g} above its "
            f"upper one of {upper[at]:g}; no weight obeys both"
        )


def _group_rows(groups: tuple[GroupLimit, ...], names: list[str]) -> tuple[Floats, Floats]:
    rows, most = [], []
    for group in groups:
        unknown = [asset for asset in group.assets if asset not in names]
        if unknown or not group.assets or len(set(group.assets)) < len(group.assets):
            wrong = f"{unknown[0]!r} is no asset" if unknown else "members are missing or repeated"
            raise DataError(
                f"constraints, group {group.name!r}: {wrong}; name assets of the returns, each once"
            )
        low, high = (-np.inf if group.lower is None else group.lower), group.upper
        if (group.lower is None and high is None) or (high is not None and not low <= high):
            raise DataError(
                f"constraints, group {group.name!r}: limits {group.lower} and {high}; give a "
                "lower, an upper, or both in this order"
            )
        member = np.array([float(name in group.assets) for name in names])
        if high is not None:
            rows.append(member)
            most.append(high)
        if group.lower is not None:
            rows.append(-member)
            most.append(-group.lower)
    return np.array(rows).reshape(len(rows), len(names)), np.array(most, dtype=np.float64)


def _positive(value: float | None, what: str) -> float | None:
    if value is not None and not 0 < value < np.inf:
        raise DataError(f"constraints: {what} = {value!r}; give a positive fraction of wealth")
    return value
