"""Figures as plain JSON: plotly's typed arrays written out as lists of numbers.

Plotly stores an array of numpy as `{"dtype": "f8", "bdata": base64[, "shape": "2, 3"]}` and
any other as a list; both say the same.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from peaklib.errors import EvidenceError

_TYPES: Final = {
    **{f"{sign}{size}": f"<{sign}{size}" for sign in "iu" for size in (1, 2, 4, 8)},
    **{f"{sign}int{8 * size}": f"<{sign or 'i'}{size}" for sign in ("", "u") for size in (1, 2, 4)},
    "u1c": "<u1",
    "uint8c": "<u1",
    "f4": "<f4",
    "f8": "<f8",
    "float32": "<f4",
    "float64": "<f8",
}


def plain_figure(value: Any) -> Any:
    """The same figure without typed arrays.

    Args:
        value: plotly's JSON, parsed, or a part of it.

    Raises:
        EvidenceError: a typed array cannot be decoded.
    """
    if isinstance(value, Mapping):
        if "bdata" in value and "dtype" in value:
            return _numbers(value)
        return {key: plain_figure(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain_figure(item) if isinstance(item, dict | list) else item for item in value]
    return value


def _numbers(stored: Mapping[str, Any]) -> Any:
    import numpy as np

    try:
        raw = b64decode(stored["bdata"], validate=True)
        flat = np.frombuffer(raw, _TYPES[stored["dtype"]])
        return flat.reshape(_shape(stored.get("shape"))).tolist()
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise EvidenceError(
            f"a typed array of type {stored['dtype']!r} and shape {stored.get('shape')!r} cannot "
            f"be decoded: {error}; the figure's file is damaged, or written in another way"
        ) from None


def _shape(stored: Any) -> tuple[int, ...]:
    if stored is None:
        return (-1,)
    if isinstance(stored, str):
        return tuple(int(part) for part in stored.split(","))
    return tuple(stored) if isinstance(stored, list) else (int(stored),)
