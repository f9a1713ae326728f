"""One way to write JSON: RFC 8785, so that equal values are equal bytes."""

import math
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import rfc8785


def to_json(value: Any) -> bytes:
    """Canonical bytes of plain values.

    Numbers of numpy are taken by value. NaN and infinities do not exist in JSON and are
    written as null: "undefined".
    """
    return rfc8785.dumps(_plain(value))


def digest(value: Any) -> str:
    """SHA-256 of the canonical bytes, hexadecimal."""
    return sha256(to_json(value)).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
