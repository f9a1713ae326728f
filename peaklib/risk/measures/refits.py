"""When the parameters of a rolling forecast are estimated anew, and what if that fails."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from peaklib.errors import DataError
from peaklib.risk.measures.inputs import checked_count

Estimate = TypeVar("Estimate")


def refit_bars(n: int, window: int, refit: int) -> range:
    """Bars before which a fit of the `window` bars before them is made.

    Raises:
        DataError: `refit` is not a whole number of bars, 1 or more.
    """
    return range(window, n, checked_count("refit", refit))


def estimates(
    starts: range, window: int, estimate: Callable[[int], Estimate]
) -> Iterator[tuple[int, Estimate | None]]:
    """Each refit with its estimate, or None where the estimate was refused.

    Args:
        starts: of `refit_bars`.
        window: bars before each of them, for the message.
        estimate: of the window before a bar; a `DataError` says that there is none. It is
            called when its turn comes, so that it may begin at the estimate before.

    Raises:
        DataError: every estimate was refused.
    """
    refused = 0
    for start in starts:
        found = None
        try:
            found = estimate(start)
        except DataError as error:
            refused += 1
            if refused == len(starts):
                raise DataError(f"no window of {window} bars has an estimate: {error}") from error
        yield start, found
