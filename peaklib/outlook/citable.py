"""What an outlook found, as rows that a text can cite: one number a row, under a key of its own."""

import math
from itertools import pairwise

from peaklib.errors import DataError
from peaklib.outlook.fact_rows import PARTS, Row
from peaklib.outlook.findings import Findings


def facts(found: Findings) -> list[Row]:
    """Every number of an outlook under a key, sorted by key.

    Returns:
        Rows with `key`, `value`, `unit` ("%" for a fraction, "" for a plain number, "days",
        "count", "date" and "text" for what is written so), `decimals` (None where a number
        is whole or no number), `period` (the day, or the years, that it is about) and
        `label`. A number that is not known has no row.

    Raises:
        DataError: two names are the same once they are written as keys.
    """
    rows = [row for part in PARTS for row in part(found) if not _unknown(row["value"])]
    rows.sort(key=lambda row: str(row["key"]))
    for one, other in pairwise(rows):
        if one["key"] == other["key"]:
            raise DataError(
                f"two facts are called {one['key']!r}: {one['label']!r} and {other['label']!r}; "
                "give the data sets names that differ in letters or digits"
            )
    return rows


def _unknown(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
