"""The tables of docs/reference/features.md, written from what the features say of themselves.

`make reference` writes them anew: `python -m peaklib.features.reference PAGE`.
"""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import numpy as np

from peaklib.errors import DataError
from peaklib.features.feature import Feature
from peaklib.features.transforms import BUILT_IN

# Rows of a series that never moves; longer than any warm-up with the defaults.
_ROWS: Final = 700
_PRICE, _VOLUME = 100.0, 1000.0


def form(found: Feature) -> str:
    """The row of a feature in the table of what it reads and writes."""
    parameters = "; ".join(
        f"`{p.name}` {p.default if isinstance(p.default, str) else format(p.default, 'g')} "
        f"({p.allowed}{' ' if p.unit else ''}{p.unit})"
        for p in found.parameters.values()
    )
    suffixes = ", ".join(f"`_{suffix}`" for suffix in found.outputs)
    cells = [found.version, ", ".join(found.inputs), suffixes or "–", parameters or "–"]
    return _row(found, [*cells, _warm_up(found)])


def meaning(found: Feature) -> str:
    """The row of a feature in the table of what it is."""
    return _row(found, [found.summary, on_constant(found), found.source])


def on_constant(found: Feature) -> str:
    """Its columns' last values over a series that never moves."""
    known = {"volume": _VOLUME, **dict.fromkeys(("open", "high", "low", "close"), _PRICE)}
    if not {*found.inputs} <= {*known}:
        return "–"
    inputs = [np.full(_ROWS, known[name]) for name in found.inputs]
    params = found.resolve()
    try:
        state = found.fit(inputs, params)
    except DataError:
        return "refused by `fit`"
    return ", ".join(f"{column[-1]:.4g}" for column in found.compute(inputs, params, state))


TABLES: Final[dict[str, Callable[[Feature], str]]] = {
    "### What they read and write": form,
    "### What they are": meaning,
}
"""Heading on the page to what makes a row of the table below it."""


def written(page: str, features: Iterable[Feature] = BUILT_IN) -> str:
    """The page with the rows of its tables made anew.

    Raises:
        ValueError: a heading or its table is not there.
    """
    rows = list(features)
    for heading, row in TABLES.items():
        before, _, after = page.partition(f"{heading}\n")
        start = after.index("| --- ")
        begin = after.index("\n", start) + 1
        end = after.index("\n\n", begin) + 1
        table = "".join(f"{row(found)}\n" for found in rows)
        page = f"{before}{heading}\n{after[:begin]}{table}{after[end:]}"
    return page


def _row(found: Feature, cells: list[str]) -> str:
    safe = [cell.replace("|", r"\|") for cell in cells]
    return f"| {' | '.join([f'`{found.name}`', *safe])} |"


def _warm_up(found: Feature) -> str:
    """Rows with the defaults, unless they depend on what is learned."""
    try:
        return str(found.warm_up_rows(found.resolve()))
    except KeyError:
        return "by what is learned"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(written(target.read_text(encoding="utf-8")), encoding="utf-8")
