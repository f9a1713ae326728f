"""Fields of an answer by their path, such as `sections.Summary` or `claims.quote`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def texts(value: Any, path: str = "") -> list[str]:
    """Texts at a path of an answer, in order; of each item where the path leads through a list.

    Args:
        value: the answer as JSON.
        path: names with dots between; empty takes all texts of the answer.
    """
    return [str(each) for each in values(value, path)]


def values(value: Any, path: str = "") -> list[Any]:
    """Plain values at a path of an answer, in order; what the answer lacks is left out."""
    return list(_values(value, path.split(".") if path else []))


def knows(schema: Mapping[str, Any], path: str) -> bool:
    """Whether answers of a schema have something at a path."""
    part: Mapping[str, Any] | None = schema
    for name in path.split("."):
        while part is not None and "items" in part:
            part = part["items"]
        part = None if part is None else part.get("properties", {}).get(name)
    return part is not None


def _values(value: Any, steps: Sequence[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _values(each, steps)
    elif isinstance(value, dict):
        inside = [value.get(steps[0], [])] if steps else list(value.values())
        for each in inside:
            yield from _values(each, steps[1:])
    elif not steps:
        yield value
