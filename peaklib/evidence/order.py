"""The order of keys, which canonical JSON does not keep but a grid's axes and columns follow."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def key_order(value: Any) -> dict[str, list[str]]:
    """Orders that sorting the keys would lose.

    Args:
        value: nested plain values.

    Returns:
        JSON pointer (RFC 6901) of each mapping that is not in sorted order, to its keys.

    >>> key_order({"grid": {"slow": [1], "fast": [2]}})
    {'/grid': ['slow', 'fast']}
    """
    return dict(_orders(value, ""))


def in_order(value: Any, order: Mapping[str, Sequence[str]]) -> Any:
    """Nested plain values with their keys in the order that `key_order` found."""
    return _ordered(value, "", order)


def _orders(value: Any, place: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(value, Mapping):
        keys = [str(key) for key in value]
        if keys != sorted(keys):
            yield place, keys
        for key, item in value.items():
            yield from _orders(item, f"{place}/{_escaped(str(key))}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _orders(item, f"{place}/{number}")


def _ordered(value: Any, place: str, order: Mapping[str, Sequence[str]]) -> Any:
    if isinstance(value, Mapping):
        keys = [key for key in order.get(place, ()) if key in value]
        keys += [key for key in value if key not in keys]
        return {key: _ordered(value[key], f"{place}/{_escaped(key)}", order) for key in keys}
    if isinstance(value, list):
        return [_ordered(item, f"{place}/{n}", order) for n, item in enumerate(value)]
    return value


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
