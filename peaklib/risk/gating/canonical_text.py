"""The text that digests of decisions are taken of.

Standard JSON without blanks, keys in order of code points, ASCII only, numbers as Python prints
them (the shortest text that reads back as the same number). The same on every machine. The
canonical JSON of packs is not used here: written in Python, it takes six times as long.
"""

import json
from typing import Any, Final

_ENCODER: Final = json.JSONEncoder(
    sort_keys=True,
    separators=(",", ":"),
    ensure_ascii=True,
    allow_nan=False,
    check_circular=False,  # trees made by `outline`, a few levels deep
)


def canonical_text(value: Any) -> bytes:
    """Bytes of plain values: text, finite numbers, true, false, null, lists, dicts by text."""
    return _ENCODER.encode(value).encode("ascii")
