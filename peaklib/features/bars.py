"""The view of a data set that strategies read: arrays, and indicators computed once."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError

if TYPE_CHECKING:
    from peaklib.data import Dataset

Floats = NDArray[np.float64]

# Enough for some 800 indicators on twenty years of days; old ones are computed again.
MEMO_BYTES: Final = 32 * 2**20


class Bars:
    """Read-only columns of one data set, with memoised indicators.

    Args:
        columns: name to (n,) float64 array; a missing one is an error when it is read.
        index: (n,) UTC stamps, each the start of its bar.
        name: data set, for messages.
        bars_per_year: for strategies that scale by time.
    """

    def __init__(
        self,
        columns: Mapping[str, Floats],
        index: pd.DatetimeIndex,
        *,
        name: str,
        bars_per_year: float,
    ) -> None:
        self._columns = {key: _read_only(column) for key, column in columns.items()}
        self._memo: OrderedDict[object, Floats] = OrderedDict()
        self._held = 0
        self._lock = Lock()
        self.index = index
        self.name = name
        self.bars_per_year = bars_per_year

    @classmethod
    def of(cls, dataset: "Dataset") -> Self:
        """View of a data set."""
        columns = {str(name): dataset.column(str(name)) for name in dataset.frame.columns}
        return cls(
            columns,
            pd.DatetimeIndex(dataset.frame.index),
            name=dataset.name,
            bars_per_year=dataset.meta.bars_per_year,
        )

    def __len__(self) -> int:
        return len(self.index)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that there are."""
        return tuple(self._columns)

    def column(self, name: str) -> Floats:
        """One column, (n,), read-only.

        Raises:
            DataError: the series has no such column.
        """
        try:
            return self._columns[name]
        except KeyError:
            kind = "one value a day" if set(self._columns) == {"close"} else "no such column"
            raise DataError(
                f"{self.name!r} has no {name!r} ({kind}; it has {', '.join(self._columns)}): "
                "choose a rule or a fill that needs the close alone, or other data"
            ) from None

    @property
    def open(self) -> Floats:
        """First price of each bar, (n,)."""
        return self.column("open")

    @property
    def high(self) -> Floats:
        """Highest price of each bar, (n,)."""
        return self.column("high")

    @property
    def low(self) -> Floats:
        """Lowest price of each bar, (n,)."""
        return self.column("low")

    @property
    def close(self) -> Floats:
        """Last price of each bar, (n,)."""
        return self.column("close")

    @property
    def volume(self) -> Floats:
        """Traded amount of each bar, (n,)."""
        return self.column("volume")

    def apply(self, indicator: Callable[..., Floats], *columns: str, **params: Any) -> Floats:
        """`indicator(*columns, **params)`, computed once for each distinct parameter.

        Args:
            indicator: function of arrays from `peaklib.features` or a plugin.
            columns: names of the columns that it reads.
            params: its parameters, by name.

        Returns:
            (n,) read-only array, shared with every other caller.
        """
        key = (indicator, columns, tuple(sorted(params.items())))
        with self._lock:
            if key in self._memo:
                self._memo.move_to_end(key)
                return self._memo[key]
        values = _read_only(indicator(*(self.column(name) for name in columns), **params))
        with self._lock:
            self._remember(key, values)
        return values

    def _remember(self, key: object, values: Floats) -> None:
        if key in self._memo:
            return
        self._memo[key] = values
        self._held += values.nbytes
        while self._held > MEMO_BYTES and len(self._memo) > 1:
            self._held -= self._memo.popitem(last=False)[1].nbytes


def _read_only(values: Floats) -> Floats:
    if not values.flags.writeable:
        return values
    view = values.view()
    view.flags.writeable = False
    return view
